"""GIF: GIF89a, appendix "Data stream". Only the first frame is decoded; the others are gone through to the end."""

from __future__ import annotations

import re

from prunelle.data.headers.damage import DAMAGED
from prunelle.data.limits import MAX_PARTS, Announced, check_parts
from prunelle.errors import BadPicture

_HEADER_BYTES = 13
_IMAGE, _EXTENSION, _TRAILER = 0x2C, 0x21, 0x3B
_BEGINNING = re.compile(rb"[\x2c\x21\x3b]")
_STEPS_PIXEL, _STEPS_BYTE, _STEPS_BLOCK = 16, 1, 1000
_MAX_BLOCKS = 10 * MAX_PARTS  # of at most 255 bytes


def inspect(content: bytes, file: str) -> Announced:
    """As ``headers`` says.

    Raises:
        BadPicture: there is no picture or no end, or too many blocks.
    """
    width, height = _two(content, 6), _two(content, 8)
    at = _HEADER_BYTES + _palette_bytes(content, 10)
    frames = blocks = 0
    while match := _BEGINNING.search(content, at):
        at = match.start()
        if content[at] == _TRAILER:
            break
        if content[at] == _EXTENSION:
            at += 2
        else:
            if not frames:
                # Pillow makes the canvas as large as its first frame needs.
                width = max(width, _two(content, at + 1) + _two(content, at + 5))
                height = max(height, _two(content, at + 3) + _two(content, at + 7))
            frames += 1
            at += 10 + _palette_bytes(content, at + 9) + 1
        check_parts(file, frames, "frames")
        while at < len(content) and content[at]:
            at += 1 + content[at]
            blocks += 1
            if blocks > _MAX_BLOCKS:
                check_parts(file, blocks, "blocks")
        at += 1
    else:
        raise BadPicture(file, DAMAGED)
    if not frames:
        raise BadPicture(file, DAMAGED)
    steps = _STEPS_PIXEL * width * height + _STEPS_BYTE * len(content) + _STEPS_BLOCK * blocks
    return Announced(width=width, height=height, pixel_bytes=1, copy_bytes=4, decoder_bytes=0, steps=steps)


def _two(content: bytes, at: int) -> int:
    return int.from_bytes(content[at : at + 2], "little")


def _palette_bytes(content: bytes, at: int) -> int:
    """Of the palette that the flags at ``at`` announce."""
    flags = content[at] if at < len(content) else 0
    return 3 << (flags & 7) + 1 if flags & 0x80 else 0
