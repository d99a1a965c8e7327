"""Something that moves on a larger field, and its map at each moment.

The kernel never meets padding, so that the map of the moved input is exactly the moved map, which is checked.
"""

from __future__ import annotations

import dataclasses

import numpy as np

from prunelle.look.convolution.arithmetic import Convolution, slide
from prunelle.look.convolution.drawing import crop

MOVES = 16
"""Steps of the animation, about."""
OBJECT = 80
"""Pixels of a picture's longer side that move; larger pictures are reduced."""
SIGNAL = 60
"""Values of a signal that move, at most."""


@dataclasses.dataclass(frozen=True, eq=False)
class Journey:
    """An object on a larger field, where it goes, and what the map of each moment is.

    Attributes:
        object_: what moves.
        fields: the field at each moment.
        maps: of each field.
        shifts: how far it has moved along each axis, at each moment, in values of the field.
        corner: where it starts.
        stride, extent: of the convolution.
        difference: the largest between a moment's map and the first one moved as far.
    """

    object_: np.ndarray
    fields: list[np.ndarray]
    maps: list[np.ndarray]
    shifts: list[tuple[int, ...]]
    corner: tuple[int, ...]
    stride: tuple[int, ...]
    extent: tuple[int, ...]
    difference: float


def journey(result: Convolution) -> Journey | None:
    """None where the kernel is larger than what moves."""
    dims, thing = result.dims, _reduced(result)
    if any(span > size for span, size in zip(result.extent, thing.shape, strict=False)):
        return None
    # Room for the kernel on every side, such that the windows lie on the object as they lie on the padded input:
    # where it is padded with what surrounds it here, its output is a part of the map.
    margin = [
        before % step + -(-span // step) * step
        for span, step, (before, _) in zip(result.extent, result.stride, result.padding, strict=True)
    ]
    travel, shifts = _way(thing.shape[:dims], result.stride)
    sizes = [size + 2 * room + far for size, room, far in zip(thing.shape, margin, travel, strict=False)]
    # Per channel, where there are channels.
    ground = np.zeros(()) if dims == 1 else _ground(thing)
    fields, maps = [], []
    for shift in shifts:
        field = np.broadcast_to(ground, (*sizes, *ground.shape)).copy()
        place = tuple(
            slice(room + by, room + by + size)
            for room, by, size in zip(margin, shift, thing.shape, strict=False)
        )
        field[place] = thing
        fields.append(field)
        map_ = slide(field, result.weights, result.stride, result.dilation)
        maps.append(map_.sum(axis=-1) if thing.ndim > dims else map_)
    still = float((result.weights * ground).sum())
    differences = [
        np.abs(
            _moved(maps[0], [by // step for by, step in zip(shift, result.stride, strict=True)], still) - one
        ).max()
        for shift, one in zip(shifts, maps, strict=True)
    ]
    return Journey(
        object_=thing,
        fields=fields,
        maps=maps,
        shifts=shifts,
        corner=tuple(margin),
        stride=result.stride,
        extent=result.extent,
        difference=float(max(differences)),
    )


def _reduced(result: Convolution) -> np.ndarray:
    """The input, small enough to move: a picture by the mean of blocks, a signal by its middle."""
    if result.dims == 1:
        most = int(np.abs(result.input).argmax())
        return crop(result.input, (most,), (min(SIGNAL, len(result.input)),))[0]
    values = result.input
    sides = values.shape[:2]
    # The shorter side stays twice as long as the kernel, where it was.
    room = min(size // (2 * span) for size, span in zip(sides, result.extent, strict=True))
    block = max(1, min(-(-max(sides) // OBJECT), room))
    tall, wide = (size // block for size in sides)
    blocks = values[: tall * block, : wide * block].reshape(tall, block, wide, block, *values.shape[2:])
    reduced = blocks.mean(axis=(1, 3))
    starts = [max(0, (size - OBJECT) // 2) for size in (tall, wide)]
    return np.asarray(reduced[starts[0] : starts[0] + OBJECT, starts[1] : starts[1] + OBJECT])


def _ground(thing: np.ndarray) -> np.ndarray:
    """What lies around a picture: the usual value along its edge, so that the edge shows as little as may be."""
    edge = np.concatenate([thing[0], thing[-1], thing[:, 0], thing[:, -1]])
    return np.asarray(np.median(edge, axis=0))


def _way(sizes: tuple[int, ...], stride: tuple[int, ...]) -> tuple[list[int], list[tuple[int, ...]]]:
    """How far it goes along each axis, and every shift on the way: right, then down for pictures."""
    far = []
    hops = []
    for size, step in zip(sizes, stride, strict=True):
        moves = MOVES if len(sizes) == 1 else MOVES // 2
        hop = step * max(1, round(0.7 * size / moves / step))
        count = max(2, min(moves, round(0.7 * size / hop)))
        far.append(hop * count)
        hops.append((hop, count))
    hop, count = hops[-1]
    shifts: list[tuple[int, ...]] = [(*(0,) * (len(sizes) - 1), hop * k) for k in range(count + 1)]
    if len(sizes) == 2:
        down, count_down = hops[0]
        shifts += [(down * k, far[1]) for k in range(1, count_down + 1)]
    return far, shifts


def _moved(map_: np.ndarray, by: list[int], still: float) -> np.ndarray:
    """The map moved on, what comes in from outside being what a map of nothing but ground holds."""
    moved = np.full(map_.shape, still)
    target = tuple(slice(amount, None) for amount in by)
    source = tuple(slice(None, size - amount) for amount, size in zip(by, map_.shape, strict=True))
    moved[target] = map_[source]
    return moved
