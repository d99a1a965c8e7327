"""``tf.linalg``: matrices, each the last two axes of a tensor."""

from __future__ import annotations

import math
from typing import Any, NamedTuple

import numpy as np
import scipy.linalg
import torch

from prunelle.keras.eager import arrays
from prunelle.keras.eager.dtypes import as_dtype
from prunelle.keras.eager.errors import InvalidArgumentError, WrongType
from prunelle.keras.eager.functions import axes, function, kind_of, offered
from prunelle.keras.eager.linalg import diagonals
from prunelle.keras.eager.tensor import convert, matrix_multiply
from prunelle.keras.names.tensorflow import math as _math

Torch = torch.Tensor


def _matrices(x: Torch, name: str, square: bool = False) -> None:
    if x.ndim < 2 or (square and x.shape[-1] != x.shape[-2]):
        what = "square matrices (…, n, n)" if square else "matrices (…, n, m)"
        raise InvalidArgumentError(f"tf.linalg.{name} takes {what}; received shape {tuple(x.shape)}.")


@function("a b", numbers="count")
def matmul(
    a: Torch,
    b: Torch,
    transpose_a: bool = False,
    transpose_b: bool = False,
    adjoint_a: bool = False,
    adjoint_b: bool = False,
    name: str | None = None,
    **ignored: Any,
) -> Torch:
    """Products of matrices ``(…, n, k)`` and ``(…, k, m)``; either can be transposed first."""
    if (transpose_a and adjoint_a) or (transpose_b and adjoint_b):
        raise InvalidArgumentError(
            "tf.linalg.matmul: a matrix is transposed or its adjoint is taken, not both."
        )
    _multiplied(a, b)
    first = _turned(a, transpose_a, adjoint_a)
    return matrix_multiply(first, _turned(b, transpose_b, adjoint_b))


def _multiplied(a: Torch, b: Torch) -> None:
    """Raises: WrongType: of so few bits that TensorFlow does not multiply them."""
    if a.dtype in (torch.int8, torch.uint8) or (a.dtype == torch.int16 and max(a.ndim, b.ndim) <= 2):
        raise WrongType(
            f"matrices are not multiplied in {as_dtype(a.dtype).name}, whose sums would not fit; tf.cast(x, tf.int32)."
        )


def _turned(x: Torch, transpose: bool, adjoint: bool) -> Torch:
    if x.ndim < 2 or not (transpose or adjoint):
        return x
    return x.mH if adjoint else x.mT


@function("a b", numbers="count")
def matvec(
    a: Torch,
    b: Torch,
    transpose_a: bool = False,
    adjoint_a: bool = False,
    name: str | None = None,
    **ignored: Any,
) -> Torch:
    """Products of matrices ``(…, n, k)`` and vectors ``(…, k)``."""
    _multiplied(a, b[..., None] if b.ndim else b)
    if b.ndim < 1:
        raise InvalidArgumentError("tf.linalg.matvec takes vectors (…, k); received a scalar.")
    return matrix_multiply(_turned(a, transpose_a, adjoint_a), b[..., None])[..., 0]


@function(alone="a")
def matrix_transpose(a: Torch, name: str | None = None, conjugate: bool = False) -> Torch:
    """Rows for columns."""
    _matrices(a, "matrix_transpose")
    return a.mT.conj().resolve_conj() if conjugate else a.mT


@function(alone="matrix")
def adjoint(matrix: Torch, name: str | None = None) -> Torch:
    """Rows for columns, and the conjugates of complex numbers."""
    _matrices(matrix, "adjoint")
    return matrix.mT.conj().resolve_conj()


@function("x", numbers="count")
def trace(x: Torch, name: str | None = None) -> Torch:
    """The sum of the diagonal."""
    _matrices(x, "trace")
    return x.diagonal(0, -2, -1).sum(-1, dtype=x.dtype)


@function("a b", numbers="real")
def cross(a: Torch, b: Torch, name: str | None = None) -> Torch:
    """Vectors at right angles to two of three numbers each."""
    if a.shape != b.shape or a.ndim == 0 or a.shape[-1] != 3:
        raise InvalidArgumentError(
            f"tf.linalg.cross takes two tensors (…, 3) of one shape; received {tuple(a.shape)} and {tuple(b.shape)}."
        )
    x, y = a.unbind(-1), b.unbind(-1)
    parts = [x[i] * y[j] - x[j] * y[i] for i, j in ((1, 2), (2, 0), (0, 1))]
    return torch.stack(parts, -1)


# Lengths.


def _norm(tensor: Torch, order: Any, axis: Any) -> tuple[Torch, tuple[int, ...]]:
    """With the axes kept, and which they are."""
    matrix = isinstance(axis, (list, tuple)) and len(axis) == 2
    if isinstance(axis, (list, tuple)) and len(axis) != 2:
        raise InvalidArgumentError(f"axis is None, one axis or two; received {axis!r}.")
    if order == "fro" and not matrix:
        raise InvalidArgumentError("ord='fro' is of matrices: axis=(-2, -1).")
    along = axes(axis, tensor.ndim)
    if len(set(along)) != len(along):
        raise InvalidArgumentError(f"axis is of two different axes; received {axis!r}.")
    if order not in (1, math.inf) and not (tensor.is_floating_point() or tensor.is_complex()):
        raise WrongType(
            f"a length is of floating-point numbers; received {as_dtype(tensor.dtype).name}: tf.cast(x, tf.float32)."
        )
    if order in ("euclidean", "fro") or (order == 2 and not matrix):
        squares = tensor * tensor.conj() if tensor.is_complex() else tensor * tensor
        total = squares.sum(along, keepdim=True) if along else squares
        return total.sqrt(), along
    size = tensor.abs()
    if matrix:
        rows, columns = along
        if order == 2:
            values = torch.linalg.svdvals(tensor.movedim(along, (-2, -1))).amax(-1)
            for each in sorted(along):
                values = values.unsqueeze(each)
            return values, along
        if order == 1:
            return size.sum(rows, keepdim=True, dtype=size.dtype).amax(columns, keepdim=True), along
        if order == math.inf:
            return size.sum(columns, keepdim=True, dtype=size.dtype).amax(rows, keepdim=True), along
    elif not isinstance(order, str):
        if order == 1:
            return size.sum(along, keepdim=True, dtype=size.dtype), along
        if order == math.inf:
            return size.amax(along, keepdim=True), along
        if order > 0:
            return (size**order).sum(along, keepdim=True) ** (1 / order), along
    known = "'euclidean', 'fro', 1, 2 and np.inf" + ("" if matrix else " and numbers above 0")
    raise InvalidArgumentError(
        f"ord of {'matrices' if matrix else 'vectors'} is {known}; received {order!r}."
    )


@function("tensor", numbers="count")
def norm(
    tensor: Torch,
    ord: Any = "euclidean",
    axis: Any = None,
    keepdims: bool | None = None,
    name: str | None = None,
) -> Torch:
    """The length of vectors (``axis`` is one axis, or None for all numbers together) or of matrices (two axes)."""
    found, along = _norm(tensor, ord, axis)
    return found if keepdims or not along else found.squeeze(along)


@function("tensor", numbers="float")
def normalize(
    tensor: Torch,
    ord: Any = "euclidean",
    axis: Any = None,
    name: str | None = None,
) -> tuple[Torch, Torch]:
    """Divided by its ``norm``; and that norm, with the axes kept."""
    found, _ = _norm(tensor, ord, axis)
    return tensor / found, found.to(tensor.dtype)


# Determinants, inverses, equations.


@function("input", numbers="float")
def det(input: Torch, name: str | None = None) -> Any:
    """Determinants."""
    _matrices(input, "det", square=True)
    return torch.linalg.det(input)


class LogDeterminant(NamedTuple):
    """What ``slogdet`` gives."""

    sign: Torch
    log_abs_determinant: Torch


@function("input", numbers="float")
def slogdet(input: Torch, name: str | None = None) -> LogDeterminant:
    """The sign of determinants and the logarithm of their sizes."""
    _matrices(input, "slogdet", square=True)
    sign, logarithm = torch.linalg.slogdet(input)
    return LogDeterminant(sign, logarithm.to(input.dtype))


@function("matrix", numbers="float")
def logdet(matrix: Torch, name: str | None = None) -> Any:
    """The logarithm of the determinants of symmetric positive definite matrices."""
    _matrices(matrix, "logdet", square=True)
    return 2 * torch.linalg.cholesky(matrix).diagonal(0, -2, -1).real.log().sum(-1)


@function("input", numbers="float")
def inv(input: Torch, adjoint: bool = False, name: str | None = None) -> Any:
    """Inverses."""
    _matrices(input, "inv", square=True)
    return torch.linalg.inv(input.mH if adjoint else input)


@function("a", numbers="float")
def pinv(a: Torch, rcond: Any = None, validate_args: bool = False, name: str | None = None) -> Any:
    """Pseudo-inverses: singular values up to ``rcond`` times the greatest count for nothing."""
    _matrices(a, "pinv")
    least = 10 * max(a.shape[-2:]) * torch.finfo(a.dtype).eps if rcond is None else float(convert(rcond))
    return torch.linalg.pinv(a, rtol=least)


@function("a", numbers="float")
def matrix_rank(a: Torch, tol: Any = None, validate_args: bool = False, name: str | None = None) -> Any:
    """How many singular values are above ``tol``: int32."""
    _matrices(a, "matrix_rank")
    values = torch.linalg.svdvals(a)
    if tol is None:
        limit = max(a.shape[-2:]) * torch.finfo(a.dtype).eps * values.amax(-1, keepdim=True)
    else:
        limit = convert(tol).to(values.dtype)
    return (values > limit).sum(-1).to(torch.int32)


def _fitting(matrix: Torch, rhs: Torch, name: str) -> None:
    _matrices(matrix, name)
    _matrices(rhs, name)
    if matrix.shape[-2] != rhs.shape[-2]:
        raise InvalidArgumentError(
            f"tf.linalg.{name}: matrix and rhs have the same rows; received {tuple(matrix.shape)} and "
            f"{tuple(rhs.shape)}."
        )


@function("matrix rhs", numbers="float")
def solve(matrix: Torch, rhs: Torch, adjoint: bool = False, name: str | None = None) -> Any:
    """``x`` of ``matrix @ x = rhs``."""
    _matrices(matrix, "solve", square=True)
    _fitting(matrix, rhs, "solve")
    return torch.linalg.solve(matrix.mH if adjoint else matrix, rhs)


@function("matrix rhs", numbers="float")
def triangular_solve(
    matrix: Torch,
    rhs: Torch,
    lower: bool = True,
    adjoint: bool = False,
    name: str | None = None,
) -> Any:
    """``x`` of ``matrix @ x = rhs``, of a matrix of which the lower (or upper) triangle counts alone."""
    _matrices(matrix, "triangular_solve", square=True)
    _fitting(matrix, rhs, "triangular_solve")
    if adjoint:
        return torch.linalg.solve_triangular((matrix.tril() if lower else matrix.triu()).mH, rhs, upper=lower)
    return torch.linalg.solve_triangular(matrix.tril() if lower else matrix.triu(), rhs, upper=not lower)


@function("matrix rhs", numbers="float")
def lstsq(
    matrix: Torch, rhs: Torch, l2_regularizer: Any = 0.0, fast: bool = True, name: str | None = None
) -> Any:
    """``x`` with the least ``|matrix @ x - rhs|² + l2_regularizer |x|²``; with ``fast``, by normal equations."""
    _fitting(matrix, rhs, "lstsq")
    weight = float(convert(l2_regularizer))
    if not fast and weight == 0:
        return torch.linalg.pinv(matrix) @ rhs
    rows, columns = matrix.shape[-2:]
    tall = rows >= columns
    square = matrix.mH @ matrix if tall else matrix @ matrix.mH
    factor = torch.linalg.cholesky(square + weight * torch.eye(min(rows, columns), dtype=matrix.dtype))
    if tall:
        return torch.cholesky_solve(matrix.mH @ rhs, factor)
    return matrix.mH @ torch.cholesky_solve(rhs, factor)


# Decompositions.


@function("input", numbers="float")
def cholesky(input: Torch, name: str | None = None) -> Any:
    """The lower triangles ``L`` with ``L @ L.T`` for symmetric positive definite matrices."""
    _matrices(input, "cholesky", square=True)
    return torch.linalg.cholesky(input)


@function("chol rhs", numbers="float")
def cholesky_solve(chol: Torch, rhs: Torch, name: str | None = None) -> Torch:
    """``x`` of ``A @ x = rhs``, of ``cholesky(A)``."""
    _matrices(chol, "cholesky_solve", square=True)
    _fitting(chol, rhs, "cholesky_solve")
    return torch.cholesky_solve(rhs, chol)


class QR(NamedTuple):
    """What ``qr`` gives."""

    q: Torch
    r: Torch


@function("input", numbers="float")
def qr(input: Torch, full_matrices: bool = False, name: str | None = None) -> QR:
    """Orthogonal matrices ``q`` and upper triangles ``r``: ``q @ r`` is the input."""
    _matrices(input, "qr")
    return QR(*torch.linalg.qr(input, mode="complete" if full_matrices else "reduced"))


@function("tensor", numbers="float")
def svd(tensor: Torch, full_matrices: bool = False, compute_uv: bool = True, name: str | None = None) -> Any:
    """Singular values ``s``, the greatest first, and ``u`` and ``v``: ``u @ diag(s) @ v.T`` is the input."""
    _matrices(tensor, "svd")
    if not compute_uv:
        return torch.linalg.svdvals(tensor)
    u, s, vh = torch.linalg.svd(tensor, full_matrices=full_matrices)
    return s, u, vh.mH.resolve_conj()


@function("tensor", numbers="float")
def eigh(tensor: Torch, name: str | None = None) -> tuple[Torch, Torch]:
    """Eigenvalues of symmetric matrices, the least first, and their vectors in columns; the lower triangle counts."""
    _matrices(tensor, "eigh", square=True)
    values, vectors = torch.linalg.eigh(tensor)
    return values.to(tensor.dtype), vectors


@function("tensor", numbers="float")
def eigvalsh(tensor: Torch, name: str | None = None) -> Any:
    """Eigenvalues of symmetric matrices, the least first."""
    _matrices(tensor, "eigvalsh", square=True)
    return torch.linalg.eigvalsh(tensor).to(tensor.dtype)


@function("tensor", numbers="float")
def eig(tensor: Torch, name: str | None = None) -> tuple[Torch, Torch]:
    """Eigenvalues and vectors in columns, complex."""
    _matrices(tensor, "eig", square=True)
    values, vectors = torch.linalg.eig(tensor)
    return values, vectors


@function("tensor", numbers="float")
def eigvals(tensor: Torch, name: str | None = None) -> Any:
    """Eigenvalues, complex."""
    _matrices(tensor, "eigvals", square=True)
    return torch.linalg.eigvals(tensor)


class LU(NamedTuple):
    """What ``lu`` gives."""

    lu: Torch
    p: Torch


@function("input", numbers="float")
def lu(input: Torch, output_idx_type: Any = "int32", name: str | None = None) -> LU:
    """Both triangles in one matrix, and the order of rows ``p``: ``L @ U`` is ``input[p]``."""
    _matrices(input, "lu", square=True)
    triangles, pivots = torch.linalg.lu_factor(input)
    order, _, _ = torch.lu_unpack(triangles, pivots, unpack_data=False)
    return LU(triangles, order.real.argmax(-2).to(kind_of(output_idx_type)))


@function("input", numbers="float")
def expm(input: Torch, name: str | None = None) -> Any:
    """Exponentials of matrices."""
    _matrices(input, "expm", square=True)
    return torch.linalg.matrix_exp(input)


def _by_scipy(x: Torch, compute: Any) -> Torch:
    if x.is_meta or not x.numel():
        return torch.empty_like(x)
    flat = x.detach().cpu().numpy().reshape(-1, *x.shape[-2:])
    found = np.stack([compute(each) for each in flat]).reshape(x.shape)
    return torch.from_numpy(found if x.is_complex() else found.real.copy()).to(x)


@function("input", numbers="float")
def logm(input: Torch, name: str | None = None) -> Torch:
    """Logarithms of complex matrices; no gradient goes through."""
    _matrices(input, "logm", square=True)
    if not input.is_complex():
        raise InvalidArgumentError("tf.linalg.logm takes complex matrices: tf.cast(x, tf.complex64).")
    return _by_scipy(input, scipy.linalg.logm)


@function("input", numbers="float")
def sqrtm(input: Torch, name: str | None = None) -> Torch:
    """Matrices whose squares these are; no gradient goes through."""
    _matrices(input, "sqrtm", square=True)
    return _by_scipy(input, scipy.linalg.sqrtm)


einsum, eye, global_norm, tensordot = arrays.einsum, arrays.eye, arrays.global_norm, arrays.tensordot
l2_normalize = vars(_math)["l2_normalize"]
globals().update({name: vars(diagonals)[name] for name in offered(vars(diagonals))})

__all__ = offered(globals(), "einsum", "eye", "global_norm")
