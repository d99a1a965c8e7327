"""``fit`` with its passes captured: the same to the bit, and never where a program's own code has its say."""

from __future__ import annotations

import functools
import gc
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import pytest
import torch

from prunelle.errors import ArgumentError
from prunelle.keras.floor import keras
from prunelle.keras.names import backend as K
from prunelle.training.fast import passes, script
from tests.unit.training.helpers import capture_early

layers, losses = keras.layers, keras.losses


@pytest.fixture(autouse=True)
def captures(monkeypatch: pytest.MonkeyPatch, keras_2: None) -> list[script.Script]:
    return capture_early(monkeypatch)


def pictures(n: int = 44) -> tuple[np.ndarray, np.ndarray]:
    random = np.random.default_rng(0)
    labels = random.integers(3, size=n)
    images = random.random((n, 8, 8, 1))
    images[np.arange(n), 2 * labels] += 1
    return images, labels


def network(*extra: Any) -> Any:
    return keras.Sequential(
        [
            keras.Input((8, 8, 1)),
            layers.Conv2D(4, 3, activation="relu", kernel_regularizer=keras.regularizers.l2(0.01)),
            layers.BatchNormalization(),
            layers.MaxPooling2D(),
            layers.Dropout(0.3),
            *extra,
            layers.Flatten(),
            layers.Dense(3, activation="softmax"),
        ]
    )


def fitted(make: Callable[[], Any], *data: Any, **how: Any) -> tuple[dict[str, Any], list[np.ndarray], float]:
    """The history, the weights, and a random number drawn after it."""
    keras.utils.set_random_seed(0)
    model = make()
    history = model.fit(*data, epochs=2, batch_size=8, verbose=0, **how).history
    return history, model.get_weights(), float(torch.rand(()))


def held() -> int:
    """Bytes of the tensors that there are."""
    # Not those of other classes: the compiler's, of another test, have no memory.
    tensors = [each for each in gc.get_objects() if type(each) in (torch.Tensor, torch.nn.Parameter)]
    tensors += [each.grad for each in tensors if each.is_leaf and each.grad is not None]
    return sum(dict(map(_memory, tensors)).values())


def _memory(tensor: torch.Tensor) -> tuple[int, int]:
    """Where it is, and how much; nothing of one that stands for others (``vmap``'s, of another test)."""
    try:
        return tensor.data_ptr(), tensor.untyped_storage().nbytes()
    except RuntimeError:
        return 0, 0


def test_what_a_fit_needs_beside_its_model_is_gone_when_it_ends(captures: list[script.Script]) -> None:
    """Gradients are as large as the weights, and Python's collector, for which they might wait, does not know it."""
    large = layers.Dense(2000)
    models = [network(layers.Flatten(), large), network(layers.Lambda(lambda x: x * 2), layers.Dense(2000))]
    for each in models:
        each.compile("adam", "sparse_categorical_crossentropy", metrics=["accuracy"])
        each.fit(*pictures(), batch_size=8, verbose=0)
    captures.clear()
    gc.collect()
    before = held()
    gc.disable()
    try:
        for each in models:
            each.fit(*pictures(), batch_size=8, verbose=0)
            each.evaluate(*pictures(), verbose=0)
            each.predict(pictures()[0])
        assert captures
        captures.clear()
        # Keras itself keeps the last of its batches.
        assert held() < before + large.kernel.value.nbytes / 10
    finally:
        gc.enable()


def check(make: Callable[[], Any], *data: Any, **how: Any) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(passes, "_CAPTURES", {})
        history, weights, number = fitted(make, *data, **how)
    found_history, found_weights, found_number = fitted(make, *data, **how)
    assert found_history == history
    assert found_number == number
    assert all(np.array_equal(a, b) for a, b in zip(weights, found_weights, strict=True))


def sparse(*extra: Any, **compiled: Any) -> Any:
    model = network(*extra)
    model.compile(
        **{"optimizer": "adam", "loss": "sparse_categorical_crossentropy", "metrics": ["accuracy"]} | compiled
    )
    return model


def test_a_fit_is_the_same_to_the_bit(captures: list[script.Script]) -> None:
    images, labels = pictures()
    check(sparse, images, labels, validation_split=0.2, class_weight={0: 1.0, 1: 2.0, 2: 0.5})
    assert len(captures) == 1


def test_labels_as_vectors(captures: list[script.Script]) -> None:
    images, labels = pictures()
    check(lambda: sparse(loss="categorical_crossentropy"), images, np.eye(3)[labels], shuffle=False)
    assert len(captures) == 1


@pytest.mark.parametrize("outputs", [1, 2])
def test_several_inputs_and_outputs(captures: list[script.Script], outputs: int) -> None:
    """Each output's loss has a figure of its own, which no capture may leave behind."""

    def make() -> Any:
        left, right = keras.Input((8, 8, 1), name="left"), keras.Input((5,), name="right")
        x = layers.concatenate([layers.Flatten()(layers.Conv2D(2, 3)(left)), right])
        ends = [layers.Dense(3, activation="softmax", name="kind")(x), layers.Dense(1, name="size")(x)]
        model = keras.Model([left, right], ends[:outputs])
        model.compile("sgd", loss=["sparse_categorical_crossentropy", "mse"][:outputs])
        return model

    images, labels = pictures()
    check(make, [images, images[:, 0, :5, 0]], [labels, images.mean((1, 2, 3))][:outputs])
    assert len(captures) == (outputs == 1)


def of_ones_own(y_true: torch.Tensor, y_pred: torch.Tensor) -> torch.Tensor:
    return (torch.nn.functional.one_hot(y_true.reshape(-1).long(), 3) - y_pred).square().mean(-1)


class Counting(keras.regularizers.Regularizer):
    """A penalty that grows from call to call."""

    def __init__(self) -> None:
        self.calls = 0

    def __call__(self, x: torch.Tensor) -> torch.Tensor:
        self.calls += 1
        return self.calls * 1e-3 * K.sum(K.square(x))


class Doubled(losses.SparseCategoricalCrossentropy):
    """A subclass of a loss of Keras's."""

    def call(self, y_true: torch.Tensor, y_pred: torch.Tensor) -> torch.Tensor:
        return 2 * super().call(y_true, y_pred)


@functools.wraps(losses.sparse_categorical_crossentropy)
def wrapped(y_true: torch.Tensor, y_pred: torch.Tensor) -> torch.Tensor:
    return losses.sparse_categorical_crossentropy(y_true, y_pred)


@pytest.mark.parametrize(
    "make",
    [
        lambda: sparse(loss=of_ones_own),
        lambda: sparse(loss=Doubled()),
        lambda: sparse(loss=wrapped),
        lambda: sparse(layers.Lambda(lambda x: 2 * x)),
        lambda: sparse(layers.Dense(4, activation=lambda x: x.clamp(max=1))),
        lambda: sparse(layers.Dense(4, kernel_regularizer=Counting())),
        lambda: sparse(layers.Dense(4, activity_regularizer=Counting())),
    ],
    ids=[
        "loss",
        "subclass of a loss",
        "wrapped loss",
        "layer",
        "activation",
        "penalty of weights",
        "penalty of outputs",
    ],
)
def test_a_programs_own_code_runs_at_every_step(
    captures: list[script.Script], make: Callable[[], Any]
) -> None:
    images, labels = pictures()
    check(make, images, labels)
    assert captures == []


def test_weights_set_between_batches_are_those_that_learn(captures: list[script.Script]) -> None:
    class Reset(keras.callbacks.Callback):
        """In the middle of an epoch whose passes are captured, other weights."""

        def on_train_batch_end(self, batch: int, logs: Any = None) -> None:
            if batch == 3:
                self.model.set_weights([0.5 * weight for weight in self.model.get_weights()])

    images, labels = pictures()
    check(sparse, images, labels, callbacks=[Reset()])
    assert captures


def test_numbers_that_change_while_it_trains_count(captures: list[script.Script]) -> None:
    """A loss's weight in a variable, as courses let it grow or fall."""
    shares = []

    def make() -> Any:
        shares.append(K.variable(1.0))
        model = network()
        model.compile("sgd", loss="sparse_categorical_crossentropy", loss_weights=[shares[-1]])
        return model

    class Falling(keras.callbacks.Callback):
        def on_train_batch_end(self, batch: int, logs: Any = None) -> None:
            if batch == 5:
                K.set_value(shares[-1], 0.1)

    check(make, *pictures(80), callbacks=[Falling()])
    assert captures == []


def test_a_callback_that_trains_on_another_loss_does(captures: list[script.Script]) -> None:
    images, labels = pictures(80)

    class Recompiles(keras.callbacks.Callback):
        def on_train_batch_end(self, batch: int, logs: Any = None) -> None:
            if batch == 5:
                self.model.compile("sgd", loss="mse")
                self.model.train_on_batch(images[:8], np.eye(3)[labels[:8]])

    check(sparse, images, labels, callbacks=[Recompiles()])
    assert captures


@pytest.mark.parametrize("wrong", [-1, -100, 3])
def test_what_is_wrong_with_a_batch_is_said_as_ever(captures: list[script.Script], wrong: int) -> None:
    """PyTorch's own loss passes over -100 in silence."""
    images, labels = pictures()
    labels[-12] = wrong

    def batches() -> Iterator[tuple[np.ndarray, np.ndarray]]:
        for start in range(0, 44, 8):
            yield images[start : start + 8], labels[start : start + 8]

    said = "labels must be from 0 to 2, as the model has 3 outputs; received"
    with pytest.raises(ArgumentError, match=said):
        sparse().fit(images, labels, batch_size=8, verbose=0, shuffle=False)
    assert captures == []
    with pytest.raises(ArgumentError, match=said):
        sparse().fit(batches(), steps_per_epoch=6, verbose=0)
    assert len(captures) == 1
