"""Classes: the accuracy, by which examples were right."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

import numpy as np

from prunelle.data.targets import TargetKind
from prunelle.texts import Note, Typography
from prunelle.training.intervals import wilson_interval
from prunelle.training.metrics import Evaluation
from prunelle.training.paired import over_pictures
from prunelle.training.yardsticks.yardstick import ShareYardstick


class Accuracy(ShareYardstick):
    """The share of right answers."""

    kind: ClassVar[TargetKind] = "class"
    figure: ClassVar[str] = "accuracy"
    others: ClassVar[tuple[str, ...]] = ("top_5_accuracy", "balanced_accuracy")
    name: ClassVar[Note] = Note("the accuracy", "l’exactitude")
    paired: ClassVar[Note] = Note("picture by picture (McNemar’s test)", "image par image (test de McNemar)")
    said: ClassVar[Note] = Note("{value} right", "{value} de bonnes réponses")

    def interval(self, answers: Evaluation) -> tuple[float, float]:
        """Wilson's."""
        return answers.interval

    def others_of(self, figures: Mapping[str, Any]) -> dict[str, float]:
        """Balanced accuracy where classes are unbalanced, as everywhere."""
        told = super().others_of(figures)
        return told if "per_class" in figures else {k: v for k, v in told.items() if k != "balanced_accuracy"}

    def step(self, n: int) -> float:
        """An example."""
        return 1 / n

    def over_examples(self, first: Sequence[Evaluation], second: Sequence[Evaluation]) -> tuple[float, float]:
        return over_pictures(*(np.stack([one.right for one in answers]) for answers in (first, second)))

    def beats(self, one: Evaluation, other: Evaluation) -> bool:
        """McNemar's test with Edwards's correction (1948), without which a single picture would decide where there are
        few."""
        wins, losses = int((one.right & ~other.right).sum()), int((other.right & ~one.right).sum())
        return wins - losses - 1 > math.sqrt(wins + losses)

    def blind(self, answers: Evaluation) -> float:
        """Always the commonest class."""
        return float(np.bincount(answers.labels).max()) / answers.n

    def blind_answer(self, answers: Evaluation, words: Typography) -> str:
        return answers.classes[int(np.bincount(answers.labels).argmax())]

    def sees(self, answers: Sequence[Evaluation]) -> bool:
        """Wilson's interval is above the share of the commonest class."""
        n = answers[0].n
        # A count, as Wilson's interval takes; a mean over seeds need not be one.
        return wilson_interval(round(self.mean(answers) * n), n)[0] > self.blind(answers[0])
