"""Whole trainings against the real Keras: same weights and batches, so same losses and same weights after."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from prunelle import keras as ours
from tests.unit.keras.oracle import numbers, real_keras


def picture_network(k: Any) -> Any:
    """Convolutions with "same" strides, batch normalisation, branches and a sum: what courses put together."""
    inputs = k.Input((9, 8, 3))
    x = k.layers.Conv2D(8, 3, strides=2, padding="same", activation="relu")(inputs)
    x = k.layers.BatchNormalization()(x)
    left = k.layers.Conv2D(6, 1, activation="relu")(x)
    right = k.layers.SeparableConv2D(6, 3, padding="same")(x)
    x = k.layers.add([left, right])
    x = k.layers.concatenate([x, k.layers.MaxPooling2D(3, strides=1, padding="same")(x)])
    x = k.layers.MaxPooling2D()(x)
    x = k.layers.Flatten()(x)
    x = k.layers.Dense(10, activation="tanh", kernel_regularizer="l2")(x)
    return k.Model(inputs, k.layers.Dense(3, activation="softmax")(x))


def dense_network(k: Any) -> Any:
    return k.Sequential(
        [
            k.layers.Input((5,)),
            k.layers.Dense(16, activation="relu", kernel_regularizer=k.regularizers.L1L2(1e-3, 1e-2)),
            k.layers.Dense(1, activation="sigmoid"),
        ]
    )


def pair(build: Callable[[Any], Any]) -> tuple[Any, Any]:
    """The same model in both, with the same weights."""
    keras = real_keras()
    keras.utils.set_random_seed(1)
    theirs, mine = build(keras), build(ours)
    assert [w.shape for w in mine.get_weights()] == [w.shape for w in theirs.get_weights()]
    mine.set_weights(theirs.get_weights())
    return mine, theirs


X = numbers(44, 9, 8, 3)
LABELS = np.random.default_rng(1).integers(0, 3, 44)
ONE_HOT = np.eye(3, dtype=np.float32)[LABELS]

# What 20 steps in float32 may differ by: the order of sums differs, and steps amplify it. Where an optimiser
# divides by the root of a small mean square, early steps are ±rate whatever the gradient, and a gradient that
# is rounding noise on both sides moves a weight by up to two steps; there the bound is on few weights.
OPTIMIZERS: list[tuple[str, dict[str, Any]]] = [
    ("SGD", {"learning_rate": 0.05}),
    ("SGD", {"learning_rate": 0.02, "momentum": 0.9}),
    ("SGD", {"learning_rate": 0.02, "momentum": 0.9, "nesterov": True}),
    ("SGD", {"learning_rate": 0.05, "clipnorm": 0.1}),
    ("SGD", {"learning_rate": 0.05, "clipvalue": 0.01}),
    ("SGD", {"learning_rate": 0.05, "global_clipnorm": 0.3}),
    ("SGD", {"learning_rate": 0.05, "weight_decay": 0.1}),
    ("Adam", {}),
    ("Adam", {"amsgrad": True, "epsilon": 1e-3}),
    ("Adam", {"learning_rate": 0.01, "beta_1": 0.8, "beta_2": 0.95}),
    ("AdamW", {}),
    ("RMSprop", {}),
    ("RMSprop", {"momentum": 0.5}),
    ("RMSprop", {"centered": True, "rho": 0.8}),
    ("Adagrad", {"learning_rate": 0.05}),
    ("Adadelta", {"learning_rate": 1.0}),
    ("Nadam", {}),
    ("Adamax", {"learning_rate": 0.005}),
]


@pytest.mark.parametrize(("name", "arguments"), OPTIMIZERS, ids=str)
def test_twenty_steps_of_each_optimizer(name: str, arguments: dict[str, Any]) -> None:
    mine, theirs = pair(picture_network)
    keras = real_keras()
    for model, k in ((mine, ours), (theirs, keras)):
        model.compile(
            getattr(k.optimizers, name)(**arguments), "categorical_crossentropy", metrics=["accuracy"]
        )
    for step in range(20):
        rows = slice(step % 4 * 11, step % 4 * 11 + 11)
        found = mine.train_on_batch(X[rows], ONE_HOT[rows])
        theirs.reset_metrics()
        expected = theirs.train_on_batch(X[rows], ONE_HOT[rows])
        np.testing.assert_allclose(found[0], expected[0], rtol=2e-3)
        assert abs(found[1] - expected[1]) < 0.1  # one example of 11 on the other side of a tie
    for found, expected in zip(mine.get_weights(), theirs.get_weights(), strict=True):
        differences = np.abs(found - expected)
        assert np.quantile(differences, 0.98) < 2e-4 * max(1, np.abs(expected).max()), differences.max()
        assert differences.max() < 5e-3


def test_two_lone_weights_follow_the_formulas_to_the_last_digits() -> None:
    """No network around, so no rounding to amplify: each optimiser's arithmetic itself."""
    keras = real_keras()
    gradients = numbers(20, 6)
    for name, arguments in OPTIMIZERS:
        mine, theirs = (getattr(k.optimizers, name)(**arguments) for k in (ours, keras))
        import torch

        start = numbers(6, seed=3)
        parameter = torch.nn.Parameter(torch.from_numpy(start.copy()))
        mine.bind([parameter])
        variable = keras.Variable(start)
        theirs.build([variable])
        for gradient in gradients:
            parameter.grad = torch.from_numpy(gradient.copy())
            mine.step()
            theirs.apply([torch.from_numpy(gradient.copy())], [variable])
        found, expected = parameter.detach().numpy(), variable.value.detach().numpy()
        np.testing.assert_allclose(found, expected, rtol=1e-5, atol=2e-6, err_msg=f"{name} {arguments}")
        assert np.abs(found - start).max() > 1e-3


def test_the_decay_and_lr_of_keras_2() -> None:
    """w - Σ lr / (1 + decay · t), by hand, for a gradient of 1."""
    import torch

    optimizer = ours.optimizers.SGD(lr=0.1, decay=0.5)
    parameter = torch.nn.Parameter(torch.zeros(1))
    optimizer.bind([parameter])
    for _ in range(3):
        parameter.grad = torch.ones(1)
        optimizer.step()
    assert parameter.item() == pytest.approx(-(0.1 / 1 + 0.1 / 1.5 + 0.1 / 2))
    assert float(optimizer.lr) == 0.1


def test_momentum_keeps_the_rate_of_its_steps() -> None:
    """Keras's velocity holds rate · gradient, so a change of rate leaves it; PyTorch's would change with it."""
    import torch

    optimizer = ours.optimizers.SGD(0.1, momentum=0.5)
    parameter = torch.nn.Parameter(torch.zeros(1))
    optimizer.bind([parameter])
    for rate in (0.1, 0.01):
        optimizer.learning_rate = rate
        parameter.grad = torch.ones(1)
        optimizer.step()
    # velocity: -0.1, then -0.05 - 0.01
    assert parameter.item() == pytest.approx(-0.1 - 0.06)


@pytest.mark.parametrize(
    "schedule",
    [
        ("ExponentialDecay", (0.1, 7, 0.5)),
        ("ExponentialDecay", (0.1, 7, 0.5, True)),
        ("InverseTimeDecay", (0.1, 7, 0.5)),
        ("PiecewiseConstantDecay", ([3, 8], [0.1, 0.02, 0.003])),
        ("PolynomialDecay", (0.1, 10, 0.01, 2.0)),
        ("PolynomialDecay", (0.1, 4, 0.01, 1.0, True)),
        ("CosineDecay", (0.1, 10, 0.1)),
        ("CosineDecay", (0.0, 10, 0.1, None, 0.1, 5)),
    ],
    ids=str,
)
def test_schedules(schedule: tuple[str, tuple[Any, ...]]) -> None:
    keras = real_keras()
    name, arguments = schedule
    mine = getattr(ours.optimizers.schedules, name)(*arguments)
    if name == "CosineDecay":
        arguments = (*arguments[:3], name, *arguments[4:])
    theirs = getattr(keras.optimizers.schedules, name)(*arguments)
    for step in range(20):
        assert mine(step) == pytest.approx(float(theirs(step)), rel=1e-5, abs=1e-8)


@pytest.mark.parametrize("weighting", ["none", "class", "sample", "both"])
@pytest.mark.parametrize("kind", ["sparse", "one-hot", "binary"])
def test_fit_gives_kerass_history(kind: str, weighting: str) -> None:
    """An epoch's loss and metrics, validation from the end, weights, the smaller last batch: in order, no shuffling."""
    keras = real_keras()
    if kind == "binary":
        mine, theirs = pair(dense_network)
        x, y, loss = numbers(50, 5), (numbers(50, seed=4) > 0).astype(np.float32), "binary_crossentropy"
    else:
        mine, theirs = pair(picture_network)
        x, y, loss = X, LABELS, "sparse_categorical_crossentropy"
        if kind == "one-hot":
            y, loss = ONE_HOT, "categorical_crossentropy"
    extra: dict[str, Any] = {}
    if weighting in ("class", "both"):
        extra["class_weight"] = {0: 0.3, 1: 2.0}
    if weighting in ("sample", "both"):
        extra["sample_weight"] = np.random.default_rng(5).random(len(x)).astype(np.float32)
    if weighting == "both":
        extra.pop("class_weight")  # Keras 3 takes one of the two; both together are tested by hand below
    figures = []
    for model, k in ((mine, ours), (theirs, keras)):
        model.compile(
            k.optimizers.SGD(0.05),
            loss,
            metrics=["accuracy"],
            weighted_metrics=[k.metrics.MeanSquaredError()] if kind != "sparse" else None,
        )
        history = model.fit(
            x, y, batch_size=8, epochs=3, verbose=0, shuffle=False, validation_split=0.25, **extra
        )
        figures.append(history.history)
    assert figures[0].keys() == figures[1].keys()
    for name, values in figures[0].items():
        np.testing.assert_allclose(values, figures[1][name], rtol=2e-4, atol=2e-6, err_msg=name)
    np.testing.assert_allclose(mine.predict(x[:7]), theirs.predict(x[:7], verbose=0), rtol=1e-3, atol=1e-5)


def test_evaluate_and_predict() -> None:
    mine, theirs = pair(picture_network)
    for model, k in ((mine, ours), (theirs, real_keras())):
        top = k.metrics.SparseTopKCategoricalAccuracy(k=2, name="top")
        model.compile("sgd", "sparse_categorical_crossentropy", metrics=["accuracy", top])
    found, expected = (m.evaluate(X, LABELS, batch_size=10, verbose=0) for m in (mine, theirs))
    np.testing.assert_allclose(found, expected, rtol=1e-5)
    np.testing.assert_allclose(mine.predict(X), theirs.predict(X, verbose=0), rtol=1e-4, atol=1e-6)
    np.testing.assert_array_equal(mine.predict_classes(X), theirs.predict(X, verbose=0).argmax(1))
    assert list(mine.evaluate(X, LABELS, verbose=0, return_dict=True)) == ["loss", "accuracy", "top"]


def two_outputs(k: Any) -> Any:
    a, b = k.Input((4,), name="a"), k.Input((6,), name="b")
    shared = k.layers.Dense(5, activation="relu")
    x = k.layers.concatenate([shared(k.layers.Dense(4)(a)), shared(k.layers.Dense(4)(b))])
    return k.Model(
        [a, b], [k.layers.Dense(2, activation="softmax", name="kind")(x), k.layers.Dense(1, name="size")(x)]
    )


def test_several_inputs_and_outputs_and_a_shared_layer() -> None:
    keras = real_keras()
    mine, theirs = pair(two_outputs)
    x = [numbers(20, 4), numbers(20, 6, seed=1)]
    y = [np.eye(2, dtype=np.float32)[np.arange(20) % 2], numbers(20, 1, seed=2)]
    figures = []
    for model, k in ((mine, ours), (theirs, keras)):
        model.compile(
            k.optimizers.SGD(0.05),
            loss={"kind": "categorical_crossentropy", "size": "mse"},
            loss_weights={"kind": 1.0, "size": 0.3},
            metrics={"kind": ["accuracy"], "size": ["mae"]},
        )
        figures.append(model.fit(x, y, batch_size=8, epochs=2, shuffle=False, verbose=0).history)
    assert figures[0].keys() == figures[1].keys()
    for name, values in figures[0].items():
        np.testing.assert_allclose(values, figures[1][name], rtol=1e-4, err_msg=name)
    for found, expected in zip(mine.predict(x), theirs.predict(x, verbose=0), strict=True):
        np.testing.assert_allclose(found, expected, rtol=1e-4, atol=1e-6)
    by_name = mine.predict({"a": x[0], "b": x[1]})
    np.testing.assert_array_equal(by_name[0], mine.predict(x)[0])


def test_frozen_layers_as_compile_found_them() -> None:
    """Frozen at any depth, batch normalisation in its evaluation mode; what changes after compile has no effect."""

    def build(k: Any) -> Any:
        base = picture_network(k)
        return k.Sequential(
            [k.layers.Input((9, 8, 3)), base, k.layers.Dense(3, activation="softmax", name="end")]
        )

    keras = real_keras()
    mine, theirs = pair(build)
    before = [w.copy() for w in mine.get_weights()]
    for model, k in ((mine, ours), (theirs, keras)):
        base = model.layers[0]
        base.trainable = False
        base.layers[-1].trainable = True
        base.trainable = True
        for layer in base.layers[:-2]:
            layer.trainable = False
        model.compile(k.optimizers.SGD(0.1), "categorical_crossentropy")
    assert [w.shape for w in mine.trainable_weights] == [tuple(w.shape) for w in theirs.trainable_weights]
    mine.layers[-1].trainable = False
    for model in (mine, theirs):
        model.fit(X, ONE_HOT, batch_size=44, epochs=3, verbose=0)
    after = mine.get_weights()
    for i, (found, expected) in enumerate(zip(after, theirs.get_weights(), strict=True)):
        np.testing.assert_allclose(found, expected, rtol=1e-4, atol=1e-6)
        assert (np.abs(found - before[i]).max() > 0) == (i >= len(after) - 6), i


def test_activity_regularizer() -> None:
    def build(k: Any) -> Any:
        return k.Sequential(
            [
                k.layers.Input((5,)),
                k.layers.Dense(4, activity_regularizer=k.regularizers.L2(0.1)),
                k.layers.Dense(1),
            ]
        )

    mine, theirs = pair(build)
    x, y = numbers(12, 5), numbers(12, 1, seed=1)
    for model in (mine, theirs):
        model.compile("sgd", "mse")
    np.testing.assert_allclose(
        mine.fit(x, y, batch_size=4, epochs=2, shuffle=False, verbose=0).history["loss"],
        theirs.fit(x, y, batch_size=4, epochs=2, shuffle=False, verbose=0).history["loss"],
        rtol=1e-5,
    )
