"""Picture files for tests: folders one can learn from, and one of each kind of bad picture."""

from __future__ import annotations

import io
import struct
import zlib
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from PIL import Image

from prunelle.data import unsupported


def encoded(image: Image.Image, kind: str, **options: object) -> bytes:
    """The bytes of a file of Pillow's format ``kind``."""
    stream = io.BytesIO()
    image.save(stream, kind, **options)
    return stream.getvalue()


def photo(width: int, height: int, seed: int = 0) -> Image.Image:
    """A smooth RGB picture, like a photo: something that JPEG keeps well."""
    coarse = np.random.default_rng(seed).integers(0, 256, (5, 6, 3), dtype=np.uint8)
    return Image.fromarray(coarse).resize((width, height), Image.Resampling.BICUBIC)


def make_folder(
    path: Path, classes: Sequence[str], per_class: int, size: tuple[int, int] = (32, 32), seed: int = 0
) -> Path:
    """A folder a class of JPEGs, learnable within a few epochs: each class has stripes of its own direction.

    ``size`` is height and width. File names count from 0: ``<class>/0000.jpg``.
    """
    rng = np.random.default_rng(seed)
    rows, columns = np.mgrid[: size[0], : size[1]] / max(size)
    for number, name in enumerate(classes):
        angle = np.pi * number / len(classes)
        (path / name).mkdir(parents=True, exist_ok=True)
        for i in range(per_class):
            phase = 2 * np.pi * (4 * (rows * np.sin(angle) + columns * np.cos(angle)) + rng.random())
            grey = 128 + 80 * np.sin(phase) + rng.normal(0, 10, size)
            tint = rng.uniform(0.7, 1, 3)
            pixels = np.clip(grey[..., np.newaxis] * tint, 0, 255).astype(np.uint8)
            (path / name / f"{i:04}.jpg").write_bytes(encoded(Image.fromarray(pixels), "JPEG", quality=90))
    return path


def make_bad_pictures(path: Path) -> dict[str, str]:
    """One file of each kind of bad picture in the folder ``path``.

    Returns:
        Each file's name and the reason that is expected for it.
    """
    path.mkdir(parents=True, exist_ok=True)
    bad = bad_pictures()
    for name, (content, _) in bad.items():
        (path / name).write_bytes(content)
    (path / "dangling.jpg").symlink_to(path / "nowhere.jpg")
    return {name: reason for name, (_, reason) in bad.items()} | {
        "dangling.jpg": "cannot be opened: No such file or directory"
    }


def bad_pictures() -> dict[str, tuple[bytes, str]]:
    """Content and expected reason, by file name."""
    damaged = "truncated or damaged"
    no_picture = "not a picture (of a format that is read: JPEG, HEIC, AVIF, PNG, BMP, GIF, WebP, TIFF)"
    bomb = "decompression bomb: 60000×60000 pixels; at most 178,956,970 pixels are decoded"
    image = photo(80, 60)
    files = {"empty.jpg": (b"", "empty file"), "text.jpg": (b"no picture at all\n" * 9, no_picture)}
    files["page.png"] = (b"<!DOCTYPE html><title>404</title>", unsupported.known(b"<html>") or "")
    files["text-like-bmp.bmp"] = (b"BM is how this sentence begins, and it goes on.", no_picture)
    files["portable.ppm"] = (encoded(image, "PPM"), unsupported.known(b"P6 1 1 255 abc") or "")
    for kind, suffix, options in (
        ("JPEG", "jpg", {}),
        ("JPEG", "progressive.jpg", {"progressive": True}),
        ("PNG", "png", {}),
        ("BMP", "bmp", {}),
        ("GIF", "gif", {}),
        ("WEBP", "webp", {}),
        ("TIFF", "tiff", {}),
    ):
        whole = encoded(image, kind, **options)
        files[f"half.{suffix}"] = (whole[: len(whole) // 2], damaged)
    jpeg = encoded(image, "JPEG")
    files["half-with-end-marker.jpg"] = (jpeg[: len(jpeg) // 2] + b"\xff\xd9", damaged)
    files["only-the-first-bytes.jpg"] = (jpeg[:20], damaged)
    png = bytearray(encoded(image, "PNG"))
    png[len(png) // 2] ^= 0xFF
    files["one-byte-wrong.png"] = (bytes(png), "damaged, a checksum is wrong: IDAT")
    files["bomb.png"] = (png_bomb(60_000, 60_000), bomb)
    files["bomb.jpg"] = (jpeg_with_size(jpeg, 60_000, 60_000), bomb)
    return files


def png_bomb(width: int, height: int) -> bytes:
    """A small PNG that announces a huge picture (of zeros, one bit each)."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    header = struct.pack(">IIBBBBB", width, height, 1, 0, 0, 0, 0)
    rows = zlib.compress(bytes((width + 7) // 8 + 1) * 100)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", rows) + chunk(b"IEND", b"")


def jpeg_with_size(jpeg: bytes, width: int, height: int) -> bytes:
    """The same JPEG, announcing another size in its frame header (SOF0, or SOF2 of a progressive one)."""
    at = max(jpeg.find(b"\xff\xc0"), jpeg.find(b"\xff\xc2")) + 5
    return jpeg[:at] + struct.pack(">HH", height, width) + jpeg[at + 4 :]


def scene(width: int, height: int, seed: int = 0) -> Image.Image:
    """An RGB picture with edges of all sizes, like a photo: blots over blots, with some noise."""
    rng = np.random.default_rng(seed)
    rows, columns = np.mgrid[:height, :width]
    pixels = np.full((height, width, 3), rng.integers(60, 200, 3), np.float64)
    for size in np.geomspace(0.5, 0.05, 120) * min(width, height):
        x, y, stretch = rng.uniform(0, width), rng.uniform(0, height), rng.uniform(0.5, 2)
        inside = ((columns - x) / stretch) ** 2 + ((rows - y) * stretch) ** 2 < size**2
        pixels[inside] = 0.3 * pixels[inside] + 0.7 * rng.integers(0, 256, 3)
    pixels += rng.normal(0, 4, (height, width, 1))
    return Image.fromarray(np.clip(pixels, 0, 255).astype(np.uint8))
