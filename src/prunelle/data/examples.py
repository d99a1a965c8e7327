"""``Data``: labelled pictures in splits, not decoded yet; ``Pixels``: a split decoded to uint8.

Series go the same way: a split's ``array`` is then a ``Series``, and its ``Pixels`` are ``(N, T, C)`` float32.

A ``Data`` is light (names of files, or arrays as they came). ``Split.decode`` turns a split into ``Pixels``
once, at the size a ``Preprocess`` asks for, and lists the pictures that could not be read.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np

from prunelle.data.preprocess import AnyPreprocess
from prunelle.data.series.container import Series
from prunelle.errors import ArgumentError
from prunelle.texts import Note

Progress = Callable[[str, int, int], None]
"""Called with (what is done, how many are done, how many in all), from time to time."""


@dataclasses.dataclass(frozen=True)
class Skipped:
    """A picture left out, and why."""

    file: str
    reason: str


@dataclasses.dataclass(frozen=True, eq=False)
class Pixels:
    """A decoded split.

    Attributes:
        images: ``(N, H, W, C)`` uint8, in memory or memory-mapped; ``H, W`` include the border. Of series,
            ``(N, T, C)`` float32, NaN beyond the end of padded ones.
        labels: ``(N,)`` int64, indices into the classes.
        files: where each picture came from, or None for arrays.
        skipped: the pictures that could not be read; they are in none of the above.
        notes: what a person should know of how they were read.
    """

    images: np.ndarray
    labels: np.ndarray
    files: tuple[str, ...] | None = None
    skipped: tuple[Skipped, ...] = ()
    notes: tuple[Note, ...] = ()

    def __len__(self) -> int:
        return len(self.labels)


@dataclasses.dataclass(frozen=True, eq=False)
class Split:
    """Labelled pictures, as files or as an array, in a fixed order.

    Attributes:
        name: ``train``, ``validation`` or ``test``.
        labels: ``(N,)`` int64.
        files: N paths, or None when ``array`` is given.
        array: ``(N, H, W, C)`` uint8, or a ``Series``; None when ``files`` is given.
    """

    name: str
    labels: np.ndarray
    files: tuple[Path, ...] | None = None
    array: np.ndarray | Series | None = None

    def __post_init__(self) -> None:
        pictures = self.files if self.files is not None else self.array
        if pictures is None or (self.files is not None and self.array is not None):
            raise ArgumentError("a split has either files or an array.")
        if len(pictures) != len(self.labels):
            raise ArgumentError(
                f"labels must be as many as pictures; received {len(self.labels)} for {len(pictures)}."
            )

    def __len__(self) -> int:
        return len(self.labels)

    def decode(
        self,
        preprocess: AnyPreprocess,
        *,
        in_memory: bool = True,
        progress: Progress | None = None,
    ) -> Pixels:
        """Every readable picture at ``preprocess``'s size, fit, border and channels; every series at its length.

        Args:
            preprocess: mean and std are not used here; they are applied to batches.
            in_memory: False keeps the pixels in a memory-mapped cache file, keyed by the pictures' bytes and
                by the preprocessing, and reuses it when it is there.
            progress: told how far it is.
        """
        return preprocess.decode(self, in_memory=in_memory, progress=progress)


@dataclasses.dataclass(frozen=True, eq=False)
class Data:
    """Labelled pictures in splits, with the names of their classes.

    Attributes:
        name: short, fit for the name of a run folder: ``mnist``, ``cats-dogs``.
        classes: names in index order, from the training split alone.
        train, validation, test: the last two may be None.
        preprocess: what suits these pictures (their own size if they share one); mean and std unset.
        source: the arguments that make ``prunelle.load`` give the same data again, for ``run.json``; None
            when it cannot (arrays).
        notes: what a reader should know of how the data was read, for the console and the report ("no
            validation split was given: 10 % of train, stratified, seed 0").
        drawn: the splits that were drawn from the others' examples, not given; copies of one example are kept on one
            side of them (``data.apart``).
        moved: how many examples changed their split for that.
    """

    name: str
    classes: tuple[str, ...]
    train: Split
    validation: Split | None
    test: Split | None
    preprocess: AnyPreprocess
    source: dict[str, Any] | None = None
    notes: tuple[Note, ...] = ()
    drawn: tuple[str, ...] = ()
    moved: int = 0

    def splits(self) -> Iterator[Split]:
        """Those there are, in the order train, validation, test."""
        for split in (self.train, self.validation, self.test):
            if split is not None:
                yield split
