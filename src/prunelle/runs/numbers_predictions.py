"""A network's answer to one file, where each has a number."""

from __future__ import annotations

import dataclasses
from typing import Any, ClassVar

import numpy as np

from prunelle.data.targets import TargetKind
from prunelle.runs.judging import Classifier
from prunelle.shown import Shown
from prunelle.trust.widths import SHOWN


@dataclasses.dataclass(frozen=True)
class NumberPrediction(Shown):
    """The number of an example, as far as a network can tell.

    Attributes:
        file: as it was given; of a file of many series, with ``:number`` behind it, from 1.
        name: of what is measured.
        number: in its own unit; None when the file could not be read.
        width: the truth is from ``number - width`` to ``number + width``, for ``SHOWN`` of such examples
            (``trust.widths``); None where nothing is promised.
        typical: the run's mean absolute error on validation examples, by which ``number`` is rounded where it is
            shown.
        error: why it could not be read, or None.
    """

    kind: ClassVar[TargetKind] = "number"

    file: str
    name: str = ""
    number: float | None = None
    width: float | None = None
    typical: float | None = None
    error: str | None = None

    @classmethod
    def of(cls, file: str, scores: np.ndarray, classifier: Classifier, top: int, /) -> NumberPrediction:
        """Of ``(1,)`` numbers."""
        return cls(file, classifier.classes[0], float(scores[0]))

    @property
    def interval(self) -> tuple[float, float] | None:
        """``number - width`` and ``number + width``, where they are known."""
        if self.number is None or self.width is None:
            return None
        return (self.number - self.width, self.number + self.width)

    def to_json(self) -> dict[str, Any]:
        """``{"file", "name", "number"}``, and where there are such ``"interval"`` and its ``"share"``, ``"error"``."""
        fields: dict[str, Any] = {"file": self.file, "name": self.name, "number": self.number}
        if self.interval is not None:
            fields |= {"interval": list(self.interval), "share": SHOWN}
        return fields if self.error is None else {**fields, "error": self.error}
