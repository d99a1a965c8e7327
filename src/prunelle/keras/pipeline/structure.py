"""Elements of data sets: tuples and dictionaries of tensors, and what is known of them before they are there.

As in TensorFlow's data sets, and not as in its other functions, a list is no structure: it becomes a tensor. The values
of a dictionary count in the order of its keys.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

import numpy as np
import torch

from prunelle.errors import ArgumentError
from prunelle.keras.eager.control import TensorSpec
from prunelle.keras.eager.dtypes import as_dtype
from prunelle.keras.eager.errors import InvalidArgumentError
from prunelle.keras.eager.shapes import TensorShape
from prunelle.keras.eager.tensor import EagerTensor, convert
from prunelle.keras.eager.text import Text


class DatasetSpec:
    """What is known of data sets that are elements themselves: windows.

    Args:
        made: makes such a data set of a list of elements, where one stands in for what is not there.
    """

    def __init__(self, element_spec: Any, made: Callable[[list[Any]], Any] | None = None) -> None:
        self.element_spec, self._made = element_spec, made

    def stand_in(self, unknown: int) -> Any:
        """A window of one element of zeros."""
        return None if self._made is None else self._made([stand_in(self.element_spec, unknown)])

    def __eq__(self, other: object) -> bool:
        return isinstance(other, DatasetSpec) and self.element_spec == other.element_spec

    __hash__ = None  # type: ignore[assignment]

    def __repr__(self) -> str:
        return f"DatasetSpec({self.element_spec!r}, TensorShape([]))"


class NoneTensorSpec:
    """What is known of None, which may stand in a structure."""

    def __eq__(self, other: object) -> bool:
        return isinstance(other, NoneTensorSpec)

    def __hash__(self) -> int:
        return 0

    def __repr__(self) -> str:
        return "NoneTensorSpec()"


class Unlike(ArgumentError, TypeError):
    """Elements of other types than the others; TensorFlow raises a ``TypeError``."""


def is_structure(value: Any) -> bool:
    """A tuple or a dictionary; a shape, which is a tuple too, is none."""
    kind = type(value)
    if kind is torch.Tensor or kind is EagerTensor:
        return False
    return (
        kind is tuple
        or kind is dict
        or isinstance(value, Mapping)
        or (isinstance(value, tuple) and not isinstance(value, TensorShape))
    )


def flatten(value: Any) -> list[Any]:
    """The leaves, those of dictionaries in the order of their keys."""
    return list(_leaves(value))


def _leaves(value: Any) -> Iterator[Any]:
    if isinstance(value, Mapping):
        for key in sorted(value):
            yield from _leaves(value[key])
    elif is_structure(value):
        for each in value:
            yield from _leaves(each)
    else:
        yield value


def packed(structure: Any, leaves: list[Any]) -> Any:
    """Leaves in the structure of another value."""
    if not is_structure(structure):
        return leaves[0]
    if type(structure) is tuple and not any(map(is_structure, structure)):
        return tuple(leaves)
    return _packed(structure, iter(leaves))


def _packed(structure: Any, leaves: Iterator[Any]) -> Any:
    if isinstance(structure, Mapping):
        by_key = {key: _packed(structure[key], leaves) for key in sorted(structure)}
        found = {key: by_key[key] for key in structure}
        return found if type(structure) is dict else type(structure)(found)  # type: ignore[call-arg]
    if is_structure(structure):
        values = [_packed(each, leaves) for each in structure]
        return type(structure)(*values) if hasattr(structure, "_fields") else tuple(values)
    return next(leaves)


def mapped(function: Callable[..., Any], value: Any, *others: Any) -> Any:
    """A function of the leaves of one structure, and of those of others like it."""
    if not is_structure(value):
        return function(value, *others)
    if not others and type(value) is tuple:
        return tuple([mapped(function, each) for each in value])
    rows = zip(flatten(value), *map(flatten, others), strict=True)
    return packed(value, [function(*row) for row in rows])


# Elements: plain inside, with faces for a program.


def plain_element(value: Any) -> Any:
    """What a program gave, as plain tensors, texts and data sets."""
    return mapped(_plain_leaf, value)


def _plain_leaf(value: Any) -> Any:
    if value is None or hasattr(value, "element_spec"):
        return value
    found = convert(value)
    return found.detach() if isinstance(found, torch.Tensor) and found.requires_grad else found


def faced(value: Any) -> Any:
    """The same for a program. What is kept stays plain: a face is a view on it."""
    return mapped(_faced_leaf, value)


def _faced_leaf(value: Any) -> Any:
    return value.as_subclass(EagerTensor) if isinstance(value, torch.Tensor) else value


def as_numpy(value: Any) -> Any:
    """NumPy's arrays, numbers and bytes."""
    return mapped(lambda leaf: leaf.numpy() if hasattr(leaf, "numpy") else leaf, faced(value))


# What is known of an element.


def spec_of(element: Any) -> Any:
    """Shape and type of each leaf."""
    return mapped(_spec_of_leaf, element)


def _spec_of_leaf(leaf: Any) -> Any:
    if leaf is None:
        return NoneTensorSpec()
    if hasattr(leaf, "element_spec"):
        return DatasetSpec(leaf.element_spec)
    return TensorSpec(tuple(leaf.shape), as_dtype(leaf.dtype))


def common(first: Any, second: Any, both: str = "Both") -> Any:
    """What is known of elements that are of one spec or the other.

    Raises:
        Unlike: they are of other structures or types.
    """
    leaves, others = flatten(first), flatten(second)
    alike = len(leaves) == len(others) and all(
        type(a) is type(b) and (not isinstance(a, TensorSpec) or a.dtype == b.dtype)
        for a, b in zip(leaves, others, strict=True)
    )
    if not alike:
        raise Unlike(
            f"{both} must have elements of the same structure and types; received {first} and {second}. "
            f"map(lambda x: tf.cast(x, …)) gives them one type."
        )
    return packed(first, [_common_leaf(a, b) for a, b in zip(leaves, others, strict=True)])


def _common_leaf(a: Any, b: Any) -> Any:
    if not isinstance(a, TensorSpec):
        return a
    if a.shape is None or b.shape is None or len(a.shape) != len(b.shape):
        return TensorSpec(None, a.dtype)
    sizes = [m if m == n else None for m, n in zip(a.shape, b.shape, strict=True)]
    return TensorSpec(sizes, a.dtype)


def batched_spec(spec: Any, size: int | None) -> Any:
    """Of elements that are stacked: a size before the others."""
    return mapped(lambda leaf: _with_size(leaf, size), spec)


def _with_size(leaf: Any, size: int | None) -> Any:
    if isinstance(leaf, DatasetSpec):
        return leaf
    if not isinstance(leaf, TensorSpec) or leaf.shape is None:
        return leaf
    return TensorSpec((size, *leaf.shape), leaf.dtype)


def unbatched_spec(spec: Any) -> Any:
    """Of the rows of elements.

    Raises:
        InvalidArgumentError: some have no rows.
    """
    if any(isinstance(leaf, TensorSpec) and leaf.shape == () for leaf in flatten(spec)):
        raise InvalidArgumentError(
            f"unbatch and rebatch take elements apart along their first axis; received numbers alone: {spec}."
        )
    return mapped(
        lambda leaf: (
            TensorSpec(tuple(leaf.shape)[1:], leaf.dtype)
            if isinstance(leaf, TensorSpec) and leaf.shape is not None
            else leaf
        ),
        spec,
    )


def stand_in(spec: Any, unknown: int) -> Any:
    """An element of zeros, ``unknown`` long where a length is not known."""
    return mapped(lambda leaf: _zeros(leaf, unknown), spec)


def _zeros(leaf: Any, unknown: int) -> Any:
    if isinstance(leaf, DatasetSpec):
        return leaf.stand_in(unknown)
    if not isinstance(leaf, TensorSpec):
        return None
    sizes = [unknown if size is None else size for size in leaf.shape or ()]
    if leaf.dtype.name == "string":
        return Text(np.full(sizes, b"", dtype=object))
    return torch.zeros(sizes, dtype=leaf.dtype.torch)


def stacked(elements: list[Any]) -> Any:
    """Elements of one shape along a new first axis.

    Raises:
        InvalidArgumentError: they are of several shapes.
    """
    first = elements[0]
    if not is_structure(first):
        return _stacked_leaves(elements)
    columns = zip(*map(flatten, elements), strict=True)
    return packed(first, [_stacked_leaves(list(column)) for column in columns])


def _stacked_leaves(leaves: list[Any]) -> Any:
    first = leaves[0]
    if first is None:
        return None
    if isinstance(first, torch.Tensor):
        try:
            return torch.stack(leaves)
        except RuntimeError:
            pass
    elif len({tuple(each.shape) for each in leaves}) == 1:
        return Text(np.stack([np.asarray(each) for each in leaves]))
    shapes = list(dict.fromkeys(tuple(each.shape) for each in leaves))
    kinds = list(dict.fromkeys(as_dtype(each.dtype).name for each in leaves))
    raise InvalidArgumentError(
        f"batch stacks elements of one shape and type; received {', '.join(map(str, shapes))}"
        f"{'' if len(kinds) == 1 else ' of ' + ', '.join(kinds)}. padded_batch fills the shorter ones up; "
        f"tf.image.resize makes pictures one size."
    )


def matches(leaf: Any, spec: TensorSpec) -> bool:
    """Whether a tensor is of the shape that is known."""
    return spec.shape is None or spec.shape.is_compatible_with(tuple(leaf.shape))


def whole_number(value: Any, name: str, least: int | None = None) -> int:
    """A number that a program gave: Python's, NumPy's, a tensor.

    Raises:
        InvalidArgumentError: it is below ``least``.
    """
    number = int(value)
    if least is not None and number < least:
        raise InvalidArgumentError(f"{name} must be at least {least}; received {number}.")
    return number
