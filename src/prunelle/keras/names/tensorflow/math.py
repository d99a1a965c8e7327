"""``tf.math``: functions by element, reductions, comparisons."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np
import torch

from prunelle.keras.eager.errors import InvalidArgumentError
from prunelle.keras.eager.functions import axes, function, kind_of, offered
from prunelle.keras.eager.tensor import COMPARISONS, OPERATORS, true_divide

Torch = torch.Tensor
ByElement = Callable[..., Torch]


class TopK(NamedTuple):
    """What ``top_k`` gives."""

    values: Torch
    indices: Torch


def _by_element(name: str, compute: ByElement, numbers: str) -> Any:
    def each(x: Torch, name: str | None = None) -> Torch:
        return compute(x)

    each.__name__ = each.__qualname__ = name
    each.__doc__ = f"``{name}`` of each number."
    return function("x", numbers=numbers)(each)


_FLOATS: dict[str, ByElement] = {
    **{
        name: getattr(torch, name)
        for name in (
            *("exp", "expm1", "log", "log1p", "sqrt", "rsqrt", "sin", "cos", "tan", "asin", "acos", "atan"),
            *("sinh", "cosh", "tanh", "asinh", "acosh", "atanh", "sigmoid", "erf", "erfc", "erfinv"),
            *("lgamma", "digamma", "isfinite", "isinf", "isnan"),
        )
    },
    "log_sigmoid": torch.nn.functional.logsigmoid,
    "softplus": torch.nn.functional.softplus,
    "softsign": torch.nn.functional.softsign,
    "ndtri": torch.special.ndtri,
    "bessel_i0": torch.special.i0,
    "bessel_i1": torch.special.i1,
}
_FLOATS = {
    {"isfinite": "is_finite", "isinf": "is_inf", "isnan": "is_nan"}.get(n, n): f for n, f in _FLOATS.items()
}
_REALS: dict[str, ByElement] = {
    "abs": torch.abs,
    "sign": torch.sign,
    "floor": lambda x: x if not x.is_floating_point() else torch.floor(x),
    "ceil": lambda x: x if not x.is_floating_point() else torch.ceil(x),
    "rint": torch.round,
    "round": lambda x: x if not x.is_floating_point() else torch.round(x),
}
_COUNTS: dict[str, ByElement] = {
    "square": lambda x: x * x,
    "negative": torch.neg,
    "reciprocal": lambda x: torch.reciprocal(x) if x.is_floating_point() or x.is_complex() else 1 // x,
    "conj": lambda x: torch.conj(x).resolve_conj(),
    "real": lambda x: torch.real(x).clone() if x.is_complex() else x,
    "imag": lambda x: torch.imag(x).clone() if x.is_complex() else torch.zeros_like(x),
    "angle": torch.angle,
}
for _table, _numbers in ((_FLOATS, "float"), (_REALS, "count"), (_COUNTS, "count")):
    for _name, _compute in _table.items():
        globals()[_name] = _by_element(_name, _compute, _numbers)
sigmoid, softplus, softsign, tanh = (
    globals()[_name] for _name in ("sigmoid", "softplus", "softsign", "tanh")
)


def _of_two(name: str, compute: ByElement, numbers: str) -> Any:
    def both(x: Torch, y: Torch, name: str | None = None) -> Torch:
        return compute(x, y)

    both.__name__ = both.__qualname__ = name
    both.__doc__ = f"``{name}`` of the numbers of two tensors, place by place."
    return function("x y", numbers=numbers)(both)


def _where_not_zero(compute: ByElement) -> ByElement:
    """0 where the first is 0, whatever the second is; its gradient too."""

    def both(x: Torch, y: Torch) -> Torch:
        none = x == 0
        return torch.where(none, torch.zeros_like(x), compute(x, torch.where(none, torch.ones_like(y), y)))

    return both


def _divided_or_none(x: Torch, y: Torch) -> Torch:
    none = y == 0
    return torch.where(none, torch.zeros_like(x), x / torch.where(none, torch.ones_like(y), y))


def _truncated(x: Torch, y: Torch) -> Torch:
    if not x.is_floating_point() and bool((y == 0).any()):
        raise InvalidArgumentError("whole numbers are not divided by zero.")
    return torch.fmod(x, y)


_OF_TWO: dict[str, tuple[ByElement, str]] = {
    "add": (OPERATORS["add"], "count"),
    "subtract": (OPERATORS["sub"], "count"),
    "multiply": (OPERATORS["mul"], "count"),
    "divide": (true_divide, "count"),
    "truediv": (true_divide, "count"),
    "floordiv": (OPERATORS["floordiv"], "real"),
    "floormod": (OPERATORS["mod"], "real"),
    "mod": (OPERATORS["mod"], "real"),
    "pow": (OPERATORS["pow"], "count"),
    "maximum": (torch.maximum, "real"),
    "minimum": (torch.minimum, "real"),
    "squared_difference": (lambda x, y: (x - y) * (x - y), "count"),
    "divide_no_nan": (_divided_or_none, "float"),
    "multiply_no_nan": (lambda x, y: torch.where(y == 0, torch.zeros_like(x * y), x * y), "float"),
    "xlogy": (_where_not_zero(lambda x, y: x * torch.log(y)), "float"),
    "xdivy": (_where_not_zero(lambda x, y: x / y), "float"),
    "xlog1py": (_where_not_zero(lambda x, y: x * torch.log1p(y)), "float"),
    "less": (COMPARISONS["lt"], "real"),
    "less_equal": (COMPARISONS["le"], "real"),
    "greater": (COMPARISONS["gt"], "real"),
    "greater_equal": (COMPARISONS["ge"], "real"),
    "logical_and": (torch.logical_and, "bool"),
    "logical_or": (torch.logical_or, "bool"),
    "logical_xor": (torch.logical_xor, "bool"),
    "truncatemod": (_truncated, "real"),
    "igamma": (torch.special.gammainc, "float"),
    "zeta": (torch.special.zeta, "float"),
    "polygamma": (lambda a, x: torch.special.polygamma(int(a.flatten()[0]), x), "float"),
}
for _name, (_compute, _numbers) in _OF_TWO.items():
    globals()[_name] = _of_two(_name, _compute, _numbers)


@function("y x", numbers="float")
def atan2(y: Torch, x: Torch, name: str | None = None) -> Torch:
    """The angle of the points (x, y), in radians."""
    return torch.atan2(y, x)


@function("x y")
def equal(x: Any, y: Any, name: str | None = None) -> Any:
    """Where two tensors are equal."""
    return torch.eq(x, y)


@function("x y")
def not_equal(x: Any, y: Any, name: str | None = None) -> Any:
    """Where two tensors are not equal."""
    return torch.ne(x, y)


@function("x", numbers="bool")
def logical_not(x: Torch, name: str | None = None) -> Torch:
    """Each truth's contrary."""
    return ~x


def _reduction(name: str, compute: Callable[[Torch, tuple[int, ...], bool], Torch], numbers: str) -> Any:
    def reduced(
        input_tensor: Torch, axis: Any = None, keepdims: bool = False, name: str | None = None
    ) -> Torch:
        along = axes(axis, input_tensor.ndim)
        if not along:
            return input_tensor
        return compute(input_tensor, along, bool(keepdims))

    reduced.__name__ = reduced.__qualname__ = name
    reduced.__doc__ = (
        f"The {name.removeprefix('reduce_')} over ``axis``: a number, a list, None for all of them."
    )
    return function("input_tensor", numbers=numbers)(reduced)


def _mean(x: Torch, along: tuple[int, ...], keepdims: bool) -> Torch:
    if x.is_floating_point() or x.is_complex():
        return x.mean(along, keepdim=keepdims)
    number = int(np.prod([x.shape[each] for each in along]))
    if not number:
        return x.sum(along, keepdim=keepdims, dtype=x.dtype)
    return torch.div(x.sum(along, keepdim=keepdims, dtype=x.dtype), number, rounding_mode="trunc").to(x.dtype)


def _product(x: Torch, along: tuple[int, ...], keepdims: bool) -> Torch:
    for each in sorted(along, reverse=True):
        x = x.prod(each, keepdim=keepdims, dtype=x.dtype)
    return x


def _extreme(least: bool) -> Callable[[Torch, tuple[int, ...], bool], Torch]:
    """That of nothing is the neutral number: -∞, or the least there is."""

    def extreme(x: Torch, along: tuple[int, ...], keepdims: bool) -> Torch:
        if any(x.shape[each] == 0 for each in along):
            about = torch.finfo(x.dtype) if x.is_floating_point() else torch.iinfo(x.dtype)
            neutral = float("inf") if x.is_floating_point() else about.max
            if not least:
                neutral = -float("inf") if x.is_floating_point() else about.min
            shape = torch.empty(x.shape, device="meta").sum(along, keepdim=keepdims).shape
            return torch.full(shape, neutral, dtype=x.dtype)
        return (torch.amin if least else torch.amax)(x, along, keepdim=keepdims)

    return extreme


def _variance(x: Torch, along: tuple[int, ...], keepdims: bool) -> Torch:
    return (x - x.mean(along, keepdim=True)).square().mean(along, keepdim=keepdims)


def _truths(function: Any) -> Callable[[Torch, tuple[int, ...], bool], Torch]:
    return lambda x, along, keepdims: function(x, along, keepdim=keepdims)


for _name, _reduce, _numbers in (
    ("reduce_sum", lambda x, along, keepdims: x.sum(along, keepdim=keepdims, dtype=x.dtype), "count"),
    ("reduce_mean", _mean, "count"),
    ("reduce_prod", _product, "count"),
    ("reduce_max", _extreme(least=False), "real"),
    ("reduce_min", _extreme(least=True), "real"),
    ("reduce_variance", _variance, "float"),
    ("reduce_std", lambda x, along, keepdims: _variance(x, along, keepdims).sqrt(), "float"),
    ("reduce_logsumexp", lambda x, along, keepdims: torch.logsumexp(x, along, keepdim=keepdims), "float"),
    (
        "reduce_euclidean_norm",
        lambda x, along, keepdims: x.square().sum(along, keepdim=keepdims, dtype=x.dtype).sqrt(),
        "float",
    ),
    ("reduce_all", _truths(torch.all), "bool"),
    ("reduce_any", _truths(torch.any), "bool"),
):
    globals()[_name] = _reduction(_name, _reduce, _numbers)


def _place(input: Torch, axis: Any, output_type: Any, least: bool) -> Torch:
    along = axes(0 if axis is None else axis, input.ndim)[0]
    kind = kind_of(output_type, "int64")
    if input.is_meta:
        return torch.argmax(input, along).to(kind)
    # The first of equal ones, and NaN first of all, as NumPy has them.
    places = np.argmin if least else np.argmax
    if input.dtype == torch.bfloat16:
        input = input.float()
    return torch.from_numpy(np.asarray(places(input.detach().cpu().numpy(), along))).to(kind)


@function("input")
def argmax(input: Torch, axis: Any = None, output_type: Any = "int64", name: str | None = None) -> Torch:
    """The place of the greatest number along one axis, the first unless ``axis`` says otherwise: int64."""
    return _place(input, axis, output_type, least=False)


@function("input")
def argmin(input: Torch, axis: Any = None, output_type: Any = "int64", name: str | None = None) -> Torch:
    """The place of the least number along one axis, the first unless ``axis`` says otherwise: int64."""
    return _place(input, axis, output_type, least=True)


def _running_total(name: str, compute: Callable[[Torch, int], Torch], neutral: int) -> Any:
    def running(
        x: Torch, axis: Any = 0, exclusive: bool = False, reverse: bool = False, name: str | None = None
    ) -> Torch:
        along = axes(axis, x.ndim)[0]
        turned = x.flip(along) if reverse else x
        if exclusive:
            first = torch.full_like(turned.narrow(along, 0, min(1, turned.shape[along])), neutral)
            turned = torch.cat([first, turned.narrow(along, 0, max(0, turned.shape[along] - 1))], along)
        total = compute(turned, along).to(x.dtype)
        return total.flip(along) if reverse else total

    running.__name__ = running.__qualname__ = name
    running.__doc__ = f"``{name}`` along an axis; ``exclusive``: of what comes before each number."
    return function("x", numbers="count")(running)


cumsum = _running_total("cumsum", torch.cumsum, 0)
cumprod = _running_total("cumprod", torch.cumprod, 1)


@function("x", numbers="float")
def cumulative_logsumexp(x: Torch, axis: int = 0, name: str | None = None) -> Torch:
    """The logarithm of the running sum of exponentials."""
    return torch.logcumsumexp(x, axes(axis, x.ndim)[0])


@function(lists="inputs")
def add_n(inputs: Any, name: str | None = None) -> Torch:
    """The sum of a list of tensors of one shape."""
    total: Torch = inputs[0]
    for each in inputs[1:]:
        total = total + each
    return total


accumulate_n = add_n


@function(alone="labels predictions weights")
def confusion_matrix(
    labels: Torch,
    predictions: Torch,
    num_classes: Any = None,
    weights: Any = None,
    dtype: Any = "int32",
    name: str | None = None,
) -> Torch:
    """``(K, K)``: how often each label (the row) was taken for each class (the column)."""
    rows, columns = labels.reshape(-1).long(), predictions.reshape(-1).long()
    if bool((rows < 0).any()) or bool((columns < 0).any()):
        raise InvalidArgumentError("tf.math.confusion_matrix: labels and predictions are numbers from 0.")
    size = int(num_classes) if num_classes is not None else _highest(rows, columns) + 1
    if _highest(rows, columns) >= size:
        raise InvalidArgumentError(
            f"tf.math.confusion_matrix: num_classes={size}, and there is a class {_highest(rows, columns)}."
        )
    kind = kind_of(dtype)
    each = torch.ones(len(rows), dtype=kind) if weights is None else weights.reshape(-1).to(kind)
    return torch.zeros(size * size, dtype=kind).index_add(0, rows * size + columns, each).reshape(size, size)


def _highest(rows: Torch, columns: Torch) -> int:
    return int(max(rows.max(), columns.max())) if len(rows) else -1


@function("input", numbers="real", alone="k")
def top_k(
    input: Torch, k: Any = 1, sorted: bool = True, index_type: Any = "int32", name: str | None = None
) -> Any:
    """The ``k`` greatest of the last axis, and their places; of equal ones the first."""
    return _top(input, int(k), kind_of(index_type))


def _top(input: Torch, k: int, kind: torch.dtype) -> Any:
    if input.ndim == 0 or input.shape[-1] < k:
        raise InvalidArgumentError(
            f"tf.math.top_k: k={k} of {input.shape[-1] if input.ndim else 'a scalar'} numbers."
        )
    values, places = torch.sort(input, dim=-1, descending=True, stable=True)
    return TopK(values[..., :k], places[..., :k].to(kind))


@function("predictions", numbers="float", alone="targets")
def in_top_k(targets: Torch, predictions: Torch, k: int, name: str | None = None) -> Torch:
    """Whether each target ``(N,)`` is among the ``k`` greatest of its row of ``predictions``."""
    mine = predictions.gather(1, targets.long()[:, None])
    return ((predictions > mine).sum(1) < int(k)) & torch.isfinite(mine[:, 0])


@function("x", numbers="float")
def l2_normalize(x: Torch, axis: Any = None, epsilon: float = 1e-12, name: str | None = None) -> Torch:
    """Divided by its length along ``axis`` (of everything for None), which is at least √``epsilon``."""
    along = axes(axis, x.ndim)
    return (
        x * torch.rsqrt(torch.clamp(x.square().sum(along, keepdim=True), min=epsilon))
        if along
        else x / x.abs()
    )


@function("input", numbers="float", alone="mask")
def zero_fraction(input: Torch, name: str | None = None) -> Torch:
    """The share of zeros."""
    return (input == 0).float().mean()


@function(alone="arr weights")
def bincount(
    arr: Torch,
    weights: Any = None,
    minlength: Any = None,
    maxlength: Any = None,
    dtype: Any = "int32",
    name: str | None = None,
    axis: Any = None,
    binary_output: bool = False,
) -> Torch:
    """How often each whole number from 0 is there."""
    values = arr.reshape(-1).long()
    given = None if weights is None else weights.reshape(-1)
    if maxlength is not None:
        kept = values < int(maxlength)
        values, given = values[kept], None if given is None else given[kept]
    found = torch.bincount(values, given, minlength=int(minlength or 0))
    return found.to(kind_of(dtype)) if weights is None else found.to(weights.dtype)


def _segments(name: str, how: str) -> Any:
    def segment(data: Torch, segment_ids: Torch, num_segments: Any = None, name: str | None = None) -> Torch:
        ids = segment_ids.long()
        count = int(num_segments) if num_segments is not None else (int(ids.max()) + 1 if len(ids) else 0)
        shape = (count, *data.shape[1:])
        places = ids.reshape(-1, *(1,) * (data.ndim - 1)).expand_as(data)
        empty = data.new_zeros(shape)
        return empty.scatter_reduce(0, places, data, how, include_self=False)

    segment.__name__ = segment.__qualname__ = name
    segment.__doc__ = f"The {name.rpartition('_')[2]} of the rows of each segment."
    return function("data", numbers="real", alone="segment_ids")(segment)


for _name, _how in (("sum", "sum"), ("mean", "mean"), ("max", "amax"), ("min", "amin"), ("prod", "prod")):
    globals()[f"segment_{_name}"] = _segments(f"segment_{_name}", _how)
    globals()[f"unsorted_segment_{_name}"] = _segments(f"unsorted_segment_{_name}", _how)


@function("input")
def count_nonzero(
    input: Torch, axis: Any = None, keepdims: bool = False, dtype: Any = "int64", name: str | None = None
) -> Torch:
    """How many numbers are not 0."""
    along = axes(axis, input.ndim)
    there = (input != 0).to(kind_of(dtype))
    return there.sum(along, keepdim=keepdims, dtype=there.dtype) if along else there


__all__ = offered(globals(), "accumulate_n")
