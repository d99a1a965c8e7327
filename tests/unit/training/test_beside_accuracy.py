"""Top-5, balanced accuracy, intervals by class: against scikit-learn, SciPy, simulations, tables worked by hand."""

from __future__ import annotations

import dataclasses
import math

import numpy as np
import pytest
from scipy.stats import binomtest
from sklearn import metrics as reference

from prunelle.training.intervals import balanced_interval, wilson_interval
from prunelle.training.metrics import Evaluation


def evaluation_of(labels: np.ndarray, probabilities: np.ndarray) -> Evaluation:
    classes = tuple(f"c{k:02}" for k in range(probabilities.shape[1]))
    return Evaluation("test", classes, labels, probabilities, 1.0)


def drawn(n: int, k: int, *, levels: int = 1_000_000, seed: int = 0) -> Evaluation:
    """Probabilities of so many ``levels``: of few, many classes are equally probable."""
    random = np.random.default_rng(seed)
    scores = random.integers(1, levels, (n, k)).astype(np.float32)
    return evaluation_of(random.integers(0, k, n), scores / scores.sum(axis=1, keepdims=True))


def of_counts(*counts: tuple[int, int]) -> Evaluation:
    """Of each class so many right, of so many; the wrong ones are taken for the next class."""
    k = len(counts)
    labels = np.concatenate([np.full(n, c) for c, (_, n) in enumerate(counts)])
    told = np.concatenate([[c] * right + [(c + 1) % k] * (n - right) for c, (right, n) in enumerate(counts)])
    return evaluation_of(labels, np.eye(k, dtype=np.float32)[told.astype(int)])


@pytest.mark.parametrize("levels", [3, 20, 1_000_000])
@pytest.mark.parametrize("k", [20, 33])
def test_top_5_is_scikit_learns_with_ties_too(k: int, levels: int) -> None:
    evaluation = drawn(400, k, levels=levels)
    ours = evaluation.top_5
    assert ours is not None
    right = reference.top_k_accuracy_score(
        evaluation.labels, evaluation.probabilities, k=5, labels=range(k), normalize=False
    )
    assert ours[0] == pytest.approx(right / 400)
    theirs = binomtest(int(right), 400).proportion_ci(0.95, method="wilson")
    assert ours[1] == pytest.approx((theirs.low, theirs.high))


@pytest.mark.parametrize("top", [1, 2, 7])
def test_ranks_are_scikit_learns_for_every_k(top: int) -> None:
    evaluation = drawn(300, 9, levels=4, seed=1)
    right = reference.top_k_accuracy_score(
        evaluation.labels, evaluation.probabilities, k=top, labels=range(9), normalize=False
    )
    assert (evaluation.ranks <= top).sum() == right


def test_top_5_is_told_from_twenty_classes_on() -> None:
    assert drawn(50, 19).top_5 is None
    assert drawn(50, 20).top_5 is not None
    assert "top_5_accuracy" not in drawn(50, 19).summary()
    assert drawn(50, 20).summary()["top_5_accuracy"] == drawn(50, 20).top_5[0]  # type: ignore[index]


def test_a_network_that_answers_nan_is_not_among_the_first() -> None:
    nothing = evaluation_of(np.arange(20), np.full((20, 20), np.nan, np.float32))
    assert nothing.top_5 is not None
    assert nothing.top_5[0] == 0


def test_what_is_not_known_is_not_told() -> None:
    """A file of before: not all probabilities are in it, and no ranks."""
    evaluation = dataclasses.replace(drawn(50, 20), kept_ranks=np.zeros(50, np.int64))
    assert evaluation.top_5 is None


def test_balanced_accuracy_is_scikit_learns() -> None:
    random = np.random.default_rng(3)
    labels = np.minimum(random.geometric(0.4, 300) - 1, 5)
    probabilities = random.dirichlet(np.ones(6), 300).astype(np.float32)
    evaluation = evaluation_of(labels, probabilities)
    theirs = reference.balanced_accuracy_score(labels, probabilities.argmax(axis=1))
    assert evaluation.balanced_accuracy == pytest.approx(theirs)


def test_a_class_without_examples_is_left_out_of_the_mean() -> None:
    # Of a, 3 of 4 right; of c, 1 of 2; there is no b.
    labels = np.array([0, 0, 0, 0, 2, 2])
    told = np.array([0, 0, 0, 1, 2, 0])
    evaluation = evaluation_of(labels, np.eye(3, dtype=np.float32)[told])
    assert evaluation.balanced_accuracy == pytest.approx((3 / 4 + 1 / 2) / 2)


@pytest.mark.parametrize(("right", "n"), [((7, 7, 7), 10), ((10, 10), 10), ((0, 0, 0, 0), 3), ((5,), 8)])
def test_of_classes_alike_the_balanced_interval_is_the_accuracys(right: tuple[int, ...], n: int) -> None:
    found = balanced_interval(np.array(right), np.full(len(right), n))
    assert found == pytest.approx(wilson_interval(sum(right), n * len(right)))


# (examples of each class, how often it is truly right)
CASES = {
    "a rare class": ((90, 10), (0.9, 0.5)),
    "a very rare class": ((500, 5), (0.99, 0.9)),
    "two alike": ((50, 50), (0.95, 0.95)),
    "ten": ((200, 100, 80, 60, 40, 30, 20, 10, 6, 4), np.linspace(0.98, 0.5, 10)),
    "five of each of a hundred": ((5,) * 100, (0.9,) * 100),
    "one to three of each of many": ((1, 2, 3) * 40, np.linspace(0.2, 1, 120)),
}


@pytest.mark.parametrize("case", CASES)
def test_the_balanced_interval_covers(case: str) -> None:
    """It holds the truth in 91 % of drawings at least, and is no wider than the rarest class alone would have it."""
    n, p = (np.array(each) for each in CASES[case])
    right = np.random.default_rng(0).binomial(n, p, (2000, len(n)))
    found = np.array([balanced_interval(each, n) for each in right])
    covered = ((found[:, 0] <= p.mean()) & (p.mean() <= found[:, 1])).mean()
    assert 0.91 <= covered < 1
    assert (found[:, 1] - found[:, 0]).mean() < np.subtract(*wilson_interval(n.min() / 2, n.min())[::-1])


@pytest.mark.parametrize(
    ("counts", "unbalanced"),
    [
        (((9, 10), (9, 10)), False),
        (((9, 14), (9, 10)), False),  # less than 1.5 times
        (((9, 15), (9, 10)), True),
        (((2, 3), (1, 2)), False),  # 1.5 times, and only one more
        (((5, 6), (1, 2)), True),
        (((5, 60), (0, 0)), False),  # one class alone
    ],
)
def test_when_classes_are_unbalanced(counts: tuple[tuple[int, int], ...], unbalanced: bool) -> None:
    evaluation = of_counts(*counts)
    assert evaluation.unbalanced is unbalanced
    assert ("per_class" in evaluation.summary()) is unbalanced


def test_intervals_by_class_are_scipys() -> None:
    # Of a 20 of 23 are right and 3 taken for b; of b 4 of 8, and 4 taken for a.
    a, b = of_counts((20, 23), (4, 8)).per_class()
    for found, (right, n) in {
        a.recall_interval: (20, 23),
        a.precision_interval: (20, 24),
        b.recall_interval: (4, 8),
        b.precision_interval: (4, 7),
    }.items():
        theirs = binomtest(right, n).proportion_ci(0.95, method="wilson")
        assert found == pytest.approx((theirs.low, theirs.high))


def test_nothing_has_no_balanced_accuracy() -> None:
    empty = evaluation_of(np.empty(0, np.int64), np.empty((0, 30), np.float32))
    assert math.isnan(empty.balanced_accuracy)
    assert empty.balanced_interval == (0, 1)
    assert (empty.top_5, empty.unbalanced) == (None, False)
