"""Verdicts and their intervals: by hand, and how often they are wrong in simulations of known truth."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from scipy.stats import t as student

from prunelle.training.intervals import difference_interval
from prunelle.training.metrics import Evaluation
from prunelle.training.verdicts import NEGLIGIBLE, against_chance, calibration, informed


def evaluation_of(
    labels: np.ndarray, predicted: np.ndarray, confidence: np.ndarray | float, k: int
) -> Evaluation:
    """Answers with these confidences; what is left is shared among the other classes."""
    n = len(labels)
    confidence = np.broadcast_to(np.asarray(confidence, float), n)
    probabilities = np.repeat(((1 - confidence) / (k - 1))[:, None], k, axis=1)
    probabilities[np.arange(n), predicted] = confidence
    loss = float(-np.log(np.maximum(probabilities[np.arange(n), labels], 1e-38)).mean())
    return Evaluation("test", tuple("abcdefghij"[:k]), labels, probabilities.astype(np.float32), loss)


def test_newcombes_examples() -> None:
    # Newcombe (1998), Table II, method 10: 56/70 - 48/80, 9/10 - 3/10, 10/10 - 0/10.
    assert difference_interval((56, 70), (48, 80)) == pytest.approx((0.0524, 0.3339), abs=5e-5)
    assert difference_interval((9, 10), (3, 10)) == pytest.approx((0.1705, 0.8090), abs=5e-5)
    assert difference_interval((10, 10), (0, 10)) == pytest.approx((0.6075, 1.0), abs=5e-5)


@pytest.mark.parametrize(
    ("p", "q", "n", "m"), [(0.99, 0.6, 1000, 50), (0.9, 0.9, 30, 20), (1.0, 0.95, 200, 40)]
)
def test_the_interval_of_a_difference_holds_as_often_as_it_says(p: float, q: float, n: int, m: int) -> None:
    random = np.random.default_rng(1)
    drawn = zip(random.binomial(n, p, 1500).tolist(), random.binomial(m, q, 1500).tolist(), strict=True)
    held = [low <= p - q <= high for low, high in (difference_interval((a, n), (b, m)) for a, b in drawn)]
    assert np.mean(held) > 0.93


def test_twenty_seven_percent_of_four_classes_is_chance_and_forty_is_not() -> None:
    labels = np.arange(124) % 4
    for right, verdict in ((34, "within"), (50, "above"), (10, "below")):
        predicted = np.where(np.arange(124) < right, labels, (labels + 1) % 4)
        found = against_chance(evaluation_of(labels, predicted, 0.5, 4))
        assert found is not None
        assert (found.verdict, found.name, found.accuracy) == (verdict, "a", 0.25)
        assert found.loss == pytest.approx(np.log(4))


def test_always_the_commonest_class_is_chance_however_often_it_is_right() -> None:
    labels = np.array([0] * 95 + [1] * 5)
    found = against_chance(evaluation_of(labels, np.zeros(100, int), 0.95, 2))
    assert found is not None
    assert (found.verdict, found.accuracy, found.informed, found.loss_better) == (
        "within",
        0.95,
        False,
        False,
    )
    # Of the five rare ones four found, at the price of five false alarms: no more right, and yet not blind.
    predicted = np.array([0] * 90 + [1] * 9 + [0])
    found = against_chance(evaluation_of(labels, predicted, 0.95, 2))
    assert found is not None
    assert (found.verdict, found.informed) == ("within", True)


def test_pictures_of_one_class_tell_nothing() -> None:
    labels = np.zeros(50, int)
    found = against_chance(evaluation_of(labels, labels, 0.99, 3))
    assert found is not None
    assert (found.verdict, found.informed, found.loss_better) == ("one class", False, False)


def test_no_answers_no_verdict() -> None:
    nothing = Evaluation("test", ("a", "b"), np.zeros(0, int), np.zeros((0, 2), np.float32), 0.0)
    assert against_chance(nothing) is None
    assert calibration(nothing) is None


@pytest.mark.parametrize("shares", [(0.25,) * 4, (0.7, 0.1, 0.1, 0.1), (0.5, 0.5)])
def test_blind_answers_are_seldom_taken_for_informed_or_better_ones(shares: tuple[float, ...]) -> None:
    random = np.random.default_rng(2)
    k = len(shares)
    found = [
        against_chance(evaluation_of(random.choice(k, 60, p=shares), random.choice(k, 60, p=shares), 0.6, k))
        for _ in range(600)
    ]
    assert np.mean([each.informed for each in found if each]) < 0.04
    assert np.mean([each.verdict == "above" for each in found if each]) < 0.04


def test_the_shuffled_agreements_have_the_mean_and_variance_that_all_shuffles_have() -> None:
    labels, predicted = np.array([0, 0, 0, 1, 1, 2]), np.array([0, 0, 1, 1, 2, 2])
    hits = [int((labels == np.array(order)).sum()) for order in itertools.permutations(predicted.tolist())]
    mean, sd = np.mean(hits), np.std(hits)
    # Informed means more than 1.96 deviations above, half a hit taken off: here from mean + 0.5 + 1.96 sd on.
    least = mean + 0.5 + 1.959964 * sd
    for order in set(itertools.permutations(predicted.tolist())):
        right = int((labels == np.array(order)).sum())
        assert informed(labels, np.array(order), 3) == (right > least)


def test_a_loss_is_better_than_a_blind_guess_as_students_test_has_it() -> None:
    random = np.random.default_rng(3)
    labels = random.integers(0, 3, 40)
    for strength in (0.35, 0.37, 0.4, 0.5, 0.9):
        answers = evaluation_of(
            labels, np.where(random.random(40) < 0.6, labels, (labels + 1) % 3), strength, 3
        )
        of_truth = answers.probabilities[np.arange(40), labels].astype(float)
        gains = np.log(of_truth) - np.log(np.bincount(labels)[labels] / 40)
        low = gains.mean() - student.ppf(0.975, 39) * gains.std(ddof=1) / np.sqrt(40)
        found = against_chance(answers)
        assert found is not None
        assert found.loss_better == (low > 0)


def drawn(random: np.random.Generator, n: int, excess: float) -> Evaluation:
    """A network whose confidence is ``excess`` above its probability of being right."""
    right_with = random.uniform(0.4, 0.95, n)
    labels = random.integers(0, 4, n)
    predicted = np.where(random.random(n) < right_with, labels, (labels + 1) % 4)
    return evaluation_of(labels, predicted, np.clip(right_with + excess, 0, 0.999), 4)


@pytest.mark.parametrize("n", [8, 60, 600])
def test_a_calibrated_network_is_seldom_called_otherwise(n: int) -> None:
    random = np.random.default_rng(n)
    found = [calibration(drawn(random, n, 0)) for _ in range(400)]
    blamed = [each.verdict in ("too sure", "too shy", "uneven") for each in found if each]
    assert np.mean(blamed) < 0.07
    held = [each.interval[0] <= 0 <= each.interval[1] for each in found if each]
    assert np.mean(held) > 0.93


@pytest.mark.parametrize(("excess", "verdict"), [(0.04, "too sure"), (-0.1, "too shy"), (0.005, "good")])
def test_of_many_answers_the_verdict_is_the_truth(excess: float, verdict: str) -> None:
    found = calibration(drawn(np.random.default_rng(4), 20_000, excess))
    assert found is not None
    assert found.verdict == verdict
    assert found.gap == pytest.approx(excess, abs=0.012)
    assert found.interval[0] < found.gap < found.interval[1]


def test_half_a_point_is_no_fault_and_a_large_gap_of_few_answers_is_none_either_way() -> None:
    labels = np.zeros(100_000, int)
    predicted = (np.arange(100_000) >= 90_000).astype(int)  # right 90 %
    found = calibration(evaluation_of(labels, predicted, 0.905, 2))
    assert found is not None
    assert found.interval[0] > 0  # surely too sure, but by nothing that matters
    assert found.verdict == "good"
    few = calibration(evaluation_of(np.zeros(3, int), np.array([0, 1, 1]), 0.85, 2))
    assert few is not None
    assert few.gap > 0.5
    assert few.verdict in ("unknown", "too sure")
    assert few.verdict != "good"


def test_right_on_the_whole_but_not_answer_by_answer() -> None:
    # Half the answers are sure and right 70 % of the time; half are at 55 % and right 84 %: the means agree.
    labels = np.zeros(4000, int)
    predicted = np.r_[np.arange(2000) >= 1400, np.arange(2000) >= 1680].astype(int)
    found = calibration(evaluation_of(labels, predicted, np.r_[np.full(2000, 0.99), np.full(2000, 0.55)], 2))
    assert found is not None
    assert abs(found.gap) < 1e-6
    assert found.verdict == "uneven"
    assert found.error - found.luck > NEGLIGIBLE
