"""What reading a file of series gives, and what whoever reads may know of it beforehand."""

from __future__ import annotations

import dataclasses

import numpy as np

from prunelle.data.series.container import Series
from prunelle.texts import EN, FR, Note

FIRST, LAST = "first", "last"


@dataclasses.dataclass(frozen=True, eq=False)
class ParsedSeries:
    """What a file holds.

    Attributes:
        series: N of them.
        labels: N texts as they stand there, or None where the file has none.
        layout: how the file was understood, in the words that follow "40 series of 40 steps; ".
        label: the label's column, as ``labels`` would name it; empty where a format says it itself.
        sure: whether the format or the user says that these are labels; else names or values made it likely.
        first: the first series as it was understood, for an error that shows it.
        columns: of a table, how many are steps; 0 for other files.
        groups: ``(N,)`` str, what each belongs to that must not be divided; None where nobody asked.
        group: the column or the array of ``groups``, as it would be named; empty where there is none.
    """

    series: Series
    labels: tuple[str, ...] | None
    layout: Note
    label: str = ""
    sure: bool = True
    first: str = ""
    columns: int = 0
    groups: np.ndarray | None = None
    group: str = ""

    @property
    def steps(self) -> int:
        """Of every series, where all have as many (missing ones at the end of a table's line counted); else 0."""
        lengths = self.series.lengths
        return self.columns or (int(lengths[0]) if bool((lengths == lengths[0]).all()) else 0)

    @property
    def understood(self) -> Note:
        """``40 series of 40 steps; the label is the last of 41 columns``."""
        lengths = self.series.lengths
        low, high, n, channels = (
            int(lengths.min()),
            int(lengths.max()),
            len(self.series),
            self.series.channels,
        )
        steps_en = f"{EN.integer(high)} step{'' if high == 1 else 's'}"
        steps_fr = f"{FR.integer(high)} pas de temps"
        if low < high:
            steps_en, steps_fr = f"{EN.integer(low)} to {steps_en}", f"{FR.integer(low)} à {steps_fr}"
        if channels > 1:
            steps_en += f" and {EN.integer(channels)} channels"
            steps_fr += f" et {FR.integer(channels)} canaux"
        return Note(
            f"{EN.integer(n)} series of {steps_en}; {self.layout.en}",
            f"{FR.integer(n)} série{'' if n == 1 else 's'} de {steps_fr} ; {self.layout.fr}",
        )


@dataclasses.dataclass(frozen=True)
class Expected:
    """What is known of a file before it is read.

    Attributes:
        labels: the label's column: a name of the header; ``first``, ``last`` or a number from 1.
        explicit: whether the user said so now; else it is how the training series were read, a hint.
        steps: of every training series; 0 where they differ, or nothing is known.
        groups: the column of what series belong to, a name of the header or a number from 1; None where nobody asks.
        groups_asked: whether the user said so now; else it is how the training series were read, and may not be there.
    """

    labels: str | None = None
    explicit: bool = False
    steps: int = 0
    groups: str | None = None
    groups_asked: bool = False
