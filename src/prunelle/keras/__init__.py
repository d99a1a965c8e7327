"""Keras's interface over Prunelle's core: course programs run as printed.

    >>> import prunelle.keras as keras
    >>> model = keras.Sequential([keras.layers.Dense(10, activation="softmax", input_shape=(784,))])
    >>> model.compile(optimizer="adam", loss="categorical_crossentropy", metrics=["accuracy"])

Arrays are ``(N, H, W, C)``, as in Keras. ``prunelle run program.py`` makes ``import keras`` and
``tensorflow.keras`` mean this package.
"""

from __future__ import annotations

import importlib
from typing import Any

from prunelle.errors import did_you_mean

_MODULES = (
    *(
        "activations",
        "applications",
        "backend",
        "callbacks",
        "constraints",
        "datasets",
        "initializers",
        "layers",
    ),
    *("losses", "metrics", "models", "optimizers", "preprocessing", "regularizers", "utils"),
)
_HOMES = {
    "Input": "prunelle.keras.layers",
    "Model": "prunelle.keras.models",
    "Sequential": "prunelle.keras.models",
}

__version__ = "2.15.0"
"""The Keras whose programs these are; some programs print it."""

__all__ = [*_HOMES, *_MODULES, "__version__"]


def __getattr__(name: str) -> Any:
    if name in _MODULES:
        return importlib.import_module(f"prunelle.keras.{name}")
    if name in _HOMES:
        return getattr(importlib.import_module(_HOMES[name]), name)
    raise AttributeError(f"prunelle.keras has no {name!r}.{did_you_mean(name, __all__)}")


def __dir__() -> list[str]:
    return sorted(__all__)
