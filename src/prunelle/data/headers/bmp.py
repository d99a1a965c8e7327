"""BMP: Windows' DIB headers. Pillow undoes its run lengths in Python."""

from __future__ import annotations

import struct

from prunelle.data.headers.damage import DAMAGED
from prunelle.data.limits import Announced
from prunelle.errors import BadPicture

_OLD_HEADER_BYTES = 12
_RUN_LENGTHS = (1, 2)
_STEPS_PIXEL, _STEPS_RUN_PIXEL, _STEPS_RUN_BYTE = 6, 80, 400


def inspect(content: bytes, file: str) -> Announced:
    """As ``headers`` says.

    Raises:
        BadPicture: the pixels go beyond the file.
    """
    try:
        offset, header = struct.unpack_from("<II", content, 10)
        if header == _OLD_HEADER_BYTES:
            width, height, _, bits = struct.unpack_from("<HHHH", content, 18)
            compression = 0
        else:
            width, height, _, bits, compression = struct.unpack_from("<iiHHI", content, 18)
    except struct.error:
        raise BadPicture(file, DAMAGED) from None
    width, height = abs(width), abs(height)  # a negative height: from the top down
    pixels = width * height
    pixel_bytes, copy_bytes = (1, 4) if bits <= 8 else (4, 4)
    if compression in _RUN_LENGTHS:
        steps = _STEPS_RUN_PIXEL * pixels + _STEPS_RUN_BYTE * len(content)
        return Announced(
            width=width,
            height=height,
            pixel_bytes=pixel_bytes,
            copy_bytes=copy_bytes,
            decoder_bytes=3 * pixels,
            steps=steps,
        )
    announced = Announced(
        width=width,
        height=height,
        pixel_bytes=pixel_bytes,
        copy_bytes=copy_bytes,
        decoder_bytes=0,
        steps=_STEPS_PIXEL * pixels,
    )
    announced.check(file, len(content))
    if offset + height * (-(-width * bits // 32) * 4) > len(content):
        raise BadPicture(file, DAMAGED)
    return announced
