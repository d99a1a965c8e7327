"""95 % intervals of accuracies and of their difference, from counts of right answers."""

from __future__ import annotations

import math

Z = 1.959963984540054
"""The normal distribution's 97.5th percentile."""


def wilson_interval(successes: int, n: int) -> tuple[float, float]:
    """The 95 % Wilson score interval of a proportion (Wilson 1927), ``(low, high)`` in [0, 1].

    Unlike the normal approximation it stays inside [0, 1] and holds for small n and for accuracies near 1.
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


def difference_interval(first: tuple[int, int], second: tuple[int, int]) -> tuple[float, float]:
    """95 % interval of the difference of two accuracies on different pictures (Newcombe 1998, method 10).

    Args:
        first, second: ``(right, n)``.
    """
    (p, low, high), (q, low_q, high_q) = ((k / max(n, 1), *wilson_interval(k, n)) for k, n in (first, second))
    gap = p - q
    return gap - math.hypot(p - low, high_q - q), gap + math.hypot(high - p, q - low_q)
