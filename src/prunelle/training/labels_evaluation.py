"""What a network that tells several labels is worth: mean average precision, F1 by label, exact matches.

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
from prunelle.training import label_figures
from prunelle.training.intervals import wilson_interval
from prunelle.training.metrics import Judged, identified
from prunelle.training.thresholds import HALF


@dataclasses.dataclass(frozen=True, kw_only=True)
class LabelScore:
    """One line of the table by label. Intervals are 95 %.

    Attributes:
        name: of the label. threshold: the probability from which it is answered.
        average_precision: NaN where no example has the label.
        precision, recall, f1: at the threshold; 0 where it was never answered, or never there.
        support: examples that have it. answered: to which it was answered. right: both.
    """

    name: str
    threshold: float
    average_precision: float
    precision: float
    recall: float
    f1: float
    support: int
    answered: int
    right: int
    precision_interval: tuple[float, float]
    recall_interval: tuple[float, float]
    f1_interval: tuple[float, float]

    @property
    def missed(self) -> int:
        """Examples that have it, to which it was not answered."""
        return self.support - self.right

    @property
    def invented(self) -> int:
        """Examples that lack it, to which it was answered."""
        return self.answered - self.right


@dataclasses.dataclass(frozen=True, kw_only=True)
class BlindLabels:
    """The answers of one who sees no picture: to each label the share of the judged examples that have it.

    Attributes:
        mean_average_precision: the mean of these shares: no order is better than another.
        accuracy: exact matches of who always answers the commonest set of labels.
        loss: mean binary cross-entropy, in nats.
    """

    mean_average_precision: float
    accuracy: float
    loss: float


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
        return np.asarray(self.probabilities >= self._thresholds)

    @property
    def _thresholds(self) -> np.ndarray:
        return np.full(len(self.classes), HALF) if self.thresholds is None else self.thresholds

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

    @property
    def at_half(self) -> LabelsEvaluation:
        """The same answers, each label answered from one half on."""
        return self if self.thresholds is None else dataclasses.replace(self, thresholds=None)

    @property
    def hamming_loss(self) -> float:
        """Share of wrong answers among all answers, one an example and label."""
        return float((self.predicted != self.labels).mean()) if self.labels.size else math.nan

    @cached_property
    def average_precisions(self) -> np.ndarray:
        """``(K,)``: the area under each label's precision and recall (scikit-learn's average precision); NaN of a label
        that no example has."""
        return label_figures.average_precisions(self.labels, self.probabilities)

    @property
    def mean_average_precision(self) -> float:
        """The mean over the labels that some example has."""
        return label_figures.mean_average_precision(self.average_precisions)

    @property
    def left_out(self) -> tuple[str, ...]:
        """The labels that no example has, which no mean over labels counts."""
        return tuple(
            name
            for name, there in zip(self.classes, np.any(self.labels, axis=0).tolist(), strict=True)
            if not there
        )

    @cached_property
    def _counts(self) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """``(K,)`` each: answered rightly, answered, there."""
        right = (self.labels & self.predicted).sum(axis=0)
        return right, self.predicted.sum(axis=0), self.labels.sum(axis=0)

    @property
    def micro_f1(self) -> float:
        """F1 of all labels' answers together: common labels weigh more."""
        right, answered, there = (each.sum() for each in self._counts)
        return float(label_figures.f1_scores(right, answered, there))

    @property
    def macro_f1(self) -> float:
        """The mean of the F1 of the labels that some example has."""
        right, answered, there = self._counts
        known = label_figures.f1_scores(right, answered, there)[there > 0]
        return float(known.mean()) if len(known) else math.nan

    @cached_property
    def drawn(self) -> dict[str, np.ndarray]:
        """Of ``mean_average_precision``, ``micro_f1`` and ``macro_f1`` what they are when examples are drawn again: see
        ``label_figures.drawn_again``."""
        return label_figures.drawn_again(self.labels, self.probabilities, self.predicted)

    @cached_property
    def intervals(self) -> dict[str, tuple[float, float]]:
        """95 %, of the same figures."""
        if not self.n:
            return dict.fromkeys(("mean_average_precision", "micro_f1", "macro_f1"), (0.0, 1.0))
        return {name: label_figures.between(values, self.n) for name, values in self.drawn.items()}

    @cached_property
    def blind(self) -> BlindLabels:
        """The same figures of who sees no picture."""
        if not self.n:
            return BlindLabels(mean_average_precision=math.nan, accuracy=math.nan, loss=math.nan)
        rates = self.labels.mean(axis=0)
        with np.errstate(divide="ignore", invalid="ignore"):
            parts = [np.where(share > 0, -share * np.log(share), 0.0) for share in (rates, 1 - rates)]
        commonest = np.unique(self.labels, axis=0, return_counts=True)[1].max()
        there = rates[rates > 0]
        return BlindLabels(
            mean_average_precision=float(there.mean()) if len(there) else math.nan,
            accuracy=float(commonest / self.n),
            loss=float((parts[0] + parts[1]).mean()),
        )

    @property
    def better_than_blind(self) -> bool:
        """The whole interval of the mean average precision is above the blind answer's."""
        return self.intervals["mean_average_precision"][0] > self.blind.mean_average_precision

    def per_label(self) -> list[LabelScore]:
        """The table by label, in their order."""
        return [
            LabelScore(
                name=name,
                threshold=float(threshold),
                average_precision=float(precision),
                precision=right / answered if answered else 0.0,
                recall=right / there if there else 0.0,
                f1=2 * right / (answered + there) if answered + there else 0.0,
                support=there,
                answered=answered,
                right=right,
                precision_interval=wilson_interval(right, answered),
                recall_interval=wilson_interval(right, there),
                f1_interval=label_figures.f1_interval(right, answered, there),
            )
            for name, threshold, precision, right, answered, there in zip(
                self.classes,
                self._thresholds,
                self.average_precisions,
                *(each.tolist() for each in self._counts),
                strict=True,
            )
        ]

    def wrong_together(self) -> np.ndarray:
        """``(K, K)`` int64: in how many examples label i was missed and label j invented: taken for one another."""
        missed, invented = self.labels & ~self.predicted, self.predicted & ~self.labels
        return np.asarray(missed.T.astype(np.int64) @ invented.astype(np.int64))

    def taken_for(self, most: int = 10) -> list[tuple[str, str, int]]:
        """``(missed, invented, examples)`` of the commonest pairs of ``wrong_together``, commonest first."""
        counts = self.wrong_together()
        order = np.argsort(-counts, axis=None, kind="stable")[:most]
        pairs = [np.unravel_index(place, counts.shape) for place in order]
        return [(self.classes[i], self.classes[j], int(counts[i, j])) for i, j in pairs if counts[i, j]]

    def summary(self) -> dict[str, Any]:
        """The entry of ``metrics.json`` for one split; what cannot be told is None."""
        figures = self._figures()
        return {
            name: None if isinstance(value, float) and math.isnan(value) else value
            for name, value in figures.items()
        }

    def _figures(self) -> dict[str, Any]:
        return {
            "accuracy": self.accuracy,
            "interval": list(self.interval),
            "mean_average_precision": self.mean_average_precision,
            "mean_average_precision_interval": list(self.intervals["mean_average_precision"]),
            "micro_f1": self.micro_f1,
            "micro_f1_interval": list(self.intervals["micro_f1"]),
            "macro_f1": self.macro_f1,
            "macro_f1_interval": list(self.intervals["macro_f1"]),
            "hamming_loss": self.hamming_loss,
            "loss": self.loss,
            "n": self.n,
            "blind": dataclasses.asdict(self.blind),
            "left_out": list(self.left_out),
            "per_label": [self._entry(score) for score in self.per_label()],
        }

    @staticmethod
    def _entry(score: LabelScore) -> dict[str, Any]:
        known = math.isfinite(score.average_precision)
        return dataclasses.asdict(score) | ({} if known else {"average_precision": None})

    def to_json(self) -> dict[str, Any]:
        """Everything ``prunelle evaluate --json`` prints."""
        return {
            **identified(self, self.summary()),
            "taken_for": [
                {"missed": missed, "invented": invented, "count": count}
                for missed, invented, count in self.taken_for()
            ],
        }
