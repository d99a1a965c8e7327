"""Means and variances, and what is normalised by them."""

from __future__ import annotations

from typing import Any

import torch
import torch.nn.functional as F

from prunelle.keras.eager.errors import InvalidArgumentError
from prunelle.keras.eager.functions import axes as axes_of
from prunelle.keras.eager.functions import function
from prunelle.keras.eager.math.reductions import mean as mean_of
from prunelle.keras.eager.nn.places import channels_first

Torch = torch.Tensor


@function("value bias", numbers="count")
def bias_add(value: Torch, bias: Torch, data_format: str | None = None, name: str | None = None) -> Torch:
    """A number for each channel, the last axis unless ``data_format`` begins with ``NC``."""
    first = channels_first(data_format, 2, "tf.nn.bias_add")
    channels = value.shape[1 if first else -1] if value.ndim > 1 else -1
    if bias.ndim != 1 or bias.shape[0] != channels:
        raise InvalidArgumentError(
            f"tf.nn.bias_add: bias is a number for each channel of {tuple(value.shape)}; received "
            f"{tuple(bias.shape)}."
        )
    return value + (bias.reshape(-1, *(1,) * (value.ndim - 2)) if first else bias)


@function("x", numbers="count")
def moments(x: Torch, axes: Any, shift: Any = None, keepdims: bool = False, name: str | None = None) -> Any:
    """Mean and variance over axes; 16 bits are added up in 32."""
    along = axes_of(axes, x.ndim, "axes")
    values = x.float() if x.dtype == torch.float16 else x
    mean = mean_of(values, along, True)
    variance = mean_of((values - mean.detach()).square(), along, True)
    if not keepdims:
        mean, variance = (_without(each, along) for each in (mean, variance))
    return mean.to(x.dtype), variance.to(x.dtype)


def _without(x: Torch, along: tuple[int, ...]) -> Torch:
    return x.squeeze(along) if along else x


@function("x frequency_weights", numbers="float")
def weighted_moments(
    x: Torch, axes: Any, frequency_weights: Torch, keepdims: bool = False, name: str | None = None
) -> Any:
    """Mean and variance over axes, each number as often as its weight."""
    along = axes_of(axes, x.ndim, "axes")
    weights = frequency_weights + torch.zeros_like(x)
    total = weights.sum(along, keepdim=True)
    mean = (weights * x).sum(along, keepdim=True) / total
    variance = (weights * (x - mean).square()).sum(along, keepdim=True) / total
    if not keepdims:
        mean, variance = (_without(each, along) for each in (mean, variance))
    return mean, variance


@function("x", numbers="float", alone="shift")
def sufficient_statistics(
    x: Torch, axes: Any, shift: Any = None, keepdims: bool = False, name: str | None = None
) -> Any:
    """Count, sum and sum of squares over axes, of ``x - shift``; and the shift."""
    along = axes_of(axes, x.ndim, "axes")
    count = 1
    for each in along:
        count *= x.shape[each]
    values = x if shift is None else x - shift.to(x.dtype)
    sums = values.sum(along, keepdim=keepdims), values.square().sum(along, keepdim=keepdims)
    return torch.tensor(float(count), dtype=x.dtype), *sums, None if shift is None else shift.to(x.dtype)


@function("counts mean_ss variance_ss", numbers="float", alone="shift")
def normalize_moments(
    counts: Torch, mean_ss: Torch, variance_ss: Torch, shift: Any = None, name: str | None = None
) -> Any:
    """Mean and variance of what ``sufficient_statistics`` gave."""
    about = mean_ss / counts
    mean = about if shift is None else about + shift.to(about.dtype)
    return mean, variance_ss / counts - about.square()


@function("x mean variance offset scale", numbers="float")
def batch_normalization(
    x: Torch,
    mean: Torch,
    variance: Torch,
    offset: Any = None,
    scale: Any = None,
    variance_epsilon: Any = 0.001,
    name: str | None = None,
) -> Torch:
    """``scale · (x - mean) / √(variance + ε) + offset``."""
    factor = torch.rsqrt(variance + float(variance_epsilon))
    if scale is not None:
        factor = factor * scale
    constant = -mean * factor if offset is None else offset - mean * factor
    return x * factor + constant


@function("x scale offset mean variance", numbers="float")
def fused_batch_norm(
    x: Torch,
    scale: Torch,
    offset: Torch,
    mean: Any = None,
    variance: Any = None,
    epsilon: float = 0.001,
    data_format: str = "NHWC",
    is_training: bool = True,
    name: str | None = None,
    exponential_avg_factor: float = 1.0,
) -> Any:
    """TensorFlow 1's: what is normalised, the mean, and the variance times n / (n - 1).

    In training by the batch's own mean and variance, otherwise by those given.
    """
    first = channels_first(data_format, 2, "tf.nn.fused_batch_norm")
    channel = 1 if first else x.ndim - 1
    others = tuple(axis for axis in range(x.ndim) if axis != channel)
    shape = [1] * x.ndim
    shape[channel] = -1
    if is_training or mean is None or variance is None:
        middle, spread = x.mean(others), x.var(others, unbiased=False)
        count = x.numel() // max(1, x.shape[channel])
        told = spread * (count / max(1, count - 1))
    else:
        middle, spread, told = mean, variance, variance
    factor = torch.rsqrt(spread + epsilon) * scale
    made = (x - middle.reshape(shape)) * factor.reshape(shape) + offset.reshape(shape)
    return made, middle, told


@function("input", numbers="float")
def local_response_normalization(
    input: Torch,
    depth_radius: Any = 5,
    bias: Any = 1,
    alpha: Any = 1,
    beta: Any = 0.5,
    name: str | None = None,
) -> Torch:
    """Divided by ``(bias + alpha · Σ squares of the channels around)^beta``."""
    if input.ndim != 4:
        raise InvalidArgumentError(
            f"tf.nn.local_response_normalization takes pictures (N, H, W, C); received {tuple(input.shape)}."
        )
    radius = int(depth_radius)
    squares = F.pad(input.square(), [radius, radius]).unfold(-1, 2 * radius + 1, 1).sum(-1)
    return input / (float(bias) + float(alpha) * squares) ** float(beta)


lrn = local_response_normalization
