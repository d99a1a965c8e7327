"""Where windows lie: kernels, strides and borders as TensorFlow's convolutions and poolings take them.

Inside, pictures are in PyTorch's order ``(N, C, …)``; ``Windows`` knows where the axes were.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import torch
import torch.nn.functional as F

from prunelle.keras.eager.errors import InvalidArgumentError
from prunelle.keras.eager.functions import sizes

Torch = torch.Tensor


@dataclass(frozen=True)
class Pictures:
    """Pictures of ``n`` axes in PyTorch's order, and how they came.

    Args:
        values: ``(N, C, …)``.
        n: how many axes a window has.
        first: whether the channels came first.
        batch: the sizes before a picture, of which there may be several.
    """

    values: Torch
    n: int
    first: bool
    batch: tuple[int, ...]

    def back(self, values: Torch) -> Torch:
        """Other values ``(N, C, …)`` in the order and batch in which these came."""
        turned = values if self.first else values.movedim(1, -1)
        return turned.reshape(*self.batch, *turned.shape[1:]) if len(self.batch) != 1 else turned.contiguous()


def channels_first(data_format: str | None, n: int, name: str) -> bool:
    """Whether ``data_format`` says so.

    Raises:
        InvalidArgumentError: no name of an order.
    """
    if data_format is None or str(data_format).upper() in {"NWC", "NHWC", "NDHWC", "N...C"}:
        return False
    if str(data_format).upper() in {"NCW", "NCHW", "NCDHW", "NC..."}:
        return True
    known = {1: "'NWC' or 'NCW'", 2: "'NHWC' or 'NCHW'", 3: "'NDHWC' or 'NCDHW'"}[n]
    raise InvalidArgumentError(f"{name}: data_format is {known}; received {data_format!r}.")


def pictures(values: Torch, n: int, data_format: str | None, name: str) -> Pictures:
    """Those of a tensor ``(…, H, W, C)``, or with the channels first.

    Raises:
        InvalidArgumentError: too few axes.
    """
    first = channels_first(data_format, n, name)
    if values.ndim < n + 2:
        raise InvalidArgumentError(
            f"{name} takes tensors of {n + 2} axes (a batch, {n} of a picture, channels); received shape "
            f"{tuple(values.shape)}. tf.expand_dims(x, 0) makes a batch of one."
        )
    batch = tuple(values.shape[: -n - 1])
    flat = values.reshape(-1, *values.shape[-n - 1 :]) if len(batch) != 1 else values
    return Pictures(flat if first else flat.movedim(-1, 1), n, first, batch)


def per_axis(given: Any, n: int, first: bool, name: str, what: str) -> tuple[int, ...]:
    """A number for each axis of a picture: of one number, of ``n``, or of one for each axis of the tensor.

    Raises:
        InvalidArgumentError: another number of them, or windows over examples or channels.
    """
    found = (1,) * n if given is None else sizes(given)
    if len(found) == 1:
        found = found * n
    if len(found) == n + 2:
        batch, channel = found[0], found[1 if first else -1]
        if batch != 1 or channel != 1:
            raise InvalidArgumentError(
                f"{name}: {what} along examples and channels is 1; received {list(found)}."
            )
        found = found[2:] if first else found[1:-1]
    if len(found) != n or min(found, default=1) < 1:
        raise InvalidArgumentError(
            f"{name}: {what} is a number, or {n} of them, from 1 on; received {given}."
        )
    return found


def borders(
    padding: Any,
    shape: tuple[int, ...],
    window: tuple[int, ...],
    stride: tuple[int, ...],
    first: bool,
    name: str,
) -> list[tuple[int, int]]:
    """What is added before and after each axis: ``"SAME"`` gives size / stride, rounded up, and more after than before.

    Args:
        window: the reach of a window, with the gaps of its dilation.

    Raises:
        InvalidArgumentError: another word, or a list that is none of pairs an axis.
    """
    n = len(shape)
    if not isinstance(padding, (str, bytes)):
        pairs = [tuple(map(int, pair)) for pair in padding] if padding is not None else []
        if len(pairs) == n + 2:
            pairs = pairs[2:] if first else pairs[1:-1]
        if len(pairs) != n or any(len(pair) != 2 for pair in pairs):
            raise InvalidArgumentError(
                f"{name}: padding is 'SAME', 'VALID' or a pair for each axis; received {padding}."
            )
        return [(pair[0], pair[1]) for pair in pairs]
    word = (padding.decode() if isinstance(padding, bytes) else padding).upper()
    if word == "VALID":
        return [(0, 0)] * n
    if word != "SAME":
        raise InvalidArgumentError(
            f"{name}: padding is 'SAME', 'VALID' or a pair for each axis; received {padding!r}."
        )
    found = []
    for size, reach, step in zip(shape, window, stride, strict=True):
        missing = max(0, (-(-size // step) - 1) * step + reach - size)
        found.append((missing // 2, missing - missing // 2))
    return found


def padded(values: Torch, around: list[tuple[int, int]], number: float = 0.0) -> Torch:
    """Pictures ``(N, C, …)`` with a border of one number."""
    if not any(map(any, around)):
        return values
    return F.pad(values, [each for pair in reversed(around) for each in pair], value=number)


def reach(kernel: tuple[int, ...], dilation: tuple[int, ...]) -> tuple[int, ...]:
    """Of a window with gaps."""
    return tuple((size - 1) * gap + 1 for size, gap in zip(kernel, dilation, strict=True))


def check_fits(values: Torch, window: tuple[int, ...], name: str) -> None:
    """Raises: InvalidArgumentError: a window that is larger than the picture."""
    shape = tuple(values.shape[2:])
    if any(size < reach for size, reach in zip(shape, window, strict=True)):
        raise InvalidArgumentError(
            f"{name}: a window of {list(window)} does not fit into a picture of {list(shape)}; padding='SAME' does."
        )
