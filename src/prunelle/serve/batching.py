"""Examples of many requests, put together: the network takes a batch in little more time than one.

While it computes, others gather; what has waited for ``Limits.wait_ms``, or fills a batch, goes next. Nothing waits
that was not admitted, so the queue has an end, and whoever comes to a full one is told when to come again.
"""

from __future__ import annotations

import asyncio
import contextlib
import dataclasses
import math
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor

import numpy as np

from prunelle.jobs.answer_runtimes import Row
from prunelle.jobs.answerer import Answerer
from prunelle.serve.limits import Busy, Limits
from prunelle.serve.metrics import Metrics

_RECENT = 0.2
"""Of the rate, the share that the last batch says."""


@dataclasses.dataclass(eq=False)
class _Waiting:
    example: np.ndarray
    cautious: bool
    row: asyncio.Future[Row]
    since: float


class Admission:
    """A request's part of the queue."""

    def __init__(self, batcher: Batcher) -> None:
        self._batcher = batcher
        self.examples = 0

    def take(self, examples: int) -> None:
        """So many more.

        Raises:
            Busy: the queue has no room for them.
        """
        self._batcher.admit(examples)
        self.examples += examples


class Batcher:
    """See the module. One event loop's; ``run`` is its task.

    Attributes:
        inside: examples that were admitted and are not answered yet.
        alive: whether ``run`` goes on.
    """

    def __init__(self, answerer: Answerer, limits: Limits, metrics: Metrics) -> None:
        self._answerer, self._limits, self._metrics = answerer, limits, metrics
        self._queue: asyncio.Queue[_Waiting] = asyncio.Queue()
        # One thread: a network is asked by one at a time, and computes with all cores by itself.
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="network")
        self._seconds_each = 0.0
        self.inside = 0
        self.alive = False

    @property
    def full(self) -> bool:
        """Whether nobody more is admitted."""
        return not self._has_room(1)

    def busy(self) -> Busy:
        """What a request is told that comes too much: to come again when half of the others will be done."""
        return Busy("queue", max(1, math.ceil(self.inside * self._seconds_each / 2)))

    def admit(self, examples: int) -> None:
        """Raises ``Busy`` where there is no room for so many."""
        if examples and not self._has_room(examples):
            raise self.busy()
        self.inside += examples

    def _has_room(self, examples: int) -> bool:
        """A number alone would let a slow network keep people waiting for longer than they stay."""
        inside = self.inside + examples
        seconds = inside * self._seconds_each
        return inside <= self._limits.queue and (not self.inside or seconds <= self._limits.patience)

    @contextlib.contextmanager
    def admission(self) -> Iterator[Admission]:
        """A request's; its place is free again at the end."""
        admission = Admission(self)
        try:
            yield admission
        finally:
            self.inside -= admission.examples

    async def rows(self, examples: Sequence[np.ndarray], *, cautious: bool) -> list[Row]:
        """What the network gives for each, in order."""
        loop, now = asyncio.get_running_loop(), time.monotonic()
        waiting = [_Waiting(example, cautious, loop.create_future(), now) for example in examples]
        for each in waiting:
            self._queue.put_nowait(each)
        return list(await asyncio.gather(*(each.row for each in waiting)))

    async def run(self) -> None:
        """Until it is cancelled."""
        loop = asyncio.get_running_loop()
        self.alive = True
        try:
            while True:
                # Whoever has given up is not computed for.
                batch = [each for each in await self._gathered() if not each.row.done()]
                if not batch:
                    continue
                begin = time.monotonic()
                try:
                    rows = await loop.run_in_executor(self._thread, self._computed, batch)
                except (
                    Exception
                ) as error:  # whatever a network raises is an answer to these, and the end of nothing
                    for each in batch:
                        if not each.row.done():
                            each.row.set_exception(error)
                    continue
                for each, row in zip(batch, rows, strict=True):
                    if not each.row.done():
                        each.row.set_result(row)
                self._tell(batch, begin, time.monotonic())
        finally:
            self.alive = False
            self._thread.shutdown(wait=False)

    async def _gathered(self) -> list[_Waiting]:
        batch = [await self._queue.get()]
        end = batch[0].since + self._limits.wait_ms / 1000
        while len(batch) < self._limits.batch:
            if self._queue.empty():
                left = end - time.monotonic()
                if left <= 0:
                    break
                try:
                    async with asyncio.timeout(left):
                        batch.append(await self._queue.get())
                except TimeoutError:
                    break
            else:
                batch.append(self._queue.get_nowait())
        return batch

    def _computed(self, batch: Sequence[_Waiting]) -> list[Row]:
        """Those that are asked with caution apart: more is computed for them."""
        rows: dict[int, Row] = {}
        for cautious in (False, True):
            places = [i for i, each in enumerate(batch) if each.cautious == cautious]
            if places:
                found = self._answerer.rows([batch[i].example for i in places], cautious=cautious)
                rows |= dict(zip(places, found, strict=True))
        return [rows[i] for i in range(len(batch))]

    def _tell(self, batch: Sequence[_Waiting], begin: float, end: float) -> None:
        each = (end - begin) / len(batch)
        known = self._seconds_each
        self._seconds_each = each if not known else known + _RECENT * (each - known)
        self._metrics.batch_size.observe(len(batch))
        self._metrics.network_seconds.observe(end - begin)
        for one in batch:
            self._metrics.queued_seconds.observe(max(0.0, begin - one.since))
