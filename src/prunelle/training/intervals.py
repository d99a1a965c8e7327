"""95 % intervals: of accuracies, of their mean over classes, of their difference, and of means of bounded values."""

from __future__ import annotations

import math

import numpy as np

Z = 1.959963984540054
"""The normal distribution's 97.5th percentile."""


def wilson_interval(successes: float, n: float) -> tuple[float, float]:
    """The 95 % Wilson score interval of a proportion (Wilson 1927), ``(low, high)`` in [0, 1].

    Unlike the normal approximation it stays inside [0, 1] and holds for small n and for accuracies near 1. Where ``n``
    is an effective number of examples, neither is a whole number.
    """
    if n == 0:
        return 0.0, 1.0
    p = successes / n
    centre = (p + Z**2 / (2 * n)) / (1 + Z**2 / n)
    half = Z / (1 + Z**2 / n) * math.sqrt(p * (1 - p) / n + Z**2 / (4 * n**2))
    # At the ends the exact bound is 0 or 1; rounding must not leave it a hair outside.
    low = 0.0 if successes == 0 else centre - half
    high = 1.0 if successes == n else centre + half
    return low, high


def balanced_interval(right: np.ndarray, n: np.ndarray) -> tuple[float, float]:
    """95 % interval of the mean of proportions: of a balanced accuracy, from the counts of each class.

    Wilson's, by as many examples as one sample would need to be as precise (the effective sample size of surveys: Korn
    & Graubard 1998, Franco et al. 2019). That is at most what it would be if all classes were as hard; where they are
    of one size, this is the interval of the accuracy. The variance is estimated with an answer more of each kind in
    each class, since a class of which all five are right is not known to be always right. In simulations it covers 92
    to 99 % (docs/lab/results.md), where the usual normal interval covers 40 % of a rare class that is mostly right.

    Args:
        right: ``(K,)``, how many of each class are right. n: ``(K,)``, how many there are, at least one.
    """
    k = len(n)
    if not k:
        return 0.0, 1.0
    smoothed = (right + 1) / (n + 2)
    mean, variance = smoothed.mean(), (smoothed * (1 - smoothed) / n).sum() / k**2
    effective = float(min(mean * (1 - mean) / variance, k**2 / (1 / n).sum()))
    share = float((right / n).mean())
    # All right is all right: the mean of ones is one, whatever their sum is rounded to.
    return wilson_interval(effective if (right == n).all() else share * effective, effective)


def difference_interval(first: tuple[int, int], second: tuple[int, int]) -> tuple[float, float]:
    """95 % interval of the difference of two accuracies on different pictures (Newcombe 1998, method 10).

    Args:
        first, second: ``(right, n)``.
    """
    (p, low, high), (q, low_q, high_q) = ((k / max(n, 1), *wilson_interval(k, n)) for k, n in (first, second))
    gap = p - q
    return gap - math.hypot(p - low, high_q - q), gap + math.hypot(high - p, q - low_q)


def mean_interval(values: np.ndarray, lowest: float, highest: float) -> tuple[float, float]:
    """95 % interval of a mean of values that may be few and far apart, as costs are.

    The score interval: a mean is possible where the one that was found is within 1.96 standard errors of it, the
    standard error being that of the likeliest distribution with that mean (Owen's empirical likelihood, 1988) over the
    values found and the ends of their range. Of zeros and ones it is Wilson's. The normal and the bootstrap interval
    take for impossible what was not seen: without a costly error among 100, their upper end is 0.

    Args:
        values: ``(N,)``, N ≥ 1. lowest, highest: what a value can be.
    """
    found, counts = np.unique(np.asarray(values, np.float64), return_counts=True)
    shares, n = counts / counts.sum(), int(counts.sum())
    # 0.0: of minus nothing the sign is none.
    return 0.0 - _highest_mean(-found, shares, n, -lowest), _highest_mean(found, shares, n, highest)


def _highest_mean(values: np.ndarray, shares: np.ndarray, n: int, highest: float) -> float:
    from scipy.optimize import brentq

    mean, spread = float(values @ shares), highest - float(values.min())

    def beyond(theta: float) -> float:
        return (theta - mean) ** 2 - Z**2 * _variance(values, shares, theta, highest) / n

    start = mean + 1e-9 * spread
    if start >= highest or beyond(start) >= 0:
        return mean
    return float(brentq(beyond, start, highest, xtol=1e-12 * spread))


def _variance(values: np.ndarray, shares: np.ndarray, theta: float, highest: float) -> float:
    """Of the likeliest distribution over ``values`` and ``highest`` with the mean ``theta``, at least that found."""
    from scipy.optimize import brentq

    if theta >= highest:
        return 0.0
    away = values - theta

    def mean_away(tilt: float) -> float:
        return float((shares * away / (1 + tilt * away)).sum())

    # A value found at the very end would make the sum infinite there.
    utmost = -(1 - 1e-12) / (highest - theta)
    tilt = utmost if mean_away(utmost) < 0 else brentq(mean_away, utmost, 0.0)
    weights = shares / (1 + tilt * away)
    rest = max(0.0, 1 - float(weights.sum()))
    return float((weights * away**2).sum()) + rest * (highest - theta) ** 2
