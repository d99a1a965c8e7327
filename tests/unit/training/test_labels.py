"""Thresholds of labels, and figures of several labels, beside scikit-learn and cases worked by hand."""

from __future__ import annotations

import math

import numpy as np
import pytest
from scipy.stats import mannwhitneyu
from sklearn.metrics import (
    accuracy_score,
    average_precision_score,
    f1_score,
    hamming_loss,
    precision_recall_fscore_support,
)

from prunelle.training import thresholds
from prunelle.training.intervals import wilson_interval
from prunelle.training.label_figures import average_precisions, f1_interval
from prunelle.training.labels_evaluation import LabelsEvaluation
from prunelle.training.thresholds import LEAST, best_threshold, chosen


def answers(n: int = 300, k: int = 5, *, seed: int = 0, skill: float = 1.5) -> tuple[np.ndarray, np.ndarray]:
    """Labels that are there at other rates each, and probabilities that know something of them, with ties."""
    generator = np.random.default_rng(seed)
    labels = generator.random((n, k)) < np.linspace(0.05, 0.6, k)
    logits = generator.normal(size=(n, k)) + skill * (labels - 0.5)
    return labels, np.round(1 / (1 + np.exp(-logits)), 2).astype(np.float32)


def evaluation(
    labels: np.ndarray, probabilities: np.ndarray, cuts: np.ndarray | None = None
) -> LabelsEvaluation:
    names = tuple(f"label {k}" for k in range(labels.shape[1]))
    return LabelsEvaluation("test", names, labels, probabilities, 0.5, cuts)


def test_figures_are_those_of_scikit_learn() -> None:
    labels, probabilities = answers()
    cuts = np.array([0.3, 0.5, 0.5, 0.6, 0.45])
    found = evaluation(labels, probabilities, cuts)
    predicted = probabilities >= cuts
    assert found.accuracy == accuracy_score(labels, predicted)
    assert found.hamming_loss == pytest.approx(hamming_loss(labels, predicted), rel=1e-12)
    assert found.micro_f1 == pytest.approx(f1_score(labels, predicted, average="micro"), rel=1e-12)
    assert found.macro_f1 == pytest.approx(f1_score(labels, predicted, average="macro"), rel=1e-12)
    precisions = average_precision_score(labels, probabilities, average=None)
    np.testing.assert_allclose(found.average_precisions, precisions, rtol=1e-12)
    assert found.mean_average_precision == pytest.approx(
        average_precision_score(labels, probabilities, average="macro"), rel=1e-12
    )
    table = precision_recall_fscore_support(labels, predicted)
    for score, precision, recall, f1, support in zip(found.per_label(), *table, strict=True):
        assert (score.precision, score.recall, score.f1) == pytest.approx((precision, recall, f1), rel=1e-12)
        assert score.support == support
        assert score.precision_interval == wilson_interval(score.right, score.answered)
        assert score.recall_interval == wilson_interval(score.right, score.support)


def test_three_examples_by_hand() -> None:
    """Of a the order is yes, no, yes: precisions 1 and 2/3 at its two; of b yes comes last of two; c nobody has."""
    labels = np.array([[1, 0, 0], [0, 1, 0], [1, 0, 0]], bool)
    probabilities = np.array([[0.9, 0.8, 0.1], [0.8, 0.4, 0.2], [0.6, 0.1, 0.6]], np.float32)
    found = evaluation(labels, probabilities)
    np.testing.assert_allclose(found.average_precisions[:2], [(1 + 2 / 3) / 2, 1 / 2])
    assert math.isnan(found.average_precisions[2])
    assert found.mean_average_precision == pytest.approx((5 / 6 + 1 / 2) / 2)
    assert found.left_out == ("label 2",)
    # a is right twice and invented once; b is missed once and invented once; c is invented once.
    assert [(s.right, s.missed, s.invented) for s in found.per_label()] == [(2, 0, 1), (0, 1, 1), (0, 0, 1)]
    assert found.micro_f1 == pytest.approx(2 * 2 / (5 + 3))
    assert found.macro_f1 == pytest.approx((2 * 2 / 5 + 0) / 2)
    assert found.accuracy == 0
    # In the second example b was missed and a invented.
    assert found.taken_for() == [("label 1", "label 0", 1)]
    assert found.blind.mean_average_precision == pytest.approx((2 / 3 + 1 / 3) / 2)
    assert found.blind.accuracy == pytest.approx(2 / 3)
    entropy = -(2 / 3 * math.log(2 / 3) + 1 / 3 * math.log(1 / 3))
    assert found.blind.loss == pytest.approx(2 * entropy / 3)
    assert found.summary()["per_label"][2]["average_precision"] is None


def test_pictures_without_any_label_are_examples() -> None:
    found = evaluation(np.zeros((4, 2), bool), np.full((4, 2), 0.1, np.float32))
    assert found.accuracy == 1
    assert found.summary()["mean_average_precision"] is None
    assert found.left_out == found.classes


def test_equal_probabilities_are_one_place() -> None:
    labels = np.array([[1], [0], [0], [1]], bool)
    np.testing.assert_allclose(average_precisions(labels, np.full((4, 1), 0.3)), [0.5])


def test_intervals_hold_the_truth_as_often_as_they_say() -> None:
    """Of 60 samples of a population of which the figures are known, at least 53 hold each (57 are expected)."""
    many, given = answers(40_000, 3, seed=99)
    true = evaluation(many, given)
    wanted = {name: getattr(true, name) for name in ("mean_average_precision", "micro_f1", "macro_f1")}
    held = dict.fromkeys(wanted, 0)
    for trial in range(60):
        rows = slice(trial * 150, (trial + 1) * 150)
        for name, (low, high) in evaluation(many[rows], given[rows]).intervals.items():
            held[name] += low <= wanted[name] <= high
    assert min(held.values()) >= 53, held


def test_few_right_answers_prove_little() -> None:
    labels = np.array([[1], [0]] * 10, bool)
    found = evaluation(labels, labels.astype(np.float32))
    assert found.mean_average_precision == 1
    low, high = found.intervals["mean_average_precision"]
    assert high == 1
    assert low == pytest.approx(wilson_interval(20, 20)[0])


def test_the_interval_of_f1_is_that_of_a_share() -> None:
    """3 right of 5 answered and 4 there: both of 6 in which either is so."""
    low, high = wilson_interval(3, 6)
    assert f1_interval(3, 5, 4) == pytest.approx((2 * low / (1 + low), 2 * high / (1 + high)))
    assert f1_interval(0, 0, 0) == (0.0, 1.0)


def test_a_threshold_has_the_highest_f1() -> None:
    labels, probabilities = answers(seed=3)
    for k in range(labels.shape[1]):
        given = probabilities[:, k].astype(np.float64)
        best = best_threshold(labels[:, k], given)
        # Every cut that there is, by scikit-learn.
        cuts = np.append(np.unique(given), 1.1)
        all_f1 = [f1_score(labels[:, k], given >= cut, zero_division=0) for cut in cuts]
        assert f1_score(labels[:, k], given >= best) == pytest.approx(max(all_f1), rel=1e-12)


def test_a_threshold_by_hand() -> None:
    """First both yes come before both no; then F1 is 2/3 of one answered, 1/2 of two, 4/5 of three."""
    truth, given = np.array([1, 0, 0, 1], bool), np.array([0.9, 0.2, 0.1, 0.8])
    assert best_threshold(truth, given) == pytest.approx(0.5)
    truth, given = np.array([1, 0, 1, 0], bool), np.array([0.3, 0.02, 0.1, 0.2])
    assert best_threshold(truth, given) == pytest.approx(0.06)


def test_whether_a_label_is_told_is_a_rank_test() -> None:
    """Beside SciPy's, with ties; near the limit, on both sides of it."""
    generator = np.random.default_rng(1)
    decided = []
    for trial in range(60):
        truth = generator.random(50) < 0.4
        given = np.round(generator.random(50) + 0.01 * trial * truth, 1)
        test = mannwhitneyu(given[truth], given[~truth], alternative="greater", method="asymptotic")
        decided.append(test.pvalue < 0.05)
        assert thresholds._told(truth, given) == decided[-1]
    assert 10 < sum(decided) < 50


def test_thresholds_of_few_examples_or_of_what_is_not_told_stay_one_half() -> None:
    generator = np.random.default_rng(5)
    n = 200
    rare = np.arange(n) < LEAST - 1
    told = np.arange(n) < 40
    labels = np.stack([rare, told, generator.random(n) < 0.5, ~rare], axis=1)
    given = np.stack(
        [
            np.where(rare, 0.3, 0.1),
            np.where(told, 0.3, 0.1) + generator.random(n) / 1000,
            generator.random(n),
            np.where(rare, 0.6, 0.9),
        ],
        axis=1,
    )
    found = chosen(("rare", "told", "untold", "common"), labels, given)
    assert [each.kept for each in found] == ["few", None, "untold", "few"]
    assert [each.value for each in found if each.kept] == [0.5] * 3
    assert 0.101 < found[1].value < 0.3
    assert (found[1].f1, found[1].f1_at_half) == (1.0, 0.0)
    assert [each.kept for each in chosen(("a",), None, None)] == ["no validation"]
