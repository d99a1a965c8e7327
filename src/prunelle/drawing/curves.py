"""Small charts of series: curves without axes, side by side."""

from __future__ import annotations

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from prunelle.drawing.palette import CHANNELS, LINE, MUTED, WHITE


def new_figure(width: float, height: float) -> Figure:
    """White, of that size in inches; its parts make room for each other."""
    return Figure(figsize=(width, height), layout="constrained", facecolor=WHITE)


def grid(count: int, *, columns: int, cell: tuple[float, float]) -> tuple[Figure, list[Axes]]:
    """``count`` axes in rows of ``columns``, each of that size in inches."""
    columns = min(columns, count)
    rows = -(-count // columns)
    figure = new_figure(columns * cell[0], rows * cell[1] + 0.6)
    found = list(figure.subplots(rows, columns, squeeze=False).flat)
    for axes in found:
        bare(axes)
    for axes in found[count:]:
        axes.remove()
    return figure, found[:count]


def bare(axes: Axes) -> None:
    """Nothing around it but a line below."""
    for side, spine in axes.spines.items():
        spine.set_visible(side == "bottom")
        spine.set_color(LINE)
    axes.tick_params(colors=MUTED, length=0, labelsize=8)


def plot_series(axes: Axes, series: np.ndarray) -> None:
    """``(C, T)``, a colour a channel."""
    bare(axes)
    for channel, values in enumerate(series):
        axes.plot(
            np.arange(len(values)) + 0.5, values, color=CHANNELS[channel % len(CHANNELS)], linewidth=1.2
        )
    axes.set(xticks=[], yticks=[])
