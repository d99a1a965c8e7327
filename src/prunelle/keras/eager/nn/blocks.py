"""Pixels that become channels or examples, and back; rows of a table."""

from __future__ import annotations

from typing import Any

import numpy as np
import torch
import torch.nn.functional as F

from prunelle.keras.eager import arrays
from prunelle.keras.eager.errors import InvalidArgumentError
from prunelle.keras.eager.functions import function, sizes
from prunelle.keras.eager.nn.places import channels_first
from prunelle.keras.eager.tensor import convert, plain

Torch = torch.Tensor


def _check(input: Torch, block_size: Any, fits: bool, title: str) -> int:
    size = int(block_size)
    if input.ndim != 4 or size < 2 or not fits:
        raise InvalidArgumentError(
            f"{title} takes pictures (N, H, W, C) that blocks of {size} (2 or more) go into evenly; received "
            f"{tuple(input.shape)}."
        )
    return size


@function(alone="input")
def space_to_depth(
    input: Torch, block_size: Any, data_format: str = "NHWC", name: str | None = None
) -> Torch:
    """Each block of pixels becomes one with more channels."""
    title = "tf.nn.space_to_depth"
    last = input.movedim(1, -1) if channels_first(data_format, 2, title) else input
    fits = input.ndim == 4 and not last.shape[1] % int(block_size) and not last.shape[2] % int(block_size)
    size = _check(input, block_size, fits, title)
    count, height, width, channels = last.shape
    parts = last.reshape((count, height // size, size, width // size, size, channels))
    made = parts.permute(0, 1, 3, 2, 4, 5).reshape(count, height // size, width // size, -1)
    return made.movedim(-1, 1) if last is not input else made


@function(alone="input")
def depth_to_space(
    input: Torch, block_size: Any, data_format: str = "NHWC", name: str | None = None
) -> Torch:
    """The way back of ``space_to_depth``."""
    title = "tf.nn.depth_to_space"
    last = input.movedim(1, -1) if channels_first(data_format, 2, title) else input
    fits = input.ndim == 4 and not last.shape[3] % int(block_size) ** 2
    size = _check(input, block_size, fits, title)
    count, height, width, channels = last.shape
    parts = last.reshape((count, height, width, size, size, channels // size**2))
    made = parts.permute(0, 1, 3, 2, 4, 5).reshape(count, height * size, width * size, -1)
    return made.movedim(-1, 1) if last is not input else made


def _pairs(given: Any) -> list[tuple[int, int]]:
    return [tuple(map(int, pair)) for pair in convert(given).reshape(-1, 2).tolist()]  # type: ignore[misc]


@function(alone="input")
def space_to_batch(input: Torch, block_shape: Any, paddings: Any, name: str | None = None) -> Torch:
    """Pixels of each block, after a border of 0, become examples of their own."""
    block, around = sizes(block_shape), _pairs(paddings)
    n = len(block)
    rest = tuple(input.shape[n + 1 :])
    flat = [each for pair in reversed(around) for each in pair]
    padded = F.pad(input, [0, 0] * len(rest) + flat)
    lengths = padded.shape[1 : n + 1]
    if len(around) != n or any(size % step for size, step in zip(lengths, block, strict=True)):
        raise InvalidArgumentError(
            f"tf.space_to_batch: blocks of {list(block)} go evenly into the axes with their paddings; received "
            f"{list(lengths)}."
        )
    split = [each for size, step in zip(lengths, block, strict=True) for each in (size // step, step)]
    parts = padded.reshape(input.shape[0], *split, *rest)
    inside, outside = [2 * i + 2 for i in range(n)], [2 * i + 1 for i in range(n)]
    turned = parts.permute(*inside, 0, *outside, *range(2 * n + 1, parts.ndim))
    return turned.reshape(-1, *(size // step for size, step in zip(lengths, block, strict=True)), *rest)


@function(alone="input")
def batch_to_space(input: Torch, block_shape: Any, crops: Any, name: str | None = None) -> Torch:
    """The way back of ``space_to_batch``; ``crops`` is what is cut off again."""
    block, cut = sizes(block_shape), _pairs(crops)
    n = len(block)
    if input.shape[0] % int(np.prod(block)) or len(cut) != n:
        raise InvalidArgumentError(
            f"tf.batch_to_space: blocks of {list(block)} go evenly into a batch; received {tuple(input.shape)}."
        )
    parts = input.reshape(*block, -1, *input.shape[1:])
    order = [n, *(axis for i in range(n) for axis in (n + 1 + i, i)), *range(2 * n + 1, parts.ndim)]
    whole = parts.permute(order).reshape(
        -1,
        *(size * step for size, step in zip(input.shape[1 : n + 1], block, strict=True)),
        *input.shape[n + 1 :],
    )
    for axis, (before, after) in enumerate(cut, start=1):
        whole = whole.narrow(axis, before, whole.shape[axis] - before - after)
    return whole


@function("params", alone="ids")
def embedding_lookup(params: Torch, ids: Torch, max_norm: Any = None, name: str | None = None) -> Torch:
    """The rows of a table at ``ids``, shortened to ``max_norm`` where it is given."""
    table = params[0] if params.ndim == 3 and params.shape[0] == 1 else params
    rows = plain(arrays.gather(table, ids))
    if max_norm is None:
        return rows
    return plain(arrays.clip_by_norm(rows, max_norm, axes=list(range(ids.ndim, rows.ndim))))


@function(alone="labels seq_length")
def collapse_repeated(labels: Torch, seq_length: Torch, name: str | None = None) -> Any:
    """Labels ``(N, T)`` of which equal ones in a row are one, and how many are left."""
    there = torch.arange(labels.shape[1]) < seq_length.reshape(-1, 1)
    first = torch.ones_like(there)
    first[:, 1:] = labels[:, 1:] != labels[:, :-1]
    kept = [row[keep] for row, keep in zip(labels, there & first, strict=True)]
    lengths = torch.tensor([len(row) for row in kept], dtype=seq_length.dtype)
    made = torch.nn.utils.rnn.pad_sequence(kept, batch_first=True) if kept else labels
    return made, lengths
