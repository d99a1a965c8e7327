"""Networks whose published outputs are never negative tell numbers below the mean, and labels that are not there."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import numpy as np
import pytest
import torch

import prunelle as pn
from prunelle.data.targets import Number, SeveralLabels
from prunelle.networks import names


@pytest.mark.parametrize("name", ["nin-cifar", "squeezenet1.1"])
@pytest.mark.parametrize("kind", ["labels", "number"])
def test_answers_are_on_both_sides(name: str, kind: str, tmp_path: Path) -> None:
    draw = np.random.default_rng(0)
    images = draw.integers(0, 256, (24, 32, 32, 3), np.uint8)
    data = pn.from_arrays(images, np.arange(24) % 2, validation=0.25, test=0, name="made")
    number = Number.of(np.arange(24.0))
    splits = {}
    for split in data.splits():
        labels = split.labels.astype(np.float64) if kind == "number" else np.eye(2, dtype=bool)[split.labels]
        splits[split.name] = dataclasses.replace(split, labels=labels)
    told = dataclasses.replace(
        data,
        target=number if kind == "number" else SeveralLabels(),
        classes=("size",) if kind == "number" else ("a", "b"),
        **splits,  # type: ignore[arg-type]
    )
    run = pn.train(name, told, pn.Recipe(epochs=1, batch_size=8), output=tmp_path / "run", style="quiet")
    layers = [module for module in run.network.modules() if not list(module.children())]
    assert not isinstance(layers[-2 if name.startswith("squeeze") else -3], torch.nn.ReLU)
    # As it was published, a network that tells classes still has it.
    published = pn.build(name, num_classes=3)
    assert isinstance(list(published.modules())[-2 if name.startswith("squeeze") else -3], torch.nn.ReLU)
    again = pn.Run.open(run.path).network
    # The last convolution turned around, the answers are: none was cut off at 0.
    last = [module for module in again.modules() if isinstance(module, torch.nn.Conv2d)][-1]
    with torch.no_grad():
        noise = torch.randn(8, 3, 32, 32)
        before = again(noise)
        for parameter in last.parameters():
            parameter.neg_()
        torch.testing.assert_close(again(noise), -before)


def test_no_other_network_ends_in_a_rectifier() -> None:
    """Of every family that is built: two outputs of noise are not all at least 0."""
    ends = {"nin", "nin-cifar", "squeezenet1.0", "squeezenet1.1"}
    for name in names():
        with torch.device("meta"):
            layers = [module for module in pn.build(name).modules() if not list(module.children())]
        last = [module for module in layers if sum(p.numel() for p in module.parameters(recurse=False))][-1]
        after = layers[layers.index(last) + 1 :]
        assert any(isinstance(module, torch.nn.ReLU) for module in after) == (name in ends), name
