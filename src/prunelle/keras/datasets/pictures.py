"""Pictures known by name, as Keras gives them: from Prunelle's data folder, else from Keras's, else fetched."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from prunelle.data.datasets import data_folder, is_there, load_named, read_cifar
from prunelle.errors import MissingData
from prunelle.keras.datasets import cifar
from prunelle.keras.datasets.files import keras_folder, there

Arrays = tuple[tuple[np.ndarray, np.ndarray], tuple[np.ndarray, np.ndarray]]
"""Pictures and labels for training, then for the test."""

_KERASS_OWN = {
    "mnist": "mnist.npz",
    "fashion-mnist": "fashion-mnist/",
    "cifar10": cifar.FORMS["cifar10"].archive,
}
_KERASS_OWN["cifar100"] = cifar.FORMS["cifar100"].archive


def grey(name: str, path: str | None = None) -> Arrays:
    """MNIST or Fashion-MNIST: pictures ``(N, 28, 28)`` uint8, labels ``(N,)`` uint8.

    Args:
        path: MNIST's file, as ``keras.datasets.mnist`` has it.
    """
    if name == "mnist" and not is_there(name, data_folder()):
        found = there("mnist.npz", path)
        if found is not None:
            with np.load(found, allow_pickle=False) as file:
                return (file["x_train"], file["y_train"]), (file["x_test"], file["y_test"])
    try:
        data = load_named(name, validation=0, data_dir=_folder(name))
    except MissingData as error:
        raise _also(name, error) from None
    assert data.test is not None
    return tuple(  # type: ignore[return-value]
        (_own(np.asarray(split.array)[..., 0]), split.labels.astype("uint8"))
        for split in (data.train, data.test)
    )


def colour(name: str, *, coarse: bool = False) -> Arrays:
    """CIFAR-10 or CIFAR-100: pictures ``(N, 32, 32, 3)`` uint8, labels ``(N, 1)``.

    Args:
        coarse: labels of CIFAR-100's 20 groups.
    """
    splits = None if is_there(name, data_folder()) else cifar.read(name, keras_folder(), coarse=coarse)
    if splits is None:
        try:
            splits = read_cifar(name, data_folder(), None, coarse=coarse)
        except MissingData as error:
            raise _also(name, error) from None
    return tuple((_own(images), labels[:, None]) for images, labels in splits)  # type: ignore[return-value]


def _folder(name: str) -> Path | None:
    """Keras's own, where the files are there and not in Prunelle's."""
    in_kerass = is_there(name, keras_folder()) and not is_there(name, data_folder())
    return keras_folder() if in_kerass else None


def _also(name: str, error: MissingData) -> MissingData:
    return MissingData(f"{error} Keras's own are taken as well: {keras_folder() / _KERASS_OWN[name]}.")


def _own(images: np.ndarray) -> np.ndarray:
    """Programs change their pictures in place; those that lie in a file's bytes cannot be changed."""
    return np.require(images, requirements="W")
