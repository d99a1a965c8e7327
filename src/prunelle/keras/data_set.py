"""``DataSet``: what programs do with a ``tf.data.Dataset``, in plain iterators."""

from __future__ import annotations

import glob
import itertools
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any

import numpy as np
import torch

from prunelle.errors import ArgumentError


class DataSet:
    """Elements that can be gone through again and again: tensors, or tuples of them.

    Args:
        elements: begins a new pass.
        length: how many there are, or None if nobody knows.

    Example:
        >>> numbers = DataSet.from_tensor_slices([1, 2, 3]).map(lambda n: n * 2).batch(2)
        >>> [batch.tolist() for batch in numbers]
        [[2, 4], [6]]
    """

    def __init__(self, elements: Callable[[], Iterable[Any]], length: int | None) -> None:
        self._elements = elements
        self._length = length

    @classmethod
    def from_tensor_slices(cls, tensors: Any) -> DataSet:
        """One element for each index of the first dimension: of an array, a tuple or a dictionary of arrays.

        Texts (names of files) stay texts.
        """
        several = isinstance(tensors, tuple)
        named = isinstance(tensors, Mapping)
        parts = list(tensors.values()) if named else list(tensors) if several else [tensors]
        arrays = [_sliceable(each) for each in parts]
        if len({len(array) for array in arrays}) != 1:
            raise ArgumentError(
                f"all must be of one length; received {', '.join(str(len(a)) for a in arrays)}."
            )

        def element(i: int) -> Any:
            values = tuple(array[i] for array in arrays)
            return dict(zip(tensors, values, strict=True)) if named else values if several else values[0]

        length = len(arrays[0])
        return cls(lambda: (element(i) for i in range(length)), length)

    @classmethod
    def from_generator(
        cls, generator: Callable[..., Iterable[Any]], *signature: Any, **ignored: Any
    ) -> DataSet:
        """What a function's generator gives, as tensors."""

        def tensors(value: Any) -> Any:
            return (
                tuple(map(tensors, value)) if isinstance(value, tuple) else torch.as_tensor(np.asarray(value))
            )

        args = ignored.get("args") or ()
        return cls(lambda: (tensors(each) for each in generator(*args)), None)

    @classmethod
    def from_tensors(cls, tensors: Any) -> DataSet:
        """One element, the whole."""
        return cls(lambda: iter([_whole(tensors)]), 1)

    @classmethod
    def list_files(cls, file_pattern: Any, shuffle: bool = True, seed: int | None = None) -> DataSet:
        """The names of files, in random order unless ``shuffle`` is false.

        Raises:
            ArgumentError: there are none.
        """
        patterns = [file_pattern] if isinstance(file_pattern, str) else list(file_pattern)
        names = sorted(name for pattern in patterns for name in glob.glob(str(pattern)))
        if not names:
            raise ArgumentError(f"no file is named like {file_pattern!r}.")
        found = cls.from_tensor_slices(names)
        return found.shuffle(len(names), seed) if shuffle else found

    @classmethod
    def range(cls, *bounds: int) -> DataSet:
        """Whole numbers, as Python's ``range`` has them."""
        return cls.from_tensor_slices(np.arange(*bounds))

    @classmethod
    def zip(cls, *datasets: Any) -> DataSet:
        """An element of each together, until one ends; the data sets, or a tuple of them."""
        given: Any = (
            datasets[0] if len(datasets) == 1 and isinstance(datasets[0], (tuple, list)) else datasets
        )
        lengths = [each._length for each in given]
        shortest = None if None in lengths else min(lengths)
        return cls(lambda: zip(*given, strict=False), shortest)

    def enumerate(self, start: int = 0) -> DataSet:
        """Each with its number before it."""
        return DataSet(lambda: ((torch.tensor(i), each) for i, each in enumerate(self, start)), self._length)

    def concatenate(self, dataset: DataSet) -> DataSet:
        """These, then those."""
        known = self._length is not None and dataset._length is not None
        length = len(self) + len(dataset) if known else None
        return DataSet(lambda: itertools.chain(self, dataset), length)

    def __iter__(self) -> Iterator[Any]:
        return iter(self._elements())

    def __len__(self) -> int:
        if self._length is None:
            raise TypeError("the length of this data set is not known.")
        return self._length

    def cardinality(self) -> torch.Tensor:
        """The length, -2 where it is not known."""
        return torch.as_tensor(-2 if self._length is None else self._length)

    def map(self, map_func: Callable[..., Any], num_parallel_calls: Any = None, **_: Any) -> DataSet:
        """Each element through a function, which gets the parts of a tuple as its arguments."""
        return DataSet(lambda: (_call(map_func, element) for element in self), self._length)

    def filter(self, predicate: Callable[..., Any]) -> DataSet:
        """The elements of which it is true."""
        return DataSet(lambda: (element for element in self if _call(predicate, element)), None)

    def batch(self, batch_size: int, drop_remainder: bool = False, **_: Any) -> DataSet:
        """Elements stacked along a new first dimension."""

        def batches() -> Iterator[Any]:
            elements = iter(self)
            while group := list(itertools.islice(elements, batch_size)):
                if len(group) == batch_size or not drop_remainder:
                    yield _stacked(group)

        whole, rest = (None, 0) if self._length is None else divmod(self._length, batch_size)
        length = None if whole is None else whole + (rest > 0 and not drop_remainder)
        return DataSet(batches, length)

    def unbatch(self) -> DataSet:
        """Each batch taken apart along its first dimension."""

        def elements() -> Iterator[Any]:
            for batch in self:
                yield from zip(*batch, strict=True) if isinstance(batch, tuple) else batch

        return DataSet(elements, None)

    def shuffle(
        self, buffer_size: int, seed: int | None = None, reshuffle_each_iteration: bool = True
    ) -> DataSet:
        """In random order: each element is drawn from the next ``buffer_size``, as TensorFlow does it."""
        passes = itertools.count()
        first = int(np.random.randint(2**31)) if seed is None else seed

        def elements() -> Iterator[Any]:
            random = np.random.RandomState(
                (first + (next(passes) if reshuffle_each_iteration else 0)) % 2**32
            )
            buffer: list[Any] = []
            for element in self:
                buffer.append(element)
                if len(buffer) > buffer_size:
                    yield buffer.pop(random.randint(len(buffer)))
            while buffer:
                yield buffer.pop(random.randint(len(buffer)))

        return DataSet(elements, self._length)

    def cache(self, filename: str = "") -> DataSet:
        """Kept in memory from the first pass on."""
        kept: list[Any] = []
        complete = False

        def elements() -> Iterator[Any]:
            nonlocal complete
            if complete:
                yield from kept
                return
            found = []
            for element in self:
                found.append(element)
                yield element
            kept[:], complete = found, True

        return DataSet(elements, self._length)

    def prefetch(self, buffer_size: Any = None) -> DataSet:
        """The same: a training reads ahead anyway."""
        return self

    def take(self, count: int) -> DataSet:
        """The first ones."""
        length = None if self._length is None else min(count, self._length)
        return DataSet(lambda: itertools.islice(self, count), length)

    def skip(self, count: int) -> DataSet:
        """All but the first ones."""
        length = None if self._length is None else max(0, self._length - count)
        return DataSet(lambda: itertools.islice(self, count, None), length)

    def repeat(self, count: int | None = None) -> DataSet:
        """Over and over, without end if ``count`` is None."""
        if count is None or count < 0:
            return DataSet(lambda: itertools.chain.from_iterable(itertools.repeat(self)), None)
        length = None if self._length is None else self._length * count
        return DataSet(lambda: itertools.chain.from_iterable(itertools.repeat(self, count)), length)

    def as_numpy_iterator(self) -> Iterator[Any]:
        """Elements as NumPy arrays."""
        for element in self:
            yield tuple(each.numpy() for each in element) if isinstance(element, tuple) else element.numpy()


def _sliceable(value: Any) -> Any:
    array = np.asarray(value) if not torch.is_tensor(value) else value
    texts = isinstance(array, np.ndarray) and array.dtype.kind in "SUO"
    return [str(each) for each in array] if texts else torch.as_tensor(array)


def _whole(value: Any) -> Any:
    return tuple(map(_whole, value)) if isinstance(value, tuple) else torch.as_tensor(np.asarray(value))


def _call(function: Callable[..., Any], element: Any) -> Any:
    return function(*element) if isinstance(element, tuple) else function(element)


def _stacked(group: list[Any]) -> Any:
    if isinstance(group[0], tuple):
        return tuple(_stacked(list(parts)) for parts in zip(*group, strict=True))
    if isinstance(group[0], dict):
        return {name: _stacked([each[name] for each in group]) for name in group[0]}
    if isinstance(group[0], str):
        return group
    return torch.stack([torch.as_tensor(each) for each in group])
