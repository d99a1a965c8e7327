"""``Inspected``: all examples of some data in one order, with what is known of each."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from functools import cached_property
from typing import Any

import numpy as np

from prunelle.data import duplicates, near_copies
from prunelle.data.duplicates import Contents
from prunelle.data.examples import Data
from prunelle.data.file_facts import FileFacts, file_facts
from prunelle.data.kind import Kind
from prunelle.data.kinds import kind_of
from prunelle.data.leakage import codes_of, names_of
from prunelle.data.near_copies import Pairs
from prunelle.data.pixels import Pixels, Progress
from prunelle.texts import Note


def no_progress(what: Note, done: int, of: int) -> None:
    """Tells nobody."""


@dataclasses.dataclass(frozen=True, eq=False, kw_only=True)
class Inspected:
    """N examples, those of the splits one after the other.

    Attributes:
        data: they are of, as it was given or drawn; nothing was moved.
        pixels: by split, decoded.
        features: ``(N, F)`` float32, what a network makes of them; None where nothing was computed.
        features_of: whose features these are, in words.
        progress: told by a check that takes long.
        files_asked: of so many files, drawn from all, the headers are read, which takes longer than to decode a small
            picture; None for all.
    """

    data: Data
    pixels: Mapping[str, Pixels]
    features: np.ndarray | None = None
    features_of: Note | None = None
    progress: Progress = no_progress
    files_asked: int | None = None

    @property
    def kind(self) -> Kind[Any, Any]:
        """Of the data."""
        return kind_of(self.data.preprocess)

    @cached_property
    def splits(self) -> np.ndarray:
        """``(N,)`` names."""
        return np.concatenate([np.full(len(part), name) for name, part in self.pixels.items()])

    @cached_property
    def labels(self) -> np.ndarray:
        """``(N,)`` int64: the class, as given; of other targets the same number where labels are the same."""
        return self._labels[0]

    @cached_property
    def given(self) -> np.ndarray:
        """``(N, …)``, as the target has labels."""
        return np.concatenate([part.labels for part in self.pixels.values()])

    @cached_property
    def _labels(self) -> tuple[np.ndarray, dict[int, str]]:
        return codes_of(self.given, self.data)

    @cached_property
    def names(self) -> tuple[str, ...]:
        """N short names (``leakage.names_of``)."""
        return tuple(names_of(self.pixels))

    @cached_property
    def files(self) -> tuple[str, ...] | None:
        """N paths; None where they come from no files of their own."""
        files = tuple(file for part in self.pixels.values() for file in part.files or ())
        return files if len(files) == len(self) and files else None

    @cached_property
    def facts(self) -> tuple[FileFacts | None, ...] | None:
        """Of N files of pictures, what their headers say, where they were asked; None of what is from no such files."""
        if self.files is None:
            return None
        what = Note("reading what files say", "lecture de ce que disent les fichiers")
        drawn = np.random.default_rng(0).permutation(len(self.files))[: self.files_asked]
        facts: list[FileFacts | None] = [None] * len(self.files)
        for number, row in enumerate(np.sort(drawn).tolist(), 1):
            facts[row] = file_facts(self.files[row])
            self.progress(what, number, len(drawn))
        return tuple(facts)

    @cached_property
    def same(self) -> np.ndarray:
        """``(N,)`` int64: the same number for the same example (``duplicates.groups``)."""
        return duplicates.groups(
            Contents.joined([duplicates.contents_of(part) for part in self.pixels.values()])
        )

    @cached_property
    def near(self) -> Pairs:
        """Near copies among pictures; none of what is no picture of bytes."""
        images = [part.images for part in self.pixels.values()]
        if any(part.dtype != np.uint8 for part in images):
            return Pairs(np.zeros((0, 2), np.int64), np.zeros(0), np.zeros(0, np.int64))
        what = Note("comparing near copies", "comparaison des quasi-copies")
        return near_copies.near_copies(
            images, features=self.features, progress=lambda done, of: self.progress(what, done, of)
        )

    @cached_property
    def copies(self) -> np.ndarray:
        """``(N,)`` int64: the same number for the same example, and for near copies."""
        return near_copies.joined(self.same, self.near.rows)

    def __len__(self) -> int:
        return sum(map(len, self.pixels.values()))

    def example(self, row: int) -> np.ndarray:
        """Decoded, ``(H, W, C)`` uint8 or ``(T, C)`` float32."""
        for part in self.pixels.values():
            if row < len(part):
                return np.asarray(part.images[row])
            row -= len(part)
        raise IndexError(row)

    def label(self, row: int) -> str:
        """The name of its class; of other targets its label in words."""
        return self._labels[1][int(self.labels[row])]
