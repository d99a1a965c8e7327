"""What digests cost: of a state that is saved and read, and of a cache entry of decoded pictures that is opened.

    python benchmarks/digests.py [--megabytes 512] [--repeats 5]

Seconds of processor, smallest of the repeats, and what they come to in gigabytes a second; files go to the system's
temporary folder.
"""

from __future__ import annotations

import argparse
import hashlib
import os
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import torch

from prunelle import tensors
from prunelle.data import cache_entry


def main() -> None:
    """Prints a line a measurement."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--megabytes", type=int, default=512)
    parser.add_argument("--repeats", type=int, default=5)
    given = parser.parse_args()
    size = given.megabytes * 1_000_000
    content = np.random.default_rng(0).integers(0, 256, size, np.uint8)

    def measure(what: str, work: Callable[[], object]) -> None:
        taken = []
        for _ in range(given.repeats):
            begin = time.process_time()
            work()
            taken.append(time.process_time() - begin)
        seconds = min(taken)
        print(f"{what}: {seconds:.2f} s ({max(taken):.2f} at most), {size / 1e9 / seconds:.2f} GB/s")

    for name in ("sha256", "blake2b"):
        measure(name, lambda name=name: hashlib.new(name, content).digest())
    with tempfile.TemporaryDirectory() as folder:
        state = {str(i): part for i, part in enumerate(torch.from_numpy(content).chunk(64))}
        file = Path(folder, "state.safetensors")
        digest = tensors.digest
        measure("state saved", lambda: tensors.write_tensors(file, state, {}))
        measure("state read", lambda: tensors.read_tensors(file))
        tensors.digest = lambda *_: ""  # type: ignore[assignment]
        measure("state saved, without a digest", lambda: tensors.write_tensors(file, state, {}))
        tensors.digest = digest
        file.unlink()
        entry, picture = Path(folder, "key.npy"), (64, 64, 3)
        number = size // (64 * 64 * 3)
        pictures = content[: number * 64 * 64 * 3].reshape(number, *picture)
        cache_entry.write_entry(entry, number, picture, [(pictures, {})])
        measure(
            f"cache entry of {number:,} pictures opened, on {os.cpu_count()} cores together",
            lambda: cache_entry.open_entry(entry, number, picture, "pictures", None),
        )
        begin = time.perf_counter()
        cache_entry.open_entry(entry, number, picture, "pictures", None)
        print(f"the same by the clock: {time.perf_counter() - begin:.2f} s")


if __name__ == "__main__":
    main()
