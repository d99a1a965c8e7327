"""A number each: how far what was given is from what is answered, beside how far that usually is."""

from __future__ import annotations

import dataclasses
from functools import cached_property
from typing import Any, ClassVar

import numpy as np

from prunelle.checks.labels import dealt
from prunelle.data.targets import Number
from prunelle.jobs.judged.part import FOLDS, How, Kin, Part
from prunelle.texts import Note
from prunelle.transfer.linear import fit_ridge

FAR = 3.5
"""Robust standard deviations from the median error: what lies farther is looked at first (Iglewicz & Hoaglin 1993, "How
to Detect and Handle Outliers", section 3.4)."""

_NORMAL = 1.4826
"""Standard deviations of normal errors to one median absolute deviation."""


@dataclasses.dataclass(frozen=True, eq=False, kw_only=True)
class NumberPart(Part):
    """``scores`` are ``(n, 1)``, numbers in their own unit."""

    BY: ClassVar[dict[How, Note]] = {
        "network": Note(
            "The order is that of the distance from the network’s own answer: it has not learned these examples.",
            "L’ordre est celui de l’écart à la réponse du réseau même : il n’a pas appris ces exemples.",
        ),
        "crossed": Note(
            "The network has learned these examples, and may know them by heart. So they are judged by "
            "cross-validation: a ridge regression on its features learns from four fifths of them and answers for the "
            "rest, five times.",
            "Le réseau a appris ces exemples et peut les savoir par cœur. Ils sont donc jugés par validation croisée : "
            "une régression ridge sur ses descripteurs apprend de quatre cinquièmes et répond pour le reste, cinq "
            "fois.",
        ),
        "learned": Note(
            "The order is that of the distance from the network’s own answer, on examples that it has learned: numbers "
            "that it knows by heart look right. Its features cannot be had, so nothing better is known.",
            "L’ordre est celui de l’écart à la réponse du réseau même, sur des exemples qu’il a appris : les nombres "
            "appris par cœur y paraissent justes. On n’a pas ses descripteurs, donc on n’en sait pas plus.",
        ),
    }

    @property
    def answers(self) -> np.ndarray:
        """``(n,)``, what is answered."""
        return np.asarray(self.scores[:, 0])

    @cached_property
    def errors(self) -> np.ndarray:
        """``(n,)``: answered minus given."""
        return np.asarray(self.answers - self.labels)

    @property
    def score(self) -> np.ndarray:
        """How far off, in the number's own unit."""
        return np.asarray(np.abs(self.errors))

    @cached_property
    def suspect(self) -> np.ndarray:
        off = np.abs(self.errors - np.median(self.errors))
        return np.asarray(off > FAR * _NORMAL * np.median(off))

    @staticmethod
    def crossed(features: np.ndarray, labels: np.ndarray, num_outputs: int, groups: np.ndarray) -> np.ndarray:
        features = np.nan_to_num(np.asarray(features, np.float64), posinf=0.0, neginf=0.0)
        target = Number(mean=float(labels.mean()), std=float(labels.std()) or 1.0)
        fold = dealt(target.strata(labels), groups, FOLDS, seed=0)
        answers = np.full(len(labels), target.mean)
        for number in range(FOLDS):
            left_out, learned = np.flatnonzero(fold == number), np.flatnonzero(fold != number)
            if len(learned) < FOLDS or not len(left_out):
                continue
            weights, biases = fit_ridge([features[learned]], (labels[learned] - target.mean) / target.std)
            answers[left_out] = (features[left_out] @ weights[0] + biases[0]) * target.std + target.mean
        return answers[:, np.newaxis]

    def columns(self) -> dict[str, np.ndarray]:
        return {
            "labels": self.labels,
            "answers": self.answers,
            "score": self.score,
            "suspect": self.suspect,
            "order": self.order,
        }

    def told(self, row: int, scores: np.ndarray) -> dict[str, Any]:
        return {"answer": float(scores[0]), "judged": float(self.answers[row])}

    def kin(self, row: int, learned: Part) -> list[Kin]:
        return [Kin(0, None, np.ones(len(learned.labels), bool))]

    def looked(self, row: int, scores: np.ndarray) -> int:
        return 0
