"""Boston: 506 districts, 13 figures of each, and the median price of a house (Harrison and Rubinfeld 1978).

One of its figures, B, is made from the share of Black people, as if it were a cause; courses have moved to California.
"""

from __future__ import annotations

from prunelle.keras.datasets.figures import shuffled
from prunelle.keras.datasets.files import set_file
from prunelle.keras.datasets.pictures import Arrays

__all__ = ["load_data"]


def load_data(path: str = "boston_housing.npz", test_split: float = 0.2, seed: int = 113) -> Arrays:
    """Figures ``(N, 13)`` float64 and prices ``(N,)`` float64, in 1,000 $, for training and for the test.

    Args:
        path: the file's name, or where it is.
        test_split: the share of the test, from 0 to below 1.
        seed: of the order.
    """
    return shuffled(set_file("boston_housing.npz", path), slice(None), test_split, seed)
