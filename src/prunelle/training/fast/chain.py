"""Layers in a row as one node of autograd: the same values and gradients, in fewer and cheaper operations.

A ``Stage`` is a convolution, dense layer or flatten with the pooling, ReLU and dropout that follow it. Knowing all
of them at once saves what PyTorch's layers do for want of it:

- ReLU runs after max-pooling instead of before: the same function with a quarter of the work;
- the gradient of ReLU and dropout is told by their output alone (0 where nothing passed), and is taken in place;
- a dropout mask is drawn as random bits, 1, 8 or 16 a value, instead of one Bernoulli number;
- a dense layer after flattening reads channels-last maps as they are, its weights reordered instead, where those
  are fewer; gradients never mix memory formats;
- the gradient of a convolution's bias is a matrix product, or a sum of full vectors, several times faster than
  PyTorch's own sum;
- autograd has one node to keep instead of one a layer.
"""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Sequence
from typing import Any

import torch
import torch.nn.functional as F
from torch import nn
from torch.autograd.function import once_differentiable

aten = torch.ops.aten


@dataclasses.dataclass(frozen=True, eq=False)
class Stage:
    """A layer (or none) and what follows it.

    Attributes:
        modules: the network's own, in order.
        layer: ``Conv2d``, ``Linear``, ``Flatten`` or None. flatten: a ``Flatten`` comes before a ``Linear``.
        pool: a ``MaxPool2d``'s settings. relu: one is there. dropout: the module, whose ``p`` may change meanwhile.
    """

    modules: tuple[nn.Module, ...]
    layer: nn.Module | None
    flatten: bool
    pool: tuple[Any, ...] | None
    relu: bool
    dropout: nn.Dropout | None

    @property
    def parameters(self) -> tuple[torch.Tensor | None, torch.Tensor | None]:
        """Weight and bias of the layer, as far as it has them."""
        if isinstance(self.layer, (nn.Conv2d, nn.Linear)):
            return self.layer.weight, self.layer.bias
        return None, None


def supported(module: nn.Module) -> bool:
    """Whether a chain can hold ``module``: of exactly these types, with settings that ``Stage`` knows."""
    if type(module) is nn.Conv2d:
        return module.padding_mode == "zeros" and not isinstance(module.padding, str)
    if type(module) is nn.MaxPool2d:
        return not module.return_indices
    if type(module) is nn.Flatten:
        return module.start_dim == 1 and module.end_dim == -1
    return type(module) in (nn.Linear, nn.ReLU, nn.Dropout)


def stages_of(modules: Sequence[nn.Module]) -> list[Stage]:
    """``modules``, all ``supported``, cut into stages."""
    stages = []
    at = 0

    def take(kind: type[nn.Module]) -> Any:
        nonlocal at
        if at < len(modules) and isinstance(modules[at], kind):
            at += 1
            return modules[at - 1]
        return None

    while at < len(modules):
        begin = at
        flat = take(nn.Flatten)
        layer = take(nn.Linear) or (flat or take(nn.Conv2d))
        relu = take(nn.ReLU)
        # Of what a dense layer gives, a stage of its own: its bias is added to what pooling lays side by side.
        pool = None if isinstance(layer, nn.Linear) else take(nn.MaxPool2d)
        # Max-pooling and ReLU can change places: both keep the order of values.
        relu = relu or take(nn.ReLU)
        dropout = take(nn.Dropout)
        flatten = flat is not None and layer is not flat
        settings = None if pool is None else _pooling(pool)
        stages.append(
            Stage(
                modules=tuple(modules[begin:at]),
                layer=layer,
                flatten=flatten,
                pool=settings,
                relu=relu is not None,
                dropout=dropout,
            )
        )
    return stages


def pays(stages: Sequence[Stage], x: torch.Tensor) -> bool:
    """Whether ``run_chain`` has anything to save on ``x``; dense layers and ReLU alone are faster as they are."""
    if any(isinstance(s.layer, nn.Conv2d) or s.pool or s.dropout for s in stages):
        return True
    first = stages[0]
    return first.flatten and isinstance(first.layer, nn.Linear) and _reads_maps(x, first.layer.weight)


def run_chain(stages: Sequence[Stage], x: torch.Tensor) -> torch.Tensor:
    """``x: (N, …)`` float32 on a CPU → what the stages' modules give, a dropout in the mode that it is in."""
    parameters = [parameter for stage in stages for parameter in stage.parameters]
    return Chain.apply(x, stages, *parameters)  # type: ignore[no-any-return, no-untyped-call]


class Chain(torch.autograd.Function):
    """Stages one after the other, forward and back."""

    @staticmethod
    def forward(ctx: Any, x: torch.Tensor, stages: Sequence[Stage], *parameters: Any) -> torch.Tensor:
        saved: list[torch.Tensor | None] = []
        scales = []
        given = x
        for i, stage in enumerate(stages):
            inside, ordered, shaped, places, mask, scale = x, None, None, None, None, 1.0
            x, ordered = _layer(stage, x, *parameters[2 * i : 2 * i + 2])
            if stage.pool is not None:
                shaped = x
                x, places = aten.max_pool2d_with_indices(x, *stage.pool)
            if stage.relu:
                # In place on what was made here alone; other tensors, and views of them, stay as they are.
                made = isinstance(stage.layer, (nn.Conv2d, nn.Linear)) or stage.pool is not None
                x = torch.relu_(x) if made else torch.relu(x)
            if stage.dropout is not None and stage.dropout.training and stage.dropout.p > 0:
                if stage.dropout.p < 1:
                    mask = dropout_mask(x, stage.dropout.p)
                    scale = 1 / keep_probability(stage.dropout.p)
                else:
                    mask, scale = torch.zeros_like(x), 0.0
                x = x.mul_(mask) if stage.relu else x * mask
            saved += [inside, ordered, shaped, places, *((x, None) if stage.relu else (None, mask))]
            scales.append(scale)
        if x is given:  # nothing was done (a dropout of 0): autograd wants another tensor
            x = x.view_as(x)
        ctx.save_for_backward(*parameters, *saved)
        ctx.stages, ctx.scales = stages, scales
        return x

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, gradient: torch.Tensor) -> tuple[Any, ...]:
        stages: Sequence[Stage] = ctx.stages
        tensors = ctx.saved_tensors
        parameters, saved = tensors[: 2 * len(stages)], tensors[2 * len(stages) :]
        wanted = ctx.needs_input_grad
        gradients: list[torch.Tensor | None] = [None] * len(parameters)
        given = gradient
        for i in reversed(range(len(stages))):
            stage = stages[i]
            inside, ordered, shaped, places, output, mask = saved[6 * i : 6 * i + 6]
            if output is not None:
                if gradient is given:
                    gradient = aten.threshold_backward(gradient, output, 0)
                else:
                    aten.threshold_backward.grad_input(gradient, output, 0, grad_input=gradient)
                if ctx.scales[i] != 1:
                    gradient.mul_(ctx.scales[i])
            elif mask is not None:
                gradient = gradient * mask
            # Nobody asks for gradients below the first layer that learns.
            below = wanted[0] or any(wanted[2 : 2 + 2 * i])
            of_weight, of_bias = wanted[2 + 2 * i : 4 + 2 * i]
            if of_bias:
                # Pooling hands every value on to one place: the sum is the same, and shorter, before.
                maps = isinstance(stage.layer, nn.Conv2d)
                gradients[2 * i + 1] = _sum_of_rows(gradient.movedim(-3, -1) if maps else gradient)
            if stage.pool is not None:
                gradient = aten.max_pool2d_with_indices_backward(gradient, shaped, *stage.pool, places)
            lower, gradients[2 * i] = _layer_backward(
                stage,
                gradient,
                inside,
                ordered=ordered,
                weight=parameters[2 * i],
                of_input=below,
                of_weight=of_weight,
            )
            if lower is None:
                return None, None, *gradients
            gradient = lower
        return gradient if wanted[0] else None, None, *gradients


def _pooling(pool: nn.MaxPool2d) -> tuple[Any, ...]:
    """The settings that ``max_pool2d_with_indices`` takes, as lists of two."""

    def two(value: Any) -> list[int]:
        return list(value) if isinstance(value, (tuple, list)) else [value, value]

    return two(pool.kernel_size), two(pool.stride), two(pool.padding), two(pool.dilation), pool.ceil_mode


def _layer(
    stage: Stage, x: torch.Tensor, weight: torch.Tensor | None, bias: torch.Tensor | None
) -> tuple[torch.Tensor, torch.Tensor | None]:
    """The layer's output, and a dense layer's weights in the order of channels-last maps, where it used that."""
    layer = stage.layer
    if isinstance(layer, nn.Conv2d):
        assert weight is not None
        return F.conv2d(x, weight, bias, layer.stride, layer.padding, layer.dilation, layer.groups), None
    if isinstance(layer, nn.Linear):
        assert weight is not None
        if stage.flatten and _reads_maps(x, weight):
            # (O, C·H·W) → (O, H·W·C)
            ordered = weight.view(len(weight), x.shape[1], -1).transpose(1, 2).reshape(len(weight), -1)
            columns = x.permute(0, 2, 3, 1).reshape(len(x), -1).t()
            turned = (
                torch.mm(ordered, columns) if bias is None else torch.addmm(bias[:, None], ordered, columns)
            )
            return turned.t(), ordered
        return F.linear(x.flatten(1) if stage.flatten else x, weight, bias), None
    return x if layer is None else x.flatten(1), None


def _reads_maps(x: torch.Tensor, weight: torch.Tensor) -> bool:
    """Channels-last maps, more than the outputs: reordering the weights is less work than reordering the maps."""
    return x.ndim == 4 and len(weight) < len(x) and x.is_contiguous(memory_format=torch.channels_last)


def _layer_backward(
    stage: Stage,
    gradient: torch.Tensor,
    x: torch.Tensor,
    ordered: torch.Tensor | None,
    weight: torch.Tensor | None,
    of_input: bool,
    of_weight: bool,
) -> tuple[torch.Tensor | None, torch.Tensor | None]:
    """Gradients of the layer's input and weight, as far as they are wanted."""
    layer = stage.layer
    if not (of_input or of_weight):
        return None, None
    if isinstance(layer, nn.Conv2d):
        below, learned, _ = aten.convolution_backward(
            gradient,
            x,
            weight,
            None,
            layer.stride,
            layer.padding,
            layer.dilation,
            False,
            [0, 0],
            layer.groups,
            [of_input, of_weight, False],
        )
        return below, learned
    below = None
    if isinstance(layer, nn.Linear):
        assert weight is not None
        rows = gradient.reshape(-1, gradient.shape[-1])
        if ordered is not None:
            n, c, h, w = x.shape
            if of_input:
                below = torch.mm(rows, ordered).view(n, h, w, c).permute(0, 3, 1, 2)
            if not of_weight:
                return below, None
            # (O, H·W·C) → (O, C·H·W)
            learned = torch.mm(rows.t(), x.permute(0, 2, 3, 1).reshape(n, -1))
            return below, learned.view(-1, h * w, c).transpose(1, 2).reshape(weight.shape)
        inputs = x.flatten(1) if stage.flatten else x.reshape(-1, x.shape[-1])
        if of_input:
            below = torch.mm(rows, weight)
            below = _unflatten(below, x) if stage.flatten else below.view(x.shape)
        return below, torch.mm(rows.t(), inputs) if of_weight else None
    return _unflatten(gradient, x) if isinstance(layer, nn.Flatten) else gradient, None


def _unflatten(gradient: torch.Tensor, maps: torch.Tensor) -> torch.Tensor:
    """In the maps' own memory format, so that what follows does not mix two."""
    return torch.empty_like(maps).copy_(gradient.view(maps.shape))


def _sum_of_rows(gradient: torch.Tensor) -> torch.Tensor:
    """``(…, C)`` → ``(C,)``; no copy of channels-last maps turned so."""
    rows = gradient.reshape(-1, gradient.shape[-1])
    n, c = rows.shape
    if n < 1024:
        return rows.sum(0)
    if c >= 16:
        return torch.mm(torch.ones(1, n), rows)[0]
    # So few would leave most of a vector register empty: rows side by side fill it.
    beside = math.gcd(n, 16)
    return rows.reshape(-1, beside * c).sum(0).view(beside, c).sum(0)


def keep_probability(p: float) -> float:
    """The probability of keeping a value that ``dropout_mask`` realises for a dropout of ``p``.

    Exactly 1 - p where that is a multiple of 1/256, else the nearest multiple of 1/65,536.
    """
    return round(65536 * (1 - p)) / 65536


def dropout_mask(x: torch.Tensor, p: float) -> torch.Tensor:
    """A mask of ``x``'s shape and memory format: 1/keep with probability keep, else 0.

    Drawn from torch's default generator, as random 64-bit words: one bit of them a value where p is a half, 8 where
    1 - p is another multiple of 1/256, else 16.
    """
    return torch.ops.prunelle.dropout_mask(x, p)  # type: ignore[no-any-return]


# One operation of PyTorch's, because its parts cast bits, for which TorchScript (training.fast.script) has no word.
_OPERATIONS = torch.library.Library("prunelle", "DEF")  # type: ignore[no-untyped-call]
_OPERATIONS.define("dropout_mask(Tensor x, float p) -> Tensor")  # type: ignore[no-untyped-call]


@torch.library.impl(_OPERATIONS, "dropout_mask", "CompositeExplicitAutograd")
def _dropout_mask(x: torch.Tensor, p: float) -> torch.Tensor:
    keep = keep_probability(p)
    n = x.numel()
    # All integer arithmetic, which runs vectorised where comparisons do not: -1 (all bits set) for what is
    # kept, 0 else; and-ed with the bits of 1/keep that is the mask as floating-point numbers.
    if keep == 0.5:
        # Each of a byte's bits moved to the sign, which the shift to the right copies into all bits.
        lanes = (
            _random_words(-(-n // 64)).view(torch.uint8).to(torch.int32)
            << torch.arange(24, 32)[:, None].int()
        )
        lanes = lanes.view(-1)[:n]
    else:
        small = (keep * 256).is_integer()
        lane, levels, lowest = (torch.uint8, 256, 0) if small else (torch.int16, 65536, -32768)
        lanes = _random_words(-(-n // (8 // lane.itemsize))).view(lane)[:n].to(torch.int32)
        lanes.sub_(round(keep * levels) + lowest)  # negative below the threshold
    lanes.bitwise_right_shift_(31).bitwise_and_(torch.tensor(1 / keep).view(torch.int32))
    mask = lanes.view(torch.float32)
    if x.is_contiguous() or x.is_contiguous(memory_format=torch.channels_last):
        return mask.as_strided(x.shape, x.stride())
    return mask.view(x.shape)


# Nothing to differentiate.
_OPERATIONS.impl("dropout_mask", torch.library.fallthrough_kernel, "Autograd")  # type: ignore[no-untyped-call]


def _random_words(n: int) -> torch.Tensor:
    """``(n,)`` int64, every bit of them random."""
    return torch.empty(n, dtype=torch.int64).random_(-(2**63), None)
