"""Grids of values: as maps in colours, or as numbers, one a cell."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.colors import Normalize
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle

from prunelle.drawing.axes import Written
from prunelle.drawing.figures import frame
from prunelle.drawing.fonts import FAMILY
from prunelle.drawing.maps import DIVERGING, GREYS
from prunelle.drawing.palette import EDGE, INK, MUTED, WHITE

MOST_NUMBERED = 13
"""A grid with more rows or columns than this is shown as a picture, without its numbers."""

_RGB = 3


def limits(values: np.ndarray) -> tuple[float, float]:
    """The range to show ``values`` on: around zero where some are negative, from zero where none is.

    Of more than 1,000 values, the hundredth part that is largest is left out of account: a few bright points
    would leave all the rest pale. Levels of a picture are shown from 0 to 255.
    """
    low = float(values.min())
    sizes = np.abs(values)
    most = float(np.quantile(sizes, 0.99) if values.size > 1000 else sizes.max())
    most = most or float(sizes.max()) or 1.0
    if low < 0:
        return -most, most
    return 0.0, 255.0 if 64 < sizes.max() <= 255 else most


def colours(values: np.ndarray, span: tuple[float, float]) -> np.ndarray:
    """``(H, W)`` → RGB in [0, 1]: black low to white high, or blue and orange around zero. RGB as it is."""
    if values.ndim == _RGB:
        if is_colour(values):
            top = 255.0 if span[1] > 1 else 1.0
            return np.clip(values / top, 0, 1)
        values = values.mean(axis=-1)
    map_ = DIVERGING if span[0] < 0 else GREYS
    return np.asarray(map_(Normalize(*span)(values)))[..., :3]


def pale(values: np.ndarray, span: tuple[float, float]) -> np.ndarray:
    """``(H, W)`` → RGB that dark numbers can be read on."""
    if span[0] < 0:
        return 1 - 0.55 * (1 - colours(values, span))
    level = np.clip((values - span[0]) / (span[1] - span[0]), 0, 1)
    return np.repeat((0.62 + 0.38 * level)[..., None], 3, axis=-1)


def is_colour(values: np.ndarray) -> bool:
    """Whether an array is shown as a colour picture."""
    return values.ndim == _RGB and values.shape[-1] == _RGB


def fit(shape: Sequence[int], box: tuple[float, float]) -> tuple[float, float]:
    """``(width, height)`` in inches of the largest panel for ``(H, W)`` cells inside ``box`` (width, height)."""
    height, width = shape
    scale = min(box[0] / width, box[1] / height)
    return width * scale, height * scale


def show(axes: Axes, values: np.ndarray, span: tuple[float, float]) -> None:
    """A map or a colour picture, framed; small ones with hard edges between their pixels."""
    tall, wide = values.shape[:2]
    smooth = max(tall, wide) > 128
    pixels = (colours(values, span) * 255).round().astype(np.uint8)
    axes.imshow(
        pixels, interpolation="antialiased" if smooth else "none", extent=(0, wide, tall, 0), aspect="auto"
    )
    axes.set_xlim(0, wide)
    axes.set_ylim(tall, 0)
    frame(axes, 0, 0, tall, wide, colour=MUTED, line=0.8)


def cells(
    axes: Axes,
    values: np.ndarray,
    written: Written,
    *,
    fills: np.ndarray | None = None,
    known: np.ndarray | None = None,
    bold: np.ndarray | None = None,
    size: float | None = None,
    lift: float = 0.0,
) -> None:
    """A grid of numbers, one a cell.

    Args:
        axes: one unit becomes one cell.
        values: ``(H, W)``.
        written: each as a text.
        fills: ``(H, W, 3)`` RGB in [0, 1] of the cells (``pale`` gives a map's); white without.
        known: ``(H, W)`` bool; other cells stay empty.
        bold: ``(H, W)`` bool, of numbers to stress.
        size: of the numbers in points; None for what fits.
        lift: how far above the middle of their cells they stand, in cells.
    """
    tall, wide = values.shape
    fills = np.ones((tall, wide, 3)) if fills is None else np.array(fills)
    if known is not None:
        fills[~known] = 0.97
    axes.imshow(fills, extent=(0, wide, tall, 0), aspect="auto", interpolation="none")
    axes.set_xlim(0, wide)
    axes.set_ylim(tall, 0)
    if max(tall, wide) > MOST_NUMBERED and tall > 1:
        return
    for x in range(wide + 1):
        axes.plot([x, x], [0, tall], color=EDGE, linewidth=0.8, clip_on=False)
    for y in range(tall + 1):
        axes.plot([0, wide], [y, y], color=EDGE, linewidth=0.8, clip_on=False)
    texts = [[written(float(value)) for value in row] for row in values]
    # Bold numbers are framed, and want more room.
    longest = max(len(text) for row in texts for text in row) + (bold is not None)
    size = size or number_size(axes, longest, tall, wide)
    for row, column in np.ndindex(tall, wide):
        if known is not None and not known[row, column]:
            continue
        dark = float(fills[row, column] @ (0.299, 0.587, 0.114)) < 0.5
        text = cell_text(axes, row - lift, column, texts[row][column], size, colour=WHITE if dark else INK)
        text.set(zorder=4, fontweight="bold" if bold is not None and bold[row, column] else "normal")


def cell_text(axes: Axes, row: float, column: float, text: str, size: float, *, colour: str = INK) -> Artist:
    """In the middle of one cell."""
    return axes.text(
        column + 0.5,
        row + 0.52,
        text,
        ha="center",
        va="center",
        fontsize=size,
        color=colour,
        fontfamily=FAMILY,
    )


def number_size(axes: Axes, longest: int, tall: int, wide: int) -> float:
    """Points at which a number of ``longest`` signs fits a cell of ``axes``."""
    figure = axes.figure
    assert isinstance(figure, Figure)
    box = axes.get_position()
    cell_wide = box.width * figure.get_figwidth() / wide
    cell_tall = box.height * figure.get_figheight() / tall
    # A digit of DejaVu Sans is 0.64 of its size wide.
    return min(16.0, 72 * 0.82 * cell_wide / (0.64 * max(longest, 2)), 72 * 0.5 * cell_tall)


def filled(
    axes: Axes,
    row: float,
    column: float,
    height: float,
    width: float,
    *,
    colour: str | tuple[float, ...] | tuple[str, float],
    edge: str = "none",
    above: float = 1,
) -> Artist:
    """A rectangle over cells, in units of cells; ``colour`` may be one with its opacity, in [0, 1]."""
    return axes.add_patch(
        Rectangle(
            (column, row),
            width,
            height,
            facecolor=colour,
            edgecolor=edge,
            linewidth=1,
            zorder=above,
        )
    )
