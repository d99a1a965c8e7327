"""Tables with a series a line: CSV of any kind, and the text files of the UCR archive."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from prunelle.data.groups import alone_named
from prunelle.data.pixels import Progress
from prunelle.data.series.container import Gathering
from prunelle.data.series.layout import Layout, lay_out
from prunelle.data.series.parsed import Expected, ParsedSeries
from prunelle.data.series.sniff import is_content
from prunelle.data.series.text import MISSING, cells_of, group_of, lines_of, numbers
from prunelle.errors import DataError


def read_wide(path: Path, expected: Expected, progress: Progress | None = None) -> ParsedSeries:
    """Every series of a table with a series a line; ``layout.lay_out`` says which columns are what.

    Empty cells, NaN, NA and ? are missing values; those at the end of a line, steps that are not there.

    Raises:
        DataError: what is wrong, with the line's number.
        ArgumentError: ``labels`` or ``groups`` is no column.
    """
    layout = lay_out(path, expected)
    gathered = Gathering()
    labels: list[str] = []
    groups: list[str | None] = []
    known: dict[str, str] = {}
    first = ""
    header = layout.header is not None
    for number, line in lines_of(path, progress):
        if not is_content(line):
            continue
        if header:
            header = False
            continue
        where = f"{path}, line {number}"
        cells = cells_of(line, layout.separator)
        if layout.trailing and len(cells) == layout.columns + 1 and not cells[-1]:
            cells.pop()
        _check_columns(cells, layout, where)
        if layout.label is not None:
            label = cells[layout.label]
            if label.lower() in MISSING:
                raise DataError(f"{where}: the label is missing.")
            labels.append(known.setdefault(label, label))  # one text a class, not one a line
        if layout.group is not None:
            groups.append(group_of(cells[layout.group]))
        first = first or layout.first(cells)
        gathered.add(_series(cells, layout, where))
    return ParsedSeries(
        series=gathered.series(),
        labels=tuple(labels) if layout.label is not None else None,
        layout=layout.words(),
        label=layout.label_name,
        sure=layout.sure,
        first=first,
        columns=layout.steps if layout.separator else 0,
        groups=alone_named(groups) if layout.group is not None else None,
        group=layout.group_name,
    )


def _check_columns(cells: list[str], layout: Layout, where: str) -> None:
    """As many as the other lines have; without a separator that is seen, a shorter line is a shorter series."""
    if len(cells) == layout.columns:
        return
    if not layout.separator and len(cells) > 1 and layout.label in (0, None) and layout.header is None:
        return
    raise DataError(
        f"{where}: {len(cells)} columns; the lines before have {layout.columns}. A missing value is an empty cell."
    )


def _series(cells: list[str], layout: Layout, where: str) -> np.ndarray:
    """``(T, 1)``, up to the last value."""
    values = numbers(layout.series_cells(cells), where, layout.decimal)
    if values[-1] == values[-1]:  # no NaN
        return values[:, np.newaxis]
    there = np.flatnonzero(~np.isnan(values))
    if not len(there):
        raise DataError(f"{where}: the series has no value.")
    return values[: there[-1] + 1, np.newaxis]
