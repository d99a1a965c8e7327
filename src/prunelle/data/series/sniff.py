"""What a table shows of itself: its lines, its separator and decimals, its header, what a column holds."""

from __future__ import annotations

import collections
import itertools
from collections.abc import Iterator, Sequence
from pathlib import Path

from prunelle.data.series.text import MISSING, cells_of, lines_of, number_or_none

LABEL_NAMES = ("label", "labels", "class", "classes", "target", "y", "category", "class_label", "classlabel")
ROW_NAMES = ("", "index", "id", "row", "series_id", "sample_id")
SEPARATORS = (";", "\t", ",", "")

_MOST_CLASSES = 10_000
_FEW = 10  # series, below which nothing can be told from how often a label comes


def content_lines(path: Path) -> Iterator[tuple[int, str]]:
    """Lines that hold something: no blank ones, no comments (``#``, ``%``)."""
    for number, line in lines_of(path):
        if is_content(line):
            yield number, line


def is_content(line: str) -> bool:
    """Whether a line is neither blank (separators alone are blank, as spreadsheets write them) nor a comment."""
    bare = line.strip(" \t;,\r\n")
    return bool(bare) and not bare.startswith(("#", "%"))


def separator_of(lines: Sequence[str]) -> tuple[str, str]:
    """Of four separators and two decimals, those with which most cells are numbers; the first of equals."""
    best, chosen = (0.0, 0), (",", ".")
    for separator in SEPARATORS:
        for decimal in (".", ",") if separator != "," else (".",):
            rows = [cells_of(line, separator) for line in lines]
            if min(map(len, rows)) < 2:
                continue
            cells = [cell for row in rows[1:] or rows for cell in row]
            good = sum(cell.lower() in MISSING or number_or_none(cell, decimal) is not None for cell in cells)
            # In hundredths, so that an odd cell or two do not decide between separators.
            score = (round(good / len(cells), 2), min(map(len, rows)))
            if score[0] > best[0] or (score[0] == best[0] and not best[1]):
                best, chosen = score, (separator, decimal)
    quoted = any('"' in line for line in lines)
    if chosen[0] == "," and quoted and best[0] < 0.5:  # "0,5","0,7": a decimal comma needs quotes there
        return ",", ","
    if not best[1]:
        return max(SEPARATORS[:3], key=lines[0].count), "."
    return chosen


def header_of(rows: Sequence[Sequence[str]], decimal: str) -> list[str] | None:
    """The first row, where it names columns; numbers that go up evenly, 0, 1, 2, …, name steps."""
    first, below = list(rows[0]), rows[1:]
    values = [value for value in (number_or_none(cell, decimal) for cell in first) if value is not None]
    words = [
        i
        for i, cell in enumerate(first)
        if cell.lower() not in MISSING and number_or_none(cell, decimal) is None
    ]
    if not below:
        return first if len(words) == len(first) > 1 else None
    # A word over numbers names them; a word over words may be a label.
    over_numbers = any(
        number_or_none(row[i], decimal) is not None for i in words for row in below if i < len(row)
    )
    if not values:
        named = {cell.lower() for cell in first} & {*LABEL_NAMES, *ROW_NAMES[1:]}
        return first if words and (over_numbers or (len(words) > 1 and named)) else None
    if len(words) > len(values):
        return first if over_numbers else None
    if words or not first[0]:
        rising = len(values) >= 3 and all(a < b for a, b in itertools.pairwise(values))
        return first if rising and (over_numbers or _goes_up(values)) else None
    inner = [
        value for value in (number_or_none(cell, decimal) for cell in below[0][1:-1]) if value is not None
    ]
    return first if _goes_up(values) and not _goes_up(inner) else None


def _goes_up(values: Sequence[float]) -> bool:
    """Whether numbers go up by the same step each, as those that name steps do."""
    if len(values) < 5:  # fewer may be a short series that rises
        return False
    step = values[1] - values[0]
    return step > 0 and all(abs(b - a - step) < 1e-6 * step for a, b in itertools.pairwise(values))


class Column:
    """What a column holds, seen line by line."""

    def __init__(self) -> None:
        self.n = 0
        self.counts: collections.Counter[str] | None = collections.Counter()
        self.missing = 0
        self.numeric = self.whole = self.counting = True
        self._last: float | None = None

    def see(self, cell: str, decimal: str) -> None:
        """One more."""
        self.n += 1
        if cell.lower() in MISSING:
            self.missing += 1
            return
        if self.counts is not None:
            self.counts[cell] += 1
            if len(self.counts) > _MOST_CLASSES:
                self.counts = None
        value = number_or_none(cell, decimal)
        if value is None:
            self.numeric = self.whole = self.counting = False
            return
        self.whole = self.whole and value.is_integer()
        self.counting = self.counting and (value in (0, 1) if self._last is None else value == self._last + 1)
        self._last = value

    @property
    def names(self) -> bool:
        """Whether nearly each is another: a number or a name of its line."""
        return self.n > 1 and (self.counts is None or len(self.counts) > max(1, self.n / 2))

    @property
    def num_different(self) -> int:
        """How many different values."""
        return _MOST_CLASSES + 1 if self.counts is None else len(self.counts)

    @property
    def strength(self) -> int:
        """How much it looks like labels: 0 not, 1 a single whole number, 2 whole numbers, 3 words."""
        if not self.counts or self.missing > self.n / 2 or (self.n >= _FEW and self.names):
            return 0
        if not self.numeric:
            return 3
        return 0 if not self.whole else 1 if len(self.counts) == 1 else 2
