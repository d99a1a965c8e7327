"""Lower-case names of optimisers, as Keras 2.0 to 2.3 had them too."""

from __future__ import annotations

from typing import Any

from prunelle.keras.floor import keras
from prunelle.keras.optimizers import OLD_NAMES

__all__ = list(OLD_NAMES)


def __getattr__(name: str) -> Any:
    if name in OLD_NAMES:
        return getattr(keras.optimizers, OLD_NAMES[name])
    raise AttributeError(name)
