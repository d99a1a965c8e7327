"""The figures of a training's report: curves, confusion matrix, reliability diagram, as SVG and as PNG files."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
from matplotlib.axes import Axes
from matplotlib.colors import to_rgb
from matplotlib.figure import Figure

from prunelle.drawing.axes import legend, style, ticks
from prunelle.drawing.figures import new_chart, new_figure
from prunelle.drawing.files import save, svg_element
from prunelle.drawing.palette import BLUE, INK, MUTED, ORANGE
from prunelle.report import numbers_figures
from prunelle.report.axes import accuracy_axis, epoch_axis, loss_axis
from prunelle.report.content import ReportContent
from prunelle.report.words import Words
from prunelle.texts import Language, visible
from prunelle.training.metrics import Evaluation
from prunelle.training.records import RESULT_FIELDS

MOST_NUMBERED = 30
"""Up to so many classes a confusion matrix carries names and numbers; beyond it is a heat map."""
MOST_CELLS = 500
"""Cells of a heat map's side; of more classes, several share one."""


def loss_svg(content: ReportContent, words: Words) -> str:
    """Training and validation loss by epoch, as an ``<svg>`` element."""
    figure, axes = new_chart(5.2, 3.2)
    _draw_curves(axes, content, "loss", words)
    return svg_element(figure, "loss")


def accuracy_svg(content: ReportContent, words: Words) -> str:
    """Training and validation accuracy by epoch, as an ``<svg>`` element."""
    figure, axes = new_chart(5.2, 3.2)
    _draw_curves(axes, content, "accuracy", words)
    return svg_element(figure, "accuracy")


def learning_rate_svg(content: ReportContent, words: Words) -> str | None:
    """The learning rate by epoch, as an ``<svg>`` element; None where it stays the same."""
    rates = _column(content, "learning_rate")
    if len(np.unique(rates[np.isfinite(rates)])) < 2:
        return None
    figure, axes = new_chart(5.2, 2.4)
    epoch_axis(axes, words, only=_only(content))
    axes.plot(_epochs(content), rates, color=INK, linewidth=1.6, marker="o", markersize=3, clip_on=False)
    axes.set_ylim(bottom=0)
    axes.set_ylabel(words("learning_rate"))
    ticks(axes.yaxis, words.number)
    return svg_element(figure, "learning-rate")


def other_curves(
    results: Sequence[Mapping[str, float | None]], words: Words, *, loss_too: bool = False
) -> list[tuple[str, np.ndarray, str]]:
    """What a program measured besides: ``(name, values, <svg>)`` for each figure, validation's in the same chart.

    Args:
        loss_too: the loss, the accuracy and the learning rate, where there are any, come first.
    """
    names = list(dict.fromkeys(name.removeprefix("val_") for row in results for name in row))
    # What a training of numbers tells has a column for training, too; a program's own has the bare name.
    names = list(dict.fromkeys(name if name in _KNOWN else name.removeprefix("train_") for name in names))
    told = {name for row in results for name in row}
    columns = {
        name: (f"train_{name}" if f"train_{name}" in told else name, f"val_{name}")
        for name in names
        if name not in _KNOWN
    }
    if loss_too:
        known = {name: (f"train_{name}", f"val_{name}") for name in ("loss", "accuracy")}
        columns = known | columns
    drawn: list[tuple[str, np.ndarray, str]] = []
    for name, (training, validation) in columns.items():
        lines = [
            (key, _values(results, column))
            for key, column in (("train", training), ("validation", validation))
        ]
        there = [(key, values) for key, values in lines if np.isfinite(values).any()]
        if not there:
            continue
        figure, axes = new_chart(5.2, 3.2)
        epochs = _values(results, "epoch")
        epoch_axis(axes, words, only=float(epochs[0]) if len(epochs) == 1 else None)
        for key, values in lines:
            _draw_curve(axes, epochs, values, key, words)
        if name == "accuracy":
            axes.set_ylabel(words("accuracy"))
            accuracy_axis(axes, words, whole=len(epochs) == 1)
        else:
            axes.set_ylabel(words("loss") if name == "loss" else "")
            ticks(axes.yaxis, words.number)
        if len(there) > 1:
            legend(axes)
        drawn.append((name, there[0][1], svg_element(figure, f"curve-{len(drawn)}")))
    return drawn


_KNOWN = frozenset({*RESULT_FIELDS, "loss", "accuracy"})


def _values(results: Sequence[Mapping[str, float | None]], name: str) -> np.ndarray:
    """``(epochs,)`` float, NaN where there is no finite value."""
    values = np.array([row.get(name) for row in results], dtype=float)
    return np.where(np.isfinite(values), values, np.nan)


def confusion_svg(evaluation: Evaluation, words: Words) -> str:
    """The confusion matrix, as an ``<svg>`` element."""
    return svg_element(_confusion(evaluation, words), "confusion")


def reliability_svg(evaluation: Evaluation, words: Words) -> str:
    """Accuracy against confidence, above how many pictures have that confidence, as an ``<svg>`` element."""
    return svg_element(_reliability(evaluation, words), "reliability")


def save_figures(
    content: ReportContent, folder: Path, language: Language, more: Mapping[str, Figure] | None = None
) -> None:
    """Writes ``curves.png``, ``confusion.png`` and ``reliability.png`` into ``folder``, made if need be.

    Only classes are confused; ``more`` has, by name, what else there is of other answers.
    """
    words = content.words(language)
    quantities = ["loss", "accuracy"] if has_accuracy(content) else ["loss"]
    curves = new_figure(5.2 * len(quantities), 3.6)
    for axes, quantity in zip(np.atleast_1d(curves.subplots(1, len(quantities))), quantities, strict=True):
        style(axes)
        _draw_curves(axes, content, quantity, words)
    folder.mkdir(parents=True, exist_ok=True)
    drawn = {"curves": curves, **(more or {})}
    if content.target.exclusive:
        drawn["confusion"] = _confusion(content.evaluation, words)
        drawn["reliability"] = _reliability(content.evaluation, words)
    elif content.target.kind == "number":
        drawn |= numbers_figures.drawn(content.evaluation, words)
    for name, figure in drawn.items():
        save(figure, folder / f"{name}.png")


def has_accuracy(content: ReportContent) -> bool:
    """Whether an accuracy was told of its epochs; numbers have none."""
    return any("train_accuracy" in row for row in content.results)


def _draw_curves(axes: Axes, content: ReportContent, quantity: str, words: Words) -> None:
    """``quantity`` is ``loss`` or ``accuracy``. Missing and infinite values leave gaps."""
    epochs = _epochs(content)
    training, validation = (_column(content, f"{split}_{quantity}") for split in ("train", "val"))
    epoch_axis(axes, words, only=_only(content))
    for values, name in ((training, "train"), (validation, "validation")):
        _draw_curve(axes, epochs, values, name, words)
    kept = np.flatnonzero(epochs == content.best_epoch)
    if len(kept) and len(epochs) > 1:
        key = "best_epoch_mark" if content.chose_by_validation else "kept_epoch_mark"
        best = words(key, n=words.integer(content.best_epoch))
        axes.axvline(content.best_epoch, color=MUTED, linestyle=(0, (1, 2)), linewidth=1.2, label=best)
        axes.plot(content.best_epoch, validation[kept[0]], "o", markersize=9, mfc="none", mec=BLUE)
    axes.set_ylabel(words(quantity))
    if quantity == "accuracy":
        accuracy_axis(axes, words, whole=len(epochs) == 1)
    else:
        loss_axis(axes, np.concatenate([training, validation]), words)
    if axes.get_legend_handles_labels()[0]:
        legend(axes)
    else:
        axes.text(0.5, 0.5, words("no_values"), transform=axes.transAxes, ha="center", color=MUTED)


_LOOK = {"train": (ORANGE, (0, (5, 2)), "s"), "validation": (BLUE, "solid", "o")}
"""Dash and marker differ as well as colour, for readers who do not see the colours."""


def _draw_curve(axes: Axes, epochs: np.ndarray, values: np.ndarray, name: str, words: Words) -> None:
    if not np.isfinite(values).any():
        return
    colour, dash, marker = _LOOK[name]
    known = np.isfinite(np.pad(values, 1, constant_values=np.nan))
    alone = known[1:-1] & ~known[:-2] & ~known[2:]
    # On long trainings markers would merge; a point between two gaps has no line to show it.
    marked = np.flatnonzero(alone | (len(epochs) <= 30))
    axes.plot(
        epochs,
        values,
        color=colour,
        linestyle=dash,
        linewidth=1.8,
        marker=marker,
        markersize=4,
        markevery=marked.tolist(),
        label=words(name),
    )


def _confusion(evaluation: Evaluation, words: Words) -> Figure:
    """Blue on the diagonal, orange beside it, as opaque as the share of the row."""
    num_classes = len(evaluation.classes)
    numbered = num_classes <= MOST_NUMBERED
    side = 2.2 + 0.5 * num_classes if numbered else 7.0
    figure, axes = new_chart(side, side)
    axes.grid(visible=False)
    axes.set_xlabel(words("answer"))
    axes.set_ylabel(words("truth"))
    if not numbered:
        shares = pooled_shares(evaluation)
        edges = (-0.5, classes_a_cell(num_classes) * len(shares) - 0.5)
        axes.imshow(confusion_colours(shares), interpolation="none", extent=(*edges, *edges[::-1]))
        return figure
    counts = evaluation.confusion
    colours = confusion_colours(row_shares(counts))
    # Back to the opacity on which dark numbers are readable.
    colours[..., 3] *= 0.65
    axes.imshow(colours, interpolation="none")
    # Bytes in a folder's name that are no text cannot be drawn, nor what breaks a line.
    drawable = [visible(name) for name in evaluation.classes]
    names = [name if len(name) <= 20 else name[:19] + "…" for name in drawable]
    # A name is not mathematics, dollars or not.
    axes.set_xticks(range(num_classes), names, rotation=45, ha="right", parse_math=False)
    axes.set_yticks(range(num_classes), names, parse_math=False)
    shares = row_shares(counts)
    for row, column in zip(*np.nonzero(counts), strict=True):
        text = words.integer(int(counts[row, column]))
        if num_classes <= 12:
            text += "\n" + words.percent(float(shares[row, column]))
        cell = axes.text(column, row, text, ha="center", va="center", color=INK, fontsize=7)
        # Inside the axes, whatever it says: measuring a hundred of them takes as long as drawing them.
        cell.set_in_layout(False)
    return figure


def row_shares(counts: np.ndarray) -> np.ndarray:
    """``(K, K)`` counts → each divided by the sum of its row, 0 in an empty row."""
    shares: np.ndarray = counts / np.maximum(counts.sum(axis=1, keepdims=True), 1)
    return shares


def confusion_strength(shares: np.ndarray) -> np.ndarray:
    """``(K, K)`` shares → opacity in [0, 0.65], at which dark ink stays readable on top.

    Beside the diagonal it starts visible and grows with the square root: mistakes are rare and are what one
    looks for.
    """
    strength = np.where(shares > 0, 0.06 + 0.59 * np.sqrt(shares), 0)
    np.fill_diagonal(strength, 0.65 * np.diag(shares))
    return strength


def confusion_colours(shares: np.ndarray) -> np.ndarray:
    """``(K, K)`` shares of rows → ``(K, K, 4)`` RGBA in [0, 1], the largest opacity 1."""
    colours = np.empty((*shares.shape, 4))
    colours[..., :3] = to_rgb(ORANGE)
    diagonal = np.arange(len(shares))
    colours[diagonal, diagonal, :3] = to_rgb(BLUE)
    colours[..., 3] = confusion_strength(shares) / 0.65
    return colours


def classes_a_cell(num_classes: int) -> int:
    """Classes that share a cell of a heat map."""
    return -(-num_classes // MOST_CELLS)


def pooled_shares(evaluation: Evaluation) -> np.ndarray:
    """``(M, M)`` shares of rows, M up to ``MOST_CELLS``: of classes that share a cell, the largest.

    On the diagonal, the right answers alone: an error within a cell of several classes is in no other.
    """
    num_classes = len(evaluation.classes)
    cell = classes_a_cell(num_classes)
    pooled = np.zeros((-(-num_classes // cell),) * 2)
    support = np.maximum(np.bincount(evaluation.labels, minlength=num_classes), 1)
    right = np.bincount(evaluation.labels[evaluation.predicted == evaluation.labels], minlength=num_classes)
    places = np.arange(num_classes) // cell
    np.maximum.at(pooled, (places, places), right / support)
    pairs, counts = evaluation.confused()
    truths, answers = places[pairs].T
    apart = truths != answers
    np.maximum.at(pooled, (truths[apart], answers[apart]), (counts / support[pairs[:, 0]])[apart])
    return pooled


def _reliability(evaluation: Evaluation, words: Words) -> Figure:
    bins = evaluation.reliability()
    figure = new_figure(5.2, 4.6)
    above, below = figure.subplots(2, 1, sharex=True, height_ratios=[3, 1])
    for axes in (above, below):
        style(axes)
    above.plot([0, 1], [0, 1], color=MUTED, linestyle=(0, (4, 3)), linewidth=1.2, label=words("perfect"))
    confidences, accuracies = [b.confidence for b in bins], [b.accuracy for b in bins]
    above.vlines(
        confidences, confidences, accuracies, color=ORANGE, linewidth=2.5, alpha=0.6, label=words("gap")
    )
    # A bin of three pictures must not look as sure as a bin of a thousand.
    most = max((b.count for b in bins), default=1)
    sizes = [12 + 80 * b.count / most for b in bins]
    above.plot(confidences, accuracies, color=BLUE, linewidth=1)
    above.scatter(confidences, accuracies, sizes, color=BLUE, zorder=3, label=words("this_network"))
    above.set_ylabel(words("accuracy"))
    above.set_ylim(-0.03, 1.03)
    legend(above)
    widths = [b.high - b.low for b in bins]
    below.bar([b.low for b in bins], [b.count for b in bins], widths, align="edge", color=BLUE, alpha=0.7)
    below.set_ylabel(words("pictures"))
    below.set_xlabel(words("confidence"))
    below.set_xlim(-0.02, 1.02)
    ticks(below.yaxis, lambda count: words.integer(round(count)), most=3, whole=True)
    for axis in (above.yaxis, below.xaxis):
        ticks(axis, lambda share: words.percent(share, digits=0))
    return figure


def _only(content: ReportContent) -> float | None:
    """The epoch, where there is only one."""
    return float(_epochs(content)[0]) if len(content.results) == 1 else None


def _epochs(content: ReportContent) -> np.ndarray:
    return _column(content, "epoch")


def _column(content: ReportContent, name: str) -> np.ndarray:
    return _values(content.results, name)
