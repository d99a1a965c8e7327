"""A comparison: several networks trained on the same pictures, what each reaches, and how sure the difference is.

Its folder::

    comparison.json       what was asked, enough to go on; the figures, once it is finished
    results.csv           a line a training
    runs/lenet5-seed0/    an ordinary run each
    report.html, figures/comparison.png
"""

from __future__ import annotations

import dataclasses
import itertools
import math
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Literal

import numpy as np

from prunelle.csv_files import table_text
from prunelle.disk import write_text
from prunelle.shown import Shown
from prunelle.training.objectives import AnyEvaluation
from prunelle.training.paired import Estimate, over_seeds
from prunelle.training.yardsticks import Yardstick, yardstick_of

Verdict = Literal["clear", "few seeds", "not clear"]


@dataclasses.dataclass(frozen=True, kw_only=True)
class Contestant:
    """A network as it enters a comparison.

    Attributes:
        label: what it is called there.
        network: its name.
        options: of the network (``{"hidden": [78]}``).
        parameters, multiply_adds: of one network, multiply-adds for one picture; None where unknown.
    """

    label: str
    network: str
    options: Mapping[str, Any]
    parameters: int
    multiply_adds: int | None


@dataclasses.dataclass(frozen=True, kw_only=True, eq=False)
class Outcome:
    """One training that came to its end.

    Attributes:
        answers: to the judged split.
        results: the lines of its ``results.csv``.
        others: by name, what ``metrics.json`` has of the yardstick's other figures.
    """

    seed: int
    path: Path
    answers: AnyEvaluation
    results: Sequence[Mapping[str, float | None]]
    seconds: float
    others: Mapping[str, float] = dataclasses.field(default_factory=dict)

    def __repr__(self) -> str:
        return (
            f"Outcome(seed={self.seed}, path={str(self.path)!r}, {self.yardstick.figure}={self.value:.4f}, "
            f"n={self.answers.n})"
        )

    @property
    def yardstick(self) -> Yardstick:
        """By which it is compared."""
        return yardstick_of(self.answers.kind)

    @property
    def value(self) -> float:
        """The yardstick's figure."""
        return self.yardstick.value(self.answers)

    @property
    def loss(self) -> float:
        """On the judged split."""
        return self.answers.loss

    @property
    def seconds_per_epoch(self) -> float:
        """Mean of its epochs, validation included, interruptions left out."""
        return self.seconds / len(self.results)


@dataclasses.dataclass(frozen=True, kw_only=True, eq=False)
class Standing:
    """What a contestant reached.

    Attributes:
        outcomes: in the order of the seeds.
        diverged: seeds whose training ended with a loss that is no number; they are in no mean.
    """

    contestant: Contestant
    outcomes: Sequence[Outcome]
    diverged: Sequence[int]

    @property
    def yardstick(self) -> Yardstick:
        """By which it is compared."""
        return self.outcomes[0].yardstick

    @property
    def figure(self) -> Estimate:
        """The yardstick's, over seeds."""
        low, high = self.yardstick.bounds
        step = self.yardstick.step(self.outcomes[0].answers.n)
        return over_seeds([outcome.value for outcome in self.outcomes], low=low, high=high, step=step)

    @property
    def others(self) -> dict[str, float]:
        """Of the yardstick's other figures those that every training has: means over seeds."""
        return {
            name: sum(outcome.others[name] for outcome in self.outcomes) / len(self.outcomes)
            for name in self.yardstick.others
            if all(name in outcome.others for outcome in self.outcomes)
        }

    @property
    def loss(self) -> Estimate:
        """Over seeds; of classes the mean negative log-likelihood in nats, of others the objective's loss."""
        return over_seeds([outcome.loss for outcome in self.outcomes], low=0)

    @property
    def seconds_per_epoch(self) -> Estimate:
        """On the machine, and beside the other work, of these trainings."""
        return over_seeds([outcome.seconds_per_epoch for outcome in self.outcomes], low=0)

    def curve(self, column: str) -> np.ndarray:
        """``(seeds, epochs)`` of a column of ``results.csv``; NaN where a training was shorter or has no value."""
        longest = max(len(outcome.results) for outcome in self.outcomes)
        values = np.full((len(self.outcomes), longest), np.nan)
        for row, outcome in zip(values, self.outcomes, strict=True):
            column_values = [line.get(column) for line in outcome.results]
            row[: len(column_values)] = [math.nan if value is None else value for value in column_values]
        return values


@dataclasses.dataclass(frozen=True, kw_only=True)
class Difference:
    """Between two contestants, in the yardstick's figure: ``mean`` is the first's minus the second's.

    Attributes:
        seeds: those that both were trained with; the trainings of the others are left out, unless there is
            none in common.
        over_seeds: 95 % interval of the mean over other seeds; None with fewer than two.
        over_pictures: 95 % interval over other test pictures.
        verdict: ``clear`` where neither interval holds 0: no luck of seeds or of pictures explains it; ``few seeds``
            where pictures would not, and seeds only because there are so few; else ``not clear``.
    """

    first: str
    second: str
    mean: float
    seeds: Sequence[int]
    over_seeds: tuple[float, float] | None
    over_pictures: tuple[float, float]
    verdict: Verdict

    @property
    def clear(self) -> bool:
        """``verdict`` is ``clear``."""
        return self.verdict == "clear"


@dataclasses.dataclass(frozen=True, kw_only=True, eq=False)
class Comparison(Shown):
    """Contestants, judged on the same pictures.

    Attributes:
        path: the folder.
        info: the content of ``comparison.json``, but for the figures.
        split: on which all are judged: ``test``, or ``validation`` where there is none.
        n: number of its pictures.
        standings: in the order in which the networks were named.
    """

    path: Path
    info: Mapping[str, Any]
    split: str
    n: int
    standings: Sequence[Standing]

    def __repr__(self) -> str:
        reached = ", ".join(
            f"{standing.contestant.label}={standing.figure.mean:.4f}" for standing in self.ranking
        )
        return f"Comparison({str(self.path)!r}, {self.split!r}, n={self.n}, {reached})"

    @property
    def yardstick(self) -> Yardstick:
        """By which they are compared."""
        return self.standings[0].yardstick

    @property
    def at_chance(self) -> list[str]:
        """Labels of those that these pictures do not show to be better than blind answers."""
        return [
            standing.contestant.label
            for standing in self.standings
            if not self.yardstick.sees([outcome.answers for outcome in standing.outcomes])
        ]

    @property
    def ranking(self) -> list[Standing]:
        """The best first."""
        return sorted(self.standings, key=lambda standing: -self.yardstick.order(standing.figure.mean))

    @property
    def others(self) -> list[str]:
        """Names of the yardstick's other figures that all have."""
        return [
            name
            for name in self.yardstick.others
            if all(name in standing.others for standing in self.standings)
        ]

    def differences(self) -> list[Difference]:
        """Of every two contestants, the better one first; those of the best one come first."""
        return [difference(better, worse) for better, worse in itertools.combinations(self.ranking, 2)]

    def to_json(self) -> dict[str, Any]:
        """Everything ``prunelle compare --json`` prints; shares and their differences in [0, 1]."""
        figure = self.yardstick.figure
        return {
            "comparison": str(self.path),
            "split": self.split,
            "n": self.n,
            "figure": figure,
            "networks": [
                {
                    **dataclasses.asdict(standing.contestant),
                    figure: dataclasses.asdict(standing.figure),
                    "loss": dataclasses.asdict(standing.loss),
                    "seconds_per_epoch": dataclasses.asdict(standing.seconds_per_epoch),
                    "others": standing.others,
                    "diverged": list(standing.diverged),
                    "trainings": [
                        {
                            "seed": outcome.seed,
                            "run": str(outcome.path),
                            figure: outcome.value,
                            "loss": outcome.loss,
                            "epochs": len(outcome.results),
                            "seconds_per_epoch": outcome.seconds_per_epoch,
                        }
                        for outcome in standing.outcomes
                    ],
                }
                for standing in self.standings
            ],
            "differences": [dataclasses.asdict(each) | {"clear": each.clear} for each in self.differences()],
        }

    def write_results(self) -> None:
        """``results.csv``."""
        header = ("network", "seed", self.yardstick.figure, *self.others)
        header = (*header, "loss", "parameters", "multiply_adds", "epochs")
        rows = (
            [
                *(standing.contestant.label, outcome.seed, outcome.value),
                *(outcome.others[name] for name in self.others),
                outcome.loss,
                *(standing.contestant.parameters, standing.contestant.multiply_adds, len(outcome.results)),
                *(round(outcome.seconds_per_epoch, 3), outcome.path),
            ]
            for standing in self.standings
            for outcome in standing.outcomes
        )
        write_text(self.path / "results.csv", table_text((*header, "seconds_per_epoch", "run"), rows))


def difference(first: Standing, second: Standing) -> Difference:
    """Paired by seed where both have some in common, and by picture always."""
    by_seed = [{outcome.seed: outcome for outcome in standing.outcomes} for standing in (first, second)]
    common = [seed for seed in by_seed[0] if seed in by_seed[1]]
    chosen = [[of_seed[seed] for seed in common] if common else list(of_seed.values()) for of_seed in by_seed]
    yardstick = first.yardstick
    answers = [[outcome.answers for outcome in outcomes] for outcomes in chosen]
    gaps = [by_seed[0][seed].value - by_seed[1][seed].value for seed in common]
    low, high = yardstick.bounds
    seeds = (
        over_seeds(gaps, low=low - high, high=high - low, step=yardstick.step(answers[0][0].n))
        if common
        else None
    )
    interval = None if seeds is None else seeds.interval
    pictures = yardstick.over_examples(*answers)
    verdict: Verdict = "not clear"
    if pictures[0] > 0 or pictures[1] < 0:
        if interval is None or (seeds is not None and seeds.too_few):
            verdict = "few seeds"
        elif interval[0] > 0 or interval[1] < 0:
            verdict = "clear"
    return Difference(
        first=first.contestant.label,
        second=second.contestant.label,
        mean=yardstick.mean(answers[0]) - yardstick.mean(answers[1]),
        seeds=common,
        over_seeds=interval,
        over_pictures=pictures,
        verdict=verdict,
    )
