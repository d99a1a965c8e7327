"""Measures of pictures: edges, and how far two are apart."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import torch
import torch.nn.functional as F

from prunelle.keras.eager.errors import InvalidArgumentError
from prunelle.keras.eager.functions import function
from prunelle.keras.eager.image.colours import converted
from prunelle.keras.eager.tensor import convert

Torch = torch.Tensor


def _batch(image: Torch, name: str) -> None:
    if image.ndim != 4:
        raise InvalidArgumentError(
            f"{name} takes pictures (N, H, W, C); received shape {tuple(image.shape)}."
        )


@function(alone="image")
def image_gradients(image: Torch) -> tuple[Torch, Torch]:
    """Differences to the next row and to the next column, ``(N, H, W, C)`` each; 0 in the last ones."""
    _batch(image, "tf.image.image_gradients")
    down = F.pad(image[:, 1:] - image[:, :-1], (0, 0, 0, 0, 0, 1))
    right = F.pad(image[:, :, 1:] - image[:, :, :-1], (0, 0, 0, 1))
    return down, right


@function("image", numbers="float")
def sobel_edges(image: Torch) -> Torch:
    """Sobel's filters of each channel, ``(N, H, W, C, 2)``: by rows and by columns."""
    _batch(image, "tf.image.sobel_edges")
    across = torch.tensor([[-1, 0, 1], [-2, 0, 2], [-1, 0, 1]], dtype=image.dtype, device=image.device)
    filters = torch.stack([across.T, across])[:, None]
    number, height, width, channels = image.shape
    planes = F.pad(image.movedim(-1, 1), (1, 1, 1, 1), mode="reflect")
    planes = planes.reshape(number * channels, 1, height + 2, width + 2)
    return F.conv2d(planes, filters).reshape(number, channels, 2, height, width).permute(0, 3, 4, 1, 2)


@function(alone="images")
def total_variation(images: Torch, name: str | None = None) -> Torch:
    """The sum of absolute differences between neighbours: one number, or one a picture."""
    if images.ndim not in (3, 4):
        raise InvalidArgumentError(f"pictures are (H, W, C) or (N, H, W, C); received {tuple(images.shape)}.")
    along = (-3, -2, -1)
    down = (images[..., 1:, :, :] - images[..., :-1, :, :]).abs()
    right = (images[..., 1:, :] - images[..., :-1, :]).abs()
    return down.sum(along, dtype=images.dtype) + right.sum(along, dtype=images.dtype)


def _white(max_val: Any, kind: torch.dtype) -> Torch:
    """The greatest value, as the pictures' type is converted."""
    return converted(convert(max_val).to(kind), torch.float32)


def _two(first: Torch, second: Torch, name: str) -> tuple[Torch, Torch]:
    if min(first.ndim, second.ndim) < 3 or first.shape[-3:] != second.shape[-3:]:
        raise InvalidArgumentError(
            f"{name} takes pictures (…, H, W, C) of one size; received {tuple(first.shape)} and {tuple(second.shape)}."
        )
    return converted(first, torch.float32), converted(second, torch.float32)


@function("a b")
def psnr(a: Torch, b: Torch, max_val: Any, name: str | None = None) -> Torch:
    """Peak signal-to-noise ratio of each picture, in decibels.

    Args:
        max_val: white: 255, or 1.0.
    """
    white = _white(max_val, a.dtype).to(a.device)
    one, other = _two(a, b, "tf.image.psnr")
    error = (one - other).square().mean((-3, -2, -1))
    return 20 * torch.log10(white) - 10 * torch.log10(error)


def _gaussian(size: int, sigma: float, like: Torch) -> Torch:
    """``(size, size)``, summing to 1."""
    places = torch.arange(size, dtype=torch.float32, device=like.device) - (size - 1) / 2
    exponent = -0.5 * places.square() / sigma**2
    return torch.softmax((exponent[:, None] + exponent).flatten(), 0).reshape(size, size)


def _similarity(
    first: Torch, second: Torch, white: Torch, size: int, sigma: float, k1: float, k2: float
) -> tuple[Torch, Torch]:
    """The map of SSIM, and of its part without luminance: ``(…, rows, columns, C)`` each.

    Wang, Bovik, Sheikh and Simoncelli, IEEE Transactions on Image Processing 13(4), 2004.
    """
    height, width = first.shape[-3:-1]
    if min(height, width) < size:
        raise InvalidArgumentError(f"filter_size={size} is more than a picture of {height}x{width} has.")
    kernel = _gaussian(size, sigma, first)[None, None]

    def smoothed(images: Torch) -> Torch:
        planes = images.movedim(-1, -3)
        found = F.conv2d(planes.reshape(-1, 1, height, width), kernel)
        return found.reshape(*planes.shape[:-2], *found.shape[-2:]).movedim(-3, -1)

    c1, c2 = (k1 * white) ** 2, (k2 * white) ** 2
    mean, other_mean = smoothed(first), smoothed(second)
    product, squares = 2 * mean * other_mean, mean.square() + other_mean.square()
    luminance = (product + c1) / (squares + c1)
    covariance = 2 * smoothed(first * second) - product
    variances = smoothed(first.square() + second.square()) - squares
    structure = (covariance + c2) / (variances + c2)
    return luminance * structure, structure


@function("img1 img2")
def ssim(
    img1: Torch,
    img2: Torch,
    max_val: Any,
    filter_size: int = 11,
    filter_sigma: float = 1.5,
    k1: float = 0.01,
    k2: float = 0.03,
    return_index_map: bool = False,
) -> Torch:
    """Structural similarity of each picture, 1 for equal ones.

    Args:
        max_val: white: 255, or 1.0.
        return_index_map: the measure at each place, ``(…, rows, columns)``.
    """
    white = _white(max_val, img1.dtype).to(img1.device)
    one, other = _two(img1, img2, "tf.image.ssim")
    found, _ = _similarity(one, other, white, size=filter_size, sigma=filter_sigma, k1=k1, k2=k2)
    return found.mean(-1) if return_index_map else found.mean((-3, -2)).mean(-1)


@function("img1 img2")
def ssim_multiscale(
    img1: Torch,
    img2: Torch,
    max_val: Any,
    power_factors: Sequence[float] = (0.0448, 0.2856, 0.3001, 0.2363, 0.1333),
    filter_size: int = 11,
    filter_sigma: float = 1.5,
    k1: float = 0.01,
    k2: float = 0.03,
) -> Torch:
    """Structural similarity at several sizes, each half of the one before (Wang, Simoncelli and Bovik, 2003)."""
    white = _white(max_val, img1.dtype).to(img1.device)
    one, other = _two(img1, img2, "tf.image.ssim_multiscale")
    parts = []
    for number, _ in enumerate(power_factors):
        if number:
            one, other = _halved(one), _halved(other)
        whole, structure = (
            each.mean((-3, -2))
            for each in _similarity(one, other, white, size=filter_size, sigma=filter_sigma, k1=k1, k2=k2)
        )
        parts.append(torch.relu(structure))
    parts[-1] = torch.relu(whole)
    powers = torch.tensor(power_factors, device=one.device)
    return (torch.stack(parts, -1) ** powers).prod(-1).mean(-1)


def _halved(images: Torch) -> Torch:
    """The mean of each two by two pixels; the last row or column twice where their number is odd."""
    height, width, channels = images.shape[-3:]
    planes = images.movedim(-1, -3).reshape(-1, channels, height, width)
    planes = F.pad(planes, (0, width % 2, 0, height % 2), mode="replicate")
    found = F.avg_pool2d(planes, 2)
    return found.movedim(1, -1).reshape(*images.shape[:-3], *found.shape[-2:], channels)
