"""From the bytes of a picture to uint8 pixels at the size a ``Preprocess`` asks for.

A picture is told by its content, never by its name. JPEGs go through libjpeg-turbo (simplejpeg), decoded at a
half, a quarter or an eighth of their size where that is still at least twice what is needed; everything else,
and whatever simplejpeg refuses, goes through Pillow. All resizing is antialiased bilinear (``fitting``).

Before anything is decoded, ``inspect`` reads what the file announces (``headers``) and what that will take is held
against the limits (``limits``).
"""

from __future__ import annotations

import contextlib
import errno
import functools
import io
import os
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
from PIL import Image, ImageFile
from PIL.BmpImagePlugin import BmpImageFile
from PIL.GifImagePlugin import GifImageFile
from PIL.JpegImagePlugin import JpegImageFile
from PIL.PngImagePlugin import PngImageFile
from PIL.TiffImagePlugin import TiffImageFile
from PIL.WebPImagePlugin import WebPImageFile

from prunelle.data import limits, unsupported
from prunelle.data.colours import conversion_of
from prunelle.data.fast_jpeg import read_jpeg
from prunelle.data.headers import bmp, gif, heif, jpeg, png, tiff, webp
from prunelle.data.headers.damage import DAMAGED
from prunelle.data.high_efficiency import coding_of, reader_of, tell_colours
from prunelle.data.pillow import is_grey, no_warnings, orientation_of, stored_size, to_plain, upright
from prunelle.data.preprocess import Preprocess
from prunelle.data.resizing import resize, resizing_bytes
from prunelle.data.unsupported import HEAD_BYTES
from prunelle.disk import refused
from prunelle.errors import BadPicture
from prunelle.files import no_file

EMPTY = "empty file"
NOT_A_PICTURE = "not a picture (of a format that is read: JPEG, HEIC, AVIF, PNG, BMP, GIF, WebP, TIFF)"
CANNOT_OPEN = "cannot be opened: {error}"
NOT_A_FILE = "{kind}, not a file"

_FIRST_BYTES = 1 << 16  # all of most pictures
_LARGE_FILE_BYTES = 8_000_000
_BMP_HEADER_SIZES = (12, 40, 52, 56, 64, 108, 124)
_TIFF_HEADS = (b"II*\0", b"MM\0*", b"II+\0", b"MM\0+")


def read_file(path: Path, preprocess: Preprocess) -> np.ndarray:
    """``read_picture`` of a file: ``(H, W, C)`` uint8, border included.

    Raises:
        BadPicture: the file cannot be opened, or with one of this module's other reasons.
    """
    with _alone_if_large(path):
        return read_picture(read_bytes(path), str(path), preprocess)


def read_bytes(path: Path) -> bytes:
    """The bytes of a picture; only the first few are read where they are not those of a picture.

    Raises:
        BadPicture: it is no file (a named pipe…), cannot be opened, is empty, is no picture, or is too large.
    """
    _refuse_no_file(path)
    try:
        # Not buffered: straight from the system, in two thirds of the time.
        with path.open("rb", buffering=0) as file:
            head = file.read(_FIRST_BYTES)
            _reader(head[:HEAD_BYTES], str(path))
            limits.check_file_size(str(path), os.fstat(file.fileno()).st_size)
            if len(head) < _FIRST_BYTES:
                return head
            file.seek(0)  # not joined: of a large file, that would take its size twice
            return file.readall()
    except OSError as error:
        if error.errno in (errno.EMFILE, errno.ENFILE, errno.ENOMEM):
            # No fault of the picture: left out, the training would be another.
            raise refused(path, error, "cannot be opened") from error
        raise BadPicture(str(path), CANNOT_OPEN.format(error=error.strerror or error)) from None


def _refuse_no_file(path: Path) -> None:
    if kind := no_file(path):
        raise BadPicture(str(path), NOT_A_FILE.format(kind=kind))


def _alone_if_large(path: Path) -> contextlib.AbstractContextManager[None]:
    """While a large file is read, nothing else is: what it takes is known only then."""
    with contextlib.suppress(OSError):
        if path.stat().st_size > _LARGE_FILE_BYTES:
            return limits.hold(limits.MAX_BYTES)
    return contextlib.nullcontext()


def is_read(content: bytes) -> bool:
    """Whether it begins like one of the formats that are read."""
    try:
        return bool(_reader(content[:HEAD_BYTES], ""))
    except BadPicture:
        return False


def inspect(content: bytes, file: str) -> limits.Announced:
    """What the file announces: its size as stored, and what decoding it takes.

    Raises:
        BadPicture: with one of this module's reasons, or one of ``headers``.
    """
    announced = _INSPECT[_reader(content[:HEAD_BYTES], file).format or ""](content, file)
    if not announced.pixels:
        raise BadPicture(file, DAMAGED)
    return announced


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
        BadPicture: with one of this module's reasons, or one of ``headers`` or ``limits``.
    """
    reader = _reader(content[:HEAD_BYTES], file)
    announced = inspect(content, file)
    if reader is JpegImageFile:
        pixels = read_jpeg(content, file, preprocess, announced)
        if pixels is not None:
            return pixels
    # Not known yet whether it is turned; what resizing takes is that of the worse way.
    resizing = max(
        resizing_bytes((announced.height, announced.width), size, preprocess.fit, preprocess.crop_fraction)
        for size in (preprocess.size, preprocess.size[::-1])
    )
    needed = announced.check(file, len(content) + resizing)
    try:
        with limits.hold(needed), no_warnings():
            return _decoded(reader, content, file, preprocess)
    except (BadPicture, MemoryError):  # too little memory is no fault of the picture
        raise
    except Exception:
        # Pillow's readers raise nearly anything on damaged files: SyntaxError, struct.error, OverflowError…
        raise BadPicture(file, DAMAGED) from None


def _decoded(
    reader: type[ImageFile.ImageFile], content: bytes, file: str, preprocess: Preprocess
) -> np.ndarray:
    """In a function of its own: what it holds is gone when the budget is given back."""
    with reader(io.BytesIO(content)) as image:
        if reader.format in ("HEIF", "AVIF"):
            tell_colours(image, content, file)
        return read_image(image, preprocess)


def read_image(image: Image.Image, preprocess: Preprocess) -> np.ndarray:
    """``read_picture`` of a picture that Pillow has opened, or that was made: any mode, turned as its EXIF block says.

    Its colours become sRGB's where a profile says that they are others (``colours``).

    A JPEG's file is decoded at a part of its size where that is enough, and then resized (``read_picture``), which
    differs by a level here and there from resizing all of it.
    """
    # TIFF turns itself upright while loading and then has no orientation left.
    image.load()
    conversion = conversion_of(image.info.get("icc_profile"), image.mode)
    orientation = orientation_of(image)
    size, crop_fraction, then = stored_size(preprocess, orientation), preprocess.crop_fraction, None
    if conversion is not None:
        then = functools.partial(conversion.apply, channels=preprocess.channels)
    plain = to_plain(image, conversion.mode if conversion else "RGB" if preprocess.channels == 3 else "L")
    pixels = resize(plain, size, preprocess.fit, crop_fraction=crop_fraction, then=then)
    return upright(pixels, orientation, preprocess)


def read_header(path: Path) -> tuple[int, int, bool] | None:
    """Height, width, and whether it is grey, without decoding; None for a bad picture."""
    try:
        content = read_bytes(path)
        announced = inspect(content, str(path))
        with opened(content, str(path), announced) as image:
            return announced.height, announced.width, is_grey(image)
    except BadPicture:
        return None


def upright_size(content: bytes, file: str) -> tuple[int, int, bool]:
    """Height and width of the picture once it is upright, and whether it is grey.

    Raises:
        BadPicture: with one of this module's reasons, or one of ``headers`` or ``limits``.
    """
    announced = inspect(content, file)
    with opened(content, file, announced) as image:
        turned = orientation_of(image) >= 5
        height, width = announced.height, announced.width
        return (width, height, is_grey(image)) if turned else (height, width, is_grey(image))


@contextlib.contextmanager
def opened(content: bytes, file: str, announced: limits.Announced) -> Iterator[ImageFile.ImageFile]:
    """Pillow's image; not decoded yet, but WebP takes nearly that to be opened, and PNG to say how it is turned."""
    reader = _reader(content[:HEAD_BYTES], file)
    check = announced.check_bytes if reader is JpegImageFile else announced.check
    try:
        with limits.hold(check(file, len(content))), no_warnings(), reader(io.BytesIO(content)) as image:
            yield image
    except (BadPicture, MemoryError):  # too little memory is no fault of the picture
        raise
    except Exception:
        raise BadPicture(file, DAMAGED) from None


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
    if coding := coding_of(head):
        return reader_of(coding, file)
    # Plain text may begin with BM too.
    if head.startswith(b"BM") and int.from_bytes(head[14:18], "little") in _BMP_HEADER_SIZES:
        return BmpImageFile
    raise BadPicture(file, unsupported.known(head) or NOT_A_PICTURE)


# By Pillow's name for the format.
_INSPECT: dict[str, Callable[[bytes, str], limits.Announced]] = {
    "JPEG": jpeg.inspect,
    "HEIF": heif.inspect_heic,
    "AVIF": heif.inspect_avif,
    "PNG": png.inspect,
    "GIF": gif.inspect,
    "WEBP": webp.inspect,
    "TIFF": tiff.inspect,
    "BMP": bmp.inspect,
}
