"""What a training shows in the terminal: a live line, plain lines, JSON lines, or nothing.

Everything goes to standard error, so that standard output holds results alone; JSON lines, made for
programs, go to standard output.
"""

from __future__ import annotations

import dataclasses
import json
import math
import sys
from collections.abc import Callable
from typing import Any, Literal, TextIO

from rich.live import Live
from rich.text import Text

from prunelle.console.terminal import Terminal, silence
from prunelle.runs.listener import Listener, Quiet, Relay
from prunelle.texts import Note, visible
from prunelle.training.records import EpochRecord, StepRecord

Style = Literal["auto", "live", "lines", "json", "quiet"]

MOST_LINES = 50


_BAR = 24
"""Characters of a bar."""


class JsonLines(Quiet):
    """A JSON object a line on standard output: ``{"event": "epoch", …}``, ``{"event": "note", …}``."""

    def on_note(self, note: Note) -> None:
        """``{"event": "note", "text": …}``."""
        self._print("note", {"text": note.en})

    def on_epoch(self, record: EpochRecord) -> None:
        """``{"event": "epoch", …}``, and ``warning`` where there is one."""
        values = dataclasses.asdict(record)
        warning = values.pop("warning")
        self._print("epoch", values)
        if warning is not None:
            self._print("warning", {"text": warning["en"]})

    def _print(self, event: str, values: dict[str, object]) -> None:
        print(json.dumps({"event": event, **values}), flush=True)


class Lasting(Relay):
    """A listener whose stream may go away (``| head``, a terminal that is closed): the work goes on, unheard."""

    def __init__(self, listener: Listener, stream: TextIO | None) -> None:
        super().__init__(listener)
        self._stream = stream

    def _tell(self, method: Callable[..., None], *what: Any) -> None:
        try:
            super()._tell(method, *what)
        except (OSError, ValueError) as error:
            # Of ValueErrors, only that of a stream that Python has closed.
            if isinstance(error, ValueError) and "closed file" not in str(error):
                raise
            silence(self._stream)
            self._listener = Quiet()


class Lines(Quiet):
    """A line an epoch (about fifty, of more than a hundred); with ``live``, a last line that moves with every step."""

    def __init__(self, *, live: bool) -> None:
        self._terminal = Terminal(stderr=True, soft_wrap=True)
        self._live: Live | None = None
        self._wants_live = live

    def on_progress(self, what: str, done: int, total: int) -> None:
        """Shown live only; gone when it is done."""
        if done >= total:
            self._stop()
        elif self._wants_live:
            self._show(progress_line(what, done, total))

    def on_note(self, note: Note) -> None:
        """A line of its own."""
        self._terminal.print(str(note), style="dim")

    def on_step(self, record: StepRecord) -> None:
        """The live line."""
        if self._wants_live:
            self._show(step_line(record))

    def on_epoch(self, record: EpochRecord) -> None:
        """A line that stays."""
        self._stop()
        # Of hundreds of epochs, about fifty lines.
        every = math.ceil(record.epochs / MOST_LINES) if record.epochs > 2 * MOST_LINES else 1
        if record.epoch % every == 0 or record.epoch == record.epochs or record.warning is not None:
            self._terminal.print(epoch_line(record))
        if record.warning is not None:
            self._terminal.print(f"Warning: {record.warning}", style="bold yellow")

    def close(self) -> None:
        """Takes the live line away."""
        self._stop()

    def _show(self, line: str) -> None:
        if self._live is None:
            # Refreshed by its own thread ten times a second, however fast steps come.
            self._live = Live(console=self._terminal, refresh_per_second=10, transient=True)
            self._live.start()
        self._live.update(Text(visible(line), no_wrap=True, overflow="ellipsis"))

    def _stop(self) -> None:
        if self._live is not None:
            self._live.stop()
            self._live = None


def make_listener(style: Style | Listener) -> Listener:
    """``auto`` is live in a terminal, plain lines elsewhere; a listener is taken as it is."""
    if not isinstance(style, str):
        return style
    if style == "quiet":
        return Quiet()
    if style == "json":
        return Lasting(JsonLines(), sys.stdout)
    return Lasting(Lines(live=style == "live" or (style == "auto" and sys.stderr.isatty())), sys.stderr)


def progress_line(what: str, done: int, total: int) -> str:
    """``downloading resnet18  ━━━━━━━━━━──────────  50 %  23,400,000 of 46,800,000``."""
    filled = done * _BAR // total
    return f"{what}  {'━' * filled}{'─' * (_BAR - filled)}  {done / total:4.0%}  {done:,} of {total:,}"


def step_line(record: StepRecord) -> str:
    """``epoch 2/10  63 %  loss 0.131  accuracy 96.2 %  5,210 images/s  data wait 1 %  02:13 left``."""
    return (
        f"epoch {record.epoch}/{record.epochs}  {record.step / record.steps:4.0%}  loss {record.loss:.4f}  "
        f"accuracy {record.accuracy:.2%}  {record.images_per_second:,.0f} {record.unit}/s  "
        f"data wait {record.data_wait:.0%}  {clock(record.seconds_left)} left"
    )


def epoch_line(record: EpochRecord) -> str:
    """One epoch in a line, aligned with the others; ``*`` marks the best weights so far."""
    width = len(str(record.epochs))
    parts = [
        f"epoch {record.epoch:>{width}}/{record.epochs}",
        f"loss {record.train_loss:.4f}",
        f"accuracy {record.train_accuracy:7.2%}",
    ]
    if record.val_loss is not None and record.val_accuracy is not None:
        mark = " *" if record.improved else "  "
        parts += [f"val loss {record.val_loss:.4f}", f"val accuracy {record.val_accuracy:7.2%}{mark}"]
    parts += [f"{record.images_per_second:,.0f} {record.unit}/s", clock(record.seconds)]
    return "  ".join(parts)


def clock(seconds: float) -> str:
    """``02:13``, or ``1:02:13`` from an hour on."""
    minutes, rest = divmod(max(0, round(seconds)), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{rest:02}" if hours else f"{minutes:02}:{rest:02}"
