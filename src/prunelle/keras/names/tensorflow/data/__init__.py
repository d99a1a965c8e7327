"""``tf.data``: data sets."""

from __future__ import annotations

from prunelle.keras.data_set import DataSet

AUTOTUNE = -1
Dataset = DataSet

__all__ = ["AUTOTUNE", "Dataset"]
