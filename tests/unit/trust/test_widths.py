"""Intervals of told numbers: hand-worked ranks, and the promise kept on draws of several laws."""

from __future__ import annotations

import json

import numpy as np
import pytest

from prunelle.trust.widths import least_examples, record, width_of


def test_the_rank_by_hand() -> None:
    # Of 9 distances and 90 %: ⌈10 · 0.9⌉ = 9, the largest; of 8 it would be the ninth of eight.
    assert width_of(record(np.arange(1.0, 10.0), None), 0.9) == 9
    assert width_of(record(np.arange(1.0, 9.0), None), 0.9) is None
    assert width_of(record(np.arange(1.0, 9.0), None), 0.5) == 5
    assert [least_examples(share) for share in (0.5, 0.8, 0.9, 0.95, 0.99)] == [1, 4, 9, 19, 99]


def test_without_validation_nothing_is_promised() -> None:
    found = record(None, np.ones(3))
    assert (found["chosen_on"], found["widths"]) == (None, [])
    assert width_of(found, 0.9) is width_of(None, 0.9) is None


def test_the_test_examples_measure_it_and_it_is_json() -> None:
    found = record(np.linspace(0, 1, 99), np.array([0.2, 0.95, 2.0, 0.4]))
    (entry,) = [each for each in found["widths"] if each["share"] == 0.9]
    assert (entry["test"]["held"], entry["test"]["n"]) == (2, 4)
    json.dumps(found, allow_nan=False)


@pytest.mark.parametrize("draw", ["normal", "standard_cauchy", "exponential"])
def test_it_holds_the_truth_as_often_as_it_says(draw: str) -> None:
    rng = np.random.default_rng(0)
    held = []
    for _ in range(1500):
        distances = np.abs(getattr(rng, draw)(size=41))
        width = width_of(record(distances[:40], None), 0.9)
        assert width is not None
        held.append(distances[40] <= width)
    # Of 40, the expected share is 37/41 = 90.2 %; 1,500 draws have a standard error of 0.8 points.
    assert 0.88 < np.mean(held) < 0.925
