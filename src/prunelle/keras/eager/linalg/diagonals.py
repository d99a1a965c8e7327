"""Diagonals of matrices: a part of ``tf.linalg``."""

from __future__ import annotations

from typing import Any

import numpy as np
import torch

from prunelle.keras.eager.errors import InvalidArgumentError, UnimplementedError
from prunelle.keras.eager.functions import function, sizes
from prunelle.keras.eager.tensor import convert

Torch = torch.Tensor


def _one(k: Any, name: str) -> int:
    """Which diagonal: 0 is the main one, 1 the one above.

    Raises:
        UnimplementedError: several.
    """
    found = sizes(k)
    if len(set(found)) != 1:
        raise UnimplementedError(
            f"tf.linalg.{name} is of one diagonal here; received k={k!r}. Several are several calls, added."
        )
    return found[0]


@function(alone="diagonal")
def diag(
    diagonal: Torch,
    name: str | None = None,
    k: Any = 0,
    num_rows: Any = -1,
    num_cols: Any = -1,
    padding_value: Any = 0,
    align: str = "RIGHT_LEFT",
) -> Torch:
    """Matrices that have these numbers on a diagonal, ``padding_value`` elsewhere."""
    place = _one(k, "diag")
    if diagonal.ndim == 0:
        raise InvalidArgumentError("tf.linalg.diag takes vectors (…, n); received a scalar.")
    length = diagonal.shape[-1]
    least_rows, least_columns = length + max(-place, 0), length + max(place, 0)
    rows, columns = int(convert(num_rows)), int(convert(num_cols))
    if rows == columns == -1:
        rows = columns = length + abs(place)
    if rows == -1:
        rows = least_rows if columns == -1 or columns >= least_columns else -1
    if columns == -1:
        columns = least_columns
    if rows < least_rows or columns < least_columns or (rows > least_rows and columns > least_columns):
        raise InvalidArgumentError(
            f"tf.linalg.diag: {rows}x{columns} is no size of a matrix whose diagonal {place} has {length} numbers."
        )
    matrix = diagonal.new_full((*diagonal.shape[:-1], rows, columns), convert(padding_value).item())
    return _with(matrix, diagonal, place)


def _with(matrix: Torch, diagonal: Torch, place: int) -> Torch:
    return torch.diagonal_scatter(matrix, diagonal, place, -2, -1)


@function(alone="input")
def diag_part(
    input: Torch,
    name: str | None = None,
    k: Any = 0,
    padding_value: Any = 0,
    align: str = "RIGHT_LEFT",
) -> Torch:
    """The numbers on a diagonal of matrices."""
    place = _placed(input, k, "diag_part")
    return input.diagonal(place, -2, -1)


def _placed(input: Torch, k: Any, name: str) -> int:
    place = _one(k, name)
    if input.ndim < 2:
        raise InvalidArgumentError(
            f"tf.linalg.{name} takes matrices (…, n, m); received shape {tuple(input.shape)}."
        )
    rows, columns = input.shape[-2:]
    if place and not -rows < place < columns:
        raise InvalidArgumentError(f"a matrix of {rows}x{columns} has no diagonal {place}.")
    return place


@function("input diagonal")
def set_diag(
    input: Torch, diagonal: Torch, name: str | None = None, k: Any = 0, align: str = "RIGHT_LEFT"
) -> Torch:
    """Matrices with other numbers on a diagonal."""
    return _with(input, diagonal, _placed(input, k, "set_diag"))


@function(alone="diagonal")
def tensor_diag(diagonal: Torch, name: str | None = None) -> Torch:
    """A tensor of twice the axes, with these numbers where both halves of the places are the same."""
    return torch.diag(diagonal.reshape(-1)).reshape(*diagonal.shape, *diagonal.shape)


@function(alone="input")
def tensor_diag_part(input: Torch, name: str | None = None) -> Torch:
    """The numbers where both halves of the places are the same."""
    half = input.shape[: input.ndim // 2]
    if input.ndim == 0 or (*half, *half) != tuple(input.shape):
        raise InvalidArgumentError(
            f"tf.linalg.tensor_diag_part takes the same axes twice; received shape {tuple(input.shape)}."
        )
    number = int(np.prod(half))
    return input.reshape(number, number).diagonal().reshape(half)


@function(alone="input")
def band_part(input: Torch, num_lower: Any, num_upper: Any, name: str | None = None) -> Torch:
    """Matrices without what is more than so many places below and above the diagonal; -1 keeps all."""
    if input.ndim < 2:
        raise InvalidArgumentError(
            f"tf.linalg.band_part takes matrices; received shape {tuple(input.shape)}."
        )
    below, above = int(convert(num_lower)), int(convert(num_upper))
    rows, columns = input.shape[-2:]
    if below > rows or above > columns:
        raise InvalidArgumentError(
            f"num_lower and num_upper are at most the {rows} rows and {columns} columns; received {below}, {above}."
        )
    distance = torch.arange(columns, device=input.device) - torch.arange(rows, device=input.device)[:, None]
    kept = torch.ones_like(distance, dtype=torch.bool)
    kept = kept & (distance >= -below) if below >= 0 else kept
    kept = kept & (distance <= above) if above >= 0 else kept
    return torch.where(kept, input, torch.zeros_like(input))
