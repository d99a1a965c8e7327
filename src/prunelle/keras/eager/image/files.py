"""Pictures from the bytes of files and back, as TensorFlow's decoders have them.

JPEGs are decoded with the fast discrete cosine transform, which is TensorFlow's own choice, so that the pixels are
the same ones; EXIF's orientation is left alone. What a file may cost is held against the house's limits first.
"""

from __future__ import annotations

import dataclasses
import io
import struct
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import simplejpeg
import torch
from PIL import Image, ImageSequence

from prunelle.data import decode, limits
from prunelle.data.pillow import no_warnings
from prunelle.errors import BadPicture
from prunelle.keras.eager.dtypes import as_dtype
from prunelle.keras.eager.errors import InvalidArgumentError, UnimplementedError
from prunelle.keras.eager.functions import function, kind_of, sizes
from prunelle.keras.eager.image.colours import converted
from prunelle.keras.eager.text import Text

Torch = torch.Tensor


@dataclasses.dataclass(frozen=True)
class Jpeg:
    """How a JPEG is decoded.

    Raises:
        InvalidArgumentError: libjpeg cannot do so.
    """

    ratio: int = 1
    fancy_upscaling: bool = True
    try_recover_truncated: bool = False
    dct_method: str = ""

    def __post_init__(self) -> None:
        if self.ratio not in (1, 2, 4, 8):
            raise InvalidArgumentError(f"ratio is 1, 2, 4 or 8; received {self.ratio}.")
        if self.dct_method not in ("", "INTEGER_FAST", "INTEGER_ACCURATE"):
            raise InvalidArgumentError(
                f"dct_method is 'INTEGER_FAST' or 'INTEGER_ACCURATE'; received {self.dct_method!r}."
            )


_HEADS = {
    b"\xff\xd8\xff": "JPEG",
    b"\x89PNG\r\n\x1a\n": "PNG",
    b"GIF8": "GIF",
    b"BM": "BMP",
}
_CHANNELS = {"JPEG": (0, 1, 3), "PNG": (0, 1, 3, 4), "GIF": (0, 3), "BMP": (0, 3, 4)}
_NAME = "the picture"


def _content(contents: Any) -> bytes:
    """The bytes of one file.

    Raises:
        InvalidArgumentError: numbers, or several texts.
    """
    if not isinstance(contents, Text) or contents.ndim:
        what = f"shape {tuple(contents.shape)}" if isinstance(contents, Text) else "numbers"
        raise InvalidArgumentError(
            f"contents are the bytes of one file, as tf.io.read_file(name) gives them; received {what}."
        )
    return bytes(contents.numpy())


def _format(content: bytes) -> str:
    for head, name in _HEADS.items():
        if content.startswith(head):
            return name
    what = "nothing" if not content else f"bytes that begin with {content[:8]!r}"
    raise InvalidArgumentError(f"contents are a JPEG, PNG, GIF or BMP; received {what}.")


def _frames(content: bytes, channels: int, wide: bool, jpeg: Jpeg) -> np.ndarray:
    """``(frames, H, W, C)``: uint8, or uint16 where ``wide``."""
    kind = _format(content)
    if channels not in _CHANNELS[kind]:
        known = ", ".join(map(str, _CHANNELS[kind]))
        raise InvalidArgumentError(f"channels of a {kind} are one of {known}; received {channels}.")
    reader: Callable[[], np.ndarray] = {
        "JPEG": lambda: _of_jpeg(content, channels, jpeg)[None],
        "PNG": lambda: _of_png(content, channels, wide)[None],
        "GIF": lambda: _of_gif(content),
        "BMP": lambda: _of_bmp(content, channels)[None],
    }[kind]
    try:
        announced = decode.inspect(content, _NAME)
        # The picture as it is decoded and a copy, twice as wide for 16 bits.
        needed = announced.check(_NAME, len(content) + announced.pixels * (16 if wide else 8))
        with limits.hold(needed):
            frames = reader()
    except (InvalidArgumentError, UnimplementedError, MemoryError):
        raise
    except BadPicture as error:
        raise InvalidArgumentError(f"contents cannot be decoded: {error.reason}.") from None
    except Exception as error:  # Pillow's readers raise nearly anything on damaged files
        raise InvalidArgumentError(f"contents cannot be decoded as a {kind} ({error}).") from None
    if wide and kind != "PNG":
        return frames.astype(np.uint16) * 256
    return frames


def _of_jpeg(content: bytes, channels: int, how: Jpeg) -> Any:
    """``(H, W, C)`` uint8, of libjpeg-turbo."""
    height, width, space, _ = simplejpeg.decode_jpeg_header(content)
    inks = space in ("CMYK", "YCCK")
    if inks and channels == 1:
        raise InvalidArgumentError("a JPEG of four inks does not become grey; channels=3 makes it RGB.")
    wanted = "CMYK" if inks else "GRAY" if (channels or (1 if space == "Gray" else 3)) == 1 else "RGB"
    options = {
        "colorspace": wanted,
        "fastdct": how.dct_method != "INTEGER_ACCURATE",
        "fastupsample": not how.fancy_upscaling,
        "min_height": -(-height // how.ratio),
        "min_width": -(-width // how.ratio),
    }
    try:
        array: np.ndarray = simplejpeg.decode_jpeg(content, strict=True, **options)
    except ValueError as error:
        if "remature end" in str(error) and not how.try_recover_truncated:
            raise InvalidArgumentError(
                "contents are a JPEG that ends too early; try_recover_truncated=True takes what there is."
            ) from None
        array = simplejpeg.decode_jpeg(content, strict=False, **options)
    if inks:  # of Adobe's kind: paper is 255
        return (array[..., :3].astype(np.uint16) * array[..., 3:] // 255).astype(np.uint8)
    return array


def _of_png(content: bytes, channels: int, wide: bool) -> np.ndarray:
    """``(H, W, C)`` uint8 or uint16."""
    bits, kind = content[24], content[25]
    if wide and bits == 16 and kind != 0:
        raise UnimplementedError(
            "PNGs of 16 bits are decoded as uint16 when they are grey; of this one, which has more channels, the "
            "upper 8 bits are there: dtype=tf.uint8."
        )
    with no_warnings(), Image.open(io.BytesIO(content), formats=("PNG",)) as image:
        image.load()
        if bits == 16 and kind == 0:
            deep = np.asarray(image)[..., None].astype(np.uint16)
            array = deep if wide else (deep >> 8).astype(np.uint8)
        else:
            own = image.mode
            if own == "P":
                own = "RGBA" if "transparency" in image.info else "RGB"
            array = np.asarray(image if image.mode == own else image.convert(own if own != "1" else "L"))
            array = array * np.uint8(255) if array.dtype == bool else array
            array = array[..., None] if array.ndim == 2 else array
            array = array.astype(np.uint16) * 257 if wide else array
    transparency = _transparent(content, array) if channels == 4 and array.shape[-1] in (1, 3) else None
    return _of_channels(array, channels or array.shape[-1], transparency)


def _transparent(content: bytes, array: np.ndarray) -> np.ndarray | None:
    """Where a PNG without alpha has its one transparent colour, in a picture of its own channels."""
    with no_warnings(), Image.open(io.BytesIO(content), formats=("PNG",)) as image:
        colour = image.info.get("transparency")
        if colour is None or image.mode not in ("L", "RGB"):
            return None
        return np.asarray((np.asarray(image).reshape(*array.shape) == np.asarray(colour)).all(-1))


_LUMA = np.array([9797, 19234, 3737], np.int64)
"""libpng's 0.299, 0.587 and 0.114 of 2 ** 15, of which it cuts off the rest."""


def _of_channels(array: np.ndarray, number: int, transparent: np.ndarray | None = None) -> np.ndarray:
    """Grey, RGB and alpha for each other."""
    old = array.shape[-1]
    if number == old:
        return array
    white = np.iinfo(array.dtype).max
    alpha = array[..., -1:] if old in (2, 4) else np.full_like(array[..., :1], white)
    if transparent is not None:
        alpha = np.where(transparent[..., None], 0, alpha).astype(array.dtype)
    colours = array[..., : old - 1] if old in (2, 4) else array
    if number == 1:
        if colours.shape[-1] == 1:
            return colours
        return ((colours.astype(np.int64) @ _LUMA) >> 15)[..., None].astype(array.dtype)
    colours = np.repeat(colours, 3, -1) if colours.shape[-1] == 1 else colours
    return colours if number == 3 else np.concatenate([colours, alpha], -1)


def _of_gif(content: bytes) -> np.ndarray:
    """``(frames, H, W, 3)`` uint8."""
    with no_warnings(), Image.open(io.BytesIO(content), formats=("GIF",)) as image:
        frames: Iterator[Image.Image] = ImageSequence.Iterator(image)
        return np.stack([np.asarray(frame.convert("RGB")) for frame in frames])


def _of_bmp(content: bytes, channels: int) -> np.ndarray:
    """``(H, W, C)`` uint8, the numbers as they are in the file: a palette is not looked into."""
    if len(content) < 30:
        raise InvalidArgumentError("contents are a BMP that ends within its header.")
    start, width, height = (struct.unpack_from("<i", content, at)[0] for at in (10, 18, 22))
    bits = struct.unpack_from("<H", content, 28)[0]
    if bits not in (8, 24, 32):
        raise InvalidArgumentError(f"a BMP has 8, 24 or 32 bits for a pixel; received one of {bits}.")
    rows, row_bytes = abs(height), (bits * width + 31) // 32 * 4
    if start < 0 or width <= 0 or len(content) < start + rows * row_bytes:
        raise InvalidArgumentError("contents are a BMP that ends before its last row.")
    lines = np.frombuffer(content, np.uint8, rows * row_bytes, start).reshape(rows, row_bytes)
    array = lines[:, : width * bits // 8].reshape(rows, width, bits // 8)
    array = array if height < 0 else array[::-1]
    if bits > 8:
        array = array[..., [2, 1, 0, 3][: bits // 8]]
    return np.ascontiguousarray(_of_channels(array, channels or bits // 8))


# What programs call.


def _one(content: bytes, channels: Any, wide: bool = False, jpeg: Jpeg | None = None) -> Torch:
    """Of ``decode_jpeg`` and ``decode_png``: they take each other's files, and a GIF of one frame."""
    if _format(content) == "BMP":
        raise InvalidArgumentError(
            "contents are a BMP, which tf.io.decode_bmp or tf.io.decode_image decodes."
        )
    frames = _frames(content, int(channels or 0), wide, jpeg or Jpeg())
    if len(frames) > 1:
        raise InvalidArgumentError(
            f"contents are an animated GIF of {len(frames)} frames, which tf.io.decode_gif or tf.io.decode_image "
            f"decodes."
        )
    return torch.from_numpy(frames[0].copy())


@function(alone="contents")
def decode_jpeg(
    contents: Any,
    channels: Any = 0,
    ratio: int = 1,
    fancy_upscaling: bool = True,
    try_recover_truncated: bool = False,
    acceptable_fraction: float = 1,
    dct_method: str = "",
    name: str | None = None,
) -> Torch:
    """The pixels of a JPEG (or a PNG, or a GIF of one frame): ``(H, W, C)`` uint8.

    Args:
        contents: what ``tf.io.read_file`` gave.
        channels: 0 for those of the file, 1 for grey, 3 for RGB.
        ratio: 2, 4 or 8: at a half, a quarter, an eighth of the size.
        fancy_upscaling: colours that are stored at half of the size are smoothed.
        try_recover_truncated: a file that ends too early is decoded as far as it goes.
        dct_method: ``"INTEGER_FAST"`` or ``"INTEGER_ACCURATE"``.

    Raises:
        InvalidArgumentError: none of these, or damaged.
    """
    return _one(
        _content(contents), channels, jpeg=Jpeg(ratio, fancy_upscaling, try_recover_truncated, dct_method)
    )


@function(alone="contents")
def decode_png(contents: Any, channels: Any = 0, dtype: Any = "uint8", name: str | None = None) -> Torch:
    """The pixels of a PNG (or a JPEG, or a GIF of one frame): ``(H, W, C)`` uint8 or uint16.

    Args:
        contents: what ``tf.io.read_file`` gave.
        channels: 0 for those of the file, 1 for grey, 3 for RGB, 4 for RGB and alpha.

    Raises:
        InvalidArgumentError: none of these, or damaged.
    """
    kind = kind_of(dtype)
    if kind not in (torch.uint8, torch.uint16):
        raise InvalidArgumentError(
            f"dtype is tf.uint8 or tf.uint16; received {as_dtype(dtype).name}. decode_image has tf.float32 too."
        )
    return _one(_content(contents), channels, wide=kind == torch.uint16)


@function(alone="contents")
def decode_gif(contents: Any, name: str | None = None) -> Torch:
    """The frames of a GIF (or the one of a JPEG or a PNG): ``(frames, H, W, 3)`` uint8."""
    content = _content(contents)
    if _format(content) == "BMP":
        raise InvalidArgumentError(
            "contents are a BMP, which tf.io.decode_bmp or tf.io.decode_image decodes."
        )
    return torch.from_numpy(_frames(content, 3, False, Jpeg()).copy())


@function(alone="contents")
def decode_bmp(contents: Any, channels: Any = 0, name: str | None = None) -> Torch:
    """The pixels of a BMP: ``(H, W, C)`` uint8."""
    content = _content(contents)
    if _format(content) != "BMP":
        raise InvalidArgumentError(f"contents are a {_format(content)}, which tf.io.decode_image decodes.")
    return torch.from_numpy(_frames(content, int(channels or 0), False, Jpeg())[0].copy())


@function(alone="contents")
def decode_image(
    contents: Any,
    channels: Any = None,
    dtype: Any = "uint8",
    name: str | None = None,
    expand_animations: bool = True,
) -> Torch:
    """The pixels of a JPEG, PNG, BMP: ``(H, W, C)``; of a GIF: ``(frames, H, W, 3)``.

    Args:
        contents: what ``tf.io.read_file`` gave.
        channels: 0 for those of the file, 1 for grey, 3 for RGB, 4 for RGB and alpha.
        dtype: ``tf.float32`` for numbers from 0 to 1; other types as ``convert_image_dtype`` has them.
        expand_animations: false: of a GIF the first frame alone, ``(H, W, 3)``.

    Raises:
        InvalidArgumentError: none of these, or damaged.
    """
    content, kind = _content(contents), kind_of(dtype)
    # PNGs are read with 16 bits for all types but uint8; those of colours are not (see ``_of_png``).
    deep = _format(content) == "PNG" and not (content[24:25] == b"\x10" and content[25:26] != b"\0")
    wide = kind == torch.uint16 or (kind != torch.uint8 and deep)
    frames = torch.from_numpy(_frames(content, int(channels or 0), wide, Jpeg()).copy())
    found = frames if _format(content) == "GIF" and expand_animations else frames[0]
    return found if kind == found.dtype else converted(found, kind)


@function(alone="contents")
def decode_and_crop_jpeg(
    contents: Any,
    crop_window: Any,
    channels: Any = 0,
    ratio: int = 1,
    fancy_upscaling: bool = True,
    try_recover_truncated: bool = False,
    acceptable_fraction: float = 1,
    dct_method: str = "",
    name: str | None = None,
) -> Torch:
    """A part of a JPEG: ``crop_window`` is its first row and column, its height and its width."""
    content, (top, left, height, width) = _content(contents), sizes(crop_window)
    if _format(content) != "JPEG":
        raise InvalidArgumentError(f"contents are a {_format(content)}; a JPEG is needed.")
    how = Jpeg(ratio, fancy_upscaling, try_recover_truncated, dct_method)
    pixels = _one(content, channels, jpeg=how)
    rows, columns = pixels.shape[:2]
    if min(top, left) < 0 or min(height, width) <= 0 or top + height > rows or left + width > columns:
        raise InvalidArgumentError(
            f"crop_window is within the picture of {rows}x{columns} pixels; received {[top, left, height, width]}."
        )
    return pixels[top : top + height, left : left + width].clone()


@function(alone="contents")
def is_jpeg(contents: Any, name: str | None = None) -> Torch:
    """Whether the bytes begin as a JPEG's do."""
    return torch.tensor(_content(contents).startswith(b"\xff\xd8\xff"))


@function(alone="contents")
def extract_jpeg_shape(contents: Any, output_type: Any = "int32", name: str | None = None) -> Torch:
    """Height, width and channels of a JPEG, which is not decoded for it."""
    try:
        height, width, space, _ = simplejpeg.decode_jpeg_header(_content(contents))
    except ValueError as error:
        raise InvalidArgumentError(f"contents are no JPEG ({error}).") from None
    channels = {"Gray": 1, "CMYK": 4, "YCCK": 4}.get(space, 3)
    return torch.tensor([height, width, channels], dtype=kind_of(output_type))


def _to_write(image: Torch, kinds: tuple[torch.dtype, ...], channels: tuple[int, ...], name: str) -> None:
    if image.dtype not in kinds or image.ndim != 3 or image.shape[-1] not in channels or not image.numel():
        types = " or ".join(as_dtype(each).name for each in kinds)
        raise InvalidArgumentError(
            f"{name} takes a picture (H, W, C) of {types} and {', '.join(map(str, channels))} channels; received "
            f"{as_dtype(image.dtype).name} of shape {tuple(image.shape)}."
        )


@function(alone="image")
def encode_jpeg(
    image: Torch,
    format: str = "",
    quality: Any = 95,
    progressive: bool = False,
    optimize_size: bool = False,
    chroma_downsampling: bool = True,
    density_unit: str = "in",
    x_density: int = 300,
    y_density: int = 300,
    xmp_metadata: str = "",
    name: str | None = None,
) -> Text:
    """A JPEG of ``(H, W, 1)`` or ``(H, W, 3)`` uint8.

    Args:
        format: ``"grayscale"`` or ``"rgb"``; by the channels otherwise.
        quality: from 0 to 100.
        chroma_downsampling: colours are stored at half of the size.
    """
    _to_write(image, (torch.uint8,), (1, 3), "tf.io.encode_jpeg")
    if not 0 <= int(quality) <= 100:
        raise InvalidArgumentError(f"quality is from 0 to 100; received {quality}.")
    own = {1: "grayscale", 3: "rgb"}[image.shape[-1]]
    if format not in ("", own):
        raise InvalidArgumentError(f"format of {image.shape[-1]} channels is {own!r}; received {format!r}.")
    return Text(
        _jpeg(
            image,
            int(quality),
            progressive,
            optimize=optimize_size,
            downsampling=chroma_downsampling,
            density=(x_density, y_density),
        )
    )


def _jpeg(
    image: Torch,
    quality: int,
    progressive: bool = False,
    optimize: bool = False,
    downsampling: bool = True,
    density: tuple[int, int] = (300, 300),
) -> bytes:
    array = image.cpu().numpy()
    buffer = io.BytesIO()
    Image.fromarray(array[..., 0] if array.shape[-1] == 1 else array).save(
        buffer,
        "JPEG",
        quality=quality,
        subsampling=2 if downsampling else 0,
        progressive=progressive,
        optimize=optimize,
        dpi=density,
    )
    return buffer.getvalue()


@function(alone="image")
def encode_png(image: Torch, compression: int = -1, name: str | None = None) -> Text:
    """A PNG of ``(H, W, C)``: grey, grey and alpha, RGB, RGB and alpha of uint8; grey of uint16."""
    _to_write(image, (torch.uint8, torch.uint16), (1, 2, 3, 4), "tf.io.encode_png")
    if image.dtype == torch.uint16 and image.shape[-1] > 1:
        raise UnimplementedError(
            "PNGs of 16 bits are written of grey pictures; convert this one: tf.image.convert_image_dtype(image, "
            "tf.uint8)."
        )
    if not -1 <= compression <= 9:
        raise InvalidArgumentError(f"compression is from -1 to 9; received {compression}.")
    array = image.cpu().numpy()
    buffer = io.BytesIO()
    options = {} if compression < 0 else {"compress_level": compression}
    Image.fromarray(array[..., 0] if array.shape[-1] == 1 else array).save(buffer, "PNG", **options)
    return Text(buffer.getvalue())


def at_quality(image: Torch, quality: int, dct_method: str = "") -> Torch:
    """As ``adjust_jpeg_quality``."""
    if image.is_meta:
        return image.clone()
    pixels = converted(image, torch.uint8, saturate=True)
    _to_write(pixels, (torch.uint8,), (1, 3), "tf.image.adjust_jpeg_quality")
    how = Jpeg(dct_method=dct_method)
    found = torch.from_numpy(_of_jpeg(_jpeg(pixels, quality), pixels.shape[-1], how).copy())
    return converted(found.to(image.device), image.dtype, saturate=True)


@function(alone="image")
def adjust_jpeg_quality(
    image: Torch, jpeg_quality: Any, dct_method: str = "", name: str | None = None
) -> Torch:
    """As a JPEG of a quality from 0 to 100 would have it."""
    if not 0 <= int(jpeg_quality) <= 100:
        raise InvalidArgumentError(f"jpeg_quality is from 0 to 100; received {jpeg_quality}.")
    return at_quality(image, int(jpeg_quality), dct_method)
