"""What a training shows: lines, JSON, nothing, and the live line in a real terminal."""

from __future__ import annotations

import contextlib
import dataclasses
import io
import json
import os
import re
import sys
from collections.abc import Iterator
from typing import TextIO

import pytest

from prunelle.console import lines
from prunelle.console import listeners as console
from prunelle.texts import FR, Note
from prunelle.training.records import EpochRecord, StepRecord

STEP = StepRecord(
    epoch=2,
    epochs=10,
    step=63,
    steps=100,
    loss=0.13114,
    accuracy=0.9625,
    images_per_second=5210.4,
    data_wait=0.014,
    seconds_left=133.2,
)
EPOCH = EpochRecord(
    epoch=2,
    epochs=10,
    train_loss=0.131,
    train_accuracy=0.9625,
    val_loss=0.2,
    val_accuracy=1.0,
    learning_rate=1e-3,
    seconds=61.0,
    images_per_second=5210.4,
    data_wait=0.014,
    improved=True,
)
WARNING = dataclasses.replace(EPOCH, warning=Note("It [does not] learn.", "Il n'apprend pas."))


def test_the_live_line_says_everything() -> None:
    assert lines.step_line(STEP) == (
        "epoch 2/10   63\xa0%  loss 0.1311  accuracy 96.25\xa0%  5,210 images/s  data wait 1\xa0%  02:13 left"
    )
    assert lines.step_line(STEP, FR) == (
        "époque 2/10   63\xa0%  perte 0,1311  exactitude 96,25\xa0%  5\u202f210 images/s  "
        "attente des données 1\xa0%  encore 02:13"
    )


@pytest.mark.parametrize(
    ("seconds", "expected"),
    [(0, "00:00"), (59.6, "01:00"), (3599, "59:59"), (3661, "1:01:01"), (-1, "00:00")],
)
def test_clock(seconds: float, expected: str) -> None:
    assert lines.clock(seconds) == expected


def test_a_line_an_epoch() -> None:
    assert lines.epoch_line(EPOCH) == (
        "epoch  2/10  loss 0.1310  accuracy  96.25\xa0%  val loss 0.2000  val accuracy 100.00\xa0% *  "
        "5,210 images/s  01:01"
    )
    assert lines.epoch_line(dataclasses.replace(EPOCH, unit="series"), FR) == (
        "époque  2/10  perte 0,1310  exactitude  96,25\xa0%  perte val. 0,2000  exactitude val. 100,00\xa0% *  "
        "5\u202f210 séries/s  01:01"
    )
    without = dataclasses.replace(EPOCH, val_loss=None, val_accuracy=None)
    assert "5,210 series/s" in lines.epoch_line(dataclasses.replace(EPOCH, unit="series"))
    assert "val" not in lines.epoch_line(without)
    assert "*" not in lines.epoch_line(dataclasses.replace(EPOCH, improved=False))


def feed(listener: console.Listener) -> None:
    listener.on_progress(Note("decoding train", "décodage de train"), 10, 100)
    listener.on_progress(Note("decoding train", "décodage de train"), 100, 100)
    listener.on_note(Note("A note about [old] files.", "Une note."))
    listener.on_step(STEP)
    listener.on_epoch(WARNING)
    listener.close()


def test_plain_lines(capsys: pytest.CaptureFixture[str]) -> None:
    feed(console.make_listener("lines"))
    out, err = capsys.readouterr()
    assert out == ""
    assert err.splitlines() == [
        "A note about [old] files.",
        lines.epoch_line(EPOCH),
        "Warning: It [does not] learn.",
    ]


def test_quiet_says_nothing(capsys: pytest.CaptureFixture[str]) -> None:
    feed(console.make_listener("quiet"))
    assert capsys.readouterr() == ("", "")


def test_json_lines_are_on_standard_output(capsys: pytest.CaptureFixture[str]) -> None:
    feed(console.make_listener("json"))
    out, err = capsys.readouterr()
    assert err == ""
    note, epoch, warning = [json.loads(line) for line in out.splitlines()]
    assert note == {"event": "note", "text": "A note about [old] files."}
    assert epoch.pop("event") == "epoch"
    assert epoch == {key: value for key, value in dataclasses.asdict(EPOCH).items() if key != "warning"}
    assert warning == {"event": "warning", "text": "It [does not] learn."}


def test_json_lines_as_they_come() -> None:
    """A program that reads them must not wait for a buffer to fill."""

    class Stream(io.StringIO):
        flushes = 0

        def flush(self) -> None:
            self.flushes += 1

    stream = Stream()
    before, sys.stdout = sys.stdout, stream
    try:
        console.make_listener("json").on_epoch(EPOCH)
    finally:
        sys.stdout = before
    assert stream.flushes >= 1


@pytest.fixture
def terminal(monkeypatch: pytest.MonkeyPatch) -> Iterator[tuple[int, TextIO]]:
    """A terminal of 120 columns: the end from which it is read, the end to which one writes."""
    pty = pytest.importorskip("pty")
    ours, theirs = pty.openpty()
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.setenv("COLUMNS", "120")
    for variable in ("NO_COLOR", "FORCE_COLOR"):
        monkeypatch.delenv(variable, raising=False)
    with os.fdopen(theirs, "w") as stream:
        yield ours, stream
    os.close(ours)


def test_a_terminal_gets_a_live_line(terminal: tuple[int, TextIO], monkeypatch: pytest.MonkeyPatch) -> None:
    read, write = terminal
    with monkeypatch.context() as patch:
        patch.setattr(sys, "stderr", write)
        feed(console.make_listener("auto"))
    write.close()
    written = b""
    # The end of a terminal is an error on Linux, and empty elsewhere.
    with contextlib.suppress(OSError):
        while chunk := os.read(read, 65536):
            written += chunk
    shown = re.sub(r"\x1b\[[0-9;?]*[A-Za-z]", "", written.decode())
    assert f"decoding train  {'━' * 2}{'─' * 22}   10\xa0%  10 of 100" in shown
    assert lines.step_line(STEP) in shown
    assert shown.index(lines.step_line(STEP)) < shown.index(lines.epoch_line(EPOCH))
    assert "A note about [old] files." in shown


def test_what_is_no_terminal_gets_lines(capsys: pytest.CaptureFixture[str]) -> None:
    feed(console.make_listener("auto"))
    assert "left" not in capsys.readouterr().err
