"""How a table of series is laid out: separator, decimals, header, which columns are row numbers, label and steps.

Tables say little of themselves. What is decided here is decided from names where there are names, else from what the
first and the last columns hold over the whole file, and it is always said (``Layout.words``).
"""

from __future__ import annotations

import dataclasses
import itertools
import re
from collections.abc import Sequence
from pathlib import Path

from prunelle.data.series.parsed import FIRST, LAST, Expected
from prunelle.data.series.sniff import LABEL_NAMES, ROW_NAMES, Column, content_lines, header_of, separator_of
from prunelle.data.series.text import MISSING, cells_of, number_or_none
from prunelle.errors import ArgumentError, DataError, did_you_mean
from prunelle.texts import EN, FR, Note

_NAMES = {
    ";": ("semicolons", "points-virgules"),
    "\t": ("tabs", "tabulations"),
    ",": ("commas", "virgules"),
    "": ("spaces", "espaces"),
}
_SAMPLE = 30  # lines that the separator and the header are told from,
_MOST_SAMPLED = 1 << 20  # or fewer, where they have more characters than this
_LONGEST_NAME = 1000
_ENOUGH = 10  # lines, from which words that all differ are their names
_FEWER = 4  # times as many different values as the other column: no classes
_SHOWN = 3


@dataclasses.dataclass(frozen=True)
class Layout:
    """Of a table with a series a line.

    Attributes:
        separator: between cells; empty for white space.
        decimal: ``.`` or ``,``.
        header: names, or None.
        columns: how many, an empty one behind a last separator not counted.
        trailing: whether every line ends with a separator.
        rows: the column of row numbers or names, which are left out; None where there is none.
        label: the label's column, or None.
        sure: whether the user says so.
        group: the column of what series belong to, or None.
    """

    separator: str
    decimal: str
    header: tuple[str, ...] | None
    columns: int
    trailing: bool = False
    rows: int | None = None
    label: int | None = None
    sure: bool = False
    group: int | None = None

    @property
    def steps(self) -> int:
        """Columns that are steps."""
        return self.columns - len({self.rows, self.label, self.group} - {None})

    @property
    def label_name(self) -> str:
        """As ``labels`` would name it."""
        if self.label is None:
            return ""
        if self.header is not None and self.header[self.label]:
            return self.header[self.label]
        return LAST if self.label == self.columns - 1 else FIRST

    @property
    def group_name(self) -> str:
        """As ``groups`` would name it."""
        if self.group is None:
            return ""
        return self.header[self.group] if self.header is not None else str(self.group + 1)

    def series_cells(self, cells: Sequence[str]) -> list[str]:
        """The cells of a line that are steps."""
        return [cell for i, cell in enumerate(cells) if i not in (self.rows, self.label, self.group)]

    def words(self) -> Note:
        """``the label is column 41 of 41 (label)``, and what else was taken how."""
        en, fr = [], []
        if self.label is None:
            en.append(f"{EN.integer(self.columns)} columns, no label")
            fr.append(f"{FR.integer(self.columns)} colonnes, pas d’étiquette")
        else:
            name = f" ({self.header[self.label]!r})" if self.header else ""
            en.append(f"the label is column {EN.integer(self.label + 1)} of {EN.integer(self.columns)}{name}")
            fr.append(
                f"l’étiquette est la colonne {FR.integer(self.label + 1)} sur {FR.integer(self.columns)}{name}"
            )
        if self.group is not None:
            en.append(f"groups are in {self.group_name!r}")
            fr.append(f"les groupes sont dans {self.group_name!r}")
        if self.rows is not None:
            en.append("the first column numbers the lines and is left out")
            fr.append("la première colonne numérote les lignes et est laissée de côté")
        if self.header is None:
            en.append("no header")
            fr.append("pas d’en-tête")
        if self.decimal == ",":
            en.append(f"columns are separated by {_NAMES[self.separator][0]}, decimals by commas")
            fr.append(f"colonnes séparées par des {_NAMES[self.separator][1]}, décimales par des virgules")
        return Note("; ".join(en), " ; ".join(fr))

    def first(self, cells: Sequence[str]) -> str:
        """A line as it is understood: ``label '0'; steps 0.1, 0.2, 0.3, …``."""
        steps = self.series_cells(cells)
        label = f"label {cells[self.label][:40]!r}; " if self.label is not None else ""
        shown = ", ".join(step[:20] for step in steps[:_SHOWN])
        return f"{label}steps {shown}{', …' if len(steps) > _SHOWN else ''}"


def lay_out(path: Path, expected: Expected) -> Layout:
    """How the table at ``path``, a series a line, is laid out.

    Raises:
        DataError: it has no line, or one of its text columns is neither a label nor a name.
        ArgumentError: ``labels`` or ``groups`` is no column.
    """
    sample: list[str] = []
    for _, line in itertools.islice(content_lines(path), _SAMPLE):
        sample.append(line)
        if len(sample) > 1 and sum(map(len, sample)) > _MOST_SAMPLED:
            break
    if not sample:
        raise DataError(f"{path} has no series.")
    separator, decimal = separator_of(sample)
    rows = [cells_of(line, separator) for line in sample]
    header = header_of(rows, decimal)
    if header is not None and max(map(len, header)) > _LONGEST_NAME:
        raise DataError(
            f"{path}: its first line is taken for a header, and names a column in more than {_LONGEST_NAME:,} "
            f"characters."
        )
    if header is not None and len(rows) == 1:
        raise DataError(f"{path} has no series: its only line is a header.")
    body = rows[1:] if header is not None else rows
    trailing = bool(separator) and all(len(cells) > 1 and not cells[-1] for cells in body)
    columns = max(len(cells) - trailing for cells in body)
    if header is not None:
        header = [*header, *[""] * columns][: max(columns, len(header) - (trailing and not header[-1]))]
    layout = Layout(separator, decimal, None if header is None else tuple(header), columns, trailing)
    if columns < 2:
        return layout
    return _with_columns(path, layout, body, expected)


def _with_columns(path: Path, layout: Layout, body: Sequence[Sequence[str]], expected: Expected) -> Layout:
    """The same with its label, its groups and its row numbers."""
    header = [name.strip().lower() for name in layout.header or ()]
    label = _named(path, layout, header, expected)
    layout = dataclasses.replace(layout, group=_group(path, layout, header, label, expected))
    others = [at for at in range(layout.columns) if at != layout.group]
    seen = _seen(path, layout, sorted({0, *others[:2], others[-1]}))
    rows = _row_numbers(layout, header, label, seen, expected)
    layout = dataclasses.replace(layout, rows=rows)
    text = [i for i in _text_columns(layout, body) if i not in (rows, label, layout.group)] if header else []
    if len(text) > (label is None):
        names = ", ".join(repr(header[i]) for i in text[:5])
        label_too = " Where one of them is the label, name it (--labels NAME)." if label is None else ""
        raise DataError(
            f"{path}: text where numbers were expected, in {names}; leave out what is no step.{label_too} A table of "
            f"files and their labels goes with the folder of the files: prunelle train FOLDER --labels {path.name}."
        )
    if label is not None:
        return dataclasses.replace(layout, label=label, sure=expected.explicit)
    over = layout.steps - expected.steps if expected.steps else None
    if over == 0:
        return layout
    first, last = next(at for at in others if at != rows), others[-1]
    hint = (expected.labels or "").lower()
    if hint and hint in header:
        return dataclasses.replace(layout, label=header.index(hint))
    if text:
        return dataclasses.replace(layout, label=text[0])
    strength = {at: 0 if _is_step(header, at) else seen[at].strength for at in (first, last)}
    if hint in (FIRST, LAST) and strength[first if hint == FIRST else last]:
        return dataclasses.replace(layout, label=first if hint == FIRST else last)
    if not any(strength.values()):
        # One column more than the run's series have steps: its label, where the format has it.
        return dataclasses.replace(layout, label=last if hint == LAST else first) if over == 1 else layout
    if strength[last] == strength[first]:
        # Where both hold whole numbers, counts of an instrument are many, and classes few.
        fewer = seen[last].num_different * _FEWER < seen[first].num_different
        return dataclasses.replace(layout, label=last if fewer else first)
    return dataclasses.replace(layout, label=last if strength[last] > strength[first] else first)


def _named(path: Path, layout: Layout, header: Sequence[str], expected: Expected) -> int | None:
    """The label's column where the header names it, or the user."""
    if not expected.explicit or expected.labels is None:
        return next((header.index(name) for name in LABEL_NAMES if name in header), None)
    wanted = expected.labels.strip()
    if wanted.lower() in header:
        return header.index(wanted.lower())
    if wanted.lower() in (FIRST, LAST):
        return 0 if wanted.lower() == FIRST else layout.columns - 1
    if header:
        raise ArgumentError(
            f"labels must name a column of {path.name}; received {wanted!r}.{did_you_mean(wanted, header)} It may also "
            f"be first or last."
        )
    if wanted.isdecimal() and 1 <= int(wanted) <= layout.columns:
        return int(wanted) - 1
    raise ArgumentError(
        f"labels must be first, last or the number of a column, 1 to {layout.columns}, as {path.name} has no header; "
        f"received {wanted!r}."
    )


def _group(
    path: Path, layout: Layout, header: Sequence[str], label: int | None, expected: Expected
) -> int | None:
    """The column of what series belong to, where one is named, or the training table had one of that name."""
    if expected.groups is None:
        return None
    wanted = expected.groups.strip()
    if wanted.lower() in header:
        at = header.index(wanted.lower())
    elif not header and wanted.isdecimal() and 1 <= int(wanted) <= layout.columns:
        at = int(wanted) - 1
    elif not expected.groups_asked:
        return None
    else:
        raise ArgumentError(
            f"groups (--groups) must name a column of {path.name}{' by its number from 1' if not header else ''}; "
            f"received {wanted!r}.{did_you_mean(wanted, header)}"
        )
    if at == label:
        raise ArgumentError(f"groups (--groups) and labels are one column of {path.name}, {wanted!r}.")
    return at


def _seen(path: Path, layout: Layout, places: Sequence[int]) -> dict[int, Column]:
    """What those columns hold, over the whole file."""
    seen = {at: Column() for at in places}
    lines = content_lines(path)
    if layout.header is not None:
        next(lines)
    for _, line in lines:
        cells = cells_of(line, layout.separator)
        for at, column in seen.items():
            column.see(cells[at] if at < len(cells) else "", layout.decimal)
    return seen


def _row_numbers(
    layout: Layout, header: Sequence[str], label: int | None, seen: dict[int, Column], expected: Expected
) -> int | None:
    """0 where the first column numbers the lines (as pandas writes it) or names them."""
    if 0 in (label, layout.group) or layout.columns < 3:
        return None
    first = seen[0]
    if header:
        own = header[0].startswith("unnamed") or header[0] in ROW_NAMES
        return 0 if own and first.names and (first.whole or not first.numeric) else None
    fits = not expected.steps or layout.steps - 1 - (label is not None) in (
        expected.steps,
        expected.steps + 1,
    )
    if first.counting and first.n > _SHOWN and fits:
        return 0
    return 0 if not first.numeric and first.names and first.n >= _ENOUGH else None


def _is_step(header: Sequence[str], at: int) -> bool:
    """Whether a column's name is like those of the others, numbers apart: ``t39`` among ``t0``, ``t1``, …."""
    patterns = [re.sub(r"\d+", "#", name) for name in header]
    if not patterns or patterns[at] == "#":
        return False  # numbers alone name any column, also the label
    return patterns.count(patterns[at]) > len(patterns) / 2


def _text_columns(layout: Layout, body: Sequence[Sequence[str]]) -> list[int]:
    """Those of a sample that hold words."""
    text_columns = []
    for at in range(layout.columns):
        cells = [row[at] for row in body if at < len(row) and row[at].lower() not in MISSING]
        if cells and all(number_or_none(cell, layout.decimal) is None for cell in cells):
            text_columns.append(at)
    return text_columns
