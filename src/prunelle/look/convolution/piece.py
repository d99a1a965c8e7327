"""What of a convolution is small enough to be shown step by step: all of it, or a few outputs side by side."""

from __future__ import annotations

import dataclasses

import numpy as np

from prunelle.look.convolution.arithmetic import Convolution
from prunelle.look.convolution.operation import strongest

MOST_CELLS = 13
"""Padded rows and columns that can still be read; of larger inputs a piece is shown."""
MOST_OUTPUTS = 100
MOST_WEIGHTS = 25
MOST_SIGNAL_CELLS = 24
SIGNAL_PIECE = 18


@dataclasses.dataclass(frozen=True, eq=False)
class Piece:
    """Some outputs of a convolution that lie side by side, and the padded input under their windows.

    Nothing is computed anew: a piece is cut out of the input after padding, so that grey cells are padding of
    the whole and every output is the one that the whole has there.

    Attributes:
        whole: the convolution, of its first channel where there are channels.
        start: index of the first output shown, along each axis.
        shape: how many outputs are shown, along each axis.
        cells: of the padded input, what is shown.
    """

    whole: Convolution
    start: tuple[int, ...]
    shape: tuple[int, ...]
    cells: tuple[slice, ...]

    @property
    def output(self) -> np.ndarray:
        """``shape`` values of the whole's output."""
        places = tuple(slice(a, a + n) for a, n in zip(self.start, self.shape, strict=True))
        return self.whole.output[places]

    @property
    def padded(self) -> np.ndarray:
        """The cells shown, padding included."""
        return self.whole.padded[self.cells]

    @property
    def inside(self) -> tuple[slice, ...]:
        """Where, in ``padded``, the input itself lies."""
        return tuple(
            slice(max(0, before - cells.start), min(cells.stop, before + size) - cells.start)
            for cells, (before, _), size in zip(
                self.cells, self.whole.padding, self.whole.input.shape, strict=True
            )
        )

    def place(self, at: tuple[int, ...]) -> tuple[int, ...]:
        """The place in the whole's output of output ``at`` of the piece."""
        return tuple(a + first for a, first in zip(at, self.start, strict=True))

    def corner(self, at: tuple[int, ...]) -> tuple[int, ...]:
        """Where, in ``padded``, the window of output ``at`` of the piece begins."""
        return tuple(
            step * place - cells.start
            for step, place, cells in zip(self.whole.stride, self.place(at), self.cells, strict=True)
        )


def small_piece(result: Convolution) -> Piece | None:
    """All outputs where the padded input is small, else a few; None where the kernel is too large.

    The few are where the output is strongest; with padding, along an edge, where it can be seen.
    """
    whole = _first_channel(result)
    most = MOST_CELLS if result.dims == 2 else MOST_SIGNAL_CELLS
    if whole.kernel.size > MOST_WEIGHTS or max(result.extent) > most:
        return None
    sizes = whole.padded.shape
    shape = []
    for size, span, stride, count in zip(
        sizes, result.extent, result.stride, whole.output.shape, strict=True
    ):
        wanted = min(most, max(7, span + 2 * stride)) if result.dims == 2 else max(span, SIGNAL_PIECE)
        shape.append(count if size <= most else min(count, (wanted - span) // stride + 1))
    start = _start(whole, shape)
    cells = tuple(
        slice(0, size) if size <= most else slice(first * stride, (first + count - 1) * stride + span)
        for size, first, count, stride, span in zip(
            sizes, start, shape, result.stride, result.extent, strict=True
        )
    )
    return Piece(whole, start, tuple(shape), cells)


def _first_channel(result: Convolution) -> Convolution:
    if result.input.ndim == result.dims:
        return result
    return dataclasses.replace(
        result, input=result.input[..., 0], kernel=result.kernel[..., 0], output=result.parts[..., 0]
    )


def _start(whole: Convolution, shape: list[int]) -> tuple[int, ...]:
    """The first output of a piece of ``shape`` outputs."""
    counts = whole.output.shape
    start = [0] * whole.dims
    edge = next((axis for axis, padding in enumerate(whole.padding) if any(padding)), None)
    strip = whole
    if edge is not None and whole.padding[edge][0]:
        # Of a wide padding, no more than half the windows.
        first = -(-whole.padding[edge][0] // whole.stride[edge]) - shape[edge] // 2
        start[edge] = min(max(0, first), counts[edge] - shape[edge])
        kept = [slice(None)] * whole.dims
        kept[edge] = slice(start[edge] + shape[edge])
        strip = dataclasses.replace(whole, output=whole.output[tuple(kept)])
    elif edge is not None:
        start[edge] = counts[edge] - shape[edge]
    spot = strongest(strip) or (0,) * whole.dims
    for axis, (at, shown, count) in enumerate(zip(spot, shape, counts, strict=True)):
        if axis != edge:
            start[axis] = min(max(0, at - shown // 2), count - shown)
    return tuple(start)
