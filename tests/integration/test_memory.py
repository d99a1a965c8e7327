"""Out of memory, in every verb and in the middle of a training: a sentence, and the line that goes on."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch
from torch import nn

import prunelle as pn
from prunelle.errors import OutOfMemory
from tests.integration.command import prunelle, weights

HUGE = 40_000_000  # squared, more values than any machine can address
WIDE = (
    25_000_000_000_000  # outputs of the 64 pixels of a digit: as many values, in the first layer that is made
)


class Greedy(nn.Module):
    """Asks for more than there is at its third batch, where it is to."""

    def __init__(self, greedy: bool) -> None:
        super().__init__()
        self.layers = nn.Sequential(nn.Flatten(), nn.Linear(64, 2))
        self.greedy, self.batches = greedy, 0

    def forward(self, images: torch.Tensor) -> torch.Tensor:
        self.batches += self.training
        if self.greedy and self.batches == 3:
            torch.empty(1 << 58)
        logits: torch.Tensor = self.layers(images)
        return logits


def test_a_training_says_how_it_goes_on_and_ends_in_the_same_bits(tmp_path: Path) -> None:
    images = np.random.default_rng(0).integers(0, 255, (40, 8, 8, 1), dtype=np.uint8)
    data = pn.from_arrays(images, [i % 2 for i in range(40)], validation=0.2, test=0.2)
    recipe = pn.Recipe(epochs=2, batch_size=8)

    def made(greedy: bool) -> nn.Module:
        torch.manual_seed(1)
        return Greedy(greedy)

    with pytest.raises(OutOfMemory, match=r"out of memory: .* GB more were asked for") as caught:
        pn.train(made(True), data, recipe, output=tmp_path / "run", style="quiet", save_every_s=0)
    assert f"resume={str(tmp_path / 'run')!r}" in str(caught.value)
    pn.train(made(False), data=data, resume=tmp_path / "run", style="quiet")
    pn.train(made(False), data, recipe, output=tmp_path / "whole", style="quiet")
    assert weights(tmp_path / "run") == weights(tmp_path / "whole")


@pytest.mark.parametrize(
    "arguments",
    [
        ("train", "digits", "--network", "dense", "--hidden", WIDE, "--output", "run"),
        (
            "compare",
            "lenet5",
            "dense",
            "--data",
            "digits",
            "--hidden",
            WIDE,
            "--epochs",
            1,
            "--output",
            "out",
        ),
    ],
)
def test_a_network_that_no_machine_holds(
    arguments: tuple[str, ...], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("PRUNELLE_CACHE", str(tmp_path / "cache"))
    done = prunelle(*arguments)
    assert done.code == 1
    assert "Error: out of memory: 6,400,000.0 GB more were asked for." in done.err
    assert "--batch-size" in done.err


def test_any_verb(monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object, **__: object) -> None:
        raise MemoryError

    from prunelle import tasks

    for verb, arguments in (
        ("evaluate", ("run",)), ("predict", ("run", "x.png")), ("advise", ("x", "--network", "resnet18")),
        ("look_into", ("run", "x.png", "--output", "o")), ("convolve", ("china",)), ("augment", ("x.png",)),
    ):  # fmt: skip
        monkeypatch.setattr(tasks, verb, full)
        done = prunelle("look" if verb == "look_into" else verb, *arguments)
        assert done.code == 1, done.err
        assert done.err.startswith("Error: out of memory.")
        assert "prunelle" in done.err.splitlines()[-1]


def test_a_keras_program_is_shown_its_own_line(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    program = tmp_path / "p.py"
    program.write_text(
        f"from keras.models import Sequential\nfrom keras.layers import Dense\n"
        f"m = Sequential([Dense({HUGE}, input_shape=({HUGE},))])\n"
    )
    done = prunelle("run", program)
    assert done.code == 1
    assert "line 3" in done.err
    assert "Error: out of memory: 6,400,000.0 GB more were asked for." in done.err
    assert "within Prunelle" not in done.err
