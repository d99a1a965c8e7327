"""Series: from ``(T, C)`` float32 of any length to the network's input, as layers of a graph."""

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
    """``(T, C)`` float32, a value a step and channel."""

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
    """``(T, C)`` → ``(1, C, length)``: resampled linearly in time, normalised. Values must be there: no NaN.

    Where series of a batch are padded, one alone needs no padding: ``(1, C, T)``.
    """

    mean: torch.Tensor
    std: torch.Tensor

    def __init__(self, settings: SeriesPreprocess) -> None:
        super().__init__()
        self.settings = settings
        self.register_buffer("mean", torch.tensor(settings.mean).view(1, -1, 1))
        self.register_buffer("std", torch.tensor(settings.std).view(1, -1, 1))

    def forward(self, series: torch.Tensor) -> torch.Tensor:
        """See the class."""
        values = self._resampled(series) if self.settings.fit == "resample" else series
        if self.settings.normalisation == "series":
            wide = values.double()
            mean, std = wide.mean(dim=0), wide.std(dim=0, correction=0)
            varies = std > 1e-7 * mean.abs()
            values = ((wide - mean) / torch.where(varies, std, torch.ones_like(std))).float()
        return (values.t().unsqueeze(0) - self.mean) / self.std

    def _resampled(self, series: torch.Tensor) -> torch.Tensor:
        """``(T, C)`` → ``(length, C)``."""
        length, steps = self.settings.length, series.shape[0]
        at = torch.arange(length, dtype=torch.float64)
        at = at * ((torch.scalar_tensor(steps, dtype=torch.float64) - 1) / max(length - 1, 1))
        away = torch.abs(torch.arange(steps, dtype=torch.float64).unsqueeze(0) - at.unsqueeze(1))
        return torch.matmul(torch.clamp(1 - away, min=0.0), series.double()).float()
