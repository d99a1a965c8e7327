"""Answering only where a network is sure enough: how sure that must be, for a share of wrong answers that is promised.

The more examples are left unanswered, the fewer of the answered ones are wrong (El-Yaniv & Wiener 2010). The threshold
is chosen on validation examples, and promised: with a certainty of 95 % at most the wanted share of what is answered is
wrong, of examples that come from where the validation ones come from.

The m surest examples have a known number of wrong ones among them; if the true share beyond that threshold were the
wanted one or more, so few would be seen with a probability that the binomial distribution gives (Clopper & Pearson
1934; for thresholds, Geifman & El-Yaniv 2017, *Selective classification for deep neural networks*). Thresholds are
tried from the strictest to the loosest, each at the level that those before it did not use up (fixed-sequence testing
with several starts, Angelopoulos et al. 2021, *Learn then test*; Wiens 2003), so that trying many costs little. That is
exact where surer answers are no more often wrong, which is what sureness is for, and where the examples chose nothing
else. Validation examples chose an epoch and a temperature too, so the test examples measure what became of it.
"""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Sequence

import numpy as np

from prunelle.trust.outputs import log_probabilities

CERTAINTY = 0.95
"""Of the promise, over draws of the validation examples."""

_FIRST = 1.6
"""Sequences of thresholds begin at so many times the number of examples that could keep the promise at all, at twice
as many, and so on, and at all: each has its part of what may go wrong. Found by simulation (1 has no room for a wrong
answer)."""
SHARES = (0.01, 0.02, 0.03, 0.05, 0.075, 0.1, 0.15, 0.2, 0.25, 0.3, 0.4, 0.5)
"""Of wrong answers, that are tried where the wanted one cannot be promised."""


@dataclasses.dataclass(frozen=True, kw_only=True)
class Threshold:
    """From which sureness on a network answers.

    Attributes:
        share: at most that part of what is answered is wrong.
        level: answered is what is surer than this (``sureness``); minus infinity answers everything.
        answered, wrong: of the ``n`` validation examples.
    """

    share: float
    level: float
    answered: int
    wrong: int
    n: int


def sureness(logits: np.ndarray, temperature: float) -> np.ndarray:
    """``(N,)`` float64: the logarithm of the odds of the most probable class, of ``(N, K)`` logits.

    Unlike its probability it does not end at 1, where many answers would look equally sure.
    """
    likely = log_probabilities(logits, temperature)
    first = likely.argmax(axis=1)
    everyone = np.arange(len(likely))
    others = likely.copy()
    others[everyone, first] = -np.inf
    most = others.max(axis=1)
    return np.asarray(likely[everyone, first] - most - np.log(np.exp(others - most[:, None]).sum(axis=1)))


def choose(
    sure: np.ndarray, right: np.ndarray, share: float, certainty: float = CERTAINTY
) -> Threshold | None:
    """The threshold that answers most, of those that keep the promise; None where none does.

    Args:
        sure: ``(n,)`` sureness of validation examples.
        right: ``(n,)`` bool, whether each answer is right.
        share: of wrong answers among the answered, in (0, 1).
        certainty: of the promise, in (0, 1).
    """
    from scipy.special import bdtr

    n = len(sure)
    order = np.argsort(-sure, kind="stable")
    ordered = sure[order]
    answered = np.arange(1, n + 1)
    wrong = np.cumsum(~right[order])
    # So few wrong ones, or fewer, would be seen with this probability if the promise were broken.
    chance = bdtr(wrong, answered, share)
    # A threshold between equals would have to part them.
    parted = np.append(ordered[:-1] > ordered[1:], True) if n else np.empty(0, bool)
    starts = _starts(n, share, 1 - certainty)
    found, allowed = None, 0.0
    for m in range(1, n + 1):
        allowed += starts.get(m, 0.0)
        if not allowed or not parted[m - 1]:
            continue
        if chance[m - 1] <= allowed:
            found = m
        else:
            allowed = 0.0
    if found is None:
        return None
    level = float(ordered[found]) if found < n else -np.inf
    return Threshold(share=share, level=level, answered=found, wrong=int(wrong[found - 1]), n=n)


def _starts(n: int, share: float, level: float) -> dict[int, float]:
    """Number of examples at which a sequence begins → its part of ``level``; none that could not succeed."""
    # Without a single wrong one, (1 - share) ** m must be no more than the level.
    least = math.ceil(math.log(level) / math.log1p(-share))
    if least > n:
        return {}
    places = {n}
    place = _FIRST * least
    while place < n:
        places.add(round(place))
        place *= 2
    return dict.fromkeys(places, level / len(places))


def possible(
    sure: np.ndarray, right: np.ndarray, shares: Sequence[float] = SHARES, certainty: float = CERTAINTY
) -> Threshold | None:
    """The threshold of the least of ``shares`` that can be promised; None where none can. Arguments as ``choose``."""
    found = (choose(sure, right, share, certainty) for share in shares)
    return next((each for each in found if each is not None), None)


def curve(sure: np.ndarray, right: np.ndarray, most: int = 50) -> tuple[np.ndarray, np.ndarray]:
    """Accuracy against coverage: ``(m,)`` shares answered, the surest first, up to 1; ``(m,)`` the accuracy on those.

    Of one's own measure, no promise. At most ``most`` points; equally sure examples are answered together.
    """
    n = len(sure)
    order = np.argsort(-sure, kind="stable")
    ordered = sure[order]
    parted = np.append(ordered[:-1] > ordered[1:], True) if n else np.empty(0, bool)
    ends = np.flatnonzero(parted) + 1
    ends = ends[np.unique(np.linspace(0, len(ends) - 1, min(most, len(ends))).round().astype(np.int64))]
    return ends / max(n, 1), np.cumsum(right[order])[ends - 1] / ends
