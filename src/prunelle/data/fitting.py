"""The geometry of ``Preprocess``: crop, pad, squash and border, for one picture or an array of them.

All resizing is Pillow's bilinear, which averages over what it drops (antialiasing).
"""

from __future__ import annotations

import numpy as np
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
) -> np.ndarray:
    """L or RGB → ``(*size, C)`` uint8.

    Args:
        extent: height and width that the picture takes of ``image``, from its top left; all of it if None.
        crop_fraction: as ``Preprocess`` has it.
    """
    height, width = size
    full_height, full_width = extent or (image.height, image.width)
    scale_y, scale_x = scales((full_height, full_width), size, fit, crop_fraction)
    if fit == "pad":
        inner_height = min(height, max(1, round(full_height * scale_y)))
        inner_width = min(width, max(1, round(full_width * scale_x)))
        box = (0.0, 0.0, full_width, full_height)
    else:
        # The middle part that becomes the whole result; all of it for squash.
        inner_height, inner_width = height, width
        part_width, part_height = min(full_width, width / scale_x), min(full_height, height / scale_y)
        x, y = (full_width - part_width) / 2, (full_height - part_height) / 2
        box = (x, y, min(full_width, x + part_width), min(full_height, y + part_height))
    resized = image.resize((inner_width, inner_height), Image.Resampling.BILINEAR, box=box)
    pixels = np.asarray(resized).reshape(inner_height, inner_width, -1)
    if (inner_height, inner_width) == size:
        return pixels
    padded = np.zeros((height, width, pixels.shape[2]), np.uint8)
    top, left = (height - inner_height) // 2, (width - inner_width) // 2
    padded[top : top + inner_height, left : left + inner_width] = pixels
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
