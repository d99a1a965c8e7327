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
from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Literal

import numpy as np

from prunelle.csv_files import table_text
from prunelle.data.kinds import AnyPreprocess
from prunelle.disk import write_text
from prunelle.errors import RunError
from prunelle.runs.answers import ANSWERS_FILE, read_rows
from prunelle.runs.run import Run
from prunelle.shown import Shown
from prunelle.texts import quoted
from prunelle.training.intervals import wilson_interval
from prunelle.training.paired import Estimate, over_pictures, over_seeds

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
        accuracy, loss: on the judged split.
        right: ``(N,)`` bool, whether each picture of that split was.
        results: the lines of its ``results.csv``.
    """

    seed: int
    path: Path
    accuracy: float
    loss: float
    right: np.ndarray
    results: Sequence[Mapping[str, float | None]]
    seconds: float

    def __repr__(self) -> str:
        return f"Outcome(seed={self.seed}, path={str(self.path)!r}, accuracy={self.accuracy:.4f}, n={len(self.right)})"

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
    def accuracy(self) -> Estimate:
        """In [0, 1], over seeds."""
        values = [outcome.accuracy for outcome in self.outcomes]
        return over_seeds(values, low=0, high=1, step=1 / len(self.outcomes[0].right))

    @property
    def loss(self) -> Estimate:
        """Mean negative log-likelihood in nats, over seeds."""
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
    """Between two contestants, in accuracy: ``mean`` is the first's minus the second's.

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
        commonest: the commonest class of those pictures, and its share.
    """

    path: Path
    info: Mapping[str, Any]
    split: str
    n: int
    standings: Sequence[Standing]
    commonest: tuple[str, float] | None = None

    def __repr__(self) -> str:
        reached = ", ".join(
            f"{standing.contestant.label}={standing.accuracy.mean:.4f}" for standing in self.ranking
        )
        return f"Comparison({str(self.path)!r}, {self.split!r}, n={self.n}, {reached})"

    @property
    def at_chance(self) -> list[str]:
        """Labels of those that these pictures do not show to be better than always answering the commonest class."""
        if self.commonest is None:
            return []
        # A count, as Wilson's interval takes; a mean over seeds need not be one.
        rights = {
            standing.contestant.label: round(standing.accuracy.mean * self.n) for standing in self.standings
        }
        return [
            label for label, right in rights.items() if wilson_interval(right, self.n)[0] <= self.commonest[1]
        ]

    @property
    def ranking(self) -> list[Standing]:
        """The most accurate first."""
        return sorted(self.standings, key=lambda standing: -standing.accuracy.mean)

    def differences(self) -> list[Difference]:
        """Of every two contestants, the better one first; those of the best one come first."""
        return [difference(better, worse) for better, worse in itertools.combinations(self.ranking, 2)]

    def to_json(self) -> dict[str, Any]:
        """Everything ``prunelle compare --json`` prints; accuracies and differences in [0, 1]."""
        return {
            "comparison": str(self.path),
            "split": self.split,
            "n": self.n,
            "networks": [
                {
                    **dataclasses.asdict(standing.contestant),
                    "accuracy": dataclasses.asdict(standing.accuracy),
                    "loss": dataclasses.asdict(standing.loss),
                    "seconds_per_epoch": dataclasses.asdict(standing.seconds_per_epoch),
                    "diverged": list(standing.diverged),
                    "trainings": [
                        {
                            "seed": outcome.seed,
                            "run": str(outcome.path),
                            "accuracy": outcome.accuracy,
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
        header = ("network", "seed", "accuracy", "loss", "parameters", "multiply_adds", "epochs")
        rows = (
            [
                *(standing.contestant.label, outcome.seed, outcome.accuracy, outcome.loss),
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
    right = [np.stack([outcome.right for outcome in outcomes]) for outcomes in chosen]
    gaps = [by_seed[0][seed].accuracy - by_seed[1][seed].accuracy for seed in common]
    seeds = over_seeds(gaps, low=-1, high=1, step=1 / right[0].shape[1]) if common else None
    interval = None if seeds is None else seeds.interval
    pictures = over_pictures(right[0], right[1])
    verdict: Verdict = "not clear"
    if pictures[0] > 0 or pictures[1] < 0:
        if interval is None or (seeds is not None and seeds.too_few):
            verdict = "few seeds"
        elif interval[0] > 0 or interval[1] < 0:
            verdict = "clear"
    return Difference(
        first=first.contestant.label,
        second=second.contestant.label,
        mean=float(right[0].mean() - right[1].mean()),
        seeds=common,
        over_seeds=interval,
        over_pictures=pictures,
        verdict=verdict,
    )


def seed_of(run: Run) -> int:
    """Of its recipe; 0 of a program's training, which is one of one."""
    return run.recipe.seed if run.has_recipe else 0


def gather(
    path: Path, info: Mapping[str, Any], trained: Sequence[tuple[Contestant, Sequence[Run]]]
) -> Comparison:
    """Reads what finished (and diverged) runs reached.

    Raises:
        RunError: runs that are not finished, that were judged on other pictures, or all of whose trainings
            diverged.
    """
    pictures: tuple[str, list[tuple[str, str]]] | None = None
    reference = None
    standings = []
    for contestant, runs in trained:
        outcomes = []
        diverged = [seed_of(run) for run in runs if run.info["status"] == "diverged"]
        for run in runs:
            if run.info["status"] == "diverged":
                continue
            metrics = run.metrics()
            if not run.finished or not metrics:
                raise RunError(
                    f"{run.path} is not finished; go on with it first: prunelle train --resume {quoted(run.path)}"
                )
            split, judged, right = _answers(run, metrics)
            if pictures is None:
                pictures, reference = (split, judged), run
            elif reference is not None and not _alike(reference, pictures, run, (split, judged)):
                raise RunError(
                    f"{run.path} was judged on other pictures than {reference.path}, so the two "
                    f"cannot be compared. Train them on the same data with the same split."
                )
            outcomes.append(
                Outcome(
                    seed=seed_of(run),
                    path=run.path,
                    accuracy=float(metrics[split]["accuracy"]),
                    loss=float(metrics[split]["loss"]),
                    right=right,
                    results=_epochs(run, metrics),
                    seconds=float(metrics["seconds"]),
                )
            )
        if not outcomes:
            raise RunError(
                f"every training of {contestant.label} diverged, so there is nothing to compare. Try a learning "
                f"rate ten times smaller (--lr), a warm-up (--warmup 1) or gradient clipping (--clip-norm 1)."
            )
        standings.append(Standing(contestant=contestant, outcomes=outcomes, diverged=diverged))
    assert pictures is not None
    split, judged = pictures
    name, count = Counter(name for _, name in judged).most_common(1)[0]
    return Comparison(
        path=path,
        info=info,
        split=split,
        n=len(judged),
        standings=standings,
        commonest=(name, count / len(judged)),
    )


def _alike(
    one: Run, ours: tuple[str, list[tuple[str, str]]], other: Run, theirs: tuple[str, list[tuple[str, str]]]
) -> bool:
    """Whether two runs were judged on the same pictures, by what these hold; by their names where nobody knows it."""
    contents = [_contents(run, split) for run, (split, _) in ((one, ours), (other, theirs))]
    if None in contents or _shown(one) != _shown(other):
        return ours == theirs
    classes = [[name for _, name in judged] for _, judged in (ours, theirs)]
    return ours[0] == theirs[0] and contents[0] == contents[1] and classes[0] == classes[1]


def _contents(run: Run, split: str) -> tuple[str, ...] | None:
    placed = run.placed()
    if placed is None or placed.contents is None:
        return None
    return placed.contents.take(placed.rows(split)).digests


def _shown(run: Run) -> AnyPreprocess:
    """What a picture becomes, but for the numbers of its training pictures."""
    return dataclasses.replace(run.preprocess, mean=(), std=())


def _answers(run: Run, metrics: Mapping[str, Any]) -> tuple[str, list[tuple[str, str]], np.ndarray]:
    """From ``predictions.csv``: the split; file and class of each picture; whether each was right.

    Raises:
        RunError: it is damaged: it has other classes than the run, or says something else than ``metrics.json``.
    """
    file = run.path / ANSWERS_FILE
    rows = read_rows(file, run.classes)
    split = rows[0]["split"]
    judged = [(row["file"], row["class"]) for row in rows]
    right = np.array([row["class"] == row["predicted"] for row in rows], bool)
    stored_metrics = metrics.get(split)
    if stored_metrics is None or not math.isclose(right.mean(), stored_metrics["accuracy"], abs_tol=1e-6):
        raise RunError(
            f"{file} is damaged, or {run.path / 'metrics.json'} is: the one has {right.sum():,} right answers of "
            f"{len(rows):,} to the split {split!r}, the other says otherwise."
        )
    return split, judged, right


def _epochs(run: Run, metrics: Mapping[str, Any]) -> list[dict[str, float | None]]:
    """The lines of ``results.csv``: as many as ``metrics.json`` says.

    Raises:
        RunError: it is damaged.
    """
    results = run.results()
    if len(results) != metrics["epochs"] or not results:
        raise RunError(
            f"{run.path / 'results.csv'} is damaged: it has {len(results):,} epochs, and metrics.json says otherwise."
        )
    return results
