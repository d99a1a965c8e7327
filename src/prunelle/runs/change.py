"""What a training by corrected labels changed: ``change.json`` of its run.

Two networks that answered the same pictures are compared twice. By the labels as they were: all pictures of the split,
those that were left out since among them. By the labels as they were corrected: those that are left. The interval is of
these two networks over the pictures; another seed would give others.

============ =========================== ============================================================================
what is told by what it is measured      interval of the difference, 95 %
============ =========================== ============================================================================
a class      accuracy                    ``training.paired.over_pictures``
labels       mean average precision, the both networks' figures on the same pictures, drawn again
             report's first figure       (``training.yardsticks``)
a number     mean absolute error, of     Student's of the differences, picture by picture
             which less is better        (``training.numbers_intervals``)
============ =========================== ============================================================================
"""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, Literal, get_args

import numpy as np

from prunelle.data.targets import TargetKind
from prunelle.disk import write_json
from prunelle.errors import RunError
from prunelle.json_files import Shape, read_json, sealed
from prunelle.training.labels_evaluation import LabelsEvaluation
from prunelle.training.numbers_intervals import signed_mean_interval
from prunelle.training.paired import over_pictures
from prunelle.training.yardsticks import yardstick_of

CHANGE_FILE = "change.json"

Measure = Literal["accuracy", "mean_average_precision", "mean_absolute_error"]

_NUMBER = (float, int, None)
_DIFFERENCE: Shape = {
    **dict.fromkeys(("before", "after", "mean", "low", "high"), _NUMBER),
    "n": int,
    "gained": int,
    "lost": int,
}
_SHAPE: Shape = {
    "of": str,
    "split": str,
    "relabelled": int,
    "left_out": int,
    "old_labels": _DIFFERENCE,
    "new_labels": _DIFFERENCE,
}


@dataclasses.dataclass(frozen=True, kw_only=True)
class Difference:
    """Two networks on the same pictures.

    Attributes:
        before, after: figures; NaN of no picture, and of labels that none has.
        mean: ``after - before``.
        low, high: the 95 % interval of ``mean`` over pictures; NaN where it is not known.
        n: how many pictures.
        gained, lost: how many only the later network has right, and only the earlier one: pictures; of several labels,
            single answers, one a picture and label; of a number, pictures that it is nearer to, and farther from.
    """

    before: float
    after: float
    mean: float
    low: float
    high: float
    n: int
    gained: int
    lost: int

    @property
    def told_apart(self) -> bool:
        """The interval does not hold 0: these pictures tell the two networks apart."""
        return self.low > 0 or self.high < 0

    def to_json(self) -> dict[str, Any]:
        """Plain values; None for NaN, which JSON has not."""
        return {
            name: None if isinstance(value, float) and math.isnan(value) else value
            for name, value in dataclasses.asdict(self).items()
        }

    @classmethod
    def from_json(cls, values: dict[str, Any]) -> Difference:
        """The inverse of ``to_json``."""
        filled: dict[str, Any] = {
            name: math.nan if value is None else value for name, value in values.items()
        }
        return cls(**filled)


@dataclasses.dataclass(frozen=True, eq=False)
class Relabelled:
    """The labels of N pictures, before and now.

    Attributes:
        old, new: ``(N, …)``; ``new`` of a picture that was left out means nothing.
        kept: ``(N,)`` bool: it was not left out.
    """

    old: np.ndarray
    new: np.ndarray
    kept: np.ndarray

    @property
    def changed(self) -> np.ndarray:
        """``(N,)`` bool: another label now."""
        differ = self.old != self.new
        return np.asarray(self.kept & (differ if differ.ndim == 1 else differ.any(axis=1)))


@dataclasses.dataclass(frozen=True, eq=False)
class Answers:
    """What a network answered to N pictures.

    Attributes:
        predicted: ``(N,)`` int64, classes; ``(N, K)`` bool, labels; ``(N,)`` float64, numbers.
        scores: ``(N, K)`` probabilities; of numbers as ``predicted``.
    """

    predicted: np.ndarray
    scores: np.ndarray

    def taken(self, rows: np.ndarray) -> Answers:
        """Those of some pictures."""
        return Answers(self.predicted[rows], self.scores[rows])


def _of_classes(labels: np.ndarray, before: Answers, after: Answers) -> Difference:
    earlier, later = before.predicted == labels, after.predicted == labels
    low, high = over_pictures(later[None], earlier[None]) if len(labels) else (-1.0, 1.0)
    return _difference(earlier, later, (_mean(earlier), _mean(later)), (low, high))


def _of_labels(labels: np.ndarray, before: Answers, after: Answers) -> Difference:
    names = tuple(map(str, range(labels.shape[1])))
    earlier, later = (LabelsEvaluation("", names, labels, each.scores, math.nan) for each in (before, after))
    yardstick = yardstick_of("labels")
    interval = yardstick.over_examples([later], [earlier]) if len(labels) else (math.nan, math.nan)
    right = before.predicted == labels, after.predicted == labels
    return _difference(*right, (yardstick.value(earlier), yardstick.value(later)), interval)


def _of_numbers(labels: np.ndarray, before: Answers, after: Answers) -> Difference:
    earlier, later = np.abs(before.predicted - labels), np.abs(after.predicted - labels)
    interval = signed_mean_interval(later - earlier) if len(labels) > 1 else (math.nan, math.nan)
    # Nearer is right, farther is wrong: of two that are as far neither is.
    return _difference(earlier < later, later < earlier, (_mean(earlier), _mean(later)), interval)


def _mean(values: np.ndarray) -> float:
    return float(values.mean()) if len(values) else math.nan


def _difference(
    earlier: np.ndarray, later: np.ndarray, figures: tuple[float, float], interval: tuple[float, float]
) -> Difference:
    """Of what each has right, bool, one a picture or answer."""
    before, after = figures
    return Difference(
        before=before,
        after=after,
        mean=after - before,
        low=interval[0],
        high=interval[1],
        n=len(earlier),
        gained=int((later & ~earlier).sum()),
        lost=int((earlier & ~later).sum()),
    )


_MEASURED: Mapping[TargetKind, tuple[Measure, Callable[[np.ndarray, Answers, Answers], Difference]]] = {
    "class": ("accuracy", _of_classes),
    "labels": ("mean_average_precision", _of_labels),
    "number": ("mean_absolute_error", _of_numbers),
}


@dataclasses.dataclass(frozen=True, kw_only=True)
class Change:
    """What a training by corrected labels changed.

    Attributes:
        of: the run that was before; its folder.
        split: on which both were judged.
        relabelled, left_out: pictures of that split that have another label, or are no more in it.
        old_labels: on all of its pictures, by the labels that the earlier run had.
        new_labels: on those that are left, by the labels as they are now.
        measure: what the figures are.
    """

    of: str
    split: str
    relabelled: int
    left_out: int
    old_labels: Difference
    new_labels: Difference
    measure: Measure = "accuracy"

    @classmethod
    def measured(
        cls,
        of: str,
        split: str,
        kind: TargetKind,
        answers: tuple[Answers, Answers],
        labels: Relabelled,
    ) -> Change:
        """Of answers and labels.

        Args:
            of: the run that was before.
            split: on which.
            kind: what is told of a picture.
            answers: the earlier network's and the later one's, to the same pictures.
            labels: theirs.
        """
        measure, difference = _MEASURED[kind]
        before, after = answers
        kept = np.flatnonzero(labels.kept)
        return cls(
            of=of,
            split=split,
            relabelled=int(labels.changed.sum()),
            left_out=len(labels.kept) - len(kept),
            old_labels=difference(labels.old, before, after),
            new_labels=difference(labels.new[kept], before.taken(kept), after.taken(kept)),
            measure=measure,
        )

    @property
    def less_is_better(self) -> bool:
        """The figures are errors."""
        return self.measure == "mean_absolute_error"

    def to_json(self) -> dict[str, Any]:
        """The content of ``change.json``."""
        labels = {"old_labels": self.old_labels.to_json(), "new_labels": self.new_labels.to_json()}
        names = ("of", "split", "measure", "relabelled", "left_out")
        return {name: getattr(self, name) for name in names} | labels

    def write(self, run: Path) -> None:
        """``change.json`` in the folder ``run``."""
        write_json(run / CHANGE_FILE, sealed(self.to_json()))

    @classmethod
    def read(cls, run: Path) -> Change | None:
        """What ``write`` wrote; None where there is none.

        Raises:
            RunError: it is damaged.
        """
        file = run / CHANGE_FILE
        if not file.is_file():
            return None
        values = read_json(file, _SHAPE)
        if values.get("measure", "accuracy") not in get_args(Measure):
            raise RunError(f"{file} is damaged: there is no measure {values['measure']!r}.")
        try:
            old, new = (Difference.from_json(values.pop(f"{labels}_labels")) for labels in ("old", "new"))
            return cls(**values, old_labels=old, new_labels=new)
        except TypeError as error:
            raise RunError(f"{file} is not as prunelle retrain writes it ({error}).") from error
