"""Small charts of series and signals: curves without axes, stems."""

from __future__ import annotations

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from prunelle.drawing.axes import Written, bare, ticks
from prunelle.drawing.figures import new_figure
from prunelle.drawing.fonts import SMALL
from prunelle.drawing.palette import CHANNELS, EDGE, INK, MUTED


def grid(count: int, *, columns: int, cell: tuple[float, float]) -> tuple[Figure, list[Axes]]:
    """``count`` axes in rows of ``columns``, each of that size in inches."""
    columns = min(columns, count)
    rows = -(-count // columns)
    figure = new_figure(columns * cell[0], rows * cell[1] + 0.6)
    all_axes = list(figure.subplots(rows, columns, squeeze=False).flat)
    for axes in all_axes:
        small(axes)
    for axes in all_axes[count:]:
        axes.remove()
    return figure, all_axes[:count]


def plot_series(axes: Axes, series: np.ndarray) -> None:
    """``(C, T)``, a colour a channel."""
    small(axes)
    for channel, values in enumerate(series):
        axes.plot(
            np.arange(len(values)) + 0.5, values, color=CHANNELS[channel % len(CHANNELS)], linewidth=1.2
        )
    axes.set(xticks=[], yticks=[])


def small(axes: Axes) -> None:
    """One of many: nothing around it but a line below, and its numbers small."""
    bare(axes)
    axes.tick_params(labelsize=8)


def stems(
    axes: Axes, places: np.ndarray, values: np.ndarray, colour: str, written: Written, *, numbered: bool
) -> None:
    """A signal: each value a stem where there are few, a line where there are many.

    ``numbered`` writes the values beside the stems, else there is an axis.
    """
    axes.set_axis_on()
    axes.set_facecolor("none")
    bare(axes, None if numbered else "left", EDGE)
    axes.tick_params(labelsize=SMALL)
    few = len(values) <= 60
    if few:
        axes.vlines(places, 0, values, color=colour, linewidth=2.2 if len(values) <= 30 else 1.4)
        axes.plot(
            places, values, "o", color=colour, markersize=6 if len(values) <= 30 else 3.5, clip_on=False
        )
    else:
        axes.plot(places, values, color=colour, linewidth=1.6, clip_on=False)
    axes.axhline(0, color=MUTED, linewidth=0.8)
    axes.set(xticks=[], yticks=[])
    if not numbered:
        ticks(axes.yaxis, written, most=3)
        return
    axes.margins(y=0.28)
    for at, value in zip(places, values, strict=True):
        up = value >= 0
        axes.annotate(
            written(float(value)), (at, value), (0, 6 if up else -6), fontsize=SMALL, color=INK,
            textcoords="offset points", ha="center", va="bottom" if up else "top",
        )  # fmt: skip
