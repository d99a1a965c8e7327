"""A small training set of a number, for each kind of target: counted by hand."""

from __future__ import annotations

import itertools

import numpy as np
import pytest

from prunelle.data.targets import ONE_CLASS, Number, SeveralLabels

SEVERAL = SeveralLabels()


def test_so_many_of_each_class() -> None:
    labels = np.array([0, 0, 1, 0, 1, 1, 2])
    assert ONE_CLASS.few(labels, 1).tolist() == [0, 2, 6]
    assert ONE_CLASS.few(labels, 2).tolist() == [0, 1, 2, 4, 6]
    assert ONE_CLASS.most_few(labels, "abc") == 1


def test_each_label_has_as_many_and_so_have_those_without_any() -> None:
    labels = np.array([[1, 0], [1, 0], [0, 0], [1, 1], [0, 0], [0, 1], [1, 0]], bool)
    # The first with the first label; the first with the second, which has the first too; the first with none.
    assert SEVERAL.few(labels, 1).tolist() == [0, 2, 3]
    assert SEVERAL.few(labels, 2).tolist() == [0, 1, 2, 3, 4, 5]
    assert SEVERAL.most_few(labels, "ab") == 2


def test_numbers_come_from_each_range_in_turn() -> None:
    numbers = np.arange(200.0)
    rng = np.random.default_rng(0)
    drawn = rng.permutation(numbers)
    for number in (10, 20, 50):
        ranges = (drawn[Number().few(drawn, number)] // 20).astype(int)
        assert np.bincount(ranges, minlength=10).tolist() == [number // 10] * 10
    assert len(set((drawn[Number().few(drawn, 4)] // 20).tolist())) == 4
    assert Number().most_few(numbers, ("age",)) == 200
    assert Number().fewest(numbers, ("age",)) == 20


@pytest.mark.parametrize("seed", range(5))
def test_fewer_are_among_more(seed: int) -> None:
    rng = np.random.default_rng(seed)
    given = {
        ONE_CLASS: rng.integers(0, 4, 80),
        SEVERAL: rng.random((80, 4)) < (0.5, 0.3, 0.2, 0.1),
        Number(): rng.normal(size=80),
    }
    for target, labels in given.items():
        sets = [set(target.few(labels, number).tolist()) for number in (1, 2, 5, 9)]
        assert all(small <= large for small, large in itertools.pairwise(sets))
        assert all(np.diff(target.few(labels, 5)) > 0)
        assert len(target.few(labels, 10_000)) == 80
