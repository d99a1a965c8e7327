"""Types of pixels, colour spaces, and light, contrast and colours changed."""

from __future__ import annotations

from typing import Any

import numpy as np
import torch

from prunelle.keras.eager.dtypes import as_dtype
from prunelle.keras.eager.errors import InvalidArgumentError, WrongType
from prunelle.keras.eager.functions import function, kind_of
from prunelle.keras.eager.tensor import convert

Torch = torch.Tensor


def converted(image: Torch, kind: torch.dtype, saturate: bool = False) -> Torch:
    """As ``convert_image_dtype``."""
    old = image.dtype
    if old == kind:
        return image
    if torch.bool in (old, kind) or old.is_complex or kind.is_complex:
        raise WrongType(
            f"pictures are of whole or floating-point numbers; received {as_dtype(old).name} to become "
            f"{as_dtype(kind).name}."
        )
    if old.is_floating_point:
        if kind.is_floating_point:
            return image.to(kind)
        # In one more than the type's numbers: each of them gets an equal part from 0 to 1.
        return _cast(image * (torch.iinfo(kind).max + 0.5), kind, saturate)
    white = torch.iinfo(old).max
    if kind.is_floating_point:
        return image.to(kind) * torch.tensor(1 / white, dtype=kind, device=image.device)
    new_white = torch.iinfo(kind).max
    if white > new_white:
        whole = image.to(torch.int64)
        return _cast(torch.div(whole, (white + 1) // (new_white + 1), rounding_mode="floor"), kind, saturate)
    scaled = image.to(torch.int64)
    if saturate:
        scaled = scaled.clamp(min=torch.iinfo(kind).min)
    return (scaled * ((new_white + 1) // (white + 1))).to(kind)


def _cast(values: Torch, kind: torch.dtype, saturate: bool) -> Torch:
    if saturate:
        values = values.clamp(*_limits(kind, values.dtype))
    if values.is_floating_point() and kind.itemsize < 4:
        return values.to(torch.int32).to(kind)
    return values.to(kind)


def _limits(kind: torch.dtype, within: torch.dtype) -> tuple[float, float]:
    """A type's least and greatest number, or the nearest that another type has: float32 has no 2^31 - 1."""
    least, most = torch.iinfo(kind).min, torch.iinfo(kind).max
    if not within.is_floating_point:
        return least, most
    about = torch.finfo(within)
    nearest = torch.tensor(min(most, about.max), dtype=within)
    if float(nearest) > most:
        nearest = torch.nextafter(nearest, torch.zeros_like(nearest))
    return max(least, about.min), nearest.item()


@function(alone="image")
def convert_image_dtype(image: Torch, dtype: Any, saturate: bool = False, name: str | None = None) -> Torch:
    """Of another type, the white of one being the white of the other: 1 for floating-point numbers.

    Args:
        saturate: what would not fit becomes the type's least or greatest number, instead of what C makes of it.
    """
    return converted(image, kind_of(dtype), saturate)


def _channels(images: Torch, number: int, name: str) -> None:
    if images.ndim == 0 or images.shape[-1] != number:
        raise InvalidArgumentError(
            f"{name}: the last axis is of {number} channel{'s' if number > 1 else ''}; received shape "
            f"{tuple(images.shape)}."
        )


@function(alone="images")
def rgb_to_grayscale(images: Torch, name: str | None = None) -> Torch:
    """ITU-R BT.601's luma, ``(…, 1)``, as TensorFlow rounds its factors."""
    _channels(images, 3, "tf.image.rgb_to_grayscale")
    grey = converted(images, torch.float32)
    factors = torch.tensor([0.2989, 0.587, 0.114], device=images.device)
    return converted((grey @ factors)[..., None], images.dtype)


@function(alone="images")
def grayscale_to_rgb(images: Torch, name: str | None = None) -> Torch:
    """The one channel three times."""
    _channels(images, 1, "tf.image.grayscale_to_rgb")
    return images.expand(*images.shape[:-1], 3).clone()


def _linear(name: str, matrix: list[list[float]], what: str) -> Any:
    def transformed(images: Torch) -> Torch:
        _channels(images, 3, f"tf.image.{name}")
        if not images.is_floating_point():
            raise WrongType(
                f"tf.image.{name} takes floating-point numbers; received {as_dtype(images.dtype).name}. Convert them: "
                f"tf.image.convert_image_dtype(images, tf.float32)."
            )
        return images @ torch.tensor(matrix, dtype=images.dtype, device=images.device)

    transformed.__name__ = transformed.__qualname__ = name
    transformed.__doc__ = what
    return function(alone="images")(transformed)


rgb_to_yiq = _linear(
    "rgb_to_yiq",
    [
        [0.299, 0.59590059, 0.2115],
        [0.587, -0.27455667, -0.52273617],
        [0.114, -0.32134392, 0.31119955],
    ],
    "NTSC's brightness and two colours, of RGB from 0 to 1.",
)
yiq_to_rgb = _linear(
    "yiq_to_rgb",
    [[1, 1, 1], [0.95598634, -0.27201283, -1.10674021], [0.6208248, -0.64720424, 1.70423049]],
    "RGB of NTSC's brightness and two colours.",
)
rgb_to_yuv = _linear(
    "rgb_to_yuv",
    [
        [0.299, -0.14714119, 0.61497538],
        [0.587, -0.28886916, -0.51496512],
        [0.114, 0.43601035, -0.10001026],
    ],
    "PAL's brightness and two colours, of RGB from 0 to 1.",
)
yuv_to_rgb = _linear(
    "yuv_to_rgb",
    [[1, 1, 1], [0, -0.394642334, 2.03206185], [1.13988303, -0.58062185, 0]],
    "RGB of PAL's brightness and two colours.",
)


def _to_hsv(images: Torch) -> Torch:
    red, green, blue = images.unbind(-1)
    value, _ = images.max(-1)
    span = value - images.min(-1).values
    none = torch.zeros_like(value)
    saturation = torch.where(value > 0, span / torch.where(value > 0, value, 1), none)
    sixth = 1 / (6 * torch.where(span > 0, span, 1))
    hue = torch.where(
        red == value,
        sixth * (green - blue),
        torch.where(green == value, sixth * (blue - red) + 2 / 6, sixth * (red - green) + 4 / 6),
    )
    hue = torch.where(span > 0, hue, none)
    return torch.stack([torch.where(hue < 0, hue + 1, hue), saturation, value], -1)


def _from_hsv(images: Torch) -> Torch:
    hue, saturation, value = images.unbind(-1)
    around = hue * 6
    shares = (
        ((around - 3).abs() - 1).clamp(0, 1),
        (2 - (around - 2).abs()).clamp(0, 1),
        (2 - (around - 4).abs()).clamp(0, 1),
    )
    return torch.stack([((1 - saturation) + saturation * share) * value for share in shares], -1)


@function("images", numbers="float")
def rgb_to_hsv(images: Torch, name: str | None = None) -> Torch:
    """Hue, saturation and value, each from 0 to 1."""
    _channels(images, 3, "tf.image.rgb_to_hsv")
    return _to_hsv(images)


@function("images", numbers="float")
def hsv_to_rgb(images: Torch, name: str | None = None) -> Torch:
    """RGB of hue, saturation and value."""
    _channels(images, 3, "tf.image.hsv_to_rgb")
    return _from_hsv(images)


# Changes. Pictures of whole numbers become float32 from 0 to 1 for it, and are as before afterwards.


def as_floats(image: Torch) -> Torch:
    """float16 and float32 as they are, others as float32 from 0 to 1."""
    if image.dtype in (torch.float16, torch.float32):
        return image
    return converted(image, torch.float32)


def _scalar(value: Any, what: str) -> float:
    number = convert(value)
    if number.ndim:
        raise InvalidArgumentError(f"{what} is one number; received shape {tuple(number.shape)}.")
    return float(number)


def brightened(image: Torch, delta: Any) -> Torch:
    """As ``adjust_brightness``."""
    floats = as_floats(image)
    return converted(floats + _scalar(delta, "delta"), image.dtype, saturate=True)


def contrasted(images: Torch, factor: Any) -> Torch:
    """As ``adjust_contrast``."""
    if images.ndim < 3:
        raise InvalidArgumentError(f"pictures are (…, H, W, C); received shape {tuple(images.shape)}.")
    floats = as_floats(images)
    wide = floats.float()
    mean = wide.mean((-3, -2), keepdim=True)
    changed = ((wide - mean) * _scalar(factor, "contrast_factor") + mean).to(floats.dtype)
    return converted(changed, images.dtype, saturate=True)


def _in_hsv(image: Torch, name: str, change: Any) -> Torch:
    if image.ndim < 3:
        raise InvalidArgumentError(f"{name}: pictures are (…, H, W, 3); received shape {tuple(image.shape)}.")
    _channels(image, 3, name)
    floats = as_floats(image)
    parts = _to_hsv(floats.float()).unbind(-1)
    changed = _from_hsv(torch.stack(change(*parts), -1)).to(floats.dtype)
    return converted(changed, image.dtype)


def hued(image: Torch, delta: Any) -> Torch:
    """As ``adjust_hue``."""
    turn = _scalar(delta, "delta")
    return _in_hsv(image, "tf.image.adjust_hue", lambda hue, s, v: (torch.remainder(hue + turn, 1), s, v))


def saturated(image: Torch, factor: Any) -> Torch:
    """As ``adjust_saturation``."""
    by = _scalar(factor, "saturation_factor")
    return _in_hsv(image, "tf.image.adjust_saturation", lambda hue, s, v: (hue, (s * by).clamp(0, 1), v))


@function(alone="image")
def adjust_brightness(image: Torch, delta: Any) -> Torch:
    """Lighter by ``delta``, where 1 is white."""
    return brightened(image, delta)


@function(alone="images")
def adjust_contrast(images: Torch, contrast_factor: Any) -> Torch:
    """Each channel's distances from its mean over the picture, times a factor."""
    return contrasted(images, contrast_factor)


@function(alone="image")
def adjust_hue(image: Torch, delta: Any, name: str | None = None) -> Torch:
    """Hues turned by ``delta``, where 1 is once around."""
    return hued(image, delta)


@function(alone="image")
def adjust_saturation(image: Torch, saturation_factor: Any, name: str | None = None) -> Torch:
    """Saturations times a factor."""
    return saturated(image, saturation_factor)


@function(alone="image")
def adjust_gamma(image: Torch, gamma: Any = 1, gain: Any = 1) -> Torch:
    """``gain * image ** gamma``, where 1 is white."""
    power = _scalar(gamma, "gamma")
    if power < 0:
        raise InvalidArgumentError(f"gamma is not negative; received {power:g}.")
    return converted(_scalar(gain, "gain") * as_floats(image) ** power, image.dtype, saturate=True)


@function(alone="image")
def per_image_standardization(image: Torch) -> Torch:
    """Mean 0 and deviation 1 over each picture, whose deviation counts for 1 / √(its numbers) at least: float32."""
    if image.ndim < 3 or 0 in image.shape[-3:]:
        raise InvalidArgumentError(f"pictures are (…, H, W, C); received shape {tuple(image.shape)}.")
    floats = image.float()  # from 0 to 255 where they are so
    along = (-3, -2, -1)
    number = int(np.prod(image.shape[-3:]))
    centred = floats - floats.mean(along, keepdim=True)
    deviation = centred.square().mean(along, keepdim=True).sqrt()
    return centred / deviation.clamp(min=float(1 / np.sqrt(max(number, 1))))
