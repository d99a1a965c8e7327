"""The geometry of ``Preprocess``: crop, pad, squash and border, for one picture or an array of them.

All resizing is bilinear and averages over what it drops (antialiasing): Pillow's, or for large arrays PyTorch's,
which gives the same within one level, three times faster.
"""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np
import torch
from PIL import Image

from prunelle.data.preprocess import Fit, Preprocess
from prunelle.errors import ArgumentError


def fit_array(array: np.ndarray, preprocess: Preprocess) -> np.ndarray:
    """Pictures that are an array already, at the size, fit, border and channels asked for.

    Args:
        array: ``(N, H, W)`` or ``(N, H, W, C)`` uint8, C being 1 or 3.

    Returns:
        ``(N, h, w, c)`` uint8, border included; ``array`` itself, not a copy, where nothing had to be done.
    """
    if array.ndim == 3:
        array = array[..., np.newaxis]
    if array.dtype != np.uint8 or array.ndim != 4 or array.shape[3] not in (1, 3):
        raise ArgumentError(
            f"array must be (N, H, W) or (N, H, W, C) uint8, with C 1 or 3; received shape {array.shape}, "
            f"{array.dtype}."
        )
    array = _with_channels(array, preprocess.channels)
    if array.shape[1:3] != preprocess.size or preprocess.crop_fraction < 1:
        resized = [
            resize(
                as_image(picture),
                preprocess.size,
                preprocess.fit,
                crop_fraction=preprocess.crop_fraction,
            )
            for picture in array
        ]
        array = np.stack(resized) if resized else array[:, :0, :0]
    if preprocess.border:
        sides = (preprocess.border, preprocess.border)
        array = np.pad(array, ((0, 0), sides, sides, (0, 0)))
    return array


def as_image(array: np.ndarray) -> Image.Image:
    """``(H, W, 1 or 3)`` uint8 → L or RGB."""
    return Image.fromarray(array[..., 0] if array.shape[-1] == 1 else array)


def scales(
    source: tuple[float, float], target: tuple[int, int], fit: Fit, crop_fraction: float = 1.0
) -> tuple[float, float]:
    """By how much height and width of ``source`` are multiplied to fit ``target``."""
    scale_y, scale_x = target[0] / source[0], target[1] / source[1]
    if fit == "squash":
        return scale_y, scale_x
    scale = max(scale_y, scale_x) / crop_fraction if fit == "crop" else min(scale_y, scale_x)
    return scale, scale


def resize(
    image: Image.Image,
    size: tuple[int, int],
    fit: Fit,
    extent: tuple[float, float] | None = None,
    crop_fraction: float = 1.0,
    then: Callable[[np.ndarray], np.ndarray] | None = None,
) -> np.ndarray:
    """L, RGB or CMYK → ``(*size, C)`` uint8.

    Args:
        extent: height and width that the picture takes of ``image``, from its top left; all of it if None.
        crop_fraction: as ``Preprocess`` has it.
        then: what is done with the pixels before black is laid around them.
    """
    inner, box = _box(extent or (image.height, image.width), size, fit, crop_fraction)
    resized = image.resize(inner[::-1], Image.Resampling.BILINEAR, box=(box[1], box[0], box[3], box[2]))
    pixels = np.asarray(resized).reshape(*inner, -1)
    return _centred(pixels if then is None else then(pixels), size)


def resizing_bytes(
    source: tuple[float, float], size: tuple[int, int], fit: Fit, crop_fraction: float = 1.0
) -> int:
    """What ``resize`` holds of a picture of that height and width, besides the picture and the result.

    Pillow makes a picture narrower (or wider) first: one column of many rows is as wide as wanted meanwhile. And it
    keeps the weight of every pixel of a row and of a column.
    """
    inner, (top, _, bottom, _) = _box(source, size, fit, crop_fraction)
    return int(4 * inner[1] * (bottom - top) + 16 * sum(source))


def shrink(
    array: np.ndarray,
    size: tuple[int, int],
    fit: Fit,
    extent: tuple[float, float],
    crop_fraction: float = 1.0,
    then: Callable[[np.ndarray], np.ndarray] | None = None,
) -> np.ndarray:
    """``resize`` for ``(H, W, C)`` uint8 that is at least twice as large as wanted, three times faster.

    The same within the rounding of a level, except that the middle that ``crop`` keeps may start a fraction of a pixel
    of ``array`` (at most half of one) beside its exact place.
    """
    inner, (top, left, bottom, right) = _box(extent, size, fit, crop_fraction)
    step_y, step_x = (bottom - top) / inner[0], (right - left) / inner[1]
    first_row, extra_rows = _whole_start(top, step_y)
    first_column, extra_columns = _whole_start(left, step_x)
    rows = slice(first_row, math.ceil(bottom + step_y))
    columns = slice(first_column, math.ceil(right + step_x))
    # The operator wants its rows without gaps, and copies more slowly.
    part = torch.from_numpy(np.ascontiguousarray(array[rows, columns])).permute(2, 0, 1).unsqueeze(0)
    # The operator behind F.interpolate(antialias=True), which takes no scales beside a size.
    resized = torch.ops.aten._upsample_bilinear2d_aa(
        part, (inner[0] + extra_rows, inner[1] + extra_columns), False, 1 / step_y, 1 / step_x
    )
    pixels = resized[0, :, extra_rows:, extra_columns:].permute(1, 2, 0).numpy()
    return _centred(pixels if then is None else then(np.ascontiguousarray(pixels)), size)


def _whole_start(start: float, step: float) -> tuple[int, int]:
    """A whole pixel nearly a few steps before ``start``, and how many: PyTorch can begin at no other.

    At least one where there is room, so that the first pixel averages over what is before it too.
    """
    room = min(4, int(start / step))
    num_steps = min(range(min(1, room), room + 1), key=lambda n: abs((start - n * step + 0.5) % 1 - 0.5))
    return round(start - num_steps * step), num_steps


def _box(
    source: tuple[float, float], size: tuple[int, int], fit: Fit, crop_fraction: float
) -> tuple[tuple[int, int], tuple[float, float, float, float]]:
    """Height and width that the picture takes of the result, and what it shows there: top, left, bottom, right."""
    height, width = source
    scale_y, scale_x = scales(source, size, fit, crop_fraction)
    if fit == "pad":
        inner_height = min(size[0], max(1, round(height * scale_y)))
        inner_width = min(size[1], max(1, round(width * scale_x)))
        return (inner_height, inner_width), (0.0, 0.0, height, width)
    # The middle part that becomes the whole result; all of it for squash.
    part_height, part_width = min(height, size[0] / scale_y), min(width, size[1] / scale_x)
    y, x = (height - part_height) / 2, (width - part_width) / 2
    return size, (y, x, min(height, y + part_height), min(width, x + part_width))


def _centred(pixels: np.ndarray, size: tuple[int, int]) -> np.ndarray:
    """Black around, up to ``size``."""
    height, width = pixels.shape[:2]
    if (height, width) == size:
        return pixels
    padded = np.zeros((*size, pixels.shape[2]), np.uint8)
    top, left = (size[0] - height) // 2, (size[1] - width) // 2
    padded[top : top + height, left : left + width] = pixels
    return padded


def _with_channels(array: np.ndarray, channels: int) -> np.ndarray:
    """``(N, H, W, 1 or 3)`` uint8 → ``channels``, with the weights of ITU-R 601."""
    if array.shape[3] == channels:
        return array
    if channels == 3:
        return np.repeat(array, 3, axis=3)
    grey = np.empty((*array.shape[:3], 1), np.uint8)
    for start in range(0, len(array), 1024):  # 32 bits a value: not for all pictures at once
        red, green, blue = np.moveaxis(array[start : start + 1024].astype(np.uint32), 3, 0)
        # Pillow's own integers, so that arrays and files give the same grey.
        grey[start : start + 1024, ..., 0] = (red * 19595 + green * 38470 + blue * 7471 + 0x8000) >> 16
    return grey
