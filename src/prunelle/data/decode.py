"""From the bytes of a picture to uint8 pixels at the size a ``Preprocess`` asks for.

A picture is told by its content, never by its name. JPEGs go through libjpeg-turbo (simplejpeg), decoded at a
half, a quarter or an eighth of their size where that is still at least twice what is needed; everything else,
and whatever simplejpeg refuses, goes through Pillow. All resizing is antialiased bilinear (``fitting``).
"""

from __future__ import annotations

import contextlib
import errno
import io
import threading
import warnings
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import simplejpeg
from PIL import Image, ImageFile
from PIL.BmpImagePlugin import BmpImageFile
from PIL.GifImagePlugin import GifImageFile
from PIL.JpegImagePlugin import JpegImageFile
from PIL.PngImagePlugin import PngImageFile
from PIL.TiffImagePlugin import TiffImageFile
from PIL.WebPImagePlugin import WebPImageFile

from prunelle.data import unread
from prunelle.data.fitting import as_image, resize, scales, shrink
from prunelle.data.preprocess import Preprocess
from prunelle.data.unread import HEAD_BYTES
from prunelle.disk import refused
from prunelle.errors import BadPicture
from prunelle.files import no_file

EMPTY = "empty file"
NOT_A_PICTURE = "not a picture (of a format that is read: JPEG, PNG, BMP, GIF, WebP, TIFF)"
DAMAGED = "truncated or damaged"
BOMB = "decompression bomb: {width}×{height} pixels"
CANNOT_OPEN = "cannot be opened: {error}"
NOT_A_FILE = "{kind}, not a file"

MAX_PIXELS = 178_956_970
"""A larger picture is taken for a decompression bomb and never decoded (Pillow's own limit for an error)."""

_LARGE_PIXELS = 32_000_000
_one_large_at_a_time = threading.Lock()

_FIRST_BYTES = 1 << 16  # all of most pictures
_BMP_HEADER_SIZES = (12, 40, 52, 56, 64, 108, 124)
_TIFF_HEADS = (b"II*\0", b"MM\0*", b"II+\0", b"MM\0+")

# EXIF orientation → what undoes it (EXIF 2.32, tag 0x0112).
_ORIENTATION = 0x0112
_UPRIGHT = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}


def read_file(path: Path, preprocess: Preprocess) -> np.ndarray:
    """``read_picture`` of a file: ``(H, W, C)`` uint8, border included.

    Raises:
        BadPicture: the file cannot be opened, or with one of this module's other reasons.
    """
    return read_picture(read_bytes(path), str(path), preprocess)


def read_bytes(path: Path) -> bytes:
    """The bytes of a picture; only the first few are read where they are not those of a picture.

    Raises:
        BadPicture: it is no file (a named pipe…), cannot be opened, is empty, or is no picture.
    """
    _refuse_no_file(path)
    try:
        # Not buffered: straight from the system, in two thirds of the time.
        with path.open("rb", buffering=0) as file:
            head = file.read(_FIRST_BYTES)
            _reader(head[:HEAD_BYTES], str(path))
            return head + file.readall()
    except OSError as error:
        if error.errno in (errno.EMFILE, errno.ENFILE, errno.ENOMEM):
            # No fault of the picture: left out, the training would be another.
            raise refused(path, error, "cannot be opened") from error
        raise BadPicture(str(path), CANNOT_OPEN.format(error=error.strerror or error)) from None


def read_picture(content: bytes, file: str, preprocess: Preprocess) -> np.ndarray:
    """One picture, upright, at the size, fit, border and channels asked for.

    Alpha is laid on white. 16-bit and 32-bit grey is divided by 257 (0..65535 → 0..255); floating-point grey
    is taken for 0..1, or for 0..255 where it goes above 1. Of an animation, the first frame.

    Args:
        content: the whole file.
        file: its name, for the error.
        preprocess: mean and std are not used.

    Returns:
        ``(H, W, C)`` uint8, border included.

    Raises:
        BadPicture: with one of this module's reasons.
    """
    reader = _reader(content[:HEAD_BYTES], file)
    if reader is JpegImageFile:
        pixels = _fast_jpeg(content, file, preprocess)
        if pixels is not None:
            return pixels
    try:
        with _no_warnings(), reader(io.BytesIO(content)) as image:
            width, height = image.size
            _refuse_bomb(width, height, file)
            large = width * height > _LARGE_PIXELS
            with _one_large_at_a_time if large else contextlib.nullcontext():
                # TIFF turns itself upright while loading and then has no orientation left.
                image.load()
                plain = _plain(image, preprocess.channels)
                orientation = _orientation(image)
                size = _stored_size(preprocess, orientation)
                pixels = resize(plain, size, preprocess.fit, crop_fraction=preprocess.crop_fraction)
                return _upright(pixels, orientation, preprocess)
    except BadPicture:
        raise
    except Exception:
        # Pillow's readers raise nearly anything on damaged files: SyntaxError, struct.error, OverflowError…
        raise BadPicture(file, DAMAGED) from None


def read_header(path: Path) -> tuple[int, int, bool] | None:
    """Height, width, and whether it is grey, without decoding; None for a bad picture."""
    try:
        _refuse_no_file(path)
        with path.open("rb") as file:
            reader = _reader(file.read(HEAD_BYTES), str(path))
            file.seek(0)
            with _no_warnings(), reader(file) as image:
                grey = image.mode in ("1", "L", "LA", "I", "F") or image.mode.startswith("I;16")
                return image.height, image.width, grey
    except Exception:
        return None


def upright_size(content: bytes, file: str) -> tuple[int, int, bool]:
    """Height and width of the picture once it is upright, and whether it is grey.

    Raises:
        BadPicture: with one of this module's reasons.
    """
    try:
        with _no_warnings(), _reader(content[:HEAD_BYTES], file)(io.BytesIO(content)) as image:
            grey = image.mode in ("1", "L", "LA", "I", "F") or image.mode.startswith("I;16")
            turned = _orientation(image) >= 5
            return (image.width, image.height, grey) if turned else (image.height, image.width, grey)
    except BadPicture:
        raise
    except Exception:
        raise BadPicture(file, DAMAGED) from None


def _refuse_no_file(path: Path) -> None:
    if kind := no_file(path):
        raise BadPicture(str(path), NOT_A_FILE.format(kind=kind))


def _reader(head: bytes, file: str) -> type[ImageFile.ImageFile]:
    """Pillow's class for the format that the first bytes announce."""
    if not head:
        raise BadPicture(file, EMPTY)
    if head.startswith(b"\xff\xd8\xff"):
        # Phones' multi-picture files start with an ordinary JPEG, and that is the one wanted.
        return JpegImageFile
    if head.startswith(b"\x89PNG\r\n\x1a\n"):
        return PngImageFile
    if head.startswith((b"GIF87a", b"GIF89a")):
        return GifImageFile
    if head.startswith(b"RIFF") and head[8:12] == b"WEBP":
        return WebPImageFile
    if head.startswith(_TIFF_HEADS):
        return TiffImageFile
    # Plain text may begin with BM too.
    if head.startswith(b"BM") and int.from_bytes(head[14:18], "little") in _BMP_HEADER_SIZES:
        return BmpImageFile
    raise BadPicture(file, unread.known(head) or NOT_A_PICTURE)


def _refuse_bomb(width: int, height: int, file: str) -> None:
    if width * height > MAX_PIXELS:
        raise BadPicture(file, BOMB.format(width=width, height=height))


def _fast_jpeg(content: bytes, file: str, preprocess: Preprocess) -> np.ndarray | None:
    """None where Pillow should try: other colour spaces, and what the strict decoder stumbles over."""
    try:
        height, width, colorspace, _ = simplejpeg.decode_jpeg_header(content)
    except ValueError:
        return None
    _refuse_bomb(width, height, file)
    if colorspace not in ("YCbCr", "RGB", "Gray"):
        return None
    orientation, end = 1, _jpeg_header_end(content)
    if content.find(b"Exif\0\0", 0, end) >= 0 or content.find(b"tiff:Orientation", 0, end) >= 0:
        try:
            with _no_warnings(), JpegImageFile(io.BytesIO(content)) as image:
                orientation = _orientation(image)
        except Exception:
            return None
    scale_y, scale_x = scales(
        (height, width), _stored_size(preprocess, orientation), preprocess.fit, preprocess.crop_fraction
    )
    # Powers of two only: between them, the decoder has no fast code, and cat and dog photos came out twice as
    # far from a full decode (mean difference 1.4 levels at 3/8, 0.8 at 1/2 and 1/4).
    factor = 1
    while factor < 8 and max(scale_y, scale_x) * 4 * factor <= 1:
        factor *= 2
    try:
        array = simplejpeg.decode_jpeg(
            content,
            colorspace="GRAY" if preprocess.channels == 1 else "RGB",
            min_height=-(-height // factor),
            min_width=-(-width // factor),
            strict=True,
        )
    except ValueError as error:
        # The data ended before the picture did; Pillow would fill the rest with grey. Other warnings (stray
        # bytes between markers) lose nothing, and Pillow decides.
        if "remature end" in str(error):
            raise BadPicture(file, DAMAGED) from None
        return None
    # 9 pixels become 3 at a quarter; the picture is 2.25 of them, the rest is padding, hence the extent.
    extent = height / factor, width / factor
    size, fit, crop_fraction = _stored_size(preprocess, orientation), preprocess.fit, preprocess.crop_fraction
    if extent == size and crop_fraction == 1:
        pixels = array
    elif max(scale_y, scale_x) * factor <= 0.5:
        pixels = shrink(array, size, fit, extent, crop_fraction)
    else:
        pixels = resize(as_image(array), size, fit, extent, crop_fraction)
    return _upright(pixels, orientation, preprocess)


def _jpeg_header_end(content: bytes) -> int:
    """Where the pixels begin (the marker SOS); the end of ``content`` where something unusual comes first."""
    at = 2
    while content[at : at + 1] == b"\xff" and content[at + 1 : at + 2] not in (b"\xda", b"\xff"):
        at += 2 + int.from_bytes(content[at + 2 : at + 4], "big")
    return at if content[at : at + 2] == b"\xff\xda" else len(content)


def _orientation(image: Image.Image) -> int:
    try:
        value = image.getexif().get(_ORIENTATION, 1)
    except Exception:
        return 1  # A damaged EXIF block says nothing about the pixels.
    return value if value in _UPRIGHT else 1


def _upright(pixels: np.ndarray, orientation: int, preprocess: Preprocess) -> np.ndarray:
    """As stored → upright ``(H, W, C)``, border included. It is turned last, when it is small."""
    if orientation != 1:
        upright = as_image(pixels).transpose(_UPRIGHT[orientation])
        pixels = np.asarray(upright).reshape(*preprocess.size, -1)
    border = preprocess.border
    return np.pad(pixels, ((border, border), (border, border), (0, 0))) if border else pixels


def _stored_size(preprocess: Preprocess, orientation: int) -> tuple[int, int]:
    """The size asked for, before the picture is turned upright."""
    height, width = preprocess.size
    return (width, height) if orientation >= 5 else (height, width)


def _plain(image: Image.Image, channels: int) -> Image.Image:
    """Any mode of Pillow → L or RGB."""
    if image.mode in ("I", "F") or image.mode.startswith("I;16"):
        levels = np.nan_to_num(np.asarray(image, np.float64), posinf=255.0)
        if image.mode != "F":
            levels = levels / 257
        elif levels.size and levels.max() <= 1:
            levels = levels * 255
        image = Image.fromarray(np.clip(np.rint(levels), 0, 255).astype(np.uint8))
    elif image.has_transparency_data:
        image = image.convert("RGBA")
        image = Image.alpha_composite(Image.new("RGBA", image.size, "white"), image)
    # By way of RGB, since modes such as CMYK have no direct way to grey; exact for what is grey already.
    if image.mode not in ("L", "RGB"):
        image = image.convert("L" if image.mode == "1" else "RGB")
    return image.convert("RGB" if channels == 3 else "L")


_quiet_lock = threading.Lock()
_quiet_depth = 0
_quiet = contextlib.ExitStack()


@contextlib.contextmanager
def _no_warnings() -> Iterator[None]:
    """Silence, counted: the warning filters belong to the process, and many threads decode at once."""
    global _quiet_depth
    with _quiet_lock:
        if _quiet_depth == 0:
            _quiet.enter_context(warnings.catch_warnings())
            warnings.simplefilter("ignore")
        _quiet_depth += 1
    try:
        yield
    finally:
        with _quiet_lock:
            _quiet_depth -= 1
            if _quiet_depth == 0:
                _quiet.close()
