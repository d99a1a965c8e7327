"""Features of examples alone, where there is no network to ask: colours and directions of edges; values of series."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from prunelle.data.pixels import Pixels
from prunelle.data.resizing import as_image

SIDE = 48
"""Pixels that larger pictures are made small to."""

DIRECTIONS = 9
"""Of edges, over half a turn (Dalal & Triggs 2005, "Histograms of Oriented Gradients for Human Detection")."""

STEPS = 64
"""That series are read at."""

_COLOUR_CELLS, _BINS = 2, 4


def pixel_features(pixels: Mapping[str, Pixels]) -> np.ndarray:
    """Of pictures: histograms of the directions of edges in cells, and of colours in quarters. Of series: values, by
    step and by frequency.

    They say little of what photos show (docs/lab/results.md has what they are worth): weights of a network say more.

    Args:
        pixels: by split, ``(N, H, W, C)`` uint8, or ``(N, T, C)`` float32, NaN where nothing is.

    Returns:
        ``(N, F)`` float32, of all splits one after the other.
    """
    of = _of_series if all(part.images.ndim == 3 for part in pixels.values()) else _features
    rows = [of(np.asarray(image)) for part in pixels.values() for image in part.images]
    return np.stack(rows) if rows else np.zeros((0, 1), np.float32)


def _features(image: np.ndarray) -> np.ndarray:
    """Of ``(H, W, C)`` uint8."""
    small = image
    if max(image.shape[:2]) > SIDE:
        small = np.asarray(as_image(image).resize((SIDE, SIDE), reducing_gap=2.0)).reshape(SIDE, SIDE, -1)
    levels = small.astype(np.float32) / 255
    return np.asarray(np.concatenate([_edges(levels.mean(axis=2)), _colours(levels)]), np.float32)


def _of_series(series: np.ndarray) -> np.ndarray:
    """Of ``(T, C)``: ``STEPS`` values, between those that are there, and how strong each frequency is."""
    values = series[~np.isnan(series).all(axis=1)]
    values = np.nan_to_num(values if len(values) else np.zeros_like(series[:1]))
    places = np.linspace(0, len(values) - 1, STEPS)
    steps = np.stack([np.interp(places, np.arange(len(values)), one) for one in values.T])
    strengths = np.abs(np.fft.rfft(steps - steps.mean(axis=1, keepdims=True), axis=1))[:, 1:] / np.sqrt(STEPS)
    return np.asarray(np.concatenate([steps.ravel(), strengths.ravel()]), np.float32)


def _edges(grey: np.ndarray) -> np.ndarray:
    """Lengths of gradients by direction in cells, each cell over the length of what is in the 2 × 2 around it."""
    dy, dx = np.gradient(grey) if min(grey.shape) > 1 else (np.zeros_like(grey), np.zeros_like(grey))
    length, turn = np.hypot(dx, dy), np.mod(np.arctan2(dy, dx), np.pi) / np.pi * DIRECTIONS
    cells = max(1, min(6, min(grey.shape) // 4))
    rows = np.arange(grey.shape[0]) * cells // grey.shape[0]
    columns = np.arange(grey.shape[1]) * cells // grey.shape[1]
    cell = rows[:, np.newaxis] * cells + columns
    low = np.floor(turn)
    share = turn - low
    histogram = np.zeros(cells * cells * DIRECTIONS, np.float32)
    for direction, weight in ((low, length * (1 - share)), (low + 1, length * share)):
        at = cell * DIRECTIONS + direction.astype(np.int64) % DIRECTIONS
        histogram += np.bincount(at.ravel(), weight.ravel(), minlength=len(histogram)).astype(np.float32)
    of_cells = histogram.reshape(cells, cells, DIRECTIONS)
    energy = (of_cells**2).sum(axis=2)
    padded = np.pad(energy, 1, mode="edge")
    around = sum(padded[i : i + cells, j : j + cells] for i in range(3) for j in range(3)) / 9
    return np.asarray(of_cells / np.sqrt(around + 1e-4)[..., np.newaxis]).ravel()


def _colours(levels: np.ndarray) -> np.ndarray:
    """Shares of colours in quarters of the picture, their square roots."""
    bins = np.minimum((levels * _BINS).astype(np.int64), _BINS - 1)
    number = bins[..., 0]
    for channel in range(1, levels.shape[2]):
        number = number * _BINS + bins[..., channel]
    count = int(_BINS ** levels.shape[2])
    halves = [np.array_split(np.arange(side), _COLOUR_CELLS) for side in levels.shape[:2]]
    shares = [
        np.bincount(number[np.ix_(rows, columns)].ravel(), minlength=count) / max(len(rows) * len(columns), 1)
        for rows in halves[0]
        for columns in halves[1]
    ]
    return np.sqrt(np.concatenate(shares))
