"""``tf.GradientTape`` and eager tensors: against derivatives worked by hand, torch's own, and class activation maps."""

from __future__ import annotations

import warnings

import numpy as np
import pytest
import torch
import torch.nn.functional as F

from prunelle.errors import ArgumentError
from prunelle.keras.floor import keras
from prunelle.keras.names import tensorflow as tf

layers = keras.layers
pytestmark = pytest.mark.usefixtures("tf_keras")


def test_by_hand() -> None:
    x = tf.constant([1.0, -2.0, 3.0])
    with tf.GradientTape(persistent=True) as tape:
        tape.watch(x)
        y = tf.reduce_sum(tf.square(x) * 3)
        z = x * 2
    assert tape.gradient(y, x).numpy().tolist() == [6.0, -12.0, 18.0]
    assert tape.gradient(z, [x])[0].numpy().tolist() == [2.0, 2.0, 2.0]  # summed, as TensorFlow does
    assert tape.gradient(y, tf.Variable([1.0])) is None
    # The program goes on with x as with any tensor.
    assert x.numpy().tolist() == [1.0, -2.0, 3.0]
    assert (x + 1).numpy().tolist() == [2.0, -1.0, 4.0]


def test_a_variable_is_watched_by_itself_and_changes_in_place() -> None:
    v = tf.Variable([[2.0, 4.0]])
    with tf.GradientTape() as tape:
        y = tf.reduce_mean(v * v)
    gradient = tape.gradient(y, v)
    assert gradient.numpy().tolist() == [[2.0, 4.0]]
    v.assign_sub(0.5 * gradient)
    assert v.numpy().tolist() == [[1.0, 2.0]]
    v.assign_add([[1.0, 1.0]])
    assert v.assign(v * 10).numpy().tolist() == [[20.0, 30.0]]


def test_the_gradient_of_an_image_is_torchs() -> None:
    model = keras.Sequential(
        [
            keras.Input((7, 9, 2)),
            layers.Conv2D(3, 3, strides=2, padding="same"),
            layers.Flatten(),
            layers.Dense(2),
        ]
    )
    image = np.random.default_rng(0).normal(size=(2, 7, 9, 2)).astype(np.float32)
    x = tf.constant(image)
    with tf.GradientTape() as tape:
        tape.watch(x)
        loss = tf.reduce_sum(model(x)[:, 1] ** 2)
    found = tape.gradient(loss, x).numpy()

    kernel, bias, dense, offset = (torch.from_numpy(w).double() for w in model.get_weights())
    t = torch.from_numpy(image).double().requires_grad_(True)
    # Keras's "same" with stride 2: 7 → 4 pads 1 and 1, 9 → 5 pads 1 and 1.
    maps = F.conv2d(F.pad(t.permute(0, 3, 1, 2), (1, 1, 1, 1)), kernel.permute(3, 2, 0, 1), bias, stride=2)
    answers = maps.permute(0, 2, 3, 1).flatten(1) @ dense + offset
    (expected,) = torch.autograd.grad((answers[:, 1] ** 2).sum(), t)
    np.testing.assert_allclose(found, expected.numpy(), rtol=1e-4, atol=1e-5)


def test_grad_cam_of_a_globally_averaged_network_is_its_class_activation_map() -> None:
    """Selvaraju et al. 2017, section 3: the mean gradient of a score by a map is its dense weight over the places."""
    model = keras.Sequential(
        [
            *(keras.Input((10, 8, 3)), layers.Conv2D(5, 3, activation="relu", name="last")),
            *(layers.GlobalAveragePooling2D(), layers.Dense(4)),
        ]
    )
    images = np.random.default_rng(1).uniform(size=(1, 10, 8, 3)).astype(np.float32)
    both = keras.models.Model([model.inputs], [model.get_layer("last").output, model.output])
    with tf.GradientTape() as tape, warnings.catch_warnings():
        warnings.simplefilter("error")  # [model.inputs] is a list of lists, as programs write it
        maps, scores = both(images)
        best = tf.argmax(scores[0])
        score = scores[:, best]
    gradients = tape.gradient(score, maps)
    assert tuple(gradients.shape) == (1, 8, 6, 5)
    weights = tf.reduce_mean(gradients, axis=(0, 1, 2))
    np.testing.assert_allclose(weights.numpy(), model.get_weights()[2][:, int(best)] / 48, rtol=1e-4)
    heat = tf.maximum(tf.squeeze(maps[0] @ weights[..., tf.newaxis]), 0)
    assert heat.numpy().shape == (8, 6)


def test_what_a_model_gives_is_numpy_without_ado() -> None:
    model = keras.Sequential([keras.Input((4,)), layers.Dense(3)])
    x = np.ones((2, 4), np.float32)
    kernel, bias = model.get_weights()
    answers = model(x)
    np.testing.assert_allclose(answers.numpy(), x @ kernel + bias, rtol=1e-5)
    np.testing.assert_allclose(np.asarray(answers), answers.numpy())
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert float(answers[0, 0]) == pytest.approx(float((x @ kernel + bias)[0, 0]), rel=1e-5)
    assert isinstance(tf.reduce_mean(answers).numpy(), np.float32)


def test_steps_of_a_programs_own_loop() -> None:
    """Two steps of gradient descent on a mean square, by hand in float64."""
    x = np.random.default_rng(2).normal(size=(6, 4)).astype(np.float32)
    y = np.random.default_rng(3).normal(size=(6, 3)).astype(np.float32)
    model = keras.Sequential([keras.Input((4,)), layers.Dense(3)])
    kernel, bias = (weight.astype(np.float64) for weight in model.get_weights())
    optimizer = keras.optimizers.SGD(learning_rate=0.5)
    for _ in range(2):
        with tf.GradientTape() as tape:
            loss = tf.reduce_mean(tf.square(model(x, training=True) - y))
        grads = tape.gradient(loss, model.trainable_variables)
        optimizer.apply_gradients(zip(grads, model.trainable_variables, strict=True))
        error = 2 * (x @ kernel + bias - y) / y.size
        kernel, bias = kernel - 0.5 * x.T @ error, bias - 0.5 * error.sum(0)
    for found, expected in zip(model.get_weights(), (kernel, bias), strict=True):
        np.testing.assert_allclose(found, expected, rtol=1e-5, atol=1e-6)


def test_what_it_refuses() -> None:
    with tf.GradientTape() as tape:
        with pytest.raises(ArgumentError, match=r"tensors and variables.* received ndarray"):
            tape.watch(np.ones(3))
        loss = tf.reduce_sum(tf.constant([1.0]))
    with pytest.raises(ArgumentError, match=r"takes tensors that were watched.* received str"):
        tape.gradient(loss, ["kernel"])


def test_whole_numbers_that_are_watched_have_no_gradient(tf_keras: None) -> None:
    import tensorflow as tf

    x = tf.constant(10)
    with tf.GradientTape() as tape:
        with pytest.warns(UserWarning, match=r"int32 is None; tf\.cast"):
            tape.watch(x)
        y = x * x
    assert tape.gradient(y, x) is None
