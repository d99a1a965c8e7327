"""``tf.dtypes``: the types of numbers, and from one to another."""

from __future__ import annotations

from prunelle.keras.eager.arrays import cast as cast
from prunelle.keras.eager.arrays import complex as complex
from prunelle.keras.eager.arrays import saturate_cast as saturate_cast
from prunelle.keras.eager.dtypes import DTYPES
from prunelle.keras.eager.dtypes import DType as DType
from prunelle.keras.eager.dtypes import as_dtype as as_dtype

for _kind in DTYPES.values():
    globals()[_kind.name] = _kind
half, double = DTYPES["float16"], DTYPES["float64"]

__all__ = sorted({*DTYPES, "DType", "as_dtype", "cast", "complex", "double", "half", "saturate_cast"})
