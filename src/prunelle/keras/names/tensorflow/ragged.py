"""``tf.ragged``: rows of several lengths, which are not here."""

from __future__ import annotations

from prunelle.keras.eager.not_here import DENSE, absent

_NAMES = [
    "boolean_mask",
    "constant",
    "cross",
    "map_flat_values",
    "range",
    "stack",
]
for _name in _NAMES:
    globals()[_name] = absent(f"tf.ragged.{_name}", DENSE)

__all__ = list(_NAMES)
