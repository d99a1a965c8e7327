"""``compat`` against what older Kerases answered, from a fixture that ``benchmarks/keras_oracle.py`` made with them.

``tf2`` is tf_keras 2.21.0 on TensorFlow 2.21.0; ``2.3`` is its ``optimizer_v1``, the optimisers of Keras 2.3 in graphs.
"""

from __future__ import annotations

import functools
import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from prunelle.keras import compat
from prunelle.keras.floor import keras
from prunelle.keras.names import layers as named_layers
from tests.unit.keras.oracle import numbers, probabilities

FIXTURE = np.load(Path(__file__).parent / "fixtures" / "tf_keras.npz")
CASES: list[dict[str, Any]] = json.loads(str(FIXTURE["cases"]))


def of(what: str) -> list[Any]:
    """The cases of one kind, with what was answered."""
    return [
        pytest.param(
            case, FIXTURE[str(i)], id="-".join(str(case.get(k, "")) for k in ("generation", "name")) + f"-{i}"
        )
        for i, case in enumerate(CASES)
        if case["what"] == what
    ]


@pytest.mark.parametrize(("case", "expected"), of("optimizer"))
def test_ten_steps_of_an_optimizer(case: dict[str, Any], expected: np.ndarray) -> None:
    with compat(case["generation"]):
        optimizer = getattr(keras.optimizers, case["name"])(**case["arguments"])
        variables = [keras.Variable(numbers(6, seed=3)), keras.Variable(numbers(2, seed=4))]
        for step in range(10):
            grads = [keras.ops.convert_to_tensor(numbers(*v.shape, seed=10 + step)) for v in variables]
            optimizer.apply_gradients(zip(grads, variables, strict=True))
        found = np.concatenate([v.numpy() for v in variables])
    np.testing.assert_allclose(found, expected, rtol=1e-5, atol=2e-6)


@pytest.mark.parametrize(("case", "expected"), of("layer"))
def test_a_layer(case: dict[str, Any], expected: np.ndarray) -> None:
    """As it is called, and lowered into Prunelle's passes."""
    shape = tuple(case["shape"])
    with compat(case["generation"]):
        home = named_layers if hasattr(named_layers, case["name"]) else keras.layers
        layer = getattr(home, case["name"])(**case["arguments"])
        model = keras.Sequential([keras.Input(shape[1:]), layer])
        squares = zip(layer.weights, case["squares"], strict=True)
        layer.set_weights(
            [numbers(*w.shape, seed=20 + i) ** (1 + square) for i, (w, square) in enumerate(squares)]
        )
        called, lowered = keras.ops.convert_to_numpy(layer(numbers(*shape))), model.predict(numbers(*shape))
    np.testing.assert_allclose(lowered, expected, rtol=2e-4, atol=2e-5)
    np.testing.assert_allclose(called, expected, rtol=2e-4, atol=2e-5)


@pytest.mark.parametrize(("case", "expected"), of("loss"))
def test_a_loss(case: dict[str, Any], expected: np.ndarray) -> None:
    truth, found = probabilities()
    if case["name"].startswith("sparse"):
        truth = truth.argmax(1)
    with compat(case["generation"]):
        ours = keras.ops.convert_to_numpy(getattr(keras.losses, case["name"])(truth, found))
    np.testing.assert_allclose(ours, expected, rtol=1e-4, atol=1e-6)


@pytest.mark.parametrize(("case", "expected"), of("metric"))
def test_a_metric(case: dict[str, Any], expected: np.ndarray) -> None:
    truth, found = probabilities()
    with compat(case["generation"]):
        metric = getattr(keras.metrics, case["name"])(**case["arguments"])
        metric.update_state(truth[:7], found[:7])
        metric.update_state(truth[7:], found[7:], numbers(5, seed=1) ** 2)
        ours = keras.ops.convert_to_numpy(metric.result())
    np.testing.assert_allclose(ours, expected, rtol=1e-4, atol=1e-6)


@functools.cache
def trained(generation: str, optimizer: str) -> dict[str, np.ndarray]:
    """The script's ``train``, through our door."""
    with compat(generation):
        layers = keras.layers
        model = keras.Sequential(
            [
                layers.Conv2D(4, 3, strides=2, padding="same", activation="relu", input_shape=(9, 8, 2)),
                layers.BatchNormalization(),
                layers.AveragePooling2D(3, strides=2, padding="same"),
                layers.Flatten(),
                layers.Dense(6, activation="tanh", kernel_regularizer="l2"),
                layers.Dense(3, activation="softmax"),
            ]
        )
        model.set_weights([abs(numbers(*w.shape, seed=i)) * 0.2 for i, w in enumerate(model.get_weights())])
        x, y = numbers(20, 9, 8, 2), np.arange(20) % 3
        model.compile(optimizer.lower(), "sparse_categorical_crossentropy", metrics=["accuracy"])
        history = model.fit(
            x,
            y,
            validation_data=(x[:7], y[:7]),
            batch_size=8,
            epochs=2,
            shuffle=False,
            verbose=0,
            class_weight={0: 2.0, 1: 1.0, 2: 0.5},
        ).history
        weights = np.concatenate([w.ravel() for w in model.get_weights()])
        return {name: np.array(values) for name, values in history.items()} | {"weights": weights}


@pytest.mark.parametrize(("case", "expected"), of("training"))
def test_a_training(case: dict[str, Any], expected: np.ndarray) -> None:
    """Two epochs of an optimiser by its name, with its generation's defaults."""
    found = trained(case["generation"], case["name"])[case["key"]]
    # A gradient that is rounding noise on both sides moves a weight by up to a rate where a step is ±rate.
    differences = np.abs(found - expected)
    assert np.quantile(differences, 0.98) < 2e-4, differences.max()
    assert differences.max() < 5e-3
