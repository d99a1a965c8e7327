"""How series become the network's input; one object, stored with every run."""

from __future__ import annotations

import dataclasses
import functools
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, get_args

import numpy as np
import torch

from prunelle.data.series.augment import SeriesAugment
from prunelle.data.series.container import Series
from prunelle.data.series.found import Expected
from prunelle.errors import ArgumentError, DataError, UnknownName
from prunelle.plain import plain_fields
from prunelle.texts import Note

if TYPE_CHECKING:
    from prunelle.data.examples import Pixels, Progress, Split

_FREE = 1 << 30
_MOST_GROWTH = 20
"""Series of lengths that differ may take 1 GB when they are of one length; beyond it, 20 times what they are."""

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
    """

    length: int
    fit: SeriesFit = "resample"
    channels: int = 1
    normalisation: Normalisation = "train"
    mean: tuple[float, ...] = ()
    std: tuple[float, ...] = ()
    steps: int = 0
    label: str = ""

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

    def decode(self, split: Split, *, in_memory: bool = True, progress: Progress | None = None) -> Pixels:
        """``Split.decode``: always in memory, where series are since they were read."""
        from prunelle.data.examples import Pixels

        assert isinstance(split.array, Series)
        return Pixels(self.prepare(split.array, progress, f"preparing {split.name}"), split.labels)

    @property
    def known(self) -> Expected:
        """What reading other files may go by: how the training series were read."""
        return Expected(self.label or None, False, self.steps)

    def read(
        self, file: str | Path, note: Callable[[Note], None] | None = None
    ) -> Iterator[tuple[str, np.ndarray | str]]:
        """Every series of a file, by its name ``file:number`` from 1: ``(T, C)`` prepared, or why it cannot be.

        ``note`` is told how the file was understood.
        """
        from prunelle.data.series.load import read_file

        try:
            found = read_file(Path(file), known=self.known)
            if note is not None:
                words = found.understood
                note(Note(f"{Path(file).name}: {words.en}.", f"{Path(file).name} : {words.fr}."))
            if found.series.channels != self.channels:
                yield (
                    str(file),
                    f"its series have {found.series.channels} channels; the network was trained on {self.channels}",
                )
                return
            prepared = self.prepare(found.series)
        except DataError as error:
            yield str(file), str(error).removeprefix(f"{Path(file)}").lstrip(":, ")
            return
        yield from ((f"{file}:{number}", series) for number, series in enumerate(prepared, 1))

    @staticmethod
    def lists(folder: Path) -> list[Path]:
        """The files of a folder that ``read`` is for, by their names, in that order."""
        from prunelle.data.series.load import series_files

        return series_files(folder)

    def prepare(self, series: Series, progress: Progress | None = None, what: str = "") -> np.ndarray:
        """``(N, T, C)`` float32, interpolated, fitted, each normalised by its own if so; NaN is padding alone.

        ``T`` is ``length``; with ``pad`` it is the longest length where that is more.

        Raises:
            DataError: a few series are so much longer than the others that padding them would take the memory.
        """
        lengths = series.lengths
        longest = int(max(self.length, lengths.max(initial=0))) if self.fit == "pad" else self.length
        as_it_is = self.normalisation != "series" and bool((lengths == longest).all())
        if as_it_is and not np.isnan(series.values).any():
            return series.values.reshape(len(series), longest, series.channels)
        size = 4 * len(series) * longest * series.channels
        if size > max(_FREE, _MOST_GROWTH * series.values.nbytes):
            raise DataError(
                f"{len(series):,} series would take {size / 1e9:.1f} GB at {longest:,} steps each, the longest; all "
                f"together have {len(series.values):,}. Leave the longest out, or resample (--size STEPS)."
            )
        prepared = np.full((len(series), longest, series.channels), np.nan, np.float32)
        for i, one in enumerate(series):
            one = interpolated(one)
            if self.fit == "resample" and len(one) != self.length:
                one = resampled(one, self.length)
            if self.normalisation == "series":
                one = _standardised(one)
            prepared[i, : len(one)] = one
            if progress is not None and i % 1000 == 999:
                progress(what, i + 1, len(series))
        return prepared

    def augmentation(self, text: str) -> SeriesAugment:
        """The random changes that ``text`` asks for, of series: see ``SeriesAugment.parse``."""
        return SeriesAugment.parse(text)

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


def interpolated(series: np.ndarray) -> np.ndarray:
    """``(T, C)`` with NaN → without, linearly in time between the neighbours that are there.

    A channel without a single value becomes 0.
    """
    missing = np.isnan(series)
    if not missing.any():
        return series
    filled = series.copy()
    steps = np.arange(len(series))
    for channel in np.flatnonzero(missing.any(axis=0)):
        gaps = missing[:, channel]
        filled[gaps, channel] = (
            0 if gaps.all() else np.interp(steps[gaps], steps[~gaps], series[~gaps, channel])
        )
    return filled


def resampled(series: np.ndarray, length: int) -> np.ndarray:
    """``(T, C)`` → ``(length, C)``: first and last step kept, linear in between."""
    at = np.linspace(0, len(series) - 1, length)
    steps = np.arange(len(series))
    return np.stack([np.interp(at, steps, channel) for channel in series.T], axis=1).astype(np.float32)


def _standardised(series: np.ndarray) -> np.ndarray:
    """``(T, C)`` → mean 0 and standard deviation 1 along time; a channel that does not vary becomes 0."""
    mean, std = series.mean(axis=0, dtype=np.float64), series.std(axis=0, dtype=np.float64)
    varies = std > 1e-7 * np.abs(mean)
    return np.asarray((series - mean) / np.where(varies & (std > 0), std, 1.0), np.float32)
