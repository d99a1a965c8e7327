"""WebP: RFC 9649. Pillow decodes onto two canvases of the whole size, which it makes as it opens a file."""

from __future__ import annotations

from prunelle.data.headers.damage import DAMAGED
from prunelle.data.limits import Announced, check_parts
from prunelle.errors import BadPicture

_HEADER_BYTES = 12
_CANVASES_BYTES = 16  # a pixel: two canvases, the decoder's own picture, the bytes that it hands over
_STEPS_PIXEL, _STEPS_BYTE = 12, {b"VP8 ": 85, b"VP8L": 10}


def inspect(content: bytes, file: str) -> Announced:
    """As ``headers`` says.

    Raises:
        BadPicture: the file is cut, has no picture, or too many chunks.
    """
    end = 8 + int.from_bytes(content[4:8], "little")
    if end > len(content):
        raise BadPicture(file, DAMAGED)
    width = height = chunks = steps = 0
    at = _HEADER_BYTES
    while at + 8 <= end:
        check_parts(file, chunks := chunks + 1, "chunks")
        kind, size = content[at : at + 4], int.from_bytes(content[at + 4 : at + 8], "little")
        if at + 8 + size > end:
            raise BadPicture(file, DAMAGED)
        if kind == b"ANMF":
            # A frame: 16 bytes of its own, then chunks.
            at += 8 + 16
            continue
        if announced := _size(kind, content[at + 8 : at + 18]):
            width, height = max(width, announced[0]), max(height, announced[1])
        steps = max(steps, _STEPS_BYTE.get(kind, 0) * size)
        at += 8 + size + size % 2
    if not steps:
        raise BadPicture(file, DAMAGED)
    pixels = width * height
    return Announced(
        width=width,
        height=height,
        pixel_bytes=4,
        copy_bytes=4,
        decoder_bytes=_CANVASES_BYTES * pixels,
        steps=_STEPS_PIXEL * pixels + steps,
    )


def _size(kind: bytes, head: bytes) -> tuple[int, int] | None:
    """Width and height that a chunk announces."""
    if kind == b"VP8X":
        return int.from_bytes(head[4:7], "little") + 1, int.from_bytes(head[7:10], "little") + 1
    if kind == b"VP8 ":
        return int.from_bytes(head[6:8], "little") & 0x3FFF, int.from_bytes(head[8:10], "little") & 0x3FFF
    if kind == b"VP8L":
        bits = int.from_bytes(head[1:5], "little")
        return (bits & 0x3FFF) + 1, (bits >> 14 & 0x3FFF) + 1
    return None
