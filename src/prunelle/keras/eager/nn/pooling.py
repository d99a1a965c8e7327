"""Poolings."""

from __future__ import annotations

from typing import Any

import numpy as np
import torch
import torch.nn.functional as F

from prunelle.keras.eager.errors import InvalidArgumentError
from prunelle.keras.eager.functions import function, kind_of
from prunelle.keras.eager.nn.places import (
    Torch,
    borders,
    check_fits,
    padded,
    per_axis,
    pictures,
    reach,
)

_MAX = {1: F.max_pool1d, 2: F.max_pool2d, 3: F.max_pool3d}
_MEAN = {1: F.avg_pool1d, 2: F.avg_pool2d, 3: F.avg_pool3d}
_CONVOLVE = {1: F.conv1d, 2: F.conv2d, 3: F.conv3d}


def _pooled(
    n: int,
    input: Torch,
    ksize: Any,
    strides: Any,
    padding: Any,
    data_format: str | None,
    name: str,
    *,
    greatest: bool,
    dilations: Any = None,
) -> Torch:
    given = pictures(input, n, data_format, name)
    kernel = per_axis(ksize, n, given.first, name, "ksize")
    stride = per_axis(strides, n, given.first, name, "strides")
    dilation = per_axis(dilations, n, given.first, name, "dilations")
    window = reach(kernel, dilation)
    around = borders(
        padding, tuple(given.values.shape[2:]), window, stride=stride, first=given.first, name=name
    )
    values = given.values
    if not greatest:
        check_fits(padded(values, around), window, name)
        return given.back(_means(n, values, around, kernel=kernel, stride=stride, dilation=dilation))
    if not values.is_floating_point():
        exact = padded(values.double(), around, -float("inf"))
        check_fits(exact, window, name)
        return given.back(_MAX[n](exact, kernel, stride, dilation=dilation).to(values.dtype))
    values = padded(values, around, -float("inf"))
    check_fits(values, window, name)
    return given.back(_MAX[n](values, kernel, stride, dilation=dilation))


def _means(
    n: int,
    values: Torch,
    around: list[tuple[int, int]],
    kernel: tuple[int, ...],
    stride: tuple[int, ...],
    dilation: tuple[int, ...],
) -> Torch:
    """The border does not count."""

    def sums(of: Torch) -> Torch:
        if max(dilation) == 1:
            return _MEAN[n](of, kernel, stride)
        ones = torch.ones(of.shape[1], 1, *kernel, dtype=of.dtype)
        return _CONVOLVE[n](of, ones, stride=stride, dilation=dilation, groups=of.shape[1])

    found = sums(padded(values, around))
    if not any(map(any, around)) and max(dilation) == 1:
        return found
    there = padded(torch.ones(1, 1, *values.shape[2:], dtype=values.dtype, device=values.device), around)
    return found / sums(there)


def _rank(input: Torch, name: str) -> int:
    if not 3 <= input.ndim <= 5:
        raise InvalidArgumentError(f"{name} takes tensors of 3, 4 or 5 axes; received {tuple(input.shape)}.")
    return input.ndim - 2


def _depth(input: Torch, ksize: Any, strides: Any, data_format: Any) -> int | None:
    """How many channels a window over channels alone takes, of pictures ``(N, H, W, C)``; None for all other windows.

    As in TensorFlow, such windows do not overlap and leave out no channel.
    """
    if input.ndim != 4 or data_format not in (None, "NHWC") or np.ndim(ksize) != 1 or len(ksize) != 4:
        return None
    window = [int(size) for size in ksize]
    alone = window[:3] == [1, 1, 1] and window[3] > 1 and list(map(int, np.ravel(strides))) == window
    return window[3] if alone and input.shape[3] % window[3] == 0 else None


def _pooling(n: int | None, greatest: bool) -> Any:
    name = f"{'max' if greatest else 'avg'}_pool{f'{n}d' if n else ''}"
    title = f"tf.nn.{name}"

    def pool(
        input: Torch, ksize: Any, strides: Any, padding: Any, data_format: Any = None, name: str | None = None
    ) -> Torch:
        axes = _rank(input, title) if n is None else n
        if greatest and (deep := _depth(input, ksize, strides, data_format)):
            count, height, width, channels = input.shape
            return input.reshape(count, height, width, channels // deep, deep).amax(-1)
        return _pooled(
            axes,
            input,
            ksize,
            strides=strides,
            padding=padding,
            data_format=data_format,
            name=title,
            greatest=greatest,
        )

    pool.__name__ = pool.__qualname__ = name
    pool.__doc__ = f"The {'greatest' if greatest else 'mean'} of each window, by channel."
    return function("input", numbers="real" if greatest else "float")(pool)


max_pool, max_pool1d, max_pool2d, max_pool3d = (_pooling(n, True) for n in (None, 1, 2, 3))
avg_pool, avg_pool1d, avg_pool2d, avg_pool3d = (_pooling(n, False) for n in (None, 1, 2, 3))


@function("input", numbers="real")
def pool(
    input: Torch,
    window_shape: Any,
    pooling_type: str,
    strides: Any = None,
    padding: Any = "VALID",
    data_format: str | None = None,
    dilations: Any = None,
    name: str | None = None,
) -> Torch:
    """``pooling_type`` is ``"MAX"`` or ``"AVG"``; the stride is 1 unless it is given."""
    if pooling_type not in ("MAX", "AVG"):
        raise InvalidArgumentError(f"tf.nn.pool: pooling_type is 'MAX' or 'AVG'; received {pooling_type!r}.")
    greatest = pooling_type == "MAX"
    return _pooled(
        _rank(input, "tf.nn.pool"),
        input,
        window_shape,
        strides=strides,
        padding=padding,
        data_format=data_format,
        name="tf.nn.pool",
        greatest=greatest,
        dilations=dilations,
    )


@function("input", numbers="float")
def max_pool_with_argmax(
    input: Torch,
    ksize: Any,
    strides: Any,
    padding: Any,
    data_format: str = "NHWC",
    output_dtype: Any = "int64",
    include_batch_in_index: bool = False,
    name: str | None = None,
) -> Any:
    """``max_pool`` of pictures ``(N, H, W, C)``, and where each was: ``(y · W + x) · C + c``."""
    title = "tf.nn.max_pool_with_argmax"
    given = pictures(input, 2, data_format, title)
    kernel = per_axis(ksize, 2, given.first, title, "ksize")
    stride = per_axis(strides, 2, given.first, title, "strides")
    count, channels, height, width = given.values.shape
    around = borders(padding, (height, width), kernel, stride=stride, first=given.first, name=title)
    values = padded(given.values, around, -float("inf"))
    found, places = F.max_pool2d(values, kernel, stride, return_indices=True)
    rows = places // values.shape[3] - around[0][0]
    columns = places % values.shape[3] - around[1][0]
    places = (rows * width + columns) * channels + torch.arange(channels).reshape(-1, 1, 1)
    if include_batch_in_index:
        places = places + torch.arange(count).reshape(-1, 1, 1, 1) * (height * width * channels)
    return given.back(found), given.back(places.to(kind_of(output_dtype)))
