"""The column ``file`` of ``predictions.csv``: names, or positions where examples have none."""

from __future__ import annotations

from collections.abc import Mapping, Sequence


def files_of(rows: Sequence[Mapping[str, str]]) -> tuple[str, ...] | None:
    """The names in the column; None where it counts the rows."""
    files = tuple(row["file"] for row in rows)
    return None if files == tuple(map(str, range(len(rows)))) else files
