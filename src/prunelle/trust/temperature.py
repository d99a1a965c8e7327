"""Temperature scaling (Guo et al. 2017, *On calibration of modern neural networks*, §4.2): one number makes a network
as sure as it should be.

Logits are divided by the temperature that makes the validation examples most probable. No answer changes, only how
sure it is. Deviation from the paper: the truth of each of n examples counts for (n + 1) / (n + 2), and the most
probable other class for the rest, as if one more example had been wrong (Platt 1999, *Probabilistic outputs for support
vector machines*, §2.2). Of a dozen examples that are all right the most probable temperature would be 0, with which the
next mistake is made with certainty; of thousands this changes nothing.
"""

from __future__ import annotations

import numpy as np

from prunelle.trust.outputs import log_probabilities

MOST_EXAMPLES = 5000
"""One number needs no more."""

_GRID = np.linspace(-4.5, 7.0, 24)
"""Logarithms of temperatures."""


def fit_temperature(logits: np.ndarray, labels: np.ndarray) -> float:
    """The temperature, above 0; above 1 where the network is too sure of itself.

    Args:
        logits: ``(N, K)`` of validation examples, N at least 1.
        labels: ``(N,)`` int64, the truths.
    """
    from scipy.optimize import minimize_scalar

    n = len(labels)
    rows = np.linspace(0, n - 1, min(n, MOST_EXAMPLES)).round().astype(np.int64)
    scores, truths, everyone = np.asarray(logits, np.float64)[rows], labels[rows], np.arange(len(rows))
    others = scores.copy()
    others[everyone, truths] = -np.inf
    rivals = others.argmax(axis=1)
    doubt = 1 / (len(rows) + 2)

    def cost(logarithm: float) -> float:
        likely = log_probabilities(scores, float(np.exp(logarithm)))
        return -float(((1 - doubt) * likely[everyone, truths] + doubt * likely[everyone, rivals]).mean())

    # The best place of a grid first, then the bottom beside it.
    best = int(np.argmin([cost(each) for each in _GRID]))
    around = (_GRID[max(0, best - 1)], _GRID[min(len(_GRID) - 1, best + 1)])
    found = minimize_scalar(cost, bounds=around, method="bounded", options={"xatol": 1e-6})
    return float(np.exp(found.x))
