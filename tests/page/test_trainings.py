"""Trainings in processes of their own: started, paused, stopped, killed, found again; none of it with a browser."""

from __future__ import annotations

import csv
import dataclasses
import errno
import json
import os
import signal
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from prunelle.errors import ArgumentError, RunError
from prunelle.page.choices import DataChoices
from prunelle.page.events import EventReader, EventWriter, Telling
from prunelle.page.record import Record, Request
from prunelle.page.training_state import Training
from prunelle.page.trainings import Trainings
from prunelle.page.worker import MOST_KEPT, command, keeps_every
from prunelle.runs.listener import Started
from prunelle.runs.run import Run
from prunelle.texts import Note
from prunelle.training.checkpoint import load_tensors
from prunelle.training.records import EpochRecord, StepRecord

TIMES = {"seconds", "images_per_second", "data_wait"}


@pytest.fixture
def trainings(tmp_path: Path) -> Iterator[Trainings]:
    made = Trainings(tmp_path / "runs")
    yield made
    for training in made.all():
        if training.going:
            os.kill(pid_of(made, training), signal.SIGKILL)
    made.close()


def asked(trainings: Trainings, **changed: Any) -> Request:
    """LeNet-5 on the embedded digits, with steps enough to be caught in the middle of one."""
    fields = {"epochs": 4, "batch_size": 8, "seed": 5}
    return Request(
        **{"runs": str(trainings.runs), "language": "en", "network": "lenet5", "fields": fields} | changed
    )


def until(trainings: Trainings, training_id: str, holds: Callable[[Training], object]) -> Training:
    """Waits, and says where it was when that took too long."""
    end = time.monotonic() + 240
    while not holds(training := next(each for each in trainings.all() if each.id == training_id)):
        assert time.monotonic() < end, training
        time.sleep(0.05)
    return training


def over(training: Training) -> bool:
    return not training.going


def in_the_second_epoch(training: Training) -> bool:
    return bool(training.points) and 1.1 < training.points[-1][0] < 1.9


def pid_of(trainings: Trainings, training: Training) -> int:
    record = Record(trainings.runs / ".trainings" / training.id)
    return [event["pid"] for event in EventReader(record.file("events.jsonl")).new() if "pid" in event][-1]


def load_bytes(file: Path) -> dict[str, bytes]:
    return {name: tensor.numpy().tobytes() for name, tensor in load_tensors(file)[0].items()}


def learned(run: Path) -> dict[str, Any]:
    """Everything that two trainings alike have alike."""
    with (run / "results.csv").open(newline="") as file:
        rows = [{key: row[key] for key in row if key not in TIMES} for row in csv.DictReader(file)]
    files = sorted(file.name for file in (run / "weights").iterdir())
    return {
        "rows": rows,
        "files": files,
        **{name: load_bytes(run / "weights" / name) for name in files},
    }


def test_started_paused_killed_and_gone_on_with(trainings: Trainings) -> None:
    """One that is left alone, one that is paused, one that is killed: three times the same weights."""
    alone = trainings.start(asked(trainings, name="alone"))
    seen = set()
    until(trainings, alone.id, lambda training: seen.add(training.state) or over(training))
    assert alone.state == "finished", alone
    assert seen >= {"preparing", "training", "finished"}
    assert alone.path is not None
    run = Run.open(alone.path)
    assert run.finished
    # An ordinary run: the page leaves nothing of its own in it, and a shell goes on with it.
    assert "own" not in run.info
    assert run.info["command"] == (
        "prunelle train --network lenet5 --epochs 4 --batch-size 8 --seed 5 --name alone"
    )
    assert [row["epoch"] for row in alone.rows] == [1, 2, 3, 4]
    for told, stored in zip(alone.rows, run.results(), strict=True):
        assert {name: told[name] for name in stored} == pytest.approx(stored, abs=1e-12)
    assert alone.epochs_kept == [1, 2, 3, 4]
    metrics = run.metrics()["test"]
    assert alone.judged == {
        "split": "test",
        "accuracy": metrics["accuracy"],
        "n": metrics["n"],
        **dict(zip(("low", "high"), metrics["interval"], strict=True)),
    }
    xs = [point[0] for point in alone.points]
    assert xs == sorted(set(xs))
    assert xs[-1] == 4
    assert alone.points[0][0] == pytest.approx(1 / 180)  # of 1,437 digits, 8 at a time

    paused = trainings.start(asked(trainings, name="paused"))
    until(trainings, paused.id, in_the_second_epoch)
    trainings.pause(paused.id)
    until(trainings, paused.id, over)
    assert paused.state == "paused", paused
    assert paused.can_go_on
    assert paused.path is not None
    assert not Run.open(paused.path).finished
    with pytest.raises(ArgumentError, match="not going on"):
        trainings.pause(paused.id)
    trainings.resume(paused.id, "fr")
    with pytest.raises(ArgumentError, match="is going on"):
        trainings.resume(paused.id, "fr")
    until(trainings, paused.id, over)
    assert paused.state == "finished", paused
    assert [row["epoch"] for row in paused.rows] == [1, 2, 3, 4]
    assert learned(paused.path) == learned(alone.path)

    killed = trainings.start(asked(trainings, name="killed"))
    until(trainings, killed.id, in_the_second_epoch)
    os.kill(pid_of(trainings, killed), signal.SIGKILL)
    until(trainings, killed.id, over)
    assert killed.state == "killed", killed
    assert killed.message == "signal 9"
    # Another server, which has started none of them, finds all three.
    other = Trainings(trainings.runs)
    found = {training.id: training.state for training in other.all()}
    assert found == {alone.id: "finished", paused.id: "finished", killed.id: "killed"}
    other.resume(killed.id, "en")
    again = until(other, killed.id, over)
    assert again.state == "finished", again
    assert again.path is not None
    assert learned(again.path) == learned(alone.path)
    xs = [point[0] for point in again.points]
    assert xs == sorted(set(xs))  # what was done again is there once
    # The first server has followed it, too.
    until(trainings, killed.id, lambda training: training.state == "finished")
    other.close()


def test_stopped_by_hand(trainings: Trainings) -> None:
    """It ends after its epoch, is judged and reported; one that is paused, as of its last whole epoch."""
    stopped = trainings.start(asked(trainings, fields={"epochs": 40, "batch_size": 8}))
    heard = []
    leave = trainings.subscribe(lambda training: heard.append((training.id, training.state)))
    until(trainings, stopped.id, lambda _: (stopped.id, "training") in heard)
    # A server that is started now finds it going on.
    other = Trainings(trainings.runs)
    (same,) = other.all()
    assert same.state in ("training", "judging")
    other.stop(stopped.id, "en")
    until(trainings, stopped.id, over)
    assert stopped.state == "finished", stopped
    assert stopped.path is not None
    run = Run.open(stopped.path)
    assert run.finished
    assert 1 <= len(run.results()) < 40
    assert run.metrics()["epochs"] == len(run.results()) == len(stopped.rows)
    assert run.recipe.epochs == 40  # as it was asked, and as the learning rate went
    assert (run.path / "report.html").is_file()
    with pytest.raises(ArgumentError, match="not going on"):
        trainings.stop(stopped.id, "en")
    deadline = time.monotonic() + 10
    while (stopped.id, "finished") not in heard and time.monotonic() < deadline:
        time.sleep(0.05)
    leave()
    assert (stopped.id, "finished") in heard

    paused = trainings.start(asked(trainings, fields={"epochs": 40, "batch_size": 8}))
    until(trainings, paused.id, in_the_second_epoch)
    trainings.pause(paused.id)
    until(trainings, paused.id, over)
    assert [row["epoch"] for row in paused.rows] == [1]
    trainings.stop(paused.id, "en")
    until(trainings, paused.id, over)
    assert paused.state == "finished", paused
    assert paused.path is not None
    assert [row["epoch"] for row in Run.open(paused.path).results()] == [1]
    trainings.forget(paused.id)
    assert paused.id not in {training.id for training in trainings.all()}
    assert Run.open(paused.path).finished
    other.close()


def test_one_that_cannot_be_trained_says_why(trainings: Trainings, tmp_path: Path) -> None:
    (tmp_path / "photos").mkdir()
    failed = trainings.start(asked(trainings, data=str(tmp_path / "photos")))
    until(trainings, failed.id, over)
    assert failed.state == "failed"
    assert str(tmp_path / "photos") in (failed.message or "")
    assert not failed.can_go_on
    with pytest.raises(ArgumentError, match="left no run"):
        trainings.resume(failed.id, "en")
    # What was asked and told is damaged: another server shows it all the same.
    record = Record(trainings.runs / ".trainings" / failed.id)
    record.file("events.jsonl").unlink()
    record.file("request.json").write_text("{")
    (found,) = Trainings(trainings.runs).all()
    assert (found.state, found.can_go_on) == ("failed", False)


def test_one_that_is_paused_before_it_has_a_run_is_begun_again(trainings: Trainings) -> None:
    started = trainings.start(asked(trainings, name="early", fields={"epochs": 1}))
    trainings.pause(started.id)
    until(trainings, started.id, over)
    assert (started.state, started.path) == ("paused", None), started
    assert started.can_go_on
    # Of another server's folder nobody knows who asked.
    (found,) = Trainings(trainings.runs).all()
    assert (found.state, found.can_go_on) == ("paused", False)
    trainings.resume(started.id, "en")
    until(trainings, started.id, over)
    assert started.state == "finished", started
    assert started.path is not None
    assert started.path.name.endswith("early")


def test_a_process_that_dies_at_once_is_quoted(trainings: Trainings, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PYTHONPATH", "")
    monkeypatch.setattr("prunelle.page.record.sys.executable", "/bin/ls")
    failed = trainings.start(asked(trainings))
    until(trainings, failed.id, over)
    assert failed.state == "failed"
    assert "ls" in (failed.message or "")


def test_names_lead_nowhere_else(trainings: Trainings, tmp_path: Path) -> None:
    name = "../../<img src=x onerror=alert(1)>\u202e"
    started = trainings.start(asked(trainings, name=name, fields={"epochs": 1}))
    until(trainings, started.id, over)
    assert started.state == "finished", started
    assert started.path is not None
    assert started.path.parent == tmp_path / "runs"
    assert "<" not in started.path.name
    assert sorted(path.name for path in tmp_path.iterdir()) == ["runs"]


# ---- Events, without a process.


def test_a_damaged_file_costs_its_lines_alone(tmp_path: Path) -> None:
    file = tmp_path / "events.jsonl"
    reader = EventReader(file)
    assert list(reader.new()) == []
    note = {"event": "note", "en": "one", "fr": "un"}
    line = json.dumps(note).encode() + b"\n"
    garbage = [
        b"\x00\xff\xfe\n",
        b"{}\n",
        b"[1, 2]\n",
        b'{"event": "note"}\n',
        b'{"event": "note", "en": 1, "fr": "un"}\n',
        b'{"event": "unknown"}\n',
        b'{"event": ["note"]}\n',
        b"[" * 100_000 + b"\n",
        b'{"event": "end", "how": "finished", "message": null, "at": Infinity}\n',
    ]
    file.write_bytes(line + b"".join(garbage) + line + line[:10])
    assert list(reader.new()) == [note, note]
    assert reader.unreadable == len(garbage)
    with file.open("ab") as more:
        more.write(line[10:])
    assert list(reader.new()) == [note]
    file.write_bytes(b"")
    with pytest.raises(RunError, match="was cut"):
        list(reader.new())


def test_a_full_disk_costs_lines_and_no_training(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = tmp_path / "events.jsonl"
    writer = EventWriter(file)
    writer.write("note", en="one", fr="un")
    real = os.write

    def half(descriptor: int, content: bytes) -> int:
        return real(descriptor, content[:9])

    def full(descriptor: int, content: bytes) -> int:
        raise OSError(errno.ENOSPC, "full")

    for refusing in (half, full):
        monkeypatch.setattr(os, "write", refusing)
        writer.write("note", en="lost", fr="perdu")
    monkeypatch.setattr(os, "write", real)
    writer.write("note", en="two\nlines", fr="deux\nlignes \udc80")
    assert [event["en"] for event in EventReader(file).new()] == ["one", "two\nlines"]


def step(epoch: int, number: int, loss: float, accuracy: float) -> StepRecord:
    return StepRecord(epoch, 2, number, 3, loss, accuracy, 100.0, 0.0, 5.0)


def test_points_are_of_their_own_steps(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Means over the epoch so far come in; by hand, of 10 examples in batches of 4, 4 and 2: what each step had."""
    file = tmp_path / "events.jsonl"

    class Examples(list[int]):
        pass

    stored = SimpleNamespace(info={"network": {"parameters": 10}, "recipe": {"batch_size": 4}})
    monkeypatch.setattr("prunelle.page.events.Run.open", lambda path: stored)
    now = [0.0]
    telling = Telling(EventWriter(file), lambda parameters, epochs: 2, clock=lambda: now[0])
    telling.on_started(Started(tmp_path / "run", "n", "d", 2, 0, 3, examples=Examples(range(10))))  # type: ignore[arg-type]
    losses, right = [3.0, 2.0, 1.0], [1, 2, 2]
    seen = [4, 8, 10]
    for number in (1, 2, 3):
        now[0] += 1
        total = sum(loss * size for loss, size in zip(losses[:number], (4, 4, 2), strict=False))
        telling.on_step(step(1, number, total / seen[number - 1], sum(right[:number]) / seen[number - 1]))
    row = EpochRecord(1, 2, 2.2, 0.5, 0.7, float("nan"), 1e-3, 1.0, 10.0, 0.0, True, Note("no", "non"))
    telling.on_epoch(row)
    training = Training("x", tmp_path)
    for event in EventReader(file).new():
        training.take(event)
    assert [point[0] for point in training.points] == pytest.approx([1 / 3, 2 / 3, 1])
    assert [point[1] for point in training.points] == pytest.approx(losses)
    assert [point[2] for point in training.points] == pytest.approx([1 / 4, 2 / 4, 2 / 2])
    assert training.rows[0]["val_accuracy"] is None  # no number, and no JSON that a browser refuses
    assert training.epochs_kept == []  # every second is kept
    assert training.warning == Note("no", "non")


def test_steps_that_are_done_again_replace_those_before(tmp_path: Path) -> None:
    training = Training("x", tmp_path)
    started = {
        "event": "started",
        "path": "/r",
        "network": "n",
        "data": "d",
        "parameters": 1,
        "keeps_every": 1,
    }
    training.take({**started, "epochs": 3, "epoch": 0, "steps": 2})

    def tell(epoch: int, number: int) -> None:
        values = {"loss": epoch + number / 10, "accuracy": 0.5, "images_per_second": 1.0, "seconds_left": 1.0}
        training.take(
            {"event": "step", "epoch": epoch, "epochs": 3, "step": number, "steps": 2, "unit": "x", **values}
        )

    for epoch, number in ((1, 1), (1, 2), (2, 1), (2, 2), (3, 1)):
        tell(epoch, number)
    training.take({**started, "epochs": 3, "epoch": 1, "steps": 2})  # as of the end of the first epoch
    assert [point[0] for point in training.points] == [0.5, 1.0]
    assert training.redone == 1
    tell(2, 2)
    tell(2, 1)  # by another page's process: earlier than what was told
    assert [point[0] for point in training.points] == [0.5, 1.0, 1.5]


def test_how_many_epochs_are_kept() -> None:
    assert keeps_every(60_000, 40) == 1
    most = MOST_KEPT // (4 * 11_000_000)  # of a network like ResNet-18
    every = keeps_every(11_000_000, 90)
    assert 90 // every <= most < 90 // (every - 1)
    assert keeps_every(138_000_000, 10) == 0


def test_the_line_for_a_shell_quotes() -> None:
    request = Request(
        runs="runs", language="en", data="/a b/c", recipe="fast", fields={"learning_rate": 1e-3}
    )
    assert command(request) == "prunelle train '/a b/c' --recipe fast --lr 0.001"


def test_records_of_a_stranger_lead_nowhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Links, pipes and paths in a folder of runs that came from elsewhere."""
    runs, outside = tmp_path / "runs", tmp_path / "outside"
    (outside / "run").mkdir(parents=True)
    (outside / "run" / "run.json").write_text("{}")
    precious = outside / "precious"
    precious.write_text("precious")
    record = Record.new(runs)
    request = json.dumps(dataclasses.asdict(Request(runs=str(runs), language="en")))
    record.file("request.json").write_text(request)
    record.file("lock").write_text("")
    begin = {"event": "begin", "pid": 1, "at": 0.0, "goes_on": False}
    counts = {"epochs": 3, "epoch": 1, "steps": 2, "parameters": 1, "keeps_every": 1}
    for path in (outside / "run", runs / ".." / "outside" / "run", runs):
        started = {"event": "started", "path": str(path), "network": "n", "data": "d", **counts}
        record.file("events.jsonl").write_text(json.dumps(begin) + "\n" + json.dumps(started) + "\n")
        (found,) = Trainings(runs).all()
        assert found.path in (None, runs)
    record.file("events.jsonl").unlink()
    os.mkfifo(record.file("events.jsonl"))  # which would be waited for
    (found,) = Trainings(runs).all()
    assert found.state == "failed"
    record.file("events.jsonl").unlink()
    for name in ("events.jsonl", "stderr.txt", "lock"):
        record.file(name).unlink(missing_ok=True)
        record.file(name).symlink_to(precious)
    monkeypatch.setattr("prunelle.page.record.sys.executable", "/bin/ls")
    record.start(Request(runs=str(runs), language="en")).wait()
    EventWriter(record.file("events.jsonl")).write("note", en="a", fr="b")
    assert precious.read_text() == "precious"
    (runs / ".trainings" / "link").symlink_to(record.folder)
    assert [each.id for each in Record.all(runs)] == [record.id]


def test_runs_that_were_moved_are_found(tmp_path: Path) -> None:
    training = Training("x", tmp_path)
    (tmp_path / "a-run").mkdir()
    (tmp_path / "a-run" / "run.json").write_text("{}")
    counts = {"epochs": 3, "epoch": 1, "steps": 2, "parameters": 1, "keeps_every": 1}
    training.take({"event": "started", "path": "/before/a-run", "network": "n", "data": "d", **counts})
    assert training.path == tmp_path / "a-run"


def test_one_that_cannot_be_followed_holds_up_no_other(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whatever it is that was not thought of."""
    trainings = Trainings(tmp_path)
    for _ in range(2):
        Record.new(tmp_path).file("request.json").write_text("{}")
    first = min(Record.all(tmp_path), key=lambda record: record.id)
    EventWriter(first.file("events.jsonl")).write("note", en="a", fr="b")
    monkeypatch.setattr(Training, "_note", lambda *_: 1 / 0)
    heard: list[str] = []
    trainings.subscribe(lambda training: heard.append(training.id))
    end = time.monotonic() + 20
    while len(set(heard)) < 2 and time.monotonic() < end:
        time.sleep(0.05)
    states = {training.id: training.message for training in trainings.all()}
    assert states[first.id] == "ZeroDivisionError: division by zero"
    assert len(states) == 2
    trainings.close()


def test_so_many_at_once(trainings: Trainings, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("prunelle.page.record.sys.executable", "/bin/cat")
    monkeypatch.setattr("prunelle.page.trainings.MOST_AT_ONCE", 0)
    with pytest.raises(ArgumentError, match="going on already"):
        trainings.start(asked(trainings))
    assert not trainings.runs.exists()


# ---- What may be trained on.


def test_only_what_was_named_at_the_start(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PRUNELLE_DATA", str(tmp_path / "none"))
    named, secret = tmp_path / "named", tmp_path / "named-secret"
    for folder in (named / "photos" / "cats", named / "empty", secret / "photos"):
        folder.mkdir(parents=True)
    (named / "beats.ts").write_text("")
    (named / "series").mkdir()
    for name in ("a_TRAIN.ts", "a_TEST.ts", "b_TEST.ts", ".hidden.ts", "picture.png"):
        (named / "series" / name).write_text("")
    (named / "out").symlink_to(secret)
    choices = DataChoices([named])
    assert {choice.key: choice.data for choice in choices.all()} == {
        "digits": "digits",
        "folder-0": str(named),
        "folder-0/beats.ts": str(named / "beats.ts"),
        "folder-0/photos": str(named / "photos"),
        "folder-0/series/a_TRAIN.ts": str(named / "series" / "a_TRAIN.ts"),  # with its test
        "folder-0/series/b_TEST.ts": str(named / "series" / "b_TEST.ts"),
    }
    assert choices.chosen("folder-0/photos") == str(named / "photos")
    assert choices.chosen("photos/cats") == str(named / "photos" / "cats")
    assert choices.chosen(str(named / "photos")) == str(named / "photos")
    outside = [
        "/etc",
        "..",
        "../named-secret",
        "out",
        "out/photos",
        str(secret),
        "~",
        "a\0b",
        "",
        None,
        5,
    ]
    for typed in outside:
        with pytest.raises(ArgumentError, match="inside a folder that prunelle open was given"):
            choices.chosen(typed)
    with pytest.raises(ArgumentError, match=r"given \(none\)"):
        DataChoices([]).chosen(str(named))
