"""Names of programs' Keras that Keras 3 has not, or has with another meaning: a module for each import path."""

from typing import Any

from prunelle.keras.floor import keras
from prunelle.keras.generations import Generation, in_force

__all__ = ["__version__"]

_VERSIONS = {Generation.KERAS_1: "1.2.2", Generation.KERAS_2: "2.3.1", Generation.TF_KERAS_2: "2.15.0"}
"""The last of each generation: programs print it, and some ask it what they may use."""


def __getattr__(name: str) -> Any:
    if name == "__version__":
        return _VERSIONS.get(in_force(), keras.__version__)
    raise AttributeError(name)
