"""``Data``: labelled examples in splits, not decoded yet: pictures, or series.

A ``Data`` is light (names of files, or arrays as they came). ``Split.decode`` turns a split into ``Pixels``
once, at the size a ``Preprocess`` asks for, and lists the pictures that could not be read. How that is done
depends on the kind of data (``data.kinds``).
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np

from prunelle.data.kinds import AnyPreprocess, kind_of, kind_of_array
from prunelle.data.pixels import Pixels, Progress, Undecoded
from prunelle.data.targets import ONE_CLASS, Target
from prunelle.errors import ArgumentError
from prunelle.shown import Shown
from prunelle.texts import Note


@dataclasses.dataclass(frozen=True, eq=False)
class Split(Shown, Undecoded):
    """Labelled examples that can be decoded, divided and joined.

    Attributes:
        groups: ``(N,)`` str, what each belongs to that must not be divided: a patient, a burst, a film; a name is the
            same group in every split. None where nothing was said of groups.
    """

    groups: np.ndarray | None = None

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.groups is not None and len(self.groups) != len(self):
            raise ArgumentError(
                f"groups must be as many as examples; received {len(self.groups)} for {len(self)}."
            )

    def __repr__(self) -> str:
        of = "files" if self.files is not None else "array"
        return f"Split({self.name!r}, {len(self)} examples, {of})"

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
        return kind_of(preprocess).decode(self, preprocess, in_memory=in_memory, progress=progress)

    def decoded_bytes(self, preprocess: AnyPreprocess) -> int:
        """What it takes once decoded, in memory or on disk, to hold against a budget."""
        return len(self) * preprocess.example_bytes

    def take(self, rows: np.ndarray) -> Split:
        """The examples of ``rows: (n,)``, in that order."""
        files = None if self.files is None else tuple(self.files[row] for row in rows)
        array = None if self.array is None else kind_of_array(self.array).take(self.array, rows)
        feed = None if self.feed is None else self.feed.take(rows)
        groups = None if self.groups is None else self.groups[rows]
        return Split(self.name, self.labels[rows], files, array, feed, groups=groups)

    @staticmethod
    def joined(name: str, parts: Sequence[Split]) -> Split:
        """One after the other; all of files, or all of arrays; all with groups, or none."""
        labels = np.concatenate([part.labels for part in parts])
        named = [part.groups for part in parts if part.groups is not None]
        groups = np.concatenate(named) if len(named) == len(parts) else None
        first, *others = (part.feed for part in parts)
        feed = None if first is None else first.joined([other for other in others if other is not None])
        if parts[0].files is not None:
            files = tuple(file for part in parts for file in part.files or ())
            return Split(name, labels, files, feed=feed, groups=groups)
        arrays = [part.array for part in parts if part.array is not None]
        return Split(name, labels, array=kind_of_array(arrays[0]).joined(arrays), feed=feed, groups=groups)


@dataclasses.dataclass(frozen=True, eq=False)
class Data(Shown):
    """Labelled pictures in splits, with the names of their classes.

    Attributes:
        name: short, fit for the name of a run folder: ``mnist``, ``cats-dogs``.
        classes: names in index order, from the training split alone; of labels that an example may have several of;
            the name of the number, alone, where examples have one.
        train, validation, test: the last two may be None.
        preprocess: what suits these pictures (their own size if they share one); mean and std unset.
        source: the arguments that make ``prunelle.load`` give the same data again, for ``run.json``; None
            when it cannot (arrays).
        notes: what a reader should know of how the data was read, for the console and the report ("no
            validation split was given: 10 % of train, stratified, seed 0").
        drawn: the splits that were drawn from the others' examples, not given; copies of one example are kept on one
            side of them (``data.leakage``).
        moved: how many examples changed their split for that.
        batch_size: of the loader that gave them; None where nothing says one.
        decisions: what a person decided about them is applied (``data.deciding``): the ``decisions`` entry of
            ``run.json``; None where nothing was.
        target: what is to be told of an example, its class unless given (``data.targets``): what ``labels`` are.
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
    batch_size: int | None = None
    decisions: Mapping[str, Any] | None = None
    target: Target = ONE_CLASS

    def __repr__(self) -> str:
        counts = ", ".join(f"{split.name}={len(split)}" for split in self.splits())
        return f"Data({self.name!r}, {len(self.classes)} classes, {counts})"

    def splits(self) -> Iterator[Split]:
        """Those there are, in the order train, validation, test."""
        for split in (self.train, self.validation, self.test):
            if split is not None:
                yield split
