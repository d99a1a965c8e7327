"""What is said of numbers that were told: scikit-learn's figures, cases worked by hand, intervals that hold."""

from __future__ import annotations

import itertools
import json
import math

import numpy as np
import pytest
from scipy import stats
from sklearn.metrics import mean_absolute_error, mean_squared_error, median_absolute_error, r2_score

from prunelle.training.numbers_evaluation import NumbersEvaluation
from prunelle.training.numbers_intervals import mean_interval, median_interval, ratio_interval


def told(
    truth: list[float] | np.ndarray, answers: list[float] | np.ndarray, usual: float = 0.0
) -> NumbersEvaluation:
    labels, predicted = np.asarray(truth, float), np.asarray(answers, float)
    return NumbersEvaluation("test", ("size",), labels, predicted, usual, loss=0.0)


def test_figures_are_scikit_learns() -> None:
    rng = np.random.default_rng(0)
    truth = rng.gamma(2.0, 30.0, 200)
    answers = truth + rng.laplace(0, 5.0, 200)
    found = told(truth, answers, 12.0)
    assert found.mean_absolute_error == pytest.approx(mean_absolute_error(truth, answers))
    assert found.root_mean_squared_error == pytest.approx(math.sqrt(mean_squared_error(truth, answers)))
    assert found.median_absolute_error == pytest.approx(median_absolute_error(truth, answers))
    assert found.r2 == pytest.approx(r2_score(truth, answers))
    assert found.blind is not None
    assert found.blind.mean_absolute_error == pytest.approx(mean_absolute_error(truth, np.full(200, 12.0)))


def test_a_case_by_hand() -> None:
    # Errors 1, -1, 2, 0: distances 1, 1, 2, 0. Around the mean 2.5 the truths' squares are 2.25, 0.25, 0.25, 2.25.
    found = told([1, 2, 3, 4], [2, 1, 5, 4], usual=2.0)
    assert (found.mean_absolute_error, found.median_absolute_error) == (1.0, 1.0)
    assert found.root_mean_squared_error == pytest.approx(math.sqrt(1.5))
    assert found.r2 == pytest.approx(1 - 6 / 5)
    # s = √(2/3), t(3) = 3.182, so the logarithm's half width is 3.182 · 0.8165 / 2 = 1.299.
    np.testing.assert_allclose(found.interval, (math.exp(-1.299), math.exp(1.299)), rtol=1e-3)
    assert found.blind is not None
    # Always 2 is off by 1, 0, 1, 2: by 1 on average, as the network is.
    assert (found.blind.mean_absolute_error, found.blind.less, found.blind.verdict) == (1.0, 0.0, "within")


def test_the_verdict_is_of_the_whole_interval() -> None:
    truth = np.arange(30.0)
    assert told(truth, truth + 1, 14.5).blind.verdict == "better"  # type: ignore[union-attr]
    assert told(truth, np.full(30, 14.5), 14.5).blind.verdict == "within"  # type: ignore[union-attr]
    assert told(truth, truth[::-1], 14.5).blind.verdict == "worse"  # type: ignore[union-attr]


def test_always_the_mean_is_an_r2_of_0() -> None:
    assert told([1, 2, 6], [3, 3, 3]).r2 == 0


@pytest.mark.parametrize("n", [0, 1, 3])
def test_few_examples_and_equal_ones_are_json(n: int) -> None:
    found = told([5.0] * n, [4.0] * n)
    text = json.dumps(found.summary(), allow_nan=n == 0)  # no mean without an example
    assert json.loads(text)["n"] == n
    assert found.summary()["r2"] is None


def test_nothing_off_is_nothing_off() -> None:
    found = told([1, 2, 3], [1, 2, 3])
    assert found.interval == found.root_interval == (0.0, 0.0)
    assert (found.r2, found.r2_interval) == (1.0, (1.0, 1.0))


def test_the_interval_of_a_median_is_of_ranks() -> None:
    # Of 10 throws 2 to 8 heads have 97.9 %: the second smallest and the second largest (tables of the sign test).
    assert median_interval(np.arange(10.0)) == (1.0, 8.0)
    assert median_interval(np.arange(5.0)) == (0.0, math.inf)


@pytest.mark.parametrize(
    ("n", "law", "least"), [(8, stats.norm(), 0.92), (30, stats.laplace(), 0.92), (60, stats.t(5), 0.92)]
)
def test_intervals_hold_the_truth_as_often_as_they_say(
    n: int, law: stats.rv_continuous, least: float
) -> None:
    rng = np.random.default_rng(1)
    errors = np.abs(law.rvs(size=(1000, n), random_state=rng))
    truth, median = law.expect(abs, lb=-60, ub=60), law.ppf(0.75)
    held = np.mean([low <= truth <= high for low, high in map(mean_interval, errors)])
    # 1,000 draws: two standard errors of a share of 95 % are 1.4 points.
    assert least < held < 0.975
    assert np.mean([low <= median <= high for low, high in map(median_interval, errors)]) > 0.94


def test_the_interval_of_r2_holds_it() -> None:
    rng = np.random.default_rng(2)
    held = []
    for _ in range(1000):
        signal, noise = rng.normal(0, 2, 80), rng.normal(0, 1, 80)
        truth = signal + noise
        low, high = ratio_interval(noise**2, (truth - truth.mean()) ** 2)
        held.append(low <= 1 / 5 <= high)
    assert 0.915 < np.mean(held) < 0.975


def test_ranges_hold_all_examples_and_their_errors() -> None:
    truth = np.repeat(np.arange(10.0), 9)
    found = told(truth, truth * 0.5 + 2.25)  # as answers that shrink towards the mean 4.5
    ranges = found.by_range()
    assert sum(each.n for each in ranges) == 90
    assert all(a.high < b.low for a, b in itertools.pairwise(ranges))
    for each in ranges:
        rows = (truth >= each.low) & (truth <= each.high)
        assert each.mean_absolute_error == pytest.approx(
            mean_absolute_error(truth[rows], found.predicted[rows])
        )
    assert ranges[0].mean_error > 0 > ranges[-1].mean_error
    assert truth[found.farthest(1)[0]] in (0, 9)
    assert len(told([3.0] * 40, [3.0] * 40).by_range()) == 1
    assert told([], []).by_range() == []
