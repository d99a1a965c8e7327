"""The figures of told numbers: answers against truths, residuals, the law of errors."""

from __future__ import annotations

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from prunelle.drawing.axes import legend, ticks
from prunelle.drawing.figures import new_chart
from prunelle.drawing.maps import SEQUENTIAL
from prunelle.drawing.palette import BLUE, MUTED, ORANGE
from prunelle.report.words import Words
from prunelle.texts import visible
from prunelle.training.numbers_evaluation import NumbersEvaluation

_MOST_POINTS = 2000
"""Drawn one by one; of more, how many there are in each place."""


def drawn(evaluation: NumbersEvaluation, words: Words) -> dict[str, Figure]:
    """Each figure by its name; none without an example."""
    if not evaluation.n:
        return {}
    return {
        "answers": _answers(evaluation, words),
        "residuals": _residuals(evaluation, words),
        "errors": _errors(evaluation, words),
    }


def _answers(evaluation: NumbersEvaluation, words: Words) -> Figure:
    """Answer against truth, with what a perfect network and a blind one would give."""
    figure, axes = new_chart(5.2, 4.4)
    _points(axes, evaluation.labels, evaluation.predicted)
    low, high = float(evaluation.labels.min()), float(evaluation.labels.max())
    axes.plot(
        [low, high], [low, high], color=MUTED, linestyle=(0, (4, 3)), linewidth=1.2, label=words("the_truth")
    )
    axes.axhline(
        evaluation.usual, color=ORANGE, linestyle=(0, (1, 2)), linewidth=1.4, label=words("blind_answer")
    )
    axes.set_xlabel(words("true_number", name=visible(evaluation.classes[0])))
    axes.set_ylabel(words("answer"))
    _numbers(axes, words)
    return figure


def _residuals(evaluation: NumbersEvaluation, words: Words) -> Figure:
    """Answer minus truth against truth: a slope downwards is regression to the mean."""
    figure, axes = new_chart(5.2, 3.6)
    _points(axes, evaluation.labels, evaluation.errors)
    axes.axhline(0, color=MUTED, linestyle=(0, (4, 3)), linewidth=1.2, label=words("the_truth"))
    truths = np.array([evaluation.labels.min(), evaluation.labels.max()])
    blind = evaluation.usual - truths
    axes.plot(truths, blind, color=ORANGE, linestyle=(0, (1, 2)), linewidth=1.4, label=words("blind_answer"))
    ranges = evaluation.by_range()
    middles = [(each.low + each.high) / 2 for each in ranges]
    means = [each.mean_error for each in ranges]
    axes.plot(
        middles, means, color=BLUE, marker="o", markersize=5, linewidth=1.8, label=words("mean_of_range")
    )
    axes.set_xlabel(words("true_number", name=visible(evaluation.classes[0])))
    axes.set_ylabel(words("residual"))
    _numbers(axes, words)
    return figure


def _errors(evaluation: NumbersEvaluation, words: Words) -> Figure:
    """How many answers are off by how much."""
    figure, axes = new_chart(5.2, 3.2)
    # One answer that is very far off would leave a single bar for all others.
    widest = float(np.quantile(evaluation.distances, 0.995)) or 1.0
    shown = np.clip(evaluation.errors, -widest, widest)
    axes.hist(shown, bins=min(40, max(8, evaluation.n // 8)), color=BLUE, alpha=0.7)
    axes.axvline(0, color=MUTED, linestyle=(0, (4, 3)), linewidth=1.2)
    axes.set_xlabel(words("residual"))
    axes.set_ylabel(words("pictures"))
    ticks(axes.xaxis, words.number, most=7)
    ticks(axes.yaxis, lambda count: words.integer(round(count)), most=5, whole=True)
    return figure


def _points(axes: Axes, across: np.ndarray, up: np.ndarray) -> None:
    if len(across) <= _MOST_POINTS:
        size = float(np.clip(4000 / len(across), 6, 28))
        axes.scatter(across, up, size, color=BLUE, alpha=0.45, linewidths=0)
    else:
        axes.hexbin(across, up, gridsize=45, cmap=SEQUENTIAL, mincnt=1, bins="log", linewidths=0.1)


def _numbers(axes: Axes, words: Words) -> None:
    for axis in (axes.xaxis, axes.yaxis):
        ticks(axis, words.number, most=7)
    legend(axes)
