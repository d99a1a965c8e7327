"""Fingerprints of pictures, and which pairs of them may be near copies (``near_copies`` says which are).

A fingerprint is the lowest frequencies of the mean grey (a discrete cosine transform), each divided by what it usually
has in these pictures, so that what is common to all of them says little. A mirror image changes the sign of every other
frequency: one product of the even ones and one of the odd ones compare two pictures both ways.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator, Sequence

import numpy as np
import torch
from torch.nn import functional as F

from prunelle.data.aligning import LUMA

_SIDE = 8  # frequencies
_ALIKE = 0.7  # correlation of fingerprints. Copies: 0.72 at least, cropped ones; other photos: 0.6, rarely
_ALIKE_IN_CROWDS = 0.95
_CONTRAST = 2.0  # levels, standard deviation; in flatter pictures there is nothing to recognise
_NEIGHBOURS = 10
_FEATURE_NEIGHBOURS = 3
_FEATURES_ALIKE = 0.6
_MOST_PAIRS = 12  # a picture, on average, before the correlation that is asked for is raised
_SAMPLE = 256
_ALL_TURNS = 20_000  # pictures; of more, those that were turned or put upside down are not looked for
_BLOCK = 512
_APART = 1.5


def fingerprints(images: Sequence[np.ndarray]) -> torch.Tensor:
    """``(N, 63)`` float32 of length 1; 0 where there is nothing to recognise."""
    spectra = torch.cat([_spectra(part) for part in images if len(part)] or [torch.zeros(0, _SIDE**2)])[:, 1:]
    flat = spectra.norm(dim=1) / 32 < _CONTRAST
    prints = F.normalize(spectra, dim=1)
    if not bool(flat.all()):
        usual = prints[~flat].square().mean(dim=0).sqrt()
        prints = F.normalize(prints / usual.clamp_min(1e-4), dim=1)
    prints[flat] = 0
    return prints


def _spectra(images: np.ndarray) -> torch.Tensor:
    """``(N, 64)``: the lowest frequencies of the mean grey, as of 32×32 pixels."""
    n, height, width, channels = images.shape
    down = _cosines() @ means(height, 32)
    shares = torch.tensor(LUMA if channels == 3 else [1 / channels] * channels)
    across = torch.kron(_cosines() @ means(width, 32), shares).T.contiguous()  # (width · channels, 8)
    parts = []
    for start in range(0, n, _BLOCK):
        levels = torch.from_numpy(np.ascontiguousarray(images[start : start + _BLOCK], np.float32))
        rows = (levels.view(-1, width * channels) @ across).view(-1, height, _SIDE)
        parts.append((rows.transpose(1, 2).reshape(-1, height) @ down.T).view(-1, _SIDE, _SIDE))
    return torch.cat(parts).transpose(1, 2).reshape(n, -1)


def means(pixels: int, parts: int) -> torch.Tensor:
    """``(parts, pixels)``: what makes of a row its means over equal parts."""
    edges = torch.linspace(0, pixels, parts + 1, dtype=torch.float64)
    left = torch.arange(pixels, dtype=torch.float64)
    overlap = torch.minimum(edges[1:, None], left + 1) - torch.maximum(edges[:-1, None], left)
    overlap = overlap.clamp_min(0)
    return (overlap / overlap.sum(dim=1, keepdim=True)).to(torch.float32)


def _cosines() -> torch.Tensor:
    """``(8, 32)``: orthonormal."""
    places, frequencies = torch.arange(32) + 0.5, torch.arange(_SIDE)[:, None]
    cosines = torch.cos(torch.pi / 32 * frequencies * places) / 4
    cosines[0] /= 2**0.5
    return cosines


@dataclasses.dataclass(frozen=True, eq=False)
class Candidates:
    """P pairs that may be near copies.

    Attributes:
        rows: ``(P, 2)`` int64, the first below the second.
        turned: ``(P,)`` int64, how the first lies on the second: ``near_copies.TURNS``.
        apart: ``(P,)`` bool, whether they stand out: few others are as near.
    """

    rows: torch.Tensor
    turned: torch.Tensor
    apart: torch.Tensor

    @classmethod
    def joined(cls, parts: Sequence[Candidates]) -> Candidates:
        """One after the other."""
        return cls(
            torch.cat([part.rows for part in parts]),
            torch.cat([part.turned for part in parts]),
            torch.cat([part.apart for part in parts]),
        )

    @classmethod
    def none(cls) -> Candidates:
        """No pair."""
        return cls(
            torch.zeros(0, 2, dtype=torch.int64), torch.zeros(0, dtype=torch.int64), torch.zeros(0) > 0
        )


def _turns(prints: torch.Tensor) -> Iterator[tuple[int, torch.Tensor]]:
    """The fingerprints of the pictures put upside down, and turned: each with the number of its turn.

    That of the mirror image differs in the sign of the odd frequencies across, whichever it is.
    """
    yield 0, prints
    if len(prints) > _ALL_TURNS:
        return
    squares = F.pad(prints, (1, 0)).view(-1, _SIDE, _SIDE)
    signs = 1 - 2 * (torch.arange(_SIDE) % 2)
    turned = squares.transpose(1, 2)
    for turn, laid in ((2, squares * signs[:, None]), (4, turned), (6, turned * signs[:, None])):
        yield turn, laid.reshape(len(prints), -1)[:, 1:]


def by_fingerprint(prints: torch.Tensor) -> tuple[Candidates, torch.Tensor]:
    """Candidates, and ``(N,)`` how far from each picture its tenth nearest is; 2 where none is near."""
    there = prints.any(dim=1).nonzero()[:, 0]
    tenth = torch.full((len(prints),), 2.0)
    if len(there) < 2:
        return Candidates.none(), tenth
    prints = prints[there]
    least = _least(prints)
    pairs, scores, turned = [], [], []
    for number, queries in _turns(prints):
        for places, score, mirrored in _correlated(queries, prints, least):
            pairs.append(places)
            scores.append(score)
            turned.append(number + mirrored.to(torch.int64))
    if not pairs:
        return Candidates.none(), tenth
    rows, score = torch.cat(pairs), torch.cat(scores)
    best = best_of_each(rows, score, len(prints))
    rows, score, turn = rows[best], score[best], torch.cat(turned)[best]
    near, tenth[there] = _nearest(rows, score, least, len(prints))
    rows, turn, score = there[rows[near]], turn[near], score[near]
    apart = _stand_out(rows, score, tenth)
    # In a crowd only what agrees to the last detail is a copy, and such fingerprints agree too.
    kept = apart | (score >= _ALIKE_IN_CROWDS)
    return Candidates(rows[kept], turn[kept], apart[kept]), tenth


def _least(prints: torch.Tensor) -> float:
    """The correlation of candidates: higher where many pictures are alike, so that there are not too many."""
    n = len(prints)
    drawn = torch.from_numpy(np.random.default_rng(0).permutation(n)[:_SAMPLE])
    scores = _scores(prints[drawn], prints)[0]
    scores[torch.arange(len(drawn)), drawn] = -1
    most = min(_MOST_PAIRS * len(drawn), scores.numel() - 1)
    return max(_ALIKE, float(scores.flatten().kthvalue(scores.numel() - most).values))


def _scores(queries: torch.Tensor, prints: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
    """``(Q, N)``: the correlation, of a picture or of its mirror image, whichever is higher; and which it is."""
    odd = _odd_across()
    uneven = queries[:, odd] @ prints[:, odd].T
    mirrored = uneven < 0
    return torch.addmm(uneven.abs_(), queries[:, ~odd], prints[:, ~odd].T), mirrored


def _odd_across() -> torch.Tensor:
    return (torch.arange(1, _SIDE**2) % _SIDE % 2).to(torch.bool)


def _correlated(
    queries: torch.Tensor, prints: torch.Tensor, least: float
) -> Iterator[tuple[torch.Tensor, torch.Tensor, torch.Tensor]]:
    """``(P, 2)`` rows, the first below the second, that correlate; their scores; whether mirrored."""
    odd = _odd_across()
    even_queries, odd_queries = queries[:, ~odd].contiguous(), queries[:, odd].contiguous()
    even, uneven = prints[:, ~odd].T.contiguous(), prints[:, odd].T.contiguous()
    n = len(prints)
    for start in range(0, n, _BLOCK):
        ours = slice(start, start + _BLOCK)
        for other in range(start, n, _BLOCK):
            theirs = slice(other, other + _BLOCK)
            signed = odd_queries[ours] @ uneven[:, theirs]
            scores = torch.addmm(signed.abs(), even_queries[ours], even[:, theirs])
            if scores.amax() < least:
                continue
            places = (scores >= least).nonzero()
            places = places[places[:, 0] + start < places[:, 1] + other]
            at = places.unbind(dim=1)
            yield places + torch.tensor([start, other]), scores[at], signed[at] < 0


def best_of_each(rows: torch.Tensor, scores: torch.Tensor, n: int) -> torch.Tensor:
    """Which entries stay, each pair once: as it lies best, in the order of the rows."""
    order = scores.argsort(descending=True, stable=True)
    _, first = np.unique((rows[order, 0] * n + rows[order, 1]).numpy(), return_index=True)
    return order[torch.from_numpy(first)]


def _nearest(
    rows: torch.Tensor, scores: torch.Tensor, least: float, n: int
) -> tuple[torch.Tensor, torch.Tensor]:
    """Which pairs are among the nearest few of one of their rows, ``(P,)`` bool; and the tenth distances, ``(N,)``."""
    both, pair = torch.cat([rows[:, 0], rows[:, 1]]), torch.arange(len(rows)).repeat(2)
    order = scores[pair].argsort(descending=True, stable=True)
    order = order[both[order].argsort(stable=True)]
    row, at = both[order], pair[order]
    starts = torch.searchsorted(row, torch.arange(n))
    rank = torch.arange(len(row)) - starts[row]
    near = torch.zeros(len(rows), dtype=torch.bool)
    near[at[rank < _NEIGHBOURS]] = True
    # Where fewer are that near, the next one is at least as far as was looked; far enough, if nothing was crowded.
    tenth = torch.full((n,), 1 - least if least > _ALIKE else 2.0)
    tenth[row[rank == _NEIGHBOURS - 1]] = 1 - scores[at[rank == _NEIGHBOURS - 1]]
    return near, tenth


def _stand_out(rows: torch.Tensor, scores: torch.Tensor, tenth: torch.Tensor) -> torch.Tensor:
    """``(P,)`` bool: the tenth nearest is half as far again at least, on both sides."""
    return (1 - scores) * _APART <= tenth[rows].amin(dim=1)


def by_features(features: np.ndarray | None, prints: torch.Tensor, tenth: torch.Tensor) -> Candidates:
    """The nearest three of each, upright and mirrored.

    Args:
        features: ``(N, F)``, or None. prints: ``(N, 63)``. tenth: as ``by_fingerprint`` gives them.
    """
    if features is None or len(features) < 2:
        return Candidates.none()
    centred = torch.from_numpy(np.nan_to_num(features.astype(np.float32)))
    centred = F.normalize(centred - centred.mean(dim=0), dim=1)
    found = []
    for start in range(0, len(centred), _BLOCK):
        scores = centred[start : start + _BLOCK] @ centred.T
        own = torch.arange(start, start + len(scores))
        scores[torch.arange(len(scores)), own] = -1
        best, theirs = scores.topk(min(_FEATURE_NEIGHBOURS, len(centred) - 1), dim=1)
        rows = torch.stack([own[:, None].expand_as(theirs), theirs], dim=2)
        found.append(rows[best >= _FEATURES_ALIKE])
    pairs = np.unique(torch.cat(found).sort(dim=1).values.numpy(), axis=0)
    rows = torch.from_numpy(pairs).view(-1, 2)
    ones, others = prints[rows[:, 0]], prints[rows[:, 1]]
    rows, signs = rows[ones.any(dim=1) & others.any(dim=1)], 1 - 2 * _odd_across().to(torch.float32)
    ones, others = prints[rows[:, 0]], prints[rows[:, 1]]
    parts = []
    for turn, laid in enumerate((ones, ones * signs)):
        apart = _stand_out(rows, (laid * others).sum(dim=1), tenth)
        parts.append(Candidates(rows, torch.full((len(rows),), turn), apart))
    return Candidates.joined(parts)
