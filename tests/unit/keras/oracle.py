"""What tests of ``prunelle.keras`` share: numbers, and what older Kerases answered (``benchmarks/keras_oracle.py``)."""

from __future__ import annotations

import numpy as np


def numbers(*shape: int, seed: int = 0) -> np.ndarray:
    """Standard normal float32."""
    return np.random.default_rng(seed).standard_normal(shape).astype(np.float32)


def probabilities() -> tuple[np.ndarray, np.ndarray]:
    """Truths as vectors, and probabilities with exact certainties among them, right and wrong."""
    truth = np.eye(4, dtype=np.float32)[np.random.default_rng(3).integers(0, 4, 12)]
    raw = np.exp(numbers(12, 4))
    found = (raw / raw.sum(1, keepdims=True)).astype(np.float32)
    found[0], found[1], found[2] = truth[0], np.roll(truth[1], 1), np.eye(4)[0]
    return truth, found
