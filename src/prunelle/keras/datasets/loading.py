"""Named sets of the core, as Keras gives them."""

from __future__ import annotations

from typing import Any

import numpy as np

from prunelle.data.named import load_named

Arrays = tuple[tuple[np.ndarray, np.ndarray], tuple[np.ndarray, np.ndarray]]


def load(name: str, **options: Any) -> Arrays:
    """Both splits, whole: images ``(N, H, W, C)`` uint8 and labels ``(N,)`` int64."""
    data = load_named(name, validation=0, **options)
    assert data.test is not None
    assert isinstance(data.train.array, np.ndarray)  # as all named sets are
    assert isinstance(data.test.array, np.ndarray)
    return (data.train.array, data.train.labels), (data.test.array, data.test.labels)
