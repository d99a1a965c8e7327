"""The panel "look", as the browser speaks to it: messages in, messages out."""

from __future__ import annotations

import io
import json
import os
import shutil
import time
from collections.abc import Callable, Iterator
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
    with pytest.raises(ArgumentError, match="nothing was chosen yet, and there is no run"):
        opened(House(runs_folder=tmp_path / "none"))


def test_where_nothing_was_chosen_the_run_that_learned_last_is_looked_at(
    run: pn.Run, house: House, tmp_path: Path
) -> None:
    assert opened(house)[0].opened().content["folder"] == run.path.name
    older, newer = tmp_path / "b-older", tmp_path / "a-newer"
    for folder in (older, newer):
        shutil.copytree(run.path, folder)
    for weights in (older / "weights").iterdir():
        os.utime(weights, (1, 1))
    (tmp_path / "c-empty").mkdir()
    shutil.copy(run.path / "run.json", tmp_path / "c-empty")
    for weights in (newer / "weights").iterdir():
        os.utime(weights)
    assert opened(House(runs_folder=tmp_path))[0].opened().content["folder"] == "a-newer"


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


# ---- Values, edits, and what comes of them


@pytest.fixture
def look(run: pn.Run, house: House) -> Iterator[tuple[LookPanel, Ask, list[Message]]]:
    """A panel with a picture."""
    panel, pushed = opened(house, subject=key_of(run.path))
    ask = asking(panel)
    ask(type="picture", source="sample", index=0)
    yield panel, ask, pushed
    panel.close()


def test_a_value_adds_up(run: pn.Run, look: tuple[LookPanel, Ask, list[Message]]) -> None:
    _, ask, _ = look
    content, arrays = ask(type="value", layer="features.0", channel=2, y=3, x=4)
    convolution, activation = content["steps"]
    assert (convolution["kind"], convolution["module"]) == ("convolution", "features.0")
    window, weights, inside, parts = (
        arrays[convolution[key]["array"]] for key in ("window", "weights", "inside", "parts")
    )
    assert window.shape == weights.shape == (1, 3, 3)
    assert inside.dtype == np.uint8
    total = float((window.astype(float) * weights).sum()) + convolution["bias"]
    assert convolution["result"] == pytest.approx(total, rel=1e-5, abs=1e-6)
    assert float(parts.sum()) == pytest.approx(total - convolution["bias"], rel=1e-5, abs=1e-6)
    assert convolution["at"] == {"y0": 2, "x0": 3, "dy": 1, "dx": 1}
    assert activation == {
        "kind": "activation",
        "name": "ReLU",
        "before": convolution["result"],
        "result": content["value"],
    }
    assert content["value"] == max(0.0, convolution["result"])
    assert content["position"] == {"layer": "features.0", "channel": 2, "y": 3, "x": 4}
    assert content["receptive"] == [2, 3, 3, 3]

    followed, _ = ask(type="follow", layer="features.0", channel=2, y=3, x=4, c=0, wy=1, wx=2)
    assert followed["linear"]
    (source,) = followed["sources"]
    assert source == {
        "layer": "input",
        "channel": 0,
        "y": 3,
        "x": 5,
        "weight": 1.0,
        "value": float(window[0, 1, 2]),
    }


def test_the_parts_of_a_sum_and_what_is_beside_them(tmp_path: Path) -> None:
    panel, _ = opened(House(subject="resnet20", runs_folder=tmp_path))
    ask = asking(panel)
    ask(
        np.random.default_rng(0).integers(0, 255, (32, 32, 3), dtype=np.uint8),
        type="picture",
        source="canvas",
    )
    name = next(layer["name"] for layer in panel.opened().content["layers"] if layer["kinds"] == ["ReLU"])
    content, _ = ask(type="value", layer=name, channel=3, y=4, x=5)
    added = content["steps"][0]
    assert added["kind"] == "sum"
    shares = [part["share"] for part in added["parts"]]
    assert [part["weight"] * part["value"] for part in added["parts"]] == shares
    assert {part["name"] for part in added["parts"]} <= {
        layer["name"] for layer in panel.opened().content["layers"]
    }
    assert added["result"] == pytest.approx(sum(shares) + added["rest"], rel=1e-5, abs=1e-6)
    assert added["unexplained"] == pytest.approx(0, abs=1e-5)
    panel.close()


def test_a_channel(look: tuple[LookPanel, Ask, list[Message]]) -> None:
    panel, ask, _ = look
    content, arrays = ask(type="channel", layer="features.2", channel=1)
    maps, kernel = arrays[content["map"]["array"]], arrays[content["kernel"]["array"]]
    weight = panel._explorer.explored.network.get_parameter("features.2.weight").detach().numpy()
    np.testing.assert_array_equal(kernel, weight[1])
    assert (content["low"], content["high"]) == (float(maps.min()), float(maps.max()))
    assert content["module"] == "features.2"
    pooled, _ = ask(type="channel", layer="features.4", channel=1)
    assert pooled["kernel"] is pooled["module"] is None


def test_what_excites_and_where(look: tuple[LookPanel, Ask, list[Message]]) -> None:
    _, ask, pushed = look
    content, arrays = ask(type="excite", layer="features.2", channel=1)
    crops = arrays[content["crops"]["array"]]
    assert crops.dtype == np.uint8
    assert len(crops) == len(content["values"]) == len(content["labels"])
    assert content["values"] == sorted(content["values"], reverse=True)
    last = [message.content for message in pushed if message.content["type"] == "progress"]
    assert not last or last[-1]["done"] == last[-1]["total"]  # another panel may have asked before
    where, arrays = ask(type="where", **{"class": 4})
    assert arrays[where["heat"]["array"]].shape == (8, 8)
    assert "HiRes-CAM" in where["how"]


def test_edits_and_their_accuracy(look: tuple[LookPanel, Ask, list[Message]]) -> None:
    _, ask, pushed = look
    before, arrays = ask(type="reset")
    unchanged = arrays[before["probabilities"]["array"]]
    assert before["unchanged"] is None
    edits = [
        {"kind": "off", "layer": "features.0", "channel": 0},
        {
            "kind": "kernel",
            "module": "features.2",
            "channel": 1,
            "input": 3,
            "values": [[0, 0, 0], [0, 9, 0], [0, 0, 0]],
        },
    ]
    content, arrays = ask(type="edit", edits=edits)
    assert content["edits"] == 2
    assert not np.allclose(arrays[content["probabilities"]["array"]], unchanged)
    np.testing.assert_allclose(arrays[content["unchanged"]["array"]], unchanged, atol=1e-6)
    deadline = time.monotonic() + 60
    while not (told := [m.content for m in pushed if m.content["type"] == "accuracy" and m.content["done"]]):
        assert time.monotonic() < deadline
        time.sleep(0.05)
    score = told[-1]
    assert score["edited"]
    assert score["n"] == score["total"] == score["before"]["n"] == len(pn.load("digits").test)
    assert score["low"] <= score["accuracy"] == score["correct"] / score["n"] <= score["high"]
    assert score["difference"]["value"] == pytest.approx(score["accuracy"] - score["before"]["accuracy"])
    json.dumps(score, allow_nan=False)

    learned, arrays = ask(type="learn", label=4, rate=0.01)
    assert learned["steps"] == 1
    assert ask(type="undo")[0]["steps"] == 0
    last, arrays = ask(type="reset")
    np.testing.assert_array_equal(arrays[last["probabilities"]["array"]], unchanged)
    assert ask(type="epoch", epoch=None)[0]["epoch"] is None


@pytest.mark.parametrize(
    ("content", "words"),
    [
        ({"type": "edit", "edits": "all"}, "edits must be a list"),
        ({"type": "edit", "edits": [7]}, "kind must be a text"),
        ({"type": "edit", "edits": [{"kind": "delete"}]}, "an edit is off or kernel; received 'delete'"),
        (
            {
                "type": "edit",
                "edits": [
                    {"kind": "kernel", "module": "features.0", "channel": 0, "input": 0, "values": [["a"]]}
                ],
            },
            "a number is needed",
        ),
        (
            {
                "type": "edit",
                "edits": [{"kind": "kernel", "module": "features.0", "channel": 0, "input": 0, "values": 3}],
            },
            "3 rows of 3",
        ),
        ({"type": "learn", "label": 0, "rate": True}, "a number is needed; received True"),
        ({"type": "learn", "label": 0, "rate": 10**400}, "rate must be above 0, at most 100; received inf"),
        ({"type": "epoch", "epoch": 3}, "epoch must be one whose weights"),
        (
            {"type": "value", "layer": "features.0", "channel": 99, "y": 0, "x": 0},
            "channel, row and column must be within",
        ),
        ({"type": "value", "layer": "features.0", "channel": 0, "y": -1, "x": 0}, "must be within"),
        ({"type": "value", "layer": "probabilities", "channel": 99, "y": 0, "x": 0}, "index of a class"),
        (
            {"type": "follow", "layer": "features.0", "channel": 0, "y": 0, "x": 0, "c": 0, "wy": 9, "wx": 0},
            "within the window",
        ),
        ({"type": "where", "class": -1}, "class must be the index of one"),
        ({"type": "excite", "layer": "<i>", "channel": 0}, "unknown layer '<i>'"),
    ],
)
def test_what_is_asked_wrongly_is_said(
    look: tuple[LookPanel, Ask, list[Message]], content: dict[str, Any], words: str
) -> None:
    panel, _, _ = look
    with pytest.raises(ArgumentError, match=words):
        panel.receive(Message(content))
