"""What a network's answers let one say of it: better than chance? as sure as it should be? learned by heart?

Each verdict follows from a 95 % interval or a test of the answers, never from the figure alone: 27 % right among four
classes may be luck, half a point between confidence and accuracy may be nothing. Sentences are made of these verdicts
in ``report.judgement``; here is no text.
"""

from __future__ import annotations

import dataclasses
import math
from typing import Any, Literal

import numpy as np

from prunelle.training.intervals import Z
from prunelle.training.metrics import Evaluation

NEGLIGIBLE = 0.02
"""A difference of confidence and accuracy that is surely smaller is none worth speaking of."""

_DRAWS = 4000


@dataclasses.dataclass(frozen=True)
class Chance:
    """A network's answers beside those of one who sees no picture.

    Attributes:
        name: the commonest class of the pictures judged, which a blind answer would always name.
        accuracy: what that would give: the class's share.
        loss: in nats, of the best blind answer: to each class the probability that is its share.
        verdict: ``above`` where the whole interval of the accuracy is above ``accuracy``; ``within`` where it holds
            it; ``below``; ``one class`` where all pictures are of one, and nothing can be told.
        informed: the answers agree with the truth more often than the same answers shuffled would, which can be so
            though always naming the commonest class is right more often.
        loss_better: the whole interval of the loss is below ``loss``.
    """

    name: str
    accuracy: float
    loss: float
    verdict: Literal["above", "within", "below", "one class"]
    informed: bool
    loss_better: bool

    def to_json(self) -> dict[str, Any]:
        """For ``metrics.json``."""
        return dataclasses.asdict(self)


def against_chance(evaluation: Evaluation) -> Chance | None:
    """The verdict; None without any answer."""
    n = evaluation.n
    if not n:
        return None
    counts = np.bincount(evaluation.labels, minlength=len(evaluation.classes))
    commonest = int(counts.argmax())
    shares = counts / n
    present = shares[shares > 0]
    low, high = evaluation.interval
    rate = float(shares[commonest])
    verdict: Literal["above", "within", "below", "one class"] = "within"
    if rate == 1:
        verdict = "one class"
    elif low > rate:
        verdict = "above"
    elif high < rate:
        verdict = "below"
    return Chance(
        name=evaluation.classes[commonest],
        accuracy=rate,
        loss=float(-(present * np.log(present)).sum()),
        verdict=verdict,
        informed=informed(evaluation.labels, evaluation.predicted, len(evaluation.classes)),
        loss_better=_loss_better(evaluation, shares),
    )


def informed(labels: np.ndarray, predicted: np.ndarray, num_classes: int) -> bool:
    """Whether answers agree with the truth more often than when shuffled, beyond luck (one-sided, 2.5 %).

    The number of agreements under shuffling has the mean and variance of Hoeffding's combinatorial limit theorem
    (1951), here in closed form; with a continuity correction.
    """
    n = len(labels)
    if n < 2:
        return False
    a, b = (np.bincount(answers, minlength=num_classes) / n for answers in (labels, predicted))
    p = float((a * b).sum())
    both = float((a * b * (1 - 2 * (a + b - p))).sum())
    either = float((a * b**2).sum() + (b * a**2).sum()) - p**2
    variance = n**2 * (both + either) / (n - 1)
    hits = int((labels == predicted).sum())
    # Without variance all answers or all labels are one class, and shuffling changes nothing.
    return variance > 1e-9 and hits - n * p - 0.5 > Z * math.sqrt(variance)


def _loss_better(evaluation: Evaluation, shares: np.ndarray) -> bool:
    """The mean gain over the blind answer, picture by picture, is positive for sure (Student, 95 %)."""
    from scipy.special import stdtrit

    n = evaluation.n
    if n < 2 or not math.isfinite(evaluation.loss):
        return False
    of_truth = evaluation.probabilities[np.arange(n), evaluation.labels].astype(np.float64)
    # Probabilities are float32: what is 0 was below 1e-38, and the logarithm must be finite.
    gains = np.log(np.maximum(of_truth, 1e-38)) - np.log(shares[evaluation.labels])
    half = float(stdtrit(n - 1, 0.975)) * float(gains.std(ddof=1)) / math.sqrt(n)
    return float(gains.mean()) > half


@dataclasses.dataclass(frozen=True)
class Calibration:
    """How sure a network is beside how often it is right, in [0, 1].

    Attributes:
        gap: mean confidence minus accuracy: above 0 where it is too sure of itself.
        interval: 95 %, of the gap: the confidence is known, the accuracy is not.
        error: expected calibration error: the mean distance of the two over bins of confidence.
        luck: what that would be, at most (97.5 %), for a network as sure as it should be, with so many answers.
        verdict: ``too sure``, ``too shy``: the interval is on one side of 0; ``uneven``: right on the whole, and yet
            surely too sure here and too shy there; ``good``: the interval lies within ``NEGLIGIBLE`` of 0;
            ``unknown``: so few answers do not tell.
    """

    gap: float
    interval: tuple[float, float]
    error: float
    luck: float
    verdict: Literal["too sure", "too shy", "uneven", "good", "unknown"]


def calibration(evaluation: Evaluation) -> Calibration | None:
    """The verdict; None without any answer."""
    if not evaluation.n:
        return None
    mean = float(evaluation.confidence.mean(dtype=np.float64))
    low, high = evaluation.interval
    interval = mean - high, mean - low
    error = evaluation.calibration_error()
    bins = evaluation.reliability()
    counts = np.array([reliability_bin.count for reliability_bin in bins])
    expected = np.clip([reliability_bin.confidence for reliability_bin in bins], 0, 1)
    # One seed for ever: the same answers always get the same verdict.
    drawn = np.random.default_rng(0).binomial(counts, expected, (_DRAWS, len(bins))) / counts
    luck = float(np.quantile((np.abs(drawn - expected) * counts).sum(axis=1) / counts.sum(), 0.975))
    verdict: Literal["too sure", "too shy", "uneven", "good", "unknown"] = "unknown"
    if interval[0] >= -NEGLIGIBLE and interval[1] <= NEGLIGIBLE:
        verdict = "good"
    elif interval[0] > 0:
        verdict = "too sure"
    elif interval[1] < 0:
        verdict = "too shy"
    # By the triangle inequality the true error is no less than the measured one minus what luck makes of nothing.
    if verdict in ("good", "unknown") and error - luck > NEGLIGIBLE:
        verdict = "uneven"
    return Calibration(mean - evaluation.accuracy, interval, error, luck, verdict)


def summary(evaluation: Evaluation) -> dict[str, Any]:
    """The entry of ``metrics.json`` for one split."""
    chance = against_chance(evaluation)
    return {**evaluation.summary(), "chance": None if chance is None else chance.to_json()}
