"""Several labels: the mean average precision, whose differences have their interval by drawing examples again.

It is no mean of something that each example has, so all answers are judged on the same draws of examples (the
bootstrap: Efron 1979), and what differs between two is their difference in each draw.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

import numpy as np

from prunelle.data.targets import TargetKind
from prunelle.texts import Note
from prunelle.training.intervals import wilson_interval
from prunelle.training.labels_evaluation import LabelsEvaluation
from prunelle.training.yardsticks.yardstick import ShareYardstick


class MeanAveragePrecision(ShareYardstick):
    """Of the labels that some example has."""

    kind: ClassVar[TargetKind] = "labels"
    figure: ClassVar[str] = "mean_average_precision"
    others: ClassVar[tuple[str, ...]] = ("accuracy", "micro_f1", "macro_f1")
    name: ClassVar[Note] = Note("the mean average precision", "la précision moyenne (mAP)")
    paired: ClassVar[Note] = Note(
        "on the same pictures, drawn again many times (bootstrap)",
        "sur les mêmes images, tirées de nouveau bien des fois (bootstrap)",
    )
    said: ClassVar[Note] = Note("mean average precision {value}", "précision moyenne (mAP) de {value}")

    def interval(self, answers: LabelsEvaluation) -> tuple[float, float]:
        return answers.intervals["mean_average_precision"]

    def over_examples(
        self, first: Sequence[LabelsEvaluation], second: Sequence[LabelsEvaluation]
    ) -> tuple[float, float]:
        """Percentiles over the draws; where none differs, as where both order all examples rightly, as far as Wilson's
        bound for so many right answers out of as many lets either be off."""
        low, high = (float(each) for each in np.percentile(_drawn(first) - _drawn(second), [2.5, 97.5]))
        if high - low < 1e-12:
            n = first[0].n
            unseen = 1 - wilson_interval(n, n)[0]
            return max(-1.0, low - unseen), min(1.0, high + unseen)
        return low, high

    def beats(self, one: LabelsEvaluation, other: LabelsEvaluation) -> bool:
        """By the deviation of the difference over the draws."""
        gap = self.value(one) - self.value(other)
        return gap > float((_drawn([one]) - _drawn([other])).std())

    def blind(self, answers: LabelsEvaluation) -> float:
        """To each label its share: no order is better than another."""
        return answers.blind.mean_average_precision

    def sees(self, answers: Sequence[LabelsEvaluation]) -> bool:
        return float(np.percentile(_drawn(answers), 2.5)) > self.blind(answers[0])


def _drawn(answers: Sequence[LabelsEvaluation]) -> np.ndarray:
    """``(B,)``, the mean over ``answers`` in each draw."""
    return np.asarray(np.mean([one.drawn["mean_average_precision"] for one in answers], axis=0))
