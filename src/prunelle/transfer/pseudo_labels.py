"""Labels that a network gives itself: from which confidence they can be taken (Lee 2013, pseudo-label)."""

from __future__ import annotations

import numpy as np

RIGHT = 0.95
"""Share of the answers taken that should be right."""
FEWEST = 10
"""Validation answers that a share can be measured on."""


def threshold(confidence: np.ndarray, right: np.ndarray, *, wanted: float = RIGHT) -> float | None:
    """The lowest confidence from which on at least ``wanted`` of the answers are right.

    Measured on pictures whose classes are known: a network that is too sure of itself gets a higher threshold.

    Args:
        confidence: ``(N,)``, the probability of each answer.
        right: ``(N,)`` bool.
        wanted: a share.

    Returns:
        The threshold; None where no confidence with at least ``FEWEST`` answers above it is high enough.
    """
    order = np.argsort(-confidence, kind="stable")
    taken = np.arange(1, len(order) + 1)
    share = np.cumsum(right[order]) / taken
    sure = confidence[order]
    # Answers of one confidence are taken together.
    last_of_its_kind = np.append(sure[1:] < sure[:-1], True)
    good = np.flatnonzero((share >= wanted) & (taken >= FEWEST) & last_of_its_kind)
    return float(sure[good[-1]]) if len(good) else None
