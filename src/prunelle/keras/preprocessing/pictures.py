"""Pictures from files to arrays and back, with Keras's arithmetic.

Other than the core's decoding, as Keras has it: EXIF orientation is left alone, alpha is dropped, and a picture is
resized from its full size, by the nearest pixel unless asked otherwise.
"""

from __future__ import annotations

import dataclasses
import io
import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import simplejpeg
from PIL import Image

from prunelle.data import decode, limits
from prunelle.data.pillow import no_warnings
from prunelle.errors import ArgumentError, BadPicture, MissingData, UnknownName, did_you_mean
from prunelle.files import no_file

INTERPOLATIONS = {
    "nearest": Image.Resampling.NEAREST,
    "bilinear": Image.Resampling.BILINEAR,
    "bicubic": Image.Resampling.BICUBIC,
    "hamming": Image.Resampling.HAMMING,
    "box": Image.Resampling.BOX,
    "lanczos": Image.Resampling.LANCZOS,
}

CHANNELS = {"grayscale": 1, "rgb": 3, "rgba": 4}
"""Channels by ``color_mode``."""

DATA_FORMATS = ("channels_last", "channels_first")

_GREY_MODES = ("L", "I;16", "I")

_RESIZING_BYTES = 48  # of a row's or column's pixel: the weights of Pillow's widest filter
_FAST_BYTES = 7  # of a pixel: the decoder's three, and Pillow's four
_UNKNOWN_BYTES, _UNKNOWN_STEPS = (
    16,
    100,
)  # of a pixel, for the decoder of a format that is not counted by itself


def load_img(
    path: Any,
    grayscale: bool = False,
    color_mode: str = "rgb",
    target_size: tuple[int, int] | None = None,
    interpolation: str = "nearest",
    keep_aspect_ratio: bool = False,
) -> Image.Image:
    """A picture as Pillow has it.

    Args:
        path: a file's name, or its bytes in an ``io.BytesIO``.
        grayscale: the spelling of Keras 2.1 for ``color_mode="grayscale"``.
        color_mode: ``"grayscale"``, ``"rgb"`` or ``"rgba"``. Grey pictures of more than 8 bits keep them.
        target_size: height and width in pixels; the picture's own if None.
        interpolation: one of ``INTERPOLATIONS``.
        keep_aspect_ratio: take the largest middle part of the target's proportions, instead of squashing.

    Raises:
        MissingData: no such file.
        BadPicture: it cannot be read.
    """
    if isinstance(grayscale, str):  # Keras 3 has color_mode in second place
        grayscale, color_mode = False, grayscale
    mode = check_color_mode("grayscale" if grayscale else color_mode)
    size = None if target_size is None else (int(target_size[0]), int(target_size[1]))
    image = _opened(path, mode, size)
    return image if size is None else resized(image, size, interpolation, keep_aspect_ratio)


def resized(
    image: Image.Image, size: tuple[int, int], interpolation: str, keep_aspect_ratio: bool
) -> Image.Image:
    """The picture at a height and width; itself where it has them."""
    if interpolation not in INTERPOLATIONS:
        raise UnknownName("interpolation", interpolation, INTERPOLATIONS)
    target_height, target_width = size
    if image.size == (target_width, target_height):
        return image
    box = None
    if keep_aspect_ratio:
        width, height = image.size
        part_height = min(height, width * target_height // target_width)
        part_width = min(width, height * target_width // target_height)
        top, left = (height - part_height) // 2, (width - part_width) // 2
        box = (left, top, left + part_width, top + part_height)
    return image.resize((target_width, target_height), INTERPOLATIONS[interpolation], box=box)


def check_color_mode(color_mode: str) -> str:
    """The same.

    Raises:
        UnknownName: it is none of ``CHANNELS``.
    """
    if color_mode not in CHANNELS:
        raise UnknownName("color_mode", color_mode, CHANNELS)
    return color_mode


def _opened(path: Any, color_mode: str, size: tuple[int, int] | None) -> Image.Image:
    """Decoded, unless it is beyond a limit; ``size`` is what it will be resized to."""
    if isinstance(path, io.BytesIO):
        name, content = "the picture", path.getvalue()
    elif isinstance(path, str | bytes | os.PathLike):
        name = os.fsdecode(path)
        content = _read(Path(name))
    else:
        raise ArgumentError(f"path must be a file's name or an io.BytesIO; received {type(path).__name__}.")
    announced = _announced(content, name)
    pixels = announced.pixels
    besides = len(content)
    if size is not None:
        besides += _RESIZING_BYTES * (announced.width + announced.height) + 4 * size[1] * announced.height
    if color_mode == "rgb" and _is_fast(content):
        needed = besides + _FAST_BYTES * pixels
        if needed + announced.decoder_bytes <= limits.MAX_BYTES:
            with limits.hold(announced.check_bytes(name, needed)):
                array = _fast_jpeg(content)
                if array is not None:
                    return Image.fromarray(array)
                announced = dataclasses.replace(announced, steps=2 * announced.steps)  # Pillow starts anew
    with limits.hold(announced.check(name, besides + (4 * pixels if color_mode == "rgba" else 0))):
        try:
            with no_warnings():
                image: Image.Image = Image.open(io.BytesIO(content))
                wanted = "L" if color_mode == "grayscale" else color_mode.upper()
                if not (image.mode == wanted or (wanted == "L" and image.mode in _GREY_MODES)):
                    image = image.convert(wanted)
                image.load()
        except MemoryError:
            raise
        except Exception as error:  # Pillow's readers raise nearly anything on damaged files
            raise BadPicture(name, f"cannot be read as a picture ({error})") from None
    return image


def _announced(content: bytes, name: str) -> limits.Announced:
    """What decoding takes; of the formats that only Keras programs read, at worst."""
    if decode.is_read(content):
        return decode.inspect(content, name)
    try:
        with no_warnings(), Image.open(io.BytesIO(content)) as image:
            width, height = image.size
    except Exception as error:
        raise BadPicture(name, f"cannot be read as a picture ({error})") from None
    pixels = width * height
    return limits.Announced(
        width=width,
        height=height,
        pixel_bytes=4,
        copy_bytes=4,
        decoder_bytes=_UNKNOWN_BYTES * pixels,
        steps=_UNKNOWN_STEPS * pixels,
    )


def _read(path: Path) -> bytes:
    if kind := no_file(path):
        raise BadPicture(str(path), decode.NOT_A_FILE.format(kind=kind))
    try:
        with path.open("rb", buffering=0) as file:
            limits.check_file_size(str(path), os.fstat(file.fileno()).st_size)
            return file.readall()
    except FileNotFoundError:
        near = [each.name for each in path.parent.iterdir()] if path.parent.is_dir() else []
        raise MissingData(f"picture {str(path)!r} is not there.{did_you_mean(path.name, near)}") from None
    except OSError as error:
        raise BadPicture(str(path), f"cannot be opened: {error.strerror}") from None


def _is_fast(content: bytes) -> bool:
    """Whether it is a JPEG of colours that simplejpeg makes RGB of."""
    try:
        return simplejpeg.decode_jpeg_header(content)[2] in ("YCbCr", "RGB", "Gray")
    except ValueError:
        return False


def _fast_jpeg(content: bytes) -> np.ndarray | None:
    """``(H, W, 3)``, the very pixels that Pillow gives (both are libjpeg-turbo); None where Pillow decides."""
    try:
        return simplejpeg.decode_jpeg(content, colorspace="RGB", strict=True)  # type: ignore[no-any-return]
    except ValueError:
        return None


def img_to_array(img: Any, data_format: str | None = None, dtype: str | None = None) -> np.ndarray:
    """A picture of Pillow → ``(H, W, C)`` float32; channels come first with ``data_format="channels_first"``."""
    _check_data_format(data_format)
    array = np.asarray(img, dtype=dtype or "float32")
    if array.ndim == 2:
        array = array[:, :, np.newaxis]
    if array.ndim != 3:
        raise ArgumentError(f"img must have 2 or 3 dimensions; received shape {array.shape}.")
    return array.transpose(2, 0, 1) if data_format == "channels_first" else array


def _check_data_format(data_format: str | None) -> None:
    if data_format not in (None, *DATA_FORMATS):
        raise UnknownName("data_format", str(data_format), DATA_FORMATS)


def array_to_img(
    x: Any, data_format: str | None = None, scale: bool = True, dtype: str | None = None
) -> Image.Image:
    """``(H, W, C)`` → a picture of Pillow.

    Args:
        x: values from 0 to 255, or anything with ``scale``.
        data_format: ``"channels_first"`` for ``(C, H, W)``.
        scale: spread the values from 0 to 255.
        dtype: in which the scaling is done; float32.
    """
    _check_data_format(data_format)
    array = np.asarray(x.detach().cpu() if hasattr(x, "detach") else x, dtype=dtype or "float32")
    if array.ndim != 3:
        raise ArgumentError(f"x must be one picture, (H, W, C); received shape {array.shape}.")
    if data_format == "channels_first":
        array = array.transpose(1, 2, 0)
    channels = array.shape[2]
    if channels not in CHANNELS.values():
        raise ArgumentError(f"x must have 1, 3 or 4 channels; received shape {array.shape}.")
    if scale:
        array = array - np.min(array)
        largest = np.max(array)
        if largest != 0:
            array /= largest
        array *= 255
    if channels > 1:
        return Image.fromarray(array.astype("uint8"), "RGB" if channels == 3 else "RGBA")
    if np.max(array) > 255:
        return Image.fromarray(array[:, :, 0].astype("int32"), "I")
    return Image.fromarray(array[:, :, 0].astype("uint8"), "L")


def save_img(
    path: Any,
    x: Any,
    data_format: str | None = None,
    file_format: str | None = None,
    scale: bool = True,
    **kwargs: Any,
) -> None:
    """Writes ``(H, W, C)`` to a picture file; what ``kwargs`` has goes to Pillow's ``save``."""
    if file_format is None and isinstance(path, str | os.PathLike):
        file_format = Path(path).suffix[1:]
    kind = {"jpg": "jpeg"}.get((file_format or "").lower(), (file_format or "").lower())
    image = array_to_img(x, data_format=data_format, scale=scale)
    if image.mode == "RGBA" and kind == "jpeg":
        image = image.convert("RGB")
    image.save(path, format=kind or None, **kwargs)


def validate_filename(filename: Any, white_list_formats: Sequence[str]) -> bool:
    """Whether a file is there and its name ends with one of the formats, in capitals or not."""
    suffixes = tuple(f".{each.lower()}" for each in white_list_formats)
    return os.fspath(filename).lower().endswith(suffixes) and os.path.isfile(filename)


def list_pictures(
    directory: Any, ext: str | Sequence[str] = ("jpg", "jpeg", "bmp", "png", "ppm", "tif", "tiff")
) -> list[str]:
    """The pictures in a folder and below it, by the endings of their names."""
    endings = (ext,) if isinstance(ext, str) else tuple(ext)
    suffixes = tuple(f".{each.lower()}" for each in endings)
    return [
        os.path.join(root, name)
        for root, _, names in os.walk(directory)
        for name in sorted(names)
        if name.lower().endswith(suffixes)
    ]
