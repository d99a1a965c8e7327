"""Fashion-MNIST: 60,000 and 10,000 pictures of 28×28."""

from __future__ import annotations

from prunelle.keras.names.datasets.loading import Arrays, load

__all__ = ["load_data"]


def load_data(path: str | None = None) -> Arrays:
    """Images ``(N, 28, 28)`` uint8 and labels ``(N,)`` uint8, for training and for the test.

    Args:
        path: accepted, without effect: the data folder decides.
    """
    (x_train, y_train), (x_test, y_test) = load("fashion-mnist")
    return (x_train[..., 0], y_train.astype("uint8")), (x_test[..., 0], y_test.astype("uint8"))
