"""Steps on Prunelle's passes against Keras's own steps: the same losses and weights."""

from __future__ import annotations

import contextlib
import re
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import torch

from prunelle.errors import ArgumentError
from prunelle.keras import compat, passes
from prunelle.keras.floor import keras, private
from tests.unit.training.helpers import AVX2, assert_right_without_avx512

MODELS: dict[str, Callable[[Any], list[Any]]] = {
    "convolutions": lambda k: [
        k.Conv2D(4, 3, activation="relu", input_shape=(9, 9, 2)),
        k.MaxPooling2D(),
        k.Conv2D(6, 3, padding="same", strides=2, activation="tanh"),
        k.Flatten(),
        k.Dense(3, activation="softmax"),
    ],
    "normalised": lambda k: [
        k.Conv2D(4, 3, input_shape=(9, 9, 2), use_bias=False),
        k.BatchNormalization(),
        k.Activation("relu"),
        k.GlobalAveragePooling2D(),
        k.Dense(3, activation="softmax"),
    ],
    "penalised": lambda k: [
        k.Flatten(input_shape=(9, 9, 2)),
        k.Dense(5, activation="elu", kernel_regularizer="l2"),
        k.Dense(3, activation="softmax"),
    ],
    "a layer that is not known": lambda k: [
        k.Conv2D(4, 3, input_shape=(9, 9, 2)),
        k.Lambda(lambda x: x * 2),
        k.SeparableConv2D(4, 3),
        k.Flatten(),
        k.Dense(3, activation="softmax"),
    ],
}


@pytest.mark.parametrize("name", MODELS)
@pytest.mark.parametrize("optimizer", ["rmsprop", "adam"])
def test_steps_are_keras_own(name: str, optimizer: str, monkeypatch: pytest.MonkeyPatch) -> None:
    random = np.random.RandomState(0)
    x, y = random.rand(16, 9, 9, 2).astype("float32"), np.eye(3)[random.randint(3, size=16)]
    found = []
    for fast in (True, False):
        if not fast:
            monkeypatch.setattr(passes, "session", lambda model, training: contextlib.nullcontext())
        with compat("2.3"):
            from keras import layers
            from keras.models import Sequential

            model = Sequential(MODELS[name](layers))
            values = np.random.RandomState(5)
            model.set_weights([abs(values.randn(*w.shape)) * 0.1 for w in model.get_weights()])
            model.compile(optimizer, "categorical_crossentropy", metrics=["accuracy", "mae"])
            history = model.fit(x, y, batch_size=8, epochs=3, shuffle=False, verbose=0).history
            measured = [np.array(history[each]) for each in ("loss", "accuracy", "mae")]
            answers = [model.predict(x), np.array(model.evaluate(x, y, verbose=0))]
            found.append([*measured, *answers, *model.get_weights()])
    for ours, theirs in zip(*found, strict=True):
        np.testing.assert_allclose(ours, theirs, rtol=2e-4, atol=1e-5)  # other orders of adding up


def test_adam_by_hand() -> None:
    """Kingma, Ba 2015, section 2's last form, in float64: α √(1 - β₂ᵗ) / (1 - β₁ᵗ) · m / (√v + ε)."""
    random = np.random.RandomState(3)
    x, y = random.rand(8, 6).astype("float32"), random.rand(8, 2).astype("float32")
    with compat("2.3"):
        from keras.layers import Dense
        from keras.models import Sequential
        from keras.optimizers import Adam

        model = Sequential([Dense(2, input_shape=(6,))])
        kernel, bias = (value.astype("float64") for value in model.get_weights())
        model.compile(Adam(lr=0.05, epsilon=1e-3), "mse")
        model.fit(x, y, batch_size=8, epochs=5, shuffle=False, verbose=0)
        learned = model.get_weights()
    moments = [(np.zeros_like(value), np.zeros_like(value)) for value in (kernel, bias)]
    values = [kernel, bias]
    for t in range(1, 6):
        error = 2 * (x @ values[0] + values[1] - y) / y.size
        for i, gradient in enumerate((x.T @ error, error.sum(0))):
            m, v = moments[i]
            m[...] = 0.9 * m + 0.1 * gradient
            v[...] = 0.999 * v + 0.001 * gradient**2
            values[i] -= 0.05 * np.sqrt(1 - 0.999**t) / (1 - 0.9**t) * m / (np.sqrt(v) + 1e-3)
    for ours, expected in zip(learned, values, strict=True):
        np.testing.assert_allclose(ours, expected, rtol=2e-5, atol=2e-6)  # float32 against float64


def test_figures_are_means_over_examples_whatever_the_last_batch() -> None:
    """Ten examples in batches of 4, 4 and 2: each counts once in the loss and in the metrics."""
    x, y = np.arange(10, dtype="float32")[:, None], np.ones((10, 1), "float32")
    with compat("2.3"):
        from keras.layers import Dense
        from keras.models import Sequential
        from keras.optimizers import SGD

        model = Sequential([Dense(1, use_bias=False, kernel_initializer="ones", input_shape=(1,))])
        model.compile(SGD(lr=0.0), "mse", metrics=["mae"])
        history = model.fit(x, y, batch_size=4, verbose=0, validation_data=(x, y)).history
    for before in ("", "val_"):
        assert history[f"{before}loss"] == pytest.approx([np.mean((x - 1) ** 2)])
        assert history[f"{before}mae"] == pytest.approx([np.mean(abs(x - 1))])


def test_callbacks_that_ask_for_figures_of_a_batch_get_those_so_far() -> None:
    x, y = np.array([[0.0], [2.0], [4.0]], "float32"), np.zeros((3, 1), "float32")
    seen = []
    with compat("2.3"):
        from keras.callbacks import LambdaCallback
        from keras.layers import Dense
        from keras.models import Sequential
        from keras.optimizers import SGD

        model = Sequential([Dense(1, use_bias=False, kernel_initializer="ones", input_shape=(1,))])
        model.compile(SGD(lr=0.0), "mse", metrics=["mae"])
        asks = LambdaCallback(on_batch_end=lambda batch, logs: seen.append(logs["mae"]))
        model.fit(x, y, batch_size=1, shuffle=False, verbose=0, callbacks=[asks])
    assert seen == pytest.approx([0.0, 1.0, 2.0])


def test_a_step_of_the_programs_own_is_taken() -> None:
    with compat("tf2"):
        from tensorflow import keras

        class Counting(keras.Model):
            steps = 0

            def train_step(self, data):  # type: ignore[no-untyped-def]
                Counting.steps += 1
                return super().train_step(data)

        inputs = keras.Input((3,))
        model = Counting(inputs, keras.layers.Dense(1)(inputs))
        model.compile("sgd", "mse")
        model.fit(np.zeros((6, 3)), np.zeros(6), batch_size=2, verbose=0)
    assert Counting.steps == 3


OVERRUN = """
import contextlib, sys
import numpy as np
import torch
from torch import nn
from prunelle.keras import compat, passes

assert not torch.backends.cpu.get_cpu_capability().startswith("AVX512")
if sys.argv[1] == "keras":
    passes.session = lambda model, training: contextlib.nullcontext()
random = np.random.RandomState(0)
with compat("3"):
    from keras import Input, Sequential, layers, optimizers

    for channels, strides, size in ((3, 2, 8), (4, 2, 16), (7, 2, 32), (3, 3, 9), (8, 2, 8)):
        kernels = [layers.Conv2D(channels, 3, padding="same"), layers.Conv2D(8, 1, strides=strides)]
        model = Sequential([Input((size, size, 3)), *kernels, layers.Flatten(), layers.Dense(1)])
        exact = nn.Sequential(nn.Conv2d(3, channels, 3, padding=1), nn.Conv2d(channels, 8, 1, stride=strides)).double()
        head = nn.Linear(model.layers[-1].kernel.shape[0], 1).double()
        x, y = random.rand(2, size, size, 3).astype("float32"), random.rand(2, 1)
        start = model.get_weights()
        for _ in range(10):
            model.set_weights(start)
            for ours, theirs in zip(kernels, exact):
                theirs.weight.data = torch.from_numpy(ours.get_weights()[0]).double().permute(3, 2, 0, 1)
                theirs.bias.data = torch.from_numpy(ours.get_weights()[1]).double()
            kernel, bias = (torch.from_numpy(each).double() for each in model.layers[-1].get_weights())
            head.weight.data, head.bias.data = kernel.T, bias
            for each in (exact, head):
                each.zero_grad()
            maps = exact(torch.from_numpy(x).double().permute(0, 3, 1, 2)).permute(0, 2, 3, 1).flatten(1)
            ((head(maps) - torch.from_numpy(y)) ** 2).mean().backward()
            before = [layer.get_weights()[0] for layer in kernels]
            model.compile(optimizers.SGD(0.1), "mse")
            model.fit(x, y, verbose=0)
            for layer, old, truth in zip(kernels, before, exact):
                gradient = torch.from_numpy((old - layer.get_weights()[0]) / 0.1).double().permute(3, 2, 0, 1)
                torch.testing.assert_close(gradient, truth.weight.grad, rtol=1e-3, atol=1e-4)
print("right")
"""


@AVX2
@pytest.mark.parametrize("steps", ["ours", "keras"])
def test_gradients_of_strided_1x1_convolutions_without_avx512(steps: str) -> None:
    """oneDNN computes them beyond its memory there, in lowered networks and in Keras's own convolution alike."""
    assert_right_without_avx512(OVERRUN, steps)


def test_what_several_layers_see_stays_as_it_was() -> None:
    """The program's own array too, where an activation is the first layer."""
    x = np.random.RandomState(0).randn(6, 4).astype("float32")
    kept = x.copy()
    with compat("2.3"):
        from keras.layers import Activation, Add, Input
        from keras.models import Model

        inputs = Input((4,))
        positive = Activation("relu")(inputs)
        model = Model(inputs, Add()([positive, Activation("relu")(Activation("linear")(inputs)), inputs]))
        found = model.predict(x)
    np.testing.assert_array_equal(x, kept)
    np.testing.assert_allclose(found, 2 * np.maximum(kept, 0) + kept, rtol=1e-6)


@pytest.mark.parametrize(("generation", "seeded"), [("2.3", np.random.seed), ("tf2", torch.manual_seed)])
def test_batches_of_arrays_are_every_example_once(generation: str, seeded: Callable[[int], object]) -> None:
    """In an order of the generator that programs of the generation seed, each example beside its label and weight."""
    x, y, weights = np.arange(10.0)[:, None], np.arange(10) * 10, np.arange(10.0) * 100
    with compat(generation):
        adapter = private("trainers.data_adapters.array_data_adapter.ArrayDataAdapter")
        shuffled = adapter(x, y, sample_weight=weights, batch_size=4, shuffle=True)
        in_order = adapter(x, y, batch_size=4, shuffle=False)
        epochs = []
        for _ in range(2):
            seeded(0)
            epochs.append(list(shuffled.get_torch_dataloader()))
        seeded(1)
        other = torch.cat([batch[0] for batch in shuffled.get_torch_dataloader()])
        plain = list(in_order.get_torch_dataloader())
    assert [len(batch[0]) for batch in epochs[0]] == [4, 4, 2]
    first, again = (torch.cat([batch[0] for batch in epoch])[:, 0] for epoch in epochs)
    assert torch.equal(first, again)
    assert not torch.equal(first, other[:, 0])
    assert sorted(first.tolist()) == list(range(10))
    assert first.dtype == torch.float32  # Keras's floatx, whatever NumPy made
    for inputs, labels, given in epochs[0]:
        assert labels.tolist() == [10 * value for value in inputs[:, 0].tolist()]
        assert given.tolist() == [100 * value for value in inputs[:, 0].tolist()]
    assert torch.cat([batch[0] for batch in plain])[:, 0].tolist() == list(range(10))
    assert plain[0][1].dtype == torch.int64


@pytest.mark.parametrize("hidden", [False, True])
def test_losses_that_layers_add_are_learned_from(hidden: bool) -> None:
    """By hand: 0.5·mean(h²) + (h·v - y)² of one example; ``hidden``: where no code of the layer names ``add_loss``."""
    with compat("2.3"):
        from keras import backend as K
        from keras.layers import Dense, Input, Layer
        from keras.models import Model

        def told(layer: Any, value: Any) -> None:
            getattr(layer, "add" + "_loss")(value)

        class Small(Layer):  # type: ignore[misc]
            def call(self, x: Any) -> Any:
                if hidden:
                    told(self, 0.5 * K.mean(K.square(x)))
                else:
                    self.add_loss(0.5 * K.mean(K.square(x)))
                return x

        inputs = Input((2,))
        model = Model(inputs, Dense(1, use_bias=False)(Small()(Dense(2, use_bias=False)(inputs))))
        kernel, last = np.array([[1.0, -1.0], [0.5, 2.0]]), np.array([[3.0], [1.0]])
        model.set_weights([kernel, last])
        model.compile("sgd", "mse")
        x, y = np.array([[1.0, 2.0]]), np.array([[4.0]])
        history = model.fit(x, y, verbose=0).history
    h = x @ kernel
    error = (h @ last - y).item()
    assert history["loss"][0] == pytest.approx(0.5 * (h**2).mean() + error**2)
    by_h = h / 2 + 2 * error * last.T
    np.testing.assert_allclose(model.get_weights()[0], kernel - 0.01 * x.T @ by_h, rtol=1e-5)
    np.testing.assert_allclose(model.get_weights()[1], last - 0.01 * h.T * 2 * error, rtol=1e-5)


def test_a_prediction_between_batches_changes_no_training() -> None:
    """It may lay weights anew in memory; steps must go on where they are."""
    random = np.random.RandomState(0)
    x, y = random.rand(8, 9, 9, 2), np.eye(3)[random.randint(3, size=8)]
    found = []
    for predicts in (True, False):
        with compat("2.3"):
            from keras import layers
            from keras.models import Sequential

            model = Sequential(MODELS["convolutions"](layers))
            values = np.random.RandomState(5)
            model.set_weights([values.randn(*w.shape) * 0.1 for w in model.get_weights()])
            model.compile("adam", "categorical_crossentropy")
            for _ in range(3):
                model.train_on_batch(x, y)
                if predicts:
                    model.predict(x)
            found.append(model.get_weights())
    for one, other in zip(*found, strict=True):
        np.testing.assert_allclose(one, other, rtol=1e-5, atol=1e-6)


def test_steps_follow_weights_that_moved_in_memory() -> None:
    found = []
    for moves in (True, False):
        with compat("2.3"):
            weight = keras.Variable(np.ones((4, 3), np.float32))
            optimizer, variables = keras.optimizers.Adam(0.1), [weight]
            optimizer.build(variables)
            for _ in range(2):
                optimizer._backend_update_step([torch.ones(4, 3)], variables, 0.1)
                optimizer._iterations.assign_add(1)
                if moves:
                    weight.value.data = weight.value.data.clone()
            found.append(weight.numpy().tolist())
    assert found[0] == found[1]
    assert found[0][0][0] == pytest.approx(
        0.8, abs=1e-5
    )  # by hand: each of Adam's steps of one gradient is the rate


@pytest.mark.parametrize("generation", ["2.3", "tf2", "3"])
def test_examples_of_another_shape_are_told(generation: str) -> None:
    """By the model, whose layers would speak of what came to them."""
    with compat(generation):
        k = keras.layers
        layers = [k.Conv2D(2, 3, input_shape=(8, 8, 3)), k.Flatten(), k.Dense(1)]
        model = keras.models.Sequential(layers)
        model.compile("sgd", "mse")
        model.fit(np.zeros((4, 8, 8, 3)), np.zeros((4, 1)), verbose=0)
        one = re.escape(
            "(None, 8, 8, 3), its input's; received one of shape (8, 8, 3). An example alone needs"
        )
        with pytest.raises(ArgumentError, match=one):
            model.predict(np.zeros((8, 8, 3)), verbose=0)
        small = re.escape("(None, 8, 8, 3), its input's; received one of shape (2, 7, 7, 3).")
        for ask in (model.predict, lambda x: model.evaluate(x, np.zeros((2, 1)), verbose=0)):
            with pytest.raises(ArgumentError, match=f"{small}$"):
                ask(np.zeros((2, 7, 7, 3)))
        with pytest.raises(ArgumentError, match=small):
            model.fit(np.zeros((2, 7, 7, 3)), np.zeros((2, 1)), verbose=0)
        model.predict(np.zeros((5, 8, 8, 3)), verbose=0)
