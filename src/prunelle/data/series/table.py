"""Tables of text: a series a line (``wide``), or a value or a moment a line (``long``); their headers tell which."""

from __future__ import annotations

from pathlib import Path

from prunelle.data.pixels import Progress
from prunelle.data.series.format import Format
from prunelle.data.series.long import long_header, read_long
from prunelle.data.series.parsed import Expected, ParsedSeries
from prunelle.data.series.wide import read_wide


def read(path: Path, expected: Expected, progress: Progress | None = None) -> dict[str, ParsedSeries]:
    """Every series of a table.

    Raises:
        DataError: what is wrong, with the line's number.
        ArgumentError: ``labels`` or ``groups`` is no column.
    """
    long = long_header(path)
    if long is not None:
        return {"train": read_long(path, *long, expected, progress)}
    return {"train": read_wide(path, expected, progress)}


FORMAT = Format(read, names_columns=True, names_groups=True)
