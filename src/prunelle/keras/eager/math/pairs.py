"""Functions of two tensors, number by number."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch

from prunelle.keras.eager.errors import InvalidArgumentError
from prunelle.keras.eager.functions import function
from prunelle.keras.eager.tensor import COMPARISONS, OPERATORS, true_divide

Torch = torch.Tensor
OfTwo = Callable[..., Torch]


def of_two(name: str, compute: OfTwo, numbers: str) -> Any:
    """``tf.math``'s function of a name."""

    def both(x: Torch, y: Torch, name: str | None = None) -> Torch:
        return compute(x, y)

    both.__name__ = both.__qualname__ = name
    both.__doc__ = f"``{name}`` of the numbers of two tensors, place by place."
    return function("x y", numbers=numbers)(both)


def _where_not_zero(compute: OfTwo) -> OfTwo:
    """0 where the first is 0, whatever the second is; its gradient too."""

    def both(x: Torch, y: Torch) -> Torch:
        none = x == 0
        return torch.where(none, torch.zeros_like(x), compute(x, torch.where(none, torch.ones_like(y), y)))

    return both


def _divided_or_none(x: Torch, y: Torch) -> Torch:
    none = y == 0
    return torch.where(none, torch.zeros_like(x), x / torch.where(none, torch.ones_like(y), y))


def _division_no_nan(x: Torch, y: Torch) -> Torch:
    if x.is_floating_point() or x.is_complex():
        return _divided_or_none(x, y)
    kind = torch.float64 if x.dtype.itemsize > 2 else torch.float32
    return _divided_or_none(x.to(kind), y.to(kind))


def by_zero(x: Torch, y: Torch) -> None:
    """Raises: InvalidArgumentError: whole numbers are divided by 0."""
    if not x.is_floating_point() and not y.is_meta and x.numel() and bool((y == 0).any()):
        raise InvalidArgumentError("whole numbers are not divided by zero.")


def _truncated(x: Torch, y: Torch) -> Torch:
    by_zero(x, y)
    return torch.fmod(x, y)


def _truncated_division(x: Torch, y: Torch) -> Torch:
    by_zero(x, y)
    return torch.div(x, y, rounding_mode="trunc")


def _greater(least: bool) -> OfTwo:
    """Of equal ones the first has the gradient; PyTorch would share it."""

    def of_both(x: Torch, y: Torch) -> Torch:
        first = (x <= y) if least else (x >= y)
        return torch.where(first | x.isnan() if x.is_floating_point() else first, x, y)

    return of_both


def _squared(x: Torch, y: Torch) -> Torch:
    difference = x - y
    if x.is_complex():
        return (difference.real.square() + difference.imag.square()).to(x.dtype)
    return difference * difference


def _polygamma(a: Torch, x: Torch) -> Torch:
    """PyTorch has it of one order at a time; it is no number for orders that are not whole."""
    orders, values = torch.broadcast_tensors(a, x)  # type: ignore[no-untyped-call]
    found = torch.full_like(values, float("nan"))
    for order in orders.unique().tolist() if not orders.is_meta else []:
        if order >= 0 and order == order // 1:
            made = torch.special.polygamma(int(order), values)
            found = torch.where(orders == order, made, found)
    return found


OF_TWO: dict[str, tuple[OfTwo, str]] = {
    "add": (OPERATORS["add"], "count"),
    "subtract": (OPERATORS["sub"], "count"),
    "multiply": (OPERATORS["mul"], "count"),
    "divide": (true_divide, "count"),
    "truediv": (true_divide, "count"),
    "realdiv": (true_divide, "count"),
    "floordiv": (OPERATORS["floordiv"], "real"),
    "floormod": (OPERATORS["mod"], "real"),
    "mod": (OPERATORS["mod"], "real"),
    "pow": (OPERATORS["pow"], "count"),
    "maximum": (_greater(least=False), "real"),
    "minimum": (_greater(least=True), "real"),
    "squared_difference": (_squared, "count"),
    "divide_no_nan": (_division_no_nan, "count"),
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
    "truncatediv": (_truncated_division, "real"),
    "nextafter": (torch.nextafter, "float"),
    "igamma": (torch.special.gammainc, "float"),
    "igammac": (torch.special.gammaincc, "float"),
    "zeta": (torch.special.zeta, "float"),
    "polygamma": (_polygamma, "float"),
}
FUNCTIONS = {name: of_two(name, compute, numbers) for name, (compute, numbers) in OF_TWO.items()}
globals().update(FUNCTIONS)


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


@function("scalar x", numbers="count")
def scalar_mul(scalar: Torch, x: Torch, name: str | None = None) -> Torch:
    """A number times a tensor.

    Raises:
        InvalidArgumentError: no single number.
    """
    if scalar.ndim:
        raise InvalidArgumentError(
            f"tf.math.scalar_mul: scalar is one number; received {tuple(scalar.shape)}."
        )
    return scalar * x
