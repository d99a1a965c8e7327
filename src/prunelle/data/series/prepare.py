"""From series as they came to arrays of one length, as a ``SeriesPreprocess`` asks for."""

from __future__ import annotations

import numpy as np

from prunelle.data.pixels import Progress
from prunelle.data.series.container import Series
from prunelle.data.series.preprocess import SeriesPreprocess
from prunelle.errors import DataError
from prunelle.texts import Note

_FREE = 1 << 30
_MOST_GROWTH = 20
"""Series of lengths that differ may take 1 GB when they are of one length; beyond it, 20 times what they are."""


def prepare(
    series: Series, preprocess: SeriesPreprocess, progress: Progress | None = None, what: Note | None = None
) -> np.ndarray:
    """``(N, T, C)`` float32, interpolated, fitted, each normalised by its own if so; NaN is padding alone.

    ``T`` is ``length``; with ``pad`` it is the longest length where that is more.

    Raises:
        DataError: a few series are so much longer than the others that padding them would take the memory.
    """
    lengths = series.lengths
    longest = (
        int(max(preprocess.length, lengths.max(initial=0))) if preprocess.fit == "pad" else preprocess.length
    )
    as_it_is = preprocess.normalisation != "series" and bool((lengths == longest).all())
    if as_it_is and not np.isnan(series.values).any():
        return series.values.reshape(len(series), longest, series.channels)
    size = 4 * len(series) * longest * series.channels
    if size > max(_FREE, _MOST_GROWTH * series.values.nbytes):
        raise DataError(
            f"{len(series):,} series would take {size / 1e9:.1f} GB at {longest:,} steps each, the longest; all "
            f"together have {len(series.values):,}. Leave the longest out, or resample (--size STEPS)."
        )
    prepared = np.full((len(series), longest, series.channels), np.nan, np.float32)
    for i, values in enumerate(series):
        values = interpolated(values)
        if preprocess.fit == "resample" and len(values) != preprocess.length:
            values = resampled(values, preprocess.length)
        if preprocess.normalisation == "series":
            values = _standardised(values)
        prepared[i, : len(values)] = values
        if progress is not None and what is not None and i % 1000 == 999:
            progress(what, i + 1, len(series))
    return prepared


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
    # Below that, what seems to vary is the rounding of float32 around the mean.
    varies = std > 1e-7 * np.abs(mean)
    return np.asarray((series - mean) / np.where(varies & (std > 0), std, 1.0), np.float32)
