"""``tf.math.special``: Bessel functions and integrals."""

from __future__ import annotations

from prunelle.keras.eager.functions import offered
from prunelle.keras.eager.math.special import FUNCTIONS

globals().update(FUNCTIONS)

__all__ = offered(globals())
