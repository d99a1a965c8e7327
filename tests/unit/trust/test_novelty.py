"""What is unlike all that was learned: planted clusters, and the distance by SciPy."""

from __future__ import annotations

import dataclasses
import math

import numpy as np
import pytest
from scipy.spatial.distance import mahalanobis
from sklearn.metrics import roc_auc_score

from prunelle.trust.novelty import Novelty, energy, fit, level
from prunelle.trust.outputs import Outputs


def clusters(random: np.random.Generator, n: int, places: np.ndarray, spread: float = 0.3) -> Outputs:
    """``n`` features around each of ``places``, and logits that say which is nearest."""
    labels = np.repeat(np.arange(len(places)), n)
    features = places[labels] + random.normal(0, spread, (len(labels), places.shape[1]))
    logits = 3 * features @ places.T
    return Outputs(logits=logits, labels=labels, features=features.astype(np.float32))


PLACES = 4 * np.eye(6)[:3]
ELSEWHERE = 4 * np.eye(6)[3:5]


def planted(train_features: bool = True) -> tuple[Novelty, Outputs, Outputs, Outputs]:
    random = np.random.default_rng(0)
    train, validation, test = (clusters(random, n, PLACES) for n in (200, 100, 100))
    unlike = clusters(random, 100, ELSEWHERE)
    unlike = dataclasses.replace(unlike, logits=3 * np.asarray(unlike.features) @ PLACES.T)
    if not train_features:
        train = dataclasses.replace(train, features=None)
    return fit(train, validation), validation, test, unlike


def area(novelty: Novelty, like: Outputs, unlike: Outputs) -> float:
    scores = [novelty.of(each.logits, each.features) for each in (like, unlike)]
    truth = np.repeat([0, 1], [like.n, unlike.n])
    return float(roc_auc_score(truth, np.concatenate(scores)))


def test_planted_clusters_are_told_from_what_was_learned() -> None:
    novelty, validation, test, unlike = planted()
    assert area(novelty, test, unlike) > 0.99
    bound = level(novelty.of(validation.logits, validation.features), 0.05)
    assert (
        novelty.of(test.logits, test.features) > bound
    ).mean() < 0.12  # 300 examples: four deviations of 0.013, and luck
    assert (novelty.of(unlike.logits, unlike.features) > bound).mean() > 0.95


def test_more_of_the_same_is_not_told_from_it() -> None:
    novelty, _, test, _ = planted()
    more = clusters(np.random.default_rng(9), 100, PLACES)
    assert abs(area(novelty, test, more) - 0.5) < 0.1  # a deviation is 0.024


def test_without_features_the_energy_is_left() -> None:
    novelty, _, test, unlike = planted(train_features=False)
    bare = [dataclasses.replace(each, features=None) for each in (test, unlike)]
    assert area(novelty, *bare) > 0.9
    scores = novelty.of(test.logits, None)
    order = np.argsort(scores, kind="stable")
    assert np.all(np.diff(energy(test.logits)[order]) >= 0)


def test_the_distance_is_that_of_mahalanobis() -> None:
    random = np.random.default_rng(1)
    train = clusters(random, 80, PLACES)
    novelty = fit(train, clusters(random, 30, PLACES))
    unit = np.asarray(train.features, np.float64)
    unit /= np.linalg.norm(unit, axis=1, keepdims=True)
    means = np.array([unit[train.labels == k].mean(axis=0) for k in range(3)])
    within = unit - means[train.labels]
    covariance = within.T @ within / len(within)
    covariance += 0.01 * np.trace(covariance) / 6 * np.eye(6)
    inverse = np.linalg.inv(covariance)
    point = np.array([[1.0, 2.0, 0.5, -1.0, 0.0, 3.0]])
    along = point[0] / np.linalg.norm(point)
    wanted = min(mahalanobis(along, mean, inverse) ** 2 for mean in means)
    assert novelty.distance(point)[0] == pytest.approx(wanted, rel=1e-3)


def test_energy_by_hand() -> None:
    np.testing.assert_allclose(energy(np.log([[1.0, 3.0], [2.0, 2.0]])), [-math.log(4)] * 2)
    assert np.isfinite(energy(np.array([[1e5, -1e5]]))).all()


def test_a_sign_that_is_the_same_for_all_does_not_count() -> None:
    """An ensemble gives logarithms of probabilities: their energy is 0."""
    random = np.random.default_rng(0)
    outputs = clusters(random, 50, PLACES)
    likely = outputs.logits + energy(outputs.logits)[:, None]
    novelty = fit(dataclasses.replace(outputs, logits=likely), dataclasses.replace(outputs, logits=likely))
    assert novelty.scale[1] == 0
    assert np.isfinite(novelty.of(likely, outputs.features)).all()


def test_the_level_keeps_the_rate() -> None:
    values = np.arange(1.0, 20.0)  # 19
    assert level(values, 0.05) == 19
    assert level(values, 0.04) == math.inf
    assert level(values, 0.5) == 10
