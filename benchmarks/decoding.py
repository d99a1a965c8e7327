"""What decoding one picture takes, of every format and mode, just within the limits of ``prunelle.data.limits``.

    python benchmarks/decoding.py [NAME…]

Each picture is as large as the limits let it be: noise, so that there is as much to decode as there can be, and what is
like a photo. A child process decodes it to 224×224, and by the way of Keras programs: the growth of its peak resident
memory, and the processor time it took. The limits are right where no line has more than 600 MB and about 2 s.
Linux only.
"""

from __future__ import annotations

import dataclasses
import io
import math
import resource
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import numpy as np
from PIL import Image, ImageFile

from prunelle.data import decode, limits
from prunelle.errors import BadPicture

# How the picture is made, and how Pillow is to write it: name → mode, format, options.
CASES: dict[str, tuple[str, str, dict[str, object]]] = {
    "JPEG": ("RGB", "JPEG", {"quality": 90}),
    "JPEG, no subsampling": ("RGB", "JPEG", {"quality": 95, "subsampling": 0}),
    "JPEG, progressive": ("RGB", "JPEG", {"quality": 90, "progressive": True}),
    "JPEG, grey": ("L", "JPEG", {"quality": 90}),
    "JPEG, CMYK": ("CMYK", "JPEG", {"quality": 90}),
    "PNG, RGB": ("RGB", "PNG", {"compress_level": 1}),
    "PNG, RGBA": ("RGBA", "PNG", {"compress_level": 1}),
    "PNG, grey": ("L", "PNG", {"compress_level": 1}),
    "PNG, grey with alpha": ("LA", "PNG", {"compress_level": 1}),
    "PNG, 16-bit grey": ("I;16", "PNG", {"compress_level": 1}),
    "PNG, palette with transparency": ("P", "PNG", {"compress_level": 1, "transparency": 3}),
    "PNG, 1 bit": ("1", "PNG", {"compress_level": 1}),
    "GIF": ("P", "GIF", {}),
    "GIF with transparency": ("P", "GIF", {"transparency": 3}),
    "BMP": ("RGB", "BMP", {}),
    "BMP, grey": ("L", "BMP", {}),
    "WebP": ("RGB", "WEBP", {"method": 0, "quality": 90}),
    "WebP, lossless with alpha": ("RGBA", "WEBP", {"method": 0, "lossless": True, "quality": 0}),
    "TIFF, RGB": ("RGB", "TIFF", {}),
    "TIFF, RGBA, LZW": ("RGBA", "TIFF", {"compression": "tiff_lzw"}),
    "TIFF, RGB, LZW": ("RGB", "TIFF", {"compression": "tiff_lzw"}),
    "TIFF, RGB, deflate": ("RGB", "TIFF", {"compression": "tiff_adobe_deflate"}),
    "TIFF, CMYK": ("CMYK", "TIFF", {}),
    "TIFF, 16-bit grey": ("I;16", "TIFF", {}),
    "TIFF, 32-bit grey": ("I", "TIFF", {"compression": "tiff_lzw"}),
    "TIFF, float": ("F", "TIFF", {"compression": "tiff_lzw"}),
    "TIFF, float, raw": ("F", "TIFF", {}),
    "TIFF, RGB, JPEG": ("RGB", "TIFF", {"compression": "jpeg", "quality": 90}),
    "TIFF, RGB, LZMA": ("RGB", "TIFF", {"compression": "lzma"}),
    "TIFF, 1 bit, CCITT": ("1", "TIFF", {"compression": "group4"}),
}

_CHILD = """
import resource, sys
from pathlib import Path
from prunelle.data import Preprocess, decode
from prunelle.keras.preprocessing.pictures import load_img
from PIL import Image
small = sys.argv[3]
if sys.argv[2] == "core":
    read = lambda file: decode.read_file(Path(file), Preprocess(size=(224, 224)))
else:
    read = lambda file: load_img(file, target_size=(224, 224))
read(small)
def memory(line):
    rows = Path("/proc/self/status").read_text().splitlines()
    return next(int(row.split()[1]) for row in rows if row.startswith(line))
Path("/proc/self/clear_refs").write_text("5")  # the peak starts anew
held = memory("VmRSS")
before = resource.getrusage(resource.RUSAGE_SELF)
try:
    read(sys.argv[1])
except Exception as error:
    print(error, file=sys.stderr)
after = resource.getrusage(resource.RUSAGE_SELF)
seconds = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
print(memory("VmHWM") - held, seconds)
"""


@dataclasses.dataclass(frozen=True)
class Measured:
    """One line."""

    name: str
    side: int
    file_mb: float
    memory_mb: float
    seconds: float
    said: str


def texture(kind: str, side: int, mode: str) -> Image.Image:
    """A square of noise, or of what is like a photo, in a mode of Pillow."""
    rng = np.random.default_rng(0)
    channels = {"RGB": 3, "RGBA": 4, "CMYK": 4, "LA": 2}.get(mode, 1)
    if kind == "noise":
        pixels = rng.integers(0, 256, (side, side, channels), dtype=np.uint8)
    else:
        coarse = rng.integers(0, 256, (24, 24, channels), dtype=np.uint8)
        planes = [
            Image.fromarray(coarse[..., c]).resize((side, side), Image.Resampling.BICUBIC)
            for c in range(channels)
        ]
        pixels = np.clip(np.stack(planes, axis=-1), 4, 251)
        pixels += rng.integers(-4, 5, pixels.shape, dtype=np.int8).view(np.uint8)
    if mode == "I;16":
        return Image.fromarray(pixels[..., 0].astype(np.uint16) * 257)
    if mode in ("I", "F"):
        return Image.fromarray(pixels[..., 0].astype(np.int32 if mode == "I" else np.float32))
    if mode == "1":
        return Image.fromarray(pixels[..., 0] > 128)
    if mode == "P":
        image = Image.fromarray(pixels[..., 0], "P")
        image.putpalette([value for i in range(256) for value in (i, 255 - i, i // 2)])
        return image
    return Image.fromarray(np.ascontiguousarray(pixels[..., 0] if channels == 1 else pixels), mode)


def encoded(name: str, kind: str, side: int) -> bytes:
    """A square picture of a case."""
    mode, form, options = CASES[name]
    stream = io.BytesIO()
    texture(kind, side, mode).save(stream, form, **options)
    return stream.getvalue()


def largest(name: str, kind: str) -> tuple[int, bytes]:
    """The side of a picture that just stays within the limits, and the file."""
    small = encoded(name, kind, 1024)
    announced = decode.inspect(small, name)
    needed = announced.check(name, len(small)) / 1024**2
    most = min(limits.MAX_BYTES / needed, limits.MAX_STEPS * 1024**2 / announced.steps, limits.MAX_PIXELS)
    most = min(most, limits.MAX_FILE_BYTES * 1024**2 / len(small))
    side = int(math.sqrt(0.98 * most))
    side = min(side, 16383) if CASES[name][1] == "WEBP" else side
    while True:
        content = encoded(name, kind, side)
        try:
            decode.inspect(content, name).check(name, len(content))
        except BadPicture:
            side = side * 98 // 100
        else:
            return side, content


def measured(name: str, kind: str, way: str, folder: Path) -> Measured:
    """A picture just within the limits, decoded in a process of its own."""
    side, content = largest(name, kind)
    file, small = folder / "picture", folder / "small"
    file.write_bytes(content)
    small.write_bytes(encoded(name, kind, 300))
    command = [sys.executable, "-c", _CHILD, str(file), way, str(small)]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    memory_kb, seconds = map(float, done.stdout.split())
    said = done.stderr.strip().removeprefix(f"{file}: ")
    return Measured(f"{name}, {kind}", side, len(content) / 1e6, memory_kb * 1.024e-3, seconds, said)


def lines(names: list[str]) -> Iterator[str]:
    """A line of a table for each case."""
    ImageFile.MAXBLOCK = 1 << 28
    Image.MAX_IMAGE_PIXELS = None
    for name in names or CASES:
        for kind in ("noise", "photo"):
            for way in ("core", "keras"):
                with tempfile.TemporaryDirectory() as folder:
                    try:
                        m = measured(name, kind, way, Path(folder))
                    except BadPicture as error:
                        yield f"{name}, {kind}: {error}"
                        continue
                yield (
                    f"{m.name:42} {way:5} {m.side:6} px {m.side**2 / 1e6:6.1f} Mpx {m.file_mb:6.1f} MB file "
                    f"{m.memory_mb:6.0f} MB {m.seconds:5.2f} s  {m.said}"
                )


if __name__ == "__main__":
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    for line in lines(sys.argv[1:]):
        print(line, flush=True)
