"""``tf.saved_model``: models as TensorFlow keeps them. Here they are ``.keras`` files."""

from __future__ import annotations

from prunelle.keras.eager.not_here import EXPORT, absent

_NAMES = [
    "Asset",
    "LoadOptions",
    "SaveOptions",
    "contains_saved_model",
    "load",
    "save",
]
for _name in _NAMES:
    globals()[_name] = absent(f"tf.saved_model.{_name}", EXPORT)

__all__ = list(_NAMES)
