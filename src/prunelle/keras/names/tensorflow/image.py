"""``tf.image``: pictures ``(H, W, C)`` and batches of them."""

from __future__ import annotations

import io
from typing import Any

import torch

from prunelle.keras.eager.functions import function, kind_of, offered, sizes
from prunelle.keras.preprocessing.pictures import img_to_array, load_img

Torch = torch.Tensor


@function(alone="images")
def resize(images: Torch, size: Any, method: str = "bilinear", **_: Any) -> Torch:
    """Pictures at another size."""
    tensor = images.float()
    batch = tensor if tensor.ndim == 4 else tensor[None]
    options: dict[str, Any] = (
        {"mode": method} if method == "nearest" else {"mode": method, "align_corners": False}
    )
    resized = torch.nn.functional.interpolate(batch.movedim(-1, 1), sizes(size), **options).movedim(1, -1)
    return resized if tensor.ndim == 4 else resized[0]


@function(alone="contents")
def decode_image(contents: Any, channels: int = 0, **_: Any) -> Torch:
    """``(H, W, C)`` uint8; the picture's own channels for 0."""
    mode = {0: None, 1: "grayscale", 3: "rgb", 4: "rgba"}[channels or 0]
    picture = load_img(io.BytesIO(contents.numpy()), color_mode=mode or "rgb")
    return torch.from_numpy(img_to_array(picture, dtype="uint8"))


decode_jpeg = decode_png = decode_image


@function(alone="images")
def rgb_to_grayscale(images: Torch, name: str | None = None) -> Torch:
    """ITU-R BT.601's luma, as TensorFlow rounds its factors."""
    grey = (images.float() @ torch.tensor([0.2989, 0.587, 0.114]))[..., None]
    return grey if images.is_floating_point() else grey.to(images.dtype)


@function(alone="image")
def flip_left_right(image: Torch) -> Torch:
    """Mirrored."""
    return image.flip(-2)


@function(alone="image")
def flip_up_down(image: Torch) -> Torch:
    """Upside down."""
    return image.flip(-3)


@function(alone="image")
def convert_image_dtype(image: Torch, dtype: Any, saturate: bool = False, name: str | None = None) -> Torch:
    """Of another type, the white of one being the white of the other."""
    return image.to(kind_of(dtype)) / 255 if not image.is_floating_point() else image.to(kind_of(dtype))


__all__ = offered(globals(), "decode_jpeg", "decode_png")
