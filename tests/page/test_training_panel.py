"""The panel "training" in Python: what a browser may ask, what it is answered, and what is refused."""

from __future__ import annotations

import json
import shutil
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from prunelle.errors import ArgumentError, PrunelleError
from prunelle.page.house import House
from prunelle.page.panel import Opening
from prunelle.page.record import Request
from prunelle.page.training import TrainingPanel
from prunelle.page.trainings import Trainings
from prunelle.page.wire import Frame, Message, decode, encode
from prunelle.runs.epochs import epoch_weights
from prunelle.runs.run import Run


@pytest.fixture(scope="module")
def trained(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder of runs with one training, done."""
    runs = tmp_path_factory.mktemp("trained") / "runs"
    trainings = Trainings(runs)
    fields = {"epochs": 2, "seed": 1}
    training = trainings.start(Request(runs=str(runs), language="en", network="lenet5", fields=fields))
    end = time.monotonic() + 240
    while trainings[training.id].going:
        trainings.all()
        assert time.monotonic() < end, training
        time.sleep(0.1)
    assert training.state == "finished", training
    return runs


@pytest.fixture
def panel(trained: Path, tmp_path: Path) -> TrainingPanel:
    shutil.copytree(trained, tmp_path / "runs")
    made = TrainingPanel(
        Opening(house=House(runs_folder=tmp_path / "runs"), push=lambda _: None, language="fr", options={})
    )
    # As it goes over the wire.
    receive = made.receive

    def through_the_wire(message: Message) -> Message:
        answer = decode(encode(Frame("training", 1, receive(message)))).message
        json.dumps(answer.content, allow_nan=False)
        return answer

    made.receive = through_the_wire  # type: ignore[method-assign]
    return made


@pytest.fixture
def ask(panel: TrainingPanel) -> Callable[..., Message]:
    (training,) = panel.opened().content["trainings"]

    def asked(type: str, arrays: tuple[np.ndarray, ...] = (), **content: Any) -> Message:
        return panel.receive(Message({"type": type, "id": training["id"], **content}, arrays))

    return asked


def test_what_it_opens_with(panel: TrainingPanel) -> None:
    content = panel.opened().content
    assert content["data"][0] == {"key": "digits", "label": "digits"}
    (training,) = content["trainings"]
    assert (training["state"], training["network"], training["kept"]) == ("finished", "lenet5", [1, 2])
    assert training["epoch"] == training["epochs"] == 2
    json.dumps(content, allow_nan=False)


def test_all_points_of_the_one_that_is_followed(ask: Callable[..., Message], panel: TrainingPanel) -> None:
    answer = ask("follow")
    (points,) = answer.arrays
    assert points.shape[1] == 3
    assert points[-1, 0] == 2
    run = Run.open(panel._trainings.all()[0].path)  # type: ignore[arg-type]
    for epoch, row in enumerate(run.results(), start=1):
        # Each point is a mean over its steps, so the epoch's is their mean by how many they are.
        part = points[(points[:, 0] > epoch - 1) & (points[:, 0] <= epoch)]
        steps = np.diff(np.concatenate([[epoch - 1], part[:, 0]])) * 45
        assert (part[:, 1] * steps).sum() / 45 == pytest.approx(row["train_loss"], rel=0.02)
    assert [row["epoch"] for row in answer.content["rows"]] == [1, 2]


def test_kernels_and_answers_by_epoch(ask: Callable[..., Message], panel: TrainingPanel) -> None:
    run = Run.open(panel._trainings.all()[0].path)  # type: ignore[arg-type]
    for epoch in (1, 2):
        kernels = next(t for t in epoch_weights(run.path, epoch).values() if t.ndim == 4).numpy()
        answer = ask("filters", epoch=epoch)
        assert answer.content["limit"] == pytest.approx(float(np.abs(kernels).max()))
        expected = np.rint(np.clip(127.5 + 127.5 * kernels / np.abs(kernels).max(), 0, 255))
        np.testing.assert_allclose(answer.arrays[0][..., 0], expected[:, 0], atol=1)
    shown = ask("examples")
    assert shown.content["ink"] == "light"
    assert shown.content["drawable"] is True
    assert shown.content["learned"] is False
    assert shown.content["labels"][:10] == list("0123456789")
    answer = ask("answers", example=3)
    assert answer.content["epochs"] == [1, 2]
    np.testing.assert_allclose(answer.arrays[0].sum(axis=1), 1, atol=1e-5)
    drawing = np.zeros((64, 64), np.uint8)
    drawing[8:56, 28:36] = 255
    drawn = ask("answers", (drawing,)).arrays[0]
    network = run.network
    network.load_state_dict(epoch_weights(run.path, 2))
    logits = network(run.prepare(Image.fromarray(drawing))).detach().double().numpy()[0]
    powers = np.exp(logits - logits.max())
    np.testing.assert_allclose(drawn[1], powers / powers.sum(), atol=1e-5)


def test_what_would_be_done_in_french(ask: Callable[..., Message]) -> None:
    content = ask("propose", data="digits", network=None, recipe="fast", fields={"epochs": 3}).content
    assert content["suits"] == content["network"] == "course-mnist"
    assert content["counts"] == {"train": 1437, "validation": 180, "test": 180}
    assert content["recipe"]["epochs"] == 3
    assert any("45 pas par époque, 135 en 3 époques" in note for note in content["notes"])


@pytest.mark.parametrize(
    "asked",
    [
        {"type": "start", "data": "digits", "network": "os:system"},
        {"type": "start", "data": "digits", "network": "timm:resnet18"},
        {"type": "start", "data": "digits", "network": "lenet55"},
        {"type": "start", "data": "digits", "network": 5},
        {"type": "start", "data": "/etc/passwd"},
        {"type": "start", "data": None},
        {"type": "start", "data": "digits", "recipe": "slow"},
        {"type": "start", "data": "digits", "name": "x" * 201},
        {"type": "start", "data": "digits", "name": "a\x1b[2J"},
        {"type": "start", "data": "digits", "fields": {"device": "cuda"}},
        {"type": "start", "data": "digits", "fields": {"epochs": 1.5}},
        {"type": "start", "data": "digits", "fields": {"epochs": "5"}},
        {"type": "start", "data": "digits", "fields": {"epochs": True}},
        {"type": "start", "data": "digits", "fields": {"epochs": float("inf")}},
        {"type": "start", "data": "digits", "fields": {"learning_rate": -1}},
        {"type": "start", "data": "digits", "fields": "many"},
        {"type": "start", "data": "digits", "fields": [1]},
        {"type": "filters", "epoch": 3},
        {"type": "filters", "epoch": "../best"},
        {"type": "filters"},
        {"type": "answers", "example": 20},
        {"type": "answers", "example": -1},
        {"type": "answers"},
        {"type": "follow", "id": "../../etc"},
        {"type": "forget", "id": ".."},
        {"type": "pause"},
        {"type": "resume"},
        {"type": "_started"},
        {"type": "close"},
        {},
    ],
    ids=json.dumps,
)
def test_what_is_refused(ask: Callable[..., Message], panel: TrainingPanel, asked: dict[str, Any]) -> None:
    before = [training["id"] for training in panel.opened().content["trainings"]]
    content = {"type": None, **asked}
    with pytest.raises(PrunelleError):
        ask(**content)
    assert [training["id"] for training in panel.opened().content["trainings"]] == before


@pytest.mark.parametrize("shape", [(3, 4, 5), (0, 5), (2000, 5), (7,)])
def test_drawings_of_other_shapes_are_refused(ask: Callable[..., Message], shape: tuple[int, ...]) -> None:
    with pytest.raises(ArgumentError, match="a drawing is"):
        ask("answers", (np.zeros(shape, np.uint8),))
