"""Pictures at other sizes: weights by rows and columns, as TensorFlow's kernels have them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np
import torch

from prunelle.keras.eager.errors import InvalidArgumentError, WrongType
from prunelle.keras.eager.functions import function, sizes
from prunelle.keras.eager.image.cropping import padded

Torch = torch.Tensor
Kernel = Callable[[np.ndarray], np.ndarray]


class ResizeMethod:
    """How pictures are resized; the names are the texts that ``method`` takes too."""

    BILINEAR = "bilinear"
    NEAREST_NEIGHBOR = "nearest"
    BICUBIC = "bicubic"
    AREA = "area"
    LANCZOS3 = "lanczos3"
    LANCZOS5 = "lanczos5"
    GAUSSIAN = "gaussian"
    MITCHELLCUBIC = "mitchellcubic"


_NUMBERED = ("bilinear", "nearest", "bicubic", "area")
"""TensorFlow 1's methods were numbers."""


class Taps(NamedTuple):
    """Of each row (or column) of the new picture: which of the old one it is made of, and by which weights."""

    places: np.ndarray
    weights: np.ndarray


# Kernels of antialiased resizing: functions of a distance in pixels.


def _triangle(x: np.ndarray) -> Any:
    return np.maximum(0, 1 - np.abs(x))


def _keys(x: np.ndarray) -> np.ndarray:
    """Keys's cubic, a = -1/2 (IEEE Transactions on Acoustics, Speech, and Signal Processing 29, 1981)."""
    x = np.abs(x)
    near = (1.5 * x - 2.5) * x * x + 1
    far = ((-0.5 * x + 2.5) * x - 4) * x + 2
    return np.where(x < 1, near, np.where(x < 2, far, 0))


def _mitchell(x: np.ndarray) -> np.ndarray:
    """B = C = 1/3 (Mitchell and Netravali, SIGGRAPH 1988)."""
    x = np.abs(x)
    near = (7 * x - 12) * x * x / 6 + 16 / 18
    far = ((-7 / 18 * x + 2) * x - 10 / 3) * x + 16 / 9
    return np.where(x < 1, near, np.where(x < 2, far, 0))


def _lanczos(radius: float) -> Kernel:
    def kernel(x: np.ndarray) -> np.ndarray:
        return np.where(np.abs(x) <= radius, np.sinc(x) * np.sinc(x / radius), 0)

    return kernel


def _gaussian(x: np.ndarray) -> np.ndarray:
    return np.where(np.abs(x) < 1.5, np.exp(-2 * np.square(x)), 0)


_KERNELS: dict[str, tuple[Kernel, float]] = {
    "bilinear": (_triangle, 1),
    "bicubic": (_keys, 2),
    "mitchellcubic": (_mitchell, 2),
    "lanczos3": (_lanczos(3), 3),
    "lanczos5": (_lanczos(5), 5),
    "gaussian": (_gaussian, 1.5),
}
"""Each with its radius in pixels."""


def _sampled(old: int, new: int, method: str, antialias: bool) -> Taps:
    """Weights by the kernel's value at each distance, which sum to 1; a wider kernel where pixels are lost."""
    kernel, radius = _KERNELS[method]
    scale = np.float32(old / new)
    width = max(float(scale), 1) if antialias else 1
    centres = (np.arange(new, dtype=np.float32) + np.float32(0.5)) * scale
    first = np.ceil(centres - np.float32(radius * width) - np.float32(0.5)).astype(int)
    last = np.floor(centres + np.float32(radius * width) - np.float32(0.5)).astype(int)
    first, last = np.clip(first, 0, old - 1), np.clip(last, 0, old - 1)
    places = first[:, None] + np.arange(int((last - first).max()) + 1)
    inside = places <= last[:, None]
    weights = np.where(inside, kernel((places + 0.5 - centres[:, None]) / width), 0)
    total = weights.sum(1, keepdims=True)
    return Taps(np.minimum(places, old - 1), weights / np.where(total == 0, 1, total))


def _scale(old: int, new: int, align_corners: bool) -> np.float32:
    if align_corners and new > 1:
        return np.float32((old - 1) / (new - 1))
    return np.float32(old / new)


def _positions(old: int, new: int, align_corners: bool, half_pixel: bool) -> np.ndarray:
    """Where the new pixels are among the old ones, in pixels from the first one's middle."""
    scale, numbers = _scale(old, new, align_corners), np.arange(new, dtype=np.float32)
    return (numbers + np.float32(0.5)) * scale - np.float32(0.5) if half_pixel else numbers * scale


def _linear(old: int, new: int, align_corners: bool = False, half_pixel: bool = True) -> Taps:
    position = _positions(old, new, align_corners, half_pixel)
    below = np.floor(position)
    part = position - below
    places = np.clip(np.stack([below, np.ceil(position)], 1).astype(int), 0, old - 1)
    return Taps(places, np.stack([1 - part, part], 1))


_STEPS = 1024
"""TensorFlow's table of the cubic has so many steps between two pixels."""


def _cubic(old: int, new: int, align_corners: bool = False, half_pixel: bool = True) -> Taps:
    position = _positions(old, new, align_corners, half_pixel)
    below = np.floor(position)
    part = np.rint((position - below) * _STEPS) / _STEPS
    a = -0.5 if half_pixel else -0.75
    distances = np.abs(part[:, None] - np.arange(-1, 3))
    near = ((a + 2) * distances - (a + 3)) * distances**2 + 1
    far = ((a * distances - 5 * a) * distances + 8 * a) * distances - 4 * a
    weights = np.where(distances <= 1, near, far)
    places = below[:, None].astype(int) + np.arange(-1, 3)
    if half_pixel:  # what is outside counts for nothing
        weights = np.where((places >= 0) & (places < old), weights, 0)
        weights = weights / weights.sum(1, keepdims=True)
    return Taps(np.clip(places, 0, old - 1), weights)


def _area(old: int, new: int, align_corners: bool = False) -> Taps:
    scale = float(_scale(old, new, align_corners))
    start = np.arange(new) * scale
    end = start + scale
    first = np.floor(start).astype(int)
    places = first[:, None] + np.arange(int(np.max(np.ceil(end) - first)) or 1)
    shares = np.minimum(places + 1, end[:, None]) - np.maximum(places, start[:, None])
    return Taps(np.clip(places, 0, old - 1), np.maximum(shares, 0) / scale)


def _nearest(old: int, new: int, align_corners: bool = False, half_pixel: bool = True) -> Taps:
    scale, numbers = _scale(old, new, align_corners), np.arange(new, dtype=np.float32)
    if half_pixel:
        found = np.floor((numbers + np.float32(0.5)) * scale)
    else:
        found = np.floor(numbers * scale + np.float32(0.5)) if align_corners else np.floor(numbers * scale)
    return Taps(np.clip(found.astype(int), 0, old - 1)[:, None], np.ones((new, 1)))


def _along(images: Torch, axis: int, taps: Taps) -> Torch:
    total = None
    for places, weights in zip(taps.places.T, taps.weights.T, strict=True):
        if total is not None and not weights.any():
            continue
        at = torch.from_numpy(np.ascontiguousarray(places)).to(images.device)
        by = torch.from_numpy(weights.astype(np.float32)).to(images.device)
        part = images.index_select(axis, at) * by.reshape(-1, *(1,) * (images.ndim - 1 - axis))
        total = part if total is None else total + part
    assert total is not None
    return total


def _weighted(images: Torch, rows: Taps, columns: Taps) -> Torch:
    """Rows first where that leaves less to do."""
    tensor = images.float()
    if len(rows.places) * tensor.shape[2] <= tensor.shape[1] * len(columns.places):
        return _along(_along(tensor, 1, rows), 2, columns)
    return _along(_along(tensor, 2, columns), 1, rows)


def _picked(images: Torch, rows: Taps, columns: Taps) -> Torch:
    found = images
    for axis, taps in ((1, rows), (2, columns)):
        at = torch.from_numpy(np.ascontiguousarray(taps.places[:, 0])).to(images.device)
        found = found.index_select(axis, at)
    return found


def batched(images: Torch, name: str) -> Torch:
    """``(N, H, W, C)`` of one picture or several.

    Raises:
        InvalidArgumentError: they are neither.
        WrongType: truths.
    """
    if images.dtype == torch.bool:
        raise WrongType(f"{name}: pictures are numbers; received bool. tf.cast(images, tf.uint8).")
    if images.ndim not in (3, 4):
        raise InvalidArgumentError(
            f"{name}: pictures are (H, W, C) or (N, H, W, C); received shape {tuple(images.shape)}."
        )
    return images if images.ndim == 4 else images[None]


def _method(method: Any) -> str:
    if method not in (*_KERNELS, "nearest", "area"):
        known = ", ".join(repr(each) for each in ("nearest", "area", *_KERNELS))
        raise InvalidArgumentError(f"method is one of {known}; received {method!r}.")
    return str(method)


def _wanted(size: Any, name: str) -> tuple[int, int]:
    given = size if isinstance(size, (list, tuple)) else ()
    if any(isinstance(each, float) for each in given):
        raise InvalidArgumentError(f"{name}: size is of whole numbers; received {size!r}.")
    found = sizes(size)
    if len(found) != 2:
        raise InvalidArgumentError(f"{name}: size is a height and a width; received {size!r}.")
    if min(found) <= 0:
        raise InvalidArgumentError(f"{name}: a height and a width are at least 1; received {found}.")
    return found[0], found[1]


def _keeping_ratio(height: int, width: int, wanted: tuple[int, int]) -> tuple[int, int]:
    """The largest size within ``wanted`` that has the picture's proportions, in TensorFlow's float32."""
    scale = np.minimum(np.float32(wanted[0]) / np.float32(height), np.float32(wanted[1]) / np.float32(width))
    return max(1, int(np.rint(scale * np.float32(height)))), max(1, int(np.rint(scale * np.float32(width))))


def _resized(batch: Torch, wanted: tuple[int, int], method: str, antialias: bool) -> Torch:
    height, width = batch.shape[1], batch.shape[2]
    if min(height, width) == 0:
        raise InvalidArgumentError(
            f"tf.image.resize: nothing to resize in pictures of {height}x{width} pixels."
        )
    if method == "nearest":
        return _picked(batch, _nearest(height, wanted[0]), _nearest(width, wanted[1]))
    make: Callable[[int, int], Taps]
    if method == "area":
        make = _area
    elif antialias or method not in ("bilinear", "bicubic"):
        make = lambda old, new: _sampled(old, new, method, antialias)  # noqa: E731
    else:
        make = {"bilinear": _linear, "bicubic": _cubic}[method]
    return _weighted(batch, make(height, wanted[0]), make(width, wanted[1]))


@function(alone="images")
def resize(
    images: Torch,
    size: Any,
    method: Any = "bilinear",
    preserve_aspect_ratio: bool = False,
    antialias: bool = False,
    name: str | None = None,
) -> Torch:
    """Pictures ``(H, W, C)`` or ``(N, H, W, C)`` at another size: float32, with ``"nearest"`` the type they have.

    ``preserve_aspect_ratio`` makes the largest that fits within ``size``; ``antialias`` smoothes where pixels are lost.
    """
    batch, how = batched(images, "tf.image.resize"), _method(method)
    wanted = _wanted(size, "tf.image.resize")
    if preserve_aspect_ratio:
        wanted = _keeping_ratio(batch.shape[1], batch.shape[2], wanted)
    found = _resized(batch, wanted, how, antialias)
    return found if images.ndim == 4 else found[0]


@function(alone="image")
def resize_with_pad(
    image: Torch, target_height: Any, target_width: Any, method: Any = "bilinear", antialias: bool = False
) -> Torch:
    """Pictures at a size with their proportions kept, black at both sides of what is too short."""
    batch, how = batched(image, "tf.image.resize_with_pad"), _method(method)
    wanted = _wanted((target_height, target_width), "tf.image.resize_with_pad")
    height, width = batch.shape[1], batch.shape[2]
    if 0 in batch.shape[1:3]:
        raise InvalidArgumentError(f"tf.image.resize_with_pad: no pixels in shape {tuple(image.shape)}.")
    # In float32, as TensorFlow: its rounding decides where a row more or less is filled.
    ratio = max(np.float32(width) / np.float32(wanted[1]), np.float32(height) / np.float32(wanted[0]))
    inner = [np.float32(size) / ratio for size in (height, width)]
    top, left = (max(0, int((size - part) / 2)) for size, part in zip(wanted, inner, strict=True))
    found = _resized(batch, (max(1, int(inner[0])), max(1, int(inner[1]))), how, antialias)
    found = padded(found, top, left, *wanted)
    return found if image.ndim == 4 else found[0]


# TensorFlow 1's names, with the places of pixels that it had.

_OF_TENSORFLOW_1: dict[str, Callable[..., Taps]] = {
    "bilinear": _linear,
    "bicubic": _cubic,
    "nearest": _nearest,
}


def _resized_as_1(
    batch: Torch, wanted: tuple[int, int], method: str, align_corners: bool, half_pixel: bool
) -> Torch:
    if min(batch.shape[1:3]) == 0:
        raise InvalidArgumentError(f"nothing to resize in pictures of shape {tuple(batch.shape)}.")
    pairs = list(zip(batch.shape[1:3], wanted, strict=True))
    if method == "area":
        rows, columns = (_area(old, new, align_corners) for old, new in pairs)
    else:
        make = _OF_TENSORFLOW_1[method]
        rows, columns = (make(old, new, align_corners, half_pixel) for old, new in pairs)
    return _picked(batch, rows, columns) if method == "nearest" else _weighted(batch, rows, columns)


@function(alone="images")
def resize_images(
    images: Torch,
    size: Any,
    method: Any = "bilinear",
    align_corners: bool = False,
    preserve_aspect_ratio: bool = False,
    name: str | None = None,
) -> Torch:
    """TensorFlow 1's ``resize``: the first pixel's corner, not its middle, is where the new picture begins."""
    number = isinstance(method, int) and 0 <= method < len(_NUMBERED)
    batch, how = batched(images, "tf.image.resize_images"), _method(_NUMBERED[method] if number else method)
    if how not in _NUMBERED:
        raise InvalidArgumentError(
            f"TensorFlow 1 has the methods {', '.join(_NUMBERED)}; received {method!r}."
        )
    wanted = _wanted(size, "tf.image.resize_images")
    if preserve_aspect_ratio:
        wanted = _keeping_ratio(batch.shape[1], batch.shape[2], wanted)
    if tuple(batch.shape[1:3]) == wanted:
        return images
    found = _resized_as_1(batch, wanted, how, align_corners, half_pixel=False)
    return found if images.ndim == 4 else found[0]


def _of_method(name: str, method: str) -> Any:
    def resized(
        images: Torch,
        size: Any,
        align_corners: bool = False,
        half_pixel_centers: bool = False,
        name: str | None = None,
    ) -> Torch:
        if images.ndim != 4:
            raise InvalidArgumentError(f"images are (N, H, W, C); received shape {tuple(images.shape)}.")
        wanted = _wanted(size, "size")
        return _resized_as_1(images, wanted, method, align_corners, half_pixel_centers)

    resized.__name__ = resized.__qualname__ = name
    resized.__doc__ = f"TensorFlow 1's: pictures ``(N, H, W, C)`` at another size, ``{method}``."
    return function(alone="images")(resized)


resize_bilinear = _of_method("resize_bilinear", "bilinear")
resize_nearest_neighbor = _of_method("resize_nearest_neighbor", "nearest")
resize_bicubic = _of_method("resize_bicubic", "bicubic")
resize_area = _of_method("resize_area", "area")


@function(alone="image boxes box_indices box_ind")
def crop_and_resize(
    image: Torch,
    boxes: Torch,
    box_indices: Any = None,
    crop_size: Any = None,
    method: str = "bilinear",
    extrapolation_value: float = 0.0,
    name: str | None = None,
    box_ind: Any = None,
) -> Torch:
    """Parts of pictures ``(N, H, W, C)``, each at ``crop_size``: ``(num_boxes, height, width, C)`` float32.

    Args:
        boxes: ``(num_boxes, 4)``: top, left, bottom, right; 0 is the first pixel's middle and 1 the last one's.
        box_indices: ``(num_boxes,)``: of which picture each part is.
        method: ``"bilinear"`` or ``"nearest"``.
        extrapolation_value: what is outside of the picture.
    """
    if method not in ("bilinear", "nearest"):
        raise InvalidArgumentError(f"method is 'bilinear' or 'nearest'; received {method!r}.")
    of = (box_ind if box_indices is None else box_indices).long().to(image.device)
    pictures, corners = image.float(), boxes.float().to(image.device)
    if pictures.ndim != 4 or corners.ndim != 2 or corners.shape[-1] != 4 or len(of) != len(corners):
        raise InvalidArgumentError(
            f"tf.image.crop_and_resize takes pictures (N, H, W, C), boxes (B, 4) and B numbers of pictures; received "
            f"{tuple(image.shape)}, {tuple(boxes.shape)} and {tuple(of.shape)}."
        )
    if not of.is_meta and len(of) and not bool(((of >= 0) & (of < len(pictures))).all()):
        raise InvalidArgumentError(
            f"box_indices are from 0 to before {len(pictures)}; received {of.tolist()}."
        )
    new_height, new_width = _wanted(crop_size, "crop_size")
    rows = _places(corners[:, 0], corners[:, 2], pictures.shape[1], new_height)
    columns = _places(corners[:, 1], corners[:, 3], pictures.shape[2], new_width)
    inside = _inside(rows, pictures.shape[1])[:, :, None] & _inside(columns, pictures.shape[2])[:, None, :]
    found = _read(pictures, of, rows, columns, nearest=method == "nearest")
    return torch.where(inside[..., None], found, found.new_tensor(extrapolation_value))


def _places(start: Torch, end: Torch, old: int, new: int) -> Torch:
    """``(num_boxes, new)``: where the pixels of each part are, in pixels."""
    if new == 1:
        return (0.5 * (start + end) * (old - 1))[:, None]
    step = (end - start) * (old - 1) / (new - 1)
    return (start * (old - 1))[:, None] + torch.arange(new, device=start.device) * step[:, None]


def _inside(places: Torch, size: int) -> Torch:
    return (places >= 0) & (places <= size - 1)


def _read(pictures: Torch, of: Torch, rows: Torch, columns: Torch, nearest: bool) -> Torch:
    def at(y: Torch, x: Torch) -> Torch:
        y, x = (
            torch.nan_to_num(each).clamp(0, size - 1).long()
            for each, size in zip((y, x), pictures.shape[1:3], strict=True)
        )
        return pictures[of[:, None, None], y[:, :, None], x[:, None, :]]

    if nearest:
        return at(torch.floor(rows + 0.5), torch.floor(columns + 0.5))
    down, right = (rows - rows.floor())[:, :, None, None], (columns - columns.floor())[:, None, :, None]
    top = at(rows.floor(), columns.floor()) * (1 - right) + at(rows.floor(), columns.ceil()) * right
    bottom = at(rows.ceil(), columns.floor()) * (1 - right) + at(rows.ceil(), columns.ceil()) * right
    return top * (1 - down) + bottom * down
