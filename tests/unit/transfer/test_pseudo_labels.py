"""From which confidence answers are right often enough, by hand."""

from __future__ import annotations

import numpy as np
import pytest

from prunelle.transfer.pseudo_labels import threshold


def test_the_lowest_confidence_from_which_on_enough_are_right() -> None:
    confidence = np.arange(20, 0, -1) / 20
    right = np.ones(20, bool)
    right[[11, 12, 15]] = False
    # From the top: 11 of 11, then 11 of 12 (91.7 %), 11 of 13 (84.6 %), 13 of 15 (86.7 %), 13 of 16, … 17 of 20 (85 %).
    shuffled = np.random.default_rng(0).permutation(20)
    for wanted, lowest in ((1.0, 10 / 20), (0.91, 9 / 20), (0.85, 1 / 20), (0.86, 6 / 20)):
        assert threshold(confidence[shuffled], right[shuffled], wanted=wanted) == pytest.approx(lowest)


def test_too_few_answers_say_nothing() -> None:
    assert threshold(np.linspace(0.6, 1, 9), np.ones(9, bool)) is None
    assert threshold(np.linspace(0.6, 1, 100), np.zeros(100, bool)) is None


def test_answers_of_one_confidence_are_taken_together() -> None:
    confidence = np.array([0.99] * 12 + [0.9] * 4)
    right = np.array([True] * 12 + [True, True, False, False])
    assert threshold(confidence, right, wanted=0.9) == 0.99
