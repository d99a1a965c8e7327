"""Normalisations."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import torch
import torch.nn.functional as F
from torch import nn

from prunelle.errors import ArgumentError
from prunelle.keras.layers.base import Layer
from prunelle.keras.layout import KerasOrder, Shape


class _BatchNorm(nn.Module):
    """Batch normalisation as Keras counts: moving averages of the batch's own (biased) variance.

    PyTorch's takes the unbiased one. ``frozen`` is what ``trainable = False`` means to it: evaluation mode
    even in training.
    """

    def __init__(self, channels: int, momentum: float, epsilon: float, center: bool, scale: bool) -> None:
        super().__init__()
        self.momentum, self.epsilon = momentum, epsilon
        self.weight = nn.Parameter(torch.ones(channels)) if scale else None
        self.bias = nn.Parameter(torch.zeros(channels)) if center else None
        self.register_buffer("running_mean", torch.zeros(channels))
        self.register_buffer("running_var", torch.ones(channels))
        self.running_mean: torch.Tensor
        self.running_var: torch.Tensor
        self.frozen = False

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        if not self.training or self.frozen:
            return F.batch_norm(
                x, self.running_mean, self.running_var, self.weight, self.bias, False, 0.0, self.epsilon
            )
        mean, variance = torch.zeros_like(self.running_mean), torch.zeros_like(self.running_var)
        # With a momentum of 1, PyTorch leaves the batch's own mean and unbiased variance there.
        result = F.batch_norm(x, mean, variance, self.weight, self.bias, True, 1.0, self.epsilon)
        n = x.numel() // x.shape[1]
        with torch.no_grad():
            self.running_mean.lerp_(mean, 1 - self.momentum)
            self.running_var.lerp_(variance * ((n - 1) / n), 1 - self.momentum)
        return result


class BatchNormalization(Layer):
    """Each channel brought to mean 0 and variance 1 over the batch (Ioffe, Szegedy 2015), then scaled and moved.

    Weights: gamma, beta, moving_mean, moving_variance, one value a channel each. Not trainable, it uses the
    moving averages even in training, as Keras's does.
    """

    def __init__(
        self,
        axis: int | Sequence[int] = -1,
        momentum: float = 0.99,
        epsilon: float = 1e-3,
        center: bool = True,
        scale: bool = True,
        beta_initializer: Any = "zeros",
        gamma_initializer: Any = "ones",
        moving_mean_initializer: Any = "zeros",
        moving_variance_initializer: Any = "ones",
        beta_regularizer: Any = None,
        gamma_regularizer: Any = None,
        beta_constraint: Any = None,
        gamma_constraint: Any = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.axis = axis if isinstance(axis, int) else axis[0]
        self.momentum, self.epsilon, self.center, self.scale = momentum, epsilon, center, scale
        self.beta_initializer, self.gamma_initializer = beta_initializer, gamma_initializer
        self.moving_mean_initializer = moving_mean_initializer
        self.moving_variance_initializer = moving_variance_initializer
        self.beta_regularizer, self.gamma_regularizer = beta_regularizer, gamma_regularizer
        self.beta_constraint, self.gamma_constraint = beta_constraint, gamma_constraint

    def make(self, input_shape: Shape) -> list[nn.Module]:
        if self.axis not in (-1, len(input_shape) - 1):
            raise ArgumentError(
                f"{self.name}: axis must be the channels, the last one (-1); received {self.axis} for the shape "
                f"{tuple(input_shape)}."
            )
        if input_shape[-1] is None:
            raise ArgumentError(
                f"{self.name} needs to know its input's channels; received {tuple(input_shape)}."
            )
        module = _BatchNorm(input_shape[-1], self.momentum, self.epsilon, self.center, self.scale)
        if module.weight is not None:
            self._announce(
                "gamma",
                module,
                "weight",
                self.gamma_initializer,
                regularizer=self.gamma_regularizer,
                constraint=self.gamma_constraint,
            )
        if module.bias is not None:
            self._announce(
                "beta",
                module,
                "bias",
                self.beta_initializer,
                regularizer=self.beta_regularizer,
                constraint=self.beta_constraint,
            )
        self._announce("moving_mean", module, "running_mean", self.moving_mean_initializer, trained=False)
        self._announce(
            "moving_variance", module, "running_var", self.moving_variance_initializer, trained=False
        )
        return [module]

    def freeze(self, frozen: bool) -> None:
        """What ``compile`` says of ``trainable``."""
        for part in self.parts:
            part.frozen = frozen  # type: ignore[assignment]


class LayerNormalization(Layer):
    """Each example brought to mean 0 and variance 1 over its last axis, then scaled and moved."""

    def __init__(
        self,
        axis: int | Sequence[int] = -1,
        epsilon: float = 1e-3,
        center: bool = True,
        scale: bool = True,
        beta_initializer: Any = "zeros",
        gamma_initializer: Any = "ones",
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.axis = int(axis[0]) if isinstance(axis, list | tuple) and len(axis) == 1 else axis
        self.epsilon, self.center, self.scale = epsilon, center, scale
        self.beta_initializer, self.gamma_initializer = beta_initializer, gamma_initializer

    def make(self, input_shape: Shape) -> list[nn.Module]:
        if self.axis not in (-1, len(input_shape) - 1) or input_shape[-1] is None:
            raise ArgumentError(
                f"{self.name}: axis must be the last one (-1), of known size; received {self.axis}."
            )
        channels = input_shape[-1]
        module = _LayerNorm(channels, self.epsilon, self.center, self.scale)
        if module.weight is not None:
            self._announce("gamma", module, "weight", self.gamma_initializer)
        if module.bias is not None:
            self._announce("beta", module, "bias", self.beta_initializer)
        return [module]


class _LayerNorm(nn.Module):
    def __init__(self, channels: int, epsilon: float, center: bool, scale: bool) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.ones(channels)) if scale else None
        self.bias = nn.Parameter(torch.zeros(channels)) if center else None
        self.epsilon = epsilon
        self._run = KerasOrder(lambda x: F.layer_norm(x, x.shape[-1:], self.weight, self.bias, self.epsilon))

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self._run(x)  # type: ignore[no-any-return]


__all__ = ["BatchNormalization", "LayerNormalization"]
