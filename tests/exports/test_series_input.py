"""Series taken away: ``data.series.prepare``, in NumPy, is the oracle of what stands before the network."""

from __future__ import annotations

import itertools
from pathlib import Path

import numpy as np
import pytest
import torch
from torch import nn

import prunelle as pn
from prunelle.data.series.container import Series
from prunelle.data.series.prepare import prepare
from prunelle.data.series.preprocess import SeriesPreprocess
from prunelle.exports.inputs import inputs_of
from prunelle.networks.layers_1d import MaskedBatchNorm1d, MaskedConv1d, MaskedMaxPool1d, MaskedMean


@pytest.mark.parametrize("fit", ["resample", "pad"])
@pytest.mark.parametrize("normalisation", ["train", "series"])
def test_a_series_becomes_what_is_trained_on(fit: str, normalisation: str) -> None:
    settings = SeriesPreprocess(
        length=20, channels=2, fit=fit, normalisation=normalisation, mean=(0.3, -1.0), std=(2.0, 0.5)
    )
    layer, draw = inputs_of(settings).layer(settings), np.random.default_rng(0)
    for steps, missing in itertools.product((20, 33, 7, 2, 1, 101), (0.0, 0.3, 0.9, 1.0)):
        series = draw.normal(scale=3, size=(steps, 2)).astype(np.float32)
        series[draw.random((steps, 2)) < missing] = np.nan
        # What lies behind a series in a batch, it does not have alone.
        ready = prepare(Series.of([series]), settings)[:, : steps if fit == "pad" else None]
        wanted = settings.normalise(torch.from_numpy(ready).movedim(-1, 1))
        given = layer(torch.from_numpy(series))
        assert given.dtype == torch.float32
        torch.testing.assert_close(given, wanted, rtol=1e-6, atol=1e-6, equal_nan=True)


def test_what_is_infinite_stays_in_its_place() -> None:
    settings = SeriesPreprocess(length=5, mean=(0.0,), std=(1.0,))
    series = torch.tensor([[1.0], [2.0], [torch.inf], [4.0], [5.0]])
    assert inputs_of(settings).layer(settings)(series).flatten().tolist() == [1, 2, torch.inf, 4, 5]


def test_padded_series_with_gaps_are_answered_as_by_the_network(tmp_path: Path) -> None:
    onnxruntime = pytest.importorskip("onnxruntime")
    draw, longest = np.random.default_rng(1), 40
    values = np.full((120, longest), np.nan, np.float32)
    for row, length in zip(values, draw.integers(9, longest + 1, 120), strict=True):
        row[:length] = draw.normal(size=length).cumsum()
        row[draw.integers(1, length - 1)] = np.nan
    np.savez(tmp_path / "walks.npz", X=values, y=np.arange(120) % 3)
    torch.manual_seed(0)
    network = nn.Sequential(
        *(MaskedConv1d(1, 6, 8), MaskedBatchNorm1d(6), nn.ReLU(), MaskedMaxPool1d(3, stride=1, padding=1)),
        *(MaskedMean(), nn.Flatten(), nn.Linear(6, 3)),
    )
    # Shorter than the longest series: what is longer than in training is not cut.
    settings = SeriesPreprocess(length=25, fit="pad", mean=(0.2,), std=(3.0,))
    made = pn.export(
        network,
        output=tmp_path / "walks.onnx",
        preprocess=settings,
        classes="012",
        check=tmp_path / "walks.npz",
        style="quiet",
    )
    assert [len(row.otherwise) for row in made.check.rows] == [0, 0, 0]
    raw, batch = (onnxruntime.InferenceSession(file).get_inputs()[0] for file in made.files[:2])
    assert (raw.name, raw.shape, raw.type) == ("series", ["steps", 1], "tensor(float)")
    assert (batch.name, batch.shape, batch.type) == ("batch", ["examples", 1, "steps"], "tensor(float)")
