"""What is kept of many pictures, against NumPy over all activations at once."""

from __future__ import annotations

from statistics import NormalDist

import numpy as np
import pytest
import torch
from torch import nn

import prunelle as pn
from prunelle.look.contrast import ALONE, alone, between, interval, separation
from prunelle.look.hooks import activations
from prunelle.look.layers import examine, outputs_of
from prunelle.look.space import project
from prunelle.look.survey import mean_maps, survey
from tests.unit.look.networks import images, residual, set_weights


def test_a_survey_is_what_all_activations_at_once_give() -> None:
    network = residual().eval()
    anatomy = examine(network, (3, 8, 8))
    batch = images(7)
    found = survey(network, batch.split([3, 3, 1]), anatomy)
    all_at_once = outputs_of(network, batch, anatomy.layers)
    for layer in anatomy.layers:
        values = all_at_once[layer.name].flatten(2).numpy() if layer.has_maps else None
        if values is None:
            values = all_at_once[layer.name].numpy()[..., np.newaxis]
        np.testing.assert_allclose(found.responses[layer.name], values.mean(axis=2), rtol=1e-5, atol=1e-7)
        np.testing.assert_allclose(found.peaks[layer.name], values.max(axis=2), rtol=1e-5)
        np.testing.assert_array_equal(found.places[layer.name], values.argmax(axis=2))
    with torch.no_grad():
        np.testing.assert_allclose(found.outputs, network(batch).numpy(), rtol=1e-5, atol=1e-7)
    # What the dense layer received: the means of the maps, after the functional ReLU.
    expected = activations(network, batch, ["drop"])["drop"].numpy()
    np.testing.assert_allclose(found.features, expected, rtol=1e-5, atol=1e-7)


def test_memory_does_not_grow_with_the_maps() -> None:
    """Nothing that a survey keeps holds on to a map."""
    network = pn.build("course-look")
    anatomy = examine(network, (1, 28, 28))
    found = survey(network, [images(4, 1, 28)] * 3, anatomy)
    kept = [
        value for by_layer in (found.responses, found.peaks, found.places) for value in by_layer.values()
    ] + [found.features, found.outputs]
    assert all(value.base is None or value.base.nbytes <= value.nbytes for value in kept)
    assert sum(value.nbytes for value in kept) < 12 * (2 * 58 * 4 + 58 * 8 + 4 * (3136 + 10)) + 1


def test_dead_saturated_and_redundant_channels_are_found() -> None:
    """Channel 0 is the picture, 1 never reaches above 0, 2 is twice channel 0, 3 its negative, 4 something else."""
    convolution = nn.Conv2d(2, 5, 1)
    set_weights(convolution, [[1, 0], [0, 0], [2, 0], [-1, 0], [0, 1]], [0.0, -1.0, 0.5, 0.0, 0.0])
    network = nn.Sequential(
        convolution, nn.ReLU(), nn.Conv2d(5, 1, 1), nn.Tanh(), nn.Flatten(), nn.Linear(64, 2)
    )
    set_weights(network[2], [[100.0, 0, 0, 0, 0]], [-50.0])
    batch = images(20, 2).abs()
    found = survey(network, batch.split(6), examine(network, (2, 8, 8)))
    health = found.health["0"]
    # -|x| is never above 0, so the ReLU kills channel 3 as well.
    assert health.dead.tolist() == [False, True, False, True, False]
    assert health.redundant.tolist() == [False, False, True, False, False]
    assert health.twin.tolist() == [-1, -1, 0, -1, -1]
    assert health.saturated is None
    drive = 100 * batch[:, 0].double() - 50
    expected = (drive.tanh().abs() >= 0.98).double().mean().item()
    saturated = found.health["2"].saturated
    assert saturated is not None
    np.testing.assert_allclose(saturated, expected, atol=2e-3)
    assert 0.5 < expected < 1


def test_correlations_are_numpys_even_far_from_0() -> None:
    torch.manual_seed(0)
    convolution = nn.Conv2d(2, 3, 1)
    set_weights(convolution, [[1, 0], [1, 0.2], [1, 0.4]], [1000.0, 1000.0, 1000.0])
    batch = images(16, 2)
    network = nn.Sequential(convolution, nn.Flatten(), nn.Linear(192, 2))
    health = survey(network, batch.split(4), examine(network, (2, 8, 8))).health["0"]
    with torch.no_grad():
        values = convolution(batch.double().float()).double().transpose(0, 1).flatten(1).numpy()
    correlation = np.corrcoef(values)
    assert correlation[0, 1] > 0.95 > correlation[0, 2]
    assert correlation[1, 2] > 0.95
    assert health.redundant.tolist() == [False, True, True]
    assert health.twin.tolist() == [-1, 0, 1]


def test_mean_maps() -> None:
    network = pn.build("course-look")
    layer = examine(network, (1, 28, 28)).layers[1]
    batch = images(5, 1, 28)
    (found,) = mean_maps(network, batch.split(2), [(layer, 3)])
    expected = activations(network, batch)["features.3"][:, 3].double().mean(dim=0)
    np.testing.assert_allclose(found, expected.numpy(), rtol=1e-4, atol=1e-7)


def test_separation_is_the_area_under_the_curve() -> None:
    from sklearn.metrics import roc_auc_score

    rng = np.random.default_rng(0)
    # Ties, as ReLUs make them.
    ours, theirs = rng.integers(0, 6, (30, 4)), rng.integers(1, 6, (45, 4))
    truth = np.repeat([1, 0], [30, 45])
    expected = [roc_auc_score(truth, np.concatenate([ours[:, c], theirs[:, c]])) for c in range(4)]
    np.testing.assert_allclose(separation(ours, theirs), expected)


def test_channels_that_tell_classes_apart() -> None:
    labels = np.array([0, 0, 0, 1, 1, 1, 2, 2, 2])
    responses = {
        # Channel 0 answers to class 1 alone, channel 1 to 1 and 2.
        "a": np.array([[0, 1], [1, 0], [2, 2], [9, 7], [8, 8], [7, 9], [1, 8], [2, 9], [0, 7]], np.float32),
        "b": np.array([[5], [5], [5], [5], [5], [5], [5], [5], [5]], np.float32),
    }
    best = between(responses, labels, 0, 1)
    assert [(one.layer, one.channel, one.score) for one in best] == [
        ("a", 0, 0.0),
        ("a", 1, 0.0),
        ("b", 0, 0.5),
    ]
    only = alone(responses, labels, 1)
    assert (only[0].layer, only[0].channel, only[0].score) == ("a", 0, 1.0)
    # Against class 2, channel 1 is right half of the time: that is what it is worth.
    second = next(one for one in only if (one.layer, one.channel) == ("a", 1))
    assert second.score == 0.5


def test_the_interval_of_a_score_as_newcombe_has_it() -> None:
    """Each end is a score whose variance, by his formula, puts the measured one 1.96 deviations away."""
    for score, n, m in ((0.9, 20, 30), (0.5, 8, 8), (1.0, 10, 10), (0.0, 5, 40)):
        low, high = interval(score, n, m)
        for end in {low, high} - {0.0, 1.0}:
            pairs = (n + m) / 2 - 1
            spread = 1 + pairs * ((1 - end) / (2 - end) + end / (1 + end))
            assert abs(score - end) == pytest.approx(
                1.959964 * np.sqrt(end * (1 - end) * spread / (n * m)), rel=1e-4
            )
        assert 0 <= low <= score <= high <= 1
        assert high - low > 0.1
        wider = interval(score, n, m, chosen_from=500)
        assert wider[0] <= low
        assert wider[1] >= high


@pytest.mark.parametrize(("shift", "n"), [(0.0, 12), (1.0, 12), (2.0, 40)])
def test_the_interval_of_a_score_holds_as_often_as_it_says(shift: float, n: int) -> None:
    rng = np.random.default_rng(n)
    ours, theirs = rng.normal(shift, 1, (n, 1500)), rng.normal(0, 1, (n, 1500))
    truth = NormalDist().cdf(shift / 2**0.5)
    held = [low <= truth <= high for low, high in (interval(s, n, n) for s in separation(ours, theirs))]
    assert np.mean(held) > 0.93


def test_the_best_of_many_random_channels_tells_nothing_and_a_real_one_does() -> None:
    rng = np.random.default_rng(0)
    labels = np.repeat(np.arange(4), 50)
    wrong = 0
    for _ in range(40):
        random = {"a": rng.normal(size=(200, 300)).astype(np.float32)}
        wrong += any(alone(random, labels, label, 1)[0].interval[0] > 0.5 for label in range(4))
        wrong += between(random, labels, 0, 1)[0].is_significant
    assert wrong <= 5  # of 80, at 5 %
    # One that answers to class 2 by three deviations, and to class 1 by one.
    random["a"][:, 7] += 3 * (labels == 2) + 1 * (labels == 1)
    found = alone(random, labels, 2, 1)[0]
    assert found.channel == 7
    assert found.is_alone == (found.interval[0] > ALONE)
    random["a"][:, 7] += 3 * (labels == 2)
    assert alone(random, labels, 2, 1)[0].is_alone
    assert not alone(random, labels, 1, 1)[0].is_alone
    assert between(random, labels, 2, 0)[0].is_significant


def test_pca_is_that_of_the_singular_values() -> None:
    features = np.random.default_rng(0).normal(size=(40, 6)) * [5, 3, 1, 1, 1, 1]
    points, share = project(features.astype(np.float32), "pca")
    centred = features - features.mean(axis=0)
    u, s, _ = np.linalg.svd(centred, full_matrices=False)
    expected = (u * s)[:, :2]
    np.testing.assert_allclose(np.abs(points), np.abs(expected), rtol=1e-3, atol=1e-3)
    np.testing.assert_allclose(share, (s[:2] ** 2).sum() / (s**2).sum(), rtol=1e-4)


def test_tsne_keeps_groups_apart_and_is_the_same_each_time() -> None:
    rng = np.random.default_rng(0)
    features = np.concatenate([rng.normal(centre, 0.1, (20, 10)) for centre in (0, 5)]).astype(np.float32)
    points, _ = project(features, "tsne")
    again, _ = project(features, "tsne")
    np.testing.assert_array_equal(points, again)
    distances = np.linalg.norm(points[:, None] - points[None], axis=2)
    same = distances[:20, :20].max(), distances[20:, 20:].max()
    assert distances[:20, 20:].min() > 0.5 * max(same)
    nearest = np.where(np.eye(40), np.inf, distances).argmin(axis=1)
    assert ((nearest < 20) == (np.arange(40) < 20)).all()
