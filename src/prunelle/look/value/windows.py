"""Convolutions and poolings: the window that one value read, and what was made of it."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from typing import Any

import numpy as np
import torch
import torch.nn.functional as F
from torch import nn
from torch.overrides import TorchFunctionMode

from prunelle.look.recording import Passed
from prunelle.look.value.steps import At, ConvolutionStep, PoolingStep

Index = tuple[int, ...]
"""Of one value in a tensor, without the batch dimension."""

_PLAIN = (nn.Conv1d.forward, nn.Conv2d.forward)
_CALLS = ("conv1d", "conv2d")


@dataclasses.dataclass(frozen=True, eq=False)
class Convolved:
    """One call of ``F.conv1d`` or ``F.conv2d``, as the module made it.

    Attributes:
        given: ``(1, C, *sides)``, what the module took. weight: ``(O, C / groups, *kernel)``.
        stride, dilation, before: along each side; ``before`` is the padding before the first place.
        mode: of what the padding is made: ``zeros``, ``reflect``, ``replicate``, ``circular``.
    """

    given: torch.Tensor
    weight: torch.Tensor
    bias: torch.Tensor | None
    stride: tuple[int, ...]
    dilation: tuple[int, ...]
    before: tuple[int, ...]
    groups: int
    mode: str


def convolved(module: nn.Module, passed: Passed) -> Convolved | None:
    """What a convolution's module did; None where it is none of one or two dimensions, or did more than that."""
    if not isinstance(module, nn.Conv1d | nn.Conv2d) or passed.given.ndim != module.weight.ndim:
        return None
    if type(module).forward not in _PLAIN:
        return _called(module, passed)
    padding = (
        tuple(d * (k - 1) // 2 for d, k in zip(module.dilation, module.kernel_size, strict=True))
        if module.padding == "same"
        else (0,) * len(module.kernel_size)
        if isinstance(module.padding, str)
        else module.padding
    )
    return Convolved(
        given=passed.given,
        weight=module.weight.detach(),
        bias=None if module.bias is None else module.bias.detach(),
        stride=tuple(module.stride),
        dilation=tuple(module.dilation),
        before=tuple(padding),
        groups=module.groups,
        mode=module.padding_mode,
    )


class _Calls(TorchFunctionMode):
    """Takes note of convolutions, and of the zeros that are put around maps before them."""

    def __init__(self) -> None:
        super().__init__()
        self.convolutions: list[tuple[Any, Any]] = []
        self.pads: list[Sequence[int]] = []

    def __torch_function__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        kwargs = kwargs or {}
        name = getattr(func, "__name__", "")
        if name in _CALLS:
            self.convolutions.append((args, kwargs))
        elif name == "pad":
            self.pads.append(tuple(args[1] if len(args) > 1 else kwargs["pad"]))
        return func(*args, **kwargs)


def _called(module: nn.Conv1d | nn.Conv2d, passed: Passed) -> Convolved | None:
    """Of a convolution with a ``forward`` of its own, what it asks of PyTorch: it is run once more, by itself."""
    with torch.no_grad(), _Calls() as calls:
        # Not called: hooks are for a passage through the network.
        forward: Any = type(module).forward
        forward(module, passed.given)
    if len(calls.convolutions) != 1 or len(calls.pads) > 1:
        return None
    args, kwargs = calls.convolutions[0]
    names = ("input", "weight", "bias", "stride", "padding", "dilation", "groups")
    asked = dict(zip(names, args, strict=False)) | kwargs
    axes = module.weight.ndim - 2
    along = {
        name: (value,) * axes if isinstance(value := asked.get(name, default), int) else tuple(value)
        for name, default in (("stride", 1), ("dilation", 1))
    }
    padding = asked.get("padding", 0)
    if isinstance(padding, str):
        pairs = zip(along["dilation"], asked["weight"].shape[2:], strict=True)
        padding = tuple(d * (k - 1) // 2 for d, k in pairs) if padding == "same" else 0
    before = (padding,) * axes if isinstance(padding, int) else tuple(padding)
    given = asked["input"]
    if calls.pads:
        # ``F.pad`` names the last axis first: before, after, before, after…
        pads = [*calls.pads[0], *[0] * (2 * axes)][: 2 * axes]
        first = tuple(pads[2 * (axes - 1 - axis)] for axis in range(axes))
        sides = tuple(passed.given.shape[2:])
        if any(f < 0 for f in first) or given.ndim != passed.given.ndim:
            return None
        cut = tuple(slice(f, f + side) for f, side in zip(first, sides, strict=True))
        inner = given[(slice(None), slice(None), *cut)]
        if tuple(inner.shape[2:]) != sides:
            return None
        # Zeros around it are the padding; anything else than zeros is not known here.
        if float(F.pad(inner, _around(given, first, sides)).sub(given).abs().max()) > 0:
            return None
        given, before = inner, tuple(b + f for b, f in zip(before, first, strict=True))
    weight, bias = asked["weight"].detach(), asked.get("bias")
    return Convolved(
        given=given,
        weight=weight,
        bias=None if bias is None else bias.detach(),
        stride=along["stride"],
        dilation=along["dilation"],
        before=before,
        groups=asked.get("groups", 1),
        mode="zeros",
    )


def _around(padded: torch.Tensor, first: Sequence[int], sides: Sequence[int]) -> list[int]:
    border: list[int] = []
    for before, side, whole in zip(first, sides, padded.shape[2:], strict=True):
        border = [before, whole - before - side, *border]
    return border


def convolution(name: str, done: Convolved, index: Index, result: float) -> ConvolutionStep:
    """The step of one output value: ``index`` is ``(channel, *place)``."""
    channel, *place = index
    per_group = done.weight.shape[1]
    first = channel // (done.weight.shape[0] // done.groups) * per_group
    sides = [positions(done, axis, at) for axis, at in enumerate(place)]
    read = done.given[0, first : first + per_group].detach().double().cpu().numpy()
    window: np.ndarray = read
    inside: np.ndarray = np.ones((), bool)
    for axis, (where, side) in enumerate(zip(sides, read.shape[1:], strict=True)):
        within = (where >= 0) & (where < side)
        source = mirrored(where, side, done.mode)
        window = np.take(window, np.clip(source, 0, side - 1), axis=axis + 1)
        if done.mode == "zeros":
            shape = [1] * window.ndim
            shape[axis + 1] = -1
            window = np.where(within.reshape(shape), window, 0.0)
        inside = np.logical_and.outer(inside, within)
    weights = done.weight[channel].double().cpu().numpy()
    parts = (window * weights).reshape(per_group, -1).sum(axis=1)
    bias = None if done.bias is None else float(done.bias[channel])
    rows = [np.zeros(1, int), *sides] if len(sides) == 1 else sides
    steps = (1, *done.dilation) if len(sides) == 1 else done.dilation
    flat = len(sides) == 1
    return ConvolutionStep(
        module=name,
        window=_planes(window, flat),
        weights=_planes(weights, flat),
        parts=parts.astype(np.float32),
        bias=bias,
        at=At(int(rows[0][0]), int(rows[1][0]), steps[0], steps[1]),
        first=first,
        inside=(inside[np.newaxis] if flat else inside).astype(np.uint8),
        result=result,
        exact=abs(float(parts.sum()) + (bias or 0.0) - result),
    )


def positions(done: Convolved, axis: int, at: int) -> np.ndarray:
    """Which places of the input a window reads along one side, those of the padding included."""
    size = done.weight.shape[2 + axis]
    first = at * done.stride[axis] - done.before[axis]
    return first + np.arange(size) * done.dilation[axis]


def mirrored(where: np.ndarray, side: int, mode: str) -> np.ndarray:
    """The places of the maps that stand in for those of the padding."""
    if mode == "circular":
        return np.asarray(where % side)
    if mode == "reflect":
        where = np.abs(where)
        return np.asarray(np.where(where >= side, 2 * (side - 1) - where, where))
    return np.clip(where, 0, side - 1) if mode == "replicate" else where


def _planes(values: np.ndarray, flat: bool) -> np.ndarray:
    return np.ascontiguousarray(values[:, np.newaxis] if flat else values, np.float32)


_MAXIMA = (nn.MaxPool1d, nn.MaxPool2d)
_MEANS = (nn.AvgPool1d, nn.AvgPool2d)
_ADAPTIVE_MAXIMA = (nn.AdaptiveMaxPool1d, nn.AdaptiveMaxPool2d)
_ADAPTIVE_MEANS = (nn.AdaptiveAvgPool1d, nn.AdaptiveAvgPool2d)


def pooling(name: str, module: nn.Module, passed: Passed, index: Index, result: float) -> PoolingStep | None:
    """The step of one output value of PyTorch's poolings; None of others, or where the numbers do not agree."""
    given = passed.given
    axes = given.ndim - 2
    if isinstance(module, (*_MAXIMA, *_ADAPTIVE_MAXIMA)):
        how = "max"
    elif isinstance(module, (*_MEANS, *_ADAPTIVE_MEANS)):
        how = "average"
    else:
        return None
    channel, *place = index
    if isinstance(module, (*_ADAPTIVE_MAXIMA, *_ADAPTIVE_MEANS)):
        spans = [
            np.arange(at * side // made, -(-(at + 1) * side // made))
            for at, side, made in zip(place, given.shape[2:], passed.made.shape[2:], strict=True)
        ]
        dilation = (1,) * axes
    else:
        assert isinstance(module, (*_MAXIMA, *_MEANS))
        dilation = _along(getattr(module, "dilation", 1), axes)
        kernel, stride, padding = (
            _along(value, axes) for value in (module.kernel_size, module.stride, module.padding)
        )
        spans = [
            at * s - p + np.arange(k) * d
            for at, k, s, p, d in zip(place, kernel, stride, padding, dilation, strict=True)
        ]
    rows = (np.zeros(1, int), *spans) if axes == 1 else spans
    steps = (1, *dilation) if axes == 1 else dilation
    plane = given[0, channel].detach().double().cpu().numpy()
    plane = plane[np.newaxis] if axes == 1 else plane
    inside = np.logical_and.outer(
        *((span >= 0) & (span < side) for span, side in zip(rows, plane.shape, strict=True))
    )
    clipped = np.ix_(*(np.clip(span, 0, side - 1) for span, side in zip(rows, plane.shape, strict=True)))
    window = np.where(inside, plane[clipped], np.nan)
    if how == "max":
        flat = np.where(np.isnan(window), -np.inf, window)
        best = divmod(int(flat.argmax()), window.shape[1])
        chosen: tuple[int, int] | None = (int(best[0]), int(best[1]))
        computed, divisor = float(flat.max()), None
    else:
        chosen, divisor = None, _divisor(module, rows, plane.shape, int(inside.sum()))
        computed = float(np.nansum(window)) / divisor
    exact = abs(computed - result)
    if exact > 1e-4 * max(1.0, abs(result)):
        return None
    return PoolingStep(
        how=how,
        module=name,
        window=window.astype(np.float32),
        at=At(int(rows[0][0]), int(rows[1][0]), steps[0], steps[1]),
        divisor=divisor,
        chosen=chosen,
        result=result,
        exact=exact,
    )


def _along(value: Any, axes: int) -> tuple[int, ...]:
    return (value,) * axes if isinstance(value, int) else tuple(value)


def _divisor(module: nn.Module, rows: Sequence[np.ndarray], sides: Sequence[int], inside: int) -> float:
    """What a mean's sum is divided by: with ``count_include_pad`` the padding counts, what is beyond it does not."""
    given = getattr(module, "divisor_override", None)
    if given:
        return float(given)
    if not getattr(module, "count_include_pad", False):
        return float(inside)
    borders = _along(module.padding, 1 if isinstance(module, nn.AvgPool1d) else 2)
    if len(borders) < len(sides):
        borders = (0, *borders)  # a series is a row
    count = 1
    for span, side, border in zip(rows, sides, borders, strict=True):
        count *= int((span < side + border).sum())
    return float(count)
