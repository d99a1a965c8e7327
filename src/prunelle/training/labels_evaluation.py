"""What a network that tells several labels is worth: each label by itself, and all of them together.

Everything is computed from probabilities and labels in one ``LabelsEvaluation``; nothing here runs a network.
"""

from __future__ import annotations

import dataclasses
import math
from functools import cached_property
from typing import Any, ClassVar

import numpy as np

from prunelle.data.targets import TargetKind
from prunelle.shown import Shown
from prunelle.training.intervals import wilson_interval
from prunelle.training.metrics import Judged


@dataclasses.dataclass(frozen=True, eq=False)
class LabelsEvaluation(Shown):
    """A network's answers on a labelled split.

    Attributes:
        split: which: ``train``, ``validation`` or ``test``.
        classes: K labels in index order.
        labels: ``(N, K)`` bool, the truth; a row may have none.
        probabilities: ``(N, K)`` float32, each in [0, 1].
        loss: mean binary cross-entropy over examples and labels, in nats.
        thresholds: ``(K,)``, the probability from which a label is answered; one half each unless given.
        files: where each example came from, or None.
        judged: which examples these are, of a run's evaluation; None within a training.
    """

    kind: ClassVar[TargetKind] = "labels"

    split: str
    classes: tuple[str, ...]
    labels: np.ndarray
    probabilities: np.ndarray
    loss: float
    thresholds: np.ndarray | None = None
    files: tuple[str, ...] | None = None
    judged: Judged | None = None

    def __repr__(self) -> str:
        return (
            f"LabelsEvaluation({self.split!r}, n={self.n}, {len(self.classes)} labels, "
            f"mean_average_precision={self.mean_average_precision:.4f}, exact match={self.accuracy:.4f}, "
            f"loss={self.loss:.4f})"
        )

    @property
    def n(self) -> int:
        """Number of examples."""
        return len(self.labels)

    @property
    def scores(self) -> np.ndarray:
        """What metrics of the caller's own are told: ``probabilities``."""
        return self.probabilities

    @cached_property
    def predicted(self) -> np.ndarray:
        """``(N, K)`` bool, the labels answered."""
        thresholds = 0.5 if self.thresholds is None else self.thresholds
        return np.asarray(self.probabilities >= thresholds)

    @cached_property
    def right(self) -> np.ndarray:
        """``(N,)`` bool: exact matches, every label right."""
        return np.asarray((self.predicted == self.labels).all(axis=1))

    @property
    def accuracy(self) -> float:
        """Share of exact matches (subset accuracy)."""
        return float(self.right.mean()) if self.n else math.nan

    @property
    def interval(self) -> tuple[float, float]:
        """95 % Wilson interval of ``accuracy``."""
        return wilson_interval(int(self.right.sum()), self.n)

    @cached_property
    def average_precisions(self) -> np.ndarray:
        """``(K,)``: the area under each label's precision and recall (scikit-learn's average precision); NaN of a label
        that no example has."""
        from sklearn.metrics import average_precision_score

        return np.array(
            [
                average_precision_score(truth, given) if truth.any() else math.nan
                for truth, given in zip(self.labels.T, self.probabilities.T, strict=True)
            ]
        )

    @property
    def mean_average_precision(self) -> float:
        """The mean over the labels that some example has."""
        known = self.average_precisions[~np.isnan(self.average_precisions)]
        return float(known.mean()) if len(known) else math.nan

    def summary(self) -> dict[str, Any]:
        """The entry of ``metrics.json`` for one split."""
        return {
            "accuracy": self.accuracy,
            "interval": list(self.interval),
            "mean_average_precision": self.mean_average_precision,
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
