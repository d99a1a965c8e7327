"""What a training shows in the terminal: a live line, plain lines, JSON lines, or nothing.

Everything goes to standard error, so that standard output holds results alone; JSON lines, made for
programs, go to standard output.
"""

from __future__ import annotations

import dataclasses
import json
import sys
from collections.abc import Callable
from typing import Any, Literal, TextIO

from rich.live import Live
from rich.text import Text

from prunelle.console.cell import in_notebook
from prunelle.console.lines import epoch_line, progress_line, stays, step_line
from prunelle.console.terminal import Terminal, silence
from prunelle.runs.listener import Listener, Quiet, Relay
from prunelle.texts import Language, Note, Typography, default_language, visible
from prunelle.training.records import EpochRecord, StepRecord

Style = Literal["auto", "live", "lines", "json", "quiet"]


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


class BrokenPipeSafe(Relay):
    """A listener whose stream may go away (``| head``, a terminal that is closed): the work goes on, unheard."""

    def __init__(self, listener: Listener, stream: TextIO | None) -> None:
        super().__init__(listener)
        self._stream = stream

    def _forward(self, method: Callable[..., None], *what: Any) -> None:
        try:
            super()._forward(method, *what)
        except (OSError, ValueError) as error:
            # Of ValueErrors, only that of a stream that Python has closed.
            if isinstance(error, ValueError) and "closed file" not in str(error):
                raise
            silence(self._stream)
            self._listener = Quiet()


class Lines(Quiet):
    """A line an epoch (about fifty, of more than a hundred); with ``live``, a last line that moves with every step."""

    def __init__(self, *, live: bool, language: Language) -> None:
        self._words = Typography(language)
        self._terminal = Terminal(stderr=True, soft_wrap=True)
        self._live: Live | None = None
        self._line: Callable[[], str] = str
        self._wants_live = live

    def on_progress(self, what: Note, done: int, total: int) -> None:
        """Shown live only; gone when it is done."""
        if done >= total:
            self._stop()
        elif self._wants_live:
            self._show(lambda: progress_line(what, done, total, self._words))

    def on_note(self, note: Note) -> None:
        """A line of its own."""
        self._terminal.print(self._words.note(note), style="dim")

    def on_step(self, record: StepRecord) -> None:
        """The live line."""
        if self._wants_live:
            self._show(lambda: step_line(record, self._words))

    def on_epoch(self, record: EpochRecord) -> None:
        """A line that stays."""
        self._stop()
        if stays(record):
            self._terminal.print(epoch_line(record, self._words))
        if record.warning is not None:
            warning = Note(f"Warning: {record.warning.en}", f"Attention : {record.warning.fr}")
            self._terminal.print(self._words.note(warning), style="bold yellow")

    def close(self) -> None:
        """Takes the live line away."""
        self._stop()

    def _show(self, line: Callable[[], str]) -> None:
        self._line = line
        if self._live is None:
            # Refreshed by its own thread ten times a second, however fast steps come: only those lines are made.
            self._live = Live(
                console=self._terminal,
                refresh_per_second=10,
                transient=True,
                get_renderable=lambda: Text(visible(self._line()), no_wrap=True, overflow="ellipsis"),
            )
            self._live.start()

    def _stop(self) -> None:
        if self._live is not None:
            self._live.stop()
            self._live = None


def make_listener(style: Style | Listener, language: Language | None = None) -> Listener:
    """``auto`` is live in a terminal and in a notebook, plain lines elsewhere; a listener is taken as it is.

    Args:
        language: of lines; None for the locale's. JSON lines are in English.
    """
    if not isinstance(style, str):
        return style
    if style == "quiet":
        return Quiet()
    if style == "json":
        return BrokenPipeSafe(JsonLines(), sys.stdout)
    language = language or default_language()
    if style in ("auto", "live") and in_notebook():
        from prunelle.console.notebook import InNotebook

        return InNotebook(language)
    live = style == "live" or (style == "auto" and sys.stderr.isatty())
    return BrokenPipeSafe(Lines(live=live, language=language), sys.stderr)
