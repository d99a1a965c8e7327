"""``results.csv`` of a run: a line an epoch."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from prunelle.csv_files import table_text
from prunelle.disk import write_text
from prunelle.training.records import ACCURACIES, RESULT_FIELDS


def write_results(path: Path, rows: Sequence[Mapping[str, float | None]]) -> None:
    """``results.csv`` anew from all lines so far; what a program measures besides has columns after ours."""
    # Columns that no row has, of accuracies where numbers are told, are not there.
    ours = [name for name in RESULT_FIELDS if name not in ACCURACIES or any(name in row for row in rows)]
    names = list(dict.fromkeys([*ours, *(name for row in rows for name in row)]))
    write_text(path / "results.csv", table_text(names, ([row.get(name) for name in names] for row in rows)))
