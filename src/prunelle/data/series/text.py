"""Text files of series: their lines, and the numbers in them, within limits that no file can talk its way around."""

from __future__ import annotations

import codecs
import csv
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np

from prunelle.data.pixels import Progress
from prunelle.errors import DataError
from prunelle.texts import Note, composed

MOST_CHARACTERS = 1 << 23
"""Of a line: a million values and more; reading it takes about 0.4 GB. A file without line ends stops here."""

MISSING = frozenset(("?", "", "nan", "na", "n/a", "#n/a", "null", "none", "-nan"))
"""Words for a value that is not there, in small letters."""

_REPORT_EVERY = 1 << 22  # characters
_OTHER_FILES = (
    (b"\x1f\x8b", "is compressed (gzip); unpack it first"),
    (b"PK\x03\x04", "is an archive or a spreadsheet; save it as CSV, or unpack it first"),
    (b"BZh", "is compressed (bzip2); unpack it first"),
    (b"\xfd7zXZ", "is compressed (xz); unpack it first"),
    (b"\x89HDF", "is HDF5; save its arrays as .npz"),
)


def lines_of(path: Path, progress: Progress | None = None) -> Iterator[tuple[int, str]]:
    """``(number from 1, line)`` of a text file, without its end; one line at a time in memory.

    UTF-8, or UTF-16 with its mark.

    Raises:
        DataError: it cannot be opened, is no such text, or has a line beyond ``MOST_CHARACTERS``.
    """
    read = reported = number = 0
    try:
        encoding = _encoding(path)
        size = path.stat().st_size
        with path.open(encoding=encoding) as stream:
            # One more than a line may have tells that it is too long, without reading all of it.
            while line := stream.readline(MOST_CHARACTERS + 1):
                number += 1
                if "\0" in line:
                    raise DataError(
                        f"{path}, line {number}: a NUL character; this is no text, or UTF-16 without its mark. Save it "
                        f"as UTF-8."
                    )
                if len(line) > MOST_CHARACTERS:
                    raise DataError(
                        f"{path}, line {number}: more than {MOST_CHARACTERS:,} characters. A line holds one series, or "
                        f"one value; longer series go into an .npz."
                    )
                read += len(line)
                if progress is not None and read - reported > _REPORT_EVERY:
                    reported = read
                    progress(Note(f"reading {path.name}", f"lecture de {path.name}"), min(read, size), size)
                yield number, line.rstrip("\r\n")
    except UnicodeDecodeError:
        raise DataError(
            f"{path} is no UTF-8 text; a file of series is text, or a NumPy .npz. Save it as UTF-8."
        ) from None
    except OSError as error:
        raise DataError(f"{path} cannot be opened: {error.strerror}.") from None
    if progress is not None and reported:
        progress(Note(f"reading {path.name}", f"lecture de {path.name}"), size, size)


def _encoding(path: Path) -> str:
    with path.open("rb") as file:
        head = file.read(8)
    for start, what in _OTHER_FILES:
        if head.startswith(start):
            raise DataError(f"{path} {what}.")
    if head.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return "utf-16"
    # With or without the mark that spreadsheets put first.
    return "utf-8-sig"


def cells_of(line: str, separator: str) -> list[str]:
    """The cells of a line, stripped, without their quotes; an empty ``separator`` stands for white space."""
    if '"' in line:
        try:
            cells = next(csv.reader([line], delimiter=separator or " ", skipinitialspace=True))
        except csv.Error:  # a quoted cell of more than 131,072 characters
            return [line]
        return [cell.strip() for cell in cells if cell or separator]
    return line.split() if not separator else [cell.strip() for cell in line.split(separator)]


def group_of(cell: str) -> str | None:
    """What a cell says that its series belongs to; None of a missing value."""
    return None if cell.lower() in MISSING else composed(cell)


def numbers(cells: Sequence[str], where: str, decimal: str = ".") -> np.ndarray:
    """``["1.5", "?", "2"]`` → float32, NaN for a missing value.

    Raises:
        DataError: something else than numbers; it says ``where``.
    """
    try:
        values = np.fromiter(map(float, cells), np.float64, len(cells))
        plain = decimal == "." and not any("_" in cell for cell in cells)  # Python reads 1_000
    except ValueError:
        plain = False
    if not plain:
        # Missing values, decimal commas, or a mistake: one by one, to be able to say which.
        parsed = (_number(cell.strip(), i, where, decimal) for i, cell in enumerate(cells, 1))
        values = np.fromiter(parsed, np.float64, len(cells))
    return as_float32(values, where)


def as_float32(values: np.ndarray, where: str) -> np.ndarray:
    """Numbers as they are kept.

    Raises:
        DataError: one is infinite, or too large.
    """
    with np.errstate(over="ignore"):
        single = values.astype(np.float32)
    large = np.isinf(single)
    if large.any():
        raise DataError(f"{where}: value {int(large.argmax()) + 1} is infinite, or too large.")
    return single


def _number(text: str, position: int, where: str, decimal: str) -> float:
    if text.lower() in MISSING:
        return np.nan
    value = number_or_none(text, decimal)
    if value is not None:
        return value
    other = " The decimals of this file are commas." if decimal == "," and "." in text else ""
    raise DataError(f"{where}: value {position} is no number: {text[:40]!r}.{other}")


def number_or_none(text: str, decimal: str = ".") -> float | None:
    """The number that ``text`` is, written as this file writes them; NaN is none."""
    if decimal == ",":
        if "." in text:
            return None
        text = text.replace(",", ".", 1)
    if "_" in text or text.strip().lower() in MISSING:  # Python reads 1_000
        return None
    try:
        return float(text)
    except ValueError:
        return None
