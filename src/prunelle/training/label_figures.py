"""Figures of answers that are several labels, with their intervals: plain arrays, nothing here runs a network.

Labels of one example go together, so what is of several labels at once has its interval by drawing examples again
(percentiles of the bootstrap: Efron 1979). What is a proportion has Wilson's; and F1 is a function of one: of the
examples that have a label or were answered to have it, the share J that both is so (Jaccard), F1 = 2 J / (1 + J).
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from prunelle.training.intervals import wilson_interval

_DRAWS, _LEAST_DRAWS, _WORK = 1000, 200, 40_000_000
_TOGETHER = 4_000_000
"""Weights in memory at a time."""

_SEED = 20_110_905
"""The draws are the same each time: figures of a run do not change between two looks."""


def average_precisions(labels: np.ndarray, probabilities: np.ndarray) -> np.ndarray:
    """``(K,)``: of each label the mean of the precisions at its examples' places (scikit-learn's average precision).

    NaN of a label that no example has.

    Args:
        labels, probabilities: ``(N, K)``.
    """
    weights = np.ones((1, len(labels)))
    return np.array(
        [
            _average_precision(truth, given, weights)[0]
            for truth, given in zip(labels.T, probabilities.T, strict=True)
        ]
    )


def _average_precision(truth: np.ndarray, given: np.ndarray, weights: np.ndarray) -> np.ndarray:
    """``(B,)``, of one label, for each row of ``(B, N)`` weights; NaN where those of its examples are all 0."""
    if not len(truth):
        return np.full(len(weights), np.nan)
    order = np.argsort(-given, kind="stable")
    ranked, heavy = given[order], weights[:, order]
    # Equal probabilities are one place.
    last = np.append(ranked[:-1] > ranked[1:], True)
    right = np.cumsum(heavy * truth[order], axis=1)[:, last]
    answered = np.cumsum(heavy, axis=1)[:, last]
    gained = np.diff(right, axis=1, prepend=0)
    with np.errstate(invalid="ignore", divide="ignore"):
        # A place of no weight gains nothing.
        return np.asarray(np.where(gained > 0, gained * right / answered, 0).sum(axis=1) / right[:, -1])


def mean_average_precision(average_precisions: np.ndarray) -> float:
    """Over the labels that some example has; NaN where no label is."""
    known = average_precisions[~np.isnan(average_precisions)]
    return float(known.mean()) if len(known) else float("nan")


def f1_scores(right: np.ndarray, answered: np.ndarray, there: np.ndarray) -> np.ndarray:
    """F1 by counts; 0 where a label was neither there nor answered, as in scikit-learn."""
    both = answered + there
    return np.asarray(np.where(both > 0, 2 * right / np.maximum(both, 1), 0.0))


def f1_interval(right: int, answered: int, there: int) -> tuple[float, float]:
    """95 %, of one label's F1: Wilson's of the Jaccard index, of which F1 is a rising function."""
    low, high = wilson_interval(right, answered + there - right)
    return 2 * low / (1 + low), 2 * high / (1 + high)


def drawn_again(
    labels: np.ndarray, probabilities: np.ndarray, predicted: np.ndarray
) -> dict[str, np.ndarray]:
    """``(B,)`` each: ``mean_average_precision``, ``micro_f1`` and ``macro_f1`` of B draws of N examples.

    Of so many examples and labels the draws are always the same, so that what two networks reach in them can be
    compared draw by draw.

    Args:
        labels, probabilities, predicted: ``(N, K)``.
    """
    n = len(labels)
    found: dict[str, list[np.ndarray]] = {"mean_average_precision": [], "micro_f1": [], "macro_f1": []}
    there = labels.any(axis=0)
    for weights in _weights(n, labels.shape[1]):
        precisions = np.stack(
            [_average_precision(labels[:, k], probabilities[:, k], weights) for k in np.flatnonzero(there)]
            or [np.full(len(weights), np.nan)],
            axis=1,
        )
        known = ~np.isnan(precisions)
        sums = np.where(known, precisions, 0).sum(axis=1)
        found["mean_average_precision"].append(sums / np.maximum(known.sum(axis=1), 1))
        right, answered, truths = (
            weights @ each.astype(np.float64) for each in (labels & predicted, predicted, labels)
        )
        totals = (each.sum(axis=1) for each in (right, answered, truths))
        found["micro_f1"].append(f1_scores(*totals))
        found["macro_f1"].append(
            f1_scores(right, answered, truths)[:, there].mean(axis=1) if there.any() else sums
        )
    return {name: np.concatenate(parts) for name, parts in found.items()}


def _weights(n: int, num_labels: int) -> Iterator[np.ndarray]:
    """``(B, n)``: how often each example was drawn, in parts; fewer draws of very many examples."""
    draws = int(np.clip(_WORK // max(1, n * num_labels), _LEAST_DRAWS, _DRAWS))
    generator = np.random.default_rng(_SEED)
    at_once = max(1, _TOGETHER // max(1, n))
    for begin in range(0, draws, at_once):
        yield generator.multinomial(n, np.full(n, 1 / n), size=min(at_once, draws - begin)).astype(np.float64)


def between(values: np.ndarray, n: int) -> tuple[float, float]:
    """95 % interval of a figure of ``n`` examples, from its values in draws of them.

    Where all draws agree, as where all answers are right, so few examples would mostly be right of a network that is
    not: the interval then goes down to Wilson's bound for so many right answers out of as many.
    """
    low, high = (float(each) for each in np.percentile(values, [2.5, 97.5]))
    return (min(low, low * wilson_interval(n, n)[0]), high) if high - low < 1e-12 else (low, high)
