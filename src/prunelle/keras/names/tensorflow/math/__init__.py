"""``tf.math``: functions by element, reductions, comparisons. ``eager/math/`` has them."""

from __future__ import annotations

from typing import Any

from prunelle.keras.eager.functions import offered
from prunelle.keras.eager.math import counting, elements, pairs, reductions, segments, special
from prunelle.keras.eager.nn.activations import log_softmax as log_softmax
from prunelle.keras.eager.nn.activations import softmax as softmax

polyval, sobol_sample = reductions.polyval, counting.sobol_sample

for _module in (counting, elements, pairs, reductions, segments):
    _all: dict[str, Any] = vars(_module)
    globals().update({name: value for name, value in _all.items() if hasattr(value, "_of_tensorflow")})
globals().update(
    {f"bessel_{_name}": special.FUNCTIONS[f"bessel_{_name}"] for _name in ("i0", "i0e", "i1", "i1e")}
)

_OF_TF_ITSELF = {"realdiv", "truncatediv", "truncatemod"}
__all__ = [each for each in offered(globals(), "polyval", "sobol_sample") if each not in _OF_TF_ITSELF]
