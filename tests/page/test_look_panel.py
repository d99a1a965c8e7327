"""The panel "look", as the browser speaks to it: messages in, messages out."""

from __future__ import annotations

import io
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

import prunelle as pn
from prunelle.errors import ArgumentError
from prunelle.page.house import House, key_of
from prunelle.page.look import LookPanel
from prunelle.page.panel import Opening
from prunelle.page.wire import Frame, Message, decode, encode


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> pn.Run:
    folder = tmp_path_factory.mktemp("runs") / "digits"
    return pn.train("course-look", pn.load("digits"), pn.Recipe(epochs=1), output=folder, style="quiet")


@pytest.fixture
def house(run: pn.Run) -> House:
    return House(runs_folder=run.path.parent)


Ask = Callable[..., tuple[dict[str, Any], list[np.ndarray]]]


def opened(house: House, language: str = "en", **options: Any) -> tuple[LookPanel, list[Message]]:
    pushed: list[Message] = []
    opening = Opening(house=house, push=pushed.append, language=language, options=options)  # type: ignore[arg-type]
    return LookPanel(opening), pushed


def asking(panel: LookPanel) -> Ask:
    """``ask(type=…)`` as the wire would carry question and answer."""

    def ask(*arrays: np.ndarray, **content: Any) -> tuple[dict[str, Any], list[np.ndarray]]:
        question = decode(encode(Frame("look", 1, Message(content, arrays)))).message
        answer = panel.receive(question)
        assert answer is not None
        carried = decode(encode(Frame("look", 1, answer))).message
        return dict(carried.content), list(carried.arrays)

    return ask


def test_the_state_says_what_there_is(run: pn.Run, house: House) -> None:
    panel, _ = opened(house, subject=key_of(run.path))
    state = panel.opened().content
    json.dumps(state, allow_nan=False)
    assert (state["kind"], state["trained"], state["run"]) == ("pictures", True, key_of(run.path))
    assert (state["size"], state["channels"], state["drawable"], state["ink"]) == ([8, 8], 1, True, "light")
    assert state["classes"] == [str(digit) for digit in range(10)]
    assert state["samples"] == len(pn.load("digits").test)
    first, last = state["layers"][0], state["layers"][-1]
    assert first["kinds"] == ["Conv2d", "ReLU"]
    assert len(first["shape"]) == 3
    assert last["shape"] == [10]
    assert {layer["stage"] for layer in state["layers"]} == {"features", "head"}


def test_a_drawing_and_its_maps(run: pn.Run, house: House) -> None:
    panel, _ = opened(house, subject=key_of(run.path))
    ask, layers = asking(panel), panel.opened().content["layers"]
    assert ask(type="watch", maps={layers[0]["name"]: {"first": 0, "last": 4, "side": 64}})[0] == {
        "type": "watched"
    }
    canvas = np.zeros((64, 64), np.uint8)
    canvas[10:50, 30:36] = 255
    content, arrays = ask(canvas, type="picture", source="canvas")
    probabilities = arrays[content["probabilities"]["array"]]
    assert probabilities.dtype == np.float32
    assert probabilities.sum() == pytest.approx(1, abs=1e-5)
    assert arrays[content["input"]["array"]].shape == (8, 8, 1)
    (maps,) = content["maps"]
    assert arrays[maps["maps"]["array"]].shape == (4, *layers[0]["shape"][1:])
    assert arrays[maps["maps"]["array"]].dtype == np.uint8
    assert content["ms"] > 0

    file = io.BytesIO()
    Image.fromarray(canvas).save(file, "png")
    uploaded, others = ask(
        np.frombuffer(file.getvalue(), np.uint8), type="picture", source="file", name="<b>.png"
    )
    np.testing.assert_array_equal(others[uploaded["probabilities"]["array"]], probabilities)


def test_samples(run: pn.Run, house: House) -> None:
    panel, _ = opened(house, subject=key_of(run.path))
    ask = asking(panel)
    content, arrays = ask(type="samples", first=2, last=5)
    assert arrays[content["pictures"]["array"]].shape == (3, 8, 8, 3)
    answer, _ = ask(type="picture", source="sample", index=2)
    assert answer["label"] == content["labels"][0]


def test_who_looks_at_one_run_shares_its_network(run: pn.Run, house: House) -> None:
    first, second = (opened(house, subject=key_of(run.path))[0] for _ in range(2))
    assert first._explorer is second._explorer
    assert first._look is not second._look


def test_what_was_not_listed_is_not_opened(house: House, tmp_path: Path) -> None:
    with pytest.raises(ArgumentError, match="no such run"):
        opened(house, subject="../../etc")
    with pytest.raises(ArgumentError, match="nothing was chosen yet"):
        opened(house)


@pytest.mark.parametrize(
    ("content", "words"),
    [
        ({"type": "nonsense"}, "has no 'nonsense'"),
        ({"type": ["list"]}, "has no"),
        ({"type": "samples", "first": "0", "last": 3}, "first must be a whole number; received '0'"),
        ({"type": "samples", "first": True, "last": 3}, "first must be a whole number"),
        ({"type": "picture", "source": "disk"}, "one array must come with it"),
        ({"type": "picture", "source": 7}, "source must be a text"),
        ({"type": "watch", "maps": [1]}, "maps must name layers"),
    ],
)
def test_questions_are_read_with_care(run: pn.Run, house: House, content: dict[str, Any], words: str) -> None:
    panel, _ = opened(house, subject=key_of(run.path))
    with pytest.raises(ArgumentError, match=words):
        panel.receive(Message(content))


def test_a_named_network(tmp_path: Path) -> None:
    panel, _ = opened(House(subject="lenet5", runs_folder=tmp_path))
    state = panel.opened().content
    assert (state["trained"], state["classes"], state["samples"], state["run"]) == (False, None, 0, None)
