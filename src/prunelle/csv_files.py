r"""CSV files that Prunelle writes, and reads back: whatever is in a name comes back as it was.

Names of files and classes may hold anything but a zero byte: commas, quotes, line breaks of every kind, bytes that are
no UTF-8. Cells that need it are quoted; bytes that are no text are written as the bytes they are. What a spreadsheet
would take for a formula gets an apostrophe before it, as one types it there::

    written   '=1+1.png     for   =1+1.png         (begins with = + - @, a tab or a line break)
    written   ''=1+1.png    for   '=1+1.png        (the apostrophe is part of the name)
    written   's-Hertogenbosch    as it is         (an apostrophe before anything else)

The same after a semicolon, a tab or a line break within a name, where a spreadsheet whose separator is not the comma
begins a new cell. Read back, each of these apostrophes is taken away, and no other. Numbers are never changed. Other
programs read these files as CSV in UTF-8 (pandas: ``encoding_errors="surrogateescape"`` where names are no UTF-8) and
see the apostrophes.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterable, Sequence
from pathlib import Path

from prunelle.errors import DataError
from prunelle.files import no_file

# Where a spreadsheet may begin a cell, and what makes it compute one: a sign, in its full width too, which some of them
# read as the plain one, after any blanks, which others pass over, and after quotes.
_START = r"(?:\A|(?<=[;\t\r\n]))"
_ARMED = r"""(?=[\s'"]*[=+\-@\uff1d\uff0b\uff0d\uff20]|'*[\t\r\n])"""
_TO_MARK = re.compile(_START + _ARMED)
_MARKS = re.compile(_START + "'" + _ARMED)
# Semicolons and tabs separate where commas are decimal; the others end a line somewhere.
_TO_QUOTE = re.compile('[",;\t\n\r\v\f\x1c-\x1e\x85\u2028\u2029]')


def marked(text: str) -> str:
    """``text`` with an apostrophe wherever a spreadsheet would begin to compute."""
    return _TO_MARK.sub("'", text)


def unmarked(text: str) -> str:
    """The inverse of ``marked``."""
    return _MARKS.sub("", text)


def table_text(header: Sequence[str], rows: Iterable[Iterable[object]]) -> str:
    """The text of a CSV file: a line for the header and one a row, each ended by a newline.

    Args:
        header: names of the columns.
        rows: as many cells each; texts and paths are protected as above, None is an empty cell, numbers are as
            Python prints them.
    """
    lines = (",".join(_cell(value) for value in row) for row in (header, *rows))
    return "".join(f"{line}\n" for line in lines)


def _cell(value: object) -> str:
    if value is None:
        return ""
    text = marked(str(value)) if isinstance(value, str | Path) else str(value)
    return '"' + text.replace('"', '""') + '"' if _TO_QUOTE.search(text) else text


def read_table(path: Path, columns: Sequence[str]) -> list[dict[str, str]]:
    """The rows of a file that ``table_text`` made, as ``{column: text}``.

    Args:
        columns: that must be there; there may be others.

    Raises:
        DataError: it cannot be read, lacks a column, or is cut off or changed; it says the line.
    """
    if kind := no_file(path):
        raise DataError(f"{path} cannot be read: it is {kind}, not a file.")
    try:
        text = path.read_bytes().decode("utf-8-sig", errors="surrogateescape")
    except OSError as error:
        raise DataError(f"{path} cannot be read: {error.strerror or error}.") from None
    reader = csv.reader(io.StringIO(text, newline=""), strict=True)
    rows = []
    try:
        header = next(reader, [])
        if missing := [name for name in columns if name not in header]:
            raise DataError(
                f"{path}, line 1: the header must have {', '.join(columns)}; it lacks {', '.join(missing)}."
            )
        for cells in reader:
            if not cells:
                continue
            if len(cells) != len(header):
                raise DataError(
                    f"{path}, line {reader.line_num}: {len(header)} values were expected, as in the header; received "
                    f"{len(cells)}."
                )
            rows.append(dict(zip(header, map(unmarked, cells), strict=True)))
    except csv.Error as error:
        raise DataError(f"{path}, line {reader.line_num}, is damaged: {error}.") from None
    if not text.endswith("\n"):
        raise DataError(f"{path} is cut off: its last line does not end.")
    return rows
