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


def _keras_1(kind: str, name: str, inbound: list[str] | None = None, **about: Any) -> dict[str, Any]:
    found: dict[str, Any] = {"class_name": kind, "config": {"name": name, "trainable": True, **about}}
    if inbound is not None:
        found |= {"name": name, "inbound_nodes": [[[each, 0, 0] for each in inbound]] if inbound else []}
    return found


def _convolution(name: str, inbound: list[str] | None = None, **about: Any) -> dict[str, Any]:
    given = {
        "nb_filter": 4,
        "nb_row": 3,
        "nb_col": 2,
        "init": "glorot_uniform",
        "activation": "relu",
        "border_mode": "valid",
        "subsample": [1, 1],
        "dim_ordering": "tf",
        "W_regularizer": None,
        "b_regularizer": None,
        "W_constraint": None,
        "b_constraint": None,
        "bias": True,
    }
    return _keras_1("Convolution2D", name, inbound, **(given | about))


def _write_keras_1(path: Path, model: dict[str, Any], weights: dict[str, list[np.ndarray]]) -> None:
    with h5py.File(path, "w") as file:
        file.attrs["keras_version"], file.attrs["model_config"] = b"1.2.2", json.dumps(model).encode()
        group = file.create_group("model_weights")
        group.attrs["layer_names"] = [name.encode() for name in weights]
        for name, values in weights.items():
            of_layer = group.create_group(name)
            names = [f"{name}_{letter}" for letter in "Wb"][: len(values)]
            of_layer.attrs["weight_names"] = np.array([each.encode() for each in names], dtype="S40")
            for each, value in zip(names, values, strict=True):
                of_layer[each] = value


def _maps(x: np.ndarray, kernel: np.ndarray, bias: np.ndarray) -> np.ndarray:
    """``(N, H, W, C)`` and ``(rows, columns, C, filters)``: a convolution without a border, then ReLU."""
    rows, columns = kernel.shape[:2]
    windows = np.lib.stride_tricks.sliding_window_view(x, (rows, columns), axis=(1, 2))
    return np.maximum(np.einsum("nhwcij,ijcf->nhwf", windows, kernel) + bias, 0)


@pytest.mark.parametrize("theano", [False, True])
def test_a_chain_of_keras_1(theano: bool, tmp_path: Path) -> None:
    """Its class and argument names, a list for a chain; kernels in Theano's order, too."""
    random = np.random.RandomState(0)
    kernel, bias = random.randn(3, 2, 1, 4), random.randn(4)
    dense = random.randn(4 * 2 * 4, 3)
    first = _convolution("convolution2d_1", batch_input_shape=[None, 6, 9, 1], input_dtype="float32")
    rest = [
        _keras_1(
            "MaxPooling2D", "pool", pool_size=[2, 2], strides=[2, 2], border_mode="valid", dim_ordering="tf"
        ),
        _keras_1("Dropout", "dropout_1", p=0.5),
        _keras_1("Flatten", "flatten_1"),
        _keras_1(
            "Dense", "dense_1", output_dim=3, init="uniform", activation="linear", bias=True, input_dim=None
        ),
    ]
    path = tmp_path / "chain.h5"
    stored = kernel.transpose(3, 2, 0, 1) if theano else kernel
    weights = {"convolution2d_1": [stored, bias], "pool": [], "dropout_1": [], "flatten_1": []}
    _write_keras_1(
        path, {"class_name": "Sequential", "config": [first, *rest]}, weights | {"dense_1": [dense, bias[:3]]}
    )
    x = random.randn(2, 6, 9, 1)
    with compat("1"):
        from keras.models import load_model

        found = load_model(str(path)).predict(x)
    pooled = _maps(x, kernel, bias)[:, :4, :8].reshape(2, 2, 2, 4, 2, 4).max((2, 4))
    np.testing.assert_allclose(found, pooled.reshape(2, -1) @ dense + bias[:3], rtol=1e-4, atol=1e-4)


@pytest.mark.parametrize(("mode", "merged"), [("concat", None), ("sum", np.add), ("mul", np.multiply)])
def test_a_graph_of_keras_1(mode: str, merged: Any, tmp_path: Path) -> None:
    """``merge([...], mode=…)`` was a layer of its own; a convolution of series had a kernel of four axes."""
    random = np.random.RandomState(0)
    left, right = random.randn(3, 2, 2), random.randn(3, 2, 2)
    bias = random.randn(2)
    about = {
        "nb_filter": 2,
        "filter_length": 3,
        "border_mode": "valid",
        "subsample_length": 1,
        "activation": "relu",
    }
    layers = [
        _keras_1(
            "InputLayer", "input_1", [], batch_input_shape=[None, 7, 2], input_dtype="float32", sparse=False
        ),
        _keras_1("Convolution1D", "left", ["input_1"], init="glorot_uniform", bias=True, **about),
        _keras_1("Convolution1D", "right", ["input_1"], init="glorot_uniform", bias=True, **about),
        _keras_1(
            "Merge", "merge_1", ["left", "right"], mode=mode, concat_axis=-1, mode_type="raw", dot_axes=-1
        ),
    ]
    ends = {"input_layers": [["input_1", 0, 0]], "output_layers": [["merge_1", 0, 0]]}
    path = tmp_path / "graph.h5"
    weights = {"input_1": [], "left": [left[:, None], bias], "right": [right[:, None], bias], "merge_1": []}
    _write_keras_1(
        path, {"class_name": "Model", "config": {"name": "model_1", "layers": layers, **ends}}, weights
    )
    x = random.randn(2, 7, 2)
    with compat("1"):
        from keras.models import load_model

        found = load_model(str(path)).predict(x)
    sides = [_maps(x[:, :, None], kernel[:, None], bias)[:, :, 0] for kernel in (left, right)]
    expected = np.concatenate(sides, -1) if merged is None else merged(*sides)
    np.testing.assert_allclose(found, expected, rtol=1e-4, atol=1e-5)


def test_initialisers_of_tensorflow_1_had_a_type(tmp_path: Path) -> None:
    """As tf.keras 1.13 wrote ``kernel_initializer``."""
    with compat("tf2"):
        import keras

        model = keras.Sequential([keras.layers.Dense(2, input_shape=(3,))])
        model.save(tmp_path / "m.h5")
        with h5py.File(tmp_path / "m.h5", "r+") as file:
            config = json.loads(file.attrs["model_config"])
            for layer in config["config"]["layers"]:
                if "kernel_initializer" in layer["config"]:
                    about = {"class_name": "GlorotUniform", "config": {"seed": None, "dtype": "float32"}}
                    layer["config"]["kernel_initializer"] = about
            file.attrs["model_config"] = json.dumps(config)
        again = keras.models.load_model(tmp_path / "m.h5")
        np.testing.assert_array_equal(again.get_weights()[0], model.get_weights()[0])
