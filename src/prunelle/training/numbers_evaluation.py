"""What a network that tells a number is worth: how far it is off, beside who always says the mean.

Everything is computed from answers and truths in one ``NumbersEvaluation``; nothing here runs a network.
"""

from __future__ import annotations

import dataclasses
import math
from functools import cached_property
from typing import Any

import numpy as np

from prunelle.shown import Shown
from prunelle.training.intervals import Z
from prunelle.training.metrics import Judged


@dataclasses.dataclass(frozen=True, eq=False)
class NumbersEvaluation(Shown):
    """A network's answers on a labelled split, all in the number's own unit.

    Attributes:
        split: which: ``train``, ``validation`` or ``test``.
        classes: the number's name, alone.
        labels: ``(N,)`` float64, the truth.
        predicted: ``(N,)`` float64.
        usual: the mean of the training examples, which a blind answer would always be.
        loss: mean squared error, in units of the training numbers' variance.
        files: where each example came from, or None.
        judged: which examples these are, of a run's evaluation; None within a training.
    """

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

    @property
    def mean_absolute_error(self) -> float:
        """Mean distance of answer and truth."""
        return float(np.abs(self.errors).mean()) if self.n else math.nan

    @property
    def interval(self) -> tuple[float, float]:
        """95 % interval of the mean absolute error, by the normal law of means."""
        if self.n < 2:
            return (math.nan, math.nan)
        half = Z * float(np.abs(self.errors).std(ddof=1)) / math.sqrt(self.n)
        return (max(0.0, self.mean_absolute_error - half), self.mean_absolute_error + half)

    @property
    def r2(self) -> float:
        """Share of these examples' variance that is told (coefficient of determination); NaN where all are alike."""
        spread = float(((self.labels - self.labels.mean()) ** 2).sum()) if self.n else 0.0
        return 1 - float((self.errors**2).sum()) / spread if spread else math.nan

    def summary(self) -> dict[str, Any]:
        """The entry of ``metrics.json`` for one split."""
        return {
            "mean_absolute_error": self.mean_absolute_error,
            "interval": list(self.interval),
            "r2": self.r2,
            "loss": self.loss,
            "n": self.n,
        }

    def to_json(self) -> dict[str, Any]:
        """Everything ``prunelle evaluate --json`` prints."""
        return {
            **self.summary(),
            "split": self.split,
            **({} if self.judged is None else {"judged": self.judged.to_json()}),
            "classes": list(self.classes),
        }
