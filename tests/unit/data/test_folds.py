"""Folds: everybody once, class by class, what belongs together never divided; scikit-learn and hand-worked cases."""

from __future__ import annotations

import re

import numpy as np
import pytest
from sklearn.model_selection import LeaveOneGroupOut

from prunelle.data.folds import belonging, folds, separable, set_apart
from prunelle.errors import ArgumentError

ALONE = np.arange(1000)


def test_every_fold_has_its_share_of_every_class() -> None:
    labels = np.repeat(np.arange(3), (50, 23, 7))
    fold = folds(labels, ALONE[:80], 5, 0, classes="abc")
    for label, n in enumerate((50, 23, 7)):
        counts = np.bincount(fold[labels == label], minlength=5)
        assert counts.sum() == n
        assert counts.max() - counts.min() <= 1
    assert np.array_equal(fold, folds(labels, ALONE[:80], 5, 0, classes="abc"))
    assert not np.array_equal(fold, folds(labels, ALONE[:80], 5, 1, classes="abc"))


def test_groups_are_never_divided_and_folds_stay_balanced() -> None:
    random = np.random.default_rng(0)
    groups = np.sort(random.integers(0, 60, 400))
    labels = random.integers(0, 2, 60)[groups]
    fold = folds(labels, groups, 5, 0, classes="ab")
    # The oracle: leaving a group out leaves it out of one fold.
    for _, out in LeaveOneGroupOut().split(labels, labels, groups):
        assert len(set(fold[out].tolist())) == 1
    sizes = np.bincount(fold, minlength=5)
    assert sizes.min() > 0.7 * 80
    shares = np.array([labels[fold == k].mean() for k in range(5)])
    assert np.abs(shares - labels.mean()).max() < 0.1


def test_groups_and_copies_that_touch_are_one_part() -> None:
    groups = np.array(["p", "p", "q", "r", "s", "s"])
    copies = np.array([-1, 4, 4, -1, -1, -1])  # one of p is one of q
    together = belonging(groups, copies, 6)
    assert together[0] == together[1] == together[2]
    assert together[4] == together[5]
    assert len(set(together.tolist())) == 3
    assert belonging(None, None, 4).tolist() == [0, 1, 2, 3]
    assert belonging(None, np.array([7, -1, 7, -1]), 4).tolist() == [0, 1, 0, 3]


def test_a_class_lies_in_as_many_parts_as_can_be_divided() -> None:
    labels, groups = np.array([0, 0, 0, 1, 1, 0]), np.array([0, 0, 1, 1, 2, 3])
    assert separable(labels, groups, 3).tolist() == [3, 2, 0]


@pytest.mark.parametrize(
    ("k", "groups", "message"),
    [
        (
            1,
            ALONE,
            "folds must be at least 2, so that there is something to learn from while one is judged; received 1",
        ),
        (
            5,
            ALONE,
            "folds must be at most the examples of the rarest class, so that each fold has one to judge; received "
            "5, and zebra has 3. Ask for fewer (--folds 3), or add some.",
        ),
        (
            5,
            np.array([*range(20), 20, 20, 20]),
            "received 5, and zebra has 3, of which 1 can be divided. Add some.",
        ),
    ],
)
def test_what_cannot_be_divided(k: int, groups: np.ndarray, message: str) -> None:
    labels = np.repeat([0, 1], (20, 3))
    with pytest.raises(ArgumentError, match=re.escape(message)):
        folds(labels, groups[:23], k, 0, classes=("horse", "zebra"))


def test_validation_is_drawn_from_the_rest_by_whole_parts() -> None:
    random = np.random.default_rng(1)
    groups = np.concatenate([np.arange(60), random.integers(60, 70, 60)])
    labels = np.concatenate([np.arange(60) % 3, (groups[60:] % 3)])
    learned, validated = set_apart(labels, groups, 0.2, 0)
    assert sorted([*learned, *validated]) == list(range(120))
    assert not set(groups[learned].tolist()) & set(groups[validated].tolist())
    assert 12 <= len(validated) <= 36
    assert set(labels[validated].tolist()) == {0, 1, 2} == set(labels[learned].tolist())
    assert len(set_apart(labels, groups, 0, 0)[1]) == 0
