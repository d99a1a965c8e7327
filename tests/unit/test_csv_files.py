"""Names of any kind through the CSV files that Prunelle writes; Python's ``csv`` and pandas are the oracles."""

from __future__ import annotations

import contextlib
import csv
import io
import random
from pathlib import Path

import pytest

from prunelle.csv_files import marked, read_table, table_text, unmarked
from prunelle.errors import DataError

SIGNS = "=+-@\t\r\n\uff1d\uff0b\uff0d\uff20"
ALPHABET = "ab0'\"=+-@,;|.\\/ \t\r\n\v\f\x1b\x1c\x85\u2028\u2029\uff1dé\u0301\udce9\udcff😀"


def names(count: int, seed: int) -> list[str]:
    """Texts of 0 to 6 characters, most of which arm or break some reader."""
    rng = random.Random(seed)
    return ["".join(rng.choices(ALPHABET, k=rng.randrange(7))) for _ in range(count)]


def rows_of(seed: int, count: int = 400) -> list[dict[str, str]]:
    return [
        {"file": file, "class": label, "n": str(n)}
        for n, (file, label) in enumerate(zip(names(count, seed), names(count, seed + 1), strict=True))
    ]


def written(rows: list[dict[str, str]]) -> bytes:
    text = table_text(("file", "class", "n"), [(row["file"], row["class"], int(row["n"])) for row in rows])
    return text.encode(errors="surrogateescape")


@pytest.mark.parametrize("seed", range(5))
def test_every_name_comes_back(tmp_path: Path, seed: int) -> None:
    rows, path = rows_of(seed), tmp_path / "names.csv"
    path.write_bytes(written(rows))
    assert read_table(path, ("file", "class")) == rows


@pytest.mark.parametrize("seed", range(5))
def test_other_readers_see_the_same_cells(seed: int) -> None:
    """Python's reader and pandas's give each name, but for apostrophes."""
    pandas = pytest.importorskip("pandas", reason="an oracle that not every machine has")
    rows = rows_of(seed)
    content = written(rows)
    text = content.decode(errors="surrogateescape")
    by_csv = list(csv.DictReader(io.StringIO(text, newline="")))
    frame = pandas.read_csv(
        io.BytesIO(content), dtype=str, keep_default_na=False, encoding_errors="surrogateescape"
    )
    for found in (by_csv, frame.to_dict("records")):
        assert len(found) == len(rows)
        for cells, row in zip(found, rows, strict=True):
            assert cells["n"] == row["n"]
            for name in ("file", "class"):
                assert cells[name].replace("'", "") == row[name].replace("'", "")
                assert unmarked(cells[name]) == row[name]


@pytest.mark.parametrize("separator", [",", ";", "\t"])
def test_no_spreadsheet_sees_a_formula(separator: str) -> None:
    """In English and French, where the separator is a comma or a semicolon, and for who splits at tabs."""
    armed = [
        *(sign + "1+1" for sign in SIGNS),
        *(f"a{s};{t}1;b" for s in ",;\t" for t in "=@"),
        'a;"=1',
        ";'=1",
        "  =1",
        "'=1",
    ]
    text = table_text(("file", "class"), [(name, name) for name in [*armed, *names(300, 9)]])
    for row in csv.reader(io.StringIO(text, newline=""), delimiter=separator):
        for cell in row:
            assert separator != "," or cell[:1] not in ("\t", "\r", "\n"), cell
            assert cell.lstrip()[:1] not in tuple(SIGNS), cell


def test_the_rule_as_it_is_documented() -> None:
    assert marked("=1+1.png") == "'=1+1.png"
    assert marked("'=1+1.png") == "''=1+1.png"
    assert marked("'s-Hertogenbosch") == "'s-Hertogenbosch"
    assert unmarked("'s-Hertogenbosch") == "'s-Hertogenbosch"
    assert marked("/photos/=1.png") == "/photos/=1.png"


def test_plain_values_are_as_they_always_were() -> None:
    """Files of earlier versions and of this one are the same bytes where nothing is odd."""
    rows = [["/a b/é.jpg", "train", "it's", -0.5, None, 3], ['say "x", y', "", "c", 1e-9, float("nan"), True]]
    expected = io.StringIO()
    csv.writer(expected, lineterminator="\n").writerows([["a", "b", "c", "d", "e", "f"], *rows])
    assert table_text(("a", "b", "c", "d", "e", "f"), rows) == expected.getvalue()


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "line 1: the header must have file, class; it lacks file, class"),
        (b"file,other\na,b\n", "it lacks class"),
        (b"file,class\na,b\nc\n", "line 3: 2 values were expected, as in the header; received 1"),
        (b"file,class\na,b\nc,d,e\n", "line 3: 2 values were expected, as in the header; received 3"),
        (b'file,class\n"a,b\n', "line 2, is damaged"),
        (b'file,class\n"a"b,c\n', "line 2, is damaged"),
        (b"file,class\na\rb,c\n", "received 1"),
        (b"file,class\na,b\nc,d", "cut off"),
    ],
)
def test_damage_is_named_with_its_line(tmp_path: Path, content: bytes, message: str) -> None:
    path = tmp_path / "splits.csv"
    path.write_bytes(content)
    with pytest.raises(DataError) as caught:
        read_table(path, ("file", "class"))
    assert message in str(caught.value)
    assert str(path) in str(caught.value)


def test_what_cannot_be_opened_is_an_error_too(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="cannot be read"):
        read_table(tmp_path, ("file",))
    with pytest.raises(DataError, match="cannot be read"):
        read_table(tmp_path / "none.csv", ("file",))


def test_random_damage_never_ends_in_another_error(tmp_path: Path) -> None:
    whole, path = bytearray(written(rows_of(3, 20))), tmp_path / "splits.csv"
    rng = random.Random(0)
    for _ in range(300):
        content = bytearray(whole)
        for _ in range(rng.randrange(1, 5)):
            content[rng.randrange(len(content))] = rng.randrange(256)
        path.write_bytes(bytes(content[: rng.randrange(len(content))]))
        with contextlib.suppress(DataError):
            read_table(path, ("file", "class"))
