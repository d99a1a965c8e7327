"""PNG: ISO/IEC 15948. Pillow leaves the checksums of the pixels' chunks alone, and needs no end."""

from __future__ import annotations

import struct
import zlib

from prunelle.data.headers.damage import DAMAGED, WRONG_CHECKSUM
from prunelle.data.limits import Announced, check_parts
from prunelle.errors import BadPicture

_SIGNATURE_BYTES = 8
_RGB = 2
_CHANNELS = {0: 1, _RGB: 3, 3: 1, 4: 2, 6: 4}
_STEPS_PIXEL, _STEPS_BYTE, _STEPS_RAW_BYTE, _STEPS_CHUNK = 3, 1, 7, 2000


def inspect(content: bytes, file: str) -> Announced:
    """As ``headers`` says.

    Raises:
        BadPicture: a chunk is cut or has a wrong checksum, the end is missing, or there are too many chunks.
    """
    view, at, chunks, header, transparent = memoryview(content), _SIGNATURE_BYTES, 0, b"", False
    kind = b""
    while kind != b"IEND":
        check_parts(file, chunks := chunks + 1, "chunks")
        if at + 12 > len(content):
            raise BadPicture(file, DAMAGED)
        length, kind = struct.unpack_from(">I4s", content, at)
        end = at + 8 + length
        if end + 4 > len(content):
            raise BadPicture(file, DAMAGED)
        if zlib.crc32(view[at + 4 : end]) != int.from_bytes(view[end : end + 4], "big"):
            raise BadPicture(file, WRONG_CHECKSUM.format(where=kind.decode("ascii", "replace")))
        if kind == b"IHDR":
            header = header or content[at + 8 : end]
        transparent = transparent or kind == b"tRNS"
        at = end + 4
    if len(header) != 13:
        raise BadPicture(file, DAMAGED)
    width, height, depth, colour, _, _, _ = struct.unpack(">IIBBBBB", header)
    channels = _CHANNELS.get(colour, 4)
    raw = height * (1 + -(-width * channels * depth // 8))
    pixel_bytes = (2 if depth == 16 else 1) if channels == 1 else 4
    copy_bytes = 1 if colour == _RGB and not transparent else 4
    steps = _STEPS_PIXEL * width * height + _STEPS_RAW_BYTE * raw + _STEPS_BYTE * len(content)
    return Announced(
        width=width,
        height=height,
        pixel_bytes=pixel_bytes,
        copy_bytes=copy_bytes,
        decoder_bytes=0,
        steps=steps + _STEPS_CHUNK * chunks,
    )
