"""By what answers of each kind are compared: against scikit-learn, SciPy, and values worked out by hand."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import stats
from sklearn.metrics import average_precision_score

from prunelle.texts import EN, FR
from prunelle.training.labels_evaluation import LabelsEvaluation
from prunelle.training.metrics import Evaluation
from prunelle.training.numbers_evaluation import NumbersEvaluation
from prunelle.training.yardsticks import yardstick_of

ACCURACY, PRECISION, ERROR = (yardstick_of(kind) for kind in ("class", "labels", "number"))


def classes(right: list[bool]) -> Evaluation:
    labels = np.arange(len(right)) % 2
    said = np.where(right, labels, 1 - labels)
    return Evaluation("test", ("a", "b"), labels, np.eye(2, dtype=np.float32)[said], 0.5)


def labels(truth: np.ndarray, given: np.ndarray) -> LabelsEvaluation:
    names = tuple(map(str, range(truth.shape[1])))
    return LabelsEvaluation("test", names, truth, given.astype(np.float32), 0.5)


def numbers(truth: np.ndarray, given: np.ndarray) -> NumbersEvaluation:
    return NumbersEvaluation("test", ("age",), truth, given, usual=float(np.median(truth)), loss=0.5)


def told(n: int, seed: int, noise: tuple[float, float]) -> tuple[LabelsEvaluation, LabelsEvaluation]:
    """Two networks that see the same labels through noise of their own, and some in common."""
    draw = np.random.default_rng(seed)
    truth = draw.random((n, 3)) < (0.5, 0.3, 0.15)
    common = draw.normal(0, 0.7, (n, 3))
    given = [truth + common + draw.normal(0, each, (n, 3)) for each in noise]
    return tuple(labels(truth, 1 / (1 + np.exp(-each))) for each in given)  # type: ignore[return-value]


def test_values_are_scikit_learns() -> None:
    one, _ = told(200, 0, (0.5, 1.0))
    expected = average_precision_score(one.labels, one.probabilities, average="macro")
    assert PRECISION.value(one) == pytest.approx(expected)
    assert ACCURACY.value(classes([True, True, False, True])) == 0.75
    assert ERROR.value(numbers(np.array([1.0, 2, 3]), np.array([2.0, 2, 1]))) == pytest.approx(1)


def test_the_difference_of_precisions_lies_where_its_interval_says() -> None:
    """Of 80 samples of a population whose figures are known at least 70 hold the difference (76 are expected)."""
    population = told(60_000, 1, (0.6, 0.8))
    wanted = PRECISION.value(population[0]) - PRECISION.value(population[1])
    held = 0
    for trial in range(80):
        rows = slice(trial * 200, (trial + 1) * 200)
        one, other = (labels(each.labels[rows], each.probabilities[rows]) for each in population)
        low, high = PRECISION.over_examples([one], [other])
        held += low <= wanted <= high
    assert held >= 70


def test_precisions_of_the_same_examples_differ_less_than_two_samples_would() -> None:
    one, other = told(300, 2, (0.6, 0.7))
    low, high = PRECISION.over_examples([one], [other])
    alone = [PRECISION.interval(each) for each in (one, other)]
    assert high - low < 0.8 * np.hypot(*(end - begin for begin, end in alone))
    # Over seeds: a network beside itself and another, whose mean lies between.
    between = PRECISION.over_examples([one, other], [other])
    assert between == pytest.approx((low / 2, high / 2))


def test_two_that_make_no_mistake_prove_little() -> None:
    truth = np.tile([[True], [False]], (5, 1))
    both = labels(truth, truth.astype(float))
    # Wilson's bound of ten right of ten is 0.7225.
    assert PRECISION.over_examples([both], [both]) == pytest.approx((-0.2775, 0.2775), abs=1e-4)
    assert not PRECISION.beats(both, both)


def test_a_precision_beats_another_by_more_than_a_standard_error() -> None:
    """The error of drawing examples again, here with draws of NumPy's own."""
    for noise, expected in (((0.4, 1.5), True), ((0.8, 0.8), False)):
        one, other = told(150, 5, noise)
        draw = np.random.default_rng(0)
        gaps = []
        for _ in range(300):
            rows = draw.integers(0, 150, 150)
            ours, theirs = (
                average_precision_score(each.labels[rows], each.probabilities[rows], average="macro")
                for each in (one, other)
            )
            gaps.append(ours - theirs)
        gap = PRECISION.value(one) - PRECISION.value(other)
        assert (gap > np.std(gaps)) == expected
        assert PRECISION.beats(one, other) == expected
        assert not PRECISION.beats(other, one)


def test_errors_are_compared_example_by_example() -> None:
    draw = np.random.default_rng(3)
    truth = draw.normal(40, 10, 60)
    near, far = truth + draw.normal(0, 3, 60), truth + draw.normal(0, 5, 60)
    one, other = numbers(truth, near), numbers(truth, far)
    gaps = np.abs(near - truth) - np.abs(far - truth)
    expected = stats.ttest_1samp(gaps, 0).confidence_interval(0.95)
    assert ERROR.over_examples([one], [other]) == pytest.approx((expected.low, expected.high))
    gain, (low, high) = ERROR.lead(one, other)  # less is better: above 0
    assert (gain, low, high) == pytest.approx((-gaps.mean(), -expected.high, -expected.low))
    assert ERROR.order(1.0) > ERROR.order(2.0)
    # Of two seeds, each example's errors are averaged first.
    half = stats.ttest_1samp(gaps / 2, 0).confidence_interval(0.95)
    assert ERROR.over_examples([one, other], [other, other]) == pytest.approx((half.low, half.high))


@pytest.mark.parametrize("n", [2, 3, 60])
def test_an_error_beats_another_by_a_one_sided_test_at_16_percent(n: int) -> None:
    truth = np.zeros(n)
    for shift in (0.0, 0.3, 0.9, 3.0):
        better = np.linspace(1, 2, n)
        worse = better + shift + np.linspace(-1, 1, n) ** 3
        result = stats.ttest_rel(worse, better, alternative="greater")
        expected = bool(result.pvalue < stats.norm.sf(1))
        assert ERROR.beats(numbers(truth, better), numbers(truth, worse)) == expected
    assert not ERROR.beats(numbers(truth[:1], better[:1]), numbers(truth[:1], worse[:1]))


def test_who_sees_nothing() -> None:
    draw = np.random.default_rng(4)
    truth = draw.normal(40, 10, 80)
    near, blind = numbers(truth, truth + 1), numbers(truth, draw.permutation(truth))
    assert ERROR.sees([near])
    assert not ERROR.sees([blind])
    assert ERROR.blind(near) == pytest.approx(np.abs(truth - np.median(truth)).mean())
    assert ERROR.blind_answer(near, EN) == EN.number(float(np.median(truth)), 4)
    assert (ERROR.spread(0.04833, FR), ACCURACY.spread(0.00483, FR)) == ("0,048", "0,48")
    one, _ = told(200, 6, (0.5, 1.0))
    assert PRECISION.sees([one])
    assert not PRECISION.sees([labels(one.labels, draw.random((200, 3)))])
    assert PRECISION.blind(one) == pytest.approx(one.labels.mean())
    assert ACCURACY.sees([classes([True] * 18 + [False] * 2)])
    assert not ACCURACY.sees([classes([True] * 12 + [False] * 8)])
    assert ACCURACY.blind(classes([True] * 3)) == pytest.approx(2 / 3)
    assert ACCURACY.blind_answer(classes([True] * 3), EN) == "a"


def test_how_they_are_written() -> None:
    assert (ACCURACY.written(0.9876, EN, digits=2), ACCURACY.bare(0.0123, FR, digits=2, signed=True)) == (
        "98.76\xa0%",
        "+1,23",
    )
    assert (ERROR.written(18.1234, EN), ERROR.bare(-0.0456, EN, digits=2, signed=True)) == ("18.1", "−0.0456")
    assert (ERROR.written(None, EN), ERROR.bare(float("inf"), EN), PRECISION.written(None, FR)) == (
        "–",
        "–",
        "–",
    )


def test_other_figures_are_those_that_are_told() -> None:
    told_of = {"accuracy": 0.5, "balanced_accuracy": 0.4, "top_5_accuracy": 0.9}
    assert ACCURACY.others_of(told_of) == {"top_5_accuracy": 0.9}  # classes of one size
    assert ACCURACY.others_of(told_of | {"per_class": []}) == {
        "top_5_accuracy": 0.9,
        "balanced_accuracy": 0.4,
    }
    assert ERROR.others_of({"r2": None, "median_absolute_error": 2}) == {"median_absolute_error": 2.0}
