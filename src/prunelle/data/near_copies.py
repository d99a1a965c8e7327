"""Which pictures are near copies: the same photo, rescaled, recompressed, mirrored, turned, cropped or brightened a
little, or grey.

Pictures whose ``fingerprints`` correlate are candidates, and with features the nearest neighbours by these. Then each
pair is aligned and its edges are compared (``aligning``).

Of simple pictures, like digits, and of those with many others nearly as near, like the frames of a fixed camera, only
what agrees to the last detail is called a copy.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Sequence

import numpy as np
import torch

from prunelle.data.aligning import Agreement, agreement
from prunelle.data.fingerprints import (
    Candidates,
    best_of_each,
    by_features,
    by_fingerprint,
    fingerprints,
    means,
)

_LEAST_SIDE = 24  # pixels; in smaller pictures there is too little to tell copies from likeness
_THUMBNAIL = 64
_PAIRS_AT_ONCE = 256
_EDGES = 0.85
_WORST = 0.35
_SHARED = 0.6
_COLOURS = 0.0
_EXACT_EDGES = 0.985
_EXACT_WORST = 0.06
_FINE = 48  # pixels a side of a thumbnail
_RICH = 0.55  # the share of a photo that is not flat: nine photos in ten have more, digits have less

Told = Callable[[int, int], None]
"""Called with (how many pairs are compared, how many there are)."""


@dataclasses.dataclass(frozen=True, eq=False)
class Pairs:
    """P pairs of near copies.

    Attributes:
        rows: ``(P, 2)`` int64, the first below the second.
        confidence: ``(P,)`` in [0, 1].
        turned: ``(P,)`` int64, how the second lies beside the first: see ``TURNS``.
    """

    rows: np.ndarray
    confidence: np.ndarray
    turned: np.ndarray

    def __len__(self) -> int:
        return len(self.rows)


TURNS = ("upright", "mirrored", "upside down", "upside down", "turned", "turned", "turned", "turned")
"""The eight ways a square lies on another: mirrored is odd; from 4 on, rows are columns."""


def near_copies(
    images: Sequence[np.ndarray], *, features: np.ndarray | None = None, progress: Told | None = None
) -> Pairs:
    """Pairs of near copies among N pictures.

    Args:
        images: parts of ``(N, H, W, C)`` uint8, one after the other. In those below 24 pixels nothing is looked for.
        features: ``(N, F)`` of a network, whose nearest neighbours are looked at too.
        progress: told how far it is.
    """
    if min(images[0].shape[1:3]) < _LEAST_SIDE:
        return Pairs(np.zeros((0, 2), np.int64), np.zeros(0), np.zeros(0, np.int64))
    prints = fingerprints(images)
    by_print, tenth = by_fingerprint(prints)
    candidates = Candidates.joined([by_print, by_features(features, prints, tenth)])
    agreed = _agreements(images, candidates, progress)
    return _judged(candidates, agreed, fine=_side(images) >= _FINE)


def _side(images: Sequence[np.ndarray]) -> int:
    """Of the thumbnails that are compared, in pixels."""
    height, width = images[0].shape[1:3]
    return max(16, min(_THUMBNAIL, int(height), int(width)) // 8 * 8)


def _agreements(images: Sequence[np.ndarray], candidates: Candidates, progress: Told | None) -> Agreement:
    starts = np.cumsum([0, *map(len, images)])
    height, width = images[0].shape[1:3]
    side = _side(images)
    down, across = means(height, side), means(width, side)

    def thumbnails(rows: torch.Tensor) -> torch.Tensor:
        """``(P, C, S, S)``."""
        numbers = np.searchsorted(starts, rows.numpy(), side="right") - 1
        chosen = np.stack(
            [images[at][row - starts[at]] for at, row in zip(numbers, rows.numpy(), strict=True)]
        )
        levels = torch.from_numpy(chosen.astype(np.float32)).permute(0, 3, 1, 2)
        return down @ levels @ across.T

    parts = []
    for start in range(0, len(candidates.rows), _PAIRS_AT_ONCE):
        some = slice(start, start + _PAIRS_AT_ONCE)
        ones, others = (thumbnails(candidates.rows[some, i]) for i in (0, 1))
        parts.append(agreement(_laid(ones, candidates.turned[some]), others))
        if progress is not None:
            progress(min(start + _PAIRS_AT_ONCE, len(candidates.rows)), len(candidates.rows))
    if not parts:
        return Agreement(*(torch.zeros(0) for _ in dataclasses.fields(Agreement)))
    return Agreement(
        *(torch.cat([getattr(part, field.name) for part in parts]) for field in dataclasses.fields(Agreement))
    )


def _laid(pictures: torch.Tensor, turned: torch.Tensor) -> torch.Tensor:
    """``(P, C, S, S)``, each turned as its number says."""
    turned = turned.view(-1, 1, 1, 1)
    pictures = torch.where(turned >= 4, pictures.transpose(2, 3), pictures)
    pictures = torch.where(turned % 4 >= 2, pictures.flip(2), pictures)
    return torch.where(turned % 2 == 1, pictures.flip(3), pictures)


def _judged(candidates: Candidates, agreed: Agreement, *, fine: bool) -> Pairs:
    """Which candidates are copies; ``fine``: thumbnails show more than a few strokes."""
    rich = agreed.edge_share >= _RICH
    exact = (agreed.edges >= _EXACT_EDGES) & (agreed.worst <= _EXACT_WORST)
    # Two strokes of a few pixels can nearly always be laid on one another.
    exact &= rich | (agreed.in_place >= _EXACT_EDGES) | (candidates.apart & fine)
    lenient = (agreed.edges >= _EDGES) & (agreed.worst <= _WORST) & rich & candidates.apart
    copies = (exact | lenient) & (agreed.shared >= _SHARED) & (agreed.colours >= _COLOURS)
    confidence = (0.5 + 0.5 * (agreed.edges - _EDGES) / (1 - _EDGES)).clamp(0, 1)
    best = best_of_each(
        candidates.rows[copies],
        confidence[copies],
        int(candidates.rows.amax() if len(candidates.rows) else 0) + 1,
    )
    return Pairs(
        candidates.rows[copies][best].numpy(),
        confidence[copies][best].to(torch.float64).numpy(),
        candidates.turned[copies][best].numpy(),
    )


def joined(group: np.ndarray, pairs: np.ndarray) -> np.ndarray:
    """``group: (N,)``, numbers of groups, with the groups of each of ``pairs: (P, 2)`` made one; a group has the
    number of its first row's."""
    parent = {int(number): int(number) for number in np.unique(group)}

    def root(number: int) -> int:
        while parent[number] != number:
            number = parent[number]
        return number

    for one, other in pairs.tolist():
        first, second = sorted((root(int(group[one])), root(int(group[other]))))
        parent[second] = first
    return np.array([root(number) for number in group.tolist()], np.int64)


def members(group: np.ndarray) -> list[np.ndarray]:
    """The rows of each group of at least two."""
    order = np.argsort(group, kind="stable")
    bounds = np.flatnonzero(np.diff(group[order])) + 1
    return [rows for rows in np.split(order, bounds) if len(rows) > 1]
