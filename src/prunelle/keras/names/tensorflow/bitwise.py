"""``tf.bitwise``: whole numbers, bit by bit."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch

from prunelle.keras.eager.functions import function, offered

Torch = torch.Tensor


def _of_two(name: str, compute: Callable[..., Torch]) -> Any:
    def both(x: Torch, y: Torch, name: str | None = None) -> Torch:
        return compute(x, y)

    both.__name__ = both.__qualname__ = name
    both.__doc__ = f"``{name}`` of the numbers of two tensors, place by place."
    return function("x y", numbers="int")(both)


def _shifted(left: bool) -> Callable[..., Torch]:
    """By no more than the number has bits, as C leaves open what happens then."""

    def shift(x: Torch, y: Torch) -> Torch:
        places = y.clamp(0, 8 * x.dtype.itemsize - 1)
        return x << places if left else x >> places

    return shift


for _name, _compute in (
    ("bitwise_and", torch.bitwise_and),
    ("bitwise_or", torch.bitwise_or),
    ("bitwise_xor", torch.bitwise_xor),
    ("left_shift", _shifted(left=True)),
    ("right_shift", _shifted(left=False)),
):
    globals()[_name] = _of_two(_name, _compute)


@function("x", numbers="int")
def invert(x: Torch, name: str | None = None) -> Torch:
    """Each bit's contrary."""
    return torch.bitwise_not(x)


__all__ = offered(globals())
