"""What is counted, ranked and ordered."""

from __future__ import annotations

from typing import Any, NamedTuple

import torch

from prunelle.keras.eager.errors import InvalidArgumentError
from prunelle.keras.eager.functions import axes, function, kind_of

Torch = torch.Tensor


class TopK(NamedTuple):
    """What ``top_k`` gives."""

    values: Torch
    indices: Torch


@function("input", numbers="real")
def top_k(
    input: Torch, k: Any = 1, sorted: bool = True, index_type: Any = "int32", name: str | None = None
) -> Any:
    """The ``k`` greatest of the last axis, and their places; of equal ones the first."""
    number = int(k)
    if input.ndim == 0 or not 0 <= number <= input.shape[-1]:
        raise InvalidArgumentError(
            f"tf.math.top_k: k={number} of {input.shape[-1] if input.ndim else 'a scalar'} numbers."
        )
    values, places = torch.sort(input, dim=-1, descending=True, stable=True)
    return TopK(values[..., :number], places[..., :number].to(kind_of(index_type)))


def _approximately(name: str, greatest: bool) -> Any:
    def found(operand: Torch, k: int, reduction_dimension: int = -1, **_: Any) -> Any:
        along = axes(reduction_dimension, operand.ndim)[0]
        values, places = torch.topk(operand, int(k), along, largest=greatest)
        return values, places.to(torch.int32)

    found.__name__ = found.__qualname__ = name
    found.__doc__ = (
        f"The ``k`` {'greatest' if greatest else 'least'} along an axis, exactly, and their places."
    )
    return function("operand", numbers="real")(found)


approx_max_k, approx_min_k = _approximately("approx_max_k", True), _approximately("approx_min_k", False)


@function("predictions", numbers="float", alone="targets")
def in_top_k(targets: Torch, predictions: Torch, k: int, name: str | None = None) -> Torch:
    """Whether each target ``(N,)`` is among the ``k`` greatest of its row of ``predictions``."""
    there = (targets >= 0) & (targets < predictions.shape[1])
    places = torch.where(there, targets, torch.zeros_like(targets)).long()
    mine = predictions.gather(1, places[:, None])
    return ((predictions > mine).sum(1) < int(k)) & torch.isfinite(mine[:, 0]) & there


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
    """How often each whole number from 0 is there; ``axis=-1``: in each row.

    Raises:
        InvalidArgumentError: a number below 0.
    """
    if arr.numel() and int(arr.min()) < 0:
        raise InvalidArgumentError("tf.math.bincount counts numbers from 0.")
    kind = kind_of(dtype) if weights is None else weights.dtype
    length = max(int(minlength or 0), int(arr.max()) + 1 if arr.numel() else 0)
    length = length if maxlength is None else min(length, int(maxlength))
    by_row = axis is not None and int(axis) == -1 and arr.ndim > 1
    rows = arr.reshape(-1, arr.shape[-1]) if by_row else arr.reshape(1, -1)
    each = torch.ones(rows.shape, dtype=kind) if weights is None else weights.reshape(rows.shape)
    kept = rows < length
    places = torch.where(kept, rows, torch.zeros_like(rows)).long()
    found = torch.zeros(len(rows), length, dtype=kind)
    if length:
        found = found.scatter_add(1, places, torch.where(kept, each, torch.zeros_like(each)))
    if binary_output:
        found = (found != 0).to(kind)
    return found.reshape(*arr.shape[:-1], length) if by_row else found[0]


@function(alone="x")
def invert_permutation(x: Torch, name: str | None = None) -> Torch:
    """The order that undoes an order.

    Raises:
        InvalidArgumentError: numbers that are no order of 0, 1, 2…
    """
    if sorted(x.tolist()) != list(range(x.numel())):
        raise InvalidArgumentError("tf.math.invert_permutation takes an order of 0, 1, 2…, each once.")
    return torch.argsort(x).to(x.dtype)


@function("a b x", numbers="float")
def betainc(a: Torch, b: Torch, x: Torch, name: str | None = None) -> Torch:
    """The regularised incomplete beta function, by SciPy; it has no gradient."""
    from scipy.special import betainc as compute

    return torch.as_tensor(compute(*(each.detach().numpy() for each in (a, b, x)))).to(x.dtype)


@function("x", numbers="float")
def lbeta(x: Torch, name: str | None = None) -> Torch:
    """``Σ log Γ(x) - log Γ(Σ x)`` along the last axis."""
    return torch.lgamma(x).sum(-1) - torch.lgamma(x.sum(-1))


def sobol_sample(
    dim: Any, num_results: Any, skip: Any = 0, dtype: Any = "float32", name: str | None = None
) -> Any:
    """``(num_results, dim)`` points of a Sobol sequence."""
    from prunelle.keras.eager.tensor import wrap

    engine: Any = torch.quasirandom.SobolEngine(int(dim))  # type: ignore[no-untyped-call]
    return wrap(engine.fast_forward(int(skip) + 1).draw(int(num_results)).to(kind_of(dtype)))
