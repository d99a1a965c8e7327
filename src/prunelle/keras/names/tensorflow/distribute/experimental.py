"""``tf.distribute.experimental``: strategies by their former names."""

from __future__ import annotations

from prunelle.keras.names.tensorflow.distribute import (
    MultiWorkerMirroredStrategy as MultiWorkerMirroredStrategy,
)
from prunelle.keras.names.tensorflow.distribute import Strategy, TPUStrategy


class CentralStorageStrategy(Strategy):
    """TensorFlow's with weights in one place."""


__all__ = ["CentralStorageStrategy", "MultiWorkerMirroredStrategy", "TPUStrategy"]
