"""Small pictures that a small network learns in a second, and small networks."""

from __future__ import annotations

from typing import Any

import numpy as np
import torch
from torch import nn
from torch.utils._python_dispatch import TorchDispatchMode

from prunelle.data.examples import Pixels
from prunelle.data.preprocess import Preprocess
from prunelle.training.engine import Training
from prunelle.training.recipe import Recipe
from prunelle.training.records import EpochRecord, StepRecord

SIDE = 8
TIMINGS = ("seconds", "images_per_second", "data_wait")


class NoReads(TorchDispatchMode):
    """Refuses, on any device, what makes Python wait for a GPU: ``torch.cuda.set_sync_debug_mode("error")``."""

    def __torch_dispatch__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        if func in (torch.ops.aten._local_scalar_dense.default, torch.ops.aten.nonzero.default):
            raise RuntimeError("called a synchronizing CUDA operation")
        return func(*args, **(kwargs or {}))


def bars(n: int, num_classes: int = 3, seed: int = 0, shares: tuple[float, ...] | None = None) -> Pixels:
    """Noise with a bright row at a height that depends on the class: easy, not trivial."""
    random = np.random.default_rng(seed)
    labels = random.choice(num_classes, n, p=shares).astype(np.int64)
    labels[:num_classes] = range(num_classes)
    images = random.integers(0, 120, (n, SIDE, SIDE, 1), dtype=np.uint8)
    images[np.arange(n), 1 + 2 * labels % (SIDE - 1)] += 100
    return Pixels(images, labels)


def noise(n: int, num_classes: int = 2, seed: int = 0, shares: tuple[float, ...] | None = None) -> Pixels:
    """Labels that have nothing to do with the pictures."""
    random = np.random.default_rng(seed)
    labels = random.choice(num_classes, n, p=shares).astype(np.int64)
    return Pixels(random.integers(0, 256, (n, SIDE, SIDE, 1), dtype=np.uint8), labels)


def preprocess_of(pixels: Pixels) -> Preprocess:
    return Preprocess(size=(SIDE, SIDE), channels=1).with_statistics(pixels.images)


def small(outputs: int = 3, *, dropout: float = 0.0, seed: int = 1) -> nn.Sequential:
    """Convolution, batch norm, ReLU, pooling, dropout, dense: something of each kind of state."""
    with torch.random.fork_rng():
        torch.manual_seed(seed)
        return nn.Sequential(
            # No bias: what comes before a normalisation has a gradient of rounding errors alone.
            nn.Conv2d(1, 6, 3, padding=1, bias=False),
            nn.BatchNorm2d(6),
            nn.ReLU(),
            nn.MaxPool2d(2),
            nn.Dropout(dropout),
            nn.Flatten(),
            nn.Linear(6 * 16, outputs),
        )


def training(
    network: nn.Module,
    train: Pixels,
    recipe: Recipe,
    validation: Pixels | None = None,
    num_classes: int = 3,
) -> Training:
    classes = tuple("abcdefghij"[:num_classes])
    return Training(network, train, validation, classes, preprocess_of(train), recipe)


def finish(run: Training) -> list[StepRecord | EpochRecord]:
    return list(run.run())


def epochs(run: Training) -> list[EpochRecord]:
    return [record for record in run.run() if isinstance(record, EpochRecord)]


def end(run: Training) -> tuple[dict[str, torch.Tensor], dict[str, Any]]:
    """All that counts of a training: state, averaged weights, rows without their timings."""
    tensors, progress = run.state()
    progress["rows"] = [{k: v for k, v in row.items() if k not in TIMINGS} for row in progress["rows"]]
    progress = {k: v for k, v in progress.items() if not k.endswith("seconds")}
    return {k: v.clone() for k, v in (tensors | run.weights()).items()}, progress


def differing(expected: dict[str, torch.Tensor], found: dict[str, torch.Tensor]) -> list[str]:
    """Names of the tensors that are not the same to the bit."""
    return [name for name, tensor in expected.items() if not torch.equal(tensor, found[name])]
