"""What a network gave on a labelled split: all that the rest of this room works on."""

from __future__ import annotations

import dataclasses

import numpy as np


@dataclasses.dataclass(frozen=True, kw_only=True, eq=False)
class Outputs:
    """Logits, truths, and the features that the logits were made of.

    Attributes:
        logits: ``(N, K)`` float64, K at least 2.
        labels: ``(N,)`` int64 in [0, K).
        features: ``(n, F)`` float32, what its last layer was given; None of a network whose layers no hook can follow.
        rows: ``(n,)`` int64, the examples that ``features`` are of; None for all.
    """

    logits: np.ndarray
    labels: np.ndarray
    features: np.ndarray | None = None
    rows: np.ndarray | None = None

    @property
    def n(self) -> int:
        """Number of examples."""
        return len(self.labels)

    @property
    def right(self) -> np.ndarray:
        """``(N,)`` bool: whether the most probable class is the true one."""
        return np.asarray(self.logits.argmax(axis=1) == self.labels)


def log_probabilities(logits: np.ndarray, temperature: float = 1.0) -> np.ndarray:
    """``(N, K)`` float64 logits → logarithms of the probabilities at a temperature, finite where the logits are."""
    scaled = np.asarray(logits, np.float64) / temperature
    scaled = scaled - scaled.max(axis=1, keepdims=True)
    return np.asarray(scaled - np.log(np.exp(scaled).sum(axis=1, keepdims=True)))
