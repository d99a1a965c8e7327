"""How series become the network's input; one object, stored with every run.

It holds settings and the arithmetic of a batch; what brings whole series to one length by them is ``series.prepare``.
"""

from __future__ import annotations

import dataclasses
import functools
from collections.abc import Mapping
from typing import Any, Literal, get_args

import numpy as np
import torch

from prunelle.errors import ArgumentError, UnknownName
from prunelle.scalars import plain_fields

SeriesFit = Literal["resample", "pad"]
Normalisation = Literal["train", "series", "none"]


@dataclasses.dataclass(frozen=True, kw_only=True)
class SeriesPreprocess:
    """Length, fit, channels and normalisation of the network's input: ``Preprocess``, for series.

    Missing values are interpolated linearly in time; at the ends they repeat the nearest value.

    Args:
        length: in steps, of the network's input; with ``pad``, of the longest training series.
        fit: how a series of another length gets there. ``resample``: linear interpolation in time. ``pad``:
            steps that are not there are NaN, and the network leaves them out (a longer series is not cut).
        channels: number of values a step.
        normalisation: ``train``: mean 0 and standard deviation 1 over the training series, by channel, so that
            amplitudes still tell series apart; ``series``: each series and channel by its own; ``none``.
        mean, std: per channel, in the units of the data; empty until known from the training series
            (``with_statistics``).
        steps: of every training series as it came, before ``length``; 0 where they differ, or are not known.
        label: the column of the training table that held the labels; empty where files say it themselves. With
            ``steps``, it tells the label of other tables from a value.
        group: the column of the training table that said what series belong to; it is no value in other tables either.
    """

    length: int
    fit: SeriesFit = "resample"
    channels: int = 1
    normalisation: Normalisation = "train"
    mean: tuple[float, ...] = ()
    std: tuple[float, ...] = ()
    steps: int = 0
    label: str = ""
    group: str = ""

    def __post_init__(self) -> None:
        plain_fields(self)
        if self.length < 1:
            raise ArgumentError(f"length must be at least 1 step; received {self.length}.")
        if self.fit not in get_args(SeriesFit):
            raise UnknownName("fit of series", self.fit, get_args(SeriesFit))
        if self.normalisation not in get_args(Normalisation):
            raise UnknownName("normalisation", self.normalisation, get_args(Normalisation))
        if self.channels < 1:
            raise ArgumentError(f"channels must be at least 1; received {self.channels}.")
        for name, values in (("mean", self.mean), ("std", self.std)):
            if values and len(values) != self.channels:
                raise ArgumentError(
                    f"{name} must have {self.channels} values, one a channel; received {values}."
                )
        if any(value <= 0 for value in self.std):
            raise ArgumentError(f"std must be above 0; received {self.std}.")

    @property
    def input_shape(self) -> tuple[int, int]:
        """``(channels, length)`` that the network sees."""
        return self.channels, self.length

    @property
    def example_bytes(self) -> int:
        """Of one prepared series in memory."""
        return 4 * self.channels * self.length

    @property
    def network_options(self) -> dict[str, Any]:
        """What a network by name must be built with: padded series want one that leaves the padding out."""
        return {"masked": True} if self.fit == "pad" else {}

    def with_statistics(self, series: np.ndarray) -> SeriesPreprocess:
        """The same, with mean and std measured on prepared training series, ``(N, T, C)``.

        0 and 1 unless ``normalisation`` is ``train``. A channel without any variation gets a std of 1.
        """
        mean, std = np.zeros(self.channels), np.ones(self.channels)
        if self.normalisation == "train":
            count, total, square = np.zeros(self.channels), np.zeros(self.channels), np.zeros(self.channels)
            for start in range(0, len(series), 1024):  # no second copy of everything in float64
                chunk = series[start : start + 1024].astype(np.float64)
                count += (~np.isnan(chunk)).sum(axis=(0, 1))
                total += np.nansum(chunk, axis=(0, 1))
            mean = total / count
            for start in range(0, len(series), 1024):
                chunk = series[start : start + 1024].astype(np.float64) - mean
                square += np.nansum(chunk**2, axis=(0, 1))
            deviation = np.sqrt(square / count)
            std = np.where(deviation > 1e-7 * np.abs(mean), deviation, 1.0)
            std[std == 0] = 1.0
        # Rounded, so that preprocess.json reads well and carries exactly what training used.
        return dataclasses.replace(
            self,
            mean=tuple(float(f"{value:.7g}") for value in mean),
            std=tuple(float(f"{value:.7g}") for value in std),
        )

    def normalise(self, series: torch.Tensor) -> torch.Tensor:
        """``series: (N, C, T)`` → float32 of the same shape, contiguous, minus mean, over std."""
        if not self.mean or not self.std:
            raise ArgumentError(
                "mean and std are not known yet; call with_statistics(training_series) first."
            )
        mean = _column(self.mean, series.device)
        std = _column(self.std, series.device)
        return ((series.to(torch.float32) - mean) / std).contiguous()

    def to_json(self) -> dict[str, Any]:
        """Plain lists, numbers and strings."""
        values = dataclasses.asdict(self)
        if not self.group:
            del values["group"]  # as in runs of before, which earlier versions read
        return {name: list(value) if isinstance(value, tuple) else value for name, value in values.items()}

    @classmethod
    def from_json(cls, values: Mapping[str, Any]) -> SeriesPreprocess:
        """The inverse of ``to_json``."""
        fields: dict[str, Any] = {
            name: tuple(value) if isinstance(value, list) else value for name, value in values.items()
        }
        return cls(**fields)


@functools.lru_cache(maxsize=16)
def _column(values: tuple[float, ...], device: torch.device) -> torch.Tensor:
    """``(C, 1)`` float32; copied to a GPU once instead of at every batch."""
    with torch.inference_mode(False):  # the same tensor serves in training
        return torch.tensor(values, device=device).view(-1, 1)
