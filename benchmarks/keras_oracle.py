"""What older Kerases answer: the fixture that tests hold ``prunelle.keras`` to.

It runs where TensorFlow is, and needs nothing of Prunelle::

    python -m venv old && old/bin/pip install tensorflow==2.21.0 tf_keras==2.21.0 numpy==2.4.6
    old/bin/python benchmarks/keras_oracle.py tests/unit/keras/fixtures/tf_keras.npz

``tf2`` is tf_keras itself. ``2.3`` is its ``optimizer_v1``, the optimisers of Keras 2.3 in graphs, which it still
carries; its layers are given the arguments that were defaults in 2.3.1. The fixture has an array for each case, and
``cases``, which says by what each was made; numbers that go in are drawn anew on both sides, by
``tests/unit/keras/oracle.py``.
"""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path
from typing import Any

import numpy as np

sys.path.insert(0, str(Path(__file__).parents[1]))
from tests.unit.keras.oracle import numbers, probabilities

os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"

RATES = {"learning_rate": 0.05}
OPTIMIZERS: list[tuple[str, dict[str, Any]]] = [
    *((name, {}) for name in ("SGD", "RMSprop", "Adagrad", "Adadelta", "Adam", "Adamax", "Nadam")),
    ("SGD", RATES | {"momentum": 0.9, "nesterov": True, "decay": 0.01}),
    ("SGD", RATES | {"momentum": 0.5}),
    ("RMSprop", RATES | {"rho": 0.8, "decay": 0.1}),
    ("Adam", RATES | {"amsgrad": True, "beta_1": 0.8, "epsilon": 1e-3}),
    ("Adam", RATES | {"decay": 0.1}),
    ("Adagrad", RATES | {"decay": 0.1}),
    ("Adadelta", {"rho": 0.9, "epsilon": 1e-3}),
    ("Nadam", RATES | {"beta_1": 0.8}),
    ("Adamax", RATES | {"epsilon": 1e-3}),
]
MORE_OF_TF_KERAS: list[tuple[str, dict[str, Any]]] = [
    ("RMSprop", RATES | {"momentum": 0.5, "centered": True}),
    ("SGD", RATES | {"clipnorm": 0.5}),
    ("SGD", RATES | {"clipvalue": 0.1}),
    ("Adam", RATES | {"global_clipnorm": 0.5}),
    ("AdamW", {"weight_decay": 0.1}),
    ("Ftrl", RATES),
]
PICTURE, SIGNAL = (2, 9, 7, 3), (2, 11, 3)
LAYERS: list[tuple[str, dict[str, Any], tuple[int, ...]]] = [
    ("Conv2D", {"filters": 4, "kernel_size": 3, "strides": 2, "padding": "same"}, PICTURE),
    ("Conv2D", {"filters": 4, "kernel_size": [2, 5], "strides": 3, "padding": "same"}, PICTURE),
    ("Conv2D", {"filters": 4, "kernel_size": [2, 3], "padding": "same", "dilation_rate": [3, 2]}, PICTURE),
    ("Conv2D", {"filters": 6, "kernel_size": 3, "groups": 3, "activation": "elu"}, PICTURE),
    ("DepthwiseConv2D", {"kernel_size": 3, "strides": 2, "padding": "same", "depth_multiplier": 2}, PICTURE),
    ("SeparableConv2D", {"filters": 4, "kernel_size": 2, "strides": 2, "padding": "same"}, PICTURE),
    ("Conv2DTranspose", {"filters": 4, "kernel_size": 3, "strides": 2, "padding": "same"}, PICTURE),
    ("Conv2DTranspose", {"filters": 4, "kernel_size": [4, 5], "strides": 2, "padding": "valid"}, PICTURE),
    ("MaxPooling2D", {"pool_size": 3, "strides": 2, "padding": "same"}, (2, 8, 7, 3)),
    ("AveragePooling2D", {"pool_size": 3, "strides": 2, "padding": "same"}, PICTURE),
    ("AveragePooling2D", {"pool_size": 3, "strides": 2, "padding": "same"}, (2, 8, 6, 3)),
    ("AveragePooling2D", {"pool_size": 5, "strides": 3, "padding": "same"}, PICTURE),
    ("AveragePooling1D", {"pool_size": 3, "strides": 2, "padding": "same"}, SIGNAL),
    ("MaxPooling1D", {"pool_size": 2, "padding": "same"}, SIGNAL),
    ("Conv1D", {"filters": 4, "kernel_size": 3, "padding": "causal", "dilation_rate": 2}, SIGNAL),
    ("Conv1D", {"filters": 4, "kernel_size": 4, "strides": 3, "padding": "same"}, SIGNAL),
    ("UpSampling2D", {"size": 2, "interpolation": "bilinear"}, PICTURE),
    ("BatchNormalization", {}, PICTURE),
    ("BatchNormalization", {"axis": 1}, PICTURE),
    ("LayerNormalization", {}, SIGNAL),
    ("Dense", {"units": 4, "activation": "softmax"}, PICTURE),
    ("PReLU", {"shared_axes": [1, 2]}, PICTURE),
    ("LeakyReLU", {}, SIGNAL),
    ("ELU", {}, SIGNAL),
    ("ThresholdedReLU", {"theta": 0.5}, SIGNAL),
    ("Softmax", {"axis": 1}, SIGNAL),
    *(
        ("Activation", {"activation": name}, (3, 4))
        for name in ("hard_sigmoid", "gelu", "selu", "softplus", "softsign", "exponential", "swish")
    ),
    ("LSTM", {"units": 4}, SIGNAL),
    ("LSTM", {"units": 4, "return_sequences": True, "go_backwards": True}, SIGNAL),
    ("GRU", {"units": 4}, SIGNAL),
    ("SimpleRNN", {"units": 4}, SIGNAL),
    ("LocallyConnected2D", {"filters": 2, "kernel_size": 3, "strides": 2}, (2, 7, 5, 3)),
    ("LocallyConnected1D", {"filters": 2, "kernel_size": 3}, (2, 7, 3)),
]
OF_KERAS_2: list[tuple[str, dict[str, Any], dict[str, Any], tuple[int, ...]]] = [
    ("GRU", {"units": 4}, {"reset_after": False}, SIGNAL),
    (
        "LSTM",
        {"units": 4, "recurrent_activation": "hard_sigmoid"},
        {"recurrent_activation": "hard_sigmoid"},
        SIGNAL,
    ),
]
"""Layer, arguments in 2.3.1, and those that say the same to tf_keras."""

LOSSES = [
    *("binary_crossentropy", "categorical_crossentropy", "mean_squared_error", "mean_absolute_error"),
    *("mean_absolute_percentage_error", "mean_squared_logarithmic_error", "hinge", "squared_hinge"),
    *("categorical_hinge", "log_cosh", "poisson", "kl_divergence", "cosine_similarity", "huber"),
]
METRICS: list[tuple[str, dict[str, Any]]] = [
    *((name, {}) for name in ("BinaryAccuracy", "CategoricalAccuracy", "Precision", "Recall", "AUC")),
    ("TopKCategoricalAccuracy", {"k": 2}),
    ("AUC", {"curve": "PR", "num_thresholds": 20}),
    ("Precision", {"thresholds": [0.0, 0.5, 1.0]}),
    ("Recall", {"class_id": 1}),
    ("RootMeanSquaredError", {}),
]


RACES = [("Adam", RATES | {"decay": 0.1}), ("Nadam", {})]
"""In graphs, these read the number of steps, or a product over them, while it is written: no two runs agree."""


def model_of(layers: Any, models: Any) -> Any:
    """A small network of pictures: "same" strides, a mean of what is inside, a penalty."""
    return models.Sequential(
        [
            layers.Conv2D(4, 3, strides=2, padding="same", activation="relu", input_shape=(9, 8, 2)),
            layers.BatchNormalization(),
            layers.AveragePooling2D(3, strides=2, padding="same"),
            layers.Flatten(),
            layers.Dense(6, activation="tanh", kernel_regularizer="l2"),
            layers.Dense(3, activation="softmax"),
        ]
    )


def train(model: Any, optimizer: Any) -> dict[str, np.ndarray]:
    """Two epochs with validation, and weights of classes: the history, and the weights."""
    model.set_weights([abs(numbers(*w.shape, seed=i)) * 0.2 for i, w in enumerate(model.get_weights())])
    x, y = numbers(20, 9, 8, 2), np.arange(20) % 3
    model.compile(optimizer, "sparse_categorical_crossentropy", metrics=["accuracy"])
    how = {
        "batch_size": 8,
        "epochs": 2,
        "shuffle": False,
        "verbose": 0,
        "class_weight": {0: 2.0, 1: 1.0, 2: 0.5},
    }
    history = model.fit(x, y, validation_data=(x[:7], y[:7]), **how).history
    names = {"acc": "accuracy", "val_acc": "val_accuracy"}
    found = {names.get(name, name): np.array(values) for name, values in history.items()}
    return found | {"weights": np.concatenate([w.ravel() for w in model.get_weights()])}


class Fixture:
    """Arrays, and by what each was made."""

    def __init__(self) -> None:
        self.cases: list[dict[str, Any]] = []
        self.arrays: dict[str, np.ndarray] = {}

    def add(self, array: Any, **case: Any) -> None:
        """One case."""
        self.arrays[str(len(self.cases))] = np.asarray(array, np.float32)
        self.cases.append(case)


def of_tf_keras(fixture: Fixture) -> None:
    """Eager tf_keras."""
    import tensorflow as tf
    import tf_keras as keras

    for name, arguments in OPTIMIZERS + MORE_OF_TF_KERAS:
        home = keras.optimizers.legacy if "decay" in arguments else keras.optimizers
        optimizer = getattr(home, name)(**arguments)
        variables = [tf.Variable(numbers(6, seed=3)), tf.Variable(numbers(2, seed=4))]
        for step in range(10):
            grads = [tf.constant(numbers(*v.shape, seed=10 + step)) for v in variables]
            optimizer.apply_gradients(zip(grads, variables, strict=True))
        found = np.concatenate([v.numpy() for v in variables])
        fixture.add(found, what="optimizer", generation="tf2", name=name, arguments=arguments)
    told = [(name, given, given, shape, "tf2") for name, given, shape in LAYERS]
    told += [(name, given, {**given, **same}, shape, "2.3") for name, given, same, shape in OF_KERAS_2]
    for name, given, theirs, shape, generation in told:
        layer = getattr(keras.layers, name)(**theirs)
        layer.build(shape)
        weights = [
            numbers(*w.shape, seed=20 + i) ** (2 if "variance" in w.name else 1)
            for i, w in enumerate(layer.weights)
        ]
        layer.set_weights(weights)
        case = {"generation": generation, "name": name, "arguments": given, "shape": shape}
        squares = ["variance" in w.name for w in layer.weights]
        fixture.add(layer(numbers(*shape)), what="layer", squares=squares, **case)
    truth, found = probabilities()
    for name in LOSSES:
        fixture.add(getattr(keras.losses, name)(truth, found), what="loss", generation="tf2", name=name)
    numbers_ = truth.argmax(1)
    sparse = keras.losses.sparse_categorical_crossentropy(numbers_, found)
    fixture.add(sparse, what="loss", generation="tf2", name="sparse_categorical_crossentropy")
    for name, arguments in METRICS:
        metric = getattr(keras.metrics, name)(**arguments)
        metric.update_state(truth[:7], found[:7])
        metric.update_state(truth[7:], found[7:], numbers(5, seed=1) ** 2)
        fixture.add(metric.result(), what="metric", generation="tf2", name=name, arguments=arguments)
    # Nadam of tf_keras counts in Python how often it has multiplied, which a traced step does once for all.
    for name in ("SGD", "RMSprop", "Adagrad", "Adadelta", "Adam", "Adamax"):
        for key, values in train(model_of(keras.layers, keras.models), name.lower()).items():
            fixture.add(values, what="training", generation="tf2", name=name, key=key)


def of_keras_2(fixture: Fixture) -> None:
    """The optimisers of 2.3, in graphs."""
    import tensorflow as tf
    import tf_keras as keras
    from tf_keras.src.optimizers import optimizer_v1

    tf.compat.v1.disable_eager_execution()
    backend = keras.backend
    for name, arguments in (each for each in OPTIMIZERS if each not in RACES):
        given = {("lr" if key == "learning_rate" else key): value for key, value in arguments.items()}
        optimizer = getattr(optimizer_v1, name)(**given)
        variables = [backend.variable(numbers(6, seed=3)), backend.variable(numbers(2, seed=4))]
        slots = [backend.placeholder(v.shape) for v in variables]
        loss = sum(backend.sum(v * slot) for v, slot in zip(variables, slots, strict=True))
        step = backend.function(slots, [loss], updates=optimizer.get_updates(loss, variables))
        for number in range(10):
            step([numbers(*v.shape, seed=10 + number) for v in variables])
        found = np.concatenate([backend.get_value(v) for v in variables])
        fixture.add(found, what="optimizer", generation="2.3", name=name, arguments=arguments)
    for name in ("SGD", "RMSprop", "Adagrad", "Adadelta", "Adam", "Adamax", "Nadam"):
        optimizer = getattr(optimizer_v1, name)()
        for key, values in train(model_of(keras.layers, keras.models), optimizer).items():
            fixture.add(values, what="training", generation="2.3", name=name, key=key)


if __name__ == "__main__":
    fixture = Fixture()
    of_tf_keras(fixture)
    of_keras_2(fixture)
    np.savez_compressed(sys.argv[1], cases=json.dumps(fixture.cases), **fixture.arrays)
    print(f"{len(fixture.cases)} cases, {os.path.getsize(sys.argv[1]):,} bytes")
