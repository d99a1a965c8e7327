"""Tables of figures with a price for each row: the houses of Boston and of California."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from prunelle.errors import ArgumentError
from prunelle.keras.datasets.pictures import Arrays


def shuffled(path: Path, rows: slice, test_split: float, seed: int) -> Arrays:
    """``(N, columns)`` and ``(N,)`` float64, for training and for the test, in the order that ``seed`` draws.

    Args:
        rows: those of the file that are taken.
        test_split: the share of the test, which comes last.

    Raises:
        ArgumentError: ``test_split`` is not from 0 to below 1.
    """
    if not 0 <= test_split < 1:
        raise ArgumentError(f"test_split must be from 0 to below 1; received {test_split!r}.")
    with np.load(path, allow_pickle=False) as file:
        x, y = file["x"][rows], file["y"][rows]
    order = np.arange(len(x))
    np.random.RandomState(seed).shuffle(order)
    train, test = np.split(order, [int(len(x) * (1 - test_split))])
    return (x[train], y[train]), (x[test], y[test])
