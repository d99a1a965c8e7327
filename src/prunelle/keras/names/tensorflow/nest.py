"""``tf.nest``: lists, tuples and dictionaries of anything, in one another."""

from __future__ import annotations

from typing import Any

from prunelle.keras.floor import keras

is_nested, assert_same_structure = keras.tree.is_nested, keras.tree.assert_same_structure


def flatten(structure: Any, expand_composites: bool = False) -> list[Any]:
    """What is inside, in order; of dictionaries by name."""
    found: list[Any] = keras.tree.flatten(structure)
    return found


def map_structure(func: Any, *structure: Any, **_: Any) -> Any:
    """A function of each that is inside, in the same structure."""
    return keras.tree.map_structure(func, *structure)


def pack_sequence_as(structure: Any, flat_sequence: Any, expand_composites: bool = False) -> Any:
    """A flat list in the structure of another."""
    return keras.tree.pack_sequence_as(structure, list(flat_sequence))


__all__ = ["assert_same_structure", "flatten", "is_nested", "map_structure", "pack_sequence_as"]
