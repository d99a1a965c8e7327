"""What a training in a process of its own tells the page: one JSON object a line, appended to a file beside the runs.

A file, because it outlives both: the page may be closed, its server killed and started anew, and what was told is
still there. A reader takes whole lines only, and passes over what is none: a line that a full disk cut in two, or
that something else wrote, costs that line alone.
"""

from __future__ import annotations

import dataclasses
import json
import math
import os
import time
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

from prunelle.errors import RunError
from prunelle.files import no_file
from prunelle.json_files import Shape, mismatch, parse_json
from prunelle.runs.listener import Finished, Quiet, Started
from prunelle.runs.run import JUDGED_BY, Run
from prunelle.texts import Note
from prunelle.training.records import EpochRecord, StepRecord

_NUMBER = (int, float)
_TEXT = {"en": str, "fr": str}
EVENTS: Mapping[str, Shape] = {
    "begin": {"pid": int, "at": _NUMBER, "goes_on": bool},
    "note": _TEXT,
    "progress": {**_TEXT, "done": int, "total": int},
    "started": {
        "path": str,
        "network": str,
        "data": str,
        "epochs": int,
        "epoch": int,
        "steps": int,
        "parameters": int,
        "keeps_every": int,
    },
    "step": {
        **dict.fromkeys(("epoch", "epochs", "step", "steps"), int),
        **dict.fromkeys(("loss", "images_per_second", "seconds_left"), _NUMBER),
        "accuracy": (*_NUMBER, None),
        "unit": str,
    },
    "epoch": {
        **dict.fromkeys(("epoch", "epochs"), int),
        **dict.fromkeys(("train_loss", "learning_rate", "seconds"), _NUMBER),
        **dict.fromkeys(("train_accuracy", "val_loss", "val_accuracy"), (*_NUMBER, None)),
        "improved": bool,
        "kept": bool,
        "warning": (_TEXT, None),
    },
    "judged": {"split": str, **dict.fromkeys(("accuracy", "low", "high"), _NUMBER), "n": int},
    "end": {"how": str, "message": (str, None), "at": _NUMBER},
}
"""Kind → what its lines hold besides ``event``."""

ENDS = ("finished", "paused", "diverged", "failed")
"""``how`` of an ``end``. A process that was killed writes none."""

STEP_EVERY_S = 0.05
"""Between two lines of steps in the first minute; later a thousandth of the time that has passed, so that a training
of a day leaves some ten thousand lines and no more."""


# No link is followed: a folder of runs may come from a stranger.
_APPENDING = os.O_WRONLY | os.O_APPEND | os.O_CREAT | getattr(os, "O_NOFOLLOW", 0)


class EventWriter:
    """Appends lines. What the system refuses is lost, and the training goes on: the page shows less of it."""

    def __init__(self, file: Path) -> None:
        self._file = file
        self._broken = True  # what a killed process left may end in the middle of a line

    def write(self, event: str, /, **values: Any) -> None:
        """One line, whole at once."""
        line = json.dumps({"event": event, **values}, ensure_ascii=False, allow_nan=False) + "\n"
        text = ("\n" if self._broken else "") + line
        content = text.encode(errors="backslashreplace")
        try:
            descriptor = os.open(self._file, _APPENDING, 0o600)
            try:
                self._broken = os.write(descriptor, content) != len(content)
            finally:
                os.close(descriptor)
        except OSError:
            self._broken = True


class Telling(Quiet):
    """The listener that writes them.

    Args:
        events: where to.
        keeps_every: number of weights → every which epoch's weights are kept; 0 for none.
        clock: seconds, of a clock that never goes back.
    """

    def __init__(
        self,
        events: EventWriter,
        keeps_every: Callable[[int, int], int],
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._events, self._clock = events, clock
        self._keeps_every = keeps_every
        self._begin = clock()
        self._told = self._progress_told = -math.inf
        self._batches = _Batches()
        self.every = 0
        """Which epochs' weights are kept: each that this divides; none where it is 0."""

    def on_note(self, note: Note) -> None:
        """A line."""
        self._events.write("note", en=note.en, fr=note.fr)

    def on_progress(self, what: Note, done: int, total: int) -> None:
        """A line five times a second, and the last one."""
        now = self._clock()
        if done >= total or now - self._progress_told > 0.2:
            self._progress_told = now
            self._events.write("progress", en=what.en, fr=what.fr, done=done, total=total)

    def on_started(self, started: Started) -> None:
        """A line; from here on there is a run."""
        info = Run.open(started.path).info
        parameters = int(info["network"].get("parameters", 0))
        self.every = self._keeps_every(parameters, started.epochs)
        count, size = len(started.examples or ()), int(info.get("recipe", {}).get("batch_size", 1))
        self._batches = _Batches(count, size)
        self._events.write(
            "started",
            path=str(started.path.absolute()),
            network=started.network,
            data=started.data,
            epochs=started.epochs,
            epoch=started.epoch,
            steps=started.steps,
            parameters=parameters,
            keeps_every=self.every,
        )

    def on_step(self, record: StepRecord) -> None:
        """A line, of the steps since the last one together."""
        now = self._clock()
        if record.step < record.steps and now - self._told < max(STEP_EVERY_S, (now - self._begin) / 1000):
            return
        means = self._batches.since(record)
        if means is None:
            return
        self._told = now
        loss, accuracy = means
        self._events.write(
            "step",
            epoch=record.epoch,
            epochs=record.epochs,
            step=record.step,
            steps=record.steps,
            loss=loss,
            accuracy=accuracy,
            images_per_second=record.images_per_second,
            seconds_left=record.seconds_left,
            unit=record.unit,
        )

    def on_epoch(self, record: EpochRecord) -> None:
        """A line, with all of ``results.csv``."""
        warning = record.warning and {"en": record.warning.en, "fr": record.warning.fr}
        row = {name: _finite(value) for name, value in record.row().items()}
        kept = bool(self.every) and record.epoch % self.every == 0
        self._events.write(
            "epoch",
            **{"train_accuracy": None, "val_accuracy": None, **row, "epoch": record.epoch},
            epochs=record.epochs,
            improved=record.improved,
            kept=kept,
            warning=warning,
        )

    def on_finished(self, finished: Finished) -> None:
        """A line: what it reached, on the split that speaks for it."""
        split = next((split for split in JUDGED_BY if split in finished.metrics), None)
        # Of numbers there is no accuracy to show.
        if split is not None and "accuracy" in finished.metrics[split]:
            figures = finished.metrics[split]
            (low, high), n = figures["interval"], figures["n"]
            self._events.write("judged", split=split, accuracy=figures["accuracy"], low=low, high=high, n=n)


@dataclasses.dataclass
class _Batches:
    """Means over the steps since the last ones, from means over the epoch so far.

    The loop tells what is true of the epoch; a curve by step wants what is true of its steps.
    """

    count: int = 0
    size: int = 1
    epoch: int = 0
    seen: int = 0
    loss: float = 0.0
    right: float = 0.0

    def since(self, record: StepRecord) -> tuple[float, float | None] | None:
        """Mean loss and accuracy of the examples since the last call, in the same epoch; no accuracy of numbers.

        None for the first record of a training that goes on within an epoch: what came before is not known.
        """
        goes_on = self.epoch == 0 and record.step > 1
        if record.epoch != self.epoch:
            self.epoch, self.seen, self.loss, self.right = record.epoch, 0, 0.0, 0.0
        seen = record.step * self.size
        if record.step == record.steps and self.count > (record.steps - 1) * self.size:
            seen = self.count  # the last batch is smaller, or has one example more
        accuracy = record.accuracy
        loss, right, new = record.loss * seen, (accuracy or 0.0) * seen, max(seen - self.seen, 1)
        means = (loss - self.loss) / new, (right - self.right) / new
        self.seen, self.loss, self.right = seen, loss, right
        if goes_on:
            return None
        return means[0], None if accuracy is None else min(1.0, max(0.0, means[1]))


def _finite(value: Any) -> Any:
    return None if isinstance(value, float) and not math.isfinite(value) else value


@dataclasses.dataclass
class EventReader:
    """Follows a file of events as it grows.

    Attributes:
        file: which may not be there yet.
        unreadable: lines so far that were none.
    """

    file: Path
    unreadable: int = 0
    _offset: int = 0
    _half: bytes = b""

    def has_grown(self) -> bool:
        """Whether there is anything new, by its size."""
        try:
            return self.file.stat().st_size != self._offset
        except OSError:
            return False

    def new(self) -> Iterator[dict[str, Any]]:
        """The events since the last call, each as ``EVENTS`` says.

        Raises:
            RunError: the file became shorter, so that what was read before is no longer true; begin anew.
        """
        if no_file(self.file):
            return
        try:
            with self.file.open("rb") as file:
                size = os.fstat(file.fileno()).st_size
                if size < self._offset:
                    raise RunError(f"{self.file} was cut.")
                file.seek(self._offset)
                content = file.read(size - self._offset)
        except OSError:
            return
        self._offset += len(content)
        *lines, self._half = (self._half + content).split(b"\n")
        for line in lines:
            event = _parsed(line)
            if event is not None:
                yield event
            elif line.strip():
                self.unreadable += 1


_LONGEST = 1 << 20


def _parsed(line: bytes) -> dict[str, Any] | None:
    if len(line) > _LONGEST:
        return None
    try:
        event = parse_json(line)
    except ValueError:
        return None
    if not isinstance(event, dict) or not isinstance(event.get("event"), str):
        return None
    shape = EVENTS.get(event["event"])
    if shape is None or mismatch(event, shape) is not None:
        return None
    return event if all(_is_number_fine(value) for value in event.values()) else None


def _is_number_fine(value: Any) -> bool:
    """JSON of Python's has infinities, that no browser reads."""
    return not isinstance(value, float) or math.isfinite(value)
