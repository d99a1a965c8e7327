"""Who uses the one network next: people who wait for an answer go before what runs in the background."""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Iterator


class Turns:
    """A lock with two kinds of holders. Neither may ask for it again while holding it.

    A background job asks for each of its batches, so that a person waits for one batch at most.
    """

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._held = False
        self._waiting = 0

    @contextlib.contextmanager
    def foreground(self) -> Iterator[None]:
        """For an answer that somebody waits for."""
        with self._changed:
            self._waiting += 1
            self._changed.wait_for(lambda: not self._held)
            self._waiting -= 1
            self._held = True
        try:
            yield
        finally:
            self._give_back()

    @contextlib.contextmanager
    def background(self) -> Iterator[None]:
        """For a batch of something longer: when nobody waits."""
        with self._changed:
            self._changed.wait_for(lambda: not self._held and not self._waiting)
            self._held = True
        try:
            yield
        finally:
            self._give_back()

    def _give_back(self) -> None:
        with self._changed:
            self._held = False
            self._changed.notify_all()
