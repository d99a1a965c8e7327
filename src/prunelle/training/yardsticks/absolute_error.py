"""A number: the mean absolute error, example by example."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import ClassVar

import numpy as np

from prunelle.data.targets import TargetKind
from prunelle.texts import NO_VALUE, Note, Typography
from prunelle.training.numbers_evaluation import NumbersEvaluation
from prunelle.training.numbers_intervals import signed_mean_interval
from prunelle.training.yardsticks.yardstick import Yardstick


class MeanAbsoluteError(Yardstick):
    """In the number's own unit."""

    kind: ClassVar[TargetKind] = "number"
    figure: ClassVar[str] = "mean_absolute_error"
    others: ClassVar[tuple[str, ...]] = ("median_absolute_error", "root_mean_squared_error", "r2")
    name: ClassVar[Note] = Note("the mean absolute error", "l’erreur absolue moyenne")
    paired: ClassVar[Note] = Note("picture by picture (Student’s test)", "image par image (test de Student)")
    said: ClassVar[Note] = Note("off by {value} on average", "à {value} près en moyenne")
    more: ClassVar[bool] = False
    bounds: ClassVar[tuple[float, float]] = (0.0, math.inf)

    def interval(self, answers: NumbersEvaluation) -> tuple[float, float]:
        return answers.interval

    def over_examples(
        self, first: Sequence[NumbersEvaluation], second: Sequence[NumbersEvaluation]
    ) -> tuple[float, float]:
        """Student's, of the differences of the absolute errors."""
        return signed_mean_interval(_distances(first) - _distances(second))

    def beats(self, one: NumbersEvaluation, other: NumbersEvaluation) -> bool:
        """Student's one-sided test at the level of a standard error of a normal distribution (16 %): of few examples
        the error is hardly known itself."""
        from scipy.special import ndtr, stdtrit

        nearer = other.distances - one.distances
        n = len(nearer)
        if n < 2:
            return False
        error = float(nearer.std(ddof=1)) / math.sqrt(n)
        return float(nearer.mean()) > float(stdtrit(n - 1, ndtr(1.0))) * error

    def blind(self, answers: NumbersEvaluation) -> float:
        """Always the median of what was learned."""
        return float(np.abs(answers.labels - answers.usual).mean())

    def blind_answer(self, answers: NumbersEvaluation, words: Typography) -> str:
        return words.number(answers.usual, 4)

    def sees(self, answers: Sequence[NumbersEvaluation]) -> bool:
        one = answers[0]
        nearer = np.abs(one.labels - one.usual) - _distances(answers)
        return signed_mean_interval(nearer)[0] > 0

    def written(self, value: float | None, words: Typography, *, digits: int = 1) -> str:
        """In three digits, one more where ``digits`` asks for more than one."""
        return NO_VALUE if value is None else self.bare(value, words, digits=digits)

    def spread(self, value: float, words: Typography) -> str:
        return words.number(value, 2)

    def bare(self, value: float, words: Typography, *, digits: int = 1, signed: bool = False) -> str:
        if not math.isfinite(value):
            return NO_VALUE
        return ("+" if signed and value > 0 else "") + words.number(value, 2 + digits)


def _distances(answers: Sequence[NumbersEvaluation]) -> np.ndarray:
    """``(N,)``, the mean over ``answers``."""
    return np.asarray(np.mean([one.distances for one in answers], axis=0))
