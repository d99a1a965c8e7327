"""The outputs around a place, and the padded input under their windows: what can be read of a large convolution."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence

import numpy as np

from prunelle.look.convolution.arithmetic import Convolution
from prunelle.look.convolution.piece import MOST_CELLS, MOST_SIGNAL_CELLS, SIGNAL_PIECE

_CELLS = 9
"""Cells a side of a neighbourhood in a large picture: it fits beside its outputs."""


@dataclasses.dataclass(frozen=True, eq=False, kw_only=True)
class Neighbourhood:
    """Some outputs that lie side by side, with every channel; nothing is computed anew.

    Attributes:
        start: index of the first output, along each axis.
        output: those outputs; channels last, where there are any.
        corner: index of the first cell in the padded input.
        padded: the cells that their windows cover, or all where all can be read.
    """

    start: tuple[int, ...]
    output: np.ndarray
    corner: tuple[int, ...]
    padded: np.ndarray


def around(result: Convolution, place: Sequence[int]) -> Neighbourhood:
    """What lies around the output ``place``: along each axis all of it where all can be read, else a few outputs.

    Of those there are at least three, with their windows whole.

    Args:
        place: an index for each axis of ``result``; the nearest output is taken for one beyond the edge.
    """
    most, few = (MOST_CELLS, _CELLS) if result.dims == 2 else (MOST_SIGNAL_CELLS, SIGNAL_PIECE)
    padded = result.padded
    outputs, cells = [], []
    for axis, (at, span, stride) in enumerate(zip(place, result.extent, result.stride, strict=True)):
        size, there = padded.shape[axis], result.output.shape[axis]
        if size <= most:
            outputs.append(slice(0, there))
            cells.append(slice(0, size))
            continue
        count = min(there, max(3, (few - span) // stride + 1))
        first = min(max(0, at - count // 2), there - count)
        outputs.append(slice(first, first + count))
        cells.append(slice(first * stride, (first + count - 1) * stride + span))
    return Neighbourhood(
        start=tuple(part.start for part in outputs),
        output=result.output[tuple(outputs)],
        corner=tuple(part.start for part in cells),
        padded=padded[tuple(cells)],
    )
