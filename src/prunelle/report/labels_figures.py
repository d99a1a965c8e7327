"""The figure of a network that tells several labels: how well each is told."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from matplotlib.figure import Figure

from prunelle.drawing.axes import legend
from prunelle.drawing.figures import new_chart
from prunelle.drawing.palette import BLUE, ORANGE
from prunelle.report import labels_words
from prunelle.report.axes import percent_ticks
from prunelle.report.words import Words
from prunelle.texts import visible

MOST_LABELS = 40
_NAME = 24


def by_label(per_label: Sequence[Mapping[str, Any]], words: Words) -> Figure:
    """A line a label, the worst on top: average precision, and F1 with its interval.

    Args:
        per_label: of one split, as ``metrics.json`` has it; of more than ``MOST_LABELS`` the worst.
    """
    told = [score for score in labels_words.worst_first(per_label) if score["support"]][:MOST_LABELS]
    figure, axes = new_chart(6.4, 1.3 + 0.26 * max(1, len(told)))
    places = np.arange(len(told))
    low, high = np.array([score["f1_interval"] for score in told]).reshape(-1, 2).T
    axes.hlines(places, low, high, color=ORANGE, linewidth=4, alpha=0.45)
    axes.plot(
        [score["f1"] for score in told], places, "s", color=ORANGE, markersize=5, label=words("f1_interval")
    )
    axes.plot(
        [score["average_precision"] for score in told],
        places,
        "o",
        color=BLUE,
        markersize=6,
        label=words("average_precision"),
    )
    names = [visible(score["name"]) for score in told]
    axes.set_yticks(
        places, [name if len(name) <= _NAME else name[: _NAME - 1] + "…" for name in names], parse_math=False
    )
    axes.set_ylim(len(told) - 0.4, -0.6)
    axes.set_xlim(-0.02, 1.02)
    percent_ticks(axes.xaxis, words, 0, most=6)
    legend(axes)
    return figure
