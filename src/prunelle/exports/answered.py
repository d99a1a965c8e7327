"""What a file answers, by what is told: when two answers are the same, and how far apart scores are."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from prunelle.exports.subject import Subject


class Answers(ABC):
    """Of ``(N, K)`` scores."""

    def __init__(self, subject: Subject) -> None:
        self.subject = subject

    @abstractmethod
    def differ(self, wanted: np.ndarray, given: np.ndarray) -> np.ndarray:
        """``(N,)`` bool: the answer is another."""

    @abstractmethod
    def tied(self, wanted: np.ndarray, given: np.ndarray, tolerance: float) -> np.ndarray:
        """``(N,)`` bool: ``wanted`` itself gives both answers within ``tolerance``."""

    def apart(self, wanted: np.ndarray, given: np.ndarray) -> float:
        """The largest difference of two scores."""
        return float(np.abs(wanted - given).max(initial=0))

    @abstractmethod
    def accuracy(self, scores: np.ndarray, labels: np.ndarray) -> float:
        """The share of right answers; of numbers, less the mean absolute error in standard deviations."""


class OfClass(Answers):
    """The most probable class."""

    def differ(self, wanted: np.ndarray, given: np.ndarray) -> np.ndarray:
        return np.asarray(wanted.argmax(axis=1) != given.argmax(axis=1))

    def tied(self, wanted: np.ndarray, given: np.ndarray, tolerance: float) -> np.ndarray:
        rows = np.arange(len(wanted))
        return np.asarray(wanted.max(axis=1) - wanted[rows, given.argmax(axis=1)] <= tolerance)

    def accuracy(self, scores: np.ndarray, labels: np.ndarray) -> float:
        return float((scores.argmax(axis=1) == labels).mean())


class OfLabels(Answers):
    """Every label from its threshold on; the accuracy is that of single labels."""

    def _thresholds(self) -> np.ndarray:
        target: Any = self.subject.target
        return np.asarray(target.answered_from(len(self.subject.classes)))

    def differ(self, wanted: np.ndarray, given: np.ndarray) -> np.ndarray:
        at = self._thresholds()
        return np.asarray(((wanted >= at) != (given >= at)).any(axis=1))

    def tied(self, wanted: np.ndarray, given: np.ndarray, tolerance: float) -> np.ndarray:
        at = self._thresholds()
        other = (wanted >= at) != (given >= at)
        return np.asarray((~other | (np.abs(wanted - at) <= tolerance)).all(axis=1))

    def accuracy(self, scores: np.ndarray, labels: np.ndarray) -> float:
        return float(((scores >= self._thresholds()) == labels).mean())


class OfNumber(Answers):
    """The number; all that is further than rounding is another."""

    def _std(self) -> float:
        target: Any = self.subject.target
        return float(target.std)

    def differ(self, wanted: np.ndarray, given: np.ndarray) -> np.ndarray:
        return np.asarray(np.abs(wanted - given)[:, 0] > 0.01 * self._std())

    def tied(self, wanted: np.ndarray, given: np.ndarray, tolerance: float) -> np.ndarray:
        return np.zeros(len(wanted), bool)

    def apart(self, wanted: np.ndarray, given: np.ndarray) -> float:
        return super().apart(wanted, given) / self._std()

    def accuracy(self, scores: np.ndarray, labels: np.ndarray) -> float:
        return -float(np.abs(scores[:, 0] - labels).mean()) / self._std()


_ANSWERS: Mapping[str, Callable[[Subject], Answers]] = {
    "class": OfClass,
    "labels": OfLabels,
    "number": OfNumber,
}
"""By the kind of target."""


def answers_of(subject: Subject) -> Answers:
    """Those of what ``subject`` tells."""
    return _ANSWERS[subject.target.kind](subject)
