"""Accuracy against pictures a class: the table and the plot."""

from __future__ import annotations

import dataclasses
from pathlib import Path

from prunelle.drawing.axes import fixed_ticks, legend
from prunelle.drawing.figures import new_chart
from prunelle.drawing.files import save
from prunelle.report.axes import COMPARED, accuracy_axis
from prunelle.report.words import Words
from prunelle.shown import Shown
from prunelle.texts import EN, Language, Note, Typography
from prunelle.training.paired import Estimate, over_seeds

_STRATEGY = Note("strategy", "stratégie")
_PER_CLASS = Note("{n} a class", "{n} par classe")
_BETWEEN = Note("{low} to {high}", "{low} à {high}")
_PICTURES = Note("Training pictures a class", "Images d’entraînement par classe")


@dataclasses.dataclass(frozen=True)
class Shots(Shown):
    """What came out.

    Attributes:
        path: the folder.
        data_name: of the pictures.
        rows: ``(strategy, pictures a class, draw, test accuracy)``.
        n: number of test pictures.
    """

    path: Path
    data_name: str
    rows: tuple[tuple[str, int, int, float], ...]
    n: int

    def curve(self, strategy: str) -> dict[int, Estimate]:
        """Mean over draws, with Student's 95 % interval, by number of pictures."""
        accuracies: dict[int, list[float]] = {}
        for name, number, _, accuracy in sorted(self.rows):
            if name == strategy:
                accuracies.setdefault(number, []).append(accuracy)
        return {n: over_seeds(values, low=0, high=1, step=1 / self.n) for n, values in accuracies.items()}

    @property
    def strategies(self) -> tuple[str, ...]:
        """In the order they were asked for."""
        return tuple(dict.fromkeys(name for name, *_ in self.rows))

    def markdown(self, words: Typography = EN) -> str:
        """A table: a row a strategy, a column a number of pictures; mean and 95 % interval over draws."""
        numbers = sorted({number for _, number, _, _ in self.rows})
        heads = [words.note(_PER_CLASS, n=n) for n in numbers]
        lines = [f"| {words.note(_STRATEGY)} | {' | '.join(heads)} |"]
        lines.append("| --- |" + " --- |" * len(numbers))
        for strategy in self.strategies:
            cells = [self.cell(estimate, words) for estimate in self.curve(strategy).values()]
            lines.append(f"| {strategy} | " + " | ".join(cells) + " |")
        return "\n".join(lines)

    @staticmethod
    def cell(estimate: Estimate, words: Typography) -> str:
        """``71.3 (66.0 to 76.6)``, in percent."""
        text = words.points(estimate.mean)
        if estimate.interval is None:
            return text
        low, high = estimate.interval
        return f"{text} ({words.note(_BETWEEN, low=words.points(low), high=words.points(high))})"


def save_plot(shots: Shots, file: Path, language: Language) -> None:
    """A curve a strategy, its interval behind it, every draw a dot; pictures on a log scale. A PNG."""
    words = Words(language)
    figure, axes = new_chart(7.2, 4.4)
    for i, strategy in enumerate(shots.strategies):
        colour, marker = COMPARED[i % len(COMPARED)]
        curve = shots.curve(strategy)
        axes.plot(list(curve), [e.mean for e in curve.values()], color=colour, label=strategy, linewidth=2)
        bands = {number: e.interval for number, e in curve.items() if e.interval is not None}
        axes.fill_between(
            list(bands),
            [low for low, _ in bands.values()],
            [high for _, high in bands.values()],
            color=colour,
            alpha=0.13,
            linewidth=0,
        )
        dots = [(number, accuracy) for name, number, _, accuracy in shots.rows if name == strategy]
        axes.plot(
            *zip(*dots, strict=True), linestyle="none", marker=marker, color=colour, markersize=5, alpha=0.8
        )
    numbers = sorted({number for _, number, _, _ in shots.rows})
    axes.set_xscale("log")
    fixed_ticks(axes.xaxis, numbers, [words.integer(number) for number in numbers])
    axes.set_xlabel(words.note(_PICTURES))
    axes.set_ylabel(words("accuracy"))
    accuracy_axis(axes, words, whole=False)
    legend(axes)
    save(figure, file)
