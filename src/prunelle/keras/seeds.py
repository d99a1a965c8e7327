"""Where the random numbers of a Keras program come from.

A program that sets NumPy's seed alone, as courses of 2017 do, or TensorFlow's alone, as later ones do, gets the
same weights, order and dropout each time it runs.
"""

from __future__ import annotations

import random

import numpy as np
import torch

from prunelle.data.batches import derive_seed

_global_seed: int | None = None
_draws = 0


def set_global_seed(seed: int) -> None:
    """All seeds drawn from here on follow from ``seed`` (``tf.random.set_seed``)."""
    global _global_seed, _draws
    _global_seed, _draws = int(seed), 0


def set_random_seed(seed: int) -> None:
    """Seeds Python's, NumPy's, PyTorch's and Keras's random numbers (``keras.utils.set_random_seed``)."""
    random.seed(seed)
    np.random.seed(seed)
    torch.manual_seed(seed)
    set_global_seed(seed)


def next_seed() -> int:
    """A seed for one purpose: the next of the global seed's, else drawn from NumPy's global generator."""
    global _draws
    if _global_seed is None:
        return int(np.random.randint(2**31 - 1))
    _draws += 1
    return derive_seed(_global_seed, "keras", _draws)


def generator(seed: int | None) -> torch.Generator:
    """A generator on ``seed``, or on the next seed."""
    return torch.Generator().manual_seed(next_seed() if seed is None else int(seed))
