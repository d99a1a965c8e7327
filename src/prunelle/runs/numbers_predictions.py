"""A network's answer to one file, where each has a number."""

from __future__ import annotations

import dataclasses
from typing import Any, ClassVar

import numpy as np

from prunelle.data.targets import TargetKind
from prunelle.runs.judging import Classifier
from prunelle.shown import Shown


@dataclasses.dataclass(frozen=True)
class NumberPrediction(Shown):
    """The number of an example, as far as a network can tell.

    Attributes:
        file: as it was given; of a file of many series, with ``:number`` behind it, from 1.
        name: of what is measured.
        number: in its own unit; None when the file could not be read.
        error: why it could not be read, or None.
    """

    kind: ClassVar[TargetKind] = "number"

    file: str
    name: str = ""
    number: float | None = None
    error: str | None = None

    @classmethod
    def of(cls, file: str, scores: np.ndarray, classifier: Classifier, top: int, /) -> NumberPrediction:
        """Of ``(1,)`` numbers."""
        return cls(file, classifier.classes[0], float(scores[0]))

    def to_json(self) -> dict[str, Any]:
        """``{"file", "name", "number"}``, and ``"error"`` where there is one."""
        fields: dict[str, Any] = {"file": self.file, "name": self.name, "number": self.number}
        return fields if self.error is None else {**fields, "error": self.error}
