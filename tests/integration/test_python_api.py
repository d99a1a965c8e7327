"""Prunelle from Python, as its documentation prints it, and with modules and arrays of one's own."""

from __future__ import annotations

import json
import math
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image
from sklearn.datasets import load_digits
from torch import nn

import prunelle as pn
from prunelle.errors import ArgumentError, Diverged, RunError
from tests.integration.command import prunelle, weights
from tests.pictures import encoded, make_folder


@pytest.fixture(autouse=True)
def _in_a_folder_of_its_own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def two_digits() -> pn.Data:
    """Zeros and ones, as arrays."""
    digits = load_digits()
    chosen = digits.target < 2
    images = np.rint(digits.images[chosen] * 255 / 16).astype(np.uint8)
    return pn.from_arrays(images, digits.target[chosen], name="zeros and ones")


class Own(nn.Module):
    """What a person writes: no ``input_shape``, no ``features``."""

    def __init__(self, outputs: int, inputs: int = 64) -> None:
        super().__init__()
        self.flatten = nn.Flatten()
        self.output = nn.Linear(inputs, outputs)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.output(self.flatten(x))


def test_the_program_of_the_documentation(tmp_path: Path) -> None:
    data = pn.load("digits")
    network = pn.build("dense", num_classes=10, input_size=8)
    run = pn.train(network, data, pn.Recipe(epochs=5, batch_size=32))
    assert run.path.parent == Path("runs")
    assert data.test is not None
    found = run.evaluate(data.test)
    assert found.accuracy > 0.8
    assert found.accuracy == run.metrics()["test"]["accuracy"]

    # A digit as a photo: the test picture that the network knows best, as a file.
    best = int(np.argmax(found.confidence))
    assert data.test.array is not None
    Image.fromarray(data.test.array[best][..., 0]).save("photo.png")
    (answer,) = run.predict(["photo.png"], top=3)
    assert answer.file == "photo.png"
    assert answer.top[0][0] == data.classes[found.predicted[best]]
    assert answer.top[0][1] == pytest.approx(found.confidence[best], abs=1e-6)
    assert len(answer.top) == 3

    # What prunelle built it can build again: the command line needs nothing but the folder.
    assert run.info["network"]["name"] == "dense"
    again = prunelle("evaluate", run.path, "--json", "-q")
    assert json.loads(again.out)["accuracy"] == found.accuracy
    assert network.state_dict().keys() == pn.Run.open(run.path).network.state_dict().keys()


def test_a_network_that_was_changed_after_it_was_built() -> None:
    network = pn.build("dense", num_classes=10, input_size=8)
    network.head = nn.Sequential(nn.Linear(128, 5), nn.ReLU(), nn.Linear(5, 2))
    run = pn.train(network, two_digits(), pn.Recipe(epochs=1), style="quiet")
    assert run.info["network"]["name"] == "Dense"
    with pytest.raises(RunError, match=r"a network of your own \(Dense\)"):
        _ = pn.Run.open(run.path).network


@pytest.mark.parametrize("outputs", [1, 2])
def test_a_module_of_ones_own(outputs: int, tmp_path: Path) -> None:
    data = two_digits()
    network = Own(outputs)
    run = pn.train(network, data, pn.Recipe(epochs=6, learning_rate=1e-2), output="own", style="quiet")
    assert run.info["network"]["name"] == "Own"
    assert run.metrics()["parameters"] == 64 * outputs + outputs
    # Two classes that a line separates.
    assert run.metrics()["test"]["accuracy"] > 0.9
    assert (run.path / "report.html").is_file()

    # The module ends with the best weights, which are those on disk.
    assert weights(run.path) == {
        name: tensor.numpy().tobytes() for name, tensor in network.state_dict().items()
    }
    with pytest.raises(
        RunError, match=r"a network of your own \(Own\); open it with Run.open\('own', network="
    ):
        _ = pn.Run.open("own").network
    Image.new("L", (8, 8)).save("x.png")
    assert "network of your own" in prunelle("predict", "own", "x.png").err
    opened = pn.Run.open("own", network=Own(outputs))
    assert data.test is not None
    found = opened.evaluate(data.test)
    assert found.accuracy == run.metrics()["test"]["accuracy"]

    # By hand: sigmoid of the one output, or softmax of the two.
    assert data.test.array is not None
    mean, std = run.preprocess.mean[0], run.preprocess.std[0]
    x = (data.test.array.reshape(len(data.test), 64).astype(np.float64) / 255 - mean) / std
    state = {name: tensor.double().numpy() for name, tensor in network.state_dict().items()}
    z = x @ state["output.weight"].T + state["output.bias"]
    second = 1 / (1 + np.exp(-(z[:, 0] if outputs == 1 else z[:, 1] - z[:, 0])))
    np.testing.assert_allclose(found.probabilities[:, 1], second, atol=1e-5)  # float32 inside

    with pytest.raises(RunError, match="do not fit this network"):
        pn.Run.open("own", network=Own(3))
    with pytest.raises(RunError, match="pass them: data="):
        pn.evaluate("own", network=Own(outputs))


@pytest.mark.parametrize(
    ("network", "words"),
    [
        (Own(3), r"must give \(N, 2\) logits for 2 classes \(or \(N, 1\) for two\); it gave \(1, 3\)"),
        (Own(2, inputs=10), r"must take pictures of \(channels, height, width\) \(1, 8, 8\)"),
        (nn.Conv2d(1, 2, 3), r"it gave \(1, 2, 6, 6\)"),
        (nn.LSTM(8, 2), "must take pictures of|must give one tensor of logits"),
    ],
    ids=["outputs", "inputs", "no classifier", "no network for pictures"],
)
def test_a_module_that_does_not_fit_is_refused_before_there_is_a_run(
    network: nn.Module, words: str, tmp_path: Path
) -> None:
    with pytest.raises(ArgumentError, match=words):
        pn.train(network, two_digits(), pn.Recipe(epochs=1), style="quiet")
    assert list(tmp_path.iterdir()) == []


def test_a_module_whose_sizes_are_still_open() -> None:
    network = nn.Sequential(nn.LazyConv2d(4, 3), nn.ReLU(), nn.Flatten(), nn.LazyLinear(2))
    run = pn.train(network, two_digits(), pn.Recipe(epochs=3), style="quiet")
    # 1·4·9 + 4, then 4·6·6·2 + 2.
    assert run.metrics()["parameters"] == 36 + 4 + 288 + 2
    assert run.metrics()["test"]["accuracy"] > 0.8


def test_resuming_a_module_of_ones_own_needs_it_and_the_data(monkeypatch: pytest.MonkeyPatch) -> None:
    """Stopped before its first step: not even its first weights may be drawn anew."""
    data, recipe = two_digits(), pn.Recipe(epochs=2)
    torch.manual_seed(1)
    network = Own(2)
    first = {name: tensor.clone() for name, tensor in network.state_dict().items()}

    def interrupted(self: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr("prunelle.training.engine.Training.run", interrupted)
        with pytest.raises(
            pn.PrunelleError, match=r"prunelle\.train\(network=…, data=…, resume='own'\)"
        ) as stop:
            pn.train(network, data, recipe, output="own", style="quiet")
    assert stop.value.exit_code == 130  # type: ignore[attr-defined]
    with pytest.raises(RunError, match="trained on arrays"):
        pn.train(resume="own", style="quiet")
    with pytest.raises(RunError, match="network of your own"):
        pn.train(None, data, resume="own", style="quiet")
    run = pn.train(Own(2), data, resume="own", style="quiet")

    whole = Own(2)
    whole.load_state_dict(first)
    expected = pn.train(whole, data, recipe, output="whole", style="quiet")
    assert weights(run.path, "last") == weights(expected.path, "last")
    assert run.metrics()["test"] == expected.metrics()["test"]


class Spoilt(Own):
    """Learns for an epoch, then gives NaN."""

    def __init__(self, steps: int) -> None:
        super().__init__(2)
        self.steps = steps

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        self.steps -= self.training
        return super().forward(x) * (1 if self.steps >= 0 else math.nan)


@pytest.mark.parametrize("epoch", [1, 3])
def test_a_loss_that_is_no_number_stops_and_keeps_the_best_weights(epoch: int) -> None:
    data = two_digits()
    steps = math.ceil(len(data.train) / 32)
    network = Spoilt((epoch - 1) * steps + 2)
    with pytest.raises(
        Diverged, match=rf"the loss became nan in epoch {epoch}, step 3\. Try a learning"
    ) as error:
        pn.train(network, data, pn.Recipe(epochs=5), output="run", style="quiet")
    run = pn.Run.open("run", network=None)
    assert run.info["status"] == "diverged"
    if epoch == 1:
        assert str(error.value).endswith("No epoch was finished, so there are no weights to keep.")
        assert not (run.path / "weights" / "best.safetensors").exists()
        return
    rows = run.results()
    assert len(rows) == 2
    # By validation accuracy, then loss.
    best = max(rows, key=lambda row: (row["val_accuracy"], -(row["val_loss"] or 0)))
    assert f"The best weights so far, of epoch {best['epoch']:.0f}, are in" in str(error.value)
    assert data.validation is not None
    found = pn.Run.open("run", network=Own(2)).evaluate(data.validation)
    assert found.accuracy == best["val_accuracy"]
    assert found.loss == pytest.approx(best["val_loss"], rel=1e-5)


def test_splits_of_ones_own(tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    images = rng.random((40, 6, 5, 3)).astype(np.float32)
    labels = ["left", "right"] * 20
    data = pn.from_arrays(
        torch.from_numpy(images), labels, test_images=images[:8], test_labels=labels[:8], validation=0
    )
    run = pn.train(Own(2, inputs=90), data, pn.Recipe(epochs=1), output="run", style="quiet", language="fr")
    assert run.classes == ("left", "right")
    assert {split: run.metrics()[split]["n"] for split in ("train", "test")} == {"train": 40, "test": 8}
    assert "validation" not in run.metrics()
    assert '<html lang="fr"' in Path("run/report.html").read_text(encoding="utf-8")
    np.testing.assert_allclose(run.preprocess.mean, images.mean(axis=(0, 1, 2)), atol=0.002)


def test_many_files_are_predicted_in_order() -> None:
    """More than one batch, each file alone giving the same."""
    data = two_digits()
    run = pn.train(Own(2), data, pn.Recipe(epochs=1), style="quiet")
    rng = np.random.default_rng(0)
    files = []
    for i in range(300):
        files.append(f"{i}.png")
        pixels = rng.integers(0, 256, (8, 8), dtype=np.uint8)
        Path(files[-1]).write_bytes(b"" if i in (7, 280) else encoded(Image.fromarray(pixels), "PNG"))
    answers = pn.predict(run, files, style="quiet")
    assert [answer.file for answer in answers] == files
    assert [i for i, answer in enumerate(answers) if answer.error] == [7, 280]
    for i in (0, 8, 255, 256, 299):
        (alone,) = run.predict([files[i]])
        assert [name for name, _ in alone.top] == [name for name, _ in answers[i].top]
        assert alone.top[0][1] == pytest.approx(answers[i].top[0][1], abs=1e-6)
    with pytest.raises(ArgumentError, match="top must be at least 1; received 0"):
        run.predict(files, top=0)


def test_a_folder_and_a_network_by_name(tmp_path: Path) -> None:
    folder = make_folder(tmp_path / "pets", ("cat", "dog"), 12, (40, 48))
    run = pn.train("course-photos", folder, pn.Recipe(epochs=1, batch_size=8), style="quiet", size=16)
    assert run.preprocess.size == (16, 16)
    assert run.info["command"].startswith("prunelle.train('course-photos', 'pets', Recipe(epochs=1")
    assert pn.evaluate(run.path, style="quiet").n == 2
