"""Several labels each: each is judged alone, as ``checks.labels`` does, and an example comes where its worst one is.

A label that is given and surely not there, and one that is missing and surely there, are the same contradiction.
"""

from __future__ import annotations

import dataclasses
from functools import cached_property
from typing import Any

import numpy as np

from prunelle.checks.labels import Suspicion, cross_validated, suspicion
from prunelle.data.targets import SeveralLabels
from prunelle.jobs.judged.part import FOLDS, Kin, Part


@dataclasses.dataclass(frozen=True, eq=False, kw_only=True)
class LabelsPart(Part):
    """``scores`` are probabilities, each of its label alone."""

    target: SeveralLabels

    @cached_property
    def answers(self) -> np.ndarray:
        """``(n, K)`` bool, the labels answered: the network at its thresholds, cross-validation at one half."""
        thresholds = 0.5 if self.how == "crossed" else self.target.answered_from(self.scores.shape[1])
        return np.asarray(self.scores >= thresholds)

    @cached_property
    def _judged(self) -> tuple[np.ndarray, np.ndarray]:
        """``(n, K)`` how likely each label is wrong, given or missing; ``(n, K)`` bool, which to look at first: of all
        labels together as many as are half right, or a weak network would have nearly every example looked at."""
        wrong, suggested = np.zeros(self.scores.shape), self.labels.astype(np.int64)
        for k, (scores, given) in enumerate(zip(self.scores.T, suggested.copy().T, strict=True)):
            if self.how == "crossed" and _too_few(given):
                continue
            found = suspicion(np.stack([1 - scores, scores], axis=1), given)
            wrong[:, k], suggested[:, k] = found.score, found.suggested
        told = np.zeros(self.scores.size, bool)
        told[Suspicion(wrong.ravel(), suggested.ravel()).told(self.labels.ravel())] = True
        return wrong, told.reshape(self.scores.shape)

    @property
    def wrong(self) -> np.ndarray:
        """``(n, K)`` in [0, 1]: how likely that label of that example is wrong."""
        return self._judged[0]

    @cached_property
    def score(self) -> np.ndarray:
        return np.asarray(self.wrong.max(axis=1))

    @cached_property
    def suspect(self) -> np.ndarray:
        return np.asarray(self._judged[1].any(axis=1))

    @staticmethod
    def crossed(features: np.ndarray, labels: np.ndarray, num_outputs: int, groups: np.ndarray) -> np.ndarray:
        """Of a label that fewer than ``FOLDS`` have, or lack, nothing is known: it counts as right."""
        scores = labels.astype(np.float64)
        for k, given in enumerate(labels.T.astype(np.int64)):
            if not _too_few(given):
                scores[:, k] = cross_validated(features, given, 2, groups=groups, folds=FOLDS)[:, 1]
        return scores

    def columns(self) -> dict[str, np.ndarray]:
        """``wrong`` in 255ths: there may be many examples of many labels."""
        return {
            "labels": self.labels.astype(np.uint8),
            "answers": self.answers.astype(np.uint8),
            "wrong": np.round(255 * self.wrong).astype(np.uint8),
            "doubted": self.wrong.argmax(axis=1),
            "score": self.score,
            "suspect": self.suspect,
            "order": self.order,
        }

    def told(self, row: int, scores: np.ndarray) -> dict[str, Any]:
        return {
            "scores": scores.tolist(),
            "judged": self.scores[row].astype(float).tolist(),
            "wrong": self.wrong[row].tolist(),
        }

    def kin(self, row: int, learned: Part) -> list[Kin]:
        doubted = int(self.wrong[row].argmax())
        has = learned.labels[:, doubted]
        return [Kin(doubted, True, has), Kin(doubted, False, ~has)]

    def looked(self, row: int, scores: np.ndarray) -> int:
        return int(self.wrong[row].argmax())


def _too_few(given: np.ndarray) -> bool:
    """To be on both sides of each fold."""
    return int(np.bincount(given, minlength=2).min()) < FOLDS
