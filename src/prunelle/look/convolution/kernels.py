"""Kernels by name, or from numbers typed on a command line."""

from __future__ import annotations

import math
import re

import numpy as np

from prunelle.errors import ArgumentError, UnknownName

MAX_SIZE = 101

_SIGNALS = {
    "identity": [0, 1, 0],
    "derivative": [-1, 0, 1],
    "sharpen": [-1, 3, -1],
    "laplacian": [1, -2, 1],
}
_PICTURES = {
    "identity": [[0, 0, 0], [0, 1, 0], [0, 0, 0]],
    # Irwin Sobel's 3×3 operator: x answers to vertical edges, dark on the left; y to horizontal ones.
    "sobel-x": [[-1, 0, 1], [-2, 0, 2], [-1, 0, 1]],
    "sobel-y": [[-1, -2, -1], [0, 0, 0], [1, 2, 1]],
    "sharpen": [[0, -1, 0], [-1, 5, -1], [0, -1, 0]],
    "laplacian": [[0, 1, 0], [1, -4, 1], [0, 1, 0]],
    "emboss": [[-2, -1, 0], [-1, 1, 1], [0, 1, 2]],
}
_SIZED = ("box", "gaussian")
_COLOURED = ("redness",)


def names(dims: int, channels: bool = False) -> tuple[str, ...]:
    """Of the kernels for signals (``dims`` 1) or pictures (2), with ``channels`` those for colour too."""
    fixed = _SIGNALS if dims == 1 else _PICTURES
    return tuple(sorted((*fixed, *_SIZED, *(_COLOURED if channels else ()))))


def named(text: str, dims: int, channels: bool = False) -> np.ndarray:
    """A kernel by name: ``sobel-x``, ``box``, ``gaussian:9`` (9 values along each axis; 3 unless said).

    ``box`` is a mean, all its values ``1 / size ** dims``. ``gaussian`` holds the binomial coefficients, whose
    standard deviation is ``sqrt(size - 1) / 2`` values; both sum to 1. ``redness`` has depth 3: a 3×3 mean of
    red, less half of those of green and blue.

    Returns:
        ``(K,)``, ``(KH, KW)`` or ``(KH, KW, 3)`` float64.

    Raises:
        UnknownName: with the nearest names.
        ArgumentError: a size that is even, not a number, or too large.
    """
    name, colon, size = text.partition(":")
    if name not in names(dims, channels):
        if name in _COLOURED and dims == 2:
            raise ArgumentError(
                f"kernel {name!r} looks at the colours of a colour picture; this input is grey."
            )
        raise UnknownName(f"kernel for a {'signal' if dims == 1 else 'picture'}", name, names(dims, channels))
    if name in _SIZED:
        row = _row(name, _size(text, size) if colon else 3)
        return row if dims == 1 else row[:, None] * row
    if colon:
        raise ArgumentError(f"only the kernels {' and '.join(_SIZED)} come in sizes; received {text!r}.")
    if name == "redness":
        return np.asarray(np.ones((3, 3, 1)) / 9 * np.array([1, -0.5, -0.5]))
    return np.array((_SIGNALS if dims == 1 else _PICTURES)[name], dtype=np.float64)


def from_text(text: str) -> np.ndarray | None:
    """``-1,0,1``, ``1,2;3,4`` (rows), ``1,2;3,4|5,6;7,8`` (channels), fractions as ``1/9``; None for a name.

    Returns:
        ``(K,)``, ``(KH, KW)`` or ``(KH, KW, C)`` float64.

    Raises:
        ArgumentError: it begins like numbers and is none, or its rows differ in length.
    """
    if not re.match(r"\s*[-+.]?\d", text) or re.search(r"[A-Za-z]{2}", text):
        return None
    try:
        slices = [
            [[_number(cell) for cell in row.split(",")] for row in part.strip(";").split(";")]
            for part in text.split("|")
        ]
        array = np.array(slices, dtype=np.float64)
    except (ValueError, ZeroDivisionError):
        raise ArgumentError(
            f"numbers must be written as -1,0,1 (a row), 1,2;3,4 (rows) or 1,2;3,4|5,6;7,8 (channels), all rows "
            f"of one length; received {text!r}."
        ) from None
    if len(slices) > 1:
        return np.moveaxis(array, 0, -1)
    return np.asarray(array[0] if ";" in text else array[0, 0])


def _number(text: str) -> float:
    numerator, slash, denominator = text.partition("/")
    return float(numerator) / float(denominator) if slash else float(numerator)


def _size(text: str, size: str) -> int:
    if not size.isdecimal() or int(size) % 2 == 0 or int(size) > MAX_SIZE:
        raise ArgumentError(f"a kernel's size must be odd and at most {MAX_SIZE}; received {text!r}.")
    return int(size)


def _row(name: str, size: int) -> np.ndarray:
    if name == "box":
        return np.full(size, 1 / size)
    return np.array([math.comb(size - 1, k) for k in range(size)], dtype=np.float64) / 2.0 ** (size - 1)
