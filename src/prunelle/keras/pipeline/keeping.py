"""Elements that are kept: in memory, in files, and made ahead."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np

from prunelle.keras import seeds
from prunelle.keras.batches import READER, read_ahead
from prunelle.keras.pipeline import element_files
from prunelle.keras.pipeline.rows import Places

Pass = Callable[[], Iterator[Any]]


class Kept:
    """The elements of the first pass that came to its end, from then on."""

    def __init__(self, elements: Pass) -> None:
        self._elements = elements
        self._kept: list[Any] | None = None

    def __call__(self) -> Iterator[Any]:
        if self._kept is not None:
            yield from self._kept
            return
        found = []
        for element in self._elements():
            found.append(element)
            yield element
        self._kept = found


class KeptPlaces:
    """The same for the order of rows."""

    def __init__(self) -> None:
        self._kept: list[np.ndarray] | None = None

    def __call__(self, places: Places) -> Places:
        if self._kept is not None:
            yield from self._kept
            return
        found = []
        for chunk in places:
            found.append(chunk)
            yield chunk
        self._kept = found


def kept_in_file(elements: Pass, path: Path) -> Pass:
    """The same, in a file that later programs find; it is there after the first whole pass."""

    def begin() -> Iterator[Any]:
        if path.exists():
            yield from element_files.read(path)
            return
        with element_files.written(path) as add:
            for element in elements():
                add(element)
                yield element

    return begin


def ahead(elements: Pass, buffer_size: int) -> Pass:
    """The next elements are made in another thread while one is used.

    Not in one that is there to read ahead already, and not where ``--seed`` asks for one order of random numbers.
    """

    def begin() -> Iterator[Any]:
        if not seeds.ahead() or threading.current_thread().name == READER:
            return elements()
        return read_ahead(elements(), buffer_size)

    return begin
