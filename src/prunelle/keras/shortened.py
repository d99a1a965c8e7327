"""``--epochs``: every ``fit`` of a program ends after so many, to see whether the rest of it runs.

Programs draw curves over the epochs that they ask for, ``plot(range(1, 31), history.history["loss"])``. A history has
what there was, one figure for each epoch that was taken: it is the curve that is drawn over as many, and said.
"""

from __future__ import annotations

import functools
import itertools
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import ModuleType
from typing import Any

from prunelle.overlay import Overlay, looked_after
from prunelle.texts import Note

_CURVES = Note(
    "Curves over {asked} epochs are drawn over the {most} that --epochs left.",
    "Les courbes sur {asked} époques sont tracées sur ce qu’en laisse --epochs : {most}.",
)


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
def trainings(most: int | None, say: Callable[..., None]) -> Iterator[Shortened]:
    """Inside, no ``fit`` takes more than ``most`` epochs; None: as many as it asks for.

    Args:
        say: ``say(note, **values)``, a sentence for the person.
    """
    global _in_force
    before, _in_force = _in_force, Shortened(most)
    try:
        if most is None:
            yield _in_force
        else:
            with looked_after(["matplotlib.axes"], _curves_of(_in_force, say)):
                yield _in_force
    finally:
        _in_force = before


def _curves_of(trainings: Shortened, say: Callable[..., None]) -> Callable[[Overlay, ModuleType], None]:
    said = set[int]()

    def fitting(values: tuple[Any, ...]) -> list[Any]:
        """A curve's numbers of epochs, as many as it has figures: x, y, a format, x, y…"""
        fitted = list(values)
        for i, (x, y) in enumerate(itertools.pairwise(values)):
            asked, taken = _length(x), _length(y)
            if asked in trainings.asked and taken == trainings.most:
                fitted[i] = x[:taken]
                if asked not in said:
                    said.add(asked)
                    say(_CURVES, asked=asked, most=taken)
        return fitted

    def look_after(overlay: Overlay, module: ModuleType) -> None:
        for name in ("plot", "scatter"):
            overlay.put(module.Axes, name, _with(getattr(module.Axes, name), fitting))

    return look_after


def _with(original: Any, fitting: Callable[[tuple[Any, ...]], list[Any]]) -> Any:
    @functools.wraps(original)
    def draw(self: Any, *values: Any, **given: Any) -> Any:
        return original(self, *fitting(values), **given)

    return draw


def _length(values: Any) -> int | None:
    return len(values) if hasattr(values, "__len__") and not isinstance(values, str) else None


def note(most: int, asked: int) -> Note:
    """What the report of a training says that was shortened."""
    return Note(
        f"Shortened by --epochs {most}: the program asks for {asked} epochs.",
        f"Raccourci par --epochs {most} : le programme demande {asked} époques.",
    )
