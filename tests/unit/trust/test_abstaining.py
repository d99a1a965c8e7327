"""Thresholds against what is promised, by simulation; and worked by hand."""

from __future__ import annotations

import math

import numpy as np
import pytest

from prunelle.trust import abstaining
from prunelle.trust.abstaining import choose, curve, possible, sureness
from prunelle.trust.outputs import Outputs
from prunelle.trust.trust import chosen


def test_sureness_is_the_logarithm_of_the_odds() -> None:
    probabilities = np.array([[0.7, 0.2, 0.1], [0.05, 0.05, 0.9]])
    found = sureness(np.log(probabilities) + 5, 1.0)  # a constant changes nothing
    np.testing.assert_allclose(found, [math.log(0.7 / 0.3), math.log(0.9 / 0.1)])
    halved = sureness(np.log(probabilities[:1]), 2.0)
    roots = np.sqrt(probabilities[0])
    np.testing.assert_allclose(halved, [math.log(roots[0] / (roots[1] + roots[2]))])


def test_where_probabilities_end_sureness_goes_on() -> None:
    found = sureness(np.array([[50.0, 0.0], [200.0, 0.0]]), 1.0)
    np.testing.assert_allclose(found, [50, 200])


@pytest.mark.parametrize(("n", "reached"), [(58, False), (59, True)])
def test_without_a_mistake_five_percent_take_59_examples(n: int, reached: bool) -> None:
    """0.95^59 = 0.0485, the first power below 0.05."""
    found = choose(np.arange(n, dtype=float), np.ones(n, bool), 0.05)
    assert (found is not None) == reached
    if found is not None:
        assert (found.level, found.answered, found.wrong) == (-np.inf, n, 0)


def test_a_threshold_lies_between_answers_of_another_sureness() -> None:
    # The surest 300 are right, in pairs of equals; the rest is guessed.
    sure = np.concatenate([np.repeat(np.arange(150.0, 0, -1), 2) + 10, np.zeros(100)])
    right = np.concatenate([np.ones(300, bool), np.arange(100) % 2 == 0])
    found = choose(sure, right, 0.02)
    assert found is not None
    assert found.answered == int((sure > found.level).sum()) == 300
    assert found.wrong == 0


def population(random: np.random.Generator, n: int, num_classes: int = 4) -> Outputs:
    """Logits that are three times too large, with one answer in twelve wrong."""
    honest = random.normal(0, 1, (n, num_classes)) * random.gamma(2, 8, (n, 1))
    labels = (honest + random.gumbel(size=honest.shape)).argmax(axis=1)
    return Outputs(logits=3 * honest, labels=labels)


@pytest.mark.parametrize(("n", "share"), [(250, 0.05), (600, 0.03)])
def test_the_promise_is_kept_as_often_as_is_said(n: int, share: float) -> None:
    """The whole chain, its temperature chosen on the same examples: 250 draws, each judged on 20,000 others."""
    world = population(np.random.default_rng(1), 20_000)
    broken = kept = 0
    for seed in range(250):
        trust = chosen(population(np.random.default_rng(1000 + seed), n))
        found = choose(trust.sureness, trust.right, share)
        if found is None:
            continue
        answered = sureness(world.logits, trust.temperature) > found.level
        wrong = float((~world.right)[answered].mean())
        broken += wrong > share
        kept += wrong <= share
    assert broken + kept > 125  # else this says nothing
    # 5 % of 250 are 12; more than 24 come about less often than once in 300 such tests.
    assert broken <= 24


def test_without_the_bound_it_would_be_broken() -> None:
    """The share that was seen in place of its bound: what the test above is worth."""
    world = population(np.random.default_rng(1), 20_000)
    broken = 0
    for seed in range(100):
        sample = population(np.random.default_rng(1000 + seed), 250)
        sure = sureness(sample.logits, 1.0)
        order = np.argsort(-sure)
        wrong = np.cumsum(~sample.right[order]) / np.arange(1, 251)
        last = np.flatnonzero(wrong <= 0.05)[-1]
        answered = sureness(world.logits, 1.0) >= sure[order][last]
        broken += float((~world.right)[answered].mean()) > 0.05
    assert broken > 15


def test_more_examples_answer_more() -> None:
    answered = []
    for n in (200, 1000, 5000):
        sample = population(np.random.default_rng(3), n)
        found = choose(sureness(sample.logits, 1.0), sample.right, 0.05)
        assert found is not None
        answered.append(found.answered / n)
    assert answered == sorted(answered)


def test_what_is_possible_is_the_least_share_that_can_be_promised() -> None:
    right = np.ones(20, bool)
    found = possible(np.arange(20.0), right)
    assert found is not None
    assert found.share == 0.15  # 0.85^20 = 0.039, 0.9^20 = 0.12
    assert possible(np.arange(3.0), np.ones(3, bool)) is None
    assert possible(np.empty(0), np.empty(0, bool)) is None


def test_the_curve_counts_the_surest_first() -> None:
    sure, right = np.array([1.0, 3.0, 2.0, 2.0]), np.array([False, True, True, False])
    coverage, accuracy = curve(sure, right)
    np.testing.assert_allclose(coverage, [0.25, 0.75, 1.0])  # equals come together
    np.testing.assert_allclose(accuracy, [1.0, 2 / 3, 0.5])
    coverage, _ = curve(np.arange(1000.0), np.ones(1000, bool))
    assert len(coverage) == 50
    assert coverage[-1] == 1


def test_shares_that_are_tried_rise() -> None:
    assert list(abstaining.SHARES) == sorted(abstaining.SHARES)
