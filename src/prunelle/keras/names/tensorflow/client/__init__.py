"""``tensorflow.python.client``: of it, which devices there are."""

from __future__ import annotations

from prunelle.keras.names.tensorflow.client import device_lib

__all__ = ["device_lib"]
