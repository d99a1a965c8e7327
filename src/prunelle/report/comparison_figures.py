"""The figures of a comparison: every network in its own colour, every seed to be seen."""

from __future__ import annotations

import math
import warnings
from pathlib import Path

import numpy as np
from matplotlib.axes import Axes
from matplotlib.lines import Line2D

from prunelle.drawing.axes import legend, style
from prunelle.drawing.figures import new_chart, new_figure
from prunelle.drawing.files import save, svg_element
from prunelle.drawing.palette import INK, LINE, MUTED, PAGE
from prunelle.report.axes import COMPARED, epoch_axis, figure_axis, loss_axis, value_axis
from prunelle.report.words import Words
from prunelle.runs.comparison import Comparison, Standing


def colour_variable(index: int) -> str:
    """The CSS variable of the colour of the ``index``-th network."""
    return PAGE[_look(index)[0]]


def dots_svg(comparison: Comparison, words: Words) -> str:
    """Accuracy of every training, a row a network, with mean and interval, as an ``<svg>`` element."""
    figure, axes = new_chart(10.4, 0.75 + 0.55 * len(comparison.standings))
    _draw_dots(axes, comparison, words)
    return svg_element(figure, "dots")


def curves_svg(comparison: Comparison, quantity: str, words: Words) -> str:
    """``loss`` or the yardstick's figure by epoch, a colour a network, as an ``<svg>`` element."""
    figure, axes = new_chart(5.2, 3.6)
    _draw_curves(axes, comparison, quantity, words)
    return svg_element(figure, f"compared-{quantity}")


def save_figure(comparison: Comparison, file: Path, words: Words) -> None:
    """All of it on one picture, as a PNG: the dots, and below them loss and figure by epoch."""
    rows = len(comparison.standings)
    figure = new_figure(10.4, 4.6 + 0.5 * rows)
    figure.get_layout_engine().set(hspace=0.06, wspace=0.05)  # type: ignore[union-attr, call-arg]
    drawn = quantities(comparison)
    grid = figure.add_gridspec(2, len(drawn), height_ratios=[0.7 + 0.5 * rows, 3.8])
    above, *below = (
        figure.add_subplot(place) for place in (grid[0, :], *(grid[1, i] for i in range(len(drawn))))
    )
    for axes in (above, *below):
        style(axes)
    _draw_dots(above, comparison, words)
    for axes, quantity in zip(below, drawn, strict=True):
        _draw_curves(axes, comparison, quantity, words)
    file.parent.mkdir(exist_ok=True)
    save(figure, file)


def has_validation(comparison: Comparison) -> bool:
    """Whether there is a validation curve to draw."""
    return _told(comparison, "val_loss") or _told(comparison, f"val_{comparison.yardstick.figure}")


def quantities(comparison: Comparison) -> list[str]:
    """What there are curves of: the loss, and the yardstick's figure where epochs tell it.

    Of several labels only those of a validation split do.
    """
    figure = comparison.yardstick.figure
    return [
        "loss",
        *([figure] if any(_told(comparison, f"{split}_{figure}") for split in ("train", "val")) else []),
    ]


def _told(comparison: Comparison, column: str) -> bool:
    return any(np.isfinite(standing.curve(column)).any() for standing in comparison.standings)


def _draw_dots(axes: Axes, comparison: Comparison, words: Words) -> None:
    standings = comparison.standings
    values: list[float] = []
    for row, standing in enumerate(standings):
        colour, marker = _look(row)
        reached = np.array([outcome.value for outcome in standing.outcomes])
        values += reached.tolist()
        estimate = standing.figure
        if estimate.interval is not None:
            low, high = estimate.interval
            axes.plot([low, high], [row, row], color=colour, linewidth=7, alpha=0.18, solid_capstyle="butt")
            axes.vlines(estimate.mean, row - 0.2, row + 0.2, color=colour, linewidth=2.4)
        axes.plot(
            reached,
            np.full(len(reached), row) + _spread(reached),
            linestyle="none",
            marker=marker,
            markersize=5.5,
            markerfacecolor=colour,
            markeredgecolor="none",
            alpha=0.85,
            zorder=3,
            clip_on=False,
        )
    # The dots decide what is shown; an interval from two seeds may reach far beyond, and is cut.
    low, high = min(values), max(values)
    least, most = comparison.yardstick.bounds
    margin = max(0.35 * (high - low), 0.002 * (1.0 if math.isfinite(most) else high)) or 1.0
    axes.set_xlim(max(low - margin, least), min(high + margin, most))
    axes.set_ylim(len(standings) - 0.45, -0.55)
    names = [_short_label(standing) for standing in standings]
    axes.set_yticks(range(len(standings)), names, parse_math=False)
    for label in axes.get_yticklabels():
        label.set(color=INK, fontsize=10)
    axes.tick_params(axis="y", colors=INK)
    axes.grid(visible=False, axis="y")
    axes.grid(visible=True, axis="x", color=LINE, linewidth=0.8)
    axes.set_xlabel(words(comparison.yardstick.figure))
    figure_axis(axes.xaxis, comparison.yardstick, words)


def _spread(values: np.ndarray) -> np.ndarray:
    """Moves dots that would hide each other a little up and down."""
    shifts = np.zeros(len(values))
    if len(values) > 1:
        # By turns in the order of the values, so that neighbours lie apart.
        shifts[np.argsort(values, kind="stable")] = np.resize([0, -0.13, 0.13], len(values))
    return shifts


def _draw_curves(axes: Axes, comparison: Comparison, quantity: str, words: Words) -> None:
    everything: list[np.ndarray] = []
    longest = 1
    validated = has_validation(comparison)
    for index, standing in enumerate(comparison.standings):
        colour, marker = _look(index)
        for split in ("train", "val"):
            values = standing.curve(f"{split}_{quantity}")
            if not np.isfinite(values).any():
                continue
            main = split == "val" or not validated
            epochs = np.arange(1, values.shape[1] + 1)
            longest = max(longest, len(epochs))
            everything.append(values.ravel())
            with warnings.catch_warnings():
                warnings.simplefilter("ignore", RuntimeWarning)  # an epoch that no seed has a value for
                mean, low, high = (reduce(values, axis=0) for reduce in (np.nanmean, np.nanmin, np.nanmax))
            if main and len(values) > 1:
                axes.fill_between(epochs, low, high, color=colour, alpha=0.16, linewidth=0)
            axes.plot(
                epochs,
                mean,
                color=colour,
                linestyle="solid" if main else (0, (4, 2)),
                linewidth=1.9 if main else 1.1,
                marker=marker if main and len(epochs) <= 30 else None,
                markersize=4,
                alpha=1 if main else 0.75,
            )
    epoch_axis(axes, words, only=1 if longest == 1 else None)
    axes.set_ylabel(words(quantity))
    if quantity == "loss":
        loss_axis(axes, np.concatenate(everything), words)
    else:
        value_axis(axes, comparison.yardstick, words, whole=longest == 1)
    _legend(axes, comparison, quantity, words)


def _legend(axes: Axes, comparison: Comparison, quantity: str, words: Words) -> None:
    """Above the axes, where it hides nothing: a colour and a marker a network, a dash a split."""
    handles = [
        Line2D(
            [],
            [],
            color=_look(i)[0],
            marker=_look(i)[1],
            markersize=4,
            label=_short_label(standing),
        )
        for i, standing in enumerate(comparison.standings)
    ]
    if has_validation(comparison) and _told(comparison, f"train_{quantity}"):
        validation, training = words("validation"), words("train")
        handles += [
            Line2D([], [], color=MUTED, linewidth=1.4, label=validation),
            Line2D([], [], color=MUTED, linewidth=1.4, label=training, linestyle="dashed"),
        ]
    # As many as fit beside each other, in inches: a line of 0.5, letters of about 0.085, axes of 4.4.
    longest = max(len(str(handle.get_label())) for handle in handles)
    legend(axes, handles, columns=max(1, int(4.4 / (0.5 + 0.085 * longest))))


def _look(index: int) -> tuple[str, str]:
    """Colour and marker of the ``index``-th network."""
    return COMPARED[index % len(COMPARED)]


def _short_label(standing: Standing) -> str:
    label = standing.contestant.label
    return label if len(label) <= 28 else label[:27] + "…"
