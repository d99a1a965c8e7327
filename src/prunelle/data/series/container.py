"""``Series``: any number of time series, of lengths of their own, in one array."""

from __future__ import annotations

import array
import dataclasses
from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np

from prunelle.errors import ArgumentError


@dataclasses.dataclass(frozen=True, eq=False)
class Series:
    """N series of C channels, one after the other, so that unequal lengths cost no padding.

    Attributes:
        values: ``(sum of the lengths, C)`` float32; NaN where a value is missing.
        starts: ``(N + 1,)`` int64; series i is ``values[starts[i]:starts[i + 1]]``.
    """

    values: np.ndarray
    starts: np.ndarray

    def __len__(self) -> int:
        return len(self.starts) - 1

    def __getitem__(self, index: int) -> np.ndarray:
        """Series ``index``: ``(T, C)``, a view."""
        return self.values[self.starts[index] : self.starts[index + 1]]

    def __iter__(self) -> Iterator[np.ndarray]:
        return (self[i] for i in range(len(self)))

    @property
    def lengths(self) -> np.ndarray:
        """``(N,)`` int64, in steps."""
        return np.diff(self.starts)

    @property
    def channels(self) -> int:
        """C."""
        return int(self.values.shape[1])

    def take(self, indices: np.ndarray) -> Series:
        """The series of ``indices``, copied, in that order."""
        return Series.of([self[int(i)] for i in indices])

    @classmethod
    def of(cls, parts: Sequence[np.ndarray]) -> Series:
        """From ``(T, C)`` arrays, T their own."""
        starts = np.zeros(len(parts) + 1, np.int64)
        np.cumsum([len(part) for part in parts], out=starts[1:])
        return cls(np.concatenate(parts).astype(np.float32, copy=False), starts)

    @classmethod
    def from_array(cls, values: Any, argument: str = "series") -> Series:
        """From ``(N, T)`` or ``(N, T, C)`` numbers, or a list of ``(T,)`` or ``(T, C)`` of any lengths.

        Steps at the end of which every channel is NaN are not there: that is how arrays hold unequal lengths.

        Raises:
            ArgumentError: no numbers, infinite ones, other shapes, an empty series, channels that differ.
        """
        if isinstance(values, list | tuple) and len({np.shape(one)[:1] for one in values}) > 1:
            parts = [_numbers(one, f"{argument}[{i}]") for i, one in enumerate(values)]
            parts = [part[:, np.newaxis] if part.ndim == 1 else part for part in parts]
            for i, part in enumerate(parts):
                if part.ndim != 2 or part.shape[1] != parts[0].shape[1]:
                    raise ArgumentError(
                        f"{argument} must be (T,) or (T, C) each, of the same channels; {argument}[{i}] has shape "
                        f"{part.shape}, the first {parts[0].shape}."
                    )
            return cls.of([_without_tail(part, f"{argument}[{i}]") for i, part in enumerate(parts)])
        whole = _numbers(values, argument)
        if whole.ndim == 2:
            whole = whole[..., np.newaxis]
        if whole.ndim != 3 or 0 in whole.shape:
            raise ArgumentError(
                f"{argument} must be (N, T) or (N, T, C), with at least one series of at least one step; received "
                f"shape {np.shape(values)}."
            )
        n, length, channels = whole.shape
        if np.isnan(whole[:, -1]).all(axis=1).any():
            return cls.of([_without_tail(part, f"{argument}[{i}]") for i, part in enumerate(whole)])
        return cls(whole.reshape(n * length, channels), np.arange(n + 1, dtype=np.int64) * length)


class Gathering:
    """``Series`` in the making, read one after the other: 4 bytes a value, whatever their number and lengths."""

    def __init__(self) -> None:
        self._values = array.array("f")
        self._lengths = array.array("q")
        self.channels = 0

    def __len__(self) -> int:
        return len(self._lengths)

    def add(self, series: np.ndarray) -> None:
        """One more, ``(T, C)`` float32; C as those before."""
        self.channels = series.shape[1]
        self._lengths.append(len(series))
        self._values.frombytes(np.ascontiguousarray(series, np.float32).tobytes())

    def series(self) -> Series:
        """All of them; at least one."""
        starts = np.zeros(len(self) + 1, np.int64)
        np.cumsum(np.frombuffer(self._lengths, np.int64), out=starts[1:])
        return Series(np.frombuffer(self._values, np.float32).reshape(-1, self.channels), starts)


def _numbers(value: Any, argument: str) -> np.ndarray:
    """→ float32, without copying where it is that already."""
    # A torch tensor may be on a GPU, or want gradients.
    array = value.detach().cpu().numpy() if hasattr(value, "detach") else np.asarray(value)
    if array.dtype.kind not in "iufb":
        raise ArgumentError(f"{argument} must be numbers; received {array.dtype}.")
    array = array.astype(np.float32, copy=False)
    if np.isinf(array).any():
        raise ArgumentError(
            f"{argument} must be finite in float32 (NaN for a missing value); received infinite values."
        )
    return array


def _without_tail(part: np.ndarray, argument: str) -> np.ndarray:
    """``(T, C)`` up to the last step that has a value."""
    there = np.flatnonzero(~np.isnan(part).all(axis=1))
    if not len(there):
        raise ArgumentError(f"{argument} has no value at all.")
    return part[: there[-1] + 1]
