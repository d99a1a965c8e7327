"""``tf.data``: data sets."""

from __future__ import annotations

from prunelle.keras.pipeline.dataset import INFINITE as INFINITE_CARDINALITY
from prunelle.keras.pipeline.dataset import UNKNOWN as UNKNOWN_CARDINALITY
from prunelle.keras.pipeline.dataset import Dataset, TextLineDataset, TFRecordDataset
from prunelle.keras.pipeline.iterator import Iterator
from prunelle.keras.pipeline.options import Options
from prunelle.keras.pipeline.structure import DatasetSpec

AUTOTUNE = -1

__all__ = [
    "AUTOTUNE",
    "INFINITE_CARDINALITY",
    "UNKNOWN_CARDINALITY",
    "Dataset",
    "DatasetSpec",
    "Iterator",
    "Options",
    "TFRecordDataset",
    "TextLineDataset",
]
