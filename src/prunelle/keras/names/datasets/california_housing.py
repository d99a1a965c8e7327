"""California: 20,640 blocks, 8 figures of each, and the median price of a house (Pace and Barry 1997)."""

from __future__ import annotations

from prunelle.errors import UnknownName
from prunelle.keras.datasets.figures import shuffled
from prunelle.keras.datasets.files import set_file
from prunelle.keras.datasets.pictures import Arrays

__all__ = ["load_data"]

_ROWS = {"small": slice(600), "large": slice(None)}


def load_data(
    version: str = "large", path: str = "california_housing.npz", test_split: float = 0.2, seed: int = 113
) -> Arrays:
    """Figures ``(N, 8)`` and prices ``(N,)`` in $, for training and for the test.

    Args:
        version: ``"large"``, or ``"small"`` for the first 600 blocks of the file.
        path: the file's name, or where it is.
        test_split: the share of the test, from 0 to below 1.
        seed: of the order.
    """
    if version not in _ROWS:
        raise UnknownName("version", version, _ROWS)
    return shuffled(set_file("california_housing.npz", path), _ROWS[version], test_split, seed)
