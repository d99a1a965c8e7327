"""Convolutions with kernels in TensorFlow's order, ``(…, in, out)``, and what is like them."""

from __future__ import annotations

import dataclasses
from typing import Any

import torch
import torch.nn.functional as F

from prunelle.keras.eager.errors import InvalidArgumentError
from prunelle.keras.eager.functions import function, sizes
from prunelle.keras.eager.nn.places import (
    Torch,
    borders,
    check_fits,
    padded,
    per_axis,
    pictures,
    reach,
)

_FORWARD = {1: F.conv1d, 2: F.conv2d, 3: F.conv3d}
_BACKWARD = {1: F.conv_transpose1d, 2: F.conv_transpose2d, 3: F.conv_transpose3d}


@dataclasses.dataclass(frozen=True)
class _Sliding:
    """How a kernel goes over pictures, as a program said it to the function ``name``."""

    name: str
    strides: Any
    padding: Any
    data_format: str | None
    dilations: Any


def _kernel(filters: Torch) -> Torch:
    """``(…, in, out)`` to PyTorch's ``(out, in, …)``."""
    return filters.movedim((-1, -2), (0, 1))


def _check_kernel(filters: Torch, n: int, name: str) -> None:
    if filters.ndim != n + 2:
        raise InvalidArgumentError(
            f"{name}: filters are of {n + 2} axes, (sizes of a window, in, out); received {tuple(filters.shape)}."
        )


def _convolved(n: int, input: Torch, filters: Torch, how: _Sliding) -> Torch:
    name = how.name
    given = pictures(input, n, how.data_format, name)
    _check_kernel(filters, n, name)
    stride = per_axis(how.strides, n, given.first, name, "strides")
    dilation = per_axis(how.dilations, n, given.first, name, "dilations")
    channels, taken = given.values.shape[1], filters.shape[-2]
    if channels % taken or filters.shape[-1] % max(1, channels // taken):
        raise InvalidArgumentError(
            f"{name}: filters for {taken} channels do not fit a picture of {channels}; it is the filters' last axis "
            f"but one."
        )
    window = reach(tuple(filters.shape[:n]), dilation)
    around = borders(
        how.padding, tuple(given.values.shape[2:]), window, stride=stride, first=given.first, name=name
    )
    values = padded(given.values, around)
    check_fits(values, window, name)
    found = _FORWARD[n](values, _kernel(filters), stride=stride, dilation=dilation, groups=channels // taken)
    return given.back(found)


@function("input filters", numbers="float")
def conv1d(
    input: Torch,
    filters: Torch,
    stride: Any,
    padding: Any,
    data_format: str | None = "NWC",
    dilations: Any = None,
    name: str | None = None,
) -> Torch:
    """Signals ``(N, T, in)`` with kernels ``(k, in, out)``."""
    return _convolved(1, input, filters, _Sliding("tf.nn.conv1d", stride, padding, data_format, dilations))


@function("input filters", numbers="float")
def conv2d(
    input: Torch,
    filters: Torch,
    strides: Any,
    padding: Any,
    data_format: str | None = "NHWC",
    dilations: Any = None,
    name: str | None = None,
) -> Torch:
    """Pictures ``(N, H, W, in)`` with kernels ``(h, w, in, out)``."""
    return _convolved(2, input, filters, _Sliding("tf.nn.conv2d", strides, padding, data_format, dilations))


@function("input filters", numbers="float")
def conv3d(
    input: Torch,
    filters: Torch,
    strides: Any,
    padding: Any,
    data_format: str | None = "NDHWC",
    dilations: Any = None,
    name: str | None = None,
) -> Torch:
    """Volumes ``(N, D, H, W, in)`` with kernels ``(d, h, w, in, out)``."""
    return _convolved(3, input, filters, _Sliding("tf.nn.conv3d", strides, padding, data_format, dilations))


@function("input filters", numbers="float")
def convolution(
    input: Torch,
    filters: Torch,
    strides: Any = None,
    padding: Any = "VALID",
    data_format: str | None = None,
    dilations: Any = None,
    name: str | None = None,
) -> Torch:
    """Of one, two or three axes, as the kernel ``(…, in, out)`` has."""
    n = min(3, max(1, filters.ndim - 2))
    return _convolved(
        n, input, filters, _Sliding("tf.nn.convolution", strides, padding, data_format, dilations)
    )


@function("value filters", numbers="float")
def atrous_conv2d(value: Torch, filters: Torch, rate: Any, padding: Any, name: str | None = None) -> Torch:
    """``conv2d`` with kernels that have gaps: every ``rate``-th pixel."""
    return _convolved(2, value, filters, _Sliding("tf.nn.atrous_conv2d", 1, padding, None, rate))


def _by_channel(input: Torch, filters: Torch, how: _Sliding) -> Torch:
    name = how.name
    given = pictures(input, 2, how.data_format, name)
    _check_kernel(filters, 2, name)
    stride = per_axis(how.strides, 2, given.first, name, "strides")
    dilation = per_axis(how.dilations, 2, given.first, name, "dilations")
    channels = given.values.shape[1]
    if filters.shape[2] != channels:
        raise InvalidArgumentError(
            f"{name}: filters for {filters.shape[2]} channels do not fit a picture of {channels}."
        )
    window = reach(tuple(filters.shape[:2]), dilation)
    around = borders(
        how.padding, tuple(given.values.shape[2:]), window, stride=stride, first=given.first, name=name
    )
    values = padded(given.values, around)
    check_fits(values, window, name)
    # (h, w, in, times) to (in · times, 1, h, w): those of a channel one after the other.
    kernel = filters.permute(2, 3, 0, 1).reshape(-1, 1, *filters.shape[:2])
    return given.back(F.conv2d(values, kernel, stride=stride, dilation=dilation, groups=channels))


@function("input filter", numbers="float")
def depthwise_conv2d(
    input: Torch,
    filter: Torch,
    strides: Any,
    padding: Any,
    data_format: str | None = None,
    dilations: Any = None,
    name: str | None = None,
) -> Torch:
    """Each channel by itself with kernels ``(h, w, in, times)``: ``in · times`` channels."""
    return _by_channel(
        input, filter, _Sliding("tf.nn.depthwise_conv2d", strides, padding, data_format, dilations)
    )


@function("input depthwise_filter pointwise_filter", numbers="float")
def separable_conv2d(
    input: Torch,
    depthwise_filter: Torch,
    pointwise_filter: Torch,
    strides: Any,
    padding: Any,
    data_format: str | None = None,
    dilations: Any = None,
    name: str | None = None,
) -> Torch:
    """``depthwise_conv2d``, then a ``conv2d`` with kernels ``(1, 1, in · times, out)``."""
    title = "tf.nn.separable_conv2d"
    if pointwise_filter.shape[-2] != depthwise_filter.shape[-1] * depthwise_filter.shape[-2]:
        raise InvalidArgumentError(
            f"{title}: pointwise_filter is for in · times channels; received {tuple(depthwise_filter.shape)} and "
            f"{tuple(pointwise_filter.shape)}."
        )
    between = _by_channel(input, depthwise_filter, _Sliding(title, strides, padding, data_format, dilations))
    return _convolved(2, between, pointwise_filter, _Sliding(title, 1, "VALID", data_format, None))


def _transposed(n: int, input: Torch, filters: Torch, output_shape: Any, how: _Sliding) -> Torch:
    """What a convolution with these kernels ``(…, out, in)`` sends back to its input of ``output_shape``."""
    name = how.name
    given = pictures(input, n, how.data_format, name)
    _check_kernel(filters, n, name)
    stride = per_axis(how.strides, n, given.first, name, "strides")
    dilation = per_axis(how.dilations, n, given.first, name, "dilations")
    wanted = sizes(output_shape)
    if len(wanted) == n + 2:
        wanted = wanted[2:] if given.first else wanted[1:-1]
    if given.values.shape[1] != filters.shape[-1] or len(wanted) != n:
        raise InvalidArgumentError(
            f"{name}: filters (…, out, in) of {tuple(filters.shape)} and output_shape {output_shape} do not fit an "
            f"input of {tuple(input.shape)}."
        )
    window = reach(tuple(filters.shape[:n]), dilation)
    around = borders(how.padding, wanted, window, stride=stride, first=given.first, name=name)
    made = tuple(
        (size + sum(pair) - wide) // step + 1
        for size, pair, wide, step in zip(wanted, around, window, stride, strict=True)
    )
    if made != tuple(given.values.shape[2:]):
        raise InvalidArgumentError(
            f"{name}: a picture of {list(wanted)} (output_shape) is convolved to {list(made)}, not to the "
            f"{list(given.values.shape[2:])} of the input."
        )
    whole = _BACKWARD[n](given.values, _kernel(filters), stride=stride, dilation=dilation)
    # From the border that a convolution adds, and to where it looks, the picture is cut; what it never saw is 0.
    for axis, (size, (before, _)) in enumerate(zip(wanted, around, strict=True), start=2):
        missing = before + size - whole.shape[axis]
        if missing > 0:
            whole = F.pad(whole, [0, 0] * (n + 1 - axis) + [0, missing])
        whole = whole.narrow(axis, before, size)
    return given.back(whole)


@function("input filters", numbers="float")
def conv1d_transpose(
    input: Torch,
    filters: Torch,
    output_shape: Any,
    strides: Any,
    padding: Any = "SAME",
    data_format: str | None = "NWC",
    dilations: Any = None,
    name: str | None = None,
) -> Torch:
    """The way back of ``conv1d``: kernels ``(k, out, in)``."""
    return _transposed(
        1,
        input,
        filters,
        output_shape,
        _Sliding("tf.nn.conv1d_transpose", strides, padding, data_format, dilations),
    )


@function("input filters", numbers="float")
def conv2d_transpose(
    input: Torch,
    filters: Torch,
    output_shape: Any,
    strides: Any,
    padding: Any = "SAME",
    data_format: str | None = "NHWC",
    dilations: Any = None,
    name: str | None = None,
) -> Torch:
    """The way back of ``conv2d``: kernels ``(h, w, out, in)``."""
    return _transposed(
        2,
        input,
        filters,
        output_shape,
        _Sliding("tf.nn.conv2d_transpose", strides, padding, data_format, dilations),
    )


@function("input filters", numbers="float")
def conv3d_transpose(
    input: Torch,
    filters: Torch,
    output_shape: Any,
    strides: Any,
    padding: Any = "SAME",
    data_format: str | None = "NDHWC",
    dilations: Any = None,
    name: str | None = None,
) -> Torch:
    """The way back of ``conv3d``: kernels ``(d, h, w, out, in)``."""
    return _transposed(
        3,
        input,
        filters,
        output_shape,
        _Sliding("tf.nn.conv3d_transpose", strides, padding, data_format, dilations),
    )


@function("input filters", numbers="float")
def conv_transpose(
    input: Torch,
    filters: Torch,
    output_shape: Any,
    strides: Any,
    padding: Any = "SAME",
    data_format: str | None = None,
    dilations: Any = None,
    name: str | None = None,
) -> Torch:
    """The way back of ``convolution``, of one, two or three axes."""
    n = min(3, max(1, filters.ndim - 2))
    return _transposed(
        n,
        input,
        filters,
        output_shape,
        _Sliding("tf.nn.conv_transpose", strides, padding, data_format, dilations),
    )


@function("value filters", numbers="float")
def atrous_conv2d_transpose(
    value: Torch, filters: Torch, output_shape: Any, rate: Any, padding: Any, name: str | None = None
) -> Torch:
    """The way back of ``atrous_conv2d``."""
    return _transposed(
        2, value, filters, output_shape, _Sliding("tf.nn.atrous_conv2d_transpose", 1, padding, None, rate)
    )


def _dilated(
    input: Torch,
    filters: Torch,
    strides: Any,
    padding: Any,
    data_format: str | None,
    dilations: Any,
    name: str,
) -> Torch:
    given = pictures(input, 2, data_format, name)
    stride = per_axis(strides, 2, given.first, name, "strides")
    dilation = per_axis(dilations, 2, given.first, name, "dilations")
    channels = given.values.shape[1]
    if filters.ndim != 3 or filters.shape[-1] != channels:
        raise InvalidArgumentError(
            f"{name}: filters are (h, w, channels) of a picture with {channels}; received {tuple(filters.shape)}."
        )
    kernel = tuple(filters.shape[:2])
    window = reach(kernel, dilation)
    around = borders(
        padding, tuple(given.values.shape[2:]), window, stride=stride, first=given.first, name=name
    )
    values = padded(given.values, around, torch.finfo(input.dtype).min)
    check_fits(values, window, name)
    number = kernel[0] * kernel[1]
    parts = F.unfold(values, kernel, dilation=dilation, stride=stride)
    parts = parts.reshape(len(values), channels, number, -1) + filters.permute(2, 0, 1).reshape(
        channels, number, 1
    )
    shape = [
        (size - wide) // step + 1 for size, wide, step in zip(values.shape[2:], window, stride, strict=True)
    ]
    return given.back(parts.max(2).values.reshape(len(values), channels, *shape))


@function("input filters", numbers="float")
def dilation2d(
    input: Torch,
    filters: Torch,
    strides: Any,
    padding: Any,
    data_format: str | None,
    dilations: Any,
    name: str | None = None,
) -> Torch:
    """The greatest of picture plus ``filters`` ``(h, w, channels)`` in each window, by channel."""
    return _dilated(
        input,
        filters,
        strides,
        padding=padding,
        data_format=data_format,
        dilations=dilations,
        name="tf.nn.dilation2d",
    )


@function("value filters", numbers="float")
def erosion2d(
    value: Torch,
    filters: Torch,
    strides: Any,
    padding: Any,
    data_format: str | None,
    dilations: Any,
    name: str | None = None,
) -> Torch:
    """The least of picture minus ``filters`` (turned round) in each window, by channel."""
    turned = filters.flip(0, 1)
    return -_dilated(
        -value,
        turned,
        strides,
        padding=padding,
        data_format=data_format,
        dilations=dilations,
        name="tf.nn.erosion2d",
    )
