"""Small conversions of arrays."""

from __future__ import annotations

from typing import Any

import numpy as np

from prunelle.errors import ArgumentError


def to_categorical(
    x: Any = None, num_classes: int | None = None, dtype: str | None = None, **old: Any
) -> np.ndarray:
    """Class numbers → one-hot rows.

    Args:
        x: ``(...)`` or ``(..., 1)``, whole numbers from 0; ``y=`` is its older name.
        num_classes: the largest number and one more, if None; ``nb_classes=`` is its oldest name.
        dtype: of the result; float32 in Keras 2, and here.

    Returns:
        ``(..., num_classes)``.

    Example:
        >>> to_categorical([0, 2])
        array([[1., 0., 0.],
               [0., 0., 1.]], dtype=float32)
    """
    values = old.pop("y", x)
    count = old.pop("nb_classes", num_classes)
    if old or values is None:
        raise ArgumentError(f"to_categorical takes x and num_classes; received {', '.join(old) or 'no x'}.")
    numbers = np.asarray(values.cpu() if hasattr(values, "cpu") else values).astype("int64")
    if numbers.ndim > 1 and numbers.shape[-1] == 1:
        numbers = numbers[..., 0]
    lowest, highest = (int(numbers.min()), int(numbers.max())) if numbers.size else (0, -1)
    count = count or highest + 1
    if lowest < 0 or highest >= count:
        raise ArgumentError(
            f"x must hold class numbers from 0 to {count - 1}, for num_classes={count}; received {lowest} to "
            f"{highest}."
        )
    return (numbers[..., np.newaxis] == np.arange(count)).astype(dtype or "float32")  # type: ignore[no-any-return]


def normalize(x: Any, axis: int = -1, order: int = 2) -> np.ndarray:
    """Divided along ``axis`` by its norm of that order; zeros stay zeros."""
    array = np.asarray(x)
    norm = np.linalg.norm(array, order, axis, keepdims=True)
    norm[norm == 0] = 1
    return array / norm  # type: ignore[no-any-return]
