"""``tf.lite``: models for telephones, which are not here."""

from __future__ import annotations

from prunelle.keras.eager.not_here import EXPORT, absent_class

Interpreter = absent_class("tf.lite.Interpreter", EXPORT)
TFLiteConverter = absent_class("tf.lite.TFLiteConverter", EXPORT)


class Optimize:
    """How small a model becomes."""

    DEFAULT, OPTIMIZE_FOR_SIZE, OPTIMIZE_FOR_LATENCY = "DEFAULT", "OPTIMIZE_FOR_SIZE", "OPTIMIZE_FOR_LATENCY"


__all__ = ["Interpreter", "Optimize", "TFLiteConverter"]
