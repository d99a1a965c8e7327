"""``--epochs``: every ``fit`` of a program ends after so many, to see whether the rest of it runs."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from prunelle.texts import Note


class Shortened:
    """What it did.

    Attributes:
        most: epochs of a ``fit``; None where nothing is shortened.
        asked: the epochs that each shortened ``fit`` asked for.
    """

    def __init__(self, most: int | None) -> None:
        self.most = most
        self.asked: list[int] = []

    def epochs(self, asked: int, begun: int) -> int:
        """The epoch that a ``fit`` ends after, which begins after epoch ``begun`` and asks for epoch ``asked``."""
        if self.most is None or asked - begun <= self.most:
            return asked
        self.asked.append(asked - begun)
        return begun + self.most


_in_force = Shortened(None)


def in_force() -> Shortened:
    """What holds for the program that runs."""
    return _in_force


@contextmanager
def trainings(most: int | None) -> Iterator[Shortened]:
    """Inside, no ``fit`` takes more than ``most`` epochs; None: as many as it asks for."""
    global _in_force
    before, _in_force = _in_force, Shortened(most)
    try:
        yield _in_force
    finally:
        _in_force = before


def note(most: int, asked: int) -> Note:
    """What the report of a training says that was shortened."""
    return Note(
        f"Shortened by --epochs {most}: the program asks for {asked} epochs.",
        f"Raccourci par --epochs {most} : le programme demande {asked} époques.",
    )
