"""What Prunelle asks of a format of files of series.

A module of this package makes one ``Format`` and calls it ``FORMAT``. It is found by its lines in
``prunelle.data.series.FORMATS``; loading, ``predict``, ``look``, the command line and the contract tests know formats
from there and none by name.
"""

from __future__ import annotations

import dataclasses
from pathlib import Path
from typing import Protocol

from prunelle.data.pixels import Progress
from prunelle.data.series.parsed import Expected, ParsedSeries


class Reader(Protocol):
    """Reads a file."""

    def __call__(
        self, path: Path, expected: Expected, progress: Progress | None = None
    ) -> dict[str, ParsedSeries]:
        """A file's series by split: all in ``train``, unless the file has splits of its own.

        Nothing but these is raised, whatever the file holds: it may be damaged, or made to be.

        Raises:
            DataError: what is wrong with the file, with the line.
            ArgumentError: ``expected`` asks for a column of labels or of groups that is not there.
        """
        ...


@dataclasses.dataclass(frozen=True)
class Format:
    """One way in which files hold series.

    Attributes:
        read: reads a file of this format.
        names_columns: whether labels are a column that a user can name (``labels``); else the format itself says which
            they are, and naming one is refused before anything is read.
        names_groups: the same of what series belong to (``groups``): a column, or an array.
    """

    read: Reader
    names_columns: bool = False
    names_groups: bool = False
