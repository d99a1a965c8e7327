"""What listeners hear of a training, in which order; every listener of the house keeps the contract."""

from __future__ import annotations

import inspect
from pathlib import Path
from typing import Any

import pytest
from torch import nn

import prunelle as pn
from prunelle.console import listeners
from prunelle.errors import Diverged
from prunelle.runs.listener import Failed, Finished, Listener, Quiet, Relay, Several, Started
from prunelle.texts import Note
from prunelle.trackers.background import Background
from prunelle.training.records import EpochRecord, StepRecord


class Heard(Quiet):
    """Keeps the events of a training, in order."""

    def __init__(self) -> None:
        self.events: list[Any] = []

    def on_started(self, started: Started) -> None:
        self.events.append(started)

    def on_step(self, record: StepRecord) -> None:
        self.events.append(record)

    def on_epoch(self, record: EpochRecord) -> None:
        self.events.append(record)

    def on_finished(self, finished: Finished) -> None:
        self.events.append(finished)

    def on_failed(self, failed: Failed) -> None:
        self.events.append(failed)

    def close(self) -> None:
        self.events.append("closed")


def test_a_training_from_beginning_to_end_and_on(tmp_path: Path) -> None:
    heard = Heard()
    recipe = pn.Recipe(epochs=2, batch_size=512)
    run = pn.train("dense", "digits", recipe, output=tmp_path / "run", style=heard)
    started, *between, finished, closed = heard.events
    assert started == Started(run.path, "dense", "digits", epochs=2, epoch=0, steps=3)
    # 1,437 examples of the digits are learned: three batches of 512.
    kinds = [type(event).__name__ for event in between]
    assert kinds == [*["StepRecord"] * 3, "EpochRecord"] * 2
    assert isinstance(finished, Finished)
    assert (finished.path, finished.metrics) == (run.path, run.metrics())
    assert closed == "closed"

    again = Heard()
    pn.train(resume=run, epochs=3, style=again)
    assert again.events[0] == Started(run.path, "dense", "digits", epochs=3, epoch=2, steps=3)
    assert sum(isinstance(event, EpochRecord) for event in again.events) == 1


def test_a_training_that_fails(tmp_path: Path) -> None:
    heard = Heard()
    with pytest.raises(Diverged) as caught:
        pn.train(
            "dense",
            "digits",
            pn.Recipe(epochs=2, learning_rate=1e30, optimizer="sgd", warmup_epochs=0),
            output=tmp_path / "run",
            style=heard,
        )
    failed, closed = heard.events[-2:]
    assert isinstance(failed, Failed)
    assert (failed.path, failed.error) == (tmp_path / "run", caught.value)
    assert closed == "closed"


def test_what_is_refused_before_it_begins_is_no_training(tmp_path: Path) -> None:
    heard = Heard()
    with pytest.raises(pn.PrunelleError):
        pn.train(nn.Linear(3, 3), "digits", output=tmp_path / "run", style=heard)
    assert heard.events == ["closed"]


METHODS = [name for name in vars(Listener) if not name.startswith("_")]


@pytest.mark.parametrize(
    "kind",
    [Quiet, Relay, Several, Background, listeners.Lines, listeners.JsonLines, listeners.BrokenPipeSafe],
    ids=lambda kind: kind.__name__,
)
@pytest.mark.parametrize("method", METHODS)
def test_every_listener_has_the_methods_of_the_protocol(kind: type, method: str) -> None:
    wanted, found = (inspect.signature(getattr(owner, method)) for owner in (Listener, kind))
    assert list(wanted.parameters) == list(found.parameters)


@pytest.mark.parametrize("method", [name for name in METHODS if name != "close"])
def test_a_relay_passes_on_everything(method: str) -> None:
    told: list[Any] = []

    class Told(Quiet):
        pass

    setattr(Told, method, lambda self, *what: told.append(what))
    what = (Note("decoding", "décodage"), 1, 2) if method == "on_progress" else (Note("a", "b"),)
    getattr(Relay(Told()), method)(*what)
    assert told == [what]


@pytest.mark.parametrize("method", METHODS)
def test_several_hear_the_same_in_their_order(method: str) -> None:
    told: list[Any] = []

    class Told(Quiet):
        def __init__(self, name: str) -> None:
            self.name = name

    setattr(Told, method, lambda self, *what: told.append((self.name, *what)))
    what: tuple[Any, ...] = () if method == "close" else (Note("a", "b"),)
    if method == "on_progress":
        what = (Note("decoding", "décodage"), 1, 2)
    getattr(Several([Told("first"), Told("second")]), method)(*what)
    assert told == [("first", *what), ("second", *what)]


def test_each_of_several_is_closed_where_one_fails() -> None:
    closed: list[str] = []

    class Failing(Quiet):
        def close(self) -> None:
            closed.append("failing")
            raise OSError("gone")

    class Closing(Quiet):
        def close(self) -> None:
            closed.append("closing")

    with pytest.raises(OSError, match="gone"):
        Several([Failing(), Closing()]).close()
    assert closed == ["failing", "closing"]
