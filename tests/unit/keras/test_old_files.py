"""``.h5`` files as Keras 2.3 and tf.keras 2 laid them out, made here by hand: their state of training goes on."""

from __future__ import annotations

import json
import logging
from pathlib import Path
from typing import Any

import h5py
import numpy as np
import pytest

from prunelle.keras import compat

COMPILED: dict[str, dict[str, Any]] = {
    "2.3": {
        "optimizer_config": {
            "class_name": "Adam",
            "config": {
                "lr": 0.01,
                "beta_1": 0.9,
                "beta_2": 0.999,
                "decay": 0.0,
                "epsilon": 1e-7,
                "amsgrad": False,
            },
        },
        "loss": "categorical_crossentropy",
        "metrics": ["accuracy", "mae"],
        "sample_weight_mode": None,
        "loss_weights": None,
    },
    "tf2": {
        "loss": "categorical_crossentropy",
        "metrics": [
            [
                {
                    "class_name": "MeanMetricWrapper",
                    "config": {"name": "accuracy", "dtype": "float32", "fn": "categorical_accuracy"},
                },
                {
                    "class_name": "MeanMetricWrapper",
                    "config": {"name": "mae", "dtype": "float32", "fn": "mean_absolute_error"},
                },
            ]
        ],
        "weighted_metrics": None,
        "loss_weights": None,
        "optimizer_config": {
            "class_name": "Adam",
            "config": {
                "name": "Adam",
                "learning_rate": 0.01,
                "decay": 0.0,
                "beta_1": 0.9,
                "beta_2": 0.999,
                "epsilon": 1e-7,
                "amsgrad": False,
            },
        },
    },
}
X = np.random.RandomState(0).rand(6, 4).astype(np.float32)
Y = np.eye(3, dtype=np.float32)[[0, 1, 2, 0, 1, 2]]
KERNEL, BIAS = np.random.RandomState(1).rand(4, 3).astype(np.float32), np.zeros(3, np.float32)
MOMENTS = [
    (np.random.RandomState(2 + i).rand(*w.shape) * 0.01).astype(np.float32)
    for i, w in enumerate([KERNEL, BIAS] * 2)
]
"""Means of the kernel and the bias, then their squares: the order until Keras 2.10."""


def _write(path: Path, generation: str) -> None:
    layer = {
        "class_name": "Dense",
        "config": {
            "name": "dense",
            "trainable": True,
            "batch_input_shape": [None, 4],
            "dtype": "float32",
            "units": 3,
            "activation": "softmax",
            "use_bias": True,
        },
    }
    chain: Any = [layer] if generation == "2.0" else {"name": "sequential", "layers": [layer]}
    model = {"class_name": "Sequential", "config": chain}
    with h5py.File(path, "w") as file:
        file.attrs["keras_version"], file.attrs["backend"] = (
            {"2.0": b"2.0.8", "2.3": b"2.3.1", "tf2": b"2.6.0"}[generation],
            b"tensorflow",
        )
        file.attrs["model_config"] = json.dumps(model)
        file.attrs["training_config"] = json.dumps(COMPILED["tf2" if generation == "tf2" else "2.3"])
        weights = file.create_group("model_weights")
        weights.attrs["layer_names"] = [b"dense"]
        dense = weights.create_group("dense")
        dense.attrs["weight_names"] = [b"dense/kernel:0", b"dense/bias:0"]
        dense["dense/kernel:0"], dense["dense/bias:0"] = KERNEL, BIAS
        moments = file.create_group("optimizer_weights")
        names = [f"Adam/dense/{w}/{m}:0" for m in "mv" for w in ("kernel", "bias")]
        moments.attrs["weight_names"] = [b"Adam/iter:0", *(name.encode() for name in names)]
        moments["Adam/iter:0"] = np.int64(7)
        for name, value in zip(names, MOMENTS, strict=True):
            moments[name] = value


def _softmax(kernel: np.ndarray, bias: np.ndarray) -> np.ndarray:
    powers = np.exp(X.astype(np.float64) @ kernel + bias)
    return powers / powers.sum(1, keepdims=True)


@pytest.mark.parametrize("generation", ["2.0", "2.3", "tf2"])
def test_what_was_trained_goes_on(generation: str, tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    path = tmp_path / "trained.h5"
    _write(path, generation)
    with compat("2.3" if generation == "2.0" else generation), caplog.at_level(logging.WARNING):
        from keras.models import load_model

        model = load_model(str(path))
        loss, accuracy, error = model.evaluate(X, Y, verbose=0)
        model.fit(X, Y, batch_size=6, epochs=1, verbose=0)
    assert caplog.messages == []
    answers = _softmax(KERNEL, BIAS)
    assert loss == pytest.approx(-np.log(answers[np.arange(6), Y.argmax(1)]).mean(), rel=1e-5)
    assert accuracy == pytest.approx((answers.argmax(1) == Y.argmax(1)).mean())
    assert error == pytest.approx(abs(answers - Y).mean(), rel=1e-5)
    # Adam's eighth step by hand (Kingma and Ba, algorithm 1, with the epsilon of its section 2's last formula).
    gradients = [X.T @ (answers - Y) / 6, (answers - Y).mean(0)]
    for i, (start, gradient) in enumerate(zip([KERNEL, BIAS], gradients, strict=True)):
        mean, square = 0.9 * MOMENTS[i] + 0.1 * gradient, 0.999 * MOMENTS[2 + i] + 0.001 * gradient**2
        rate = 0.01 * np.sqrt(1 - 0.999**8) / (1 - 0.9**8)
        np.testing.assert_allclose(
            model.get_weights()[i], start - rate * mean / (np.sqrt(square) + 1e-7), rtol=1e-4, atol=1e-6
        )
