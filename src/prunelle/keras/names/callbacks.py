"""Callbacks with the arguments of Keras 1 and 2."""

from __future__ import annotations

import warnings
from typing import Any

from prunelle.keras.floor import keras
from prunelle.keras.tensorboard import TensorBoard

__all__ = ["BaseLogger", "EarlyStopping", "ModelCheckpoint", "ReduceLROnPlateau", "TensorBoard"]

_Checkpoint: Any = keras.callbacks.ModelCheckpoint


class ModelCheckpoint(_Checkpoint):  # type: ignore[misc]
    """Saves under any name; ``period`` counts epochs."""

    def __init__(self, filepath: Any, *args: Any, period: int = 1, **given: Any) -> None:
        order = ("monitor", "verbose", "save_best_only", "save_weights_only", "mode", "period")
        given |= dict(zip(order, args, strict=False))
        self.period = int(given.pop("period", period))
        given.pop("options", None)
        suffix = ".weights.h5" if given.get("save_weights_only") else ".keras"
        super().__init__(f"{filepath}{suffix}", **given)
        self.filepath = str(filepath)
        self._since = 0

    def on_epoch_end(self, epoch: int, logs: Any = None) -> None:
        """Saves, where it is due."""
        self._since += 1
        if self._since >= self.period:
            self._since = 0
            super().on_epoch_end(epoch, logs)


class ReduceLROnPlateau(keras.callbacks.ReduceLROnPlateau):  # type: ignore[misc]
    """``epsilon`` is Keras 2.1's ``min_delta``."""

    def __init__(self, *args: Any, epsilon: float | None = None, **given: Any) -> None:
        if epsilon is not None:
            warnings.warn(
                "`epsilon` argument is deprecated and will be removed, use `min_delta` instead.", stacklevel=2
            )
            given["min_delta"] = epsilon
        super().__init__(*args, **given)


EarlyStopping = keras.callbacks.EarlyStopping


class BaseLogger(keras.callbacks.Callback):  # type: ignore[misc]
    """Nothing is left for it to do."""

    def __init__(self, stateful_metrics: Any = None) -> None:
        super().__init__()
