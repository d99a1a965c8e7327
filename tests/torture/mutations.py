"""Damage that any file may have, whatever its format."""

from __future__ import annotations

import dataclasses
import os
import random
import struct
import tempfile
from collections.abc import Callable
from pathlib import Path

from tests.torture.flipping import cut, emptied, one_bit, some_bits, zeroed

EXTREMES = (0, 1, 0x7F, 0xFF, 0x7FFF, 0xFFFF, 0x7FFFFFFF, 0x80000000, 0xFFFFFFFF)


@dataclasses.dataclass(frozen=True)
class Sample:
    """A file to be read.

    ``length`` is how long it is made when that is more than its content: the rest is a hole.
    """

    name: str
    content: bytes
    length: int = 0


_Make = Callable[..., bytes]


def kept_on_disk(make: _Make) -> _Make:
    """Remembers what a function makes of its arguments, in files: what takes seconds to make is made once."""

    def made(*arguments: object) -> bytes:
        folder = Path(os.environ.get("TMPDIR", tempfile.gettempdir())) / "bombs"
        file = folder / "-".join([make.__name__, *map(str, arguments)])
        if not file.is_file():
            folder.mkdir(exist_ok=True)
            unfinished = folder / f"{file.name}.{os.getpid()}"
            unfinished.write_bytes(make(*arguments))
            unfinished.replace(file)
        return file.read_bytes()

    return made


def spliced(content: bytes, other: bytes, draw: random.Random) -> bytes:
    """The beginning of one, the end of another."""
    return content[: draw.randrange(len(content) + 1)] + other[draw.randrange(len(other) + 1) :]


def doubled(content: bytes, draw: random.Random) -> bytes:
    """A piece comes twice."""
    a, b = sorted(draw.randrange(len(content) + 1) for _ in range(2))
    return content[:b] + content[a:]


def missing(content: bytes, draw: random.Random) -> bytes:
    """A piece is gone."""
    a = draw.randrange(len(content) + 1)
    return content[:a] + content[a + draw.choice((1, 2, 16, 200)) :]


def noisy(content: bytes, draw: random.Random) -> bytes:
    """Random bytes where others were."""
    at, n = draw.randrange(len(content) + 1), draw.choice((1, 4, 64, 500))
    return content[:at] + draw.randbytes(n) + content[at + n :]


def extreme(content: bytes, draw: random.Random) -> bytes:
    """A number near the beginning, where headers are, says the least or the most."""
    form = draw.choice(("<B", "<H", ">H", "<I", ">I"))
    size = struct.calcsize(form)
    at = draw.randrange(max(1, min(len(content), draw.choice((32, 128, 1024))) - size))
    value = draw.choice(EXTREMES) & (256**size - 1)
    return content[:at] + struct.pack(form, value) + content[at + size :]


def headed(content: bytes, draw: random.Random) -> bytes:
    """A whole file, with something before it or after it."""
    extra = draw.choice((b"\xef\xbb\xbf", b"\r\n", b"<!DOCTYPE html>", bytes(1024), b"GIF89a", b"PK\x03\x04"))
    return extra + content if draw.random() < 0.5 else content + extra


def only_a_beginning(content: bytes, draw: random.Random) -> bytes:
    """Some bytes of magic, and nothing."""
    return content[: draw.choice((1, 2, 4, 8, 12, 20, 33))]


GENERAL: tuple[Callable[[bytes, random.Random], bytes], ...] = (
    one_bit,
    some_bits,
    some_bits,
    cut,
    cut,
    zeroed,
    emptied,
    doubled,
    missing,
    noisy,
    noisy,
    extreme,
    extreme,
    extreme,
    headed,
    only_a_beginning,
)


def damaged(content: bytes, other: bytes, draw: random.Random) -> bytes:
    """By one of these, or several."""
    for _ in range(draw.choice((1, 1, 1, 2, 4))):
        content = (
            spliced(content, other, draw) if draw.random() < 0.1 else draw.choice(GENERAL)(content, draw)
        )
    return content


_ODD = (
    "\n",
    "\r",
    "\x1b[31m",
    "\x1b]0;title\x07",
    "\u2028",
    "\u202e",
    "=1+1",
    "\t",
    "'",
    '"',
    ",",
    ";",
    "%s",
    "{}",
    "\udcff",
    "\x85",
    "é",
    "e\u0301",
    "😀",
    "[bold]",
    " ",
    "-q",
    "\x7f",
    "&lt;b&gt;",
    "<script>",
)


def odd_name(stem: str, draw: random.Random) -> str:
    """A file name that a Unix disk takes: control characters, quotes, half a character, a formula."""
    parts = [stem, *(draw.choice(_ODD) for _ in range(draw.randint(1, 3)))]
    draw.shuffle(parts)
    return "".join(parts).replace("/", "_")[:80]
