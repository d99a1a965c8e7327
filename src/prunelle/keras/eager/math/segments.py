"""Sums, means and extremes of the rows of each segment."""

from __future__ import annotations

from typing import Any

import torch

from prunelle.keras.eager.errors import InvalidArgumentError
from prunelle.keras.eager.functions import function

Torch = torch.Tensor
_HOW = {"sum": "sum", "mean": "sum", "sqrt_n": "sum", "max": "amax", "min": "amin", "prod": "prod"}


def _combined(what: str, data: Torch, ids: Torch, count: int, empty: Any) -> Torch:
    """``(count, …)``: rows of the same number together; those of a number below 0 are left out."""
    rows = data.reshape(-1, *data.shape[ids.ndim :])
    flat = ids.reshape(-1).long()
    kept = flat >= 0
    if not flat.is_meta and not bool(kept.all()):
        rows, flat = rows[kept], flat[kept]
    if not flat.is_meta and flat.numel() and int(flat.max()) >= count:
        raise InvalidArgumentError(f"segment_ids are below num_segments={count}; received {int(flat.max())}.")
    places = flat.reshape(-1, *(1,) * (rows.ndim - 1)).expand_as(rows)
    start = torch.full((count, *rows.shape[1:]), empty, dtype=rows.dtype, device=rows.device)
    return start.scatter_reduce(0, places, rows, _HOW[what], include_self=what in ("sum", "mean", "sqrt_n"))


def _divided(what: str, total: Torch, ids: Torch, count: int) -> Torch:
    """A mean of whole numbers is cut off."""
    flat = ids.reshape(-1).long()
    number = torch.zeros(count, dtype=torch.long).index_add(
        0, flat[flat >= 0], torch.ones_like(flat[flat >= 0])
    )
    number = number.clamp(min=1).reshape(-1, *(1,) * (total.ndim - 1))
    if what == "sqrt_n":
        return total / number.to(total.dtype).sqrt()
    if total.is_floating_point() or total.is_complex():
        return total / number.to(total.dtype)
    return torch.div(total, number, rounding_mode="trunc").to(total.dtype)


def _empty(what: str, kind: torch.dtype, in_order: bool) -> Any:
    """What a segment without rows is."""
    if what == "prod":
        return 1
    if in_order or what not in ("max", "min"):
        return 0
    about = torch.finfo(kind) if kind.is_floating_point else torch.iinfo(kind)
    return about.min if what == "max" else about.max


def _in_order(what: str) -> Any:
    name = f"segment_{what}"

    def segment(data: Torch, segment_ids: Torch, name: str | None = None) -> Torch:
        ids = segment_ids
        if ids.ndim != 1 or len(ids) != data.shape[0]:
            raise InvalidArgumentError(
                f"tf.math.segment_{what}: segment_ids is a number for each row of {tuple(data.shape)}; received "
                f"{tuple(ids.shape)}."
            )
        if not ids.is_meta and bool((ids[1:] < ids[:-1]).any()):
            raise InvalidArgumentError(
                f"tf.math.segment_{what}: segment_ids are in order; tf.math.unsorted_segment_{what} takes others."
            )
        count = int(ids[-1]) + 1 if len(ids) else 0
        total = _combined(what, data, ids, count, _empty(what, data.dtype, in_order=True))
        return _divided(what, total, ids, count) if what == "mean" else total

    segment.__name__ = segment.__qualname__ = name
    segment.__doc__ = f"The {what} of the rows of each segment; the numbers of segments are in order."
    return function("data", numbers="count", alone="segment_ids")(segment)


def _unsorted(what: str) -> Any:
    name = f"unsorted_segment_{what}"

    def segment(data: Torch, segment_ids: Torch, num_segments: Any, name: str | None = None) -> Torch:
        ids, count = segment_ids, int(num_segments)
        if tuple(ids.shape) != tuple(data.shape[: ids.ndim]):
            raise InvalidArgumentError(
                f"tf.math.unsorted_segment_{what}: segment_ids has the first axes of {tuple(data.shape)}; received "
                f"{tuple(ids.shape)}."
            )
        if what == "mean" and not data.is_floating_point() and not data.is_complex():
            data = data.to(torch.float64 if data.dtype.itemsize > 2 else torch.float32)
        total = _combined(what, data, ids, count, _empty(what, data.dtype, in_order=False))
        return _divided(what, total, ids, count) if what in ("mean", "sqrt_n") else total

    segment.__name__ = segment.__qualname__ = name
    segment.__doc__ = f"The {what} of the rows of each of ``num_segments`` segments."
    numbers = "float" if what == "sqrt_n" else "count"
    return function("data", numbers=numbers, alone="segment_ids")(segment)


for _what in ("sum", "mean", "max", "min", "prod"):
    globals()[f"segment_{_what}"] = _in_order(_what)
for _what in ("sum", "mean", "max", "min", "prod", "sqrt_n"):
    globals()[f"unsorted_segment_{_what}"] = _unsorted(_what)
