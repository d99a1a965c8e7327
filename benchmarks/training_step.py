"""One training step of each course network, with and without ``training.acceleration``.

    OMP_NUM_THREADS=2 python benchmarks/training_step.py

The two alternate in one process, so that a machine whose speed drifts slows both; the ratio is of medians, and
its spread is that of the ratios pair by pair.
"""

from __future__ import annotations

import contextlib
import statistics
import time

import torch
import torch.nn.functional as F

from prunelle import Recipe, build
from prunelle.networks import natural_shape
from prunelle.training.acceleration import accelerated
from prunelle.training.inference import class_logits
from prunelle.training.layers import Layers
from prunelle.training.optimizer import make_optimizer
from prunelle.training.speed import prepare

BATCH = 32
PAIRS = 25


def main() -> None:
    print(f"PyTorch {torch.__version__}, {torch.get_num_threads()} threads, batch {BATCH}, {PAIRS} pairs")
    print(
        "| network | images/s, accelerated | ratio to the untouched network (min to max) |\n| --- | --- | --- |"
    )
    for name in ("course-mnist", "course-cifar", "course-photos", "lenet5"):
        torch.manual_seed(0)
        network = build(name).train()
        prepare(network, torch.device("cpu"))
        optimizer = make_optimizer(network, Recipe(), Layers(network, Recipe()))
        images = torch.randn(BATCH, *natural_shape(name)).to(memory_format=torch.channels_last)
        num_classes = 2 if name == "course-photos" else 10
        labels = torch.randint(num_classes, (BATCH,))

        def step() -> float:
            begin = time.perf_counter()
            loss = F.cross_entropy(class_logits(network(images), num_classes), labels)  # noqa: B023
            optimizer.zero_grad()  # noqa: B023
            loss.backward()
            optimizer.step()  # noqa: B023
            return time.perf_counter() - begin

        plain, fast = [], []
        for _ in range(PAIRS):
            for times, way in ((plain, contextlib.nullcontext()), (fast, accelerated(network))):
                with way:
                    step()
                    times.append(step())
        ratios = [a / b for a, b in zip(plain, fast, strict=True)]
        ratio = statistics.median(plain) / statistics.median(fast)
        print(
            f"| `{name}` | {BATCH / statistics.median(fast):,.0f} | "
            f"{ratio:.2f} ({min(ratios):.2f} to {max(ratios):.2f}) |"
        )


if __name__ == "__main__":
    main()
