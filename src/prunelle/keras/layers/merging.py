"""Layers of several inputs, and Keras's functions for them (``add([a, b])``)."""

from __future__ import annotations

import functools
import operator
from collections.abc import Sequence
from typing import Any

import torch
from torch import nn

from prunelle.errors import ArgumentError
from prunelle.keras.layers.base import Layer
from prunelle.keras.layout import KerasOrder, Shape


class _Merge(Layer):
    """Value by value, of inputs of one shape (or shapes that NumPy would stretch to one)."""

    pair: Any = None
    """The result for two."""

    def merge(self, tensors: Sequence[torch.Tensor]) -> torch.Tensor:
        """The result, of tensors in Keras's order."""
        result: torch.Tensor = functools.reduce(self.pair, tensors)
        return result

    def compute_output_shape(self, input_shape: Sequence[Shape]) -> Shape:
        shapes = _several(self, input_shape)
        result = []
        for sizes in zip(*shapes, strict=True):
            known = {size for size in sizes if size not in (1, None)}
            if len(known) > 1:
                raise ArgumentError(f"{self.name} cannot merge the shapes {', '.join(map(str, shapes))}.")
            result.append(known.pop() if known else (None if None in sizes else 1))
        return tuple(result)

    def make(self, input_shape: Sequence[Shape]) -> list[nn.Module]:
        _several(self, input_shape)
        return [KerasOrder(lambda *tensors: self.merge(tensors))]


def _several(layer: Layer, shapes: Sequence[Shape]) -> Sequence[Shape]:
    if not shapes or not isinstance(shapes[0], tuple | list) or len(shapes) < 2:
        raise ArgumentError(
            f"{layer.name} ({type(layer).__name__}) must be called on a list of at least two tensors."
        )
    if len({len(shape) for shape in shapes}) > 1:
        raise ArgumentError(
            f"{layer.name}: inputs must have one rank; received {', '.join(map(str, shapes))}."
        )
    return shapes


class Add(_Merge):
    """The sum."""

    pair = staticmethod(operator.add)


class Subtract(_Merge):
    """The first minus the second."""

    pair = staticmethod(operator.sub)


class Multiply(_Merge):
    """The product."""

    pair = staticmethod(operator.mul)


class Average(_Merge):
    """The mean."""

    def merge(self, tensors: Sequence[torch.Tensor]) -> torch.Tensor:
        return functools.reduce(operator.add, tensors) / len(tensors)


class Maximum(_Merge):
    """The larger, value by value."""

    pair = staticmethod(torch.maximum)


class Minimum(_Merge):
    """The smaller, value by value."""

    pair = staticmethod(torch.minimum)


class Concatenate(Layer):
    """One after the other along ``axis``, counted as in Keras's order."""

    def __init__(self, axis: int = -1, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.axis = axis

    def compute_output_shape(self, input_shape: Sequence[Shape]) -> Shape:
        shapes = _several(self, input_shape)
        axis = self.axis % len(shapes[0])
        result = list(shapes[0])
        for i, sizes in enumerate(zip(*shapes, strict=True)):
            if i == axis:
                result[i] = None if None in sizes else sum(size for size in sizes if size is not None)
            elif len({size for size in sizes if size is not None}) > 1:
                raise ArgumentError(
                    f"{self.name}: shapes must agree on all axes but {self.axis}; received "
                    f"{', '.join(map(str, shapes))}."
                )
        return tuple(result)

    def make(self, input_shape: Sequence[Shape]) -> list[nn.Module]:
        rank = len(_several(self, input_shape)[0])
        axis = self.axis % rank
        # Keras's axes 0, 1 … rank-1 are PyTorch's 0, 2 … rank-1, 1.
        place = axis if axis == 0 or rank < 3 else (1 if axis == rank - 1 else axis + 1)
        return [_Concatenate(place)]


class _Concatenate(nn.Module):
    def __init__(self, axis: int) -> None:
        super().__init__()
        self.axis = axis

    def forward(self, *tensors: torch.Tensor) -> torch.Tensor:
        return torch.cat(tensors, self.axis)


class Dot(Layer):
    """The products of two tensors summed along ``axes``; ``normalize`` makes them cosines."""

    def __init__(self, axes: int | Sequence[int], normalize: bool = False, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.axes = (axes, axes) if isinstance(axes, int) else tuple(axes)
        self.normalize = normalize

    def compute_output_shape(self, input_shape: Sequence[Shape]) -> Shape:
        left, right = (list(shape) for shape in _several(self, input_shape))
        left.pop(self.axes[0])
        right.pop(self.axes[1])
        return tuple([*left, *right[1:]] if len(left) + len(right) > 2 else [*left, 1])

    def make(self, input_shape: Sequence[Shape]) -> list[nn.Module]:
        return [KerasOrder(self._dot)]

    def _dot(self, a: torch.Tensor, b: torch.Tensor) -> torch.Tensor:
        if self.normalize:
            a = nn.functional.normalize(a, dim=self.axes[0])
            b = nn.functional.normalize(b, dim=self.axes[1])
        left, right = a.movedim(self.axes[0], -1), b.movedim(self.axes[1], -1)
        shape = (*left.shape[:-1], *right.shape[1:-1])
        products = left.flatten(1, -2) if left.ndim > 2 else left[:, None]
        others = right.flatten(1, -2) if right.ndim > 2 else right[:, None]
        result = products @ others.transpose(1, 2)
        return result.reshape(shape if len(shape) > 1 else (*shape, 1))


def _function(layer: type[Layer]) -> Any:
    def merge(inputs: Sequence[Any], **kwargs: Any) -> Any:
        return layer(**kwargs)(inputs)

    merge.__name__ = layer.__name__.lower()
    merge.__doc__ = f"``{layer.__name__}`` of the inputs."
    return merge


add, subtract, multiply, average = (_function(layer) for layer in (Add, Subtract, Multiply, Average))
maximum, minimum = _function(Maximum), _function(Minimum)


def concatenate(inputs: Sequence[Any], axis: int = -1, **kwargs: Any) -> Any:
    """``Concatenate`` of the inputs."""
    return Concatenate(axis, **kwargs)(inputs)


def dot(inputs: Sequence[Any], axes: int | Sequence[int], normalize: bool = False, **kwargs: Any) -> Any:
    """``Dot`` of the inputs."""
    return Dot(axes, normalize, **kwargs)(inputs)


__all__ = [
    "Add",
    "Average",
    "Concatenate",
    "Dot",
    "Maximum",
    "Minimum",
    "Multiply",
    "Subtract",
    "add",
    "average",
    "concatenate",
    "dot",
    "maximum",
    "minimum",
    "multiply",
    "subtract",
]
