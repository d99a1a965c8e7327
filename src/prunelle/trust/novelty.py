"""None of these: how unlike all that a network has learned an example is.

Two signs, added: the *energy* of its logits (Liu et al. 2020, *Energy-based out-of-distribution detection*: low logits,
high energy), and the *distance* of its features from the nearest class (Mahalanobis; Lee et al. 2018), in units of how
far these lie apart in training. Each is measured in standard deviations of the validation examples. Features are given
length one first (Sun et al. 2022), and only the directions in which training examples differ most count. Which sign is
better depends on the network: docs/lab/results.md has both, and the sum, measured.
"""

from __future__ import annotations

import dataclasses
import math

import numpy as np

from prunelle.trust.outputs import Outputs

MOST_DIRECTIONS = 256
_RIDGE = 0.01
"""Of the mean variance, added to each: few examples do not tell a small one."""


@dataclasses.dataclass(frozen=True, kw_only=True, eq=False)
class Novelty:
    """What distances are measured by.

    Attributes:
        centre: ``(F,)`` float32, the mean of the training features.
        directions: ``(F, D)`` float32, D at most ``MOST_DIRECTIONS``; scaled so that a distance is a plain length.
        means: ``(K, D)`` float32, of the classes.
        scale: ``(4,)`` float64: mean and standard deviation of the validation examples' energies, and distances.
    """

    centre: np.ndarray
    directions: np.ndarray
    means: np.ndarray
    scale: np.ndarray

    def of(self, logits: np.ndarray, features: np.ndarray | None) -> np.ndarray:
        """``(N,)`` float64, the higher, the more unlike; without ``features`` of the energy alone."""
        signs = energy(logits), self.distance(features) if features is not None else np.zeros(len(logits))
        mean, spread = self.scale[::2], self.scale[1::2]
        return np.asarray(
            sum((sign - m) / s for sign, m, s in zip(signs, mean, spread, strict=True) if s > 0)
            + np.zeros(len(logits))
        )

    def distance(self, features: np.ndarray) -> np.ndarray:
        """``(N,)``: squared distance from the nearest class."""
        places = (_unit(features) - self.centre) @ self.directions
        return np.asarray(
            np.min([((places - mean) ** 2).sum(axis=1) for mean in self.means], axis=0), np.float64
        )


def energy(logits: np.ndarray) -> np.ndarray:
    """``(N,)``: minus the logarithm of the sum of the exponentials of ``(N, K)`` logits."""
    most = logits.max(axis=1)
    return np.asarray(-most - np.log(np.exp(logits - most[:, None]).sum(axis=1)))


def fit(train: Outputs, validation: Outputs) -> Novelty:
    """What is learned of the training examples, and the scale of the validation ones.

    Where either has no features, the energy alone counts.
    """
    scale = [*_spread(energy(validation.logits)), 0.0, 0.0]
    num_classes = validation.logits.shape[1]
    if train.features is None or validation.features is None or len(train.features) < 2:
        nothing = np.zeros((0, 0), np.float32)
        return Novelty(
            centre=np.zeros(0, np.float32),
            directions=nothing,
            means=np.zeros((num_classes, 0), np.float32),
            scale=np.array(scale),
        )
    features = _unit(train.features).astype(np.float64)
    labels = train.labels if train.rows is None else train.labels[train.rows]
    centre = features.mean(axis=0)
    centred = features - centre
    variances, axes = np.linalg.eigh(centred.T @ centred / len(centred))
    axes = axes[:, np.argsort(-variances, kind="stable")[: min(MOST_DIRECTIONS, len(features) - 1)]]
    places = centred @ axes
    present = np.unique(labels)
    means = np.array([places[labels == label].mean(axis=0) for label in present])
    within = places - means[np.searchsorted(present, labels)]
    covariance = within.T @ within / len(within)
    covariance += _RIDGE * max(float(np.trace(covariance)) / len(covariance), 1e-12) * np.eye(len(covariance))
    # Whitened: the length of what comes out is the Mahalanobis distance.
    whitening = np.linalg.inv(np.linalg.cholesky(covariance)).T
    found = Novelty(
        centre=centre.astype(np.float32),
        directions=(axes @ whitening).astype(np.float32),
        means=(means @ whitening).astype(np.float32),
        scale=np.array(scale),
    )
    scale[2:] = _spread(found.distance(validation.features))
    return dataclasses.replace(found, scale=np.array(scale))


def level(unlikeness: np.ndarray, rate: float) -> float:
    """Beyond it an example is said to be unlike; of examples like the validation ones at most ``rate`` are, on average.

    Infinite where so few examples do not reach that far.
    """
    rank = math.ceil((len(unlikeness) + 1) * (1 - rate) - 1e-9)
    return float(np.sort(unlikeness)[rank - 1]) if rank <= len(unlikeness) else math.inf


def _unit(features: np.ndarray) -> np.ndarray:
    lengths = np.linalg.norm(features, axis=1, keepdims=True)
    return np.asarray(features / np.maximum(lengths, 1e-12))


def _spread(values: np.ndarray) -> tuple[float, float]:
    """Mean and standard deviation; a sign that is the same for all, or not finite, does not count."""
    mean, deviation = float(values.mean()), float(values.std())
    counts = math.isfinite(mean) and deviation > 1e-9 * max(1.0, abs(mean))
    return (mean, deviation) if counts else (0.0, 0.0)
