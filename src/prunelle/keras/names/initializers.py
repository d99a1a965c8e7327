"""Initialisers by their names of Keras 1 and 2."""

from __future__ import annotations

from typing import Any

from prunelle.keras.floor import keras, private
from prunelle.keras.initializers import OLD_NAMES

__all__ = list(OLD_NAMES)


def _compute_fans(shape: Any, data_format: str = "channels_last") -> tuple[float, float]:
    """What goes into a unit, and out of it."""
    if data_format == "channels_first" and len(shape) > 2:
        shape = (*shape[2:], shape[1], shape[0])
    fans: tuple[float, float] = private("initializers.random_initializers").compute_fans(tuple(shape))
    return fans


def __getattr__(name: str) -> Any:
    if name in OLD_NAMES:
        return getattr(keras.initializers, OLD_NAMES[name])
    raise AttributeError(name)
