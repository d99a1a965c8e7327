"""``tf.nn``: activations, convolutions, losses of logits."""

from __future__ import annotations

import torch

from prunelle.keras.eager.functions import axes, function
from prunelle.keras.names.tensorflow.math import l2_normalize, sigmoid, softplus, softsign, tanh

Torch = torch.Tensor


@function("features", numbers="real")
def relu(features: Torch, name: str | None = None) -> Torch:
    """Nothing below 0."""
    return torch.relu(features)


@function("logits", numbers="float")
def softmax(logits: Torch, axis: int | None = None, name: str | None = None) -> Torch:
    """Shares that sum to 1 along an axis, the last one for None."""
    return torch.softmax(logits, axes(-1 if axis is None else axis, logits.ndim)[0])


__all__ = ["l2_normalize", "relu", "sigmoid", "softmax", "softplus", "softsign", "tanh"]
