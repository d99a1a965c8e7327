"""Tables of series, as people bring them: the same numbers in every layout, or a sentence where nothing can be told."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from prunelle import data as datasets
from prunelle.data.series.load import load_labelled_series, load_series
from prunelle.data.series.parsed import Expected
from prunelle.data.series.reading import read_file
from prunelle.errors import ArgumentError, DataError

N, T = 24, 12
VALUES = np.round(np.random.default_rng(0).normal(size=(N, T)), 3)
DIGITS = [str(i % 2) for i in range(N)]
WORDS = ["owl" if i % 2 else "elk" for i in range(N)]
STEPS = [f"t{i}" for i in range(T)]
NUMBERS = [str(i) for i in range(T + 1)]


def table(
    labels: list[str] | None,
    *,
    last: bool = False,
    separator: str = ",",
    decimal: str = ".",
    rows: Any = None,
    header: list[str] | None = None,
    end: str = "",
    quote: str = "",
) -> str:
    """``VALUES`` as a text, a series a line."""
    lines = [] if header is None else [separator.join(header) + end]
    for i, series in enumerate(VALUES):
        cells = [quote + f"{value:g}".replace(".", decimal) + quote for value in series]
        if labels is not None:
            cells.insert(len(cells) if last else 0, quote + labels[i] + quote)
        if rows is not None:
            cells.insert(0, str(rows[i]))
        lines.append(separator.join(cells) + end)
    return "\n".join(lines) + "\n"


SHUFFLED = np.random.default_rng(1).permutation(N)
LAYOUTS: dict[str, tuple[str, list[str]]] = {
    "label first": (table(DIGITS), DIGITS),
    "label last": (table(DIGITS, last=True), DIGITS),
    "words first": (table(WORDS), WORDS),
    "words last": (table(WORDS, last=True), WORDS),
    "row numbers, label first": (table(DIGITS, rows=range(N)), DIGITS),
    "row numbers, label last": (table(DIGITS, last=True, rows=range(1, N + 1)), DIGITS),
    "names of rows": (table(DIGITS, last=True, rows=[f"s{i}" for i in range(N)]), DIGITS),
    "semicolons, decimal commas": (table(DIGITS, separator=";", decimal=","), DIGITS),
    "tabs, decimal commas": (table(DIGITS, last=True, separator="\t", decimal=","), DIGITS),
    "spaces, decimal commas": (table(DIGITS, separator=" ", decimal=","), DIGITS),
    "spaces": (table(DIGITS, separator="   "), DIGITS),
    "comma and space": (table(DIGITS, last=True, separator=", "), DIGITS),
    "last separator": (table(DIGITS, last=True, end=","), DIGITS),
    "last separator of a spreadsheet": (
        table(DIGITS, last=True, separator=";", decimal=",", end=";"),
        DIGITS,
    ),
    "last separator in the body alone": (
        table(DIGITS, last=True, header=[*STEPS, "label"], end=",").replace("label,", "label"),
        DIGITS,
    ),
    "quoted": (table(WORDS, last=True, quote='"'), WORDS),
    "quoted decimal commas": (table(WORDS, last=True, decimal=",", quote='"'), WORDS),
    "named": (table(DIGITS, header=["label", *STEPS]), DIGITS),
    "named Class": (table(DIGITS, last=True, header=[*STEPS, "Class"]), DIGITS),
    "named y": (table(DIGITS, last=True, header=[*STEPS, "y"]), DIGITS),
    "the only text": (table(WORDS, last=True, header=[*STEPS, "activity"]), WORDS),
    "the only name of another kind": (table(DIGITS, last=True, header=[*STEPS, "activity"]), DIGITS),
    "header of numbers, label last": (table(DIGITS, last=True, header=[*NUMBERS[:T], "label"]), DIGITS),
    "header of numbers, label first": (table(DIGITS, header=["label", *NUMBERS[:T]]), DIGITS),
    "header of numbers alone": (table(DIGITS, header=NUMBERS), DIGITS),
    "header of numbers alone, label last": (table(DIGITS, last=True, header=NUMBERS), DIGITS),
    "header of times": (table(DIGITS, last=True, header=[f"{i / 10}" for i in range(T)] + ["label"]), DIGITS),
    "pandas": (table(DIGITS, last=True, rows=range(N), header=["", *NUMBERS[:T], "label"]), DIGITS),
    "pandas twice": (
        table(DIGITS, last=True, rows=range(N), header=["Unnamed: 0", *NUMBERS[:T], "label"]),
        DIGITS,
    ),
    "pandas, no names": (table(DIGITS, rows=range(N), header=["", *NUMBERS]), DIGITS),
    "pandas, shuffled": (
        table(DIGITS, last=True, rows=SHUFFLED, header=["", *NUMBERS[:T], "target"]),
        DIGITS,
    ),
    "ids": (
        table(DIGITS, last=True, rows=[7 * i + 1000 for i in range(N)], header=["id", *STEPS, "label"]),
        DIGITS,
    ),
    "comments, blank lines, blank cells": (
        "# by hand\n\n" + table(DIGITS, last=True) + "," * T + "\n\n",
        DIGITS,
    ),
    "Windows": (table(DIGITS, last=True).replace("\n", "\r\n"), DIGITS),
    "the old archive": (table([f"{int(d):.7e}" for d in DIGITS], separator="  "), DIGITS),
}


@pytest.mark.parametrize("name", LAYOUTS)
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
def test_every_layout_gives_the_same_series(tmp_path: Path, name: str, encoding: str) -> None:
    text, labels = LAYOUTS[name]
    path = tmp_path / "p.csv"
    path.write_bytes(text.encode(encoding))
    data = load_labelled_series(path)
    series: Any = data.train.array
    assert series.lengths.tolist() == [T] * N
    np.testing.assert_array_equal(series.values.reshape(N, T), VALUES.astype(np.float32))
    assert [data.classes[i] for i in data.train.labels] == labels
    assert f"{N} series of {T} steps; the label is column" in data.notes[0].en
    assert f"{N} séries de {T} pas de temps ; l’étiquette est la colonne" in data.notes[0].fr


def test_what_was_understood_is_said(tmp_path: Path) -> None:
    path = tmp_path / "p.csv"
    path.write_text(
        table(
            DIGITS, last=True, separator=";", decimal=",", rows=range(N), header=["", *NUMBERS[:T], "label"]
        )
    )
    note = load_series(path).notes[0]
    assert note.en == (
        f"p.csv: {N} series of {T} steps; the label is column 14 of 14 ('label'); the first column numbers the lines "
        "and is left out; columns are separated by semicolons, decimals by commas."
    )
    assert "décimales par des virgules" in note.fr


@pytest.mark.parametrize(
    ("asked", "column"), [("first", 0), ("last", T), ("1", 0), (str(T + 1), T), ("LAST", T)]
)
def test_the_column_may_be_named_where_there_is_no_header(tmp_path: Path, asked: str, column: int) -> None:
    """Whole numbers throughout: nothing but the user can tell."""
    counts = np.random.default_rng(2).integers(0, 3, (N, T + 1))
    path = tmp_path / "p.csv"
    np.savetxt(path, counts, fmt="%d", delimiter=",")
    data = load_labelled_series(path, asked)
    series: Any = data.train.array
    np.testing.assert_array_equal(series.values.reshape(N, T), np.delete(counts, column, axis=1))
    assert [int(data.classes[i]) for i in data.train.labels] == counts[:, column].tolist()
    assert f"column {column + 1} of {T + 1}" in data.notes[0].en


def test_of_two_columns_of_whole_numbers_the_one_of_few_values_is_the_label(tmp_path: Path) -> None:
    random = np.random.default_rng(3)
    counts = random.integers(0, 40, (200, T))
    labels = random.integers(0, 3, (200, 1))
    for name, whole in (("first", np.hstack([labels, counts])), ("last", np.hstack([counts, labels]))):
        np.savetxt(tmp_path / "p.csv", whole, fmt="%d", delimiter=",")
        found = read_file(tmp_path / "p.csv")
        assert found.label == name
        assert found.labels == tuple(str(label) for label in labels[:, 0])


def test_names_of_columns_go_before_places(tmp_path: Path) -> None:
    path = tmp_path / "p.csv"
    path.write_text(table(DIGITS, last=True, header=NUMBERS))
    assert read_file(path, "12").labels == tuple(DIGITS)
    with pytest.raises(
        ArgumentError, match=r"labels must name a column of p.csv; received '13'.*first or last"
    ):
        read_file(path, "13")
    path.write_text(table(DIGITS))
    with pytest.raises(ArgumentError, match=r"labels must be first, last or the number of a column, 1 to 13"):
        read_file(path, "14")


def targets(form: Callable[[int], str]) -> list[str]:
    return [form(i) for i in range(N)]


@pytest.mark.parametrize(
    ("labels", "options", "message"),
    [
        (
            targets(lambda i: f"{VALUES[i, 0] + 5:.3f}"),
            {"last": True, "header": [*STEPS, "target"]},
            r"p.csv: the labels are 24 different numbers in 24 series \(.*\): quantities, not classes. Regression is "
            r"not offered; .* Understood: 24 series of 12 steps; the label is column 13 of 13 \('target'\); first line",
        ),
        (
            targets(lambda i: str(3 * i)),
            {"header": ["label", *STEPS]},
            r"the labels are 24 different ones in 24 series \(0, 3, 6, …\).*first line: label '0'; steps .*"
            r"the same: labels='label'",
        ),
        (
            targets(lambda i: f"{VALUES[i, 0] + 5:.3f}"),
            {},
            r"has no labels; .*Understood: 24 series of 13 steps; 13 columns, no label; no header; first line: steps .*"
            r"first, last, or without a header a column's number",
        ),
        (
            WORDS,
            {
                "last": True,
                "rows": ["ab"[i % 2] for i in range(N)],
                "header": ["subject", *STEPS, "activity"],
            },
            "text where numbers were expected, in 'subject', 'activity'.*name it",
        ),
    ],
)
def test_labels_that_are_none(
    tmp_path: Path, labels: list[str], options: dict[str, Any], message: str
) -> None:
    path = tmp_path / "p.csv"
    path.write_text(table(labels, **options))
    with pytest.raises(DataError, match=message):
        load_series(path)


def test_as_many_classes_as_asked_for(tmp_path: Path) -> None:
    path = tmp_path / "p.csv"
    path.write_text(table(targets(str), header=["label", *STEPS]))
    assert len(load_series(path, labels="label", validation=0, test=0).classes) == N


def test_pictures_and_their_labels_are_no_series(tmp_path: Path) -> None:
    path = tmp_path / "p.csv"
    path.write_text("file,label\na.jpg,elk\nb.jpg,owl\n")
    with pytest.raises(DataError, match=r"in 'file'; .*prunelle train FOLDER --labels p.csv"):
        load_series(path)


class TestWhatARunKnows:
    """Other files are read by the steps and the column of the training table."""

    @pytest.mark.parametrize("options", [{}, {"header": NUMBERS[:T]}, {"rows": range(N)}])
    def test_series_without_labels_keep_their_first_value(
        self, tmp_path: Path, options: dict[str, Any]
    ) -> None:
        path = tmp_path / "p.csv"
        path.write_text(table(None, **options))
        for label in ("first", "last", "", "0", "label"):
            found = read_file(path, known=Expected(label or None, False, T))
            assert found.labels is None, label
            np.testing.assert_array_equal(found.series.values.reshape(N, T), VALUES.astype(np.float32))
            assert "no label" in found.understood.en

    def test_whole_numbers_are_no_label_where_the_steps_are_all_there(self, tmp_path: Path) -> None:
        counts = np.random.default_rng(2).integers(0, 3, (N, T))
        path = tmp_path / "p.csv"
        np.savetxt(path, counts, fmt="%d", delimiter=",")
        assert read_file(path).labels is not None
        found = read_file(path, known=Expected("first", False, T))
        assert found.labels is None
        np.testing.assert_array_equal(found.series.values.reshape(N, T), counts)

    @pytest.mark.parametrize("last", [False, True])
    def test_labels_are_left_out_where_they_were(self, tmp_path: Path, last: bool) -> None:
        path = tmp_path / "p.csv"
        counts = np.random.default_rng(2).integers(0, 3, (N, T + 1))
        np.savetxt(path, counts[:3], fmt="%d", delimiter=",")
        found = read_file(path, known=Expected("last" if last else "first", False, T))
        assert found.labels == tuple(str(row[-1 if last else 0]) for row in counts[:3])


class TestClasses:
    def test_one_class_whichever_way_a_split_writes_it(self, tmp_path: Path) -> None:
        (tmp_path / "p_TRAIN.tsv").write_text(table(DIGITS, separator="\t"))
        (tmp_path / "p_TEST.tsv").write_text(table([f"{d}.0" for d in DIGITS], separator="\t"))
        data = datasets.load(tmp_path / "p_TRAIN.tsv")
        assert data.classes == ("0", "1")
        assert data.test is not None
        assert data.test.labels.tolist() == data.train.labels.tolist() == [int(d) for d in DIGITS]

    def test_zeros_in_front_are_a_name_and_the_same_number(self, tmp_path: Path) -> None:
        (tmp_path / "p_TRAIN.csv").write_text(table([f"0{d}" for d in DIGITS]))
        (tmp_path / "p_TEST.csv").write_text(table(DIGITS))
        data = datasets.load(tmp_path / "p_TRAIN.csv")
        assert data.classes == ("00", "01")
        assert data.test is not None
        assert data.test.labels.tolist() == [int(d) for d in DIGITS]
        both = [f"0{d}" if i % 4 < 2 else d for i, d in enumerate(DIGITS)]
        (tmp_path / "q.csv").write_text(table(both))
        assert sorted(load_labelled_series(tmp_path / "q.csv").classes) == ["0", "00", "01", "1"]

    def test_arrays_too(self) -> None:
        data = datasets.from_series(
            VALUES, np.array([float(d) for d in DIGITS]), test_series=VALUES[:2], test_labels=[0, 1]
        )
        assert data.classes == ("0", "1")
        with pytest.raises(ArgumentError, match="quantities, not classes"):
            datasets.from_series(VALUES, VALUES[:, 0])
        with pytest.raises(ArgumentError, match=r"24 different ones in 24 series.*name them with classes"):
            datasets.from_series(VALUES, np.arange(N))
        assert (
            len(datasets.from_series(VALUES, np.arange(N), classes=NUMBERS + ["x"] * 11, test=0).classes) == N
        )

    def test_a_test_file_without_labels_is_left_for_predict(self, tmp_path: Path) -> None:
        (tmp_path / "p_train.csv").write_text(table(DIGITS, last=True))
        (tmp_path / "p_test.csv").write_text(table(None))
        data = datasets.load(tmp_path / "p_train.csv")
        assert any("p_test.csv has no labels and is left for predict" in note.en for note in data.notes)
        assert data.test is not None
        assert len(data.train) + len(data.validation or ()) + len(data.test) == N


class TestLong:
    ROWS = ("a,0,1.5,elk", "a,1,NaN,elk", "a,2,?,elk", "a,3,-2,elk", "b,1,4,owl", "b,0,3,owl")

    @pytest.mark.parametrize(
        ("header", "change"),
        [
            ("id,time,value,label", lambda row: row),
            ("ID;Timestamp;Value;Label", lambda row: row.replace(",", ";").replace(".", ",")),
            (",id,time,value,label", lambda row: f"7,{row}"),
            ("id,time,value,label,", lambda row: f"{row},"),
        ],
    )
    def test_a_value_a_line(self, tmp_path: Path, header: str, change: Callable[[str], str]) -> None:
        path = tmp_path / "p.csv"
        path.write_text("\n".join([header, *map(change, self.ROWS)]), encoding="utf-8-sig")
        found = read_file(path)
        np.testing.assert_array_equal(found.series[0], [[1.5], [np.nan], [np.nan], [-2]])
        np.testing.assert_array_equal(found.series[1], [[3], [4]])
        assert found.labels == ("elk", "owl")
        assert "2 series of 2 to 4 steps; a line a time: series in" in found.understood.en

    def test_a_column_a_channel(self, tmp_path: Path) -> None:
        path = tmp_path / "p.csv"
        path.write_text("id,time,z,a,class\nq,1,5,6,up\nq,0,1,2,up\nr,0,3,,down\n")
        found = read_file(path)
        np.testing.assert_array_equal(found.series[0], [[1, 2], [5, 6]])
        np.testing.assert_array_equal(found.series[1], [[3, np.nan]])
        assert found.labels == ("up", "down")
        assert "values in z, a" in found.understood.en
