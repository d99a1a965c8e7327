"""Which channels tell classes apart.

A channel's response to a picture is the mean of its map. Its score for class a against b is the probability that
a picture of a excites it more than one of b, ties counting half: the area under the ROC curve (Hanley & McNeil
1982), the same as Mann and Whitney's U over the number of pairs. It needs no scale: 1 and 0 separate fully, 0.5
not at all.

The best of a thousand channels scores well by luck alone. What is said of a score follows from its interval, widened
for the number of channels it was chosen from (Bonferroni).
"""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Mapping
from statistics import NormalDist

import numpy as np

ALONE = 0.75
"""A channel answers to one class alone when a picture of it surely excites the channel more than one of any other class
three times in four."""


@dataclasses.dataclass(frozen=True)
class ChannelScore:
    """A channel that tells something.

    Attributes:
        layer: its name.
        channel: index from 0.
        score: in [0, 1]; what for, says the function.
        interval: where the score lies for all pictures of the kind, at 95 %, though the channel was chosen from all.
    """

    layer: str
    channel: int
    score: float
    interval: tuple[float, float]

    @property
    def is_significant(self) -> bool:
        """Whether the channel surely answers to the two classes differently."""
        return self.interval[0] > 0.5 or self.interval[1] < 0.5

    @property
    def is_alone(self) -> bool:
        """Of ``alone``: the channel surely answers to the class and to no other."""
        return self.interval[0] > ALONE


def separation(ours: np.ndarray, theirs: np.ndarray) -> np.ndarray:
    """The score of each channel for one class against another.

    Args:
        ours: ``(n, C)`` responses to pictures of the one. theirs: ``(m, C)``, of the other.

    Returns:
        ``(C,)`` float64 in [0, 1].
    """
    scores = np.empty(ours.shape[1])
    ordered = np.sort(theirs, axis=0)
    for channel in range(ours.shape[1]):
        below = np.searchsorted(ordered[:, channel], ours[:, channel], side="left")
        up_to = np.searchsorted(ordered[:, channel], ours[:, channel], side="right")
        scores[channel] = (below + up_to).mean() / (2 * len(theirs))
    return scores


def interval(score: float, n: int, m: int, chosen_from: int = 1) -> tuple[float, float]:
    """95 % interval of a score from n and m pictures, the channel chosen from so many (Newcombe 2006, method 5).

    Like Wilson's of a proportion it holds the scores from which the one measured is no surprise, so that it has a
    width where the two classes are fully apart, too.
    """
    # Bonferroni's: the best of so many channels is what is looked at.
    z = NormalDist().inv_cdf(1 - 0.025 / chosen_from)
    pairs = (n + m) / 2 - 1

    def surprise(true: float) -> float:
        variance = true * (1 - true) * (1 + pairs * ((1 - true) / (2 - true) + true / (1 + true))) / (n * m)
        return abs(score - true) - z * math.sqrt(variance)

    def end(near: float, far: float) -> float:
        # Between the score, which is no surprise, and an end of the scale.
        for _ in range(50):
            middle = (near + far) / 2
            near, far = (near, middle) if surprise(middle) > 0 else (middle, far)
        return near

    return end(score, 0.0), end(score, 1.0)


def between(
    responses: Mapping[str, np.ndarray], labels: np.ndarray, first: int, second: int, most: int = 6
) -> list[ChannelScore]:
    """The channels that separate two classes best, the best first.

    Args:
        responses: by layer, ``(N, C)``.
        labels: ``(N,)``.
        first, second: classes, each with at least one picture.
        most: how many.

    Returns:
        ``score`` is that of ``first`` against ``second``; below 0.5 the channel answers to ``second``.
    """
    candidates = [
        (layer, channel, float(score))
        for layer, values in responses.items()
        for channel, score in enumerate(separation(values[labels == first], values[labels == second]))
    ]
    counts = int((labels == first).sum()), int((labels == second).sum())
    best = sorted(candidates, key=lambda one: -abs(one[2] - 0.5))[:most]
    return [ChannelScore(*one, interval(one[2], *counts, chosen_from=len(candidates))) for one in best]


def alone(
    responses: Mapping[str, np.ndarray], labels: np.ndarray, label: int, most: int = 6
) -> list[ChannelScore]:
    """The channels that answer to one class and no other, the best first.

    Returns:
        ``score`` is the lowest of the class's scores against each other class: what it is worth against the class
        that the channel confuses it with most.
    """
    others = [other for other in np.unique(labels) if other != label]
    counts = [int((labels == other).sum()) for other in others]
    n = int((labels == label).sum())
    candidates = []
    for layer, values in responses.items():
        own = values[labels == label]
        scores = np.stack([separation(own, values[labels == other]) for other in others])
        candidates += [(layer, channel, scores[:, channel]) for channel in range(values.shape[1])]
    best = sorted(candidates, key=lambda one: -one[2].min())[:most]
    channel_scores = []
    for layer, channel, scores in best:
        ends = [
            interval(float(score), n, m, chosen_from=len(candidates))
            for score, m in zip(scores, counts, strict=True)
        ]
        # Answering to the one class alone means against each other one; the worst of them decides.
        lows, highs = zip(*ends, strict=True)
        channel_scores.append(ChannelScore(layer, channel, float(scores.min()), (min(lows), min(highs))))
    return channel_scores
