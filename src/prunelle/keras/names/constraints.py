"""Constraints by their names of Keras 1 and 2."""

from prunelle.keras.floor import keras

__all__ = ["max_norm", "maxnorm", "min_max_norm", "non_neg", "nonneg", "unit_norm", "unitnorm"]

max_norm = maxnorm = keras.constraints.MaxNorm
non_neg = nonneg = keras.constraints.NonNeg
unit_norm = unitnorm = keras.constraints.UnitNorm
min_max_norm = keras.constraints.MinMaxNorm
