"""How a dataset of PyTorch's is asked for its examples: once, to know it; in every epoch, where it changes them.

Whatever it draws from the generators of ``torch``, ``random`` and NumPy is a function of (seed, epoch, place), as all
random draws of a training are; the caller's own generators stay as they were.
"""

from __future__ import annotations

import dataclasses
import functools
import itertools
import random
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch
from PIL import Image
from torch.utils.data import DataLoader, Dataset, RandomSampler, SequentialSampler, default_collate

from prunelle.data.batches import derive_seed
from prunelle.data.decode import read_image
from prunelle.data.feed import Feed
from prunelle.data.preprocess import Preprocess
from prunelle.data.resizing import fit_array
from prunelle.errors import ArgumentError, DataError, a_kind

PICTURE_KEYS = (
    "image",
    "img",
    "picture",
    "pixel_values",
    "pixels",
    "x",
    "input",
    "path",
    "file",
    "filename",
)
LABEL_KEYS = ("label", "labels", "class", "target", "targets", "y", "fine_label", "category")
_TRIED = 8
"""Examples that tell whether a dataset draws at random."""
_TIMES = 5
_PASSES = 10
"""Of a sampler, to know which examples it ever names: one that draws with replacement leaves a third out of a pass."""
_AT_ONCE = 32


class Draws:
    """Random generators for what the caller's code draws: inside, they stand in for the global ones.

    Those of ``torch`` (on the CPU), ``random`` and NumPy; each time one comes back, they go on from where they were.
    """

    def __init__(self, seed: int) -> None:
        self._seed: int | None = seed
        self._own: Any = None

    def __enter__(self) -> None:
        self._callers = _states()
        if self._seed is not None:
            seed_all(self._seed)
            self._seed = None
        else:
            _put_states(self._own)

    def __exit__(self, *_: object) -> None:
        self._own = _states()
        _put_states(self._callers)


def seed_all(seed: int) -> None:
    """The global generators of ``torch`` on the CPU, ``random`` and NumPy."""
    torch.default_generator.manual_seed(seed)
    random.seed(seed)
    np.random.seed(seed % 2**32)


def _states() -> Any:
    return torch.get_rng_state(), random.getstate(), np.random.get_state()


def _put_states(states: Any) -> None:
    torch.set_rng_state(states[0])
    random.setstate(states[1])
    np.random.set_state(states[2])


def pair(row: Any, labelled: bool = True) -> tuple[Any, Any]:
    """The picture and the label of an example, or of a batch; None for a label that does not count.

    Raises:
        DataError: it is neither a pair nor a dictionary with keys that are known.
    """
    if not labelled:
        if isinstance(row, Mapping):
            picture = next((row[key] for key in PICTURE_KEYS if key in row), None)
            return (pair(row)[0] if picture is None else picture), None
        return (row[0] if isinstance(row, Sequence) and not isinstance(row, str) else row), None
    if isinstance(row, Mapping):
        keys = [next((key for key in wanted if key in row), None) for wanted in (PICTURE_KEYS, LABEL_KEYS)]
        if None in keys:
            raise DataError(
                f"an example has {', '.join(map(str, row))}, of which none is known for "
                f"{'a picture' if keys[0] is None else 'a label'}. Pictures are called {', '.join(PICTURE_KEYS)}; "
                f"labels {', '.join(LABEL_KEYS)}. Rename them."
            )
        return row[keys[0]], row[keys[1]]
    if isinstance(row, Sequence) and len(row) == 2 and not isinstance(row, str):
        return row[0], row[1]
    raise DataError(f"an example must be (picture, label), or a dictionary; received {a_kind(row)}.")


def of_batches(batches: Iterator[Any], labelled: bool = True) -> Iterator[tuple[Any, Any]]:
    """``(picture, label)`` of every example."""
    for batch in batches:
        pictures, labels = pair(batch, labelled)
        if not labelled:
            labels = [None] * len(pictures)
        if len(pictures) != len(labels):
            raise DataError(f"a batch of the loader has {len(pictures)} pictures and {len(labels)} labels.")
        yield from zip(pictures, labels, strict=True)


def is_values(picture: Any) -> bool:
    """Whether it is numbers that go to the network as they are."""
    return isinstance(picture, torch.Tensor | np.ndarray) and (
        picture.is_floating_point() if isinstance(picture, torch.Tensor) else picture.dtype.kind == "f"
    )


def values_of(picture: Any) -> np.ndarray:
    """``(C, H, W)`` float32 of such numbers, ``(H, W)`` being one channel."""
    value = np.asarray(picture, np.float32)
    return value[None] if value.ndim == 2 else value


def image_of(picture: Any) -> Image.Image:
    """A picture of Pillow's: itself, a file's, or of bytes ``(C, H, W)`` (a tensor) or ``(H, W, C)`` (an array).

    Raises:
        DataError: it is none, or its file cannot be read.
    """
    if isinstance(picture, Image.Image):
        return picture
    if isinstance(picture, str | Path):
        try:
            return Image.open(picture)
        except OSError as error:
            raise DataError(f"{picture} cannot be read: {error}.") from error
    if isinstance(picture, torch.Tensor):
        picture = picture.permute(1, 2, 0).numpy() if picture.ndim == 3 else picture.numpy()
    if isinstance(picture, np.ndarray) and picture.dtype == np.uint8 and picture.ndim in (2, 3):
        return Image.fromarray(picture[..., 0] if picture.ndim == 3 and picture.shape[2] == 1 else picture)
    raise DataError(
        f"pictures must be Pillow's, tensors of floats, or of bytes (C, H, W); received {a_kind(picture)}"
        + (f" of {picture.dtype}, shape {tuple(picture.shape)}." if isinstance(picture, np.ndarray) else ".")
    )


def plain_label(label: Any) -> int | str:
    """A label as a whole number or a text.

    Raises:
        DataError: it is neither.
    """
    if isinstance(label, str):
        return label
    if isinstance(label, torch.Tensor | np.ndarray | np.generic) and np.ndim(label) == 0:
        label = label.item()
    if isinstance(label, bool | int):
        return int(label)
    raise DataError(
        f"a label must be a whole number or a text, one a picture; received {a_kind(label)}. Of one-hot labels, give "
        f"the index."
    )


@dataclasses.dataclass(frozen=True, eq=False)
class Asker:
    """A map-style dataset, and what a loader says of how it is asked.

    Attributes:
        dataset: with ``len`` and ``[]``.
        collate: what makes batches of rows; None for none, or PyTorch's own.
        batches: a loader's own batches of indices, where its sampler is not plain chance.
        workers: of a loader, as ``DataLoader`` takes them: its processes.
    """

    dataset: Any
    collate: Callable[[list[Any]], Any] | None = None
    batches: Any = None
    workers: Mapping[str, Any] = dataclasses.field(default_factory=dict)

    @classmethod
    def of(cls, part: Any) -> Asker | None:
        """None for what can only be gone through from its beginning."""
        if not isinstance(part, DataLoader):
            return cls(part) if _is_indexed(part) else None
        if part.batch_sampler is None or not _is_indexed(part.dataset):
            return None
        plain = type(part.sampler) in (RandomSampler, SequentialSampler)
        plain = plain and not getattr(part.sampler, "replacement", False)
        plain = plain and len(part.sampler) == len(part.dataset)  # type: ignore[arg-type]
        workers = {
            name: getattr(part, name)
            for name in (
                "num_workers",
                "worker_init_fn",
                "multiprocessing_context",
                "prefetch_factor",
                "timeout",
            )
        }
        return cls(
            part.dataset,
            None if part.collate_fn is default_collate else part.collate_fn,
            # Of a batch sampler of the caller's, the loader's own sampler is a plain one that it never asks.
            part.batch_sampler if not plain or part.batch_size is None else None,
            workers if part.num_workers else {},
        )

    def indices(self) -> np.ndarray:
        """Of all examples that an epoch may take, in the dataset's order: ``(n,)`` int64."""
        if self.batches is None:
            return np.arange(len(self.dataset))
        return np.unique(np.concatenate([self.drawn(derive_seed(0, "sampler", i)) for i in range(_PASSES)]))

    def drawn(self, seed: int) -> np.ndarray:
        """The indices that the loader's own sampler draws in a pass: ``(n,)`` int64."""
        samplers = [self.batches, getattr(self.batches, "sampler", None)]
        generators = [
            made for each in samplers if isinstance(made := getattr(each, "generator", None), torch.Generator)
        ]
        kept = [generator.get_state() for generator in generators]
        try:
            for generator in generators:
                generator.manual_seed(seed)
            with Draws(seed):
                return np.array([int(index) for batch in self.batches for index in batch], np.int64)
        finally:
            for generator, state in zip(generators, kept, strict=True):
                generator.set_state(state)

    def first_batch(self) -> int:
        """How many examples the first batch of the loader's own has."""
        with Draws(0):
            return len(next(iter(self.batches)))

    def ask(self, places: Sequence[tuple[int, int]], labelled: bool = True) -> list[tuple[Any, Any]]:
        """Pictures and labels of ``(seed, index)``, as one batch; whoever calls sees to the global generators."""
        rows = []
        for seed, index in places:
            seed_all(seed)
            rows.append(self.dataset[index])
        if self.collate is None:
            return [pair(row, labelled) for row in rows]
        return list(of_batches(iter([self.collate(rows)]), labelled))

    def asked(
        self,
        batches: Sequence[Sequence[tuple[int, int]]],
        work: Callable[[list[tuple[Any, Any]]], Any],
        labelled: bool = True,
    ) -> Iterator[Any]:
        """``work`` of each batch of ``(seed, index)``, done by the loader's processes where it has some."""
        loader = DataLoader(
            _Asked(self, work, labelled),
            sampler=batches,
            batch_size=None,
            collate_fn=_as_it_is,
            generator=torch.Generator(),
            **self.workers,
        )
        yield from loader

    def once(self, indices: np.ndarray, labelled: bool = True) -> Iterator[tuple[Any, Any]]:
        """The examples of ``indices``, in that order: each as it always is when it is asked first."""
        # Collated alone where that may mix the examples of a batch.
        at_once = _AT_ONCE if self.collate is None or not labelled else 1
        places = [(derive_seed(0, "asked", int(index)), int(index)) for index in indices]
        batches = [places[start : start + at_once] for start in range(0, len(places), at_once)]
        for rows in self.asked(batches, _as_it_is, labelled):
            yield from rows

    def changes(self, indices: np.ndarray) -> bool:
        """Whether some of ``indices``, asked for again, are others."""
        tried = _evenly(indices)
        with Draws(0):
            first, *others = (
                self.ask([(derive_seed(time, "tried", index), index) for index in tried])
                for time in range(_TIMES)
            )
        return any(not _same(first, other) for other in others)

    def exact(self, indices: np.ndarray) -> bool:
        """Whether the global generators are all that it draws from, so that the same seed gives the same again."""
        places = [(derive_seed(0, "exact", index), index) for index in _evenly(indices)]
        with Draws(0):
            same = _same(self.ask(places), self.ask(places))
        return same and (self.batches is None or np.array_equal(self.drawn(0), self.drawn(0)))


class _Asked(Dataset[Any]):
    """What ``Asker.asked`` gives to the processes of a loader."""

    def __init__(
        self, asker: Asker, work: Callable[[list[tuple[Any, Any]]], Any], labelled: bool = True
    ) -> None:
        self._asker, self._work, self._labelled = asker, work, labelled

    def __getitem__(self, places: Sequence[tuple[int, int]]) -> Any:
        with Draws(0):
            return self._work(self._asker.ask(places, self._labelled))


def _as_it_is(value: Any) -> Any:
    return value


def _is_indexed(dataset: Any) -> bool:
    return hasattr(dataset, "__getitem__") and hasattr(dataset, "__len__")


def _evenly(indices: np.ndarray) -> list[int]:
    """A few, from everywhere: a folder's first pictures are all of one class."""
    chosen: list[int] = indices[
        np.linspace(0, len(indices) - 1, min(_TRIED, len(indices))).astype(int)
    ].tolist()
    return chosen


def _same(one: Sequence[tuple[Any, Any]], other: Sequence[tuple[Any, Any]]) -> bool:
    """Whether two askings gave the same pictures and labels."""
    return len(one) == len(other) and all(
        np.array_equal(np.asarray(mine), np.asarray(theirs))
        for first, second in zip(one, other, strict=True)
        for mine, theirs in zip(first, second, strict=True)
    )


@dataclasses.dataclass(frozen=True, eq=False)
class Settings:
    """How rows become batches.

    Attributes:
        known: the index of each label.
        num_classes: so many.
        shape: of tensors, ``(C, H, W)``; None of pictures.
        steps: of pictures: prepared by these, one after the other.
    """

    known: Mapping[Any, int]
    num_classes: int
    shape: tuple[int, ...] | None
    steps: tuple[Preprocess, ...]

    def prepared(self, preprocess: Preprocess) -> Settings:
        """Of pictures: prepared as the dataset's own, and then by ``preprocess``; tensors go as they are."""
        steps = self.steps if self.shape is not None else (self.steps[0], preprocess)
        return dataclasses.replace(self, steps=steps)

    def __call__(self, rows: list[tuple[Any, Any]]) -> tuple[torch.Tensor, torch.Tensor]:
        """``(n, C, H, W)`` and labels, of the dataset's rows."""
        images = np.stack([self._image(picture) for picture, _ in rows])
        return torch.from_numpy(images).movedim(-1, 1), self._labels([label for _, label in rows])

    def _image(self, picture: Any) -> np.ndarray:
        if self.shape is not None:
            value = values_of(picture) if is_values(picture) else None
            if value is None or value.shape != self.shape:
                raise DataError(
                    f"the dataset gave tensors of shape {self.shape} when it was asked first, and now "
                    f"{a_kind(picture) if value is None else value.shape}. Resize them in its transforms."
                )
            return value.transpose(1, 2, 0)
        pixels = read_image(image_of(picture), self.steps[0])
        for step in self.steps[1:]:
            pixels = fit_array(pixels[None], step)[0]
        return pixels

    def _labels(self, labels: list[Any]) -> torch.Tensor:
        if labels and np.ndim(labels[0]) == 1:
            mixed = torch.stack([torch.as_tensor(label, dtype=torch.float32) for label in labels])
            if mixed.shape[1] != self.num_classes:
                raise DataError(
                    f"mixed labels must have a share for each of the {self.num_classes} classes; received "
                    f"{mixed.shape[1]}."
                )
            return mixed
        values = [plain_label(label) for label in labels]
        if unknown := [value for value in values if value not in self.known]:
            raise DataError(
                f"the dataset gives the label {unknown[0]!r}, which it did not give when it was asked first. Name all "
                f"classes: prunelle.from_dataset(dataset, classes=[…])."
            )
        return torch.tensor([self.known[value] for value in values])


@dataclasses.dataclass(frozen=True, eq=False)
class Indexed(Feed):
    """Of a map-style dataset: whichever rows are asked for, in the order of its sampler or of the training.

    Attributes:
        indices: of the dataset, by row of the split: ``(n,)``.
    """

    asker: Asker
    settings: Settings
    indices: np.ndarray
    anew: bool
    exact: bool

    @functools.cached_property
    def examples(self) -> int:  # type: ignore[override]
        """By a first pass of its sampler, where it has one."""
        return len(self.indices) if self.asker.batches is None else len(self._rows(0, 0))

    def take(self, rows: np.ndarray) -> Indexed:
        """See ``Feed``."""
        return dataclasses.replace(self, indices=self.indices[rows])

    def joined(self, others: Sequence[Feed]) -> Indexed:
        """See ``Feed``."""
        parts = [self.indices, *(other.indices for other in others if isinstance(other, Indexed))]
        return dataclasses.replace(self, indices=np.concatenate(parts))

    def prepared(self, preprocess: Preprocess) -> Indexed:
        """See ``Feed``."""
        return dataclasses.replace(self, settings=self.settings.prepared(preprocess))

    def order(self, seed: int, epoch: int) -> torch.Tensor | None:
        """See ``Feed``. A pass that is shorter than the first one is followed by another."""
        if self.asker.batches is None:
            return None
        rows, empty = self._rows(seed, epoch), 0
        for again in itertools.count(1):
            if len(rows) >= self.examples:
                break
            more = self._rows(seed, epoch, again)
            empty = 0 if len(more) else empty + 1
            if empty == _PASSES:
                raise DataError("the loader's sampler names no example of the training split any more.")
            rows = np.concatenate([rows, more])
        return torch.from_numpy(rows[: self.examples])

    def _rows(self, seed: int, epoch: int, again: int = 0) -> np.ndarray:
        drawn = self.asker.drawn(derive_seed(seed, "sampler", epoch, again)).tolist()
        return np.array([self._row_of[index] for index in drawn if index in self._row_of], np.int64)

    @functools.cached_property
    def _row_of(self) -> dict[int, int]:
        return {int(index): row for row, index in enumerate(self.indices)}

    def batches(
        self, orders: Sequence[torch.Tensor], first: int, seed: int, epoch: int
    ) -> Iterator[tuple[torch.Tensor, torch.Tensor]]:
        """See ``Feed``."""
        places = itertools.count()
        asked = [
            [
                (derive_seed(seed, "asked", epoch, next(places)), int(self.indices[row]))
                for row in order.tolist()
            ]
            for order in orders
        ]
        return self.asker.asked(asked[first:], self.settings)


@dataclasses.dataclass(frozen=True, eq=False)
class Streamed(Feed):
    """Of what can only be gone through from its beginning: an iterable dataset, or a loader of one."""

    part: Any
    settings: Settings
    examples: int
    exact: bool
    anew: bool = True

    def take(self, rows: np.ndarray) -> Streamed:
        """All rows, in their order.

        Raises:
            ArgumentError: others; nobody can ask a stream for some.
        """
        if not np.array_equal(rows, np.arange(self.examples)):
            raise ArgumentError(
                "this dataset is a stream that is another in every pass, and no part of it can be set apart; give one "
                "for each split: {'train': dataset, 'validation': another}."
            )
        return self

    def joined(self, others: Sequence[Feed]) -> Streamed:
        """See ``Feed``; nothing is ever set apart of it."""
        return self

    def prepared(self, preprocess: Preprocess) -> Streamed:
        """See ``Feed``."""
        return dataclasses.replace(self, settings=self.settings.prepared(preprocess))

    def order(self, seed: int, epoch: int) -> None:
        """Its own."""

    def batches(
        self, orders: Sequence[torch.Tensor], first: int, seed: int, epoch: int
    ) -> Iterator[tuple[torch.Tensor, torch.Tensor]]:
        """See ``Feed``. A pass that is shorter than the first one is followed by another."""
        draws = Draws(derive_seed(seed, "stream", epoch))
        examples = itertools.chain.from_iterable(
            itertools.chain(examples_of(self.part), [None]) for _ in itertools.count()
        )
        ended = 0
        for number, order in enumerate(orders):
            rows: list[tuple[Any, Any]] = []
            with draws:
                while len(rows) < len(order):
                    row = next(examples)
                    ended = ended + 1 if row is None else 0
                    if ended > 1:
                        raise DataError("the dataset gives no example any more.")
                    if row is not None:
                        rows.append(row)
                batch = self.settings(rows) if number >= first else None
            if batch is not None:
                yield batch


def examples_of(part: Any, labelled: bool = True) -> Iterator[tuple[Any, Any]]:
    """``(picture, label)`` of every example in a pass from the beginning."""
    if isinstance(part, DataLoader):
        yield from of_batches(iter(part), labelled)
    else:
        for row in part:
            yield pair(row, labelled)


def first_pass(part: Any, labelled: bool = True) -> Iterator[tuple[Any, Any]]:
    """The same, as it always is when it is asked first."""
    draws, examples = Draws(derive_seed(0, "stream")), examples_of(part, labelled)
    while True:
        with draws:
            some = list(itertools.islice(examples, _AT_ONCE))
        yield from some
        if len(some) < _AT_ONCE:
            return


def changing_stream(part: Any, first: Sequence[tuple[Any, Any]]) -> bool:
    """Whether another pass begins otherwise than the one that began with ``first``; a stream of one pass does not."""
    with Draws(derive_seed(1, "tried")):
        again = list(itertools.islice(examples_of(part), _TRIED))
    return bool(again) and not _same(again, first[: len(again)])


def exact_stream(part: Any) -> bool:
    """Whether the global generators are all that a stream draws from."""
    passes = []
    for _ in range(2):
        with Draws(0):
            passes.append(list(itertools.islice(examples_of(part), _TRIED)))
    return _same(*passes)
