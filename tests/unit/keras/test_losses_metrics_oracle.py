"""Losses, metrics, activations and initialisers against the real Keras."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch

from prunelle import keras as ours
from prunelle.errors import ArgumentError, UnknownName
from tests.unit.keras.oracle import numbers, real_keras

PROBABILITIES = np.exp(numbers(12, 4)) / np.exp(numbers(12, 4)).sum(1, keepdims=True)
LABELS = np.random.default_rng(3).integers(0, 4, 12)
ONE_HOT = np.eye(4, dtype=np.float32)[LABELS]
BINARY = (numbers(12, 1, seed=5) > 0).astype(np.float32)
SIGMOID = 1 / (1 + np.exp(-numbers(12, 1, seed=6)))
WEIGHTS = np.random.default_rng(4).random(12).astype(np.float32)

LOSSES: list[tuple[str, dict[str, Any], np.ndarray, np.ndarray]] = [
    ("CategoricalCrossentropy", {}, ONE_HOT, PROBABILITIES),
    ("CategoricalCrossentropy", {"from_logits": True, "label_smoothing": 0.1}, ONE_HOT, numbers(12, 4)),
    ("CategoricalCrossentropy", {"label_smoothing": 0.2}, ONE_HOT, PROBABILITIES),
    ("SparseCategoricalCrossentropy", {}, LABELS, PROBABILITIES),
    ("SparseCategoricalCrossentropy", {"from_logits": True}, LABELS[:, None], numbers(12, 4)),
    ("BinaryCrossentropy", {}, BINARY, SIGMOID),
    ("BinaryCrossentropy", {}, BINARY[:, 0], SIGMOID),
    ("BinaryCrossentropy", {"from_logits": True, "label_smoothing": 0.1}, BINARY, numbers(12, 1)),
    ("BinaryCrossentropy", {}, ONE_HOT, PROBABILITIES),
    ("MeanSquaredError", {}, numbers(12, 3), numbers(12, 3, seed=1)),
    ("MeanAbsoluteError", {}, numbers(12), numbers(12, 1, seed=1)),
    ("Huber", {"delta": 0.7}, numbers(12, 3), numbers(12, 3, seed=1)),
    ("KLDivergence", {}, PROBABILITIES[::-1].copy(), PROBABILITIES),
]


@pytest.mark.parametrize(("name", "arguments", "y_true", "y_pred"), LOSSES, ids=lambda v: str(v)[:40])
@pytest.mark.parametrize("weighted", [False, True])
def test_loss(
    name: str, arguments: dict[str, Any], y_true: np.ndarray, y_pred: np.ndarray, weighted: bool
) -> None:
    keras = real_keras()
    weights = WEIGHTS if weighted else None
    for reduction in ("sum_over_batch_size", "sum", "none"):
        expected = getattr(keras.losses, name)(**arguments, reduction=reduction)(y_true, y_pred, weights)
        found = getattr(ours.losses, name)(**arguments, reduction=reduction)(y_true, y_pred, weights)
        np.testing.assert_allclose(found.numpy(), expected.detach().numpy(), rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize(
    "name",
    [
        *(
            "mean_squared_error",
            "mean_absolute_error",
            "mean_absolute_percentage_error",
            "hinge",
            "squared_hinge",
        ),
        *(
            "mean_squared_logarithmic_error",
            "categorical_hinge",
            "log_cosh",
            "poisson",
            "cosine_similarity",
            "huber",
        ),
    ],
)
def test_loss_function(name: str) -> None:
    keras = real_keras()
    y_true, y_pred = ONE_HOT, PROBABILITIES
    expected = getattr(keras.losses, name)(y_true, y_pred)
    found = getattr(ours.losses, name)(torch.from_numpy(y_true), torch.from_numpy(y_pred))
    np.testing.assert_allclose(found.numpy(), expected.detach().numpy(), rtol=1e-4, atol=1e-6)
    assert ours.losses.get(name) is getattr(ours.losses, name)


METRICS: list[tuple[str, dict[str, Any], np.ndarray, np.ndarray]] = [
    ("BinaryAccuracy", {}, BINARY, SIGMOID),
    ("BinaryAccuracy", {"threshold": 0.3}, BINARY, SIGMOID),
    ("CategoricalAccuracy", {}, ONE_HOT, PROBABILITIES),
    ("SparseCategoricalAccuracy", {}, LABELS, PROBABILITIES),
    ("TopKCategoricalAccuracy", {"k": 2}, ONE_HOT, PROBABILITIES),
    ("SparseTopKCategoricalAccuracy", {"k": 2}, LABELS, PROBABILITIES),
    ("MeanSquaredError", {}, ONE_HOT, PROBABILITIES),
    ("RootMeanSquaredError", {}, ONE_HOT, PROBABILITIES),
    ("BinaryCrossentropy", {}, BINARY, SIGMOID),
    ("CategoricalCrossentropy", {}, ONE_HOT, PROBABILITIES),
    ("Precision", {}, BINARY, SIGMOID),
    ("Precision", {"thresholds": [0.3, 0.6]}, BINARY, SIGMOID),
    ("Precision", {"top_k": 2}, ONE_HOT, PROBABILITIES),
    ("Recall", {}, BINARY, SIGMOID),
    ("Recall", {"class_id": 1, "thresholds": 0.3}, ONE_HOT, PROBABILITIES),
    ("TruePositives", {}, BINARY, SIGMOID),
    ("FalsePositives", {"thresholds": 0.4}, BINARY, SIGMOID),
    ("TrueNegatives", {}, BINARY, SIGMOID),
    ("FalseNegatives", {}, BINARY, SIGMOID),
    ("AUC", {}, BINARY, SIGMOID),
    ("AUC", {"curve": "PR"}, BINARY, SIGMOID),
    ("AUC", {"num_thresholds": 9}, BINARY, SIGMOID),
    ("AUC", {}, ONE_HOT, PROBABILITIES),
]


@pytest.mark.parametrize(("name", "arguments", "y_true", "y_pred"), METRICS, ids=lambda v: str(v)[:40])
@pytest.mark.parametrize("weighted", [False, True])
def test_metric(
    name: str, arguments: dict[str, Any], y_true: np.ndarray, y_pred: np.ndarray, weighted: bool
) -> None:
    """Two batches of unlike sizes, then begun again."""
    keras = real_keras()
    mine, theirs = getattr(ours.metrics, name)(**arguments), getattr(keras.metrics, name)(**arguments)
    assert mine.name == theirs.name.rstrip("_0123456789")
    for _ in range(2):
        for rows in (slice(0, 8), slice(8, 12)):
            weights = WEIGHTS[rows] if weighted else None
            for metric in (mine, theirs):
                metric.update_state(y_true[rows], y_pred[rows], weights)
        expected = theirs.result()
        np.testing.assert_allclose(
            np.asarray(mine.result()), expected.detach().cpu().numpy(), rtol=1e-5, atol=1e-6
        )
        mine.reset_state()
        theirs.reset_state()


INITIALIZERS: list[tuple[str, dict[str, Any]]] = [
    *(
        (name, {})
        for name in ("GlorotUniform", "GlorotNormal", "HeUniform", "HeNormal", "LecunUniform", "LecunNormal")
    ),
    ("RandomNormal", {"mean": 0.5, "stddev": 0.2}),
    ("RandomUniform", {"minval": -1.0, "maxval": 3.0}),
    ("TruncatedNormal", {"stddev": 0.3}),
    ("VarianceScaling", {"scale": 3.0, "mode": "fan_out", "distribution": "untruncated_normal"}),
    ("Orthogonal", {"gain": 2.0}),
]


@pytest.mark.parametrize(("name", "arguments"), INITIALIZERS, ids=str)
@pytest.mark.parametrize("shape", [(3, 3, 16, 40), (90, 60)], ids=str)
def test_initializer_draws_from_kerass_law(
    name: str, arguments: dict[str, Any], shape: tuple[int, ...]
) -> None:
    keras = real_keras()
    mine = getattr(ours.initializers, name)(**arguments, seed=1)(shape).numpy().ravel()
    theirs = getattr(keras.initializers, name)(**arguments, seed=2)(shape).detach().cpu().numpy().ravel()
    from scipy.stats import ks_2samp

    # Same law: two samples of 5,400 values or more; a wrong scale of 10 % has p below 1e-6.
    assert ks_2samp(mine, theirs).pvalue > 1e-4
    if name not in ("RandomNormal", "VarianceScaling", "Orthogonal"):  # those have no edge
        assert np.abs(mine).max() == pytest.approx(np.abs(theirs).max(), rel=0.02)


def test_layers_start_as_keras_starts_them() -> None:
    """By layer: Glorot's uniform law on kernels, over the fans that Keras reads, and 0 on biases."""
    layer = ours.layers.SeparableConv2D(32, 5, depth_multiplier=2)
    layer.ensure_built((None, 9, 9, 16))
    depthwise, pointwise, bias = layer.get_weights()
    for kernel, fan in ((depthwise, 25 * (16 + 2)), (pointwise, 32 + 32)):
        limit = np.sqrt(6 / fan)
        assert 0.98 * limit < np.abs(kernel).max() <= limit
        assert kernel.std() == pytest.approx(limit / np.sqrt(3), rel=0.1)
    assert not bias.any()


def test_an_orthogonal_matrix_is_one() -> None:
    matrix = ours.initializers.Orthogonal(gain=2.0, seed=0)((3, 4, 5)).reshape(12, 5)
    np.testing.assert_allclose((matrix.T @ matrix).numpy(), 4 * np.eye(5), atol=1e-5)


def test_seeds_make_everything_the_same_again() -> None:
    def weights() -> np.ndarray:
        return ours.initializers.GlorotUniform()((4, 4)).numpy()

    np.random.seed(5)
    first = weights()
    np.random.seed(5)
    np.testing.assert_array_equal(weights(), first)
    assert (weights() != first).any()


def test_names_that_are_not_there() -> None:
    with pytest.raises(
        UnknownName, match=r"unknown loss 'categorical_crossentropie'\. Did you mean 'categorical_cross"
    ):
        ours.losses.get("categorical_crossentropie")
    with pytest.raises(UnknownName, match=r"unknown activation 'rellu'. Did you mean 'relu"):
        ours.layers.Dense(3, activation="rellu")
    with pytest.raises(UnknownName, match="unknown optimizer 'adamm'"):
        ours.optimizers.get("adamm")
    with pytest.raises(UnknownName, match="unknown initializer"):
        ours.initializers.get("glorot")
    with pytest.raises(
        ArgumentError, match=r"SGD does not take 'learning_rat'. Did you mean 'learning_rate'"
    ):
        ours.optimizers.SGD(learning_rat=0.1)


def test_labels_of_the_wrong_form_are_explained() -> None:
    with pytest.raises(ArgumentError, match="Use to_categorical"):
        ours.losses.categorical_crossentropy(torch.from_numpy(LABELS), torch.from_numpy(PROBABILITIES))
    with pytest.raises(ArgumentError, match="One-hot labels go with categorical_crossentropy"):
        ours.losses.sparse_categorical_crossentropy(
            torch.from_numpy(ONE_HOT), torch.from_numpy(PROBABILITIES)
        )
    with pytest.raises(
        ArgumentError, match="labels must be from 0 to 3, as the model has 4 outputs; received 0 to 4"
    ):
        ours.losses.sparse_categorical_crossentropy(torch.arange(5), torch.ones(5, 4) / 4)
