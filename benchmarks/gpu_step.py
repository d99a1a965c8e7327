"""The training step on a GPU: plain PyTorch, and Prunelle as it is, with a CUDA graph, and in bfloat16.

    python benchmarks/gpu_step.py                  # all networks, five rounds
    python benchmarks/gpu_step.py lenet5 --batch 512

Within a round all train on the same pictures one after the other; images a second and ratios to plain PyTorch are
medians over the rounds (smallest to largest). ``--device cpu`` tries the script where there is no GPU.
"""

from __future__ import annotations

import argparse
import functools
import time
from typing import Any
from unittest import mock

import torch
from contestants import SHAPES, Contest, prunelle_contest, pytorch_contest
from training_step import spread

from prunelle.training.fast import passes


def without_graph(name: str, n: int, **recipe: Any) -> Contest:
    """Prunelle, every kernel asked for by itself."""
    with mock.patch.object(passes, "_CAPTURES", {}):
        return prunelle_contest(name, n, **recipe)


CONTESTANTS = {
    "plain PyTorch": pytorch_contest,
    "Prunelle without a graph": without_graph,
    "Prunelle": prunelle_contest,
    "Prunelle, bfloat16": functools.partial(prunelle_contest, precision="bfloat16"),
}


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("networks", nargs="*", help=f"Of {', '.join(SHAPES)}; all when none is named.")
    parser.add_argument("--device", default="cuda")
    parser.add_argument("--batch", type=int, default=32)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--steps", type=int, default=200, help="A round's steps each.  [200]")
    given = parser.parse_args()

    cuda = given.device.startswith("cuda")
    machine = torch.cuda.get_device_name(given.device) if cuda else given.device
    print(f"{machine}, PyTorch {torch.__version__}, batches of {given.batch}, Adam.\n")
    print("| network | | images/s | ratio to plain PyTorch |\n| --- | --- | --- | --- |")
    for network in given.networks or SHAPES:
        n = given.steps * given.batch
        epochs = {
            name: make(network, n, device=given.device, batch_size=given.batch)[0]
            for name, make in CONTESTANTS.items()
        }
        rates: dict[str, list[float]] = {name: [] for name in epochs}
        for turn in range(given.rounds + 1):  # the first warms up, and captures
            for name, epoch in epochs.items():
                begin = time.perf_counter()
                epoch()
                if cuda:
                    torch.cuda.synchronize()
                if turn:
                    rates[name].append(n / (time.perf_counter() - begin))
        for name, rate in rates.items():
            ratios = [a / b for a, b in zip(rate, rates["plain PyTorch"], strict=True)]
            print(f"| {network} | {name} | {spread(rate)} | {spread(ratios, '.2f')} |", flush=True)


if __name__ == "__main__":
    main()
