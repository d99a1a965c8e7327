"""Pictures that are damaged, that lie about themselves, or that cost much more than their size."""

from __future__ import annotations

import functools
import io
import random
import struct
import zlib
from collections.abc import Callable

from PIL import Image

from tests.torture.materials import encoded, picture
from tests.torture.mutations import Sample, damaged, kept_on_disk, odd_name

_OPTIONS: tuple[tuple[str, str, str, dict[str, object]], ...] = (
    # suffix, format, mode, options of Pillow's encoder
    ("jpg", "JPEG", "RGB", {}),
    ("jpg", "JPEG", "RGB", {"progressive": True}),
    ("jpg", "JPEG", "L", {}),
    ("jpg", "JPEG", "CMYK", {}),
    ("png", "PNG", "RGB", {}),
    ("png", "PNG", "RGBA", {}),
    ("png", "PNG", "P", {}),
    ("png", "PNG", "LA", {}),
    ("png", "PNG", "1", {}),
    ("png", "PNG", "I;16", {}),
    ("gif", "GIF", "P", {}),
    ("bmp", "BMP", "RGB", {}),
    ("bmp", "BMP", "P", {}),
    ("webp", "WEBP", "RGB", {}),
    ("webp", "WEBP", "RGBA", {"lossless": True}),
    ("tiff", "TIFF", "RGB", {}),
    ("tiff", "TIFF", "RGB", {"compression": "tiff_lzw"}),
    ("tiff", "TIFF", "RGB", {"compression": "jpeg"}),
    ("tiff", "TIFF", "L", {"compression": "tiff_adobe_deflate"}),
    ("tiff", "TIFF", "1", {"compression": "group4"}),
    ("tiff", "TIFF", "F", {}),
    ("tiff", "TIFF", "I;16", {}),
    ("tiff", "TIFF", "CMYK", {}),
)


@functools.cache
def whole() -> tuple[tuple[str, bytes], ...]:
    """``(suffix, content)``: one good file of each kind."""
    made = []
    for number, (suffix, kind, mode, options) in enumerate(_OPTIONS):
        image = picture(number % 3, 900 + number, 40)
        converted = image.convert("L").convert("I").convert(mode) if mode == "I;16" else image.convert(mode)
        made.append((suffix, encoded(converted, kind, **options)))
    frames = [picture(k, 950 + k, 32) for k in range(3)]
    for suffix, kind in (("gif", "GIF"), ("webp", "WEBP"), ("png", "PNG"), ("tiff", "TIFF")):
        made.append((suffix, encoded(frames[0], kind, save_all=True, append_images=frames[1:])))
    return tuple(made)


def samples(draw: random.Random, count: int) -> list[Sample]:
    """``count`` pictures: one in eight whole, the others not."""
    made = []
    for number in range(count):
        suffix, content = draw.choice(whole())
        chance = draw.random()
        length = 0
        if chance < 0.6:
            content = damaged(content, draw.choice(whole())[1], draw)
        elif chance < 0.8:
            suffix, content = draw.choice(_LIES)(draw)
        elif chance < 0.84:
            suffix, content = draw.choice(_BOMBS)(draw)
        elif chance < 0.86:
            length = draw.choice((2**31 + 5, 6 * 10**9))
        name = f"{number:02}.{suffix}"
        if draw.random() < 0.08:
            name = f"{number:02}.{draw.choice(('jpg', 'png', 'gif', 'tiff', 'webp', 'bmp', 'JPEG', 'txt', 'npz'))}"
        if draw.random() < 0.05:
            name = odd_name(f"{number:02}", draw) + f".{suffix}"
        made.append(Sample(name, content, length))
    return made


def _side(draw: random.Random) -> int:
    return draw.choice(
        (0, 1, 2, 7, 255, 4000, 10_000, 13_370, 20_000, 46_000, 65_500, 65_535, 10**6, 2**31 - 1, 2**32 - 1)
    )


def _lying_jpeg(draw: random.Random) -> tuple[str, bytes]:
    content = bytearray(draw.choice([c for s, c in whole() if s == "jpg"]))
    at = next(i for i in range(len(content) - 1) if content[i] == 0xFF and content[i + 1] in (0xC0, 0xC2)) + 5
    content[at : at + 4] = struct.pack(">HH", min(_side(draw), 65_535), min(_side(draw), 65_535))
    if draw.random() < 0.2:
        content[at - 1] = draw.choice((1, 12, 16))  # bits a sample
    return "jpg", bytes(content)


def chunk(kind: bytes, data: bytes) -> bytes:
    """Of a PNG, with its checksum."""
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def png(width: int, height: int, depth: int, colour: int, *chunks: bytes, interlaced: int = 0) -> bytes:
    """A PNG of these chunks, whatever they are."""
    header = struct.pack(">IIBBBBB", width, height, depth, colour, 0, 0, interlaced)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + b"".join(chunks) + chunk(b"IEND", b"")


def _lying_png(draw: random.Random) -> tuple[str, bytes]:
    depth, colour = draw.choice(
        ((1, 0), (8, 0), (16, 0), (8, 2), (16, 2), (8, 3), (8, 4), (16, 4), (8, 6), (16, 6), (3, 7))
    )
    data = zlib.compress(bytes(draw.choice((0, 10, 5000, 10**6))))
    extra = draw.choice(
        (
            b"",
            chunk(b"iCCP", b"x\0\0" + zlib.compress(bytes(10**7))),
            chunk(b"zTXt", b"x\0\0" + zlib.compress(bytes(10**8))),
            chunk(b"tEXt", b"x" * 10**6),
            chunk(b"PLTE", bytes(3 * draw.choice((0, 1, 256, 300)))),
            chunk(b"tRNS", bytes(draw.choice((0, 1, 300)))),
            chunk(b"acTL", struct.pack(">II", 2**31 - 1, 0)),
            chunk(b"eXIf", b"MM\0*" + draw.randbytes(30)),
            chunk(b"pHYs", b"\0"),
        )
    )
    made = png(
        _side(draw),
        _side(draw),
        depth,
        colour,
        extra,
        chunk(b"IDAT", data),
        interlaced=draw.choice((0, 0, 1, 9)),
    )
    if draw.random() < 0.2:
        made = made[:29] + draw.randbytes(4) + made[33:]  # the header's checksum
    return "png", made


def _lying_gif(draw: random.Random) -> tuple[str, bytes]:
    content = bytearray(draw.choice([c for s, c in whole() if s == "gif"]))
    content[6:10] = struct.pack("<HH", min(_side(draw), 65_535), min(_side(draw), 65_535))
    at = content.find(b",", 13)
    if at > 0 and draw.random() < 0.7:
        content[at + 5 : at + 9] = struct.pack("<HH", min(_side(draw), 65_535), min(_side(draw), 65_535))
    return "gif", bytes(content)


def _lying_bmp(draw: random.Random) -> tuple[str, bytes]:
    content = bytearray(draw.choice([c for s, c in whole() if s == "bmp"]))
    content[18:26] = struct.pack(
        "<ii", min(_side(draw), 2**31 - 1), draw.choice((1, -1)) * min(_side(draw), 2**31 - 1)
    )
    if draw.random() < 0.5:
        content[28:30] = struct.pack("<H", draw.choice((0, 1, 4, 8, 16, 24, 32, 64)))
        content[30:34] = struct.pack("<I", draw.choice((0, 1, 2, 3, 4, 99)))
        content[46:50] = struct.pack("<I", draw.choice((0, 256, 2**31 - 1)))
    return "bmp", bytes(content)


def _lying_webp(draw: random.Random) -> tuple[str, bytes]:
    content = bytearray(draw.choice([c for s, c in whole() if s == "webp"]))
    for kind, at in ((b"VP8X", 12), (b"VP8 ", 14), (b"VP8L", 9)):
        found = content.find(kind)
        if found >= 0:
            content[found + at : found + at + 4] = draw.choice(
                (b"\xff\xff\xff\xff", b"\xff\x3f\xff\x3f", bytes(4))
            )
    return "webp", bytes(content)


def tiff(tags: list[tuple[int, int, int, int]], tail: bytes = b"", *, following: int = 0) -> bytes:
    """A little-endian TIFF of one directory: ``(tag, type, count, value)``."""
    tags = sorted(tags)
    body = struct.pack("<H", len(tags)) + b"".join(struct.pack("<HHII", *tag) for tag in tags)
    return b"II*\0" + struct.pack("<I", 8) + body + struct.pack("<I", following) + tail


def _lying_tiff(draw: random.Random) -> tuple[str, bytes]:
    bits = draw.choice((1, 8, 8, 16, 32, 64))
    tags = [
        (256, 4, 1, min(_side(draw), 2**32 - 1)),
        (257, 4, 1, min(_side(draw), 2**32 - 1)),
        (258, 3, 1, bits),
        (259, 3, 1, draw.choice((1, 1, 2, 3, 4, 5, 7, 8, 32773, 50000, 34892))),
        (262, 3, 1, draw.choice((0, 1, 2, 3, 5, 6))),
        (273, 4, draw.choice((1, 1, 2**31)), draw.choice((8, 200, 2**32 - 1))),
        (277, 3, 1, draw.choice((1, 3, 4, 5, 65_535))),
        (278, 4, 1, draw.choice((1, 10, 2**32 - 1))),
        (279, 4, 1, draw.choice((10, 10**6, 2**32 - 1))),
        (339, 3, 1, draw.choice((1, 2, 3, 9))),
    ]
    draw.shuffle(tags)
    tags = tags[: draw.randint(4, len(tags))]
    if draw.random() < 0.2:
        tags += [(322, 4, 1, _side(draw)), (323, 4, 1, _side(draw)), (324, 4, 1, 8), (325, 4, 1, 10**6)]
    return "tiff", tiff(
        tags, bytes(draw.choice((0, 100, 10_000))), following=draw.choice((0, 0, 8, 2**32 - 1))
    )


_LIES: tuple[Callable[[random.Random], tuple[str, bytes]], ...] = (
    _lying_jpeg,
    _lying_png,
    _lying_png,
    _lying_gif,
    _lying_bmp,
    _lying_webp,
    _lying_tiff,
    _lying_tiff,
)


@kept_on_disk
def _zeros(rows: int, row: int) -> bytes:
    packer, block = zlib.compressobj(1), bytes(1 + row)
    made = [packer.compress(block * 64) for _ in range(rows // 64)] + [packer.compress(block * (rows % 64))]
    return b"".join([*made, packer.flush()])


def _png_bomb(draw: random.Random) -> tuple[str, bytes]:
    side, depth, colour, size = draw.choice(
        (
            (13_370, 16, 0, 2),
            (13_370, 8, 6, 4),
            (9_000, 16, 6, 8),
            (13_370, 1, 0, 0),
            (6_000, 8, 2, 3),
            (13_370, 8, 3, 1),
        )
    )
    palette = chunk(b"PLTE", bytes(768)) if colour == 3 else b""
    row = side * size if size else (side + 7) // 8
    return "png", png(side, side, depth, colour, palette, chunk(b"IDAT", _zeros(side, row)))


@kept_on_disk
def _large_jpeg(side: int, mode: str, progressive: bool) -> bytes:
    return encoded(Image.new(mode, (side, side)), "JPEG", quality=20, progressive=progressive)


def _jpeg_bomb(draw: random.Random) -> tuple[str, bytes]:
    if draw.random() < 0.5:
        return "jpg", _large_jpeg(draw.choice((4_000, 9_000)), draw.choice(("L", "RGB")), draw.random() < 0.5)
    content = _large_jpeg(draw.choice((500, 3_000)), "RGB", True)
    at = content.rindex(b"\xff\xda")
    scan = content[at:-2]
    return "jpg", content[:-2] + scan * min(
        draw.choice((20, 200, 2_000)), 20_000_000 // len(scan)
    ) + b"\xff\xd9"


@kept_on_disk
def _large(kind: str, mode: str, side: int, compression: str) -> bytes:
    stream = io.BytesIO()
    options = {"compression": compression} if compression else {}
    Image.new(mode, (side, side)).save(stream, kind, **options)
    return stream.getvalue()


def _other_bomb(draw: random.Random) -> tuple[str, bytes]:
    kind, mode, side, compression = draw.choice(
        (
            ("GIF", "P", 8_000, ""),
            ("WEBP", "RGB", 6_000, ""),
            ("TIFF", "L", 13_000, "tiff_adobe_deflate"),
            ("TIFF", "F", 8_000, "tiff_adobe_deflate"),
            ("TIFF", "RGBA", 7_000, "tiff_lzw"),
            ("TIFF", "1", 13_000, "group4"),
        )
    )
    return kind.lower(), _large(kind, mode, side, compression)


def _bare_tiff(draw: random.Random) -> tuple[str, bytes]:
    side, sample = draw.choice(((46_000, 1), (13_370, 3), (13_370, 1))), draw.choice((1, 2, 3))
    tags = [
        (256, 4, 1, side[0]),
        (257, 4, 1, side[0]),
        (258, 3, 1, draw.choice((8, 16, 32))),
        (259, 3, 1, 1),
        (262, 3, 1, 1),
        (273, 4, 1, 122),
        (277, 3, 1, 1),
        (278, 4, 1, side[0]),
        (339, 3, 1, sample),
    ]
    return "tiff", tiff(tags)


_BOMBS: tuple[Callable[[random.Random], tuple[str, bytes]], ...] = (
    _png_bomb,
    _png_bomb,
    _jpeg_bomb,
    _other_bomb,
    _bare_tiff,
)
