"""Layers that prepare pictures: scaling and resizing always, random changes in training only."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import torch
import torch.nn.functional as F
from torch import nn

from prunelle.errors import ArgumentError
from prunelle.keras.layers.base import Layer
from prunelle.keras.layers.convolutional import require_rank
from prunelle.keras.layout import KerasOrder, Shape

_PADDING = {"constant": "zeros", "nearest": "border", "reflect": "reflection"}


class Rescaling(Layer):
    """x · scale + offset"""

    def __init__(self, scale: Any, offset: Any = 0.0, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.scale, self.offset = scale, offset

    def make(self, input_shape: Shape) -> list[nn.Module]:
        scale, offset = (torch.tensor(value, dtype=torch.float32) for value in (self.scale, self.offset))
        return [KerasOrder(lambda x: x * scale.to(x.device) + offset.to(x.device))]


class Normalization(Layer):
    """(x - mean) / √variance along ``axis``; ``adapt(data)`` measures both."""

    def __init__(
        self,
        axis: int | None = -1,
        mean: Any = None,
        variance: Any = None,
        invert: bool = False,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.axis, self.mean, self.variance, self.invert = axis, mean, variance, invert

    def adapt(self, data: Any, **ignored: Any) -> None:
        """Measures mean and variance of an array."""
        array = np.asarray(data, np.float64)
        axes = (
            None if self.axis is None else tuple(i for i in range(array.ndim) if i != self.axis % array.ndim)
        )
        self.mean, self.variance = array.mean(axes), array.var(axes)

    def make(self, input_shape: Shape) -> list[nn.Module]:
        return [KerasOrder(self._run)]

    def _run(self, x: torch.Tensor) -> torch.Tensor:
        if self.mean is None or self.variance is None:
            raise ArgumentError(f"{self.name}: call adapt(data), or give mean and variance.")
        shape = [1] * x.ndim
        if self.axis is not None and np.ndim(self.mean):
            shape[self.axis] = -1
        mean, variance = (
            torch.as_tensor(np.asarray(value, np.float32), device=x.device).reshape(
                shape if np.ndim(value) else ()
            )
            for value in (self.mean, self.variance)
        )
        # Keras keeps the divisor away from 0 by this much.
        divisor = variance.sqrt().clamp(min=1e-7)
        return x * divisor + mean if self.invert else (x - mean) / divisor


class _Pictures(Layer):
    """Of ``(N, H, W, C)``; ``change`` gets them in PyTorch's order."""

    random = True

    def change(self, x: torch.Tensor) -> torch.Tensor:
        """The new pictures."""
        raise NotImplementedError

    def make(self, input_shape: Shape) -> list[nn.Module]:
        require_rank(self, input_shape, 4)
        return [_Changed(self.change, only_in_training=self.random)]


class _Changed(nn.Module):
    calls_a_users_code = True  # that of a subclass, it may be

    def __init__(self, change: Callable[[torch.Tensor], torch.Tensor], *, only_in_training: bool) -> None:
        super().__init__()
        self.change, self.only_in_training = change, only_in_training

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return x if self.only_in_training and not self.training else self.change(x)


class Resizing(_Pictures):
    """Pictures of ``height`` × ``width``, by ``bilinear`` (without smoothing), ``nearest`` or ``bicubic`` samples."""

    random = False

    def __init__(
        self,
        height: int,
        width: int,
        interpolation: str = "bilinear",
        crop_to_aspect_ratio: bool = False,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        if interpolation not in ("bilinear", "nearest", "bicubic"):
            raise ArgumentError(
                f"interpolation must be bilinear, nearest or bicubic; received {interpolation!r}."
            )
        self.height, self.width, self.interpolation = height, width, interpolation
        self.crop_to_aspect_ratio = crop_to_aspect_ratio

    def compute_output_shape(self, input_shape: Shape) -> Shape:
        return (input_shape[0], self.height, self.width, input_shape[3])

    def change(self, x: torch.Tensor) -> torch.Tensor:
        if self.crop_to_aspect_ratio:
            height, width = x.shape[2:]
            kept_height = min(height, int(width * self.height / self.width))
            kept_width = min(width, int(height * self.width / self.height))
            x = _cropped(x, kept_height, kept_width, (height - kept_height) // 2, (width - kept_width) // 2)
        mode = "nearest-exact" if self.interpolation == "nearest" else self.interpolation
        return F.interpolate(x, (self.height, self.width), mode=mode)


class CenterCrop(_Pictures):
    """The middle ``height`` × ``width`` of pictures; of smaller ones, after enlarging."""

    random = False

    def __init__(self, height: int, width: int, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.height, self.width = height, width

    def compute_output_shape(self, input_shape: Shape) -> Shape:
        return (input_shape[0], self.height, self.width, input_shape[3])

    def change(self, x: torch.Tensor) -> torch.Tensor:
        height, width = x.shape[2:]
        if height < self.height or width < self.width:
            return Resizing(self.height, self.width, crop_to_aspect_ratio=True).change(x)
        return _cropped(x, self.height, self.width, (height - self.height) // 2, (width - self.width) // 2)


class RandomCrop(CenterCrop):
    """A ``height`` × ``width`` part of the pictures at a place drawn for each batch; in prediction, the middle."""

    random = False

    def make(self, input_shape: Shape) -> list[nn.Module]:
        require_rank(self, input_shape, 4)
        return [_RandomCrop(self)]

    def drawn(self, x: torch.Tensor) -> torch.Tensor:
        """A part at a place drawn."""
        height, width = x.shape[2:]
        if height < self.height or width < self.width:
            return self.change(x)
        top = int(torch.randint(height - self.height + 1, ()))
        left = int(torch.randint(width - self.width + 1, ()))
        return _cropped(x, self.height, self.width, top, left)


class _RandomCrop(nn.Module):
    def __init__(self, layer: RandomCrop) -> None:
        super().__init__()
        self._layer = layer

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self._layer.drawn(x) if self.training else self._layer.change(x)


class RandomFlip(_Pictures):
    """Each picture, with probability ½ each: left for right (``horizontal``), upside down (``vertical``), or both."""

    def __init__(self, mode: str = "horizontal_and_vertical", seed: int | None = None, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        known = ("horizontal", "vertical", "horizontal_and_vertical")
        if mode not in known:
            raise ArgumentError(f"mode must be one of {', '.join(known)}; received {mode!r}.")
        self.mode, self.seed = mode, seed

    def change(self, x: torch.Tensor) -> torch.Tensor:
        for axis, name in ((3, "horizontal"), (2, "vertical")):
            if name in self.mode:
                chosen = torch.rand(len(x), 1, 1, 1, device=x.device) < 0.5
                x = torch.where(chosen, x.flip(axis), x)
        return x


class _Moved(_Pictures):
    """Pictures seen through an affine map drawn for each."""

    def __init__(
        self, fill_mode: str, interpolation: str, seed: int | None, fill_value: float, **kwargs: Any
    ) -> None:
        super().__init__(**kwargs)
        if fill_mode not in _PADDING:
            raise ArgumentError(f"fill_mode must be one of {', '.join(_PADDING)}; received {fill_mode!r}.")
        if interpolation not in ("bilinear", "nearest"):
            raise ArgumentError(f"interpolation must be bilinear or nearest; received {interpolation!r}.")
        self.fill_mode, self.interpolation, self.seed, self.fill_value = (
            fill_mode,
            interpolation,
            seed,
            fill_value,
        )

    def maps(self, n: int, height: int, width: int) -> torch.Tensor:
        """``(n, 2, 3)``: from places in the result to places in the picture, both from -1 to 1."""
        raise NotImplementedError

    def change(self, x: torch.Tensor) -> torch.Tensor:
        maps = self.maps(len(x), *x.shape[2:]).to(x.device, x.dtype)
        grid = F.affine_grid(maps, list(x.shape), align_corners=False)
        padding = _PADDING[self.fill_mode]
        value = self.fill_value if self.fill_mode == "constant" else 0.0
        moved = F.grid_sample(
            x - value, grid, mode=self.interpolation, padding_mode=padding, align_corners=False
        )
        return moved + value


class RandomRotation(_Moved):
    """A turn by up to ``factor`` of a full circle either way, or between two bounds."""

    def __init__(
        self,
        factor: float | Sequence[float],
        fill_mode: str = "reflect",
        interpolation: str = "bilinear",
        seed: int | None = None,
        fill_value: float = 0.0,
        **kwargs: Any,
    ) -> None:
        super().__init__(fill_mode, interpolation, seed, fill_value, **kwargs)
        self.factor = _bounds(factor, "factor")

    def maps(self, n: int, height: int, width: int) -> torch.Tensor:
        angle = _drawn(self.factor, n) * 2 * math.pi
        cos, sin, zero = angle.cos(), angle.sin(), torch.zeros(n)
        # In pixels, so that a turned picture keeps its shape whatever its sides.
        rows = [cos, -sin * height / width, zero, sin * width / height, cos, zero]
        return torch.stack(rows, 1).view(n, 2, 3)


class RandomTranslation(_Moved):
    """A move by shares of the height and the width."""

    def __init__(
        self,
        height_factor: float | Sequence[float],
        width_factor: float | Sequence[float],
        fill_mode: str = "reflect",
        interpolation: str = "bilinear",
        seed: int | None = None,
        fill_value: float = 0.0,
        **kwargs: Any,
    ) -> None:
        super().__init__(fill_mode, interpolation, seed, fill_value, **kwargs)
        self.height_factor = _bounds(height_factor, "height_factor")
        self.width_factor = _bounds(width_factor, "width_factor")

    def maps(self, n: int, height: int, width: int) -> torch.Tensor:
        down, right = _drawn(self.height_factor, n), _drawn(self.width_factor, n)
        one, zero = torch.ones(n), torch.zeros(n)
        return torch.stack([one, zero, -2 * right, zero, one, -2 * down], 1).view(n, 2, 3)


class RandomZoom(_Moved):
    """A zoom: +0.2 shows 20 % more around (smaller things), -0.2 20 % less; width as height unless said."""

    def __init__(
        self,
        height_factor: float | Sequence[float],
        width_factor: float | Sequence[float] | None = None,
        fill_mode: str = "reflect",
        interpolation: str = "bilinear",
        seed: int | None = None,
        fill_value: float = 0.0,
        **kwargs: Any,
    ) -> None:
        super().__init__(fill_mode, interpolation, seed, fill_value, **kwargs)
        self.height_factor = _bounds(height_factor, "height_factor")
        self.width_factor = None if width_factor is None else _bounds(width_factor, "width_factor")

    def maps(self, n: int, height: int, width: int) -> torch.Tensor:
        rows = 1 + _drawn(self.height_factor, n)
        columns = rows if self.width_factor is None else 1 + _drawn(self.width_factor, n)
        zero = torch.zeros(n)
        return torch.stack([columns, zero, zero, zero, rows, zero], 1).view(n, 2, 3)


class RandomContrast(_Pictures):
    """(x - mean) · c + mean, the mean of each channel of a picture, kept to the range of values.

    Args:
        factor: c is from 1 - ``factor`` to 1 + ``factor``; of two, the first goes down and the second up.
    """

    def __init__(
        self,
        factor: float | Sequence[float],
        value_range: Sequence[float] = (0, 255),
        seed: int | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        down, up = (factor, factor) if isinstance(factor, int | float) else factor
        self.factor, self.value_range, self.seed = (-float(down), float(up)), tuple(value_range), seed

    def change(self, x: torch.Tensor) -> torch.Tensor:
        contrast = 1 + _drawn(self.factor, len(x)).to(x.device)[:, None, None, None]
        mean = x.mean((2, 3), keepdim=True)
        return ((x - mean) * contrast + mean).clamp(*self.value_range)


class RandomBrightness(_Pictures):
    """Adds a share, within ± ``factor``, of the range of values, and keeps to the range."""

    def __init__(
        self,
        factor: float | Sequence[float],
        value_range: Sequence[float] = (0, 255),
        seed: int | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.factor, self.value_range, self.seed = _bounds(factor, "factor"), tuple(value_range), seed

    def change(self, x: torch.Tensor) -> torch.Tensor:
        low, high = self.value_range
        more = _drawn(self.factor, len(x)).to(x.device)[:, None, None, None] * (high - low)
        return (x + more).clamp(low, high)


def _bounds(factor: float | Sequence[float], name: str) -> tuple[float, float]:
    """``0.2`` → ``(-0.2, 0.2)``; two bounds stay."""
    low, high = (-abs(factor), abs(factor)) if isinstance(factor, int | float) else factor
    if low > high:
        raise ArgumentError(f"{name} must be a number or (lowest, highest); received {factor!r}.")
    return float(low), float(high)


def _drawn(bounds: tuple[float, float], n: int) -> torch.Tensor:
    """``(n,)``, uniform between the bounds."""
    return torch.empty(n).uniform_(*bounds)


def _cropped(x: torch.Tensor, height: int, width: int, top: int, left: int) -> torch.Tensor:
    return x[:, :, top : top + height, left : left + width]


__all__ = [
    "CenterCrop",
    "Normalization",
    "RandomBrightness",
    "RandomContrast",
    "RandomCrop",
    "RandomFlip",
    "RandomRotation",
    "RandomTranslation",
    "RandomZoom",
    "Rescaling",
    "Resizing",
]
