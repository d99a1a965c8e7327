"""Regularisers by their names of Keras 1 and 2."""

from __future__ import annotations

from typing import Any

from prunelle.keras.floor import keras

__all__ = ["activity_l1", "activity_l1l2", "activity_l2", "l1", "l1_l2", "l1l2", "l2"]


def l1(l: float = 0.01, **given: Any) -> Any:  # noqa: E741 (Keras calls it so)
    """The sum of absolute values."""
    return keras.regularizers.L1(given.get("l1", l))


def l2(l: float = 0.01, **given: Any) -> Any:  # noqa: E741
    """The sum of squares."""
    return keras.regularizers.L2(given.get("l2", l))


def l1_l2(l1: float = 0.01, l2: float = 0.01) -> Any:
    """Both."""
    return keras.regularizers.L1L2(l1, l2)


l1l2, activity_l1, activity_l2, activity_l1l2 = l1_l2, l1, l2, l1_l2
