"""Examples unlike all others: far from even their nearest neighbours, by features."""

from __future__ import annotations

import numpy as np

from prunelle.checks.check import Check
from prunelle.checks.finding import Finding
from prunelle.checks.inspected import Inspected
from prunelle.texts import EN, FR, Note, visible

NEIGHBOURS = 5
FAR = 4.0
"""Times the usual spread above the usual distance. 20 photos of things among 2,000 of cats and dogs: 4 in 5 of those
that were farther were such things (docs/lab/results.md)."""

ENOUGH = 50
"""Examples below which it cannot be said what is usual."""

COMPARED = 10_000
"""Others that each is compared with, at most."""

TOLD = 50
_CHUNK = 512


def distances(features: np.ndarray, *, seed: int = 0) -> np.ndarray:
    """``(N,)``: of each example to the fifth nearest of the others, as an angle's chord, in [0, 2].

    Copies are no neighbours: of equal features, one is compared with.

    Args:
        features: ``(N, F)``; what is not finite counts as 0.
        seed: of which are compared with, where there are many.
    """
    features = np.nan_to_num(np.asarray(features, np.float32), posinf=0.0, neginf=0.0)
    norms = np.linalg.norm(features, axis=1, keepdims=True)
    units = features / np.maximum(norms, 1e-12)
    _, first, same = np.unique(units, axis=0, return_index=True, return_inverse=True)
    others = np.sort(np.random.default_rng(seed).permutation(len(first))[:COMPARED])
    compared = units[first[others]]
    k = min(NEIGHBOURS, len(compared) - 1)
    if k < 1:
        return np.zeros(len(units))
    far = np.empty(len(units))
    for start in range(0, len(units), _CHUNK):
        chunk = slice(start, start + _CHUNK)
        squares = 2 - 2 * units[chunk] @ compared.T
        squares[same[chunk][:, np.newaxis] == others] = np.inf  # itself
        far[chunk] = np.partition(squares, k - 1, axis=1)[:, k - 1]
    return np.sqrt(np.clip(far, 0, None))


def scores(far: np.ndarray) -> np.ndarray:
    """``(N,)``: by how many times the usual spread distances are longer than usual."""
    far = np.log(np.maximum(far, 1e-6))
    usual, above = np.quantile(far, [0.5, 0.84])
    # One standard deviation above the middle; of features that nearly all agree, some spread nonetheless.
    return np.asarray((far - usual) / max(above - usual, 0.02))


def _find(inspected: Inspected) -> list[Finding]:
    assert inspected.features is not None
    if len(inspected) < ENOUGH:
        return []
    far = distances(inspected.features)
    score = scores(far)
    usual = max(float(np.median(far)), 1e-6)
    rows = np.flatnonzero(score > FAR)
    rows = rows[np.argsort(-score[rows], kind="stable")][:TOLD]
    return [_finding(inspected, row, float(score[row]), float(far[row]) / usual) for row in rows.tolist()]


def _finding(inspected: Inspected, row: int, score: float, times: float) -> Finding:
    name, label, kind = visible(inspected.names[row]), visible(inspected.label(row)), inspected.kind
    return Finding(
        kind="outlier",
        rows=(row,),
        confidence=float(1 - np.exp(-1.2 * (score - 3))),
        what=Note(
            f"{name} ({label}) is unlike all other {kind.many.en}: the most similar ones are {EN.decimal(times, 1)} "
            "times as far from it as usual.",
            f"{name} ({label}) ne ressemble à aucune des autres {kind.many.fr} : les plus semblables en sont "
            f"{FR.decimal(times, 1)} fois plus éloignées que d’habitude.",
        ),
        advice=Note(
            f"Look whether it belongs here at all. If it shows {label} in a rare way, keep it and add some like it; if "
            "it is something else, leave it out.",
            f"Regardez si elle a sa place ici. Si elle montre {label} d’une façon rare, gardez-la et ajoutez-en de "
            "semblables ; si c’est autre chose, écartez-la.",
        ),
    )


CHECK = Check(
    kinds={"outlier": Note("Unlike all others", "Sans pareilles")},
    of=("pictures", "series"),
    cheap=False,
    needs_features=True,
    find=_find,
)
