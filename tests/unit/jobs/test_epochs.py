"""A run at each of its epochs: the kernels of the file, the answers of the network with those weights."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image
from safetensors.numpy import load_file

import prunelle as pn
from prunelle import tasks
from prunelle.errors import ArgumentError
from prunelle.runs.epochs import epoch_weights, kept_epochs


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> pn.Run:
    output = tmp_path_factory.mktemp("epochs") / "run"
    recipe = pn.Recipe(epochs=3, batch_size=128)
    return pn.train(
        "lenet5", "digits", recipe, output=output, keep=lambda row: row["epoch"] != 2, style="quiet"
    )


def test_kernels_and_answers_are_those_of_the_epoch(run: pn.Run) -> None:
    epochs = tasks.epochs_of(run.path)
    assert epochs.kept == [1, 3] == kept_epochs(run.path)
    stored = {epoch: load_file(run.path / "weights" / f"epoch-{epoch}.safetensors") for epoch in (1, 3)}
    name = epochs.first_convolution
    for epoch in (3, 1, 3):
        np.testing.assert_array_equal(epochs.filters(epoch).weights, stored[epoch][f"{name}.weight"])
    pictures, labels, split = epochs.examples(12)
    assert split == "test"
    assert sorted(labels[:10]) == list(range(10))  # one of each class first
    inputs = epochs.prepared(pictures)
    answers = epochs.answers(inputs, [1, 3])
    assert answers.shape == (2, 12, 10)
    # The same by hand: another network, those weights, softmax in float64.
    network = pn.build("lenet5", num_classes=10, in_channels=1, input_size=tuple(inputs.shape[2:])).eval()
    for answer, epoch in zip(answers, (1, 3), strict=True):
        network.load_state_dict({key: torch.from_numpy(value) for key, value in stored[epoch].items()})
        with torch.no_grad():
            logits = network(inputs).double().numpy()
        powers = np.exp(logits - logits.max(axis=1, keepdims=True))
        np.testing.assert_allclose(answer, powers / powers.sum(axis=1, keepdims=True), atol=1e-6)
    # The run's own network has the best weights, as before.
    best = load_file(run.path / "weights" / "best.safetensors")
    np.testing.assert_array_equal(run.network.state_dict()[f"{name}.weight"].numpy(), best[f"{name}.weight"])


def test_what_is_not_kept_is_refused(run: pn.Run, tmp_path: Path) -> None:
    with pytest.raises(ArgumentError, match=r"\(1, 3\); received 2"):
        tasks.epochs_of(run).filters(2)
    assert kept_epochs(tmp_path) == []
    with pytest.raises(ArgumentError, match=r"\(none\)"):
        epoch_weights(tmp_path, 1)
    (tmp_path / "weights").mkdir()
    for name in (
        "epoch-x.safetensors",
        "epoch-1.safetensors.tmp",
        "best.safetensors",
        "epoch-12.safetensors",
    ):
        (tmp_path / "weights" / name).write_text("")
    assert kept_epochs(tmp_path) == [12]


@pytest.mark.parametrize("task", ["multilabel", "regression:size"])
def test_labels_and_numbers_are_told_as_they_are(task: str, tmp_path: Path) -> None:
    draw = np.random.default_rng(0)
    rows = []
    for number in range(40):
        picture = draw.integers(0, 255, (8, 8, 3), dtype=np.uint8)
        Image.fromarray(picture).save(tmp_path / f"{number:02}.png")
        rows.append((f"{number:02}.png", ("cat;dog", "dog", "", "owl")[number % 4], str(100 + number)))
    header, column = ("file,labels", 1) if task == "multilabel" else ("file,size", 2)
    lines = [header, *(f"{row[0]},{row[column]}" for row in rows)]
    (tmp_path / "table.csv").write_text("".join(f"{line}\n" for line in lines))
    run = pn.train(
        "dense",
        tmp_path,
        pn.Recipe(epochs=2),
        labels="table.csv",
        task=task,
        size=8,
        keep=lambda row: True,
        output=tmp_path / "run",
        style="quiet",
    )
    epochs = tasks.epochs_of(run.path)
    pictures, labels, split = epochs.examples(4)
    assert split == "test"
    if task == "multilabel":  # each by its rarest label: one of each of those first, and one without any
        assert len({tuple(label) for label in labels}) >= 3
    inputs = epochs.prepared(pictures)
    (answer,) = epochs.answers(inputs, [2])
    network = pn.build("dense", num_classes=len(run.classes), in_channels=3, input_size=(8, 8)).eval()
    network.load_state_dict(
        {
            key: torch.from_numpy(value)
            for key, value in load_file(run.path / "weights" / "epoch-2.safetensors").items()
        }
    )
    with torch.no_grad():
        outputs = network(inputs).double().numpy()
    target = run.info["data"]["target"]
    expected = (
        1 / (1 + np.exp(-outputs)) if task == "multilabel" else outputs * target["std"] + target["mean"]
    )
    np.testing.assert_allclose(answer, expected, rtol=1e-5)
