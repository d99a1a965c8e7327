"""``tf.sets``: rows as sets, which are not here."""

from __future__ import annotations

from prunelle.keras.eager.not_here import absent

_INSTEAD = "it makes sparse tensors. Python's set(x.numpy().tolist()), or NumPy's intersect1d, do it."
_NAMES = ["difference", "intersection", "size", "union"]
for _name in _NAMES:
    globals()[_name] = absent(f"tf.sets.{_name}", _INSTEAD)

__all__ = list(_NAMES)
