"""CIFAR-10: 50,000 and 10,000 photos of 32×32."""

from __future__ import annotations

from prunelle.keras.datasets.pictures import Arrays, colour

__all__ = ["load_data"]


def load_data() -> Arrays:
    """Images ``(N, 32, 32, 3)`` uint8 and labels ``(N, 1)`` uint8, for training and for the test."""
    (x_train, y_train), (x_test, y_test) = colour("cifar10")
    return (x_train, y_train.astype("uint8")), (x_test, y_test.astype("uint8"))
