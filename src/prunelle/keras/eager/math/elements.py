"""Functions of one tensor, number by number."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch
import torch.nn.functional as F

from prunelle.keras.eager.functions import function

Torch = torch.Tensor
ByElement = Callable[..., Torch]


def by_element(name: str, compute: ByElement, numbers: str) -> Any:
    """``tf.math``'s function of a name."""

    def each(x: Torch, name: str | None = None) -> Torch:
        return compute(x)

    each.__name__ = each.__qualname__ = name
    each.__doc__ = f"``{name}`` of each number."
    return function("x", numbers=numbers)(each)


def _stepwise(compute: ByElement) -> ByElement:
    """Functions that TensorFlow has no gradient of, where PyTorch's is 0; whole numbers stay."""
    return lambda x: compute(x.detach()) if x.is_floating_point() else x


def _acosh(x: Torch) -> Torch:
    nowhere = torch.where(x < 1, torch.full_like(x, float("nan")), 1) if x.is_floating_point() else 1
    return torch.acosh(x) * nowhere


def _sign(x: Torch) -> Torch:
    if x.is_complex():
        return torch.sgn(x)
    found = torch.sign(x)
    return torch.where(x.isnan(), x.detach(), found) if x.is_floating_point() else found


def _angle(x: Torch) -> Torch:
    """Of real numbers π where they are below 0."""
    if x.is_complex():
        return torch.angle(x)
    return torch.where(x < 0, torch.full_like(x, torch.pi), torch.zeros_like(x))


def _softplus(x: Torch) -> Torch:
    return F.softplus(x, threshold=40)


def _reciprocal(x: Torch) -> Torch:
    return torch.reciprocal(x) if x.is_floating_point() or x.is_complex() else 1 // x


def _reciprocal_or_0(x: Torch) -> Torch:
    none = x == 0
    return torch.where(none, torch.zeros_like(x), torch.reciprocal(torch.where(none, torch.ones_like(x), x)))


FLOATS: dict[str, ByElement] = {
    **{
        name: getattr(torch, name)
        for name in (
            *("exp", "expm1", "log", "log1p", "sqrt", "rsqrt", "sin", "cos", "tan", "asin", "acos", "atan"),
            *("sinh", "cosh", "tanh", "asinh", "atanh", "sigmoid", "erf", "erfc", "erfinv", "lgamma"),
        )
    },
    "acosh": _acosh,
    "digamma": torch.digamma,
    "is_finite": torch.isfinite,
    "is_inf": torch.isinf,
    "is_nan": torch.isnan,
    "log_sigmoid": F.logsigmoid,
    "softplus": _softplus,
    "softsign": F.softsign,
    "ndtri": torch.special.ndtri,
    "erfcinv": lambda x: -torch.special.ndtri(0.5 * x) * 0.5**0.5,
    "reciprocal_no_nan": _reciprocal_or_0,
}
COUNTS: dict[str, ByElement] = {
    "abs": torch.abs,
    "sign": _sign,
    "floor": _stepwise(torch.floor),
    "ceil": _stepwise(torch.ceil),
    "rint": _stepwise(torch.round),
    "round": _stepwise(torch.round),
    "square": lambda x: x * x,
    "negative": torch.neg,
    "reciprocal": _reciprocal,
    "conj": lambda x: torch.conj(x).resolve_conj(),
    "real": lambda x: torch.real(x).clone() if x.is_complex() else x,
    "angle": _angle,
}
ANY: dict[str, ByElement] = {
    "imag": lambda x: torch.imag(x).clone() if x.is_complex() else torch.zeros_like(x),
}
FUNCTIONS = {
    name: by_element(name, compute, numbers)
    for table, numbers in ((FLOATS, "float"), (COUNTS, "count"), (ANY, "any"))
    for name, compute in table.items()
}
globals().update(FUNCTIONS)


@function("x", numbers="bool")
def logical_not(x: Torch, name: str | None = None) -> Torch:
    """Each truth's contrary."""
    return torch.logical_not(x)


def _in_order(strictly: bool) -> Any:
    name = "is_strictly_increasing" if strictly else "is_non_decreasing"

    def ordered(x: Torch, name: str | None = None) -> Torch:
        flat = x.reshape(-1)
        return ((flat[1:] > flat[:-1]) if strictly else (flat[1:] >= flat[:-1])).all()

    ordered.__name__ = ordered.__qualname__ = name
    ordered.__doc__ = f"Whether each number is {'above' if strictly else 'not below'} the one before."
    return function("x", numbers="count")(ordered)


is_non_decreasing, is_strictly_increasing = _in_order(False), _in_order(True)
