"""``keras.initializations`` of Keras 1: functions of a shape, which give a variable.

Source: ``keras/initializations.py`` of Keras 1.2.2.
"""

from __future__ import annotations

from typing import Any

from prunelle.keras.floor import keras
from prunelle.keras.initializers import OLD_NAMES

__all__ = [
    *("uniform", "normal", "lecun_uniform", "glorot_normal", "glorot_uniform", "he_normal", "he_uniform"),
    *("orthogonal", "identity", "zero", "one", "get"),
]


def _variable(initializer: Any, shape: Any, name: str | None) -> Any:
    return keras.Variable(initializer(tuple(shape), dtype=keras.config.floatx()), name=name)


def uniform(shape: Any, scale: float = 0.05, name: str | None = None, **ignored: Any) -> Any:
    """Between ``-scale`` and ``scale``."""
    return _variable(keras.initializers.RandomUniform(-scale, scale), shape, name)


def normal(shape: Any, scale: float = 0.05, name: str | None = None, **ignored: Any) -> Any:
    """Of mean 0 and standard deviation ``scale``."""
    return _variable(keras.initializers.RandomNormal(0.0, scale), shape, name)


def orthogonal(shape: Any, scale: float = 1.1, name: str | None = None, **ignored: Any) -> Any:
    """An orthogonal matrix times ``scale``."""
    return _variable(keras.initializers.Orthogonal(scale), shape, name)


def identity(shape: Any, scale: float = 1, name: str | None = None, **ignored: Any) -> Any:
    """The identity times ``scale``."""
    return _variable(keras.initializers.Identity(scale), shape, name)


def _plain(name: str) -> Any:
    def initialization(shape: Any, name: str | None = None, **ignored: Any) -> Any:
        return _variable(kind(), shape, name)

    kind = getattr(keras.initializers, OLD_NAMES[name])
    initialization.__name__ = initialization.__qualname__ = name
    return initialization


lecun_uniform, he_normal, he_uniform = _plain("lecun_uniform"), _plain("he_normal"), _plain("he_uniform")
glorot_normal, glorot_uniform = _plain("glorot_normal"), _plain("glorot_uniform")
zero, one = _plain("zero"), _plain("one")


def get(identifier: Any, **ignored: Any) -> Any:
    """One of these by its name; a function as it is."""
    return globals()[identifier] if isinstance(identifier, str) and identifier in __all__ else identifier
