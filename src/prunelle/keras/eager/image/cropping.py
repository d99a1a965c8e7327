"""Parts of pictures, borders around them, mirrors and turns."""

from __future__ import annotations

from typing import Any

import torch

from prunelle.keras.eager.errors import InvalidArgumentError
from prunelle.keras.eager.functions import function, sizes
from prunelle.keras.eager.tensor import convert

Torch = torch.Tensor


def check_pictures(image: Torch, name: str) -> None:
    """Raises: InvalidArgumentError: neither ``(H, W, C)`` nor ``(N, H, W, C)``, or without a pixel."""
    if image.ndim not in (3, 4) or 0 in image.shape[-3:]:
        raise InvalidArgumentError(
            f"{name}: pictures are (H, W, C) or (N, H, W, C); received shape {tuple(image.shape)}."
        )


@function(alone="image")
def flip_left_right(image: Torch) -> Torch:
    """Mirrored."""
    check_pictures(image, "tf.image.flip_left_right")
    return image.flip(-2)


@function(alone="image")
def flip_up_down(image: Torch) -> Torch:
    """Upside down."""
    check_pictures(image, "tf.image.flip_up_down")
    return image.flip(-3)


@function(alone="image")
def transpose(image: Torch, name: str | None = None) -> Torch:
    """Rows for columns."""
    check_pictures(image, "tf.image.transpose")
    return image.transpose(-3, -2)


transpose_image = transpose


@function(alone="image")
def rot90(image: Torch, k: Any = 1, name: str | None = None) -> Torch:
    """Turned ``k`` times by 90 degrees, against the clock."""
    check_pictures(image, "tf.image.rot90")
    return torch.rot90(image, int(convert(k)), (-3, -2))


@function(alone="image")
def crop_to_bounding_box(
    image: Torch, offset_height: Any, offset_width: Any, target_height: Any, target_width: Any
) -> Torch:
    """The part of ``target_height`` rows and ``target_width`` columns from a row and a column on."""
    name = "tf.image.crop_to_bounding_box"
    check_pictures(image, name)
    top, left, height, width = sizes((offset_height, offset_width, target_height, target_width))
    rows, columns = image.shape[-3], image.shape[-2]
    if min(top, left) < 0 or min(height, width) <= 0 or top + height > rows or left + width > columns:
        raise InvalidArgumentError(
            f"{name}: {height}x{width} pixels from row {top} and column {left} on are not all in a picture of "
            f"{rows}x{columns}."
        )
    return image[..., top : top + height, left : left + width, :]


def padded(image: Torch, top: int, left: int, height: int, width: int) -> Torch:
    """As ``pad_to_bounding_box``."""
    below, right = height - image.shape[-3] - top, width - image.shape[-2] - left
    if min(top, left, below, right) < 0:
        raise InvalidArgumentError(
            f"a picture of {image.shape[-3]}x{image.shape[-2]} from row {top} and column {left} on does not fit in "
            f"{height}x{width}."
        )
    return torch.nn.functional.pad(image, (0, 0, left, right, top, below))


@function(alone="image")
def pad_to_bounding_box(
    image: Torch, offset_height: Any, offset_width: Any, target_height: Any, target_width: Any
) -> Torch:
    """The picture within one of ``target_height`` rows and ``target_width`` columns of zeros."""
    check_pictures(image, "tf.image.pad_to_bounding_box")
    return padded(image, *sizes((offset_height, offset_width, target_height, target_width)))


@function(alone="image")
def central_crop(image: Torch, central_fraction: Any) -> Torch:
    """The middle part of a share of the height and of the width."""
    share = float(central_fraction)
    if not 0 < share <= 1:
        raise InvalidArgumentError(f"central_fraction is above 0 and at most 1; received {share:g}.")
    if share == 1:
        return image
    check_pictures(image, "tf.image.central_crop")
    height, width = image.shape[-3], image.shape[-2]
    top, left = int((height - height * share) / 2), int((width - width * share) / 2)
    return image[..., top : height - top, left : width - left, :]


@function(alone="image")
def resize_with_crop_or_pad(image: Torch, target_height: Any, target_width: Any) -> Torch:
    """At a size without resizing: the middle part of what is too large, zeros around what is too small."""
    name = "tf.image.resize_with_crop_or_pad"
    check_pictures(image, name)
    wanted = sizes((target_height, target_width))
    if min(wanted) <= 0:
        raise InvalidArgumentError(f"{name}: a height and a width are at least 1; received {wanted}.")
    rows, columns = image.shape[-3], image.shape[-2]
    top, left = max((rows - wanted[0]) // 2, 0), max((columns - wanted[1]) // 2, 0)
    part = image[..., top : top + min(wanted[0], rows), left : left + min(wanted[1], columns), :]
    offsets = max((wanted[0] - rows) // 2, 0), max((wanted[1] - columns) // 2, 0)
    return padded(part, *offsets, *wanted)


resize_image_with_crop_or_pad = resize_with_crop_or_pad


@function(alone="images")
def extract_patches(
    images: Torch, sizes: Any, strides: Any, rates: Any, padding: str, name: str | None = None
) -> Torch:
    """Parts of pictures ``(N, H, W, C)`` at regular distances: ``(N, rows, columns, height * width * C)``.

    Args:
        sizes: ``[1, height, width, 1]`` of a part.
        strides: ``[1, rows, columns, 1]`` from one part to the next.
        rates: ``[1, rows, columns, 1]`` from one pixel of a part to the next.
        padding: ``"VALID"`` or ``"SAME"``: only parts that are inside, or zeros around.
    """
    return _patches(images, sizes, strides, rates, padding)


@function(alone="images")
def extract_image_patches(
    images: Torch,
    ksizes: Any = None,
    strides: Any = None,
    rates: Any = None,
    padding: Any = None,
    name: str | None = None,
    sizes: Any = None,
) -> Torch:
    """TensorFlow 1's ``extract_patches``."""
    return _patches(images, ksizes if sizes is None else sizes, strides, rates, padding)


def _patches(images: Torch, size_of_parts: Any, strides: Any, rates: Any, padding: Any) -> Torch:
    if images.ndim != 4:
        raise InvalidArgumentError(f"images are (N, H, W, C); received shape {tuple(images.shape)}.")
    found = [
        _four(each, what) for each, what in ((size_of_parts, "sizes"), (strides, "strides"), (rates, "rates"))
    ]
    if padding not in ("VALID", "SAME"):
        raise InvalidArgumentError(f"padding is 'VALID' or 'SAME'; received {padding!r}.")
    size, stride, rate = found
    borders = []
    places = []
    for axis in (0, 1):
        old, reach = images.shape[axis + 1], (size[axis] - 1) * rate[axis] + 1
        number = -(-old // stride[axis]) if padding == "SAME" else (old - reach) // stride[axis] + 1
        missing = max((number - 1) * stride[axis] + reach - old, 0) if padding == "SAME" else 0
        borders.append((missing // 2, missing - missing // 2))
        starts = torch.arange(max(number, 0), device=images.device) * stride[axis]
        within = torch.arange(size[axis], device=images.device) * rate[axis]
        places.append(starts[:, None] + within)
    wide = torch.nn.functional.pad(images, (0, 0, *borders[1], *borders[0]))
    parts = wide[:, places[0][:, None, :, None], places[1][None, :, None, :]]
    return parts.flatten(3)


def _four(value: Any, what: str) -> tuple[int, int]:
    found = sizes(value)
    if len(found) != 4 or found[0] != 1 or found[3] != 1 or min(found) < 1:
        raise InvalidArgumentError(f"{what} are [1, rows, columns, 1], each at least 1; received {value!r}.")
    return found[1], found[2]
