"""Named sets of the core, as Keras gives them."""

from __future__ import annotations

import numpy as np

from prunelle.data.datasets import load_named

__all__ = ["Arrays", "load"]

Arrays = tuple[tuple[np.ndarray, np.ndarray], tuple[np.ndarray, np.ndarray]]


def load(name: str) -> Arrays:
    """Both splits, whole: images ``(N, H, W, C)`` uint8 and labels ``(N,)`` int64."""
    data = load_named(name, validation=0)
    assert data.test is not None
    assert isinstance(data.train.array, np.ndarray)  # as all named sets are
    assert isinstance(data.test.array, np.ndarray)
    return (_own(data.train.array), data.train.labels), (_own(data.test.array), data.test.labels)


def _own(images: np.ndarray) -> np.ndarray:
    """Programs change their pictures in place; those that lie in a file's bytes cannot be changed."""
    return np.require(images, requirements="W")
