"""What it costs to see all activations of VGG-16 for one photo, against its forward alone.

    python benchmarks/activations.py

Alternating pairs in one process, 224×224, random weights (the time does not depend on them), evaluation mode.
"""

from __future__ import annotations

import statistics
import time

import torch

import prunelle as pn
from prunelle.look.hooks import activations

PAIRS = 15


def main() -> None:
    """Prints the median of both, and of their ratio with its range."""
    torch.manual_seed(0)
    network = pn.build("vgg16").eval().to(memory_format=torch.channels_last)
    image = torch.randn(1, 3, 224, 224).to(memory_format=torch.channels_last)

    def forward() -> None:
        with torch.no_grad():
            network(image)

    def seconds(run: object) -> float:
        start = time.perf_counter()
        run()  # type: ignore[operator]
        return time.perf_counter() - start

    def look() -> None:
        activations(network, image)

    for _ in range(3):
        forward()
        look()
    pairs = [(seconds(forward), seconds(look)) for _ in range(PAIRS)]
    ratios = [seen / alone for alone, seen in pairs]
    print(f"PyTorch {torch.__version__}, {torch.get_num_threads()} threads, {PAIRS} pairs")
    print(f"forward {1000 * statistics.median(alone for alone, _ in pairs):.0f} ms")
    print(f"activations {1000 * statistics.median(seen for _, seen in pairs):.0f} ms")
    print(f"ratio {statistics.median(ratios):.2f} ({min(ratios):.2f} to {max(ratios):.2f})")


if __name__ == "__main__":
    main()
