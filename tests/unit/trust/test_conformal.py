"""Sets of classes: by hand, and their coverage by simulation."""

from __future__ import annotations

import math

import numpy as np
import pytest

from prunelle.trust.conformal import least_share, limit, misfit, sets
from prunelle.trust.outputs import log_probabilities


def test_the_limit_is_the_rank_that_the_theorem_wants() -> None:
    misfits = np.array([5.0, 1.0, 3.0, 2.0, 4.0, 9.0, 7.0, 8.0, 6.0])
    # Nine examples: of ten times 0.8, the eighth.
    assert limit(misfits, 0.2) == 8.0
    assert limit(misfits, 0.1) == 9.0
    assert limit(misfits, 0.09) == math.inf
    assert least_share(9) == pytest.approx(0.1)


def test_a_set_holds_what_is_probable_enough_and_the_most_probable_always() -> None:
    likely = np.log(np.array([[0.6, 0.3, 0.1], [0.4, 0.35, 0.25], [0.9, 0.05, 0.05]]))
    np.testing.assert_array_equal(misfit(likely, np.array([1, 0, 2])), -likely[[0, 1, 2], [1, 0, 2]])
    found = sets(likely, -math.log(0.28))
    assert found.tolist() == [[True, True, False], [True, True, False], [True, False, False]]
    assert sets(likely, -math.log(0.95)).sum(axis=1).tolist() == [1, 1, 1]
    assert sets(likely, math.inf).all()


@pytest.mark.parametrize(("n", "share"), [(30, 0.2), (99, 0.1)])
def test_the_truth_is_missed_no_more_often_than_is_said(n: int, share: float) -> None:
    """A network that is wrong about everything but the order: coverage, over 400 draws, lies where the theorem says."""
    random = np.random.default_rng(0)
    missed = []
    for _ in range(400):
        honest = random.normal(0, 1, (n + 200, 5))
        labels = (honest + random.gumbel(size=honest.shape)).argmax(axis=1)
        likely = log_probabilities(7 * honest**3)
        bound = limit(misfit(likely[:n], labels[:n]), share)
        held = sets(likely[n:], bound)[np.arange(200), labels[n:]]
        missed.append(1 - held.mean())
    # Between share - 1 / (n + 1) and share on average; the mean of 400 moves by about 0.003.
    assert share - 1 / (n + 1) - 0.015 < np.mean(missed) < share + 0.015
