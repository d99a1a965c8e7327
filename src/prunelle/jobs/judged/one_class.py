"""One class each: how surely the given one is wrong, by confident learning (``checks.labels``)."""

from __future__ import annotations

import dataclasses
from functools import cached_property
from typing import Any

import numpy as np

from prunelle.checks.labels import Suspicion, cross_validated, suspicion
from prunelle.jobs.judged.part import FOLDS, Kin, Part

_TOP = 5


@dataclasses.dataclass(frozen=True, eq=False, kw_only=True)
class ClassPart(Part):
    """``scores`` are probabilities, each row's sum 1."""

    @cached_property
    def answers(self) -> np.ndarray:
        """``(n,)`` int64, the likeliest classes."""
        return np.asarray(self.scores.argmax(axis=1), np.int64)

    @cached_property
    def sure(self) -> np.ndarray:
        """``(n,)``, how probable these are."""
        return np.asarray(self.scores[np.arange(len(self.pixels)), self.answers])

    @cached_property
    def others(self) -> np.ndarray:
        """``(n,)`` int64, the likeliest classes but for the given ones."""
        others = self.scores.copy()
        others[np.arange(len(others)), self.labels] = -1.0
        return np.asarray(others.argmax(axis=1), np.int64)

    @cached_property
    def suspicion(self) -> Suspicion:
        """How likely each label is wrong."""
        return suspicion(self.scores, self.labels)

    @property
    def score(self) -> np.ndarray:
        return self.suspicion.score

    @cached_property
    def suspect(self) -> np.ndarray:
        suspect = np.zeros(len(self.pixels), bool)
        suspect[self.suspicion.told(self.labels)] = True
        return suspect

    @staticmethod
    def crossed(features: np.ndarray, labels: np.ndarray, num_outputs: int, groups: np.ndarray) -> np.ndarray:
        return cross_validated(features, labels, num_outputs, groups=groups, folds=FOLDS)

    def columns(self) -> dict[str, np.ndarray]:
        return {
            "labels": self.labels,
            "answers": self.answers,
            "sure": self.sure,
            "others": self.others,
            "score": self.score,
            "suspect": self.suspect,
            "order": self.order,
        }

    def told(self, row: int, scores: np.ndarray) -> dict[str, Any]:
        top = np.argsort(-scores, kind="stable")[:_TOP].tolist()
        return {"top": top, "shares": [float(scores[each]) for each in top]}

    def kin(self, row: int, learned: Part) -> list[Kin]:
        classes = int(self.labels[row]), int(self.others[row])
        return [Kin(each, None, learned.labels == each) for each in classes]

    def looked(self, row: int, scores: np.ndarray) -> int:
        return int(scores.argmax())
