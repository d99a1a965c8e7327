"""The formats of the archives: one set, written in each, is read as the same numbers; ``.arff`` as SciPy reads it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from scipy.io import arff

from prunelle import data as datasets
from prunelle.data.series.reading import is_series_file, read_file, series_files
from prunelle.errors import ArgumentError, DataError

SHARED = Path(__file__).parents[4] / "shared" / "data" / "series"


def parsed(path: Path) -> tuple[list[np.ndarray], list[str]]:
    """A ``.ts`` file, read by a few lines of Python's own: ``(T, C)`` float64 each, and labels."""
    series, labels = [], []
    body = path.read_text().split("@data", 1)[1].strip()
    for line in body.splitlines():
        *channels, label = line.split(":")
        series.append(np.array([[float(v) for v in channel.split(",")] for channel in channels]).T)
        labels.append(label.strip())
    return series, labels


def write(path: Path, series: list[np.ndarray], labels: list[str], form: str) -> Path:
    """Series of one channel and one length (several channels as ``arff`` alone) in one of the formats."""
    rows = [[repr(float(v)) for v in one[:, 0]] for one in series]
    if form == ".arff" and series[0].shape[1] > 1:
        names = "".join(f"  @attribute t{i} numeric\n" for i in range(len(series[0])))
        head = f"@relation p\n@attribute 'all channels' relational\n{names}@end 'all channels'\n"
        head += f"@attribute class {{{','.join(sorted(set(labels)))}}}\n@data\n"
        lines = [
            "'" + r"\n".join(",".join(repr(float(v)) for v in channel) for channel in one.T) + f"',{label}"
            for one, label in zip(series, labels, strict=True)
        ]
        path.write_text(head + "\n".join(lines) + "\n")
    elif form == ".arff":
        names = "".join(f"@ATTRIBUTE att{i}\tREAL\n" for i in range(len(rows[0])))
        classes = ",".join(sorted(set(labels)))
        head = f"% of the archive\n@RELATION p\n\n{names}@ATTRIBUTE target {{{classes}}}\n\n@DATA\n"
        path.write_text(
            head + "\n".join(",".join([*row, label]) for row, label in zip(rows, labels, strict=True))
        )
    elif form == ".txt":
        lines = [
            "  ".join(["", f"{float(label):.7e}", *(f"{float(v):.17e}" for v in row)])
            for row, label in zip(rows, labels, strict=True)
        ]
        path.write_text("\n".join(lines) + "\n")
    elif form == ".npz":
        np.savez(path, X=np.stack(series), y=[int(label) for label in labels])
    else:
        separator, last = {".tsv": ("\t", False), ".csv": (",", True), "": (",", False)}[form]
        lines = [
            separator.join([*row, label] if last else [label, *row])
            for row, label in zip(rows, labels, strict=True)
        ]
        path.write_text("\n".join(lines) + "\n")
    return path


@pytest.mark.skipif(not SHARED.is_dir(), reason="the sets of the UCR archive are not here")
@pytest.mark.parametrize("name", ["GunPoint", "ItalyPowerDemand", "ArrowHead"])
@pytest.mark.parametrize("form", ["", ".txt", ".tsv", ".csv", ".arff", ".npz"])
def test_one_set_in_every_format(tmp_path: Path, name: str, form: str) -> None:
    for split in ("TRAIN", "TEST"):
        series, labels = parsed(SHARED / f"{name}_{split}.ts")
        write(tmp_path / f"{name}_{split}{form}", series[:80], labels[:80], form)
    known = datasets.load(SHARED / f"{name}_TRAIN.ts")
    if form == ".npz":  # its splits are in one file
        data = datasets.load(tmp_path / f"{name}_TRAIN.npz")
    data = datasets.load(tmp_path / f"{name}_TRAIN{form}")
    assert data.classes == known.classes
    for ours, theirs in ((data.train, known.train), (data.test, known.test)):
        assert ours is not None
        assert theirs is not None
        found, expected = ours.array, theirs.array
        n = min(80, len(theirs))
        assert len(ours) == n
        np.testing.assert_array_equal(found.values, expected.values[: expected.starts[n]])  # type: ignore[union-attr]
        assert ours.labels.tolist() == theirs.labels[:n].tolist()
    assert data.preprocess.input_shape == known.preprocess.input_shape


@pytest.mark.skipif(not SHARED.is_dir(), reason="the sets of the UCR archive are not here")
def test_several_channels_as_arff(tmp_path: Path) -> None:
    series, labels = parsed(SHARED / "BasicMotions_TRAIN.ts")
    found = read_file(write(tmp_path / "p.arff", series, labels, ".arff"))
    assert found.labels == tuple(labels)
    for i, one in enumerate(series):
        np.testing.assert_array_equal(found.series[i], one.astype(np.float32))


def test_arff_as_scipy_reads_it(tmp_path: Path) -> None:
    path = tmp_path / "p.arff"
    path.write_text(
        "% a comment\n@relation 'two words'\n@attribute first numeric\n@attribute kind {cat, dog, owl}\n"
        "@attribute second real\n@attribute third integer\n@data\n"
        "1.5,cat,?,3\n% another\n-2e1,dog,4,5\n0,owl,7,-1\n"
    )
    found = read_file(path)
    rows, _ = arff.loadarff(path)
    expected = np.array([[row["first"], row["second"], row["third"]] for row in rows])
    np.testing.assert_array_equal(found.series.values.reshape(3, 3), expected.astype(np.float32))
    assert found.labels == tuple(row["kind"].decode() for row in rows)
    assert "labels in the attribute 'kind'" in found.understood.en


def test_arff_with_numbers_for_classes_and_escapes(tmp_path: Path) -> None:
    path = tmp_path / "p.arff"
    path.write_text(
        "@relation p\n@attribute 'relational one' relational\n@attribute a numeric\n@attribute b numeric\n"
        '@end \'relational one\'\n@attribute class numeric\n@data\n"1,2\\n3,?",1.0\n"5,?\\n7,?",2\n'
    )
    found = read_file(path)
    np.testing.assert_array_equal(found.series[0], [[1, 3], [2, np.nan]])
    np.testing.assert_array_equal(found.series[1], [[5, 7]])
    assert found.labels == ("1.0", "2")


HEAD = "@relation p\n@attribute a numeric\n@attribute b numeric\n@attribute class {x,y}\n@data\n"


@pytest.mark.parametrize(
    ("text", "error", "message"),
    [
        (HEAD + "1,2\n", DataError, "line 6: 2 values; the header has 3 attributes"),
        (HEAD + "1,2,z\n", DataError, "line 6: the label 'z' is not among those of 'class', x, y"),
        (HEAD + "1,2,?\n", DataError, "line 6: the label is missing"),
        (HEAD + "1,two,x\n", DataError, "line 6: value 2 is no number: 'two'"),
        (HEAD + "?,?,x\n", DataError, "line 6: the series has no value"),
        (HEAD + "1,2,'x\n", DataError, "line 6: a quote is not closed"),
        (HEAD + "{0 1, 2 x}\n", DataError, "line 6: sparse lines are not read"),
        (HEAD, DataError, "p.arff has no series"),
        ("@relation p\n", DataError, "no line says @data"),
        ("1,2,x\n", DataError, "line 1: the header's lines are @relation"),
        ("@attribute a\n", DataError, "line 1: an attribute has a name and a type"),
        (HEAD.replace("b numeric", "b string") + "1,2,x\n", DataError, "must be numeric, .*'b' is string"),
        (HEAD.replace("b numeric", "b {u,v}") + "1,u,x\n", DataError, "'b' is nominal"),
        (
            HEAD.replace("b numeric", "b {u,v}").replace("class", "kind") + "1,u,x\n",
            DataError,
            "'b', 'kind' are nominal; name the label",
        ),
    ],
)
def test_what_is_wrong_with_arff(tmp_path: Path, text: str, error: type[Exception], message: str) -> None:
    path = tmp_path / "p.arff"
    path.write_text(text)
    with pytest.raises(error, match=message):
        read_file(path)


def test_the_label_of_arff_may_be_named(tmp_path: Path) -> None:
    path = tmp_path / "p.arff"
    path.write_text(HEAD.replace("b numeric", "b {u,v}").replace("class {x,y}", "c real") + "1,u,5\n2,v,6\n")
    found = read_file(path, "b")
    assert found.labels == ("u", "v")
    np.testing.assert_array_equal(found.series.values.reshape(2, 2), [[1, 5], [2, 6]])
    with pytest.raises(
        ArgumentError, match=r"labels must name an attribute of p.arff; received 'bb'. Did you mean 'b'"
    ):
        read_file(path, "bb")


def test_which_files_are_series(tmp_path: Path) -> None:
    for name in ("a_TRAIN", "a_test", "b.txt", "b_TRAIN.txt", "c.csv", "d.arff", "e", "train", "f.dat"):
        (tmp_path / name).write_text("1,2,3\n")
    (tmp_path / "g_TRAIN").mkdir()
    files: list[Any] = [path.name for path in sorted(tmp_path.iterdir()) if is_series_file(path)]
    assert files == ["a_TRAIN", "a_test", "b.txt", "b_TRAIN.txt", "c.csv", "d.arff"]
    # A folder's README.txt is not predicted.
    assert [path.name for path in series_files(tmp_path)] == [
        "a_TRAIN",
        "a_test",
        "b_TRAIN.txt",
        "c.csv",
        "d.arff",
    ]
