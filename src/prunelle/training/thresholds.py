"""The probability from which each of several labels is answered, chosen on validation examples; plain arrays.

For each label the threshold that gives the highest F1 there (Yang 2001 calls it SCut): a rare label's probability
seldom reaches one half, and would never be answered. A threshold chosen by few examples is luck, so a label keeps one
half where fewer than ``LEAST`` examples have it, or lack it, and where the network does not tell those with it from
those without it (one-sided Mann-Whitney test, 5 %): of such a label the highest F1 is always to answer it (Lipton,
Elkan and Naryanaswamy 2014).
"""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Sequence
from typing import Any, Literal

import numpy as np

HALF = 0.5
LEAST = 10
"""Examples with a label, and without it, by which its threshold is chosen."""

_SURE = 1.6448536269514722
"""The normal distribution's 95th percentile."""

Why = Literal["no validation", "few", "untold"]


@dataclasses.dataclass(frozen=True, kw_only=True)
class Threshold:
    """Of one label.

    Attributes:
        label: its name.
        value: the probability from which it is answered.
        positives: validation examples that have it.
        kept: why ``value`` is one half and not chosen; None where it was chosen.
        f1: on the validation examples, at ``value``. f1_at_half: at one half. Both flatter: they were chosen by these.
    """

    label: str
    value: float = HALF
    positives: int = 0
    kept: Why | None = None
    f1: float | None = None
    f1_at_half: float | None = None

    def to_json(self) -> dict[str, Any]:
        """For ``thresholds.json``."""
        return dataclasses.asdict(self)


def chosen(
    classes: Sequence[str], labels: np.ndarray | None, probabilities: np.ndarray | None
) -> list[Threshold]:
    """One for each label.

    Args:
        classes: their names, K.
        labels: ``(N, K)`` bool, of the validation examples. probabilities: ``(N, K)``, what the network gave them. Both
            None where there are none: one half each.
    """
    if labels is None or probabilities is None or not len(labels):
        return [Threshold(label=name, kept="no validation") for name in classes]
    return [
        _of(name, truth, given)
        for name, truth, given in zip(classes, labels.T, probabilities.T.astype(np.float64), strict=True)
    ]


def _of(label: str, truth: np.ndarray, given: np.ndarray) -> Threshold:
    positives = int(truth.sum())
    at_half = f1_of(truth, given >= HALF)
    few = min(positives, len(truth) - positives) < LEAST
    if few or not _told(truth, given):
        return Threshold(
            label=label,
            positives=positives,
            kept="few" if few else "untold",
            f1=at_half,
            f1_at_half=at_half,
        )
    value = best_threshold(truth, given)
    return Threshold(
        label=label, value=value, positives=positives, f1=f1_of(truth, given >= value), f1_at_half=at_half
    )


def best_threshold(truth: np.ndarray, given: np.ndarray) -> float:
    """The middle between two neighbouring probabilities where F1 is highest; of several such, that nearest to one half.

    Args:
        truth: ``(N,)`` bool, some of each. given: ``(N,)`` probabilities.
    """
    order = np.argsort(-given, kind="stable")
    ranked = given[order]
    right = np.cumsum(truth[order])
    f1 = 2 * right / (np.arange(1, len(given) + 1) + right[-1])
    # Equal probabilities are answered together, or not at all.
    last = np.append(ranked[:-1] > ranked[1:], True)
    best = np.flatnonzero(last & np.isclose(f1, f1[last].max(), rtol=1e-12, atol=0))
    between = (ranked[best] + np.append(ranked, 0.0)[best + 1]) / 2
    return float(between[np.abs(between - HALF).argmin()])


def f1_of(truth: np.ndarray, answered: np.ndarray) -> float:
    """2 TP / (answered + true); 0 where no example has the label and none was answered to have it."""
    both = int(truth.sum() + answered.sum())
    return 2 * int((truth & answered).sum()) / both if both else 0.0


def _told(truth: np.ndarray, given: np.ndarray) -> bool:
    """Whether examples with the label have higher probabilities than those without, beyond luck."""
    n, positives = len(truth), int(truth.sum())
    negatives = n - positives
    values, counts = np.unique(given, return_counts=True)
    # Equal probabilities share the mean of their ranks.
    ranks = (np.cumsum(counts) - (counts - 1) / 2)[np.searchsorted(values, given)]
    above = float(ranks[truth].sum()) - positives * (positives + 1) / 2
    ties = float((counts.astype(np.float64) ** 3 - counts).sum()) / (n * (n - 1))
    spread = math.sqrt(positives * negatives / 12 * (n + 1 - ties))
    # With half a step for the continuity; without spread all probabilities are the same.
    return spread > 0 and above - positives * negatives / 2 - 0.5 > _SURE * spread
