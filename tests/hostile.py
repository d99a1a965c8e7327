"""Pictures that announce more than anyone can decode, and pictures that are not whole: each format, mode and lie.

Made byte by byte, or by changing a few bytes of a file of Pillow's.
"""

from __future__ import annotations

import functools
import struct
import zlib

import numpy as np
from PIL import Image

from tests.pictures import encoded, jpeg_with_size, photo

SIDE = 13_370
"""Of a square just below the limit of pixels."""


def chunk(kind: bytes, data: bytes) -> bytes:
    """A chunk of a PNG, with its checksum."""
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def png(
    width: int, height: int, depth: int, colour: int, *, before: bytes = b"", data: bytes | None = None
) -> bytes:
    """A PNG of black, all of it only where ``data`` is None; ``before`` are chunks before the pixels."""
    header = struct.pack(">IIBBBBB", width, height, depth, colour, 0, 0, 0)
    channels = {0: 1, 2: 3, 3: 1, 4: 2, 6: 4}[colour]
    data = zlib.compress(bytes(height * (1 + -(-width * channels * depth // 8)))) if data is None else data
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + before + chunk(b"IDAT", data) + chunk(b"IEND", b"")


def tiff(
    tags: dict[int, tuple[str, list[int]]], data: bytes = b"", *, big: bool = False, order: str = "<"
) -> bytes:
    """A TIFF of one directory. Types are ``H``, ``I`` or ``Q``; strips are at the end, from ``at(…)`` on."""
    number, sizes = {"H": 3, "I": 4, "Q": 16}, {"H": 2, "I": 4, "Q": 8}
    word, inside = ("Q", 8) if big else ("I", 4)
    mark = b"II" if order == "<" else b"MM"
    head = mark + struct.pack(order + ("HHHQ" if big else "HI"), *((43, 8, 0, 16) if big else (42, 8)))
    entry = 20 if big else 12
    length = (8 if big else 2) + entry * len(tags) + inside
    extra, table = b"", struct.pack(order + ("Q" if big else "H"), len(tags))
    for tag, (kind, values) in sorted(tags.items()):
        packed = struct.pack(f"{order}{len(values)}{kind}", *values)
        if len(values) * sizes[kind] > inside:
            place = struct.pack(order + word, len(head) + length + len(extra))
            extra += packed
        else:
            place = packed.ljust(inside, b"\0")
        table += struct.pack(f"{order}HH{word}", tag, number[kind], len(values)) + place
    return head + table + bytes(inside) + extra + data


def tiff_tags(
    width: int, height: int, bits: list[int], *, compression: int = 1, photometric: int = 1, **more: list[int]
) -> dict[int, tuple[str, list[int]]]:
    """The tags of a TIFF whose one strip is said to begin at byte 8; ``more`` by ``t`` and their number."""
    tags = {
        256: ("I", [width]),
        257: ("I", [height]),
        258: ("H", bits),
        259: ("H", [compression]),
        262: ("H", [photometric]),
        273: ("I", [8]),
        277: ("H", [len(bits)]),
        278: ("I", [height]),
        279: ("I", [64]),
    }
    return tags | {int(name[1:]): ("I", values) for name, values in more.items()}


def webp(canvas: tuple[int, int] | None, picture: bytes) -> bytes:
    """A WebP whose header says another size: of the canvas, before the first chunk of ``picture``."""
    chunks = picture[12:]
    if canvas is not None:
        size = (canvas[0] - 1).to_bytes(3, "little") + (canvas[1] - 1).to_bytes(3, "little")
        chunks = b"VP8X" + struct.pack("<II", 10, 0) + size + chunks
    return b"RIFF" + struct.pack("<I", 4 + len(chunks)) + b"WEBP" + chunks


def bmp(width: int, height: int, bits: int, compression: int, data: bytes) -> bytes:
    """A BMP with a grey palette where it has one."""
    palette = b"".join(bytes([i, i, i, 0]) for i in range(1 << bits)) if bits <= 8 else b""
    offset = 54 + len(palette)
    size = len(data)
    header = struct.pack("<IiiHHIIiiII", 40, width, height, 1, bits, compression, size, 0, 0, 0, 0)
    return b"BM" + struct.pack("<IHHI", offset + size, 0, 0, offset) + header + palette + data


def gif(
    screen: tuple[int, int], frame: tuple[int, int], data: bytes = b"\x08\x01\0\0", end: bytes = b";"
) -> bytes:
    """A GIF with a screen and one frame."""
    head = b"GIF89a" + struct.pack("<HHBBB", *screen, 0x80, 0, 0) + bytes([0, 0, 0, 255, 0, 0])
    return head + b"," + struct.pack("<HHHHB", 0, 0, *frame, 0) + data + end


def jpeg_of_many_scans(width: int, height: int, scans: int) -> bytes:
    """A progressive JPEG that says its last scan again and again."""
    content = encoded(Image.new("L", (width, height)), "JPEG", progressive=True)
    last = content.rindex(b"\xff\xda")
    return content[:last] + content[last:-2] * scans + content[-2:]


@functools.cache
def too_costly() -> dict[str, bytes]:
    """Small files that would take much memory or long to decode."""
    n = SIDE
    small = encoded(photo(64, 64), "JPEG")
    progressive = encoded(photo(64, 64), "JPEG", progressive=True, subsampling=0)
    lossless, lossy = encoded(photo(8, 8), "WEBP", lossless=True), encoded(photo(8, 8), "WEBP")
    vp8 = bytearray(lossy)
    struct.pack_into("<HH", vp8, lossy.index(b"\x9d\x01\x2a") + 3, 16383, 16383)
    vp8l = bytearray(lossless)
    struct.pack_into("<I", vp8l, 21, 0x0FFFFFFF)
    empty = zlib.compress(b"")
    frame = struct.pack("<HHHHB", 0, 0, 1, 1, 0)
    files = {
        "65500.jpg": jpeg_with_size(small, 65_500, 65_500),
        "progressive.jpg": jpeg_with_size(progressive, n, n),
        "scans.jpg": jpeg_of_many_scans(1200, 1200, 4000),
        "vp8x.webp": webp((16_384, 10_000), lossless),
        "vp8x-wide.webp": webp((1 << 24, 1 << 7), lossless),
        "vp8.webp": bytes(vp8),
        "vp8l.webp": bytes(vp8l),
        "screen.gif": gif((65_535, 65_535), (1, 1)),
        "frame.gif": gif((1, 1), (65_535, 65_535)),
        "blocks.gif": gif((1, 1), (1, 1), b"\x08" + b"\x01\0" * 1_000_010 + b"\0"),
        "frames.gif": gif((1, 1), (1, 1), (b"\x08\x01\0\0," + frame) * 100_001 + b"\x08\0"),
        "rle8.bmp": bmp(n, n, 8, 1, b"\0\x02\xff\xff" * 10 + b"\0\x01"),
        "rle4.bmp": bmp(8000, 8000, 4, 2, b"\xff\x11" * 100 + b"\0\x01"),
        "chunks.png": png(8, 8, 8, 2, before=chunk(b"tEXt", b"") * 100_001),
        "wide.png": png(1 << 27, 1, 8, 0, data=empty),
        "header-only.tif": tiff(tiff_tags(46_000, 46_000, [8])),
        "big.tif": tiff(tiff_tags(n, n, [8] * 4, photometric=2, t338=[1]), big=True),
        "floats.tif": tiff(tiff_tags(n, n, [32], t339=[3])),
        "motorola.tif": tiff(tiff_tags(n, n, [32], t339=[3]), order=">"),
        "float-lzw.tif": tiff(tiff_tags(n, n, [32], compression=5, t339=[3]), bytes(64)),
        "one-strip.tif": tiff(tiff_tags(9000, 9000, [16] * 3, photometric=2, compression=5), bytes(64)),
        "tile.tif": tiff(
            tiff_tags(8, 8, [8], compression=5, t322=[1 << 20], t323=[1 << 20], t324=[8], t325=[64]),
            bytes(64),
        ),
        "strips.tif": tiff(tiff_tags(1, 200_000, [8], compression=5, t278=[1]), bytes(64)),
        "values.tif": tiff(tiff_tags(8, 8, [8]) | {700: ("I", [0] * 100_001)}),
    }
    files |= {f"{depth}-{colour}.png": png(n, n, depth, colour, data=empty) for depth, colour in _PNG_MODES}
    files |= {f"{bits}.bmp": bmp(40_000, 40_000, bits, 0, b"") for bits in (8, 24, 32)}
    return files


_PNG_MODES = [(1, 0), (8, 0), (16, 0), (8, 2), (16, 2), (1, 3), (8, 3), (8, 4), (16, 4), (8, 6), (16, 6)]


def _deflated(compression: int, at: int, length: int) -> dict[int, tuple[str, list[int]]]:
    return tiff_tags(40, 30, [8] * 3, photometric=2, compression=compression, t273=[at], t279=[length])


@functools.cache
def not_whole() -> dict[str, bytes]:
    """Files that decoders take, and that are damaged: a wrong checksum, or an end before the end."""
    pixels = np.asarray(photo(40, 30))
    rgb = Image.fromarray(pixels)
    whole = encoded(rgb, "PNG")
    files = {}
    text = chunk(b"tEXt", b"Title\0a text")
    of_each_kind = png(8, 8, 8, 3, before=chunk(b"PLTE", bytes(range(9))) + chunk(b"tRNS", b"\0") + text)
    for kind in (b"IHDR", b"PLTE", b"tRNS", b"tEXt", b"IDAT", b"IEND"):
        at = of_each_kind.index(kind) + 4
        length = int.from_bytes(of_each_kind[at - 8 : at - 4], "big")
        files[f"checksum of {kind.decode()}.png"] = (
            of_each_kind[: at + length] + b"\0\0\0\0" + of_each_kind[at + length + 4 :]
        )
    files["text after the pixels.png"] = of_each_kind[:-12] + text[:-1] + b"\0" + of_each_kind[-12:]
    files["no end.png"] = whole[:-12]
    files["half an end.png"] = whole[:-6]
    gif_file = encoded(rgb.quantize(16), "GIF", save_all=True, append_images=[photo(40, 30, 1).quantize(16)])
    files["no trailer.gif"] = gif_file[:-1]
    files["half of the second frame.gif"] = gif_file[:-40]
    for name, options in (("lossy", {}), ("lossless", {"lossless": True})):
        files[f"{name}, cut.webp"] = encoded(rgb, "WEBP", **options)[:-2]
    files["short.bmp"] = encoded(rgb, "BMP")[:-1]
    files["runs.bmp"] = bmp(8, 8, 8, 1, b"\x08\x05" * 3)
    stream = zlib.compress(pixels.tobytes())
    for compression in (8, 32946):
        head = tiff(_deflated(compression, 0, len(stream)))
        head = tiff(_deflated(compression, len(head), len(stream)))
        files[f"checksum of deflate {compression}.tif"] = head + stream[:-1] + bytes([stream[-1] ^ 1])
        files[f"deflate {compression}, cut.tif"] = head + stream[:-1]
    for compression in ("tiff_lzw", "packbits", "raw"):
        file = encoded(rgb, "TIFF", compression=compression)
        directory = int.from_bytes(file[4:8], "little")
        strip = file.index(struct.pack("<HHI", 273, 4, 1), directory) + 8
        files[f"{compression} strip beyond the file.tif"] = (
            file[:strip] + struct.pack("<I", len(file) - 20) + file[strip + 4 :]
        )
    return files
