"""Functions over axes."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import torch

from prunelle.keras.eager.errors import InvalidArgumentError
from prunelle.keras.eager.functions import axes, function, kind_of

Torch = torch.Tensor
OverAxes = Callable[[Torch, tuple[int, ...], bool], Torch]


def _reduction(name: str, compute: OverAxes, numbers: str) -> Any:
    def reduced(
        input_tensor: Torch, axis: Any = None, keepdims: bool = False, name: str | None = None
    ) -> Torch:
        return compute(input_tensor, axes(axis, input_tensor.ndim), bool(keepdims))

    reduced.__name__ = reduced.__qualname__ = name
    reduced.__doc__ = (
        f"The {name.removeprefix('reduce_')} over ``axis``: a number, a list, None for all of them."
    )
    return function("input_tensor", numbers=numbers)(reduced)


def _or_itself(compute: OverAxes) -> OverAxes:
    """Over no axis, what PyTorch takes for all of them, it is the tensor itself."""
    return lambda x, along, keepdims: compute(x, along, keepdims) if along else x


def count(x: Torch, along: tuple[int, ...]) -> int:
    """How many numbers a reduction over these axes takes together."""
    return int(np.prod([x.shape[each] for each in along])) if along else 1


def mean(x: Torch, along: tuple[int, ...], keepdims: bool) -> Torch:
    """Of whole numbers a whole number, cut off."""
    if not along:
        return x
    if x.is_floating_point():
        return x.mean(along, keepdim=keepdims)
    total, number = x.sum(along, keepdim=keepdims, dtype=x.dtype), count(x, along)
    if x.is_complex():
        return total / max(1, number)
    return torch.div(total, number, rounding_mode="trunc").to(x.dtype) if number else total


def _product(x: Torch, along: tuple[int, ...], keepdims: bool) -> Torch:
    if len(set(along)) < len(along):
        raise InvalidArgumentError(f"tf.reduce_prod: axis names an axis twice; received {list(along)}.")
    for each in sorted(along, reverse=True):
        x = x.prod(each, keepdim=keepdims, dtype=x.dtype)
    return x


def _extreme(least: bool) -> OverAxes:
    """That of nothing is the neutral number: -∞, or the least there is."""

    def extreme(x: Torch, along: tuple[int, ...], keepdims: bool) -> Torch:
        if not along or count(x, along):
            return (torch.amin if least else torch.amax)(x, along, keepdim=keepdims) if along else x
        about = torch.finfo(x.dtype) if x.is_floating_point() else torch.iinfo(x.dtype)
        neutral = float("inf") if x.is_floating_point() else about.max
        if not least:
            neutral = -float("inf") if x.is_floating_point() else about.min
        # Of nothing, but of this tensor: a tape finds its way back.
        return torch.full_like(x.sum(along, keepdim=keepdims, dtype=x.dtype), neutral) + x.sum(
            along, keepdim=keepdims, dtype=x.dtype
        )

    return extreme


def variance(x: Torch, along: tuple[int, ...], keepdims: bool) -> Torch:
    """Of complex numbers a real one."""
    distance = x - (x.mean(along, keepdim=True) if along else x)
    squares = (distance * distance.conj()).real if x.is_complex() else distance.square()
    return squares.mean(along, keepdim=keepdims) if along else squares


def _logsumexp(x: Torch, along: tuple[int, ...], keepdims: bool) -> Torch:
    return torch.logsumexp(x, along, keepdim=keepdims) if along else x


def _length(x: Torch, along: tuple[int, ...], keepdims: bool) -> Torch:
    squares = x.real.square() + x.imag.square() if x.is_complex() else x * x
    total = squares.sum(along, keepdim=keepdims, dtype=squares.dtype) if along else squares
    return (total if total.is_floating_point() else total.double()).sqrt().to(x.dtype)


def _truths(function: Any) -> OverAxes:
    return _or_itself(lambda x, along, keepdims: function(x, along, keepdim=keepdims))


for _name, _reduce, _numbers in (
    ("reduce_sum", _or_itself(lambda x, along, keep: x.sum(along, keepdim=keep, dtype=x.dtype)), "count"),
    ("reduce_mean", mean, "count"),
    ("reduce_prod", _product, "count"),
    ("reduce_max", _extreme(least=False), "real"),
    ("reduce_min", _extreme(least=True), "real"),
    ("reduce_variance", variance, "float"),
    ("reduce_std", lambda x, along, keepdims: variance(x, along, keepdims).sqrt(), "float"),
    ("reduce_logsumexp", _logsumexp, "float"),
    ("reduce_euclidean_norm", _length, "count"),
    ("reduce_all", _truths(torch.all), "bool"),
    ("reduce_any", _truths(torch.any), "bool"),
):
    globals()[_name] = _reduction(_name, _reduce, _numbers)


def _place(input: Torch, axis: Any, output_type: Any, least: bool) -> Torch:
    along = axes(0 if axis is None else axis, input.ndim)[0]
    kind = kind_of(output_type, "int64")
    if input.is_meta:
        return torch.argmax(input, along).to(kind)
    values = input.detach().cpu()
    if values.is_floating_point():
        # Nothing is above or below NaN.
        values = torch.where(values.isnan(), float("inf") if least else -float("inf"), values)
        values = values.float() if values.dtype == torch.bfloat16 else values
    # Of equal ones the first, which PyTorch does not promise.
    places = (np.argmin if least else np.argmax)(values.numpy(), along)
    return torch.from_numpy(np.asarray(places)).to(kind)


@function("input")
def argmax(input: Torch, axis: Any = None, output_type: Any = "int64", name: str | None = None) -> Torch:
    """The place of the greatest number along one axis, the first unless ``axis`` says otherwise: int64."""
    return _place(input, axis, output_type, least=False)


@function("input")
def argmin(input: Torch, axis: Any = None, output_type: Any = "int64", name: str | None = None) -> Torch:
    """The place of the least number along one axis, the first unless ``axis`` says otherwise: int64."""
    return _place(input, axis, output_type, least=True)


@function("input")
def count_nonzero(
    input: Torch, axis: Any = None, keepdims: bool = False, dtype: Any = "int64", name: str | None = None
) -> Torch:
    """How many numbers are not 0."""
    along = axes(axis, input.ndim)
    there = (input != 0).to(kind_of(dtype))
    return there.sum(along, keepdim=keepdims, dtype=there.dtype) if along else there


@function("value", numbers="count")
def zero_fraction(value: Torch, name: str | None = None) -> Torch:
    """The share of zeros: float32."""
    return (value == 0).float().mean()


@function("x", numbers="float")
def l2_normalize(x: Torch, axis: Any = None, epsilon: float = 1e-12, name: str | None = None) -> Torch:
    """Divided by its length along ``axis`` (of everything for None), which is at least √``epsilon``."""
    along = axes(axis, x.ndim)
    total = x.square().sum(along, keepdim=True) if along else x.square()
    return x * torch.rsqrt(torch.clamp(total, min=epsilon))


def _running(
    x: Torch, axis: Any, exclusive: bool, reverse: bool, compute: Callable[[Torch, int], Torch], neutral: Any
) -> Torch:
    along = axes(axis, x.ndim)[0]
    turned = x.flip(along) if reverse else x
    if exclusive and turned.shape[along]:
        first = torch.full_like(turned.narrow(along, 0, 1), neutral)
        turned = torch.cat([first, turned.narrow(along, 0, turned.shape[along] - 1)], along)
    total = compute(turned, along).to(x.dtype)
    return total.flip(along) if reverse else total


@function("x", numbers="count")
def cumsum(
    x: Torch, axis: Any = 0, exclusive: bool = False, reverse: bool = False, name: str | None = None
) -> Torch:
    """The running sum along an axis; ``exclusive``: of what comes before each number."""
    return _running(x, axis, exclusive, reverse=reverse, compute=torch.cumsum, neutral=0)


@function("x", numbers="count")
def cumprod(
    x: Torch, axis: Any = 0, exclusive: bool = False, reverse: bool = False, name: str | None = None
) -> Torch:
    """The running product along an axis; ``exclusive``: of what comes before each number."""
    return _running(x, axis, exclusive, reverse=reverse, compute=torch.cumprod, neutral=1)


@function("x", numbers="float")
def cumulative_logsumexp(
    x: Torch, axis: Any = 0, exclusive: bool = False, reverse: bool = False, name: str | None = None
) -> Torch:
    """The logarithm of the running sum of exponentials."""
    return _running(x, axis, exclusive, reverse=reverse, compute=torch.logcumsumexp, neutral=-float("inf"))


@function(lists="inputs")
def add_n(inputs: Any, name: str | None = None) -> Torch:
    """The sum of a list of tensors of one shape.

    Raises:
        InvalidArgumentError: no tensor, or several shapes.
    """
    if not inputs or any(each.shape != inputs[0].shape for each in inputs):
        raise InvalidArgumentError(
            f"tf.add_n adds tensors of one shape; received {[tuple(each.shape) for each in inputs]}."
        )
    total: Torch = inputs[0]
    for each in inputs[1:]:
        total = total + each
    return total


@function(lists="inputs")
def accumulate_n(inputs: Any, shape: Any = None, tensor_dtype: Any = None, name: str | None = None) -> Torch:
    """The sum of a list of tensors of one shape."""
    total: Torch = inputs[0]
    for each in inputs[1:]:
        if each.shape != total.shape:
            raise InvalidArgumentError("tf.math.accumulate_n adds tensors of one shape.")
        total = total + each
    return total


def polyval(coeffs: Any, x: Any, name: str | None = None) -> Any:
    """A polynomial at ``x``; the first coefficient is of the greatest power."""
    from prunelle.keras.eager.tensor import convert, wrap

    if not isinstance(coeffs, list):
        raise InvalidArgumentError(f"tf.math.polyval: coeffs is a list; received {type(coeffs).__name__}.")
    value = convert(x)
    if not coeffs:
        return wrap(torch.zeros_like(value))
    total = wrap(convert(coeffs[0]))
    for each in coeffs[1:]:
        total = wrap(convert(each)) + total * wrap(value)
    return total
