"""Series: from ``(T, C)`` float32 of any length to the network's input, as layers of a graph.

What ``data.series.prepare`` does to a whole series: missing values are interpolated, then it is resampled where
it is not padded, then normalised. All of it takes time in proportion to the length, and no value is
multiplied that is not used, so that infinity stays in its place.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import numpy as np
import torch
from torch import nn

from prunelle.data.series.preprocess import SeriesPreprocess
from prunelle.errors import ArgumentError
from prunelle.exports.inputs.input import Input
from prunelle.texts import Note


class SeriesInput(Input):
    """``(T, C)`` float32, a value a step and channel; NaN where one is missing."""

    raw = "series"
    axes = ("steps", "channels")
    one = Note("series", "série")

    def layer(self, settings: SeriesPreprocess) -> nn.Module:
        return PrepareSeries(settings)

    def example(self, settings: SeriesPreprocess) -> torch.Tensor:
        generator = torch.Generator().manual_seed(0)
        return torch.randn(settings.length + 7, settings.channels, generator=generator)

    def batch_axes(self, settings: SeriesPreprocess) -> Mapping[int, str]:
        """Padded series may be longer than those of the training."""
        return {0: "examples", 2: "steps"} if settings.fit == "pad" else {0: "examples"}

    def read(self, file: Path, settings: SeriesPreprocess) -> np.ndarray:
        raise ArgumentError("series come many to a file; they are checked from data, not from single files.")

    def of_array(self, example: np.ndarray, settings: SeriesPreprocess) -> np.ndarray:
        return np.asarray(example, np.float32)


class PrepareSeries(nn.Module):
    """``(T, C)`` → ``(1, C, length)``, where series of a batch are padded ``(1, C, T)``: one alone needs no padding."""

    mean: torch.Tensor
    std: torch.Tensor

    def __init__(self, settings: SeriesPreprocess) -> None:
        super().__init__()
        self.settings = settings
        self.register_buffer("mean", torch.tensor(settings.mean).view(1, -1, 1))
        self.register_buffer("std", torch.tensor(settings.std).view(1, -1, 1))

    def forward(self, series: torch.Tensor) -> torch.Tensor:
        """See the class."""
        settings = self.settings
        values = _interpolated(series)
        if settings.fit == "resample":
            values = _resampled(values, settings.length)
        values = values.float()
        if settings.normalisation == "series":
            values = _standardised(values)
        return (values.t().unsqueeze(0) - self.mean) / self.std


def _interpolated(series: torch.Tensor) -> torch.Tensor:
    """``(T, C)`` with NaN → float64 without: see ``prepare.interpolated``."""
    steps = series.shape[0]
    wide, present = series.double(), ~series.isnan()
    rank = present.long().cumsum(dim=0)
    at = torch.arange(steps).unsqueeze(1).expand_as(rank)
    # The place of the k-th value that is there in row k; all that are missing share a row behind them.
    rows = torch.where(present, rank - 1, steps)
    places = torch.zeros_like(torch.cat([rank, rank[:1]])).scatter(0, rows, at)
    last = rank[-1:] - 1
    before = places.gather(0, (rank - 1).clamp(min=0))
    after = places.gather(0, torch.minimum(rank, last).clamp(min=0))
    left, right = wide.gather(0, before), wide.gather(0, after)
    between = (right - left) / (after - before).clamp(min=1) * (at - before) + left
    # Before the first value that is there, both neighbours are that one.
    filled = torch.where(after > before, between, left)
    filled = torch.where(last < 0, torch.zeros_like(filled), filled)
    return torch.where(present, wide, filled.float().double())


def _resampled(values: torch.Tensor, length: int) -> torch.Tensor:
    """``(T, C)`` float64 → ``(length, C)``: first and last step kept, linear in between."""
    last = torch.scalar_tensor(values.shape[0], dtype=torch.float64) - 1
    at = torch.arange(length, dtype=torch.float64) * (last / max(length - 1, 1))
    before = torch.minimum(at.floor(), last)
    after = torch.minimum(before + 1, last)
    left, right = values[before.long()], values[after.long()]
    share = (at - before).unsqueeze(1)
    # No product where a step is met: infinity times nothing would be no number.
    return torch.where(share > 0, (right - left) * share + left, left)


def _standardised(values: torch.Tensor) -> torch.Tensor:
    """``(T, C)`` → mean 0 and standard deviation 1 along time; a channel that does not vary becomes 0."""
    wide = values.double()
    mean, std = wide.mean(dim=0), wide.std(dim=0, correction=0)
    varies = (std > 1e-7 * mean.abs()) & (std > 0)
    return ((wide - mean) / torch.where(varies, std, torch.ones_like(std))).float()
