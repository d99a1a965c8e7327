"""Pooling, in windows and over everything."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, ClassVar

import torch
import torch.nn.functional as F
from torch import nn

from prunelle.errors import ArgumentError
from prunelle.keras.layers.base import Layer, normalise_tuple
from prunelle.keras.layers.convolutional import SamePad, require_rank, windows
from prunelle.keras.layers.core import channels_last
from prunelle.keras.layout import Shape


class _Pooling(Layer):
    rank: ClassVar[int]
    maximum: ClassVar[bool]

    def __init__(
        self,
        pool_size: int | Sequence[int] = 2,
        strides: int | Sequence[int] | None = None,
        padding: str = "valid",
        data_format: str | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        channels_last(data_format)
        self.pool_size = normalise_tuple(pool_size, self.rank, "pool_size")
        self.strides = self.pool_size if strides is None else normalise_tuple(strides, self.rank, "strides")
        self.padding = str(padding).lower()
        if self.padding not in ("valid", "same"):
            raise ArgumentError(f"padding must be valid or same; received {padding!r}.")

    def compute_output_shape(self, input_shape: Shape) -> Shape:
        space = windows(self, input_shape, self.pool_size, self.strides, self.padding)
        return (input_shape[0], *space, input_shape[-1])

    def make(self, input_shape: Shape) -> list[nn.Module]:
        require_rank(self, input_shape, self.rank + 2)
        maximum: Any = nn.MaxPool1d if self.rank == 1 else nn.MaxPool2d
        average: Any = nn.AvgPool1d if self.rank == 1 else nn.AvgPool2d
        # Windows of 2 side by side: the border of an odd picture is one pixel at the end, which PyTorch's
        # ceil_mode leaves out of maxima and means as TensorFlow does.
        pairs = self.pool_size == self.strides and set(self.pool_size) <= {1, 2}
        if self.padding == "valid" or pairs:
            pooling = maximum if self.maximum else average
            arguments = {} if self.maximum else {"count_include_pad": False}
            return [pooling(self.pool_size, self.strides, ceil_mode=self.padding == "same", **arguments)]
        around = SamePad(
            self.pool_size, self.strides, (1,) * self.rank, value=float("-inf") if self.maximum else 0.0
        )
        if self.maximum:
            return [around, maximum(self.pool_size, self.strides)]
        return [_MeanOfTheInside(around, average(self.pool_size, self.strides))]


class _MeanOfTheInside(nn.Module):
    """Means over the part of each window that is inside the picture."""

    def __init__(self, around: SamePad, mean: nn.Module) -> None:
        super().__init__()
        self.around, self.mean = around, mean

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        inside = self.mean(self.around(torch.ones_like(x[:1, :1])))
        return self.mean(self.around(x)) / inside  # type: ignore[no-any-return]


class MaxPooling1D(_Pooling):
    """The maximum of each window of ``(N, L, C)``; windows are side by side unless ``strides`` says."""

    rank, maximum = 1, True


class MaxPooling2D(_Pooling):
    """The maximum of each window of ``(N, H, W, C)``; windows are side by side unless ``strides`` says."""

    rank, maximum = 2, True


class AveragePooling1D(_Pooling):
    """The mean of each window of ``(N, L, C)``."""

    rank, maximum = 1, False


class AveragePooling2D(_Pooling):
    """The mean of each window of ``(N, H, W, C)``; a border of ``same`` padding does not count."""

    rank, maximum = 2, False


class _GlobalPooling(Layer):
    rank: ClassVar[int]
    maximum: ClassVar[bool]

    def __init__(self, data_format: str | None = None, keepdims: bool = False, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        channels_last(data_format)
        self.keepdims = keepdims

    def compute_output_shape(self, input_shape: Shape) -> Shape:
        ones = (1,) * self.rank if self.keepdims else ()
        return (input_shape[0], *ones, input_shape[-1])

    def make(self, input_shape: Shape) -> list[nn.Module]:
        require_rank(self, input_shape, self.rank + 2)
        return [_OverSpace(self.rank, self.maximum, self.keepdims)]


class _OverSpace(nn.Module):
    def __init__(self, rank: int, maximum: bool, keepdims: bool) -> None:
        super().__init__()
        self.axes = tuple(range(2, 2 + rank))
        self.maximum, self.keepdims = maximum, keepdims

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        if self.maximum:
            pooled = F.adaptive_max_pool1d(x, 1) if len(self.axes) == 1 else F.adaptive_max_pool2d(x, 1)
            return pooled if self.keepdims else pooled.flatten(1)
        return x.mean(self.axes, keepdim=self.keepdims)


class GlobalMaxPooling1D(_GlobalPooling):
    """The maximum of each channel of ``(N, L, C)``."""

    rank, maximum = 1, True


class GlobalMaxPooling2D(_GlobalPooling):
    """The maximum of each map."""

    rank, maximum = 2, True


class GlobalAveragePooling1D(_GlobalPooling):
    """The mean of each channel of ``(N, L, C)``."""

    rank, maximum = 1, False


class GlobalAveragePooling2D(_GlobalPooling):
    """The mean of each map."""

    rank, maximum = 2, False


MaxPool1D, MaxPool2D, AvgPool1D, AvgPool2D = MaxPooling1D, MaxPooling2D, AveragePooling1D, AveragePooling2D
GlobalMaxPool1D, GlobalMaxPool2D = GlobalMaxPooling1D, GlobalMaxPooling2D
GlobalAvgPool1D, GlobalAvgPool2D = GlobalAveragePooling1D, GlobalAveragePooling2D

__all__ = [
    "AveragePooling1D",
    "AveragePooling2D",
    "AvgPool1D",
    "AvgPool2D",
    "GlobalAveragePooling1D",
    "GlobalAveragePooling2D",
    "GlobalAvgPool1D",
    "GlobalAvgPool2D",
    "GlobalMaxPool1D",
    "GlobalMaxPool2D",
    "GlobalMaxPooling1D",
    "GlobalMaxPooling2D",
    "MaxPool1D",
    "MaxPool2D",
    "MaxPooling1D",
    "MaxPooling2D",
]
