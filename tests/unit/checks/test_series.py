"""Series that are odd: constant, incomplete, of other lengths, with spikes, copied."""

from __future__ import annotations

import numpy as np
import pytest

from prunelle.checks.list import CHECKS
from tests.unit.checks.made import found, of_series, waves

KINDS = [kind for check in CHECKS if check.of == ("series",) for kind in check.kinds]


@pytest.mark.parametrize("kind", KINDS)
def test_clean_waves_give_nothing(kind: str) -> None:
    assert found(of_series(*waves(80), test=20), kind) == []


def test_constant_series_and_constant_channels() -> None:
    series, labels = waves(40)
    series[3] = np.full((60, 1), 5, np.float32)
    series[8] = np.full((60, 1), np.nan, np.float32)
    series[8][0] = 1
    (one,) = found(of_series(series, labels), "constant")
    assert one.rows == (3, 8)
    two = [np.concatenate([each, np.zeros_like(each)], axis=1) for each in waves(40)[0]]
    (channel,) = found(of_series(two, labels), "constant")
    assert channel.what.en == "Channel 1 does not vary in any series."


def test_missing_values_are_counted() -> None:
    series, labels = waves(40)
    series[7][:30] = np.nan
    series[9][20:26] = np.nan
    (one,) = found(of_series(series, labels), "missing values")
    assert one.rows == (7,)
    assert "lacks 50 %; of all values, 1.5 % are missing" in one.what.en.replace("\xa0", " ")


def test_lengths() -> None:
    series, labels = waves(60)
    series[5] = waves(1, length=15)[0][0]
    series[6] = waves(1, length=300)[0][0]
    (one,) = found(of_series(series, labels), "unusual length")
    assert one.rows == (6, 5)
    assert "train[6] has 300 steps, the middle one 60." in one.what.en
    # Where lengths differ by nature, none is unusual.
    rng = np.random.default_rng(0)
    various = [rng.normal(size=(int(rng.integers(10, 400)), 1)).astype(np.float32) for _ in range(60)]
    assert found(of_series(various, labels), "unusual length") == []


def test_a_spike_is_one_value_and_a_step_or_a_burst_is_none() -> None:
    series, labels = waves(60)
    series[11][40] = 9999
    series[20][30:] += 50  # a step
    series[21][10:20] *= 30  # a burst of waves
    (one,) = found(of_series(series, labels), "spikes")
    assert one.rows[0] == 11
    assert 20 not in one.rows
    assert "train[11] is 9999 at step 40" in one.what.en


def test_copies_by_where_they_are() -> None:
    series, labels = waves(60)
    series[55] = series[3].copy()  # judged, too; its label is that of 3
    series[8] = series[7].copy()  # another label
    series[12] = series[10].copy()
    inspected = of_series(series, labels, test=10)
    assert [one.rows for one in found(inspected, "copies across splits")] == [(3, 55)]
    assert [one.rows for one in found(inspected, "copies under two labels")] == [(7, 8)]
    assert [one.rows for one in found(inspected, "copies")] == [(10, 12)]
