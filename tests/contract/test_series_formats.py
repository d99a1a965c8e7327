"""What every format of files of series keeps, by being listed in ``prunelle.data.series.FORMATS``."""

from __future__ import annotations

import importlib
from pathlib import Path

import numpy as np
import pytest

from prunelle.data.series import FORMATS, text
from prunelle.data.series.format import Format
from prunelle.data.series.reading import format_of, is_series_file, read_file, series_files
from prunelle.errors import ArgumentError, DataError, MissingData

ROOT = Path(__file__).parents[2]

pytestmark = pytest.mark.parametrize("suffix", FORMATS)

NOISE = np.random.default_rng(0).bytes(3000)

DAMAGED = {
    "nothing": b"",
    "a line end": b"\n",
    "noise": NOISE,
    "zeros": bytes(3000),
    "another encoding": "1,2,\xe9\n".encode("latin-1"),
    "an archive, cut off": b"PK\x03\x04" + NOISE,
    "compressed": b"\x1f\x8b\x08" + NOISE,
    "words": b"these are no numbers\nnor are these\n",
    "a line without end": b"1," * 10_000,
    "brackets without end": b"[" * 4000 + b"\n",
    "a number without end": b"9" * 4000 + b"\n",
    "an empty object": b"{}\n",
    "a header alone": b"@data\n",
}
"""Under any suffix, files that hold no series."""


def test_its_module_makes_it(suffix: str) -> None:
    module = importlib.import_module(f"prunelle.data.series.{FORMATS[suffix]}")
    assert type(module.FORMAT) is Format
    assert module.__doc__
    assert suffix == suffix.lower()
    assert suffix.startswith(".")


def test_its_files_are_found_by_their_suffix_in_any_case(suffix: str, tmp_path: Path) -> None:
    for name in (f"a_TRAIN{suffix}", f"b_TRAIN{suffix.upper()}"):
        (tmp_path / name).write_bytes(b"")
        assert is_series_file(tmp_path / name)
        assert format_of(tmp_path / name) is format_of(Path(f"x{suffix}"))
    (tmp_path / f"c{suffix}").mkdir()
    assert [file.name for file in series_files(tmp_path)] == [f"a_TRAIN{suffix}", f"b_TRAIN{suffix.upper()}"]


@pytest.mark.parametrize("content", DAMAGED.values(), ids=DAMAGED)
def test_files_without_series_end_in_a_sentence(
    suffix: str, content: bytes, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(text, "MOST_CHARACTERS", 1 << 13)
    path = tmp_path / f"damaged{suffix}"
    path.write_bytes(content)
    with pytest.raises(DataError, match=r"damaged") as refused:
        read_file(path)
    assert len(str(refused.value)) < 1000  # and not the whole file


def test_a_file_that_is_not_there_is_said(suffix: str, tmp_path: Path) -> None:
    with pytest.raises(MissingData, match="not there"):
        read_file(tmp_path / f"missing{suffix}")


def test_a_column_that_is_not_there_is_refused(suffix: str, tmp_path: Path) -> None:
    """Also by formats that have no columns: a label's column that nothing heeds would be believed."""
    path = tmp_path / f"named{suffix}"
    path.write_bytes(b"1,2,3\n")
    with pytest.raises((ArgumentError, DataError)) as refused:
        read_file(path, labels="no such column")
    assert ("says itself which labels" in str(refused.value)) != format_of(path).names_columns


def test_users_are_told_of_it(suffix: str) -> None:
    from prunelle.cli.train import train

    table = (
        (ROOT / "docs" / "series.md").read_text(encoding="utf-8").split("## The files")[1].split("\n## ")[0]
    )
    rows = [line.split("|")[1] for line in table.splitlines() if line.startswith("|")]
    assert any(suffix in row or (suffix == ".csv" and "CSV" in row) for row in rows)
    assert suffix in str(train.help)
