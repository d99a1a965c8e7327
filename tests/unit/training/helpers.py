"""Small pictures that a small network learns in a second, and small networks."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import torch
from torch import nn
from torch.utils._python_dispatch import TorchDispatchMode

from prunelle.data.augment import Augment
from prunelle.data.pixels import Pixels
from prunelle.data.preprocess import Preprocess
from prunelle.training.engine import Training
from prunelle.training.fast import passes, script
from prunelle.training.fast.one_pass import Pass
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


# What a captured pass must leave as it is.
RECIPES = {
    "as it comes": Recipe(),
    "augmented and clipped": Recipe(augment=Augment(flip=True, shift=0.2), clip_norm=0.1, ema_decay=0.9),
    "mixed": Recipe(augment=Augment(mixup=0.5, cutmix=0.5), label_smoothing=0.1, optimizer="rmsprop"),
    "balanced": Recipe(balance=True, optimizer="sgd", momentum=0.9, learning_rate=0.05),
    "bfloat16": Recipe(precision="bfloat16"),
}


class TwoHeads(nn.Module):
    """Logits, and auxiliary ones while it trains."""

    __module__ = "prunelle.networks.imagined"
    auxiliary_weights = (0.3,)

    def __init__(self) -> None:
        super().__init__()
        self.main, self.auxiliary = small(dropout=0.5), small(seed=2)

    def forward(self, x: torch.Tensor) -> torch.Tensor | tuple[torch.Tensor, torch.Tensor]:
        return (self.main(x), self.auxiliary(x)) if self.training else self.main(x)


class ReadsBack(nn.Sequential):
    """Decides in Python, by a value from the device."""

    __module__ = "prunelle.networks.imagined"

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return super().forward(x if x.mean().item() > 1e9 else -x)  # type: ignore[no-any-return]


class CountsInPython(nn.Sequential):
    calls = 0

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        self.calls += 1
        return super().forward(x * self.calls)  # type: ignore[no-any-return]


def uncaptured(make: Callable[[], Training]) -> Any:
    """How a training ends whose passes are never captured, and the losses and accuracies of its steps."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(passes, "_CAPTURES", {})
        run = make()
        records = finish(run)
    assert not run._passes.captured
    return end(run), [(record.loss, record.accuracy) for record in records if hasattr(record, "loss")]


def check_captured(make: Callable[[], Training]) -> Training:
    """What ``make`` gives, trained: it ends bit for bit as it does without captures."""
    (tensors, progress), losses = uncaptured(make)
    run = make()
    records = finish(run)
    found, reached = end(run)
    assert [(record.loss, record.accuracy) for record in records if hasattr(record, "loss")] == losses
    assert reached == progress
    assert differing(tensors, found) == []
    return run


def check_resumed() -> None:
    """Stopped between two captured passes and resumed, a training ends bit for bit as without captures."""
    recipe = Recipe(epochs=2, batch_size=4)

    def make(seed: int = 1) -> Training:
        return training(small(dropout=0.5, seed=seed), bars(20), recipe)

    (tensors, _), _ = uncaptured(make)
    stopped = make()
    for number, _ in enumerate(stopped.run(), 1):
        if number == 4:
            assert stopped._passes.captured
            break
    again = make(seed=2)
    state, progress = stopped.state()
    again.load_state({name: value.clone() for name, value in state.items()}, progress)
    finish(again)
    found, _ = end(again)
    assert differing(tensors, found) == []


def capture_early(monkeypatch: pytest.MonkeyPatch) -> list[script.Script]:
    """From here on passes are captured after two, however long they take; the list of what was captured."""
    made: list[script.Script] = []

    class Noted(script.Script):
        def __init__(self, *given: Any) -> None:
            super().__init__(*given)
            made.append(self)

    monkeypatch.setattr(passes, "CAPTURE_AFTER", 2)
    monkeypatch.setattr(script, "Script", Noted)
    monkeypatch.setattr(passes.TrainingPass, "_seconds", lambda _, run, *given: 0.1 * isinstance(run, Pass))
    return made


AVX2 = pytest.mark.skipif(
    not torch.backends.cpu.get_cpu_capability().startswith("AVX"), reason="of a CPU with AVX2"
)


def assert_right_without_avx512(program: str, *arguments: str) -> None:
    """``program`` prints ``right`` in a process that has no AVX-512."""
    environment = {
        **os.environ,
        "ATEN_CPU_CAPABILITY": "avx2",
        "ONEDNN_MAX_CPU_ISA": "AVX2",
        "OMP_NUM_THREADS": "1",
    }
    command = [sys.executable, "-c", program, *arguments]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=120)
    assert done.stdout == "right\n", (done.returncode, done.stderr[-2000:])
