"""A network's answer to one file, where each has some of several labels."""

from __future__ import annotations

import dataclasses
from typing import Any, ClassVar, cast

import numpy as np

from prunelle.data.targets import SeveralLabels, TargetKind
from prunelle.runs.judging import Classifier
from prunelle.shown import Shown


@dataclasses.dataclass(frozen=True)
class LabelsPrediction(Shown):
    """Which labels an example has, as far as a network can tell.

    Attributes:
        file: as it was given; of a file of many series, with ``:number`` behind it, from 1.
        labels: those answered, whose probability reaches their threshold, the most probable first; none is an answer
            too.
        probabilities: ``(label, probability)`` of all labels, the most probable first; empty when the file could not be
            read. They do not add up to 1: each is of its label alone.
        num_shown: how many of them are shown at least.
        error: why it could not be read, or None.
    """

    kind: ClassVar[TargetKind] = "labels"

    file: str
    labels: tuple[str, ...] = ()
    probabilities: tuple[tuple[str, float], ...] = ()
    num_shown: int = 0
    error: str | None = None

    @classmethod
    def of(cls, file: str, scores: np.ndarray, classifier: Classifier, top: int, /) -> LabelsPrediction:
        """Of ``(K,)`` probabilities."""
        classes, target = classifier.classes, cast(SeveralLabels, classifier.target)
        answered = scores >= target.answered_from(len(classes))
        order = np.argsort(-scores, kind="stable").tolist()
        labels = tuple(classes[k] for k in order if answered[k])
        return cls(file, labels, tuple((classes[k], float(scores[k])) for k in order), top)

    @property
    def shown(self) -> tuple[tuple[str, float], ...]:
        """Of ``probabilities`` those of the labels answered, and of others until there are ``top``."""
        others = max(0, self.num_shown - len(self.labels))
        rest = [name for name, _ in self.probabilities if name not in self.labels][:others]
        return tuple((name, share) for name, share in self.probabilities if name in (*self.labels, *rest))

    def to_json(self) -> dict[str, Any]:
        """``{"file", "labels", "predictions": [{"label", "probability"}]}``, and ``"error"`` where there is one."""
        fields: dict[str, Any] = {
            "file": self.file,
            "labels": list(self.labels),
            "predictions": [{"label": name, "probability": share} for name, share in self.shown],
        }
        return fields if self.error is None else {**fields, "error": self.error}
