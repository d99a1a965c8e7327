"""How much one picture may cost: one budget for every format and mode, held against what a file announces.

A file of a kilobyte can announce a picture that takes all memory, or hours. So what decoding will take is worked out
from the file's headers (``headers``) before any of it is decoded, and a picture beyond a limit is a ``BadPicture`` that
says what it would take. Everything is counted and nothing timed or measured, so that a file is taken, or left out,
alike on every machine and in every verb that needs it at the same size.
"""

from __future__ import annotations

import contextlib
import dataclasses
import threading
from collections.abc import Iterator

from prunelle.errors import BadPicture
from prunelle.memory import give_back_freed

MAX_PIXELS = 178_956_970
"""A larger picture is taken for a decompression bomb (Pillow's own limit for an error)."""

MAX_FILE_BYTES = 400_000_000
"""A larger file is not read."""

MAX_BYTES = 560_000_000
"""What may be held at once: the file, the picture as it is decoded, its copies, the decoder's own memory."""

MAX_STEPS = 2_000_000_000
"""Of a decoder's work. A step is what takes about a nanosecond on the machine where the weights in ``headers`` were
found; how long it takes elsewhere changes nothing."""

MAX_PARTS = 100_000
"""Chunks, segments, blocks and strips of a file: Python goes through them one by one."""

TOO_MANY_PIXELS = "decompression bomb: {width}×{height} pixels; at most {limit:,} pixels are decoded"
TOO_LARGE_A_FILE = "too large: a file of {needed:,} MB; at most {limit:,} MB are read"
TOO_MUCH_MEMORY = (
    "too costly: {width}×{height} pixels would take {needed:,} MB to decode; at most {limit:,} MB are given"
)
TOO_MUCH_WORK = (
    "too costly: {width}×{height} pixels would take {needed:,} million steps to decode; "
    "at most {limit:,} million are made"
)
TOO_MANY_PARTS = "too costly: more than {limit:,} {parts}"

IN_FRENCH = {
    TOO_MANY_PIXELS: "bombe de décompression : {width}×{height} pixels ; {limit} au plus sont décodés",
    TOO_LARGE_A_FILE: "trop gros : un fichier de {needed} Mo ; {limit} Mo au plus sont lus",
    TOO_MUCH_MEMORY: (
        "trop coûteux : décoder {width}×{height} pixels prendrait {needed} Mo ; {limit} Mo au plus sont accordés"
    ),
    TOO_MUCH_WORK: (
        "trop coûteux : décoder {width}×{height} pixels prendrait {needed} millions d’opérations ; {limit} au plus "
        "sont accordés"
    ),
    TOO_MANY_PARTS: "trop coûteux : plus de {limit} parties ({parts})",
}
"""The reasons above."""

_MB = 1_000_000
_MUCH = 64 * _MB
_STEPS_PIXEL_AFTER = 6  # to convert and resize it


@dataclasses.dataclass(frozen=True)
class Announced:
    """What a file says of its picture, and what decoding it takes.

    Attributes:
        width, height: in pixels, as stored.
        pixel_bytes: of a decoded pixel in Pillow's memory: 1, 2 or 4.
        copy_bytes: of a pixel of the grey or RGB picture made of it.
        decoder_bytes: what the decoder holds besides.
        steps: of work.
    """

    width: int
    height: int
    pixel_bytes: int
    copy_bytes: int
    decoder_bytes: int = 0
    steps: int = 0

    @property
    def pixels(self) -> int:
        """As many as the whole picture has."""
        return self.width * self.height

    def check(self, file: str, other_bytes: int) -> int:
        """What decoding the whole picture holds.

        Args:
            file: its name, for the error.
            other_bytes: held meanwhile: the file, what resizing takes.

        Raises:
            BadPicture: it is beyond a limit.
        """
        whole = dataclasses.replace(self, steps=self.steps + _STEPS_PIXEL_AFTER * self.pixels)
        return whole.check_bytes(file, self.pixels * (self.pixel_bytes + self.copy_bytes) + other_bytes)

    def check_bytes(self, file: str, needed: int) -> int:
        """``check`` where another number of bytes (besides the decoder's own) is needed than for the whole picture."""
        width, height, needed = self.width, self.height, needed + self.decoder_bytes
        if self.pixels > MAX_PIXELS:
            raise BadPicture(file, TOO_MANY_PIXELS.format(width=width, height=height, limit=MAX_PIXELS))
        for most, counted, reason in (
            (MAX_BYTES, needed, TOO_MUCH_MEMORY),
            (MAX_STEPS, self.steps, TOO_MUCH_WORK),
        ):
            if counted > most:
                figures = {"needed": -(-counted // _MB), "limit": most // _MB}
                raise BadPicture(file, reason.format(width=width, height=height, **figures))
        return needed


def check_file_size(file: str, size: int) -> None:
    """Before it is read.

    Raises:
        BadPicture: it is too large.
    """
    if size > MAX_FILE_BYTES:
        figures = {"needed": -(-size // _MB), "limit": MAX_FILE_BYTES // _MB}
        raise BadPicture(file, TOO_LARGE_A_FILE.format(**figures))


def check_parts(file: str, number: int, parts: str) -> None:
    """Of ``parts``, such as "chunks".

    Raises:
        BadPicture: there are too many.
    """
    if number > MAX_PARTS:
        raise BadPicture(file, TOO_MANY_PARTS.format(limit=MAX_PARTS, parts=parts))


class _Budget:
    """``MAX_BYTES`` that all threads share: who needs more than is left waits, and those after it wait their turn."""

    def __init__(self) -> None:
        self._turn = threading.Lock()
        self._changed = threading.Condition()
        self._held = 0
        self._mine = threading.local()

    @contextlib.contextmanager
    def hold(self, num_bytes: int) -> Iterator[None]:
        """What a thread holds within what it holds already is part of that."""
        if getattr(self._mine, "held", 0):
            yield
            return
        wanted = min(num_bytes, MAX_BYTES)
        with self._turn, self._changed:
            self._changed.wait_for(lambda: self._held + wanted <= MAX_BYTES)
            self._held += wanted
        self._mine.held = wanted
        try:
            yield
        finally:
            if wanted > _MUCH:
                # What a thread frees stays in its part of the heap, and the next picture is decoded by another thread.
                give_back_freed()
            self._mine.held = 0
            with self._changed:
                self._held -= wanted
                self._changed.notify()


hold = _Budget().hold
"""``with hold(bytes):`` around whatever decodes, so that all threads together stay within the limit for one picture."""
