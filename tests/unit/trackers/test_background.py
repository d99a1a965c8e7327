"""A tracker that fails, hangs or is slow costs a training nothing but what the tracker shows of it."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from safetensors.numpy import load_file

import prunelle as pn
from prunelle.runs.listener import Failed, Finished, Quiet, Started
from prunelle.texts import Note
from prunelle.trackers import chosen
from prunelle.trackers.background import Background
from prunelle.trackers.tracker import Answers, Begun
from prunelle.training.records import EpochRecord, StepRecord
from tests.integration.command import prunelle


class Told:
    """Keeps all that it is told."""

    def __init__(self) -> None:
        self.calls: list[tuple[Any, ...]] = []

    @property
    def where(self) -> str:
        return "memory"

    def begin(self, begun: Begun) -> None:
        self._told("begin", begun)

    def figures(self, values: Mapping[str, float], step: int) -> None:
        self._told("figures", values, step)

    def examples(self, pictures: np.ndarray, names: Sequence[str]) -> None:
        self._told("examples", pictures, names)

    def figure(self, file: Path) -> None:
        self._told("figure", file)

    def answers(self, answers: Answers) -> None:
        self._told("answers", answers)

    def results(self, values: Mapping[str, float]) -> None:
        self._told("results", values)

    def model(self, files: Sequence[Path]) -> None:
        self._told("model", files)

    def end(self, failed: bool) -> None:
        self._told("end", failed)

    def _told(self, *call: Any) -> None:
        self.calls.append(call)

    def names(self) -> list[str]:
        return [name for name, *_ in self.calls]


class Failing(Told):
    """Raises at what it is given to raise at."""

    def __init__(self, at: str, error: BaseException) -> None:
        super().__init__()
        self._at, self._error = at, error

    def _told(self, *call: Any) -> None:
        super()._told(*call)
        if self._at in (call[0], "all"):
            raise self._error


class Held(Told):
    """Stays where it is at its first call until it is let go."""

    def __init__(self) -> None:
        super().__init__()
        self.let_go, self.arrived = threading.Event(), threading.Event()

    def _told(self, *call: Any) -> None:
        self.arrived.set()
        self.let_go.wait()
        super()._told(*call)


class Notes(Quiet):
    """Keeps what is said, and by whom."""

    def __init__(self) -> None:
        self.notes: list[Note] = []
        self.threads: set[int] = set()

    def on_note(self, note: Note) -> None:
        self.notes.append(note)
        self.threads.add(threading.get_ident())


RECIPE = {"epochs": 2, "batch_size": 512}


@pytest.fixture
def tracked(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Callable[..., tuple[pn.Run, Notes]]:
    """Trains two short epochs with a tracker in the place of TensorBoard's."""

    def train(make: Callable[[], Told], **given: Any) -> tuple[pn.Run, Notes]:
        notes = Notes()
        monkeypatch.setitem(chosen.TRACKERS, "tensorboard", make)
        given = {"recipe": pn.Recipe(**RECIPE), "output": tmp_path / "run", **given}
        return pn.train("dense", "digits", log="tensorboard", style=notes, **given), notes

    return train


def weights(run: pn.Run) -> dict[str, bytes]:
    return {name: each.tobytes() for name, each in load_file(run.path / "weights/last.safetensors").items()}


@pytest.fixture(scope="module")
def alone(tmp_path_factory: pytest.TempPathFactory) -> dict[str, bytes]:
    """What the training comes to without a tracker."""
    output = tmp_path_factory.mktemp("alone") / "run"
    return weights(pn.train("dense", "digits", pn.Recipe(**RECIPE), output=output, style="quiet"))


def test_all_of_a_training_is_told(
    tracked: Callable[..., tuple[pn.Run, Notes]], alone: dict[str, bytes]
) -> None:
    told = Told()
    run, notes = tracked(lambda: told)
    assert weights(run) == alone
    assert told.names() == [
        *("begin", "examples", "figures", "figures", "figures", "figure", "figure", "figure"),
        *("answers", "results", "model", "end"),
    ]
    begun = told.calls[0][1]
    assert begun.path == run.path
    assert begun.settings["recipe.batch_size"] == 512
    assert begun.settings["recipe.augment.shift"] == 0.0
    assert (begun.settings["network"], begun.settings["data.train"]) == ("dense", 1437)
    assert sum(row.parameters for row in begun.layers) == run.info["network"]["parameters"]

    pictures, names = told.calls[1][1:]
    assert (pictures.shape, pictures.dtype) == ((16, 8, 8, 1), np.uint8)
    # One of each class, and then the second ones.
    assert names == [*"0123456789", *"012345"]

    (_, first_step, of_step), *epochs = [call for call in told.calls if call[0] == "figures"]
    assert set(first_step) == {"step/loss", "step/accuracy"}
    assert of_step == 1
    rows = run.results()
    for (_, values, step), row in zip(epochs, rows, strict=True):
        assert step == row["epoch"]
        assert values == {f"epoch/{name}": value for name, value in row.items() if name != "epoch"}

    assert [call[1].stem for call in told.calls if call[0] == "figure"] == [
        *("confusion", "curves", "reliability"),
    ]
    answers = next(call[1] for call in told.calls if call[0] == "answers")
    accuracy = run.metrics()["test"]["accuracy"]
    assert np.trace(answers.matrix()) / answers.matrix().sum() == pytest.approx(accuracy)
    assert answers.matrix().sum(axis=1).tolist() == np.bincount(answers.labels).tolist()
    results = next(call[1] for call in told.calls if call[0] == "results")
    assert (results["test/accuracy"], results["best_epoch"]) == (accuracy, run.metrics()["best_epoch"])
    assert {file.name for file in next(call[1] for call in told.calls if call[0] == "model")} >= {
        *("best.safetensors", "preprocess.json", "report.html"),
    }
    assert told.calls[-1] == ("end", False)
    assert notes.notes[-1].en.startswith("tensorboard: memory (")
    assert "of the training’s own time" in notes.notes[-1].en
    assert "du temps de l’entraînement" in notes.notes[-1].fr


@pytest.mark.parametrize("at", ["begin", "figures", "answers", "all"])
@pytest.mark.parametrize(
    "error", [RuntimeError("no such server\nat all"), SystemExit(3), OSError(28, "No space left on device")]
)
def test_what_it_raises_is_said_once(
    tracked: Callable[..., tuple[pn.Run, Notes]], alone: dict[str, bytes], at: str, error: BaseException
) -> None:
    failing = Failing(at, error)
    run, notes = tracked(lambda: failing)
    assert weights(run) == alone
    assert run.finished
    said = [note for note in notes.notes if "fails" in note.en]
    assert len(said) == 1
    assert f"tensorboard fails ({type(error).__name__}: {str(error).splitlines()[0]})" in said[0].en
    assert "tensorboard échoue (" in said[0].fr
    assert notes.threads == {threading.get_ident()}
    # Where it cannot begin there is nothing to add to; a point that fails leaves the others.
    assert ("end" in failing.names()) == (at in ("figures", "answers"))
    assert notes.notes[-1].en.startswith("tensorboard: memory (") == ("end" in failing.names())


def test_a_package_that_cannot_be_imported(tracked: Callable[..., tuple[pn.Run, Notes]]) -> None:
    def broken() -> Told:
        raise ImportError("libssl.so.3: cannot open shared object file")

    run, notes = tracked(broken)
    assert run.finished
    assert any("ImportError: libssl.so.3" in note.en for note in notes.notes)


@pytest.fixture
def held() -> Iterator[Held]:
    """One that hangs; let go at the end, so that no thread of it is left."""
    held = Held()
    yield held
    held.let_go.set()


def started(path: Path) -> Started:
    return Started(path, "dense", "digits", epochs=300, epoch=0, steps=1)


def epoch(number: int) -> EpochRecord:
    return EpochRecord(
        epoch=number,
        epochs=300,
        train_loss=0.5,
        train_accuracy=0.5,
        val_loss=None,
        val_accuracy=None,
        learning_rate=0.1,
        seconds=1.0,
        images_per_second=1.0,
        data_wait=0.0,
        improved=True,
    )


def step(number: int) -> StepRecord:
    return StepRecord(number, 300, 1, 1, 0.5, 0.5, 1.0, 0.0, 1.0)


def test_one_that_hangs_is_left_after_the_time_that_is_said(
    tracked: Callable[..., tuple[pn.Run, Notes]],
    alone: dict[str, bytes],
    held: Held,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(
        chosen,
        "Background",
        lambda name, make, listener: Background(name, make, listener, patience_s=0.2),
    )
    run, notes = tracked(lambda: held)
    assert weights(run) == alone
    assert run.finished
    assert "tensorboard did not answer for 0 s" in notes.notes[-1].en
    assert "tensorboard n’a pas répondu en 0 s" in notes.notes[-1].fr
    held.let_go.set()
    (thread,) = [each for each in threading.enumerate() if each.name == "tracker tensorboard"] or [None]
    if thread is not None:
        thread.join()
    # What it did not get to is not begun later.
    assert held.names() == ["begin"]


def test_a_long_wait_is_said(held: Held, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr("prunelle.trackers.background.SAID_AFTER_S", 0.05)
    run = pn.train("dense", "digits", pn.Recipe(**RECIPE), output=tmp_path / "run", style="quiet")

    class Releasing(Notes):
        def on_note(self, note: Note) -> None:
            super().on_note(note)
            held.let_go.set()

    notes = Releasing()
    background = Background("slow", lambda: held, notes, patience_s=3.4)
    background.on_started(started(run.path))
    background.close()
    assert (
        notes.notes[0].en == "Waiting for slow to write the rest, at most 3 s. The run’s own folder is whole."
    )
    assert notes.notes[0].fr.startswith("Attente de slow, qui écrit le reste, au plus 3 s.")


def test_a_full_queue_drops_pictures_and_never_waits(
    held: Held, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """Ten places and ten more, one tracker that does nothing yet: what is put is counted by hand."""
    run = pn.train("dense", "digits", pn.Recipe(**RECIPE), output=tmp_path / "run", style="quiet")
    monkeypatch.setattr("prunelle.trackers.background.STEP_EVERY_S", 0.0)
    notes = Notes()
    background = Background("slow", lambda: held, notes, places=10)
    background.on_started(started(run.path))
    held.arrived.wait()  # begin is in its hands; the examples have the first place
    for number in range(1, 13):
        background.on_step(step(number))  # nine more have a place, three do not
    for number in range(1, 13):
        background.on_epoch(epoch(number))  # ten have the ten more, two none
    background.on_finished(Finished(run.path, run.metrics()))  # three figures have none; the rest always does
    held.let_go.set()
    background.close()
    assert held.names() == ["begin", *["figures"] * 19, "answers", "results", "model", "end"]
    assert [call[2] for call in held.calls if call[0] == "figures"] == [*range(1, 10), *range(1, 11)]
    assert "It was slow, and 8 pictures and points were left out." in notes.notes[-1].en
    assert "8 images et points ont été omis" in notes.notes[-1].fr


def test_steps_between_epochs_are_thinned_out(tmp_path: Path) -> None:
    told = Told()
    run = pn.train("dense", "digits", pn.Recipe(**RECIPE), output=tmp_path / "run", style="quiet")
    background = Background("fast", lambda: told, Notes())
    background.on_started(started(run.path))
    for number in range(1, 1001):
        background.on_step(step(number))
    background.close()
    assert told.names().count("figures") < 1000
    assert told.calls[-1][1] == {"step/loss": 0.5, "step/accuracy": 0.5}


def test_a_training_that_fails_is_told_as_such(tmp_path: Path) -> None:
    told = Told()
    run = pn.train("dense", "digits", pn.Recipe(**RECIPE), output=tmp_path / "run", style="quiet")
    background = Background("fast", lambda: told, Notes())
    background.on_started(started(run.path))
    background.on_failed(Failed(run.path, KeyboardInterrupt()))
    background.close()
    assert told.calls[-1] == ("end", True)


def test_nothing_was_trained() -> None:
    notes = Notes()
    Background("idle", Told, notes).close()
    assert [note.en for note in notes.notes] == ["idle: nothing was trained, so nothing was told to it."]


def test_several_trainings_are_several(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    told = Told()
    monkeypatch.setitem(chosen.TRACKERS, "tensorboard", lambda: told)
    pn.compare(
        ["dense", "course-mnist"],
        "digits",
        pn.Recipe(epochs=1, batch_size=512),
        seeds=1,
        output=tmp_path / "comparison",
        log="tensorboard",
        style="quiet",
    )
    assert [call[1].settings["network"] for call in told.calls if call[0] == "begin"] == [
        *("dense", "course-mnist"),
    ]
    assert told.names().count("end") == 2


def test_what_is_refused(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    with pytest.raises(
        pn.PrunelleError, match=r"unknown tracker 'tensorbord'\. Did you mean 'tensorboard'\?"
    ):
        pn.train("dense", "digits", log="tensorbord", output=tmp_path / "run")
    with pytest.raises(pn.PrunelleError, match=r"log must be the name .* received a dict.*listeners="):
        pn.train("dense", "digits", log={"a": 1}, output=tmp_path / "run")  # type: ignore[arg-type]
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    done = prunelle("train", "digits", "--output", tmp_path / "run", "--log", "wandb")
    assert done.code == 2
    assert (
        "log='wandb' needs the package wandb, which is not there: pip install 'prunelle[wandb]'" in done.err
    )
    assert not (tmp_path / "run").exists()
