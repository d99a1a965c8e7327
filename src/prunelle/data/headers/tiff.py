"""TIFF 6.0 and BigTIFF: the first directory, where its strips or tiles are, and what they take."""

from __future__ import annotations

import dataclasses
import struct
import zlib

from prunelle.data.headers.damage import DAMAGED, WRONG_CHECKSUM
from prunelle.data.limits import Announced, check_parts
from prunelle.errors import BadPicture

_WIDTH, _HEIGHT, _BITS, _COMPRESSION, _PHOTOMETRIC = 256, 257, 258, 259, 262
_STRIP_OFFSETS, _SAMPLES, _STRIP_ROWS, _STRIP_SIZES, _PLANAR = 273, 277, 278, 279, 284
_TILE_WIDTH, _TILE_HEIGHT, _TILE_OFFSETS, _TILE_SIZES = 322, 323, 324, 325
_RAW, _OLD_JPEG, _JPEG, _YCBCR = 1, 6, 7, 6
_DEFLATE = (8, 32946)

_TYPE_BYTES = {
    1: 1,
    2: 1,
    3: 2,
    4: 4,
    5: 8,
    6: 1,
    7: 1,
    8: 2,
    9: 4,
    10: 8,
    11: 4,
    12: 8,
    13: 4,
    16: 8,
    17: 8,
    18: 8,
}
_BYTE_TYPES = (1, 2, 6, 7)
_NUMBERS = {1: "B", 3: "H", 4: "I", 13: "I", 16: "Q"}

_STEPS_PIXEL, _STEPS_RAW_BYTE = 3, 3
# By compression, a byte of it: CCITT, LZW, JPEG, deflate, PackBits, LZMA, Zstandard, WebP.
_STEPS_BYTE = {
    1: 0,
    2: 40,
    3: 40,
    4: 40,
    5: 3,
    6: 40,
    7: 40,
    8: 10,
    32946: 10,
    32773: 2,
    34925: 45,
    50000: 5,
    50001: 85,
}
_STEPS_BYTE_OTHER = 40
_STEPS_COEFFICIENT = 0.5
_COEFFICIENT_BYTES = 2

_PART_BYTES = 1 << 20


@dataclasses.dataclass(frozen=True)
class _Directory:
    """The first directory of a file: its tags, and how numbers are written."""

    content: bytes
    order: str
    entries: dict[int, tuple[int, int, int]]
    """Type, count and place of the values of a tag."""

    def values(self, tag: int, default: tuple[int, ...] = ()) -> tuple[int, ...]:
        kind, count, at = self.entries.get(tag, (0, 0, 0))
        if kind not in _NUMBERS:
            return default
        return struct.unpack_from(f"{self.order}{count}{_NUMBERS[kind]}", self.content, at)

    def value(self, tag: int, default: int) -> int:
        return next(iter(self.values(tag)), default)


def inspect(content: bytes, file: str) -> Announced:
    """As ``headers`` says.

    Raises:
        BadPicture: strips or tiles go beyond the file, have a wrong checksum, or are too many.
    """
    try:
        announced, pieces, compression = _read(content, file)
    except struct.error:
        raise BadPicture(file, DAMAGED) from None
    announced.check(file, len(content))
    _check_pieces(content, file, pieces, compression)
    return announced


def _read(content: bytes, file: str) -> tuple[Announced, _Pieces, int]:
    """What is announced, the strips or tiles, and their compression."""
    tags = _read_directory(content, file)
    width, height = tags.value(_WIDTH, 0), tags.value(_HEIGHT, 0)
    samples = tags.value(_SAMPLES, 1)
    bits = tags.values(_BITS, (1,))
    bits_a_pixel = sum(bits) if len(bits) > 1 else bits[0] * samples
    pixel_bytes, copy_bytes = _pixel_bytes(samples, bits_a_pixel)
    compression = tags.value(_COMPRESSION, _RAW)
    pieces = _Pieces.of(tags, width, height, 8 if compression == _OLD_JPEG else bits_a_pixel)
    raw = pieces.number * pieces.raw_bytes
    steps = _STEPS_PIXEL * width * height + _STEPS_RAW_BYTE * raw
    decoder_bytes = 0
    if compression != _RAW:
        steps += _STEPS_BYTE.get(compression, _STEPS_BYTE_OTHER) * sum(pieces.sizes)
        decoder_bytes = pieces.raw_bytes
        if compression in (_JPEG, _OLD_JPEG) or tags.value(_PHOTOMETRIC, 0) == _YCBCR:
            decoder_bytes += 4 * pieces.width * pieces.height
        if compression in (_JPEG, _OLD_JPEG):
            scans = pieces.scans(content)
            values = samples * pieces.width * pieces.height
            steps += int(_STEPS_COEFFICIENT * sum(scans) * values)
            if max(scans, default=0) > 1:
                decoder_bytes += _COEFFICIENT_BYTES * values
    return (
        Announced(
            width=width,
            height=height,
            pixel_bytes=pixel_bytes,
            copy_bytes=copy_bytes,
            decoder_bytes=decoder_bytes,
            steps=steps,
        ),
        pieces,
        compression,
    )


@dataclasses.dataclass(frozen=True)
class _Pieces:
    """Strips or tiles.

    Attributes:
        width, height: of one, in pixels.
        raw_bytes: of one, decoded.
        number: as many as the picture has.
        offsets, sizes: of those that the file lists.
    """

    width: int
    height: int
    raw_bytes: int
    number: int
    offsets: tuple[int, ...]
    sizes: tuple[int, ...]

    @classmethod
    def of(cls, tags: _Directory, width: int, height: int, bits_a_pixel: int) -> _Pieces:
        tiled = _TILE_OFFSETS in tags.entries
        if tiled:
            piece_width, piece_height = (
                max(1, tags.value(_TILE_WIDTH, width)),
                max(1, tags.value(_TILE_HEIGHT, height)),
            )
        else:
            piece_width, piece_height = width, max(1, min(height, tags.value(_STRIP_ROWS, height) or height))
        number = -(-width // max(1, piece_width)) * -(-height // piece_height)
        raw_bytes = piece_height * -(-piece_width * bits_a_pixel // 8)
        planes = tags.value(_SAMPLES, 1) if tags.value(_PLANAR, 1) == 2 else 1
        return cls(
            width=piece_width,
            height=piece_height,
            raw_bytes=-(-raw_bytes // max(1, planes)),
            number=number * planes,
            offsets=tags.values(_TILE_OFFSETS if tiled else _STRIP_OFFSETS),
            sizes=tags.values(_TILE_SIZES if tiled else _STRIP_SIZES),
        )

    def scans(self, content: bytes) -> list[int]:
        """How many scans the JPEG in each has."""
        return [
            content.count(b"\xff\xda", offset, offset + size)
            for offset, size in zip(self.offsets, self.sizes, strict=False)
        ]


def _read_directory(content: bytes, file: str) -> _Directory:
    order = "<" if content.startswith(b"II") else ">"
    big = content[2:4] in (b"+\0", b"\0+")
    (start,) = struct.unpack_from(f"{order}Q" if big else f"{order}I", content, 8 if big else 4)
    if start > len(content):
        raise BadPicture(file, DAMAGED)
    (number,) = struct.unpack_from(f"{order}Q" if big else f"{order}H", content, start)
    check_parts(file, number, "tags")
    at, entry, inside = start + (8 if big else 2), 20 if big else 12, 8 if big else 4
    entries: dict[int, tuple[int, int, int]] = {}
    for i in range(number):
        tag, kind, count = struct.unpack_from(
            f"{order}HHQ" if big else f"{order}HHI", content, at + i * entry
        )
        place = at + (i + 1) * entry - inside
        if count * _TYPE_BYTES.get(kind, 1) > inside:
            (place,) = struct.unpack_from(f"{order}Q" if big else f"{order}I", content, place)
        if kind not in _BYTE_TYPES:
            # Pillow makes a Python number of each.
            check_parts(file, count, f"values of tag {tag}")
        entries.setdefault(tag, (kind, count, min(place, len(content))))
    return _Directory(content, order, entries)


def _pixel_bytes(samples: int, bits_a_pixel: int) -> tuple[int, int]:
    """In Pillow's memory, and of the grey or RGB copy."""
    if samples == 1:
        return (1 if bits_a_pixel <= 8 else 2 if bits_a_pixel <= 16 else 4), 4
    return 4, 1 if samples == 3 else 4


def _check_pieces(content: bytes, file: str, pieces: _Pieces, compression: int) -> None:
    """Of those that are not compressed, Pillow says itself that they are cut."""
    check_parts(file, pieces.number, "strips or tiles")
    if compression == _RAW:
        return
    for i, (offset, size) in enumerate(zip(pieces.offsets, pieces.sizes, strict=False)):
        if offset + size > len(content):
            raise BadPicture(file, DAMAGED)
        if compression in _DEFLATE and not _checksum_holds(content[offset : offset + size], pieces.raw_bytes):
            raise BadPicture(file, WRONG_CHECKSUM.format(where=f"strip {i + 1}"))


def _checksum_holds(compressed: bytes, raw_bytes: int) -> bool:
    """Whether a zlib stream ends, with the Adler-32 of its data, which libtiff does not ask."""
    stream, length = zlib.decompressobj(), 0
    try:
        while not stream.eof:
            some = stream.decompress(compressed, _PART_BYTES)
            length, compressed = length + len(some), stream.unconsumed_tail
            if length > raw_bytes:
                return True  # What is beyond a strip is not read, by libtiff either.
            if not some and not compressed:
                return stream.eof
        return True
    except zlib.error:
        return False
