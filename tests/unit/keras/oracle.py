"""What tests of ``prunelle.keras`` share: numbers, and what older Kerases answered (``benchmarks/keras_oracle.py``)."""

from __future__ import annotations

import numpy as np


def numbers(*shape: int, seed: int = 0) -> np.ndarray:
    """Standard normal float32."""
    return np.random.default_rng(seed).standard_normal(shape).astype(np.float32)
