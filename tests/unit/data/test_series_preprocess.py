"""What becomes of a series on its way to the network, worked by hand and against NumPy and SciPy."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
import torch
from scipy.interpolate import interp1d

from prunelle.data.augment import Augment
from prunelle.data.batches import Batches
from prunelle.data.kinds import augment_from_json, preprocess_from_json
from prunelle.data.pixels import Pixels
from prunelle.data.preprocess import Preprocess
from prunelle.data.series.augment import SeriesAugment
from prunelle.data.series.container import Series
from prunelle.data.series.kind import TimeSeries
from prunelle.data.series.prepare import interpolated, prepare, resampled
from prunelle.data.series.preprocess import SeriesPreprocess
from prunelle.errors import ArgumentError, UnknownName
from tests.series import waves, write_ts

NAN = np.nan


class TestPrepare:
    def test_missing_values_are_interpolated_in_time(self) -> None:
        series = np.array([[NAN, 1], [2, NAN], [NAN, NAN], [NAN, 4], [8, NAN]], np.float32)
        # 2 at step 1 and 8 at step 4: 4, 6 between; the ends repeat the nearest.
        np.testing.assert_allclose(interpolated(series), [[2, 1], [2, 2], [4, 3], [6, 4], [8, 4]])
        assert np.isnan(series[0, 0])

    def test_resampling_against_scipy(self) -> None:
        series = np.random.default_rng(0).normal(size=(13, 2)).astype(np.float32)
        for length in (5, 13, 40):
            expected = interp1d(np.linspace(0, 1, 13), series, axis=0)(np.linspace(0, 1, length))
            np.testing.assert_allclose(resampled(series, length), expected, atol=1e-6)

    def test_padding_is_nan_and_nothing_is_cut(self) -> None:
        series = Series.of([np.ones((2, 1)), np.full((5, 1), 3.0)])
        prepared = prepare(series, SeriesPreprocess(length=3, fit="pad"))
        np.testing.assert_array_equal(prepared[..., 0], [[1, 1, NAN, NAN, NAN], [3, 3, 3, 3, 3]])
        prepared = prepare(series, SeriesPreprocess(length=3))
        np.testing.assert_array_equal(prepared[..., 0], [[1, 1, 1], [3, 3, 3]])

    def test_each_series_by_its_own(self) -> None:
        series = Series.of([np.array([[1.0, 5], [3, 5]]), np.array([[10.0, 0], [30, 4]])])
        prepared = prepare(series, SeriesPreprocess(length=2, channels=2, normalisation="series"))
        np.testing.assert_allclose(prepared, [[[-1, 0], [1, 0]], [[-1, -1], [1, 1]]])

    def test_what_needs_nothing_is_not_copied(self) -> None:
        series = Series.from_array(np.zeros((4, 6), np.float32))
        assert np.shares_memory(prepare(series, SeriesPreprocess(length=6)), series.values)

    @pytest.mark.parametrize("offset", [0.0, 1e4])
    def test_statistics_of_the_training_set_leave_padding_out(self, offset: float) -> None:
        random = np.random.default_rng(1)
        parts = [random.normal(offset, 3, (int(n), 2)) * [1, 1e-6] for n in random.integers(2, 9, 3000)]
        preprocess = SeriesPreprocess(length=8, fit="pad", channels=2)
        prepared = prepare(Series.of(parts), preprocess)
        found = preprocess.with_statistics(prepared)
        everything = np.concatenate(parts).astype(np.float32).astype(np.float64)
        np.testing.assert_allclose(found.mean, everything.mean(axis=0), rtol=1e-6)
        np.testing.assert_allclose(found.std, everything.std(axis=0), rtol=1e-5)
        batch = torch.from_numpy(prepared).movedim(-1, 1)
        normalised = found.normalise(batch)
        assert normalised.is_contiguous()
        there = normalised[:, 0][~normalised[:, 0].isnan()].double()
        assert abs(float(there.mean())) < 2e-3
        assert float(there.std()) == pytest.approx(1, abs=2e-3)

    def test_a_flat_channel_and_no_normalisation(self) -> None:
        flat = np.full((3, 4, 1), 7.3, np.float32)
        assert SeriesPreprocess(length=4).with_statistics(flat).std == (1.0,)
        plain = SeriesPreprocess(length=4, normalisation="none").with_statistics(flat)
        assert (plain.mean, plain.std) == ((0.0,), (1.0,))

    def test_json_and_back(self) -> None:
        found = SeriesPreprocess(length=4, channels=2, mean=(0.1, 2.0), std=(1.5, 1e-7))
        assert preprocess_from_json(json.loads(json.dumps(found.to_json()))) == found
        pictures = Preprocess(size=(4, 4), channels=1, mean=(0.5,), std=(0.1,))
        assert preprocess_from_json(json.loads(json.dumps(pictures.to_json()))) == pictures

    @pytest.mark.parametrize(
        ("values", "message"),
        [
            ({"length": 0}, "length must be at least 1 step; received 0"),
            ({"length": 3, "fit": "padd"}, "unknown fit of series 'padd'. Did you mean 'pad'"),
            ({"length": 3, "normalisation": "serie"}, "unknown normalisation 'serie'. Did you mean 'series'"),
            ({"length": 3, "channels": 0}, "channels must be at least 1"),
            ({"length": 3, "mean": (1.0, 2.0)}, "mean must have 1 values"),
            ({"length": 3, "std": (0.0,)}, "std must be above 0"),
        ],
    )
    def test_rules(self, values: dict[str, object], message: str) -> None:
        with pytest.raises(ArgumentError, match=message):
            SeriesPreprocess(**values)  # type: ignore[arg-type]

    def test_reading_files_for_prediction(self, tmp_path: Path) -> None:
        series, _ = waves(3, channels=2)
        path = write_ts(tmp_path / "p.ts", series, None)
        preprocess = SeriesPreprocess(length=12, channels=2)
        names, values = zip(*TimeSeries().read(path, preprocess), strict=True)
        assert names == (f"{path}:1", f"{path}:2", f"{path}:3")
        np.testing.assert_array_equal(values[1], resampled(series[1], 12))
        ((name, reason),) = TimeSeries().read(path, SeriesPreprocess(length=12))
        assert (name, reason) == (str(path), "its series have 2 channels; the network was trained on 1")
        path.write_text("@classLabel false\n@data\n1,x:2\n")
        ((name, reason),) = TimeSeries().read(path, preprocess)
        assert reason == "line 3: value 2 is no number: 'x'."
        ((name, reason),) = TimeSeries().read(tmp_path / "none.ts", preprocess)
        assert reason == "is not there."
        assert [file.name for file in TimeSeries().list_files(tmp_path)] == ["p.ts"]


def generator(seed: int = 0) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


def ramps(n: int = 200, length: int = 51, *, shorter: bool = False) -> torch.Tensor:
    """Channel 0 rises from 0 to 1 over the series' own length, channel 1 is twice that: values tell places."""
    series = torch.full((n, 2, length), torch.nan)
    for i in range(n):
        steps = length - (i % 20 if shorter else 0)
        series[i, 0, :steps] = torch.linspace(0, 1, steps)
        series[i, 1, :steps] = 2 * torch.linspace(0, 1, steps)
    return series


class TestAugment:
    def test_nothing_is_nothing(self) -> None:
        series = ramps()
        assert SeriesAugment().apply(series, generator()) is series
        assert not SeriesAugment.parse("none")

    @pytest.mark.parametrize("name", ["jitter", "scaling", "slicing", "warping", "shift"])
    def test_drawn_from_the_generator_alone_and_the_padding_stays(self, name: str) -> None:
        augment, series = SeriesAugment.parse(name), ramps(shorter=True)
        torch.manual_seed(1)
        once = augment.apply(series, generator(5))
        torch.manual_seed(2)
        assert torch.equal(once.nan_to_num(9), augment.apply(series, generator(5)).nan_to_num(9))
        assert not torch.equal(once.nan_to_num(9), augment.apply(series, generator(6)).nan_to_num(9))
        assert torch.equal(once.isnan(), series.isnan())
        assert not torch.equal(once.nan_to_num(9), series.nan_to_num(9))

    def test_shift(self) -> None:
        changed = SeriesAugment(shift=0.2).apply(ramps(2000), generator())
        # A ramp that is shifted by s reads clamp(x + s): s shows where it is not clamped.
        shifts = changed[:, 0, 25] - 0.5
        assert float(shifts.abs().max()) <= 0.2
        assert float(shifts.std()) == pytest.approx(0.4 / 12**0.5, rel=0.05)  # uniform
        expected = (torch.linspace(0, 1, 51) + shifts[:, None]).clamp(0, 1)
        torch.testing.assert_close(changed[:, 0], expected, atol=1e-5, rtol=0)
        torch.testing.assert_close(changed[:, 1], 2 * expected, atol=1e-5, rtol=0)

    def test_slicing_is_a_window_stretched_over_the_length(self) -> None:
        changed = SeriesAugment(slicing=0.5).apply(ramps(2000, shorter=True), generator())[::20, 0]
        begin, end = changed[:, 0], changed[:, -1]
        assert float(begin.min()) >= 0
        assert float(end.max()) <= 1 + 1e-6
        assert float((end - begin).min()) >= 0.5 - 1e-6
        expected = begin[:, None] + (end - begin)[:, None] * torch.linspace(0, 1, 51)
        torch.testing.assert_close(changed, expected, atol=1e-5, rtol=0)

    def test_warping_keeps_the_ends_and_the_order(self) -> None:
        changed = SeriesAugment(warping=0.5).apply(ramps(500, shorter=True), generator())
        for i, length in ((0, 51), (19, 32)):
            one = changed[i, 0, :length]
            assert float(one[0]) == pytest.approx(0, abs=1e-6)
            assert float(one[-1]) == pytest.approx(1, abs=1e-5)
        steps = changed[::20, 0].diff(dim=1) * 50
        # Speeds from 0.5 to 1.5, over a mean speed of 0.5 to 1.5.
        assert 1 / 3 - 1e-3 <= float(steps.min()) < 0.8
        assert 1.2 < float(steps.max()) <= 3 + 1e-3

    def test_warping_integrates_the_speeds(self) -> None:
        """Against SciPy's integral of the interpolated speeds."""
        from scipy.integrate import quad

        from prunelle.data.series.augment import _warped

        speeds = torch.tensor([[0.5, 1.5, 1.0, 0.7, 1.2]])
        places = torch.linspace(0, 1, 9)[None]

        def speed(x: float) -> float:
            return float(np.interp(x, np.linspace(0, 1, 5), speeds[0]))

        whole = quad(speed, 0, 1, limit=200)[0]
        expected = [quad(speed, 0, float(x), limit=200)[0] / whole for x in places[0]]
        np.testing.assert_allclose(_warped(places, speeds)[0], expected, atol=1e-5)

    def test_scaling(self) -> None:
        changed = SeriesAugment(scaling=0.3).apply(ramps(2000), generator())
        factors = changed[:, 0, -1]
        assert 0.7 <= float(factors.min()) < 0.71
        assert 1.29 < float(factors.max()) <= 1.3
        torch.testing.assert_close(changed, ramps(2000) * factors[:, None, None])

    def test_jitter_is_a_share_of_the_channels_own_deviation(self) -> None:
        series = ramps(2000, shorter=True)
        noise = (SeriesAugment(jitter=0.1).apply(series, generator()) - series)[5::20]
        deviation = float(series[5, 0, :46].std(correction=0))
        assert float(noise[:, 0, :46].std()) == pytest.approx(0.1 * deviation, rel=0.03)
        assert float(noise[:, 1, :46].std()) == pytest.approx(0.2 * deviation, rel=0.03)
        assert abs(float(noise[:, 0, :46].mean())) < 0.003

    def test_as_written_on_the_command_line(self) -> None:
        assert SeriesAugment.parse("jitter, slicing=0.8") == SeriesAugment(jitter=0.05, slicing=0.8)
        with pytest.raises(
            UnknownName, match=r"unknown augmentation of series 'flip'.*Known: jitter, none, scaling"
        ):
            SeriesAugment.parse("flip")
        with pytest.raises(ArgumentError, match=r"augment shift must be from 0 to 1; received 2.0"):
            SeriesAugment.parse("shift=2")
        with pytest.raises(ArgumentError, match="slicing must be above 0 and at most 1"):
            SeriesAugment(slicing=0)
        with pytest.raises(ArgumentError, match="augment jitter needs a number; received 'much'"):
            SeriesAugment.parse("jitter=much")

    def test_json_tells_which(self) -> None:
        for augment in (SeriesAugment(shift=0.1), Augment(shift=0.1)):
            assert augment_from_json(json.loads(json.dumps(vars(augment)))) == augment


def test_batches_of_series_are_channels_first() -> None:
    prepared = np.arange(24, dtype=np.float32).reshape(4, 3, 2)
    batches = Batches(Pixels(prepared, np.array([0, 1, 0, 1])), torch.device("cpu"))
    series, labels = batches.take(torch.tensor([2, 0]))
    assert series.shape == (2, 2, 3)
    np.testing.assert_array_equal(series[0], prepared[2].T)
    assert labels.tolist() == [0, 0]
