"""``tf.random.experimental``: names that moved to ``tf.random``."""

from __future__ import annotations

from prunelle.keras.eager.random.generator import (
    Generator,
    get_global_generator,
    set_global_generator,
)
from prunelle.keras.eager.random.stateless import fold_in as stateless_fold_in
from prunelle.keras.eager.random.stateless import split as stateless_split
from prunelle.keras.eager.random.stateless import stateless_shuffle

__all__ = [
    "Generator",
    "get_global_generator",
    "set_global_generator",
    "stateless_fold_in",
    "stateless_shuffle",
    "stateless_split",
]
