"""What a network that tells a number is worth: how far it is off, beside who always says the same number.

Everything is computed from answers and truths in one ``NumbersEvaluation``; nothing here runs a network.
"""

from __future__ import annotations

import dataclasses
import math
from functools import cached_property
from typing import Any, ClassVar, Literal

import numpy as np

from prunelle.data.targets import TargetKind
from prunelle.shown import Shown
from prunelle.training.metrics import Judged, identified
from prunelle.training.numbers_intervals import (
    mean_interval,
    median_interval,
    ratio_interval,
    signed_mean_interval,
)

Verdict = Literal["better", "within", "worse"]


@dataclasses.dataclass(frozen=True)
class Blind:
    """A network's answers beside always the same one, the best that one can give who sees no example.

    Attributes:
        answer: the median of the training examples, whose mean absolute error there is the least of all.
        mean_absolute_error: of that answer, on the examples judged.
        less: by how much the network's is smaller, with its interval: Student's of the differences example by example.
        verdict: ``better`` where the whole interval is above 0, ``worse`` where it is below, else ``within``.
    """

    answer: float
    mean_absolute_error: float
    less: float
    less_interval: tuple[float, float]

    @property
    def verdict(self) -> Verdict:
        low, high = self.less_interval
        return "better" if low > 0 else "worse" if high < 0 else "within"

    def to_json(self) -> dict[str, Any]:
        """For ``metrics.json``."""
        return {
            **dataclasses.asdict(self),
            "less_interval": _finite(self.less_interval),
            "verdict": self.verdict,
        }


@dataclasses.dataclass(frozen=True)
class Range:
    """The examples whose truths are in a range.

    Attributes:
        low, high: of the truths that are there. n: how many.
        mean_absolute_error, interval: as of all; None for a bound not known.
        mean_error: of answers minus truths: above 0 where too much is answered.
    """

    low: float
    high: float
    n: int
    mean_absolute_error: float
    interval: list[float | None]
    mean_error: float


@dataclasses.dataclass(frozen=True, eq=False)
class NumbersEvaluation(Shown):
    """A network's answers on a labelled split, all in the number's own unit.

    Attributes:
        split: which: ``train``, ``validation`` or ``test``.
        classes: the number's name, alone.
        labels: ``(N,)`` float64, the truth.
        predicted: ``(N,)`` float64.
        usual: the median of the training examples, which a blind answer would always be.
        loss: the objective's, without unit.
        files: where each example came from, or None.
        judged: which examples these are, of a run's evaluation; None within a training.
    """

    kind: ClassVar[TargetKind] = "number"

    split: str
    classes: tuple[str, ...]
    labels: np.ndarray
    predicted: np.ndarray
    usual: float
    loss: float
    files: tuple[str, ...] | None = None
    judged: Judged | None = None

    def __repr__(self) -> str:
        return (
            f"NumbersEvaluation({self.split!r}, n={self.n}, {self.classes[0]!r}, "
            f"mean_absolute_error={self.mean_absolute_error:.4g}, r2={self.r2:.4f}, loss={self.loss:.4f})"
        )

    @property
    def n(self) -> int:
        """Number of examples."""
        return len(self.labels)

    @property
    def right(self) -> None:
        """Answers are near or far, not right or wrong."""
        return None

    @property
    def scores(self) -> np.ndarray:
        """What metrics of the caller's own are told: ``predicted``."""
        return self.predicted

    @cached_property
    def errors(self) -> np.ndarray:
        """``(N,)``: predicted minus true."""
        return np.asarray(self.predicted - self.labels)

    @cached_property
    def distances(self) -> np.ndarray:
        """``(N,)``: absolute errors."""
        return np.asarray(np.abs(self.errors))

    @property
    def mean_absolute_error(self) -> float:
        """Mean distance of answer and truth."""
        return float(self.distances.mean()) if self.n else math.nan

    @property
    def interval(self) -> tuple[float, float]:
        """95 % interval of the mean absolute error."""
        return mean_interval(self.distances)

    @property
    def median_absolute_error(self) -> float:
        """Half of the answers are nearer."""
        return float(np.median(self.distances)) if self.n else math.nan

    @property
    def median_interval(self) -> tuple[float, float]:
        """95 % interval of the median absolute error."""
        return median_interval(self.distances)

    @property
    def root_mean_squared_error(self) -> float:
        """Like the mean absolute error; a few large errors weigh more."""
        return math.sqrt(float(self._squares.mean())) if self.n else math.nan

    @property
    def root_interval(self) -> tuple[float, float]:
        """95 % interval of the root mean squared error."""
        low, high = mean_interval(self._squares)
        return (math.sqrt(low), math.sqrt(high))

    @property
    def r2(self) -> float:
        """Share of these examples' variance that is told (coefficient of determination); NaN where all are alike."""
        spread = float(self._spread.mean()) if self.n else 0.0
        return 1 - float(self._squares.mean()) / spread if spread else math.nan

    @property
    def r2_interval(self) -> tuple[float, float]:
        """95 % interval of ``r2``."""
        low, high = ratio_interval(self._squares, self._spread)
        return (1 - high, 1 - low)

    @cached_property
    def blind(self) -> Blind | None:
        """Beside who always gives the same answer; None without any example."""
        if not self.n:
            return None
        theirs = np.abs(self.labels - self.usual)
        less = theirs - self.distances
        return Blind(self.usual, float(theirs.mean()), float(less.mean()), signed_mean_interval(less))

    def by_range(self, most: int = 8) -> list[Range]:
        """The errors by ranges of the truth of about as many examples each, from the smallest to the largest.

        Args:
            most: of ranges, fewer where there are fewer than ten examples for each; equal truths are not parted.
        """
        ranges = max(1, min(most, self.n // 10))
        edges = np.unique(np.quantile(self.labels, np.linspace(0, 1, ranges + 1))) if self.n else np.zeros(0)
        # The last edge is in the last range: of the others each begins one.
        which = np.searchsorted(edges[1:-1], self.labels, side="right")
        return [
            self._range(np.flatnonzero(which == i))
            for i in range(max(1, len(edges) - 1))
            if (which == i).any()
        ]

    def _range(self, rows: np.ndarray) -> Range:
        truths, distances = self.labels[rows], self.distances[rows]
        return Range(
            low=float(truths.min()),
            high=float(truths.max()),
            n=len(rows),
            mean_absolute_error=float(distances.mean()),
            interval=_finite(mean_interval(distances)),
            mean_error=float(self.errors[rows].mean()),
        )

    def farthest(self, most: int) -> list[int]:
        """Rows of the answers that are farthest off, the farthest first."""
        return [int(row) for row in np.argsort(-self.distances, kind="stable")[:most]]

    @cached_property
    def _squares(self) -> np.ndarray:
        return np.asarray(self.errors**2)

    @cached_property
    def _spread(self) -> np.ndarray:
        return np.asarray((self.labels - (self.labels.mean() if self.n else 0.0)) ** 2)

    def summary(self) -> dict[str, Any]:
        """The entry of ``metrics.json`` for one split: figures, each with its interval; None for a bound not known."""
        return {
            "number": self.classes[0],
            "mean_absolute_error": self.mean_absolute_error,
            "interval": _finite(self.interval),
            "median_absolute_error": self.median_absolute_error,
            "median_interval": _finite(self.median_interval),
            "root_mean_squared_error": self.root_mean_squared_error,
            "root_interval": _finite(self.root_interval),
            "r2": None if math.isnan(self.r2) else self.r2,
            "r2_interval": _finite(self.r2_interval),
            "loss": self.loss,
            "n": self.n,
            "blind": None if self.blind is None else self.blind.to_json(),
        }

    def to_json(self) -> dict[str, Any]:
        """Everything ``prunelle evaluate --json`` prints."""
        return {
            **identified(self, self.summary()),
            "by_range": [dataclasses.asdict(each) for each in self.by_range()],
        }


def _finite(interval: tuple[float, float]) -> list[float | None]:
    """JSON knows no infinity."""
    return [end if math.isfinite(end) else None for end in interval]
