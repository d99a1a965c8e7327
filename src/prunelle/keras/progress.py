"""The lines that Keras 2 prints, which courses show: ``verbose`` 1 (a bar) and 2 (a line an epoch)."""

from __future__ import annotations

import sys
import time
from collections.abc import Mapping
from typing import TextIO

from prunelle.console.cell import EVERY_S

_WIDTH = 30
_EVERY_S = 0.05


class Paced:
    """A callback that is told a batch's figures now and then: working them out takes time."""

    def due(self) -> bool:
        """Whether it wants those of this batch."""
        raise NotImplementedError


class Progress:
    """The bar of one epoch, or of one evaluation.

    Args:
        steps: None where unknown.
        verbose: 1 for a bar, 2 for a line at the end.
        shown_elsewhere: the bar is on a card beside these lines; a terminal still has one.
    """

    def __init__(
        self,
        steps: int | None,
        verbose: int,
        stream: TextIO | None = None,
        *,
        shown_elsewhere: bool = False,
    ) -> None:
        self.steps, self.verbose = steps, verbose
        self._stream = stream or sys.stdout
        self._begin = time.perf_counter()
        self._shown = float("-inf")
        self._width = 0
        terminal, kernel = self._stream.isatty(), "ipykernel" in sys.modules
        self._in_place = terminal or (kernel and not shown_elsewhere)
        # What is drawn over in a cell may stay in its file, where a front end does not take it out.
        self._every_s = _EVERY_S if terminal else EVERY_S

    def due(self) -> bool:
        """Whether it is time to show a step that is not the last."""
        return self.verbose == 1 and self._in_place and time.perf_counter() - self._shown > self._every_s

    def show(self, step: int, logs: Mapping[str, float]) -> None:
        """A step that is not the last: the bar, and the time left; where no line can be drawn over, nothing."""
        if not self._in_place:
            return
        now = time.perf_counter()
        self._shown = now
        if self.steps is None:
            self._write(f"{step:7d}/Unknown - {now - self._begin:.0f}s{_figures(logs)}")
            return
        left = (now - self._begin) / max(step, 1) * (self.steps - step)
        self._write(f"{self._bar(step)} - ETA: {_duration(left)}{_figures(logs)}")

    def end(self, steps: int, logs: Mapping[str, float]) -> None:
        """The last line, with the time taken."""
        seconds = time.perf_counter() - self._begin
        pace = _pace(seconds / max(steps, 1))
        self.steps = self.steps or steps
        if self.verbose == 1:
            self._write(f"{self._bar(steps)} - {seconds:.0f}s {pace}/step{_figures(logs)}", end=True)
        elif self.verbose == 2:
            self._stream.write(
                f"{steps}/{self.steps} - {seconds:.0f}s{_figures(logs)} - {seconds:.0f}s/epoch - "
                f"{pace}/step\n"
            )
            self._stream.flush()

    def _bar(self, step: int) -> str:
        assert self.steps is not None
        filled = _WIDTH * step // max(self.steps, 1)
        if filled >= _WIDTH:
            bar = "=" * _WIDTH
        else:
            bar = "=" * (filled - 1) + (">" if filled else "") + "." * (_WIDTH - filled)
        return f"{step:{len(str(self.steps))}d}/{self.steps} [{bar}]"

    def _write(self, line: str, *, end: bool = False) -> None:
        padded = line.ljust(self._width)
        self._width = len(line)
        self._stream.write(
            ("\r" if self._in_place else "")
            + padded.rstrip() * (not self._in_place)
            + padded * self._in_place
            + ("\n" if end else "")
        )
        self._stream.flush()


def _figures(logs: Mapping[str, float]) -> str:
    return "".join(
        f" - {name}: {value:.4f}" if abs(value) > 1e-3 else f" - {name}: {value:.4e}"
        for name, value in logs.items()
    )


def _pace(seconds: float) -> str:
    if seconds >= 1:
        return f"{seconds:.0f}s"
    return f"{seconds * 1e3:.0f}ms" if seconds >= 1e-3 else f"{seconds * 1e6:.0f}us"


def _duration(seconds: float) -> str:
    whole = int(seconds)
    if whole > 3600:
        return f"{whole // 3600}:{whole % 3600 // 60:02d}:{whole % 60:02d}"
    return f"{whole // 60}:{whole % 60:02d}" if whole > 60 else f"{whole}s"
