"""``tf.data.experimental``."""

from __future__ import annotations

from typing import Any

AUTOTUNE = -1


def cardinality(dataset: Any) -> Any:
    """How many elements there are."""
    return dataset.cardinality()


__all__ = ["AUTOTUNE", "cardinality"]
