"""What runs a notebook's cells, and what is known of one that failed."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING, Protocol

from prunelle.texts import Note, Typography

if TYPE_CHECKING:
    from prunelle.notebooks.documents import Cell

_PLACE = Note("cell {k}, line {line} ({error})", "cellule {k}, ligne {line} ({error})")
_WHOLE = Note("cell {k} ({error})", "cellule {k} ({error})")
_MOST_SAID = 120


@dataclasses.dataclass(frozen=True)
class Failure:
    """What stopped a cell.

    Attributes:
        line: of the cell, from 1; None where none of its lines had run.
        text: as a person is shown it.
        stops: the whole notebook: Ctrl-C, ``sys.exit()``, a kernel that died.
    """

    cell: Cell
    line: int | None
    name: str
    said: str
    text: str
    stops: BaseException | None = None

    def place(self, words: Typography) -> str:
        """``cell 3, line 2 (NameError: name 'x' is not defined)``."""
        first = self.said.partition("\n")[0]
        short = first if len(first) <= _MOST_SAID else f"{first[:_MOST_SAID].rstrip()}…"
        error = f"{self.name}: {short}" if short else self.name
        if self.line is None:
            return words.note(_WHOLE, k=self.cell.number, error=error)
        return words.note(_PLACE, k=self.cell.number, line=self.line, error=error)


class Runs(Protocol):
    """What cells are run by."""

    def run(self, cell: Cell) -> Failure | None:
        """Runs a cell, whose outputs are then in its node."""
