"""Losses by their names of Keras 1 and 2."""

from __future__ import annotations

from typing import Any

from prunelle.keras.floor import keras
from prunelle.keras.losses import FUNCTIONS, OLD_NAMES, LossFunctionWrapper

__all__ = [*OLD_NAMES, "LossFunctionWrapper", "Reduction", "is_categorical_crossentropy"]


class Reduction:
    """How the losses of examples become one."""

    AUTO = "sum_over_batch_size"
    NONE = "none"
    SUM = "sum"
    SUM_OVER_BATCH_SIZE = "sum_over_batch_size"

    @classmethod
    def all(cls) -> tuple[str, ...]:
        """All of them."""
        return (cls.NONE, cls.SUM, cls.SUM_OVER_BATCH_SIZE)

    @classmethod
    def validate(cls, key: str) -> None:
        """Raises a ``ValueError`` where it is none."""
        if key not in cls.all():
            raise ValueError(f"Invalid Reduction Key {key}.")


def is_categorical_crossentropy(loss: Any) -> bool:
    """Whether it is the crossentropy of one class of several."""
    return loss == "categorical_crossentropy" or isinstance(loss, keras.losses.CategoricalCrossentropy)


def __getattr__(name: str) -> Any:
    if name in OLD_NAMES:
        return FUNCTIONS[OLD_NAMES[name]]
    raise AttributeError(name)
