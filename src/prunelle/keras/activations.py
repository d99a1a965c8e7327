"""Keras's activations: functions of tensors in Keras's order, and the modules that layers use for them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import torch
import torch.nn.functional as F
from torch import nn

from prunelle.keras import absent
from prunelle.keras.layout import KerasOrder, UsersFunction
from prunelle.keras.naming import lookup


def linear(x: torch.Tensor) -> torch.Tensor:
    """x"""
    return x


def relu(
    x: torch.Tensor, negative_slope: float = 0.0, max_value: float | None = None, threshold: float = 0.0
) -> torch.Tensor:
    """max(x, 0); below ``threshold`` it is ``negative_slope`` · (x - threshold), and never above ``max_value``."""
    positive = (
        torch.where(x >= threshold, x, negative_slope * (x - threshold))
        if threshold
        else F.leaky_relu(x, negative_slope)
    )
    return positive if max_value is None else positive.clamp(max=max_value)


def leaky_relu(x: torch.Tensor, negative_slope: float = 0.2) -> torch.Tensor:
    """x above 0, ``negative_slope`` · x below."""
    return F.leaky_relu(x, negative_slope)


def relu6(x: torch.Tensor) -> torch.Tensor:
    """min(max(x, 0), 6)"""
    return F.relu6(x)


def softmax(x: torch.Tensor, axis: int = -1) -> torch.Tensor:
    """exp(x) divided by its sum along ``axis``."""
    return torch.softmax(x, axis)


def log_softmax(x: torch.Tensor, axis: int = -1) -> torch.Tensor:
    """The logarithm of softmax."""
    return torch.log_softmax(x, axis)


def sigmoid(x: torch.Tensor) -> torch.Tensor:
    """1 / (1 + exp(-x))"""
    return torch.sigmoid(x)


def hard_sigmoid(x: torch.Tensor) -> torch.Tensor:
    """0 below -3, 1 above 3, x/6 + 1/2 between."""
    return F.hardsigmoid(x)


def tanh(x: torch.Tensor) -> torch.Tensor:
    """The hyperbolic tangent."""
    return torch.tanh(x)


def softplus(x: torch.Tensor) -> torch.Tensor:
    """log(exp(x) + 1)"""
    return F.softplus(x)


def softsign(x: torch.Tensor) -> torch.Tensor:
    """x / (|x| + 1)"""
    return F.softsign(x)


def elu(x: torch.Tensor, alpha: float = 1.0) -> torch.Tensor:
    """x above 0, ``alpha`` · (exp(x) - 1) below."""
    return F.elu(x, alpha)


def selu(x: torch.Tensor) -> torch.Tensor:
    """The scaled ELU of Klambauer et al. 2017."""
    return F.selu(x)


def gelu(x: torch.Tensor, approximate: bool = False) -> torch.Tensor:
    """x · Φ(x), Φ being the distribution function of N(0, 1)."""
    return F.gelu(x, approximate="tanh" if approximate else "none")


def silu(x: torch.Tensor) -> torch.Tensor:
    """x · sigmoid(x)"""
    return F.silu(x)


swish = silu


def mish(x: torch.Tensor) -> torch.Tensor:
    """x · tanh(softplus(x))"""
    return F.mish(x)


def exponential(x: torch.Tensor) -> torch.Tensor:
    """exp(x)"""
    return torch.exp(x)


_FUNCTIONS = (
    *(linear, relu, leaky_relu, relu6, softmax, log_softmax, sigmoid, hard_sigmoid, tanh, softplus, softsign),
    *(elu, selu, gelu, silu, mish, exponential),
)
_BY_NAME: dict[str, Callable[..., torch.Tensor]] = {function.__name__: function for function in _FUNCTIONS}
_BY_NAME["swish"] = silu

_MODULES: Mapping[Callable[..., torch.Tensor], Callable[[], nn.Module]] = {
    relu: nn.ReLU,
    # Class scores are on axis 1 of tensors in PyTorch's order, whatever their rank.
    softmax: lambda: nn.Softmax(dim=1),
    log_softmax: lambda: nn.LogSoftmax(dim=1),
    sigmoid: nn.Sigmoid,
    tanh: nn.Tanh,
}


def get(identifier: Any) -> Callable[..., torch.Tensor]:
    """An activation by name, or as it is; None is ``linear``."""
    if isinstance(
        identifier, Mapping
    ):  # as Keras saves a function: {"class_name": "function", "config": "relu"}
        identifier = identifier["config"]
    return lookup("activation", identifier, _BY_NAME) or linear


def serialize(activation: Callable[..., torch.Tensor]) -> str:
    """Its name."""
    return str(getattr(activation, "__name__", type(activation).__name__))


def parts(activation: Callable[..., torch.Tensor], *, inplace: bool = False) -> list[nn.Module]:
    """The module of an activation, in a list; an empty one for ``linear``.

    Args:
        inplace: nobody else looks at its input.
    """
    if activation is linear:
        return []
    if activation is relu and inplace:
        return [nn.ReLU(inplace=True)]
    made = _MODULES.get(activation)
    if made is not None:
        return [made()]
    own = activation in _BY_NAME.values()
    return [KerasOrder(activation) if own else UsersFunction(activation)]


__all__ = [
    *("elu", "exponential", "gelu", "get", "hard_sigmoid", "leaky_relu", "linear", "log_softmax", "mish"),
    *(
        "relu",
        "relu6",
        "selu",
        "serialize",
        "sigmoid",
        "silu",
        "softmax",
        "softplus",
        "softsign",
        "swish",
        "tanh",
    ),
]

__getattr__ = absent.reporter(__name__)
