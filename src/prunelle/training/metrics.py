"""What a trained network is worth: accuracy with its interval, per class, calibrated or not.

Everything is computed from probabilities and labels in one ``Evaluation``; nothing here runs a network.
"""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Mapping
from functools import cached_property
from typing import Any, ClassVar, Literal

import numpy as np

from prunelle.data.targets import TargetKind
from prunelle.shown import Shown
from prunelle.training import costs as costing
from prunelle.training.costs import CostFigures, Costs
from prunelle.training.intervals import balanced_interval, wilson_interval

TOP_K, TOP_K_FROM = 5, 20
"""Answers among which the truth is looked for, and the number of classes from which that is told: of fewer, five
answers are easily right."""

UNBALANCED, UNBALANCED_BY = 1.5, 3
"""Classes are unbalanced where the largest has at least so many times the examples of the smallest, and so many more:
of two and three examples, drawn from as many, nothing is to be said."""


@dataclasses.dataclass(frozen=True)
class ClassScore:
    """One line of the per-class table. ``support`` is how many examples of the class there are; intervals are 95 %."""

    name: str
    precision: float
    recall: float
    f1: float
    support: int
    precision_interval: tuple[float, float]
    recall_interval: tuple[float, float]


@dataclasses.dataclass(frozen=True)
class ReliabilityBin:
    """Predictions whose confidence lies in ``[low, high)``: how sure they were, how often they were right."""

    low: float
    high: float
    confidence: float
    accuracy: float
    count: int


@dataclasses.dataclass(frozen=True, kw_only=True, eq=False)
class Judged:
    """Which of the examples that were given an ``Evaluation`` is of.

    A figure says what a network is worth only on examples that it has not learned; those it has are told apart by what
    they hold.

    Attributes:
        data: the name or path of the data; None where it has none.
        own: they are what the run was trained on, split as then.
        whole: they are all of the data, not one of its splits.
        given: how many there were that could be read.
        rows: ``(n,)`` int64, those judged, as positions among them.
        of: what those are: ``new`` to the network; where there is none of these, the ``validation`` ones, which chose
            the epoch; where there is none of these either, those it has ``learned``.
        learned, validated: how many of the given ones were learned, and chose the epoch.
        learned_right: how many of the learned ones are right; None of numbers, which are near or far.
        learned_near: how many of the learned ones were learned from a near copy alone.
        known: whether the run says what it has learned. Otherwise all are taken for new, and may not be.
        changed: of the run's own, how many hold something else than when it was trained.
        siblings: of those judged, how many are of a group (a burst, a patient) of which others were learned.
            siblings_right: how many of these are right; None of numbers.
    """

    data: str | None
    own: bool
    whole: bool = False
    given: int
    rows: np.ndarray
    of: Literal["new", "validation", "learned"] = "new"
    learned: int = 0
    validated: int = 0
    learned_right: int | None = 0
    learned_near: int = 0
    known: bool = True
    changed: int = 0
    siblings: int = 0
    siblings_right: int | None = 0

    def to_json(self) -> dict[str, Any]:
        """All but the positions."""
        return {
            field.name: getattr(self, field.name)
            for field in dataclasses.fields(self)
            if field.name != "rows"
        }


def identified(evaluation: Any, figures: Mapping[str, Any]) -> dict[str, Any]:
    """``figures`` of an evaluation, of whatever target, with what they are of."""
    judged = evaluation.judged
    return {
        **figures,
        "split": evaluation.split,
        **({} if judged is None else {"judged": judged.to_json()}),
        "classes": list(evaluation.classes),
    }


@dataclasses.dataclass(frozen=True, eq=False)
class Evaluation(Shown):
    """A network's answers on a labelled split.

    Attributes:
        split: which: ``train``, ``validation`` or ``test``.
        classes: K names in index order.
        labels: ``(N,)`` int64, the truth.
        probabilities: ``(N, K)`` float32, rows sum to 1.
        loss: mean negative log-likelihood of the truth, in nats, without label smoothing.
        files: where each example came from, or None.
        judged: which examples these are, of a run's evaluation; None within a training.
        kept_ranks: ``ranks``, where ``probabilities`` were read back of a file that has not all of them; 0 where the
            file does not say it. None: they follow from ``probabilities``.
        costs: what answers cost, where that is known.
        temperature: that calibrates the probabilities, chosen on validation examples; None where nothing did.
    """

    kind: ClassVar[TargetKind] = "class"

    split: str
    classes: tuple[str, ...]
    labels: np.ndarray
    probabilities: np.ndarray
    loss: float
    files: tuple[str, ...] | None = None
    judged: Judged | None = None
    kept_ranks: np.ndarray | None = None
    costs: Costs | None = None
    temperature: float | None = None

    def __repr__(self) -> str:
        low, high = self.interval if self.n else (math.nan, math.nan)
        return (
            f"Evaluation({self.split!r}, n={self.n}, {len(self.classes)} classes, accuracy={self.accuracy:.4f}, "
            f"interval=({low:.4f}, {high:.4f}), loss={self.loss:.4f})"
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
        """``(N,)`` int64, the most probable class of each example."""
        return np.asarray(self.probabilities.argmax(axis=1), dtype=np.int64)

    @cached_property
    def confidence(self) -> np.ndarray:
        """``(N,)``, the probability given to ``predicted``."""
        return np.asarray(self.probabilities.max(axis=1))

    @property
    def right(self) -> np.ndarray:
        """``(N,)`` bool: which answers are right."""
        return np.asarray(self.predicted == self.labels)

    @property
    def correct(self) -> int:
        """How many are right."""
        return int(self.right.sum())

    @property
    def accuracy(self) -> float:
        """Fraction that is right, in [0, 1]."""
        return self.correct / self.n if self.n else math.nan

    @property
    def interval(self) -> tuple[float, float]:
        """95 % Wilson interval of the accuracy."""
        return wilson_interval(self.correct, self.n)

    @cached_property
    def ranks(self) -> np.ndarray:
        """``(N,)`` int64, which of the answers the truth is, 1 the most probable; of equally probable classes the
        later comes first, as in scikit-learn's ``top_k_accuracy_score``."""
        if self.kept_ranks is not None:
            return self.kept_ranks
        of_truth = self.probabilities[np.arange(self.n), self.labels][:, np.newaxis]
        # A network that gives NaN answers nothing, so it is not right.
        before = ~(self.probabilities <= of_truth)
        before |= (self.probabilities == of_truth) & (
            np.arange(len(self.classes)) > self.labels[:, np.newaxis]
        )
        return np.asarray(1 + before.sum(axis=1), dtype=np.int64)

    @property
    def top_5(self) -> tuple[float, tuple[float, float]] | None:
        """The fraction whose truth is among the five most probable classes, with its 95 % Wilson interval.

        None of fewer than ``TOP_K_FROM`` classes, and where it is not known.
        """
        if len(self.classes) < TOP_K_FROM or not self.n or not self.ranks.all():
            return None
        right = int((self.ranks <= TOP_K).sum())
        return right / self.n, wilson_interval(right, self.n)

    @property
    def support(self) -> np.ndarray:
        """``(K,)`` int64, how many examples of each class there are."""
        return np.bincount(self.labels, minlength=len(self.classes))

    @property
    def unbalanced(self) -> bool:
        """Whether the accuracy is mostly that of some classes: by ``UNBALANCED``, of the classes that are there."""
        there = self.support[self.support > 0]
        if len(there) < 2:
            return False
        most, least = int(there.max()), int(there.min())
        return most >= UNBALANCED * least and most - least >= UNBALANCED_BY

    @property
    def balanced_accuracy(self) -> float:
        """The mean of the classes' recalls, of those that are there: of all classes as if they had one size."""
        right, n = self._right_by_class()
        return float((right / n).mean()) if len(n) else math.nan

    @property
    def balanced_interval(self) -> tuple[float, float]:
        """95 %, of the balanced accuracy; see ``intervals.balanced_interval``."""
        return balanced_interval(*self._right_by_class())

    def _right_by_class(self) -> tuple[np.ndarray, np.ndarray]:
        """How many are right, and how many there are, of each class that is there."""
        right = np.bincount(self.labels[self.predicted == self.labels], minlength=len(self.classes))
        there = self.support > 0
        return right[there], self.support[there]

    @cached_property
    def confusion(self) -> np.ndarray:
        """``(K, K)`` counts: row the truth, column the prediction."""
        num_classes = len(self.classes)
        cells = np.bincount(self.labels * num_classes + self.predicted, minlength=num_classes**2)
        return cells.reshape(num_classes, num_classes)

    def per_class(self) -> list[ClassScore]:
        """Precision, recall and F1 of each class; 0 where a class was never predicted or never there."""
        right = np.bincount(self.labels[self.predicted == self.labels], minlength=len(self.classes))
        answered = np.bincount(self.predicted, minlength=len(self.classes))
        return [
            ClassScore(
                name,
                precision=k / named if named else 0.0,
                recall=k / there if there else 0.0,
                f1=2 * k / (there + named) if there + named else 0.0,
                support=there,
                precision_interval=wilson_interval(k, named),
                recall_interval=wilson_interval(k, there),
            )
            for name, k, named, there in zip(
                self.classes, right.tolist(), answered.tolist(), self.support.tolist(), strict=True
            )
        ]

    def most_confused(self, most: int = 10) -> list[tuple[str, str, int]]:
        """``(truth, prediction, count)`` of the commonest errors, commonest first."""
        pairs, counts = self.confused()
        order = np.argsort(-counts, kind="stable")[:most]
        return [
            (self.classes[i], self.classes[j], int(n))
            for (i, j), n in zip(pairs[order], counts[order], strict=True)
        ]

    def confused(self) -> tuple[np.ndarray, np.ndarray]:
        """The errors that were made: ``(E, 2)`` truth and prediction in their order, ``(E,)`` how often.

        Of thousands of classes the matrix of all pairs takes gigabytes; errors are no more than examples.
        """
        wrong = self.predicted != self.labels
        label_pairs = np.stack([self.labels[wrong], self.predicted[wrong]], axis=1)
        pairs, counts = np.unique(label_pairs, axis=0, return_counts=True)
        return pairs, counts

    def reliability(self, num_bins: int = 15) -> list[ReliabilityBin]:
        """Equal-width bins of confidence over [0, 1]; empty ones are left out."""
        edges = np.linspace(0, 1, num_bins + 1)
        # A confidence of exactly 1 belongs to the last bin.
        index = np.minimum((self.confidence * num_bins).astype(int), num_bins - 1)
        right = self.predicted == self.labels
        bins = []
        for b in range(num_bins):
            inside = index == b
            if inside.any():
                bins.append(
                    ReliabilityBin(
                        float(edges[b]),
                        float(edges[b + 1]),
                        float(self.confidence[inside].mean()),
                        float(right[inside].mean()),
                        int(inside.sum()),
                    )
                )
        return bins

    def calibration_error(self, num_bins: int = 15) -> float:
        """Expected calibration error (Naeini 2015, Guo 2017): mean |confidence - accuracy| over bins."""
        return sum(b.count * abs(b.confidence - b.accuracy) for b in self.reliability(num_bins)) / max(
            self.n, 1
        )

    @cached_property
    def cost_figures(self) -> CostFigures | None:
        """What its answers cost, and what those of least expected cost would; None without costs, or examples."""
        if self.costs is None or not self.n:
            return None
        return costing.judged(self.costs, self.labels, self.probabilities, self.temperature)

    def summary(self) -> dict[str, Any]:
        """The entry of ``metrics.json`` for one split: each class where they are ``unbalanced``."""
        top_5, cost = self.top_5, self.cost_figures
        return {
            "accuracy": self.accuracy,
            "interval": list(self.interval),
            "loss": self.loss,
            "n": self.n,
            **({} if top_5 is None else {"top_5_accuracy": top_5[0], "top_5_interval": list(top_5[1])}),
            "balanced_accuracy": self.balanced_accuracy,
            "balanced_interval": list(self.balanced_interval),
            "expected_calibration_error": self.calibration_error(),
            **({"per_class": self._each_class()} if self.unbalanced else {}),
            **({} if cost is None else {"costs": cost.to_json()}),
        }

    def _each_class(self) -> list[dict[str, Any]]:
        return [dataclasses.asdict(score) for score in self.per_class()]

    def to_json(self) -> dict[str, Any]:
        """Everything ``prunelle evaluate --json`` prints."""
        return {
            **identified(self, self.summary()),
            "per_class": self._each_class(),
            "confusion_matrix": self.confusion.tolist(),
            "most_confused": [
                {"truth": truth, "predicted": predicted, "count": count}
                for truth, predicted, count in self.most_confused()
            ],
        }
