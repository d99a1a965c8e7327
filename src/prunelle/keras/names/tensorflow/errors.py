"""``tf.errors``: what programs catch."""

from __future__ import annotations

from prunelle.keras.eager import errors
from prunelle.keras.eager.errors import OpError

for _name, _class in vars(errors).items():
    if isinstance(_class, type) and issubclass(_class, OpError):
        globals()[_name] = _class

__all__ = [name for name in vars(errors) if name.endswith("Error") and name != "ArgumentError"]
