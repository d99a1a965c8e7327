"""What is done place by place: dense layers, normalisations, activations, softmax."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Sequence

import numpy as np
import torch
from torch import nn
from torch.nn.modules import batchnorm, instancenorm

from prunelle.look.recording import Passed
from prunelle.look.value.steps import DenseStep, NormalisationStep, SoftmaxStep
from prunelle.look.value.windows import Index

ROUNDING = 1e-4
"""A number computed again that is further from the network's than this (of its size) says that the module does more."""


def dense(name: str, module: nn.Module, passed: Passed, index: Index, result: float) -> DenseStep | None:
    """The step of one unit; the last of ``index`` is the unit."""
    if not isinstance(module, nn.Linear):
        return None
    *place, unit = index
    inputs = passed.given[(0, *place)].detach().double().cpu().numpy()
    weights = module.weight[unit].detach().double().cpu().numpy()
    if inputs.shape != weights.shape:
        return None
    bias = None if module.bias is None else float(module.bias[unit])
    computed = float(inputs @ weights) + (bias or 0.0)
    exact = abs(computed - result)
    if exact > ROUNDING * max(1.0, abs(result), float(np.abs(inputs * weights).sum())):
        return None
    return DenseStep(
        module=name,
        inputs=inputs.astype(np.float32),
        weights=weights.astype(np.float32),
        bias=bias,
        result=result,
        exact=exact,
    )


@dataclasses.dataclass(frozen=True)
class _Statistics:
    over: str
    mean: float
    std: float
    weight: float = 1.0
    bias: float = 0.0


def normalisation(
    name: str, module: nn.Module, passed: Passed, index: Index, result: float
) -> NormalisationStep | None:
    """The step of one value; None of what is no normalisation known here, or does not agree with it."""
    given = passed.given.detach()
    if given.shape != passed.made.shape:
        return None
    found = _statistics(module, given, index)
    if found is None:
        return None
    before = float(given[(0, *index)])
    computed = (before - found.mean) / found.std * found.weight + found.bias
    exact = abs(computed - result)
    size = abs(before / found.std * found.weight) + abs(found.mean / found.std * found.weight)
    if exact > ROUNDING * max(1.0, abs(result), size):
        return None
    return NormalisationStep(
        module=name,
        name=type(module).__name__,
        over=found.over,
        before=before,
        mean=found.mean,
        std=found.std,
        weight=found.weight,
        bias=found.bias,
        result=result,
        exact=exact,
    )


def _statistics(module: nn.Module, given: torch.Tensor, index: Index) -> _Statistics | None:
    channel = index[0]
    values = given[0].double()
    if isinstance(module, nn.LocalResponseNorm):
        return _of_neighbours(module, values, index)
    if isinstance(module, nn.GroupNorm):
        size = module.num_channels // module.num_groups
        start = channel // size * size
        return _of_picture(values[start : start + size], module.eps, *_scale(module, channel))
    if isinstance(module, nn.LayerNorm):
        return _of_last_axes(module, values, index)
    epsilon = getattr(module, "eps", getattr(module, "epsilon", None))
    if not isinstance(epsilon, float) or not hasattr(module, "running_mean"):
        return None
    weight, bias = _scale(module, channel)
    mean, variance = module.running_mean, getattr(module, "running_var", None)
    if isinstance(mean, torch.Tensor) and isinstance(variance, torch.Tensor):
        std = math.sqrt(float(variance[channel]) + epsilon)
        return _Statistics("training", float(mean[channel]), std, weight, bias)
    if isinstance(module, batchnorm._NormBase | instancenorm._InstanceNorm):
        return _of_picture(values[channel], epsilon, weight, bias)
    return None


def _scale(module: nn.Module, channel: int) -> tuple[float, float]:
    weight, bias = getattr(module, "weight", None), getattr(module, "bias", None)
    return (
        1.0 if weight is None else float(weight[channel]),
        0.0 if bias is None else float(bias[channel]),
    )


def _of_picture(values: torch.Tensor, epsilon: float, weight: float, bias: float) -> _Statistics:
    std = math.sqrt(float(values.var(correction=0)) + epsilon)
    return _Statistics("picture", float(values.mean()), std, weight, bias)


def _of_last_axes(module: nn.LayerNorm, values: torch.Tensor, index: Index) -> _Statistics | None:
    """Of PyTorch's layer normalisation; of one over the channels of maps, which inherits from it."""
    axes = len(module.normalized_shape)
    sides = values.shape[values.ndim - axes :]
    if tuple(sides) == tuple(module.normalized_shape) and type(module).forward is nn.LayerNorm.forward:
        read, at = values[index[: len(index) - axes]], index[len(index) - axes :]
    elif axes == 1 and values.shape[0] == module.normalized_shape[0]:
        read, at = values.flatten(1)[:, _flat(index[1:], values)], index[:1]
    else:
        return None
    weight = 1.0 if module.weight is None else float(module.weight[at])
    bias = 0.0 if module.bias is None else float(module.bias[at])
    return _of_picture(read, module.eps, weight, bias)


def _of_neighbours(module: nn.LocalResponseNorm, values: torch.Tensor, index: Index) -> _Statistics:
    """Krizhevsky et al. 2012, §3.3: the channels around it, at its place; PyTorch divides alpha by their number."""
    channel, *place = index
    first = max(0, channel - module.size // 2)
    around = values.flatten(1)[first : channel + (module.size - 1) // 2 + 1, _flat(place, values)]
    mean_square = float(around.square().sum()) / module.size
    return _Statistics("neighbours", 0.0, (module.k + module.alpha * mean_square) ** module.beta)


def _flat(place: Sequence[int], values: torch.Tensor) -> int:
    """Where a place is once the maps of ``values: (C, …)`` are flattened."""
    return int(np.ravel_multi_index(tuple(place), tuple(values.shape[1:]))) if place else 0


def softmax(module: nn.Module, passed: Passed, index: Index, result: float) -> SoftmaxStep | None:
    """The step of one class's share."""
    if not isinstance(module, nn.Softmax | nn.LogSoftmax | nn.Softmax2d):
        return None
    axis = 1 if isinstance(module, nn.Softmax2d) else module.dim
    if axis is None:
        axis = 0 if passed.given.ndim in (0, 1, 3) else 1  # as PyTorch chooses
    axis %= passed.given.ndim
    if axis == 0:
        return None
    place: list[int | slice] = list(index)
    place[axis - 1] = slice(None)
    logits = passed.given[(0, *place)].detach().cpu().numpy()
    return softmax_of(logits, index[axis - 1], result, log=isinstance(module, nn.LogSoftmax))


def softmax_of(logits: np.ndarray, chosen: int, result: float, *, log: bool = False) -> SoftmaxStep:
    """``logits: (K,)``."""
    wide = logits.astype(np.float64)
    largest = float(wide.max())
    share = float(wide[chosen]) - largest - math.log(float(np.exp(wide - largest).sum()))
    computed = share if log else math.exp(share)
    return SoftmaxStep(
        logits=logits.astype(np.float32), index=chosen, log=log, result=result, exact=abs(computed - result)
    )
