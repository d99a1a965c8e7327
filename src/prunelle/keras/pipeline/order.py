"""In which order elements come: drawn from a buffer, from several data sets in turn or by lot, each once."""

from __future__ import annotations

import itertools
import os
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import torch

from prunelle.keras.eager.errors import InvalidArgumentError
from prunelle.keras.eager.text import Text
from prunelle.keras.pipeline.structure import flatten, whole_number

Elements = Iterator[Any]
Pass = Callable[[], Elements]


class Draws:
    """Random numbers of the passes of a data set: others in each, and the same for the same seed.

    Args:
        seed: None draws one, by the generator that ``tf.random.set_seed`` seeds.
        again: other numbers in each pass.
    """

    def __init__(self, seed: Any = None, again: bool = True) -> None:
        self._seed = int(torch.randint(2**62, ())) if seed is None else int(seed) % 2**63
        self._again, self._passes = again, 0

    def __call__(self) -> np.random.Generator:
        """Those of the next pass."""
        found = np.random.Generator(np.random.PCG64([self._seed, self._passes]))
        self._passes += self._again
        return found


def shuffled(elements: Pass, buffer_size: int, draws: Draws) -> Pass:
    """Each is drawn from a buffer of the next ones; the one after them takes its place."""

    def begin() -> Elements:
        random = draws()
        buffer: list[Any] = []
        for element in elements():
            if len(buffer) < buffer_size:
                buffer.append(element)
                continue
            place = int(random.integers(buffer_size))
            leaving, buffer[place] = buffer[place], element
            yield leaving
        for place in random.permutation(len(buffer)):
            yield buffer[place]

    return begin


def interleaved(
    elements: Pass, begin_one: Callable[[Any], Elements], cycle_length: int, block_length: int
) -> Pass:
    """``block_length`` of each of ``cycle_length`` data sets in turn; one that ends makes room for the next."""

    def begin() -> Elements:
        source = elements()
        cycle: list[Elements | None] = [None] * cycle_length
        place, taken, ended = 0, 0, False
        while True:
            current = cycle[place]
            if current is None and not ended:
                element = next(source, _END)
                if element is _END:
                    ended = True
                else:
                    current = cycle[place] = begin_one(element)
            if current is None:
                if ended and not any(each is not None for each in cycle):
                    return
                place, taken = (place + 1) % cycle_length, 0
                continue
            element = next(current, _END)
            if element is _END:
                cycle[place] = None
            else:
                yield element
                taken += 1
            if element is _END or taken == block_length:
                place, taken = (place + 1) % cycle_length, 0

    return begin


_END: Any = object()


def chosen(passes: list[Pass], numbers: Callable[[], Iterator[int]], stop_on_empty: bool) -> Pass:
    """The next element of the data set of each number; what ended is passed over, or ends all."""

    def begin() -> Elements:
        streams: list[Elements | None] = [each() for each in passes]
        for number in numbers():
            if not 0 <= number < len(streams):
                raise InvalidArgumentError(
                    f"a number of one of {len(streams)} data sets, from 0, is needed; received {number}."
                )
            stream = streams[number]
            element = _END if stream is None else next(stream, _END)
            if element is not _END:
                yield element
                continue
            if stop_on_empty:
                return
            streams[number] = None
            if all(each is None for each in streams):
                return

    return begin


def by_lot(weights: list[float] | None, number: int, draws: Draws) -> Callable[[], Iterator[int]]:
    """Numbers of data sets, without end."""
    shares = np.ones(number) if weights is None else np.asarray(weights, float)
    shares = shares / shares.sum()

    def begin() -> Iterator[int]:
        random = draws()
        while True:
            yield from random.choice(number, 256, p=shares).tolist()

    return begin


def over_again(begin: Pass, times: int) -> Elements:
    """Pass after pass; without end for -1, unless a pass is empty."""
    for _ in itertools.count() if times < 0 else range(times):
        empty = True
        for element in begin():
            empty = False
            yield element
        if empty:
            return


def some_at_once(cycle_length: Any) -> int:
    """How many data sets are gone through in turn: as many as processors, unless a program says it."""
    if cycle_length is None or int(cycle_length) == -1:
        return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    return whole_number(cycle_length, "cycle_length", 1)


def unique(elements: Pass) -> Pass:
    """Each element once."""

    def begin() -> Elements:
        seen: set[Any] = set()
        for element in elements():
            (leaf,) = flatten(element)
            key = leaf.numpy()
            key = key if isinstance(leaf, Text) and not leaf.ndim else (key.tobytes(), key.shape)
            if key not in seen:
                seen.add(key)
                yield element

    return begin


def random_numbers(draws: Draws) -> Pass:
    """int64 from 0 to below 2³², without end."""

    def begin() -> Elements:
        random = draws()
        while True:
            yield from torch.from_numpy(random.integers(0, 2**32, 256, dtype=np.int64)).unbind(0)

    return begin
