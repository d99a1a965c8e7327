"""``tf.linalg``: matrices."""

from __future__ import annotations

import torch

from prunelle.keras.eager.functions import function, offered
from prunelle.keras.eager.tensor import matrix_multiply

Torch = torch.Tensor


@function("a b", numbers="count")
def matmul(
    a: Torch,
    b: Torch,
    transpose_a: bool = False,
    transpose_b: bool = False,
    adjoint_a: bool = False,
    adjoint_b: bool = False,
    name: str | None = None,
    **ignored: bool,
) -> Torch:
    """Products of matrices ``(…, n, k)`` and ``(…, k, m)``; either can be transposed first."""
    first = a.mT if transpose_a else a.mH if adjoint_a else a
    second = b.mT if transpose_b else b.mH if adjoint_b else b
    return matrix_multiply(first, second)


__all__ = offered(globals())
