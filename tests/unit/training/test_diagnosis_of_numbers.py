"""A training on numbers that learns nothing is told so; one that learns is left in peace."""

from __future__ import annotations

import numpy as np
import torch
from torch import nn

from prunelle.data.pixels import Pixels
from prunelle.data.preprocess import Preprocess
from prunelle.data.targets import Number
from prunelle.texts import Note
from prunelle.training.engine import Training
from prunelle.training.recipe import Recipe
from prunelle.training.records import EpochRecord


def warnings(rate: float, labels: np.ndarray, images: np.ndarray) -> list[Note]:
    torch.manual_seed(0)
    network = nn.Sequential(nn.Flatten(), nn.Linear(64, 8), nn.ReLU(), nn.Linear(8, 1))
    training = Training(
        network,
        Pixels(images, labels),
        None,
        ("size",),
        Preprocess(size=(8, 8), channels=1, mean=(0.5,), std=(0.3,)),
        Recipe(epochs=2, batch_size=2, learning_rate=rate, schedule="constant"),
        target=Number.of(labels),
    )
    return [each.warning for each in training.run() if isinstance(each, EpochRecord) and each.warning]


def test_it_says_so_and_how_far_off_it_is() -> None:
    rng = np.random.default_rng(0)
    levels = rng.integers(0, 256, 200)
    images = np.broadcast_to(levels[:, None, None, None], (200, 8, 8, 1)).astype(np.uint8)
    assert not warnings(1e-3, levels * 1e6, images)
    (stuck,) = warnings(1e-12, levels * 1e6, images)
    assert "does not learn: size is off by" in stuck.en
    assert "learning rate is too low" in stuck.en
    assert f"always answering {np.median(levels) * 1e6:.4g} is off by" in stuck.en
