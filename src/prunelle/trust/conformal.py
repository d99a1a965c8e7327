"""Sets of classes that hold the true one as often as is wanted, whatever the network is worth (split conformal
prediction; Vovk et al. 2005, Angelopoulos & Bates 2021).

A class is in the set where it is no less probable than the true class was in all but the wanted share of validation
examples (Sadinle et al. 2019, *Least ambiguous set-valued classifiers*, the smallest sets on average). The most
probable class is always in it: a set that says nothing helps nobody, and with it the truth is missed no more often.

With validation examples that are drawn as the new ones are, at most the wanted share of the sets miss the truth, on
average over such draws: on the whole, not in each class.
"""

from __future__ import annotations

import math

import numpy as np


def misfit(log_probabilities: np.ndarray, labels: np.ndarray) -> np.ndarray:
    """``(N,)``: how improbable the truth is, minus the logarithm of its probability."""
    return np.asarray(-log_probabilities[np.arange(len(labels)), labels])


def limit(misfits: np.ndarray, share: float) -> float:
    """The misfit up to which a class is in the set; infinite where so few examples rule nothing out.

    Args:
        misfits: ``(n,)`` of the truths of validation examples.
        share: of sets that may miss the truth, in (0, 1).
    """
    rank = math.ceil((len(misfits) + 1) * (1 - share) - 1e-9)
    return float(np.sort(misfits)[rank - 1]) if rank <= len(misfits) else math.inf


def least_share(n: int) -> float:
    """Below it, ``n`` examples rule nothing out."""
    return 1 / (n + 1)


def sets(log_probabilities: np.ndarray, limit: float) -> np.ndarray:
    """``(N, K)`` bool: the classes of each set."""
    found = -log_probabilities <= limit
    found[np.arange(len(found)), log_probabilities.argmax(axis=1)] = True
    return np.asarray(found)
