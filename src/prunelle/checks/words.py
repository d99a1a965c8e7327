"""Words that the sentences of several checks are made of."""

from __future__ import annotations

from collections.abc import Sequence

from prunelle.checks.inspected import Inspected
from prunelle.texts import EN, FR, Note, visible

SHOWN = 3


def counted(inspected: Inspected, number: int) -> Note:
    """``12 pictures``; in French all kinds of examples are feminine."""
    what = inspected.kind.one if number == 1 else inspected.kind.many
    return Note(f"{EN.integer(number)} {what.en}", f"{FR.integer(number)} {what.fr}")


def some(inspected: Inspected, rows: Sequence[int]) -> Note:
    """The names of the first three, and how many more."""
    return some_of([inspected.names[row] for row in rows])


def some_of(names: Sequence[str]) -> Note:
    """The same of any names."""
    first, more = ", ".join(map(visible, names[:SHOWN])), len(names) - SHOWN
    if more <= 0:
        return Note(first, first)
    return Note(f"{first} and {EN.integer(more)} more", f"{first} et {FR.integer(more)} de plus")
