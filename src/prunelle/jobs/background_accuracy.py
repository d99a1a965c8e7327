"""How good the network is as one person has changed it: judged in the background, given up where it changes again."""

from __future__ import annotations

import dataclasses
import functools
import logging
import threading
import time
from collections.abc import Callable

import numpy as np

from prunelle.jobs.explored import AtHand
from prunelle.jobs.shared_network import SharedNetwork
from prunelle.look.edits import Edits
from prunelle.training.intervals import wilson_interval
from prunelle.training.paired import over_pictures

PAUSE_S = 0.3
"""Without a change before judging begins: who drags a value changes it many times a second."""
TELL_EVERY_S = 1.0
_LOG = logging.getLogger("prunelle")
_BATCH_S = 0.02
_LAST_BATCH_S = 2.0
_MOST_IN_A_BATCH = 256


@dataclasses.dataclass(frozen=True)
class Share:
    """``correct`` of ``n``, with its 95 % Wilson interval."""

    correct: int
    n: int

    @property
    def accuracy(self) -> float:
        """In [0, 1]."""
        return self.correct / self.n

    @property
    def interval(self) -> tuple[float, float]:
        """``(low, high)``."""
        return wilson_interval(self.correct, self.n)


@dataclasses.dataclass(frozen=True)
class Score:
    """What a changed network gets right of the examples at hand, beside the unchanged one on the same examples.

    Attributes:
        edited: whether it is changed.
        share: of the network as it is now.
        before: of the unchanged one; None where nothing is changed.
        difference: of the two accuracies, and its 95 % interval for paired examples; None likewise.
        split: what the examples are of.
        total: how many will be looked at; ``share.n`` until now, in an order drawn once.
    """

    edited: bool
    share: Share
    before: Share | None
    difference: tuple[float, float, float] | None
    split: str
    total: int


@dataclasses.dataclass(frozen=True, eq=False)
class _Wanted:
    number: int
    edits: Edits
    changed: bool
    unchanged: Edits
    epoch: int | None


class BackgroundAccuracy:
    """Judges what it was asked for last.

    Args:
        shared: the network.
        at_hand: the examples; asked for in the background.
        tell: told a ``Score`` every second, and the last one; from the background.
    """

    def __init__(
        self, shared: SharedNetwork, at_hand: Callable[[], AtHand | None], tell: Callable[[Score], None]
    ) -> None:
        self._shared, self._at_hand, self._tell = shared, at_hand, tell
        self._changed = threading.Condition()
        self._wanted: _Wanted | None = None
        self._number = 0
        self._thread: threading.Thread | None = None

    def ask(self, edits: Edits, *, changed: bool, unchanged: Edits, epoch: int | None) -> None:
        """Judge these, in place of what was asked before.

        Args:
            edits: as it is now. unchanged: what it is compared with, which others may have judged already: its
                ``epoch`` says which.
        """
        with self._changed:
            self._number += 1
            self._wanted = _Wanted(self._number, edits, changed, unchanged, epoch)
            if self._thread is None:
                self._thread = threading.Thread(target=self._work, name="accuracy", daemon=True)
                self._thread.start()
            self._changed.notify_all()

    def close(self) -> None:
        """Ends it, once the batch that it is at is done; nothing is told any more."""
        with self._changed:
            self._number += 1
            self._wanted = None
            self._changed.notify_all()
            thread = self._thread
        if thread is not None and thread is not threading.current_thread():
            thread.join(_LAST_BATCH_S)

    def _work(self) -> None:
        while True:
            with self._changed:
                wanted = self._wanted
                if wanted is None:
                    self._thread = None
                    return
                # As long as it changes, nothing is judged.
                if self._changed.wait_for(functools.partial(self._is_over, wanted), PAUSE_S):
                    continue
            try:
                self._judge(wanted)
            except Exception:
                _LOG.exception("the accuracy of a changed network could not be found")
            with self._changed:
                if self._wanted is wanted:
                    self._wanted = None

    def _is_over(self, wanted: _Wanted) -> bool:
        return self._number != wanted.number

    def _judge(self, wanted: _Wanted) -> None:
        at_hand = self._at_hand()
        if at_hand is None:
            return
        rows = np.flatnonzero(at_hand.labels >= 0)
        if not len(rows):
            return
        known = self._shared.judged.get(wanted.epoch, np.zeros(0, bool))
        # Others may have had the unchanged network judged already, all of it or the first part.
        now, size, told = np.zeros(0, bool) if wanted.changed else known, 8, time.perf_counter()
        while not self._is_over(wanted):
            if len(now) == len(rows) or time.perf_counter() - told > TELL_EVERY_S:
                told = time.perf_counter()
                before = known[: len(now)] if wanted.changed else None
                self._tell(_score(now, before, at_hand.split, len(rows)))
            if len(now) == len(rows):
                return
            batch = rows[len(now) : len(now) + size]
            examples, labels = np.asarray(at_hand.pixels.images[batch]), at_hand.labels[batch]
            started = time.perf_counter()
            right = self._right(wanted.edits, examples, labels)
            size = _next_size(size, time.perf_counter() - started)
            if len(known) < len(now) + len(batch):
                unchanged = self._right(wanted.unchanged, examples, labels) if wanted.changed else right
                known = np.append(known[: len(now)], unchanged)
                self._shared.judged[wanted.epoch] = known
            now = np.append(now, right)

    def _right(self, edits: Edits, examples: np.ndarray, labels: np.ndarray) -> np.ndarray:
        return np.asarray(self._shared.probabilities(edits, examples, waiting=False).argmax(axis=1) == labels)


def _next_size(size: int, taken_s: float) -> int:
    """Of a batch: as many as take about ``_BATCH_S``, which is what somebody who draws meanwhile may wait."""
    if taken_s < _BATCH_S / 2:
        return min(_MOST_IN_A_BATCH, 2 * size)
    return max(1, size // 2) if taken_s > 2 * _BATCH_S else size


def _score(now: np.ndarray, before: np.ndarray | None, split: str, total: int) -> Score:
    share = Share(int(now.sum()), len(now))
    if before is None:
        return Score(False, share, None, None, split=split, total=total)
    low, high = over_pictures(now[np.newaxis].astype(float), before[np.newaxis].astype(float))
    difference = (float(now.mean() - before.mean()), low, high)
    return Score(True, share, Share(int(before.sum()), len(before)), difference, split=split, total=total)
