"""Which channels tell classes apart.

A channel's response to a picture is the mean of its map. Its score for class a against b is the probability that
a picture of a excites it more than one of b, ties counting half: the area under the ROC curve (Hanley & McNeil
1982), the same as Mann and Whitney's U over the number of pairs. It needs no scale: 1 and 0 separate fully, 0.5
not at all.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping

import numpy as np


@dataclasses.dataclass(frozen=True)
class Telling:
    """A channel that tells something.

    Attributes:
        layer: its name.
        channel: index from 0.
        score: in [0, 1]; what for, says the function.
    """

    layer: str
    channel: int
    score: float


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


def between(
    responses: Mapping[str, np.ndarray], labels: np.ndarray, first: int, second: int, most: int = 6
) -> list[Telling]:
    """The channels that separate two classes best, the best first.

    Args:
        responses: by layer, ``(N, C)``.
        labels: ``(N,)``.
        first, second: classes, each with at least one picture.
        most: how many.

    Returns:
        ``score`` is that of ``first`` against ``second``; below 0.5 the channel answers to ``second``.
    """
    found = [
        Telling(layer, channel, float(score))
        for layer, values in responses.items()
        for channel, score in enumerate(separation(values[labels == first], values[labels == second]))
    ]
    return sorted(found, key=lambda one: -abs(one.score - 0.5))[:most]


def alone(
    responses: Mapping[str, np.ndarray], labels: np.ndarray, label: int, most: int = 6
) -> list[Telling]:
    """The channels that answer to one class and no other, the best first.

    Returns:
        ``score`` is the lowest of the class's scores against each other class: what it is worth against the class
        that the channel confuses it with most.
    """
    others = [other for other in np.unique(labels) if other != label]
    found = []
    for layer, values in responses.items():
        own = values[labels == label]
        worst = np.min([separation(own, values[labels == other]) for other in others], axis=0)
        found += [Telling(layer, channel, float(score)) for channel, score in enumerate(worst)]
    return sorted(found, key=lambda one: -one.score)[:most]
