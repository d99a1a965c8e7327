"""Examples that are rows of tensors: their order alone is worked on until a batch takes them out.

``from_tensor_slices``, ``range``, ``zip``, ``enumerate``, ``shuffle``, ``take``, ``skip``, ``shard``, ``repeat`` and
``cache`` of such examples work on the places of rows, many at a time; no example is an object of Python's before it
must be.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch

from prunelle.keras.eager.text import Text
from prunelle.keras.pipeline.structure import is_structure, packed

Places = Iterator[np.ndarray]
"""Chunks ``(sources, n)`` of int64: the place of each of the next n examples in each source."""

_CHUNK = 8192


@dataclass(frozen=True)
class Counted:
    """Numbers that follow from their place: ``start + step · place``."""

    start: int
    step: int
    dtype: torch.dtype = torch.int64

    def __getitem__(self, places: Any) -> torch.Tensor:
        return (torch.as_tensor(places) * self.step + self.start).to(self.dtype)


@dataclass(frozen=True)
class Made:
    """Rows that a function makes of places ``(n,)``."""

    rows: Callable[[torch.Tensor], torch.Tensor]

    def __getitem__(self, places: Any) -> torch.Tensor:
        return self.rows(torch.as_tensor(places))


@dataclass(frozen=True)
class Rows:
    """Examples made of the rows of several columns.

    Args:
        structure: of an example.
        columns: for each leaf the source whose places count for it, and its tensor, texts or numbers.
        sources: how many sources there are.
        order: begins a pass.
    """

    structure: Any
    columns: tuple[tuple[int, Any], ...]
    sources: int
    order: Callable[[], Places]

    def ordered(self, change: Callable[[Places], Places]) -> Rows:
        """The same rows in an order that is made of this one."""
        order = self.order
        return Rows(self.structure, self.columns, self.sources, lambda: change(order()))

    def take_out(self, places: np.ndarray) -> Any:
        """The examples at places ``(sources, n)``, stacked."""
        runs = [_run(each) for each in places]
        return packed(self.structure, [_rows(values, runs[source]) for source, values in self.columns])

    def elements(self) -> Iterator[Any]:
        """One example after the other."""
        for places in _sized(self.order(), itertools.chain((1, 8), itertools.repeat(64))):
            columns = [_apart(_rows(values, _run(places[source]))) for source, values in self.columns]
            if not is_structure(self.structure):
                yield from columns[0]
            elif type(self.structure) is tuple and len(self.structure) == len(columns):
                yield from zip(*columns, strict=True)
            else:
                for leaves in zip(*columns, strict=True):
                    yield packed(self.structure, list(leaves))

    def batches(self, size: int, drop_remainder: bool) -> Iterator[Any]:
        """``size`` examples stacked, and the rest."""
        for places in _sized(self.order(), itertools.repeat(size)):
            if places.shape[1] == size or not drop_remainder:
                yield self.take_out(places)


def _run(places: np.ndarray) -> Any:
    """A slice where places follow each other: no copy is made of those rows."""
    first, n = int(places[0]), len(places)
    if int(places[-1]) == first + n - 1 and (n < 3 or bool((np.diff(places) == 1).all())):
        return slice(first, first + n)
    return torch.from_numpy(np.ascontiguousarray(places))


def _rows(values: Any, places: Any) -> Any:
    if isinstance(values, (Counted, Made)):
        return values[np.arange(places.start, places.stop) if isinstance(places, slice) else places]
    if isinstance(values, Text):
        return Text.of(np.asarray(values)[places if isinstance(places, slice) else places.numpy()])
    return values[places] if isinstance(places, slice) else values.index_select(0, places)


def _apart(values: Any) -> Any:
    if isinstance(values, Text):
        return [Text.of(each) for each in np.asarray(values)]
    return values.unbind(0)


# Orders.


def counted(number: int | None) -> Callable[[], Places]:
    """0, 1, 2… up to a number; without end for None."""

    def order() -> Places:
        start = 0
        while number is None or start < number:
            end = start + _CHUNK if number is None else min(number, start + _CHUNK)
            yield np.arange(start, end, dtype=np.int64)[np.newaxis]
            start = end

    return order


def _sized(places: Places, sizes: Iterator[int]) -> Places:
    """Chunks of these sizes; the last may be smaller."""
    rest: list[np.ndarray] = []
    there, wanted = 0, next(sizes)
    for chunk in places:
        rest.append(chunk)
        there += chunk.shape[1]
        if there < wanted:
            continue
        joined = rest[0] if len(rest) == 1 else np.concatenate(rest, axis=1)
        start = 0
        while there - start >= wanted:
            yield joined[:, start : start + wanted]
            start += wanted
            wanted = next(sizes)
        rest, there = [joined[:, start:]], there - start
    if there:
        yield np.concatenate(rest, axis=1)


def first(count: int) -> Callable[[Places], Places]:
    """So many."""

    def change(places: Places) -> Places:
        left = count
        while left > 0:
            chunk = next(places, None)
            if chunk is None:
                return
            yield chunk[:, :left]
            left -= chunk.shape[1]

    return change


def without(count: int) -> Callable[[Places], Places]:
    """All but the first."""

    def change(places: Places) -> Places:
        left = count
        for chunk in places:
            if left < chunk.shape[1]:
                yield chunk[:, left:]
            left = max(0, left - chunk.shape[1])

    return change


def every(number: int, index: int) -> Callable[[Places], Places]:
    """Those whose number leaves ``index`` when it is divided."""

    def change(places: Places) -> Places:
        passed = 0
        for chunk in places:
            found = chunk[:, (index - passed) % number :: number]
            passed += chunk.shape[1]
            if found.shape[1]:
                yield found

    return change


def drawn(buffer_size: int, random: Callable[[], np.random.Generator]) -> Callable[[Places], Places]:
    """Each drawn from a buffer of the next ones, which the next one after them then enters."""

    def change(places: Places) -> Places:
        generator = random()
        buffer: Any = None
        for chunk in places:
            if buffer is None or buffer.shape[1] < buffer_size:
                room = buffer_size - (0 if buffer is None else buffer.shape[1])
                filled = chunk[:, :room]
                buffer = filled.copy() if buffer is None else np.concatenate([buffer, filled], axis=1)
                chunk = chunk[:, room:]
            if chunk.shape[1]:
                draws = generator.integers(0, buffer_size, size=(chunk.shape[1],))
                yield _exchanged(buffer, chunk, draws)
        if buffer is not None and buffer.shape[1]:
            yield buffer[:, generator.permutation(buffer.shape[1])]

    return change


def _exchanged(buffer: np.ndarray, chunk: np.ndarray, draws: np.ndarray) -> np.ndarray:
    """What leaves a buffer, where one after the other enters it at the place that was drawn."""
    leaving = buffer[:, draws]
    order = np.argsort(draws, kind="stable")
    again = draws[order[1:]] == draws[order[:-1]]
    # Where a place is drawn again, what leaves it is what entered it last.
    leaving[:, order[1:][again]] = chunk[:, order[:-1][again]]
    last = np.append(~again, True)
    buffer[:, draws[order[last]]] = chunk[:, order[last]]
    return leaving


def side_by_side(all_rows: list[Rows], structure: Any) -> Rows:
    """An example of each together, until one ends."""
    columns: list[tuple[int, Any]] = []
    before = 0
    for each in all_rows:
        columns += [(before + source, values) for source, values in each.columns]
        before += each.sources
    orders = [each.order for each in all_rows]

    def order() -> Places:
        streams = [each() for each in orders]
        held = [np.empty((rows.sources, 0), np.int64) for rows in all_rows]
        while True:
            for i, stream in enumerate(streams):
                if not held[i].shape[1]:
                    chunk = next(stream, None)
                    if chunk is None:
                        return
                    held[i] = chunk
            length = min(each.shape[1] for each in held)
            yield np.concatenate([each[:, :length] for each in held])
            held = [each[:, length:] for each in held]

    return Rows(structure, tuple(columns), before, order)
