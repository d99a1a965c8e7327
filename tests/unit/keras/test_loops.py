"""Loops of a program's own: values of TensorFlow 2.21 with Keras 3.15 for the same weights and batches."""

from __future__ import annotations

import importlib
from typing import Any

import numpy as np
import pytest

from prunelle.errors import ArgumentError
from prunelle.keras.eager import taped
from prunelle.keras.floor import keras

pytestmark = pytest.mark.usefixtures("tf_keras")
layers = keras.layers


def data() -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(0)
    return rng.normal(size=(64, 6)).astype("float32"), rng.normal(size=(64, 3)).astype("float32")


def weighed(model: Any, x: Any) -> Any:
    """With the weights that TensorFlow's had."""
    model(x[:2])
    rng = np.random.default_rng(1)
    model.set_weights([rng.normal(size=w.shape).astype("float32") * 0.3 for w in model.get_weights()])
    return model


def subclass(tf: Any) -> Any:
    class Own(keras.Model):  # type: ignore[misc]
        def __init__(self) -> None:
            super().__init__()
            self.e = layers.Dense(4, activation="tanh", kernel_regularizer="l2")
            self.d, self.drop = layers.Dense(3), layers.Dropout(0.0)

        def call(self, x: Any, training: bool = False) -> Any:
            z = self.drop(self.e(x), training=training)
            self.add_loss(0.1 * tf.reduce_mean(tf.square(z)))
            return self.d(z)

    return Own


def test_fit_of_a_subclass_that_adds_losses_in_its_call() -> None:
    import tensorflow as tf

    x, y = data()
    model = weighed(subclass(tf)(), x)
    model.compile(keras.optimizers.SGD(0.05), loss=keras.losses.MeanSquaredError(), metrics=["mae"])
    history = model.fit(x, y, batch_size=16, epochs=3, shuffle=False, verbose=0).history
    assert history["loss"] == pytest.approx([1.23483, 1.16346, 1.11657], abs=2e-5)
    assert history["mae"] == pytest.approx([0.87347, 0.84785, 0.83151], abs=2e-5)
    assert model.evaluate(x, y, verbose=0) == pytest.approx([1.09108, 0.82202], abs=2e-5)


def test_a_train_step_of_its_own() -> None:
    import tensorflow as tf

    class Own(subclass(tf)):  # type: ignore[misc]
        def train_step(self, data: Any) -> Any:
            x, y = data
            assert isinstance(x, tf.Tensor)
            assert x.dtype == tf.float32
            assert x.dtype.name == "float32"  # TensorFlow's face
            with tf.GradientTape() as tape:
                answers = self(x, training=True)
                loss = self.compute_loss(y=y, y_pred=answers)
            gradients = tape.gradient(loss, self.trainable_variables)
            self.optimizer.apply_gradients(zip(gradients, self.trainable_variables, strict=True))
            for metric in self.metrics:
                metric.update_state(*([loss] if metric.name == "loss" else [y, answers]))
            return {metric.name: metric.result() for metric in self.metrics}

    x, y = data()
    model = weighed(Own(), x)
    model.compile(keras.optimizers.Adam(0.01), loss="mse", metrics=["mae"])
    history = model.fit(x, y, batch_size=16, epochs=3, shuffle=False, verbose=0).history
    assert history["loss"] == pytest.approx([1.23682, 1.15434, 1.09516], abs=2e-5)


def test_a_train_step_with_what_was_compiled() -> None:
    """As TensorFlow 2's guides had it; the figures are those of tf_keras 2.21."""
    import tensorflow as tf

    class Own(tf.keras.Model):  # type: ignore[misc]
        def train_step(self, data: Any) -> Any:
            x, y = data
            with tf.GradientTape() as tape:
                answers = self(x, training=True)
                loss = self.compiled_loss(y, answers, regularization_losses=self.losses)
            gradients = tape.gradient(loss, self.trainable_weights)
            self.optimizer.apply_gradients(zip(gradients, self.trainable_weights, strict=True))
            self.compiled_metrics.update_state(y, answers)
            return {metric.name: metric.result() for metric in self.metrics}

    penalty = keras.regularizers.L2(0.1)
    inputs = tf.keras.Input(shape=(2,))
    model = Own(inputs, keras.layers.Dense(1, kernel_initializer="ones", kernel_regularizer=penalty)(inputs))
    model.compile(keras.optimizers.SGD(0.1), loss="mse", metrics=["mae"])
    x = np.array([[1, 2], [3, 4], [0, 1]], np.float32)
    y = np.array([[1], [2], [3]], np.float32)
    history = model.fit(x, y, batch_size=2, epochs=2, shuffle=False, verbose=0).history
    assert history["loss"] == pytest.approx([18.622627, 10.984271], abs=2e-5)
    assert history["mae"] == pytest.approx([4.04, 2.536798], abs=2e-5)
    kernel, bias = model.get_weights()
    assert kernel.ravel() == pytest.approx([1.077169, 2.078946], abs=2e-5)
    assert bias == pytest.approx([1.015922], abs=2e-5)


def test_a_loop_that_clips_its_gradients() -> None:
    import tensorflow as tf

    x, y = data()
    model, optimizer = weighed(subclass(tf)(), x), keras.optimizers.RMSprop(0.01)
    losses, found = keras.losses.MeanSquaredError(), []
    for _ in range(2):
        for images, labels in tf.data.Dataset.from_tensor_slices((x, y)).batch(16):
            with tf.GradientTape() as tape:
                loss = losses(labels, model(images, training=True))
                loss += sum(model.losses)
            gradients = tape.gradient(loss, model.trainable_weights)
            gradients, _ = tf.clip_by_global_norm(gradients, 0.5)
            optimizer.apply_gradients(zip(gradients, model.trainable_weights, strict=True))
            found.append(float(loss))
    expected = [1.17981, 1.51943, 1.16801, 0.95232, 1.05524, 1.38915, 1.05636, 0.8778]
    assert found == pytest.approx(expected, abs=2e-5)
    assert optimizer.iterations.numpy() == 8


def test_a_gradient_penalty_is_differentiated_twice() -> None:
    import tensorflow as tf

    x, _ = data()
    critic = weighed(keras.Sequential([layers.Dense(5, activation="tanh"), layers.Dense(1)]), x)
    pictures = tf.constant(x)
    with tf.GradientTape() as outer:
        with tf.GradientTape() as inner:
            inner.watch(pictures)
            scores = critic(pictures, training=True)
        gradient = inner.gradient(scores, pictures)
        length = tf.sqrt(tf.reduce_sum(tf.square(gradient), axis=1))
        penalty = tf.reduce_mean((length - 1.0) ** 2)
    assert float(penalty) == pytest.approx(0.64686, abs=2e-5)
    found = outer.gradient(penalty, critic.trainable_variables)
    sums = [None if each is None else float(tf.reduce_sum(tf.abs(each))) for each in found]
    assert sums[:3] == pytest.approx([1.85231, 0.04996, 1.4599], abs=2e-4)
    assert sums[3] is None


def test_a_loss_and_a_metric_of_its_own() -> None:
    import tensorflow as tf

    def log_cosh(y_true: Any, y_pred: Any) -> Any:
        return tf.reduce_mean(tf.math.log(tf.cosh(y_true - y_pred)), axis=-1)

    class RootMean(keras.metrics.Metric):  # type: ignore[misc]
        def __init__(self) -> None:
            super().__init__(name="rmse")
            self.s = self.add_weight(name="s", initializer="zeros")
            self.n = self.add_weight(name="n", initializer="zeros", dtype="int32")

        def update_state(self, y_true: Any, y_pred: Any, sample_weight: Any = None) -> None:
            self.s.assign_add(tf.reduce_sum(tf.square(y_true - y_pred)))
            self.n.assign_add(tf.shape(y_pred)[0])

        def result(self) -> Any:
            return tf.sqrt(self.s / tf.cast(self.n, tf.float32))

        def reset_state(self) -> None:
            self.s.assign(0.0)
            self.n.assign(0)

    x, y = data()
    model = weighed(subclass(tf)(), x)
    model.compile("sgd", loss=log_cosh, metrics=[RootMean()])
    steps = [model.train_on_batch(x[:32], y[:32]) for _ in range(2)]
    assert np.allclose(steps, [[0.50386, 2.00691], [0.50336, 2.00574]], atol=2e-5)
    history = model.fit(
        x, y, batch_size=16, epochs=2, shuffle=False, verbose=0, validation_data=(x, y)
    ).history
    assert history["rmse"] == pytest.approx([1.91855, 1.91425], abs=2e-5)
    assert history["val_rmse"] == pytest.approx([1.9157, 1.91146], abs=2e-5)


def test_a_model_without_a_call_trains_by_its_own_step() -> None:
    import tensorflow as tf

    class Halves(keras.Model):  # type: ignore[misc]
        def __init__(self) -> None:
            super().__init__()
            self.first, self.second = layers.Dense(2), layers.Dense(3)
            self.tracker = keras.metrics.Mean(name="loss")

        @property
        def metrics(self) -> list[Any]:
            return [self.tracker]

        def train_step(self, data: Any) -> Any:
            with tf.GradientTape() as tape:
                loss = tf.reduce_mean(tf.square(self.second(self.first(data)) - data))
            gradients = tape.gradient(loss, self.trainable_weights)
            self.optimizer.apply_gradients(zip(gradients, self.trainable_weights, strict=True))
            self.tracker.update_state(loss)
            return {"loss": self.tracker.result()}

    model = Halves()
    model.compile(keras.optimizers.Adam(0.05))
    losses = model.fit(np.eye(3, dtype="float32"), epochs=60, verbose=0).history["loss"]
    assert losses[-1] < losses[0] / 2


def gradients_of(tf: Any, model: Any, x: Any, *, persistent: bool) -> list[np.ndarray | None]:
    """By Prunelle's pass, or (of a persistent tape) by Keras's own call."""
    with tf.GradientTape(persistent=persistent) as tape:
        tape.watch(x)
        loss = tf.reduce_mean(model(x, training=True)[:, 1]) + sum(model.losses)
    found = tape.gradient(loss, [x, *model.trainable_variables])
    return [None if each is None else each.numpy() for each in found]


def assert_alike(a: list[np.ndarray | None], b: list[np.ndarray | None]) -> None:
    for one, other in zip(a, b, strict=True):
        assert one is not None
        # float32, added up in another order
        assert np.allclose(one, other, rtol=1e-4, atol=1e-6)


def test_a_tape_s_pass_gives_what_keras_s_own_call_gives(monkeypatch: pytest.MonkeyPatch) -> None:
    import tensorflow as tf

    model = _fitting()
    x = tf.constant(np.random.default_rng(3).normal(size=(5, 8, 8, 2)), tf.float32)
    calls: list[int] = []
    outputs = taped._Taped.outputs
    monkeypatch.setattr(taped._Taped, "outputs", lambda *a: calls.append(1) or outputs(*a))
    means = [w.numpy().copy() for w in model.non_trainable_variables]
    ours = gradients_of(tf, model, x, persistent=False)
    assert calls == [1]
    moved = [w.numpy().copy() for w in model.non_trainable_variables]
    for variable, value in zip(model.non_trainable_variables, means, strict=True):
        variable.assign(value)
    assert_alike(ours, gradients_of(tf, model, x, persistent=True))
    assert calls == [1]
    for variable, value in zip(model.non_trainable_variables, moved, strict=True):
        assert np.allclose(variable.numpy(), value, rtol=1e-5)

    # Other weights, put there by whatever way; layers that do not learn any more.
    model.set_weights([w * 1.5 for w in model.get_weights()])
    assert_alike(gradients_of(tf, model, x, persistent=False), gradients_of(tf, model, x, persistent=True))
    model.layers[0].trainable = False
    assert len(model.trainable_variables) == 6
    assert_alike(gradients_of(tf, model, x, persistent=False), gradients_of(tf, model, x, persistent=True))
    model.compile("sgd", "mse")
    model.fit(x, np.zeros((5, 4)), verbose=0)
    assert_alike(gradients_of(tf, model, x, persistent=False), gradients_of(tf, model, x, persistent=True))
    assert len(calls) == 4


def _fitting() -> Any:
    inner = keras.Sequential([keras.Input((4, 4, 3)), layers.Conv2D(5, 1, activation="relu")])
    model = keras.Sequential(
        [
            keras.Input((8, 8, 2)),
            layers.Conv2D(3, 3, padding="same", activation="relu", kernel_regularizer="l2"),
            layers.BatchNormalization(),
            layers.MaxPooling2D(2),
            inner,
            layers.Flatten(),
            layers.Dense(4, activation="softmax"),
        ]
    )
    rng = np.random.default_rng(2)
    model.set_weights([np.abs(rng.normal(size=w.shape)) * 0.3 for w in model.get_weights()])
    return model


def test_layers_that_a_program_calls_itself(monkeypatch: pytest.MonkeyPatch) -> None:
    """A ``call`` of the program's own: each layer with weights goes by Prunelle's pass, whatever is between them."""
    import tensorflow as tf

    class Own(keras.Model):  # type: ignore[misc]
        def __init__(self) -> None:
            super().__init__()
            self.conv = layers.Conv2D(3, 3, strides=2, padding="same", activation="relu")
            self.norm, self.flatten = layers.BatchNormalization(), layers.Flatten()
            self.dense = layers.Dense(4, activation="tanh")

        def call(self, x: Any, training: bool = False) -> Any:
            x = self.norm(self.conv(x), training=training)
            return self.dense(self.flatten(tf.concat([x, -x], axis=-1)))

    x = tf.constant(np.random.default_rng(3).normal(size=(5, 8, 8, 2)), tf.float32)
    model = Own()
    model(x)
    calls: list[int] = []
    outputs = taped._Taped.outputs
    monkeypatch.setattr(taped._Taped, "outputs", lambda *a: calls.append(1) or outputs(*a))
    means = [w.numpy().copy() for w in model.non_trainable_variables]
    ours = gradients_of(tf, model, x, persistent=False)
    assert len(calls) == 3
    for variable, value in zip(model.non_trainable_variables, means, strict=True):
        variable.assign(value)
    assert_alike(ours, gradients_of(tf, model, x, persistent=True))
    assert len(calls) == 3


def test_the_jacobian_of_a_model_by_its_weights() -> None:
    import tensorflow as tf

    model = keras.Sequential([keras.Input((3,)), layers.Dense(2)])
    x = tf.constant([[1.0, 2.0, 3.0]])
    with tf.GradientTape() as tape:
        answers = model(x)
    kernel, bias = tape.jacobian(answers, model.trainable_variables)
    assert kernel.shape == (1, 2, 3, 2)
    assert kernel.numpy()[0, 0].tolist() == [[1, 0], [2, 0], [3, 0]]
    assert bias.numpy()[0].tolist() == [[1, 0], [0, 1]]


def test_minimize_takes_a_function_or_what_a_tape_recorded() -> None:
    import tensorflow as tf

    x = tf.Variable(3.0)
    optimizer = keras.optimizers.SGD(0.1)
    optimizer.minimize(lambda: x**2, [x])
    assert x.numpy() == pytest.approx(2.4)
    with tf.GradientTape() as tape:
        loss = x**2
    optimizer.minimize(loss, [x], tape=tape)
    assert x.numpy() == pytest.approx(1.92)
    with pytest.raises(ArgumentError, match=r"or the loss and the tape that recorded it"):
        optimizer.minimize(loss, [x])
    with tf.GradientTape() as tape:
        loss = tf.constant(np.square(x.numpy()))
    with pytest.raises(ArgumentError, match=r"no variable has a gradient.*NumPy's leave no gradient"):
        optimizer.apply_gradients([(tape.gradient(loss, x), x)])


def test_a_tape_that_gives_one_set_says_so() -> None:
    import tensorflow as tf

    x = tf.Variable(1.0)
    with tf.GradientTape() as tape:
        y = x * x
    assert float(tape.gradient(y, x)) == 2.0
    with pytest.raises(RuntimeError, match=r"persistent=True\) gives several sets"):
        tape.gradient(y, x)


def test_what_is_called_outside_a_tape_is_not_recorded() -> None:
    import tensorflow as tf

    model = keras.Sequential([keras.Input((3,)), layers.Dense(2)])
    answers = model(tf.ones((1, 3)))
    assert not answers.requires_grad
    with tf.GradientTape() as tape:
        pass
    assert tape.gradient(answers, model.trainable_variables) == [None, None]


@pytest.mark.usefixtures("tf_keras")
def test_a_step_asks_for_the_loss_and_metrics_that_were_compiled() -> None:
    """By hand: errors 2, 0, 2, 0 in two batches."""
    tf = importlib.import_module("tensorflow")

    class Own(tf.keras.Model):  # type: ignore[misc, name-defined]
        def train_step(self, data: Any) -> Any:
            x, y = data
            with tf.GradientTape() as tape:
                found = self(x, training=True)
                loss = self.compiled_loss(y, found, regularization_losses=self.losses)
            weights = self.trainable_variables
            self.optimizer.apply_gradients(zip(tape.gradient(loss, weights), weights, strict=True))
            self.compiled_metrics.update_state(y, found)
            return {metric.name: metric.result() for metric in self.metrics}

    inputs = tf.keras.Input((3,))
    dense = tf.keras.layers.Dense(1, use_bias=False, kernel_initializer="ones")
    model = Own(inputs, dense(inputs))
    model.compile(tf.keras.optimizers.SGD(0.0), "mse", metrics=["mae"])
    x, y = np.ones((4, 3), "float32"), np.array([[1], [3], [5], [3]], "float32")
    history = model.fit(x, y, batch_size=2, epochs=2, verbose=0).history
    assert history == {"loss": [2.0, 2.0], "mae": [1.0, 1.0]}


def test_what_a_function_is_given_others_take_too(tf_keras: None) -> None:
    """The face that a program's function sees is not on what the next layer of the graph gets."""
    import tensorflow as tf

    layers = tf.keras.layers
    x = tf.keras.Input((4,))
    doubled = layers.Lambda(lambda each: each + tf.cast(each.shape[-1] == 4, each.dtype) * each)(x)
    model = tf.keras.Model(x, layers.Dense(2)(layers.Concatenate()([doubled, layers.Dense(3)(x)])))
    model.compile("sgd", "mse")
    given = np.arange(48, dtype="float32").reshape(12, 4) / 48
    expected = model(given).numpy()
    np.testing.assert_allclose(model.predict(given, verbose=0), expected, rtol=1e-5, atol=1e-6)
    model.fit(given, expected, verbose=0)
    np.testing.assert_allclose(model.predict(given, verbose=0), expected, rtol=1e-5, atol=1e-5)


def test_what_a_function_of_a_graph_gives_is_a_tensor(tf_keras: None) -> None:
    import tensorflow as tf

    found = tf.function(
        lambda x: {"loss": x, "steps": 3, "rate": np.float32(0.5), "name": "a", "none": None}
    )(tf.constant(1.0))
    assert (found["steps"].numpy(), found["steps"].dtype, found["rate"].numpy()) == (3, tf.int32, 0.5)
    assert (found["name"], found["none"]) == ("a", None)

    @tf.function
    def power(base: Any, exponent: Any) -> Any:
        return base**exponent

    assert power.get_concrete_function(tf.TensorSpec(None, tf.float32), 2)(tf.constant(3.0)) == 9
    assert power.get_concrete_function(base=tf.TensorSpec(None), exponent=3)(tf.constant(2.0)) == 8
    assert power.get_concrete_function(tf.constant(1.0), tf.constant(1.0))(tf.constant(2.0), 2) == 4


def test_functions_of_python_as_decorators(tf_keras: None) -> None:
    import tensorflow as tf

    @tf.py_function(Tout=tf.float32)
    def added(a: Any, b: Any) -> Any:
        return a.numpy() + b.numpy()

    @tf.numpy_function(Tout=tf.int64)
    def counted(a: Any) -> Any:
        assert isinstance(a, np.ndarray)
        return len(a)

    assert (added(tf.constant(1.0), 2.0).numpy(), added.__name__) == (3.0, "added")
    assert counted(tf.constant([1.0, 2.0])).dtype == tf.int64


def test_a_layer_takes_rows_of_numbers(tf_keras: None) -> None:
    import tensorflow as tf

    dense = tf.keras.layers.Dense(2, kernel_initializer="ones")
    for rows in ([[1.0, 2.0, 3.0]], [[1, 2, 3]], ((1, 2, 3),)):
        assert dense(rows).numpy().tolist() == [[6.0, 6.0]]
    assert tf.keras.layers.Embedding(4, 3)([[1, 2]]).shape == (1, 2, 3)
    assert tf.keras.layers.Add()([tf.ones(2), tf.ones(2)]).numpy().tolist() == [2.0, 2.0]


def test_variables_of_one_name_are_all_saved(tf_keras: None, tmp_path: Any) -> None:
    import tensorflow as tf

    class Line(tf.keras.Model):  # type: ignore[misc]
        def __init__(self) -> None:
            super().__init__()
            self.w = tf.Variable(5.0)
            self.b = tf.Variable(1.0)

        def call(self, x: Any) -> Any:
            return self.w * x + self.b

    model = Line()
    model(tf.constant([1.0]))
    for name in ("line", "line.h5", "line.weights.h5"):
        model.w.assign(5.0)
        model.b.assign(1.0)
        model.save_weights(str(tmp_path / name))
        model.w.assign(0.0)
        model.b.assign(0.0)
        model.load_weights(str(tmp_path / name))
        assert (model.w.numpy(), model.b.numpy()) == (5.0, 1.0)


def test_what_is_of_graphs_and_of_saved_models_says_so(tf_keras: None, tmp_path: Any) -> None:
    import tensorflow as tf

    function = tf.function(lambda x: x)
    with pytest.raises(AttributeError, match=r"no graph of a tf\.function, so none of its function_def"):
        _ = function.get_concrete_function(tf.constant(1.0)).function_def
    assert not hasattr(function, "graph")
    with pytest.raises(AttributeError, match="has no attribute 'other'"):
        _ = function.other
    model = tf.keras.Sequential([tf.keras.layers.Dense(1, input_shape=(2,))])
    with pytest.raises(ArgumentError, match=r"no SavedModel.*model\.save"):
        model.export(str(tmp_path / "exported"))
