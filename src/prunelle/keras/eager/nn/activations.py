"""Activations, and dropout."""

from __future__ import annotations

from typing import Any

import numpy as np
import torch
import torch.nn.functional as F

from prunelle.keras.eager.errors import InvalidArgumentError
from prunelle.keras.eager.functions import axes, function, sizes

Torch = torch.Tensor
_SELU = 1.0507009873554805, 1.6732632423543772
"""Its scale and alpha, from the paper on self-normalizing networks (Klambauer et al., 2017)."""


@function("features", numbers="real")
def relu(features: Torch, name: str | None = None) -> Torch:
    """Nothing below 0."""
    return torch.relu(features)


@function("features", numbers="real")
def relu6(features: Torch, name: str | None = None) -> Torch:
    """Nothing below 0 and nothing above 6."""
    return F.relu6(features) if features.is_floating_point() else features.clamp(0, 6)


@function("features", numbers="float")
def elu(features: Torch, name: str | None = None) -> Torch:
    """Below 0, ``exp(x) - 1``."""
    return F.elu(features)


@function("features", numbers="float")
def selu(features: Torch, name: str | None = None) -> Torch:
    """``elu`` with factors that keep mean and variance."""
    # At 0 PyTorch's gradient is that from below.
    below = _SELU[0] * _SELU[1] * torch.expm1(torch.clamp(features, max=0))
    return torch.where(features < 0, below, _SELU[0] * features)


def _single(number: Any) -> float:
    """TensorFlow keeps such numbers in 32 bits, which shows in float64."""
    return float(np.float32(number))


@function("features", numbers="real")
def leaky_relu(features: Torch, alpha: Any = 0.2, name: str | None = None) -> Torch:
    """Below 0, ``alpha · x``; of whole numbers, float32."""
    values = features if features.is_floating_point() else features.float()
    return F.leaky_relu(values, _single(alpha))


@function("features", numbers="real")
def crelu(features: Torch, axis: Any = -1, name: str | None = None) -> Torch:
    """``relu(x)`` beside ``relu(-x)`` along an axis."""
    return torch.relu(torch.cat([features, -features], axes(axis, features.ndim)[0]))


def _silu(features: Torch, beta: Any = 1.0) -> Torch:
    """``x · sigmoid(beta · x)``."""
    factor = beta if isinstance(beta, torch.Tensor) else float(beta)
    return features * torch.sigmoid(features * factor)


@function("features", numbers="float", alone="beta")
def silu(features: Torch, beta: Any = 1.0, name: str | None = None) -> Torch:
    """``x · sigmoid(beta · x)``."""
    return _silu(features, beta.to(features.dtype) if isinstance(beta, torch.Tensor) else beta)


@function("features", numbers="float", alone="beta")
def swish(features: Torch, beta: Any = 1.0, name: str | None = None) -> Torch:
    """``x · sigmoid(beta · x)``."""
    return _silu(features, beta.to(features.dtype) if isinstance(beta, torch.Tensor) else beta)


@function("features", numbers="float")
def gelu(features: Torch, approximate: bool = False, name: str | None = None) -> Torch:
    """``x · Φ(x)``, by the hyperbolic tangent where ``approximate``."""
    if features.dtype != torch.float64:
        return F.gelu(features, approximate="tanh" if approximate else "none")
    if approximate:
        inner = _single((2 / torch.pi) ** 0.5) * (features + _single(0.044715) * features**3)
        return 0.5 * features * (1 + torch.tanh(inner))
    return 0.5 * features * (1 + torch.erf(features * _single(0.5**0.5)))


def _along(x: Torch, axis: Any, name: str) -> int:
    if x.ndim == 0:
        raise InvalidArgumentError(f"{name} takes tensors of one axis or more; received a scalar.")
    return axes(-1 if axis is None else axis, x.ndim)[0]


@function("logits", numbers="float")
def softmax(logits: Torch, axis: Any = None, name: str | None = None) -> Torch:
    """Shares that sum to 1 along an axis, the last one for None."""
    return torch.softmax(logits, _along(logits, axis, "tf.nn.softmax"))


@function("logits", numbers="float")
def log_softmax(logits: Torch, axis: Any = None, name: str | None = None) -> Torch:
    """The logarithm of ``softmax``."""
    return torch.log_softmax(logits, _along(logits, axis, "tf.nn.log_softmax"))


@function("x", numbers="float")
def dropout(
    x: Torch,
    rate: Any = None,
    noise_shape: Any = None,
    seed: Any = None,
    name: str | None = None,
    keep_prob: Any = None,
) -> Torch:
    """A share ``rate`` of the numbers become 0, the others are divided by what is kept of them.

    Args:
        noise_shape: the shape of what is drawn; along an axis of size 1 all are kept, or none.
        seed: without effect; ``tf.random.set_seed`` has one.

    Raises:
        InvalidArgumentError: a rate that is not within 0 and below 1.
    """
    share = 1 - float(keep_prob) if rate is None and keep_prob is not None else rate
    if share is None or not 0 <= float(share) < 1:
        raise InvalidArgumentError(f"tf.nn.dropout: rate is from 0 to below 1; received {rate}.")
    if float(share) == 0:
        return x
    shape = x.shape if noise_shape is None else tuple(
        size if wanted is None else int(wanted)
        for size, wanted in zip(x.shape[-len(noise_shape) :], noise_shape, strict=True)
    )  # fmt: skip
    kept = torch.rand(sizes(tuple(shape)), device=x.device) >= float(share)
    return torch.where(kept, x / (1 - float(share)), torch.zeros((), dtype=x.dtype, device=x.device))
