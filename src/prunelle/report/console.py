"""What a training shows in the terminal: a live line, plain lines, JSON lines, or nothing.

Everything goes to standard error, so that standard output holds results alone; JSON lines, made for
programs, go to standard output.
"""

from __future__ import annotations

import dataclasses
import json
import math
import os
import sys
from collections.abc import Callable, Iterator
from typing import Any, Literal, Protocol, TextIO

from rich.console import Console, ConsoleOptions, RenderableType
from rich.live import Live
from rich.segment import Segment
from rich.text import Text

from prunelle.texts import Note, visible
from prunelle.training.records import EpochRecord, StepRecord

Style = Literal["auto", "live", "lines", "json", "quiet"]

MOST_LINES = 50


_BAR = 24
"""Characters of a bar."""


class Listener(Protocol):
    """Whoever is told how a task goes."""

    def progress(self, what: str, done: int, total: int) -> None:
        """``done`` of ``total`` (pictures decoded, bytes fetched…)."""

    def note(self, note: Note) -> None:
        """Something a person should know."""

    def record(self, record: StepRecord | EpochRecord) -> None:
        """A step or an epoch of training is done."""

    def close(self) -> None:
        """Nothing more comes."""


class Quiet:
    """Says nothing."""

    def progress(self, what: str, done: int, total: int) -> None:
        """Nothing."""

    def note(self, note: Note) -> None:
        """Nothing."""

    def record(self, record: StepRecord | EpochRecord) -> None:
        """Nothing."""

    def close(self) -> None:
        """Nothing."""


class JsonLines(Quiet):
    """A JSON object a line on standard output: ``{"event": "epoch", …}``, ``{"event": "note", …}``."""

    def note(self, note: Note) -> None:
        """``{"event": "note", "text": …}``."""
        self._print("note", {"text": note.en})

    def record(self, record: StepRecord | EpochRecord) -> None:
        """Epochs only; steps would drown them."""
        if isinstance(record, EpochRecord):
            values = dataclasses.asdict(record)
            warning = values.pop("warning")
            self._print("epoch", values)
            if warning is not None:
                self._print("warning", {"text": warning["en"]})

    def _print(self, event: str, values: dict[str, object]) -> None:
        print(json.dumps({"event": event, **values}), flush=True)


class Terminal(Console):
    """Rich's console for texts as they are: no markup, no emoji, and control characters are made visible.

    Class names hold brackets and colons, names of files hold anything; what rich itself sends to the terminal passes.
    """

    def __init__(self, **options: Any) -> None:
        super().__init__(**({"highlight": False, "markup": False, "emoji": False} | options))

    def render_str(self, text: str, **options: Any) -> Text:
        """Rich's own, of the visible text, so that its width is known when tables are laid out."""
        return super().render_str(visible(text, keep="\n\t"), **options)

    def render(self, renderable: RenderableType, options: ConsoleOptions | None = None) -> Iterator[Segment]:
        """Rich's own; what came in ready made is made visible here."""
        for segment in super().render(renderable, options):
            yield segment if segment.control else segment._replace(text=visible(segment.text, keep="\n\t"))

    def on_broken_pipe(self) -> None:
        """Rich would end the program: what is told of a work may go unheard, and a result that nobody takes may not."""
        if not self.stderr:
            raise BrokenPipeError
        silence(sys.stderr)


def silence(stream: TextIO | None) -> None:
    """From now on what is written there goes nowhere, and no longer fails."""
    try:
        if stream is not None:
            nowhere = os.open(os.devnull, os.O_WRONLY)
            os.dup2(nowhere, stream.fileno())
            os.close(nowhere)
    except (OSError, ValueError):
        pass  # a stream of Python's own, without a file behind it, or one that is closed


class Lasting:
    """A listener whose stream may go away (``| head``, a terminal that is closed): the work goes on, unheard."""

    def __init__(self, listener: Listener, stream: TextIO | None) -> None:
        self._listener, self._stream = listener, stream

    def progress(self, what: str, done: int, total: int) -> None:
        """Told on."""
        self._tell(lambda: self._listener.progress(what, done, total))

    def note(self, note: Note) -> None:
        """Told on."""
        self._tell(lambda: self._listener.note(note))

    def record(self, record: StepRecord | EpochRecord) -> None:
        """Told on."""
        self._tell(lambda: self._listener.record(record))

    def close(self) -> None:
        """Told on."""
        self._tell(self._listener.close)

    def _tell(self, telling: Callable[[], None]) -> None:
        try:
            telling()
        except (OSError, ValueError) as error:
            # Of ValueErrors, only that of a stream that Python has closed.
            if isinstance(error, ValueError) and "closed file" not in str(error):
                raise
            silence(self._stream)
            self._listener = Quiet()


class Lines:
    """A line an epoch (about fifty, of more than a hundred); with ``live``, a last line that moves with every step."""

    def __init__(self, *, live: bool) -> None:
        self._terminal = Terminal(stderr=True, soft_wrap=True)
        self._live: Live | None = None
        self._wants_live = live

    def progress(self, what: str, done: int, total: int) -> None:
        """Shown live only; gone when it is done."""
        if done >= total:
            self._stop()
        elif self._wants_live:
            self._show(progress_line(what, done, total))

    def note(self, note: Note) -> None:
        """A line of its own."""
        self._terminal.print(str(note), style="dim")

    def record(self, record: StepRecord | EpochRecord) -> None:
        """The live line at each step, a line that stays at each epoch."""
        if isinstance(record, StepRecord):
            if self._wants_live:
                self._show(step_line(record))
            return
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
