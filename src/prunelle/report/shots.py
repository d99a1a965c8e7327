"""What is reached against the number of training pictures: the table and the plot."""

from __future__ import annotations

import dataclasses
import functools
from pathlib import Path

from prunelle.data.targets import TargetKind
from prunelle.drawing.axes import fixed_ticks, legend
from prunelle.drawing.figures import new_chart
from prunelle.drawing.files import save
from prunelle.report.axes import COMPARED, value_axis
from prunelle.report.words import Words
from prunelle.shown import Shown
from prunelle.texts import EN, Language, Note, Typography
from prunelle.training.paired import Estimate, over_seeds
from prunelle.training.yardsticks import Yardstick, yardstick_of

_STRATEGY = Note("strategy", "stratégie")
_BETWEEN = Note("{low} to {high}", "{low} à {high}")
NUMBERS = {
    "class": Note("{n} a class", "{n} par classe"),
    "labels": Note("{n} a label", "{n} par étiquette"),
    "number": Note("{n} in all", "{n} en tout"),
}
"""How many pictures there were, by the kind of target."""
_PICTURES = {
    "class": Note("Training pictures a class", "Images d’entraînement par classe"),
    "labels": Note("Training pictures a label, at least", "Images d’entraînement par étiquette, au moins"),
    "number": Note("Training pictures", "Images d’entraînement"),
}


@dataclasses.dataclass(frozen=True)
class Shots(Shown):
    """What came out.

    Attributes:
        path: the folder.
        data_name: of the pictures.
        rows: ``(strategy, pictures a class, draw, the yardstick's figure of the test)``; of several labels pictures a
            label, of numbers in all.
        n: number of test pictures.
        kind: of what is told.
    """

    path: Path
    data_name: str
    rows: tuple[tuple[str, int, int, float], ...]
    n: int
    kind: TargetKind = "class"

    @property
    def yardstick(self) -> Yardstick:
        """What is measured."""
        return yardstick_of(self.kind)

    def curve(self, strategy: str) -> dict[int, Estimate]:
        """Mean over draws, with Student's 95 % interval, by number of pictures."""
        reached: dict[int, list[float]] = {}
        for name, number, _, value in sorted(self.rows):
            if name == strategy:
                reached.setdefault(number, []).append(value)
        (low, high), step = self.yardstick.bounds, self.yardstick.step(self.n)
        return {n: over_seeds(values, low=low, high=high, step=step) for n, values in reached.items()}

    @property
    def strategies(self) -> tuple[str, ...]:
        """In the order they were asked for."""
        return tuple(dict.fromkeys(name for name, *_ in self.rows))

    def markdown(self, words: Typography = EN) -> str:
        """A table: a row a strategy, a column a number of pictures; mean and 95 % interval over draws."""
        numbers = sorted({number for _, number, _, _ in self.rows})
        heads = [words.note(NUMBERS[self.kind], n=n) for n in numbers]
        what = Words(words.language)(self.yardstick.figure)
        lines = [", ".join(filter(None, (what, self.yardstick.sign.strip()))), ""]
        lines += [f"| {words.note(_STRATEGY)} | {' | '.join(heads)} |"]
        lines.append("| --- |" + " --- |" * len(numbers))
        for strategy in self.strategies:
            cells = [self.cell(estimate, words) for estimate in self.curve(strategy).values()]
            lines.append(f"| {strategy} | " + " | ".join(cells) + " |")
        return "\n".join(lines)

    def cell(self, estimate: Estimate, words: Typography) -> str:
        """``71.3 (66.0 to 76.6)``, shares in percent."""
        bare = functools.partial(self.yardstick.bare, words=words)
        if estimate.interval is None:
            return bare(estimate.mean)
        low, high = map(bare, estimate.interval)
        return f"{bare(estimate.mean)} ({words.note(_BETWEEN, low=low, high=high)})"


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
        dots = [(number, value) for name, number, _, value in shots.rows if name == strategy]
        axes.plot(
            *zip(*dots, strict=True), linestyle="none", marker=marker, color=colour, markersize=5, alpha=0.8
        )
    numbers = sorted({number for _, number, _, _ in shots.rows})
    axes.set_xscale("log")
    fixed_ticks(axes.xaxis, numbers, [words.integer(number) for number in numbers])
    axes.set_xlabel(words.note(_PICTURES[shots.kind]))
    axes.set_ylabel(words(shots.yardstick.figure))
    value_axis(axes, shots.yardstick, words, whole=False)
    legend(axes)
    save(figure, file)
