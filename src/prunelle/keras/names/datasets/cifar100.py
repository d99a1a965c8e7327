"""CIFAR-100: 50,000 and 10,000 photos of 32×32, of 100 classes in 20 groups."""

from __future__ import annotations

from prunelle.errors import UnknownName
from prunelle.keras.datasets.pictures import Arrays, colour

__all__ = ["load_data"]


def load_data(label_mode: str = "fine") -> Arrays:
    """Images ``(N, 32, 32, 3)`` uint8 and labels ``(N, 1)`` int64, for training and for the test.

    Args:
        label_mode: ``"fine"`` for the 100 classes, ``"coarse"`` for the 20 groups.
    """
    if label_mode not in ("fine", "coarse"):
        raise UnknownName("label_mode", label_mode, ("fine", "coarse"))
    (x_train, y_train), (x_test, y_test) = colour("cifar100", coarse=label_mode == "coarse")
    return (x_train, y_train.astype("int64")), (x_test, y_test.astype("int64"))
