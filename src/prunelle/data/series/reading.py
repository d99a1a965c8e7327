"""Which files hold series, and what such a file holds, whatever its format."""

from __future__ import annotations

import importlib
import re
from pathlib import Path

from prunelle.data.listing import entries
from prunelle.data.pixels import Progress
from prunelle.data.series import FORMATS
from prunelle.data.series.format import Format
from prunelle.data.series.parsed import Expected, ParsedSeries
from prunelle.errors import ArgumentError, DataError, MissingData
from prunelle.files import no_file

_NOTHING = Expected()
_OF_AN_ARCHIVE = re.compile(r".*_(train|test)", re.IGNORECASE)


def is_series_file(path: str | Path) -> bool:
    """By its name, and that it is a file: a folder of photos may be called anything."""
    path = Path(path).expanduser()
    return _module(path) is not None and path.is_file()


def _module(path: Path) -> str | None:
    """The module of the format that a file's name says; None where it says none."""
    if not path.suffix and _OF_AN_ARCHIVE.fullmatch(path.name):
        return "table"  # NAME_TRAIN and NAME_TEST: the oldest files of the UCR archive
    return FORMATS.get(path.suffix.lower())


def format_of(path: Path) -> Format:
    """The format that a file's name says.

    Raises:
        DataError: it says none.
    """
    module = _module(path)
    if module is None:
        raise DataError(
            f"{path} is no file of series; those are {', '.join(FORMATS)}, and NAME_TRAIN, NAME_TEST."
        )
    file_format: Format = importlib.import_module(f"prunelle.data.series.{module}").FORMAT
    return file_format


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
    """A file's series by split: all in ``train``, but for a file that has its own.

    Raises:
        DataError: what is wrong with the file, with the line.
        ArgumentError: a label's column is named, and the format has none.
    """
    if kind := no_file(path):
        raise DataError(f"{path} is {kind}, not a file.")
    if not path.is_file():
        raise MissingData(f"{path} is {'no file' if path.exists() else 'not there'}.")
    file_format = format_of(path)
    if expected.explicit and not file_format.names_columns:
        raise ArgumentError(
            f"labels names a column of a CSV or another table; {path.name} says itself which labels it has."
        )
    if expected.groups is not None and expected.groups_asked and not file_format.names_groups:
        raise ArgumentError(
            f"groups (--groups) names a column of a CSV or another table, or an array of an .npz; {path.name} has "
            f"none. In Python, give what each series belongs to: prunelle.load(…, groups=[…])."
        )
    return file_format.read(path, expected, progress)
