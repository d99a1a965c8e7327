"""Windows for parts of a signal: a part of ``tf.signal``."""

from __future__ import annotations

import math
from typing import Any

import torch

from prunelle.keras.eager.errors import InvalidArgumentError
from prunelle.keras.eager.functions import function, kind_of
from prunelle.keras.eager.tensor import convert

Torch = torch.Tensor


def _checked(window_length: Any, dtype: Any) -> tuple[int, torch.dtype]:
    length, kind = int(convert(window_length)), kind_of(dtype)
    if not kind.is_floating_point:
        raise InvalidArgumentError(f"dtype is of floating-point numbers; received {dtype!r}.")
    if length < 0:
        raise InvalidArgumentError(f"window_length is not negative; received {length}.")
    return length, kind


def _raised_cosine(window_length: Any, periodic: bool, dtype: Any, a: float, b: float) -> Torch:
    length, kind = _checked(window_length, dtype)
    if length == 1:
        return torch.ones(1, dtype=kind)
    # TensorFlow: a window of an odd length ends as it began, whatever is asked for.
    steps = length if periodic and length % 2 == 0 else length - 1
    angle = 2 * math.pi * torch.arange(length, dtype=torch.float64) / max(steps, 1)
    return (a - b * torch.cos(angle)).to(kind)


@function()
def hann_window(
    window_length: Any, periodic: bool = True, dtype: Any = "float32", name: str | None = None
) -> Torch:
    """Hann's: ``(window_length,)``, which would go on as it began where it is ``periodic``."""
    return _raised_cosine(window_length, periodic, dtype, 0.5, 0.5)


@function()
def hamming_window(
    window_length: Any, periodic: bool = True, dtype: Any = "float32", name: str | None = None
) -> Torch:
    """Hamming's: ``(window_length,)``, which would go on as it began where it is ``periodic``."""
    return _raised_cosine(window_length, periodic, dtype, 0.54, 0.46)


def _kaiser(length: int, beta: float) -> Any:
    if length == 1:
        return torch.ones(1, dtype=torch.float64)
    place = torch.arange(length, dtype=torch.float64) * 2 / (length - 1) - 1
    inside = torch.special.i0(beta * torch.sqrt((1 - place.square()).clamp(min=0)))
    return inside / torch.special.i0(torch.tensor(beta, dtype=torch.float64))


@function()
def kaiser_window(
    window_length: Any, beta: Any = 12.0, dtype: Any = "float32", name: str | None = None
) -> Any:
    """Kaiser's: ``(window_length,)``."""
    length, kind = _checked(window_length, dtype)
    return _kaiser(length, float(convert(beta))).to(kind)


@function()
def kaiser_bessel_derived_window(
    window_length: Any, beta: Any = 12.0, dtype: Any = "float32", name: str | None = None
) -> Torch:
    """Made of Kaiser's running sum, for transforms whose parts overlap by half."""
    length, kind = _checked(window_length, dtype)
    total = _kaiser(length // 2 + 1, float(convert(beta))).cumsum(0)
    side = torch.sqrt(total[:-1] / total[-1])
    return torch.cat([side, side.flip(0)]).to(kind)


@function()
def vorbis_window(window_length: Any, dtype: Any = "float32", name: str | None = None) -> Torch:
    """Vorbis's, for transforms whose parts overlap by half."""
    length, kind = _checked(window_length, dtype)
    inner = torch.sin(math.pi * (torch.arange(length, dtype=torch.float64) + 0.5) / max(length, 1))
    return torch.sin(math.pi / 2 * inner.square()).to(kind)
