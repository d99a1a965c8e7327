"""How much one request, and all of them together, may take: beyond it one is refused at once, in a sentence."""

from __future__ import annotations

import dataclasses
import threading
from collections.abc import Iterator
from contextlib import contextmanager

from prunelle.data.limits import MAX_PIXELS
from prunelle.errors import ArgumentError

MB = 1_000_000
JSON_BYTES = 16 * MB
"""Of a body of JSON: its lists and numbers take up to ``JSON_GROWTH`` times as much once they are read."""
JSON_GROWTH = 24
HEAD_BYTES = 16_384
HEAD_SECONDS = 10.0
"""From the first byte of a request to the end of its headers."""
IDLE_SECONDS = 5.0
"""That a connection without a request is kept."""
STUCK_SECONDS = 20.0
"""That an answer waits for somebody to take it."""


class Busy(Exception):
    """There is no room now.

    Attributes:
        retry_after_s: when there may be some again.
        of: what there is too much of, for the metrics.
    """

    def __init__(self, of: str, retry_after_s: int = 1) -> None:
        super().__init__(of)
        self.of = of
        self.retry_after_s = retry_after_s


@dataclasses.dataclass(frozen=True, kw_only=True)
class Limits:
    """See the module.

    Attributes:
        batch: examples that the network takes at a time, at most.
        wait_ms: that the first of a batch waits for others.
        queue: examples that are being read, wait or are computed, of all requests.
        patience: seconds that these may take together, by what the last ones took; one request is always taken.
        examples: of one request.
        body_bytes: of one request.
        pixels: of one picture.
        seconds: from a request's head to its answer.
        connections: at a time.
        room_bytes: bodies and decoded examples of all requests.
    """

    batch: int = 32
    wait_ms: float = 2.0
    queue: int = 256
    patience: float = 2.0
    examples: int = 64
    body_bytes: int = 32 * MB
    pixels: int = 64 * MB
    seconds: float = 30.0
    connections: int = 500
    room_bytes: int = 512 * MB

    def __post_init__(self) -> None:
        for name in ("batch", "queue", "examples", "body_bytes", "pixels", "connections"):
            if getattr(self, name) < 1:
                raise ArgumentError(f"{name} must be at least 1; received {getattr(self, name)}.")
        if not 0 <= self.wait_ms <= 1000:
            raise ArgumentError(f"wait_ms must be from 0 to 1000 milliseconds; received {self.wait_ms}.")
        for name in ("patience", "seconds"):
            if not 0 < getattr(self, name) <= 3600:
                raise ArgumentError(f"{name} must be above 0, at most 3600; received {getattr(self, name)}.")
        if self.queue < self.examples:
            raise ArgumentError(
                f"queue must hold the examples of one request, {self.examples}; received {self.queue}."
            )
        if self.pixels > MAX_PIXELS:
            raise ArgumentError(f"pixels must be at most {MAX_PIXELS:,}; received {self.pixels:,}.")
        if 3 * self.body_bytes > self.room_bytes:
            raise ArgumentError(
                f"body_bytes must be at most {self.room_bytes // 3:,}, a third of what all requests together may take; "
                f"received {self.body_bytes:,}."
            )


class Room:
    """Bytes that all requests share."""

    def __init__(self, num_bytes: int) -> None:
        self._free = num_bytes
        self._whole = num_bytes
        self._lock = threading.Lock()

    @property
    def taken(self) -> int:
        """By all of them."""
        return self._whole - self._free

    @contextmanager
    def share(self) -> Iterator[Share]:
        """One request's; given back at the end."""
        share = Share(self)
        try:
            yield share
        finally:
            share.take(-share.taken)

    def take(self, num_bytes: int) -> None:
        """Raises ``Busy`` where there is not as much."""
        with self._lock:
            if num_bytes > self._free:
                raise Busy("memory")
            self._free -= num_bytes


class Share:
    """What one request takes of a ``Room``."""

    def __init__(self, room: Room) -> None:
        self._room = room
        self.taken = 0

    def take(self, num_bytes: int) -> None:
        """More, or less where it is below 0.

        Raises:
            Busy: there is not as much.
        """
        self._room.take(num_bytes)
        self.taken += num_bytes
