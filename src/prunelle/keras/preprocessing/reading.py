"""Picture files at one size, each decoded once."""

from __future__ import annotations

import concurrent.futures
import functools
import os
from collections.abc import Callable, Sequence

import numpy as np

MEMORY_BUDGET = 1_000_000_000
"""Bytes of decoded pictures that all iterators of a program keep together; what is beyond is decoded each time."""

_kept_bytes = 0


class Pictures:
    """Decodes pictures when they are first asked for, in threads, and keeps them.

    Keras decodes every file in every epoch, on one thread. The pixels are the same.

    Args:
        files: their names.
        load: a file's name → ``(H, W, C)``, the same shape for all.
    """

    def __init__(self, files: Sequence[str], load: Callable[[str], np.ndarray]) -> None:
        self.files = files
        self._load = load
        self._kept: dict[int, np.ndarray] = {}

    def read(self, indices: Sequence[int] | np.ndarray) -> np.ndarray:
        """``(n, H, W, C)``, n being at least 1."""
        wanted = [int(index) for index in indices]
        missing = [index for index in dict.fromkeys(wanted) if index not in self._kept]
        files = [self.files[index] for index in missing]
        decoded = dict(zip(missing, _threads().map(self._load, files), strict=True))
        for index, pixels in decoded.items():
            self._keep(index, pixels)
        return np.stack([decoded[index] if index in decoded else self._kept[index] for index in wanted])

    def _keep(self, index: int, pixels: np.ndarray) -> None:
        global _kept_bytes
        if _kept_bytes + pixels.nbytes <= MEMORY_BUDGET:
            _kept_bytes += pixels.nbytes
            self._kept[index] = pixels

    def __del__(self) -> None:
        global _kept_bytes
        _kept_bytes -= sum(pixels.nbytes for pixels in self._kept.values())


@functools.cache
def _threads() -> concurrent.futures.ThreadPoolExecutor:
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    return concurrent.futures.ThreadPoolExecutor(cores, "prunelle-pictures")
