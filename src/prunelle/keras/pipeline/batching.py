"""Elements put together: batches, batches of lists of several lengths, windows, groups."""

from __future__ import annotations

import bisect
import itertools
from collections.abc import Callable, Iterator, Mapping
from typing import Any

import numpy as np
import torch

from prunelle.keras.eager.control import TensorSpec
from prunelle.keras.eager.dtypes import as_dtype
from prunelle.keras.eager.errors import InvalidArgumentError
from prunelle.keras.eager.shapes import TensorShape
from prunelle.keras.eager.tensor import convert, plain
from prunelle.keras.eager.text import Text
from prunelle.keras.pipeline.structure import flatten, is_structure, packed, stacked

Elements = Iterator[Any]
Pass = Callable[[], Elements]


def batched(
    elements: Pass, size: int, drop_remainder: bool, together: Callable[[list[Any]], Any] = stacked
) -> Pass:
    """``size`` elements together, and the rest."""

    def begin() -> Elements:
        source = elements()
        while group := list(itertools.islice(source, size)):
            if len(group) == size or not drop_remainder:
                yield together(group)

    return begin


def unbatched(elements: Pass) -> Pass:
    """The rows of each element.

    Raises:
        InvalidArgumentError: its parts have several numbers of rows, or one has none.
    """

    def begin() -> Elements:
        for batch in elements():
            leaves = flatten(batch)
            lengths = {len(leaf) if leaf.ndim else -1 for leaf in leaves if leaf is not None}
            if len(lengths) != 1 or -1 in lengths:
                raise InvalidArgumentError(
                    f"unbatch takes elements apart along their first axis; received {[tuple(x.shape) for x in leaves]}."
                )
            rows = [itertools.repeat(None) if leaf is None else _rows(leaf) for leaf in leaves]
            for _, *row in zip(range(lengths.pop()), *rows):  # noqa: B905
                yield packed(batch, row)

    return begin


def _rows(leaf: Any) -> Any:
    return iter(leaf) if isinstance(leaf, Text) else leaf.unbind(0)


def rebatched(elements: Pass, sizes: list[int], drop_remainder: bool) -> Pass:
    """Batches of other sizes, these in turn."""

    def begin() -> Elements:
        rows, turn = unbatched(elements)(), itertools.cycle(sizes)
        for size in turn:
            group = list(itertools.islice(rows, size))
            if len(group) < size and (drop_remainder or not group):
                return
            yield stacked(group)
            if len(group) < size:
                return

    return begin


# Of several lengths.


class Padding:
    """How elements of several shapes are filled up to one.

    Args:
        shapes: of each leaf; None, and None or -1 in it, for as long as the longest of a batch; None for all: each.
        values: what is filled in: 0, empty texts and False unless given; one for all or one for each leaf.
    """

    def __init__(self, shapes: Any, values: Any) -> None:
        self._shapes, self._values = shapes, values

    def together(self, group: list[Any]) -> Any:
        """A batch.

        Raises:
            InvalidArgumentError: an element is longer than the shape that was given.
        """
        first = group[0]
        leaves = list(zip(*map(flatten, group), strict=True))
        return packed(
            first,
            [
                _padded(list(column), shape, value)
                for column, shape, value in zip(
                    leaves, self._of_leaves(first), self._values_of(first, len(leaves)), strict=True
                )
            ],
        )

    def spec(self, spec: Any, size: int | None) -> Any:
        """What is known of a batch."""
        found = []
        for leaf, shape in zip(flatten(spec), self._of_leaves(spec), strict=True):
            if not isinstance(leaf, TensorSpec):
                found.append(leaf)
                continue
            known = leaf.shape if shape is None else _asked(shape)
            found.append(TensorSpec(None if known is None else (size, *known), leaf.dtype))
        return packed(spec, found)

    def _of_leaves(self, element: Any) -> list[Any]:
        if self._shapes is None:
            return [None] * len(flatten(element))
        return _like(element, self._shapes)

    def _values_of(self, element: Any, number: int) -> list[Any]:
        if self._values is None:
            return [None] * number
        if not is_structure(self._values):
            return [self._values] * number
        return flatten(self._values)


def _like(element: Any, shapes: Any) -> list[Any]:
    if isinstance(element, Mapping):
        return [found for key in sorted(element) for found in _like(element[key], shapes[key])]
    if is_structure(element):
        return [found for part, shape in zip(element, shapes, strict=True) for found in _like(part, shape)]
    return [shapes]


def _asked(shape: Any) -> list[int | None]:
    if isinstance(shape, torch.Tensor):
        shape = plain(shape).tolist()
    return [None if size in (None, -1) else int(size) for size in TensorShape(shape)]


def _padded(leaves: list[Any], shape: Any, value: Any) -> Any:
    ndim = leaves[0].ndim
    asked = [None] * ndim if shape is None else _asked(shape)
    if len(asked) != ndim or any(leaf.ndim != ndim for leaf in leaves):
        raise InvalidArgumentError(
            f"padded_shapes must have as many sizes as an element has axes, {ndim}; received {shape}."
        )
    sizes = []
    for axis, size in enumerate(asked):
        longest = max(leaf.shape[axis] for leaf in leaves)
        if size is not None and longest > size:
            raise InvalidArgumentError(
                f"padded_batch fills elements up to {size} along axis {axis}; received one of {longest}."
            )
        sizes.append(longest if size is None else size)
    texts = isinstance(leaves[0], Text)
    if texts:
        fill = b"" if value is None else convert(value).numpy()
        found: Any = np.full((len(leaves), *sizes), fill, dtype=object)
    else:
        number = 0 if value is None else _number(value, leaves[0])
        found = torch.full((len(leaves), *sizes), number, dtype=leaves[0].dtype)
    for i, leaf in enumerate(leaves):
        found[(i, *(slice(0, n) for n in leaf.shape))] = leaf.numpy() if texts else leaf
    return Text.of(found) if texts else found


def _number(value: Any, leaf: torch.Tensor) -> Any:
    number = convert(value, hint=as_dtype(leaf.dtype))
    if number.dtype != leaf.dtype:
        raise InvalidArgumentError(
            f"padding_values must be of the elements' type {as_dtype(leaf.dtype).name}; received "
            f"{as_dtype(number.dtype).name}."
        )
    return number.item()


# Windows and groups.


def windowed(elements: Pass, size: int, shift: int, stride: int, drop_remainder: bool) -> Iterator[list[Any]]:
    """Lists of ``size`` elements, ``stride`` apart, each beginning ``shift`` after the one before."""
    reach = (size - 1) * stride + 1
    held: list[Any] = []
    source, skip = elements(), 0
    while True:
        for _ in itertools.islice(source, skip):
            pass
        held += itertools.islice(source, reach - len(held))
        window = held[::stride]
        if not held or (drop_remainder and len(window) < size):
            return
        yield window
        skip = max(0, shift - len(held))
        held = held[shift:]


def grouped(
    elements: Pass,
    key_of: Callable[[Any], Any],
    size_of: Callable[[int], int],
    reduced: Callable[[int, list[Any]], Elements],
) -> Pass:
    """Elements of one key together, as soon as there are enough; at the end what is left, key by key."""

    def begin() -> Elements:
        groups: dict[int, list[Any]] = {}
        for element in elements():
            key = int(key_of(element))
            group = groups.setdefault(key, [])
            group.append(element)
            if len(group) == size_of(key):
                yield from reduced(key, groups.pop(key))
        for key in sorted(groups):
            yield from reduced(key, groups[key])

    return begin


def by_length(
    dataset: Any,
    length_of: Callable[..., Any],
    boundaries: list[int],
    sizes: list[int],
    padding: dict[str, Any],
    *,
    to_boundary: bool,
    no_padding: bool,
) -> Any:
    """Batches of elements whose lengths are between the same two boundaries.

    Raises:
        InvalidArgumentError: not one size more than boundaries; an element that is longer than the last of them, which
            it is to be filled up to.
    """
    if len(sizes) != len(boundaries) + 1:
        raise InvalidArgumentError(
            f"bucket_batch_sizes must be one more than bucket_boundaries; received {len(sizes)} and {len(boundaries)}."
        )

    def bucket_of(*element: Any) -> int:
        length = int(length_of(*element))
        bucket = bisect.bisect_right(boundaries, length)
        if to_boundary and bucket == len(boundaries):
            raise InvalidArgumentError(
                f"with pad_to_bucket_boundary no element may be as long as the last boundary, {boundaries[-1]}; "
                f"received one of length {length}."
            )
        return bucket

    def batch_of(bucket: Any, group: Any) -> Any:
        number = int(bucket)
        size, dropped = sizes[number], padding["drop_remainder"]
        if no_padding:
            return group.batch(size, dropped)
        if not to_boundary:
            return group.padded_batch(size, **padding)
        shapes = padding["padded_shapes"]
        spec = group.element_spec
        flat = [leaf.shape for leaf in flatten(spec)] if shapes is None else _like(spec, shapes)
        # The first axis is that of the length, whatever is known of it.
        filled = [
            [boundaries[number] - 1 if n is None or (shapes is None and not axis) else n for axis, n in each]
            for each in (enumerate(_asked(shape)) for shape in flat)
        ]
        return group.padded_batch(size, **{**padding, "padded_shapes": packed(spec, filled)})

    return dataset.group_by_window(bucket_of, batch_of, window_size_func=lambda bucket: sizes[int(bucket)])
