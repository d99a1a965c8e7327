"""HEIC and AVIF: ISO/IEC 23008-12, and AV1 image file format 1.1. One picture of a file is decoded, the primary one.

What else there is (a film's frames, thumbnails, depth, gain maps) is never decoded, and costs nothing; the primary
picture's transparency is. libheif decodes no item larger than the file says it is; libavif does, hence ``av1``.
"""

from __future__ import annotations

import collections
import dataclasses
import struct

from prunelle.data.headers import av1
from prunelle.data.headers.boxes import Items, read_items
from prunelle.data.headers.damage import DAMAGED
from prunelle.data.limits import Announced
from prunelle.errors import BadPicture

OTHER_CODING = (
    "a HEIF picture coded otherwise than by HEVC or AV1, which is not read; "
    "convert it to JPEG: magick IN OUT.jpg"
)

_ALPHA = (b"urn:mpeg:mpegB:cicp:systems:auxiliary:alpha\0", b"urn:mpeg:hevc:2015:auxid:1\0")
_STEPS_PIXEL, _STEPS_BYTE = 24, 60
# Of a pixel: the decoder's own picture, in RGB too where it has more than 8 bits, and the bytes handed over.
_DECODER_BYTES, _DECODER_BYTES_LARGE = 6, 14
_NCLX_BYTES = 11


def inspect_heic(content: bytes, file: str) -> Announced:
    """As ``headers`` says; upright, as libheif hands it over.

    Raises:
        BadPicture: its boxes are cut or name no picture, or it is coded otherwise than by HEVC.
    """
    items = read_items(content, file)
    announced = _announced(items, content, file, b"hvc1")
    width, height = _cut(items, content, announced.width, announced.height)
    turn = items.named(items.primary, b"irot")
    if turn is not None and turn.end > turn.start and content[turn.start] & 1:
        width, height = height, width
    return dataclasses.replace(announced, width=width, height=height)


def inspect_avif(content: bytes, file: str) -> Announced:
    """As ``headers`` says.

    Raises:
        BadPicture: its boxes are cut or name no picture, it is coded otherwise than by AV1, or the coded picture is
            larger than the file says.
    """
    items = read_items(content, file)
    for item in _decoded(items, content, file, b"av01"):
        width, height = _size(items, item, content, file)
        data = b"".join(content[start:stop] for start, stop in items.extents.get(item, ()))
        try:
            coded_width, coded_height = av1.largest_size(data)
        except IndexError:
            raise BadPicture(file, DAMAGED) from None
        if coded_width > width or coded_height > height:
            raise BadPicture(file, DAMAGED)
    return _announced(items, content, file, b"av01")


def colour_code(content: bytes, file: str) -> tuple[int, int] | None:
    """Primaries and transfer of the picture that is shown, in numbers of ITU-T H.273; None where it does not say.

    Raises:
        BadPicture: the boxes are cut, or name no picture.
    """
    items = read_items(content, file)
    for each in items.properties.get(items.primary, ()):
        coded = content[each.start : each.end]
        if each.kind == b"colr" and coded[:4] == b"nclx" and len(coded) >= _NCLX_BYTES:
            return int.from_bytes(coded[4:6], "big"), int.from_bytes(coded[6:8], "big")
    return None


def _announced(items: Items, content: bytes, file: str, coding: bytes) -> Announced:
    width, height = _size(items, items.primary, content, file)
    pixels = size_bytes = 0
    large = False
    for item, times in _decoded(items, content, file, coding).items():
        item_width, item_height = _size(items, item, content, file)
        pixels += times * item_width * item_height
        size_bytes += times * _data_bytes(items, item)
        large = large or _is_large(items, item, content)
    return Announced(
        width=width,
        height=height,
        pixel_bytes=4,
        copy_bytes=4 if _transparency(items, content, file) else 1,
        decoder_bytes=(_DECODER_BYTES_LARGE if large else _DECODER_BYTES) * max(width * height, pixels),
        steps=_STEPS_PIXEL * pixels + _STEPS_BYTE * size_bytes,
    )


def _decoded(items: Items, content: bytes, file: str, coding: bytes) -> collections.Counter[int]:
    """The items that have to be decoded for the primary one and its transparency, and how often: a grid's tiles."""
    decoded: collections.Counter[int] = collections.Counter()
    for item in (items.primary, *_transparency(items, content, file)):
        kind = items.kinds.get(item, b"")
        parts = items.made_of(item) if kind in (b"grid", b"iden") else (item,)
        if any(items.kinds.get(part) != coding for part in parts):
            raise BadPicture(file, OTHER_CODING)
        if not parts:
            raise BadPicture(file, DAMAGED)
        decoded.update(parts)
    # Together no larger than the file: not one place named again and again.
    if sum(_data_bytes(items, item) for item in decoded) > len(content):
        raise BadPicture(file, DAMAGED)
    return decoded


def _transparency(items: Items, content: bytes, file: str) -> list[int]:
    """The item that says how transparent the primary one is, if there is one."""
    belonging = [item for kind, item, named in items.references if kind == b"auxl" and items.primary in named]
    kinds = ((item, items.named(item, b"auxC")) for item in belonging)
    found = [
        item
        for item, kind in kinds
        if kind is not None and content[kind.start + 4 : kind.end].startswith(_ALPHA)
    ]
    if len(found) > 1:
        raise BadPicture(file, DAMAGED)
    return found


def _data_bytes(items: Items, item: int) -> int:
    return sum(stop - start for start, stop in items.extents.get(item, ()))


def _size(items: Items, item: int, content: bytes, file: str) -> tuple[int, int]:
    extents = items.named(item, b"ispe")
    if extents is None or extents.end - extents.start < 12:
        raise BadPicture(file, DAMAGED)
    start = extents.start + 4
    return int.from_bytes(content[start : start + 4], "big"), int.from_bytes(
        content[start + 4 : start + 8], "big"
    )


def _cut(items: Items, content: bytes, width: int, height: int) -> tuple[int, int]:
    """The part that is to be shown: encoders pad what they code to whole blocks."""
    clap = items.named(items.primary, b"clap")
    if clap is None or clap.end - clap.start < 16:
        return width, height
    over_x, under_x, over_y, under_y = struct.unpack_from(">4I", content, clap.start)
    return min(width, over_x // max(1, under_x)), min(height, over_y // max(1, under_y))


def _is_large(items: Items, item: int, content: bytes) -> bool:
    """Of more than 8 bits a value, with colours at more than a quarter of the pixels; or where it does not say."""
    if (hevc := items.named(item, b"hvcC")) is not None and hevc.end - hevc.start > 17:
        chroma, depth = content[hevc.start + 16] & 3, content[hevc.start + 17] & 7
        return bool(depth) and chroma > 1
    if (av1_settings := items.named(item, b"av1C")) is not None and av1_settings.end - av1_settings.start > 2:
        flags = content[av1_settings.start + 2]
        return bool(flags & 0x40) and not flags & 0x10 and flags & 0x0C != 0x0C
    return True
