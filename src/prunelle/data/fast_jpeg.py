"""JPEGs by libjpeg-turbo (simplejpeg), at a half, a quarter or an eighth of their size where that is enough."""

from __future__ import annotations

import dataclasses
import functools
import io

import numpy as np
import simplejpeg
from PIL.JpegImagePlugin import JpegImageFile

from prunelle.data import limits
from prunelle.data.colours import conversion_of
from prunelle.data.headers.damage import DAMAGED
from prunelle.data.limits import Announced
from prunelle.data.pillow import no_warnings, orientation_of, stored_size, upright
from prunelle.data.preprocess import Preprocess
from prunelle.data.resizing import as_image, resize, resizing_bytes, scales, shrink
from prunelle.errors import BadPicture

_PROFILE_MARK = b"ICC_PROFILE\0"


def read_jpeg(content: bytes, file: str, preprocess: Preprocess, announced: Announced) -> np.ndarray | None:
    """As ``decode.read_picture``.

    Args:
        announced: what the file says of itself.

    Returns:
        ``(H, W, C)`` uint8, border included; None where Pillow should try: other colour spaces, and what the
        strict decoder stumbles over.

    Raises:
        BadPicture: it ends too early, or is beyond a limit.
    """
    try:
        height, width, colorspace, _ = simplejpeg.decode_jpeg_header(content)
    except ValueError:
        return None
    if colorspace not in ("YCbCr", "RGB", "Gray"):
        return None
    orientation, (end, profile) = 1, _header(content)
    if content.find(b"Exif\0\0", 0, end) >= 0 or content.find(b"tiff:Orientation", 0, end) >= 0:
        try:
            with no_warnings(), JpegImageFile(io.BytesIO(content)) as image:
                orientation = orientation_of(image)
        except Exception:
            return None
    conversion = conversion_of(profile, "L" if colorspace == "Gray" else "RGB")
    channels, then = preprocess.channels, None
    if conversion is not None:
        channels = 1 if conversion.mode == "L" else 3
        then = functools.partial(conversion.apply, channels=preprocess.channels)
    size, fit, crop_fraction = stored_size(preprocess, orientation), preprocess.fit, preprocess.crop_fraction
    scale = max(scales((height, width), size, fit, crop_fraction))
    # Powers of two only: between them, the decoder has no fast code, and cat and dog photos came out twice as
    # far from a full decode (mean difference 1.4 levels at 3/8, 0.8 at 1/2 and 1/4).
    factor = 1
    while factor < 8 and scale * 4 * factor <= 1:
        factor *= 2
    # 9 pixels become 3 at a quarter; the picture is 2.25 of them, the rest is padding, hence the extent.
    extent = height / factor, width / factor
    shrinks = scale * factor <= 0.5
    # The pixels, and once more for resizing: a part of them, or Pillow's picture of them.
    copy_bytes = {1: 1, 3: 3 if shrinks else 4}[channels]
    needed = -(-height // factor) * -(-width // factor) * (channels + copy_bytes) + len(content)
    needed += resizing_bytes(extent, size, fit, crop_fraction)
    if factor == 1 and needed + announced.decoder_bytes > limits.MAX_BYTES:
        return None  # Pillow's own picture takes four bytes a pixel, once.

    def decoded() -> np.ndarray | None:
        """In a function of its own: what it holds is gone when the budget is given back."""
        array = _decode(content, file, channels, -(-height // factor), -(-width // factor))
        if array is None or (extent == size and crop_fraction == 1):
            return array if array is None or then is None else then(array)
        if shrinks:
            return shrink(array, size, fit, extent, crop_fraction, then=then)
        return resize(as_image(array), size, fit, extent, crop_fraction, then=then)

    with limits.hold(announced.check_bytes(file, needed)):
        pixels = decoded()
        if pixels is None:
            # Pillow starts anew.
            dataclasses.replace(announced, steps=2 * announced.steps).check_bytes(file, needed)
            return None
        return upright(pixels, orientation, preprocess)


def _decode(content: bytes, file: str, channels: int, height: int, width: int) -> np.ndarray | None:
    try:
        array: np.ndarray = simplejpeg.decode_jpeg(
            content,
            colorspace="GRAY" if channels == 1 else "RGB",
            min_height=height,
            min_width=width,
            strict=True,
        )
    except ValueError as error:
        # The data ended before the picture did; Pillow would fill the rest with grey. Other warnings (stray
        # bytes between markers) lose nothing, and Pillow decides.
        if "remature end" in str(error):
            raise BadPicture(file, DAMAGED) from None
        return None
    return array


def _header(content: bytes) -> tuple[int, bytes | None]:
    """Where the pixels begin (the marker SOS), and the colour profile on the way (ICC.1:2022, annex B.4).

    The end of ``content`` where something unusual comes first.
    """
    at = 2
    parts: dict[bytes, bytes] = {}
    while content[at : at + 1] == b"\xff" and content[at + 1 : at + 2] not in (b"\xda", b"\xff"):
        after = at + 2 + int.from_bytes(content[at + 2 : at + 4], "big")
        if content[at + 1 : at + 16] == b"\xe2" + content[at + 2 : at + 4] + _PROFILE_MARK:
            parts[content[at + 16 : at + 17]] = content[at + 18 : after]
        at = after
    profile = b"".join(part for _, part in sorted(parts.items())) or None
    return at if content[at : at + 2] == b"\xff\xda" else len(content), profile
