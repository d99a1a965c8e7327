"""CIFAR-100: 50,000 and 10,000 photos of 32×32, of 100 classes in 20 groups."""

from __future__ import annotations

from prunelle.data.datasets import data_folder, read_cifar
from prunelle.errors import UnknownName
from prunelle.keras.names.datasets.loading import Arrays

__all__ = ["load_data"]


def load_data(label_mode: str = "fine") -> Arrays:
    """Images ``(N, 32, 32, 3)`` uint8 and labels ``(N, 1)``, for training and for the test.

    Args:
        label_mode: ``"fine"`` for the 100 classes, ``"coarse"`` for the 20 groups.
    """
    if label_mode not in ("fine", "coarse"):
        raise UnknownName("label_mode", label_mode, ("fine", "coarse"))
    (x_train, y_train), (x_test, y_test) = read_cifar(
        "cifar100", data_folder(), None, coarse=label_mode == "coarse"
    )
    return (x_train, y_train[:, None]), (x_test, y_test[:, None])
