"""``tf.version``: the TensorFlow whose names these are."""

from __future__ import annotations

VERSION = "2.15.0+prunelle"
GIT_VERSION = COMPILER_VERSION = "prunelle"

__all__ = ["COMPILER_VERSION", "GIT_VERSION", "VERSION"]
