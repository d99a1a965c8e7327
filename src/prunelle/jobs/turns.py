"""Who uses the one network next: people who wait for an answer go before what runs in the background."""

from __future__ import annotations

import contextlib
import dataclasses
import threading
import time
from collections import deque
from collections.abc import Iterator

PATIENCE_S = 0.5
"""What runs in the background goes first after so long: where many draw, somebody always waits."""


@dataclasses.dataclass(eq=False)
class _Waiter:
    since: float
    turn: threading.Event


class Turns:
    """A lock with two kinds of holders, each first come, first served. Nobody may ask for it again while holding it.

    A background job asks for each of its batches, so that a person waits for one batch at most.
    """

    def __init__(self) -> None:
        self._guard = threading.Lock()
        self._held = False
        self._people: deque[_Waiter] = deque()
        self._background: deque[_Waiter] = deque()

    def foreground(self) -> contextlib.AbstractContextManager[None]:
        """For an answer that somebody waits for."""
        return self._held_by(self._people)

    def background(self) -> contextlib.AbstractContextManager[None]:
        """For a batch of something longer: when nobody waits, or when it has waited for ``PATIENCE_S``."""
        return self._held_by(self._background)

    @contextlib.contextmanager
    def _held_by(self, queue: deque[_Waiter]) -> Iterator[None]:
        waiter = None
        with self._guard:
            if self._held:
                waiter = _Waiter(time.monotonic(), threading.Event())
                queue.append(waiter)
            self._held = True
        if waiter is not None:
            waiter.turn.wait()
        try:
            yield
        finally:
            self._hand_on()

    def _hand_on(self) -> None:
        """To the next; it is not let go in between, or who asks again at once would always have it."""
        with self._guard:
            background = self._background
            late = bool(background) and time.monotonic() - background[0].since > PATIENCE_S
            queue = background if late or not self._people else self._people
            if queue:
                queue.popleft().turn.set()
            else:
                self._held = False
