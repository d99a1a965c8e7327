"""The axes along which accuracy and loss are drawn, and the colours and markers of what is compared."""

from __future__ import annotations

import math

import numpy as np
from matplotlib.axes import Axes
from matplotlib.axis import Axis

from prunelle.drawing.axes import log_ticks, ticks
from prunelle.drawing.palette import BLUE, GREEN, INK, OCHRE, ORANGE, PURPLE
from prunelle.report.words import Words
from prunelle.texts import NO_BREAK
from prunelle.training.yardsticks import Yardstick

COMPARED = tuple(zip((BLUE, ORANGE, GREEN, PURPLE, OCHRE, INK), "osD^vP", strict=True))
"""A colour and a marker for each; neighbours are farthest apart, for colour-blind readers too."""


def accuracy_axis(axes: Axes, words: Words, *, whole: bool) -> None:
    """``whole`` shows all of 0 to 100 %, else what the curves need."""
    low, high = (0.0, 1.0) if whole else axes.get_ylim()
    # At least two points, so that ticks differ; and an accuracy has no room above 100 % or below 0 %.
    low, high = min(low, high - 0.02), min(high, 1.005)
    axes.set_ylim(max(low, -0.005), high)
    digits = 1 if high - low < 0.04 else 0
    percent_ticks(axes.yaxis, words, digits, most=5)


def value_axis(axes: Axes, yardstick: Yardstick, words: Words, *, whole: bool) -> None:
    """Upwards, a yardstick's figure: as ``accuracy_axis`` where it is a share; else from 0, in its own unit."""
    if math.isfinite(yardstick.bounds[1]):
        accuracy_axis(axes, words, whole=whole)
    else:
        axes.set_ylim(0, 1.05 * axes.get_ylim()[1])
        ticks(axes.yaxis, words.number)


def figure_axis(axis: Axis, yardstick: Yardstick, words: Words) -> None:
    """Ticks of a yardstick's figure, along limits that are set."""
    low, high = axis.get_view_interval()
    if math.isfinite(yardstick.bounds[1]):
        percent_ticks(axis, words, 2 if high - low < 0.02 else 1, most=7)
    else:
        ticks(axis, words.number, most=7)


def loss_axis(axes: Axes, values: np.ndarray, words: Words) -> None:
    values = values[np.isfinite(values) & (values > 0)]
    if len(values) and values.max() > 1000 * values.min():
        axes.set_yscale("log")
        log_ticks(axes.yaxis, 6)
        axes.set_ylabel(words("log_scale", name=words("loss")))
    elif len(values):
        axes.set_ylim(0, 1.08 * values.max())
    ticks(axes.yaxis, words.number)


def percent_ticks(axis: Axis, words: Words, digits: int, *, most: int) -> None:
    """Shares of one as percentages, at round numbers."""
    ticks(
        axis,
        lambda share: words.decimal(share * 100, digits) + NO_BREAK + "%",
        most=most,
        steps=(1, 2, 5, 10),
    )


def epoch_axis(axes: Axes, words: Words, *, only: float | None) -> None:
    """Whole numbers; ``only`` is the one there is."""
    axes.set_xlabel(words("epoch"))
    ticks(axes.xaxis, lambda epoch: words.integer(round(epoch)), most=8, whole=True)
    if only is not None:
        axes.set_xlim(only - 1, only + 1)
        axes.set_xticks([only])
