"""Fashion-MNIST: 60,000 and 10,000 pictures of 28×28."""

from __future__ import annotations

from prunelle.keras.datasets.pictures import Arrays, grey

__all__ = ["load_data"]


def load_data() -> Arrays:
    """Images ``(N, 28, 28)`` uint8 and labels ``(N,)`` uint8, for training and for the test."""
    return grey("fashion-mnist")
