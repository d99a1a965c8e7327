"""``tf.random``: numbers from PyTorch's generator."""

from __future__ import annotations

from typing import Any

import torch

from prunelle.keras.eager.functions import kind_of, sizes
from prunelle.keras.eager.tensor import wrap
from prunelle.keras.floor import keras


def set_seed(seed: int) -> None:
    """Seeds what is random."""
    keras.utils.set_random_seed(seed)


def uniform(
    shape: Any,
    minval: Any = 0,
    maxval: Any = None,
    dtype: Any = "float32",
    seed: Any = None,
    name: str | None = None,
) -> Any:
    """Numbers from ``minval`` to before ``maxval``, each as likely."""
    kind = kind_of(dtype)
    if not kind.is_floating_point:
        return wrap(torch.randint(int(minval), int(maxval), sizes(shape), dtype=kind))
    high = 1 if maxval is None else maxval
    return wrap(torch.rand(sizes(shape), dtype=kind) * (high - minval) + minval)


def normal(
    shape: Any,
    mean: Any = 0.0,
    stddev: Any = 1.0,
    dtype: Any = "float32",
    seed: Any = None,
    name: str | None = None,
) -> Any:
    """Normally distributed numbers."""
    return wrap(torch.randn(sizes(shape), dtype=kind_of(dtype)) * stddev + mean)


__all__ = ["normal", "set_seed", "uniform"]
