"""What a task shows in a notebook: one card, replaced in place."""

from __future__ import annotations

import dataclasses
import re
from pathlib import Path
from xml.etree import ElementTree

import pytest

from prunelle.console import cell, lines, listeners
from prunelle.console.notebook import InNotebook
from prunelle.errors import Diverged, Interrupted
from prunelle.runs.listener import Failed, Finished, Started
from prunelle.texts import FR, Language, Note
from prunelle.training.records import EpochRecord
from tests.unit.console.test_console import EPOCH, STEP

STARTED = Started(Path("runs/a"), "lenet5", "<digits>", epochs=20, epoch=0, steps=100)
METRICS = {"test": {"accuracy": 0.9889, "interval": [0.9604, 0.9969], "loss": 0.03, "n": 180}}


class Kept(cell.Place):
    """Keeps what is shown, and is always ready for more."""

    def __init__(self) -> None:
        super().__init__()
        self.shown: list[tuple[str, str]] = []
        self.ready = True

    def due(self) -> bool:
        """Whenever the test says."""
        return self.ready

    def show(self, html: str, text: str) -> None:
        """Kept."""
        self.shown.append((html, text))
        self.taken = True


@pytest.fixture
def place() -> Kept:
    return Kept()


def epochs(number: int) -> list[EpochRecord]:
    return [
        dataclasses.replace(
            EPOCH, epoch=n, epochs=20, train_loss=2.0 / n, val_loss=2.5 / n, val_accuracy=1 - 0.5 / n
        )
        for n in range(1, number + 1)
    ]


def words(html: str) -> str:
    """What a person reads."""
    tree = ElementTree.fromstring(html)
    for style in tree.findall("style"):
        tree.remove(style)
    return re.sub(r"\s+", " ", " ".join(tree.itertext()).replace("\xa0", " "))


def listening(place: Kept, language: Language = "en") -> InNotebook:
    listener = InNotebook(language, place)
    listener.on_started(STARTED)
    return listener


def test_one_bar_and_two_curves_while_it_trains(place: Kept) -> None:
    listener = listening(place)
    for record in epochs(3):
        listener.on_epoch(record)
    listener.on_step(dataclasses.replace(STEP, epoch=4, epochs=20, step=50))
    html = place.shown[-1][0]
    tree = ElementTree.fromstring(html)
    assert "lenet5 on <digits>" in words(html)
    assert "epoch 4/20 50 % loss 0.1311 accuracy 96.25 %" in words(html)
    # 3.5 of 20 epochs, counted by hand.
    (bar,) = (each for each in tree.iter("div") if "width" in each.get("style", ""))
    assert bar.get("style") == "width:17.5%"
    loss, accuracy = tree.iter("svg")
    assert loss.get("aria-label") == "Loss; training 2 → 0.667; validation 2.5 → 0.833"
    assert "validation 50.0\xa0% → 83.3\xa0%" in (accuracy.get("aria-label") or "")
    # A point an epoch, the third 2/19 of the way to the twentieth.
    training, _ = (each.get("d") or "" for each in loss.iter("path") if each.get("stroke-width"))
    assert [float(x) for x in re.findall(r"[ML]([\d.]+) ", training)] == [46.0, 59.9, 73.8]


def test_its_text_has_the_lines_of_a_console(place: Kept) -> None:
    listener = listening(place)
    listener.on_note(Note("A note.", "Une note."))
    records = epochs(20)
    for record in records:
        listener.on_epoch(record)
    listener.on_finished(Finished(STARTED.path, METRICS))
    listener.close()
    expected = [
        "A note.",
        *map(lines.epoch_line, records),
        "Test accuracy: 98.89\xa0% (95\xa0% interval 96.04\xa0% to 99.69\xa0%) on 180 examples",
    ]
    html, text = place.shown[-1]
    assert text.split("\n") == expected
    assert "runs/a/report.html" in words(html)
    assert "pc-bar" not in html.partition("</style>")[2]


def test_what_is_saved_of_hundreds_of_epochs_stays_small(place: Kept) -> None:
    listener = listening(place)
    for number in range(1, 1001):
        listener.on_epoch(dataclasses.replace(EPOCH, epoch=number, epochs=1000, val_loss=1 / number))
        listener.on_note(Note("Again.", "Encore."))
    html, text = place.shown[-1]
    assert len(html) < 20_000
    assert text.count("epoch ") == 50
    assert "and 988 more" in words(html)


def test_between_two_looks_nothing_is_drawn(place: Kept) -> None:
    listener = listening(place)
    place.ready = False
    before = len(place.shown)
    for record in epochs(19):
        listener.on_step(STEP)
        listener.on_epoch(record)
    assert len(place.shown) == before
    listener.on_epoch(dataclasses.replace(EPOCH, epoch=20, epochs=20))  # the last is
    assert len(place.shown) == before + 1
    assert "Writing the report…" in words(place.shown[-1][0])


def test_a_stop_says_how_far_it_went_and_how_to_go_on(place: Kept) -> None:
    listener = listening(place, "fr")
    for record in epochs(2):
        listener.on_epoch(record)
    listener.on_step(dataclasses.replace(STEP, epoch=3, epochs=20, step=25))
    place.ready = False
    listener.on_step(dataclasses.replace(STEP, epoch=3, epochs=20, step=75))  # not shown, and counts
    listener.on_failed(
        Failed(STARTED.path, Interrupted("Stopped", 130), go_on="prunelle.train(resume='runs/a')")
    )
    html, text = place.shown[-1]
    read = words(html).replace("\u202f", " ")
    said = "Arrêté dans l’époque 3 sur 20, après 75 % de celle-ci."
    assert said in read
    assert "Tout est enregistré ; pour continuer : prunelle.train(resume='runs/a')" in read
    assert len(list(ElementTree.fromstring(html).iter("svg"))) == 2
    assert text.split("\n")[-1].replace("\xa0", " ").startswith(said)
    assert FR.note(Note("", "pour continuer :")) in text


def test_what_cannot_go_on_says_why(place: Kept) -> None:
    listener = listening(place)
    listener.on_failed(Failed(STARTED.path, Diverged("The loss is no number.\nMore."), go_on=None))
    assert "Failed: The loss is no number." in words(place.shown[-1][0])
    assert "go on with" not in words(place.shown[-1][0])


def test_trainings_of_a_comparison_take_turns_in_one_place(place: Kept) -> None:
    listener = listening(place)
    listener.on_finished(Finished(STARTED.path, METRICS))
    listener.on_started(dataclasses.replace(STARTED, path=Path("runs/b"), network="dense"))
    html = place.shown[-1][0]
    assert "dense on" in words(html)
    assert "pc-bar" in html.partition("</style>")[2]
    listener.on_finished(Finished(Path("runs/b"), METRICS))
    assert "Trainings done: 2" in words(place.shown[-1][0])
    assert "runs/a: Test accuracy" in words(place.shown[-1][0])


def test_work_that_is_no_training_shows_progress_and_what_was_said(place: Kept) -> None:
    listener = InNotebook("en", place)
    listener.on_progress(Note("decoding", "décodage"), 1, 4)
    assert "decoding ━━━━━━" in words(place.shown[-1][0])
    listener.on_note(Note("One could not be read.", "Une."))
    listener.on_progress(Note("decoding", "décodage"), 4, 4)
    listener.close()
    html, text = place.shown[-1]
    assert "decoding" not in words(html)
    assert text == "One could not be read."


def test_nothing_to_say_shows_nothing(place: Kept) -> None:
    place.ready = False
    listener = InNotebook("en", place)
    listener.on_progress(Note("decoding", "décodage"), 1, 4)
    listener.on_progress(Note("decoding", "décodage"), 4, 4)
    listener.close()
    assert place.shown == []


def test_plain_python_is_no_notebook(monkeypatch: pytest.MonkeyPatch) -> None:
    assert not cell.in_notebook()
    monkeypatch.setattr(listeners, "in_notebook", lambda: True)
    assert isinstance(listeners.make_listener("auto"), InNotebook)
    assert isinstance(listeners.make_listener("live"), InNotebook)
    assert not isinstance(listeners.make_listener("lines"), InNotebook)
    assert not isinstance(listeners.make_listener("quiet"), InNotebook)
