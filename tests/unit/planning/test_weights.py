"""Which output of foreign weights is taken for which class, and what follows from the order."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from safetensors.torch import save_file

import prunelle as pn
from prunelle.errors import DataError
from prunelle.planning.weights import Pretrained, outputs_note
from prunelle.runs.listener import Quiet
from prunelle.texts import Note


class Listening(Quiet):
    def __init__(self) -> None:
        self.notes: list[str] = []

    def on_note(self, note: Note) -> None:
        self.notes.append(note.en)


def test_names_that_agree_need_no_word() -> None:
    assert outputs_note("w", ("cat", "dog"), ("cat", "dog")) is None
    assert outputs_note("w", ("fore\u0302t", "mer"), ("forêt", "mer")) is None


def test_the_first_outputs_are_listed() -> None:
    note = outputs_note("w.pth", None, tuple("abcdefgh"))
    assert note is not None
    assert "Nothing says what the outputs of w.pth are" in note.en
    for text in (note.en, note.fr):
        assert "0 → a, 1 → b, 2 → c, 3 → d, 4 → e, 5 → f, …" in text
        assert "order of" not in text
    other = outputs_note("run", ("cow", "cat"), ("cat", "dog"))
    assert other is not None
    assert "were cow, cat; they are taken for the classes of the data in order: 0 → cat, 1 → dog" in other.en


@pytest.mark.parametrize(
    ("classes", "said"),
    [
        (
            ("0", "1", "10", "2"),
            "in the order of text: output 2 is 10, and would be 2 in the order of numbers",
        ),
        (
            ("0", "1", "2", "10"),
            "in the order of numbers: output 2 is 2, and would be 10 in the order of text",
        ),
        (("-1", "1"), None),
        (tuple("0123456789"), None),
        (("00", "01", "10"), None),
        (("1", "10", "two"), None),
    ],
)
def test_numbers_say_what_their_order_changes(classes: tuple[str, ...], said: str | None) -> None:
    note = outputs_note("w", None, classes)
    assert note is not None
    assert (said or "") in note.en
    for text, word in ((note.en, "wrong"), (note.fr, "faux")):
        assert (word in text) == (said is not None)


def test_it_is_said_where_foreign_weights_meet_data(tmp_path: Path) -> None:
    """In evaluate, and in train where the last layer is kept; not where it starts anew."""
    classes = tuple(sorted(str(i) for i in range(11)))
    images = np.random.default_rng(0).integers(0, 256, (22, 12, 12), np.uint8)
    data = pn.from_arrays(images, np.array(classes * 2), validation=0, test=0.5)
    network = pn.build("course-look", num_classes=11, in_channels=1, input_size=(12, 12))
    path = tmp_path / "w.safetensors"
    save_file(network.state_dict(), path)
    options = {"mean": (0.5,), "std": (0.5,), "size": 12}
    said = "output 2 is 10, and would be 2"
    listening = Listening()
    pn.evaluate(pn.pretrained("course-look", path, style="quiet", **options), data, style=listening)
    assert sum(said in note for note in listening.notes) == 1
    listening = Listening()
    common = {"weights": path, "style": listening, "epochs": 1, **options}
    pn.train("course-look", data, output=tmp_path / "run", **common)
    assert sum(said in note for note in listening.notes) == 1
    listening.notes.clear()
    fewer = pn.from_arrays(images, np.arange(22) % 2, validation=0, test=0)
    pn.train("course-look", fewer, output=tmp_path / "other", **common)
    assert not any("taken for the classes" in note for note in listening.notes)


def test_folders_that_are_numbers_are_no_indices_of_named_outputs(tmp_path: Path) -> None:
    network = pn.build("course-look", num_classes=2, in_channels=1, input_size=(12, 12)).eval()
    named = Pretrained(
        network, ("cat", "dog"), True, pn.Preprocess(size=(12, 12), channels=1, mean=(0.5,), std=(0.5,)), "w"
    )
    data = pn.from_arrays(np.zeros((6, 12, 12), np.uint8), np.arange(6) % 2)
    with pytest.raises(DataError, match=r"does not know the class '0'.*give them these names: 0 is 'cat'"):
        pn.evaluate(named, data, style="quiet")
