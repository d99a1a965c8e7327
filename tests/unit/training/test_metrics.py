"""Figures of an evaluation against scikit-learn, SciPy, published values and tables worked by hand."""

from __future__ import annotations

import json
import math

import numpy as np
import pytest
from scipy.stats import binomtest
from sklearn import metrics as reference

from prunelle.training.intervals import wilson_interval
from prunelle.training.metrics import Evaluation


def random_evaluation(n: int = 500, k: int = 5, seed: int = 0) -> Evaluation:
    random = np.random.default_rng(seed)
    logits = random.normal(size=(n, k)) * 2
    labels = random.integers(0, k, n)
    logits[np.arange(n), labels] += 1.5
    probabilities = np.exp(logits) / np.exp(logits).sum(axis=1, keepdims=True)
    loss = -np.log(probabilities[np.arange(n), labels]).mean()
    return Evaluation("test", tuple("abcde"[:k]), labels, probabilities.astype(np.float32), float(loss))


def by_hand() -> Evaluation:
    """Ten answers: of a, 3 of 5 right and 2 taken for b; of b, 4 of 4; of c, its one taken for b."""
    labels = np.array([0, 0, 0, 0, 0, 1, 1, 1, 1, 2])
    told = [0, 0, 0, 1, 1, 1, 1, 1, 1, 1]
    probabilities = np.full((10, 3), 0.1, np.float32)
    probabilities[np.arange(10), told] = 0.8
    return Evaluation("validation", ("a", "b", "c"), labels, probabilities, 0.5)


@pytest.mark.parametrize(("successes", "n"), [(0, 10), (10, 10), (1, 10), (81, 263), (983, 1000), (1, 1)])
def test_wilson_is_scipys(successes: int, n: int) -> None:
    theirs = binomtest(successes, n).proportion_ci(0.95, method="wilson")
    assert wilson_interval(successes, n) == pytest.approx((theirs.low, theirs.high), abs=1e-12)


def test_wilson_by_published_values() -> None:
    # Newcombe 1998 (Statistics in Medicine 17, table I, method 3): 81/263, 15/148, 0/20, 1/29.
    published = {
        (81, 263): (0.2553, 0.3662),
        (15, 148): (0.0624, 0.1605),
        (0, 20): (0, 0.1611),
        (1, 29): (0.0061, 0.1718),
    }
    for (successes, n), interval in published.items():
        assert wilson_interval(successes, n) == pytest.approx(interval, abs=5e-5)


def test_wilson_at_its_ends() -> None:
    for n in range(1, 200):
        assert wilson_interval(0, n)[0] == 0
        assert wilson_interval(n, n)[1] == 1
    assert wilson_interval(0, 0) == (0, 1)


def test_counts_by_hand() -> None:
    evaluation = by_hand()
    assert (evaluation.n, evaluation.correct, evaluation.accuracy) == (10, 7, 0.7)
    assert evaluation.confusion.tolist() == [[3, 2, 0], [0, 4, 0], [0, 1, 0]]
    assert evaluation.most_confused() == [("a", "b", 2), ("c", "b", 1)]
    assert evaluation.most_confused(1) == [("a", "b", 2)]
    a, b, c = evaluation.per_class()
    assert (a.name, a.precision, a.recall, a.support) == ("a", 1, 0.6, 5)
    assert a.f1 == pytest.approx(0.75)
    assert (b.precision, b.recall, b.support) == (pytest.approx(4 / 7), 1, 4)
    assert b.f1 == pytest.approx(8 / 11)
    # Never predicted: 0, and no warning.
    assert (c.precision, c.recall, c.f1, c.support) == (0, 0, 0, 1)
    # All at confidence 0.8, 7 of 10 right.
    assert evaluation.calibration_error() == pytest.approx(0.1, abs=1e-6)
    (only,) = evaluation.reliability()
    assert (only.low, only.high) == (pytest.approx(12 / 15), pytest.approx(13 / 15))
    assert (only.count, only.accuracy, only.confidence) == (10, pytest.approx(0.7), pytest.approx(0.8))


def test_figures_are_scikit_learns() -> None:
    evaluation = random_evaluation()
    told = evaluation.probabilities.argmax(axis=1)
    assert evaluation.accuracy == pytest.approx(reference.accuracy_score(evaluation.labels, told))
    matrix = reference.confusion_matrix(evaluation.labels, told)
    assert np.array_equal(evaluation.confusion, matrix)
    report = reference.classification_report(
        evaluation.labels, told, target_names=evaluation.classes, output_dict=True
    )
    for score in evaluation.per_class():
        line = report[score.name]
        assert score.precision == pytest.approx(line["precision"])
        assert score.recall == pytest.approx(line["recall"])
        assert score.f1 == pytest.approx(line["f1-score"])
        assert score.support == line["support"]


def test_the_confusion_has_rows_for_classes_that_never_occur() -> None:
    evaluation = Evaluation("test", ("a", "b", "c"), np.array([0, 0]), np.array([[0.9, 0.1, 0.0]] * 2), 0.1)
    assert evaluation.confusion.tolist() == [[2, 0, 0], [0, 0, 0], [0, 0, 0]]
    assert [score.support for score in evaluation.per_class()] == [2, 0, 0]
    assert evaluation.most_confused() == []


@pytest.mark.parametrize("bins", [5, 10, 15])
def test_calibration_is_a_loop_over_bins(bins: int) -> None:
    evaluation = random_evaluation(seed=2)
    confidence = evaluation.probabilities.max(axis=1).astype(np.float64)
    right = evaluation.probabilities.argmax(axis=1) == evaluation.labels
    error, counted = 0.0, 0
    for b in range(bins):
        inside = (confidence >= b / bins) & (confidence < (b + 1) / bins)
        if b == bins - 1:
            inside |= confidence == 1
        counted += inside.sum()
        if inside.any():
            error += inside.sum() * abs(confidence[inside].mean() - right[inside].mean())
    assert counted == 500
    assert evaluation.calibration_error(bins) == pytest.approx(error / 500, abs=1e-6)
    assert sum(b.count for b in evaluation.reliability(bins)) == 500


def test_certainty_is_in_the_last_bin() -> None:
    evaluation = Evaluation("test", ("a", "b"), np.array([0, 1]), np.array([[1.0, 0.0], [1.0, 0.0]]), 9.0)
    (last,) = evaluation.reliability(10)
    assert (last.low, last.high, last.count, last.accuracy) == (0.9, 1.0, 2, 0.5)


def test_json_holds_what_is_promised_at_its_top() -> None:
    evaluation = by_hand()
    values = json.loads(json.dumps(evaluation.to_json(), allow_nan=False))
    assert (values["accuracy"], values["loss"], values["n"], values["split"]) == (0.7, 0.5, 10, "validation")
    theirs = binomtest(7, 10).proportion_ci(0.95, method="wilson")
    assert values["interval"] == pytest.approx([theirs.low, theirs.high])
    assert values["classes"] == ["a", "b", "c"]
    assert values["confusion_matrix"] == [[3, 2, 0], [0, 4, 0], [0, 1, 0]]
    assert values["most_confused"][0] == {"truth": "a", "predicted": "b", "count": 2}
    assert values["per_class"][0]["recall"] == 0.6
    assert values["expected_calibration_error"] == pytest.approx(0.1, abs=1e-6)
    assert evaluation.summary().keys() == {
        "accuracy",
        "interval",
        "balanced_accuracy",
        "balanced_interval",
        "per_class",
        "loss",
        "n",
        "expected_calibration_error",
    }


def test_nothing_to_evaluate_has_no_accuracy() -> None:
    empty = Evaluation("test", ("a", "b"), np.empty(0, np.int64), np.empty((0, 2), np.float32), math.nan)
    assert math.isnan(empty.accuracy)
    assert empty.interval == (0, 1)
    assert empty.calibration_error() == 0
