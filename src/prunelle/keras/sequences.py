"""``keras.utils.Sequence``: Keras 3's ``PyDataset``, whose subclasses need not call its ``__init__``."""

from __future__ import annotations

from prunelle.keras.floor import keras

Sequence = keras.utils.PyDataset
