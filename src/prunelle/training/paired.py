"""How sure one may be of a difference between two networks that answered the same pictures.

Two things are left to chance: the seed of a training (initial weights, order, dropout), and which pictures the
test happens to hold. Each has its own interval; neither says anything of the other.
"""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Sequence

import numpy as np

from prunelle.training.intervals import Z


@dataclasses.dataclass(frozen=True)
class Estimate:
    """The mean of a figure over seeds.

    Attributes:
        mean: of the values.
        sd: their standard deviation (n - 1); None for a single one.
        interval: 95 % interval of the mean over seeds; None for a single one.
        too_few: the interval holds 0 only because so few values say little of their own spread; were it known, it
            would not.
    """

    mean: float
    sd: float | None
    interval: tuple[float, float] | None
    too_few: bool = False


def over_seeds(
    values: Sequence[float], *, low: float = -math.inf, high: float = math.inf, step: float = 0.0
) -> Estimate:
    """Mean of one value a seed, with Student's 95 % interval: ``mean ± t(n-1) · sd / √n``.

    With two seeds t is 12.7, with three 4.3, with ten 2.3: few seeds say little, and the interval says so.

    Args:
        low, high: no mean can be beyond; an interval ends there.
        step: the values are counted in such steps (a picture of a test). Values that are alike may have come from as
            different ones as a step holds, so a standard deviation of less than that of two neighbours is not believed.
    """
    sample = np.asarray(values, float)
    mean = float(sample.mean())
    if len(sample) < 2:
        return Estimate(mean, None, None)
    from scipy.special import stdtrit

    sd = float(sample.std(ddof=1))
    error = max(sd, step / math.sqrt(2)) / math.sqrt(len(sample))
    half = float(stdtrit(len(sample) - 1, 0.975)) * error
    too_few = Z * error < abs(mean) <= half
    return Estimate(mean, sd, (max(low, mean - half), min(high, mean + half)), too_few)


def over_pictures(first: np.ndarray, second: np.ndarray) -> tuple[float, float]:
    """95 % interval of the difference of two accuracies on the same pictures, for these trained networks.

    For one seed, the adjusted Wald interval of a difference of paired proportions (Agresti & Min 2005): half a
    picture is added to each of the four outcomes, so that it holds where few pictures or none tell the two
    apart. For several, the same with each picture's mean over seeds.

    Args:
        first, second: ``(seeds, N)`` bool, whether each picture was right; their numbers of seeds may differ.
    """
    gaps = first.mean(axis=0) - second.mean(axis=0)
    n = len(gaps) + 2
    mean = float(gaps.sum()) / n
    variance = (float((gaps**2).sum()) + 1) / n - mean**2
    half = Z * math.sqrt(variance / n)
    return max(-1.0, mean - half), min(1.0, mean + half)
