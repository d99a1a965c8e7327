"""``tf.sparse``: tensors of which few numbers are kept, which are not here."""

from __future__ import annotations

from prunelle.keras.eager.not_here import DENSE, absent

_NAMES = [
    "add",
    "concat",
    "cross",
    "expand_dims",
    "eye",
    "from_dense",
    "mask",
    "reduce_sum",
    "reorder",
    "reshape",
    "retain",
    "segment_mean",
    "segment_sum",
    "slice",
    "softmax",
    "sparse_dense_matmul",
    "to_dense",
    "transpose",
]
for _name in _NAMES:
    globals()[_name] = absent(f"tf.sparse.{_name}", DENSE)

__all__ = list(_NAMES)
