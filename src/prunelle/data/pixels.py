"""What decoding takes and gives: ``Undecoded`` examples as they came, ``Pixels`` as a network's batches need them."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from pathlib import Path

import numpy as np

from prunelle.data.feed import Feed
from prunelle.data.series.container import Series
from prunelle.errors import ArgumentError
from prunelle.texts import Note

Progress = Callable[[Note, int, int], None]
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
        labels: ``(N,)`` int64, indices into the classes; of other targets than classes as ``data.targets`` says.
        files: where each picture came from, or None for arrays.
        skipped: the pictures that could not be read; they are in none of the above.
        notes: what a person should know of how they were read.
        feed: what each epoch of a training takes in their place; None for these.
    """

    images: np.ndarray
    labels: np.ndarray
    files: tuple[str, ...] | None = None
    skipped: tuple[Skipped, ...] = ()
    notes: tuple[Note, ...] = ()
    feed: Feed | None = None

    def __repr__(self) -> str:
        return f"Pixels({self.images.shape}, {self.images.dtype}, skipped={len(self.skipped)})"

    def __len__(self) -> int:
        return len(self.labels)


@dataclasses.dataclass(frozen=True, eq=False)
class Undecoded:
    """Labelled examples, as files or as an array, in a fixed order: all that decoding knows of a ``Split``.

    Attributes:
        name: ``train``, ``validation`` or ``test``.
        labels: ``(N,)`` int64, or as ``data.targets`` says.
        files: N paths, or None when ``array`` is given.
        array: ``(N, H, W, C)`` uint8, or a ``Series``; None when ``files`` is given.
        feed: what each epoch of a training takes in their place; None for these.
    """

    name: str
    labels: np.ndarray
    files: tuple[Path, ...] | None = None
    array: np.ndarray | Series | None = None
    feed: Feed | None = None

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
