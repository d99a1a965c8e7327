"""Which files hold series, and what such a file holds, whatever its format."""

from __future__ import annotations

import re
from pathlib import Path

from prunelle.data.listing import entries
from prunelle.data.pixels import Progress
from prunelle.data.series.arff import read_arff
from prunelle.data.series.long import long_header, read_long
from prunelle.data.series.npz import read_npz
from prunelle.data.series.parsed import Expected, ParsedSeries
from prunelle.data.series.ts import read_ts
from prunelle.data.series.wide import read_wide
from prunelle.errors import ArgumentError, DataError, MissingData
from prunelle.files import no_file

_NOTHING = Expected()

SUFFIXES = (".ts", ".tsv", ".csv", ".txt", ".arff", ".npz")


_OF_AN_ARCHIVE = re.compile(r".*_(train|test)", re.IGNORECASE)


def is_series_file(path: str | Path) -> bool:
    """By its name, and that it is a file: a folder of photos may be called anything.

    ``NAME_TRAIN`` and ``NAME_TEST`` without a suffix are the oldest files of the UCR archive.
    """
    path = Path(path).expanduser()
    archive = not path.suffix and _OF_AN_ARCHIVE.fullmatch(path.name) is not None
    return (archive or path.suffix.lower() in SUFFIXES) and path.is_file()


def series_files(folder: Path) -> list[Path]:
    """Those of a folder, in name order. A ``.txt`` may be anything: only ``NAME_TRAIN`` and ``NAME_TEST`` are."""
    return [
        path
        for path in entries(folder)
        if is_series_file(path) and (path.suffix.lower() != ".txt" or _OF_AN_ARCHIVE.fullmatch(path.stem))
    ]


def read_file(path: Path, labels: str | None = None, known: Expected = _NOTHING) -> ParsedSeries:
    """All series of a file, labelled or not; of an ``.npz`` with splits, those of ``X_train``."""
    expected = known if labels is None else Expected(labels, True, known.steps)
    return read_parts(path, expected, None)["train"]


def read_parts(path: Path, expected: Expected, progress: Progress | None) -> dict[str, ParsedSeries]:
    """A file's series by split: all in ``train``, but for an ``.npz`` that has its own.

    Raises:
        DataError: what is wrong with the file, with the line.
        ArgumentError: a label's column is named, and the format has none.
    """
    suffix = path.suffix.lower()
    if kind := no_file(path):
        raise DataError(f"{path} is {kind}, not a file.")
    if not path.is_file():
        raise MissingData(f"{path} is {'no file' if path.exists() else 'not there'}.")
    if expected.asked and suffix in (".npz", ".ts"):
        raise ArgumentError(
            f"labels names a column of a CSV or another table; {path.name} says itself which labels it has."
        )
    if suffix == ".npz":
        return read_npz(path)
    if suffix == ".ts":
        return {"train": read_ts(path, progress)}
    if suffix == ".arff":
        return {"train": read_arff(path, expected, progress)}
    if not is_series_file(path):
        raise DataError(
            f"{path} is no file of series; those are {', '.join(SUFFIXES)}, and NAME_TRAIN, NAME_TEST."
        )
    long = long_header(path)
    if long is not None:
        return {"train": read_long(path, *long, expected, progress)}
    return {"train": read_wide(path, expected, progress)}
