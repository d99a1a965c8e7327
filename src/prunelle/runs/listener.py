"""Whoever is told how a task goes: the console, a page, a tracker, a notebook. Each is a ``Listener``.

A training calls ``on_started`` once its run folder is there, ``on_step`` and ``on_epoch`` as it goes, and at its end
``on_finished`` or ``on_failed``. A task that trains several times (a comparison, shots) does so for each.
Notes and progress come from any task, at any time.
"""

from __future__ import annotations

import contextlib
import dataclasses
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

from prunelle.errors import ArgumentError, a_kind
from prunelle.texts import Note
from prunelle.training.records import EpochRecord, StepRecord

if TYPE_CHECKING:
    from prunelle.data.pixels import Pixels
    from prunelle.networks.summary import LayerRow


@dataclasses.dataclass(frozen=True)
class Started:
    """A training begins, or goes on.

    Attributes:
        path: of its run.
        network, data: what they are called.
        epochs: it is to do in all; epoch: those it has done.
        steps: of an epoch.
        layers: the network's table.
        examples: that it learns, decoded, to look at; they are the training's own.
    """

    path: Path
    network: str
    data: str
    epochs: int
    epoch: int
    steps: int
    layers: Sequence[LayerRow] = dataclasses.field(default=(), compare=False, repr=False)
    examples: Pixels | None = dataclasses.field(default=None, compare=False, repr=False)


@dataclasses.dataclass(frozen=True)
class Finished:
    """A training is done, its report written.

    Attributes:
        path: of its run.
        metrics: the content of its ``metrics.json``.
    """

    path: Path
    metrics: Mapping[str, Any]


@dataclasses.dataclass(frozen=True)
class Failed:
    """A training ended early: interrupted, diverged, out of memory or disk, or by a mistake in a module.

    Attributes:
        path: of its run.
        error: what was raised; it is raised on.
        go_on: the line of Python that goes on with it; None where nothing does.
    """

    path: Path
    error: BaseException
    go_on: str | None = None


class Listener(Protocol):
    """Whoever is told how a task goes."""

    def on_started(self, started: Started) -> None:
        """A training begins, or goes on."""

    def on_step(self, record: StepRecord) -> None:
        """A step of training is done."""

    def on_epoch(self, record: EpochRecord) -> None:
        """An epoch of training is done."""

    def on_finished(self, finished: Finished) -> None:
        """A training is done, its report written."""

    def on_failed(self, failed: Failed) -> None:
        """A training ended early."""

    def on_note(self, note: Note) -> None:
        """Something a person should know."""

    def on_progress(self, what: Note, done: int, total: int) -> None:
        """``done`` of ``total`` (pictures decoded, bytes fetched…)."""

    def close(self) -> None:
        """Nothing more comes."""


class Relay:
    """Passes on all that it is told; one that keeps some of it back, or does more with it, derives from this one."""

    def __init__(self, listener: Listener) -> None:
        self._listener = listener

    def on_started(self, started: Started) -> None:
        """Passed on."""
        self._forward(self._listener.on_started, started)

    def on_step(self, record: StepRecord) -> None:
        """Passed on."""
        self._forward(self._listener.on_step, record)

    def on_epoch(self, record: EpochRecord) -> None:
        """Passed on."""
        self._forward(self._listener.on_epoch, record)

    def on_finished(self, finished: Finished) -> None:
        """Passed on."""
        self._forward(self._listener.on_finished, finished)

    def on_failed(self, failed: Failed) -> None:
        """Passed on."""
        self._forward(self._listener.on_failed, failed)

    def on_note(self, note: Note) -> None:
        """Passed on."""
        self._forward(self._listener.on_note, note)

    def on_progress(self, what: Note, done: int, total: int) -> None:
        """Passed on."""
        self._forward(self._listener.on_progress, what, done, total)

    def close(self) -> None:
        """Passed on."""
        self._forward(self._listener.close)

    def _forward(self, method: Callable[..., None], *what: Any) -> None:
        """Every call goes through here."""
        method(*what)


class Once(Relay):
    """Passes on what it is told, but each note only once: several trainings read the same data."""

    def __init__(self, listener: Listener) -> None:
        super().__init__(listener)
        self._passed_on: set[Note] = set()

    def hush(self, notes: Sequence[Note]) -> None:
        """As if these had been passed on."""
        self._passed_on.update(notes)

    def on_note(self, note: Note) -> None:
        """Passed on, the first time."""
        if note not in self._passed_on:
            self._passed_on.add(note)
            super().on_note(note)


class Quiet:
    """Says nothing; a listener that wants to hear some of it derives from this one."""

    def on_started(self, started: Started) -> None:
        """Nothing."""

    def on_step(self, record: StepRecord) -> None:
        """Nothing."""

    def on_epoch(self, record: EpochRecord) -> None:
        """Nothing."""

    def on_finished(self, finished: Finished) -> None:
        """Nothing."""

    def on_failed(self, failed: Failed) -> None:
        """Nothing."""

    def on_note(self, note: Note) -> None:
        """Nothing."""

    def on_progress(self, what: Note, done: int, total: int) -> None:
        """Nothing."""

    def close(self) -> None:
        """Nothing."""


class Several:
    """Tells several listeners, one after the other; each is closed, even where one before it fails."""

    def __init__(self, listeners: Sequence[Listener]) -> None:
        self._listeners = tuple(listeners)

    def on_started(self, started: Started) -> None:
        """To each."""
        for listener in self._listeners:
            listener.on_started(started)

    def on_step(self, record: StepRecord) -> None:
        """To each."""
        for listener in self._listeners:
            listener.on_step(record)

    def on_epoch(self, record: EpochRecord) -> None:
        """To each."""
        for listener in self._listeners:
            listener.on_epoch(record)

    def on_finished(self, finished: Finished) -> None:
        """To each."""
        for listener in self._listeners:
            listener.on_finished(finished)

    def on_failed(self, failed: Failed) -> None:
        """To each."""
        for listener in self._listeners:
            listener.on_failed(failed)

    def on_note(self, note: Note) -> None:
        """To each."""
        for listener in self._listeners:
            listener.on_note(note)

    def on_progress(self, what: Note, done: int, total: int) -> None:
        """To each."""
        for listener in self._listeners:
            listener.on_progress(what, done, total)

    def close(self) -> None:
        """Each, from the first on."""
        with contextlib.ExitStack() as closing:
            for listener in reversed(self._listeners):
                closing.callback(listener.close)


METHODS = tuple(name for name in vars(Quiet) if not name.startswith("_"))
"""Of a listener."""


def as_listener(given: object) -> Listener:
    """An object with some of a listener's methods, as one that has them all.

    Raises:
        ArgumentError: it has none of them.
    """
    listener = Quiet()
    found = [name for name in METHODS if callable(getattr(given, name, None))]
    if isinstance(given, type) or not {*found} - {"close"}:
        raise ArgumentError(
            f"a listener has methods such as on_epoch(record) and on_finished(finished) (prunelle.Listener); received "
            f"{given.__name__ + ', a class: make one of it' if isinstance(given, type) else a_kind(given)}."
        )
    for name in found:
        setattr(listener, name, getattr(given, name))
    return listener
