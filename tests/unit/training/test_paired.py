"""Intervals of means and of paired differences, against SciPy and against sums by hand."""

from __future__ import annotations

import math

import numpy as np
import pytest
from scipy import stats

from prunelle.training.paired import over_pictures, over_seeds


def test_three_seeds_by_hand() -> None:
    # Mean 0.98; deviations -0.01, 0, 0.01: sd = sqrt(2e-4 / 2) = 0.01; t(2) = 4.3027; half = 4.3027·0.01/√3.
    found = over_seeds([0.97, 0.98, 0.99])
    assert found.mean == pytest.approx(0.98)
    assert found.sd == pytest.approx(0.01)
    assert found.interval == pytest.approx((0.98 - 0.024841, 0.98 + 0.024841), abs=1e-6)


@pytest.mark.parametrize("n", [2, 3, 10])
def test_many_seeds_as_scipy(n: int) -> None:
    values = np.random.default_rng(n).normal(0.9, 0.02, n)
    interval = stats.ttest_1samp(values, 0).confidence_interval(0.95)
    assert over_seeds(values.tolist()).interval == pytest.approx((interval.low, interval.high))


@pytest.mark.parametrize("n", [2, 3, 5, 10])
@pytest.mark.parametrize(
    ("centre", "spread"), [(30.2, 0.3), (30.2, 1.0), (140.5, 4.0), (140.5, 12.0), (196.0, 1.0), (196.0, 3.0)]
)
def test_the_interval_over_seeds_holds_as_often_as_it_says(n: int, centre: float, spread: float) -> None:
    """Rights of 200 pictures, drawn around a centre and counted: 95 % of the intervals hold the mean of the counts."""
    random = np.random.default_rng(n)
    counts = np.clip(np.round(random.normal(centre, spread, (4000, n))), 0, 200) / 200
    truth = counts.mean()
    found = [over_seeds(row.tolist(), low=0, high=1, step=1 / 200).interval for row in counts[:1500]]
    intervals = [interval for interval in found if interval is not None]
    assert np.mean([low <= truth <= high for low, high in intervals]) > 0.93
    assert all(0 <= low < high <= 1 for low, high in intervals)


def test_one_seed_has_no_spread() -> None:
    found = over_seeds([0.5])
    assert (found.mean, found.sd, found.interval) == (0.5, None, None)


def agresti_min(both: int, first: int, second: int, neither: int) -> tuple[float, float]:
    """Agresti & Min (2005): the Wald interval of p12 - p21 after half a case is added to each of the four cells."""
    n = both + first + second + neither + 2
    p12, p21 = (first + 0.5) / n, (second + 0.5) / n
    half = 1.959964 * math.sqrt((p12 + p21 - (p12 - p21) ** 2) / n)
    return p12 - p21 - half, p12 - p21 + half


@pytest.mark.parametrize("cells", [(80, 12, 5, 3), (10, 0, 0, 0), (0, 7, 0, 1), (5000, 200, 100, 40)])
def test_pictures_as_the_paper_has_it(cells: tuple[int, int, int, int]) -> None:
    both, first, second, neither = cells
    a = np.array([[1] * both + [1] * first + [0] * second + [0] * neither], bool)
    b = np.array([[1] * both + [0] * first + [1] * second + [0] * neither], bool)
    low, high = agresti_min(*cells)
    assert over_pictures(a, b) == pytest.approx((max(low, -1), min(high, 1)), abs=1e-6)


def test_two_networks_that_agree_on_few_pictures_are_not_called_equal_for_sure() -> None:
    same = np.ones((1, 10), bool)
    low, high = over_pictures(same, same)
    assert low < -0.1
    assert high > 0.1


def test_the_interval_holds_as_often_as_it_says() -> None:
    """2,000 draws of 300 pictures from known probabilities: 95 % of the intervals hold the true difference."""
    random = np.random.default_rng(0)
    difficulty = random.random((2000, 300))
    a = difficulty < 0.9
    b = (difficulty < 0.85) ^ (random.random((2000, 300)) < 0.05)
    truth = 0.9 - (0.85 * 0.95 + 0.15 * 0.05)
    held = [low <= truth <= high for low, high in map(over_pictures, a[:, None], b[:, None])]
    assert 0.93 < np.mean(held) < 0.97


def test_seeds_that_disagree_on_a_picture_count_in_part() -> None:
    # One picture of four is right for half of the first's seeds: a gap of 0.5.
    a = np.array([[1, 1, 1, 1], [1, 1, 1, 0]], bool)
    b = np.array([[1, 1, 1, 0]], bool)
    mean, variance = 0.5 / 6, (0.25 + 1) / 6 - (0.5 / 6) ** 2
    half = 1.959964 * math.sqrt(variance / 6)
    assert over_pictures(a, b) == pytest.approx((mean - half, mean + half), abs=1e-6)
