"""``keras.backend``: its functions are NumPy's, its names begin again."""

from __future__ import annotations

import numpy as np
import pytest

from prunelle.errors import ArgumentError
from prunelle.keras import compat
from prunelle.keras.floor import keras
from prunelle.keras.names import backend as k
from tests.unit.keras.oracle import numbers

layers = keras.layers


@pytest.mark.usefixtures("keras_2")
def test_backend_functions_are_numpys() -> None:
    x = numbers(3, 4, 5)
    for name in ("mean", "sum", "max", "min", "std", "var"):
        for axis, keepdims in ((None, False), (1, True), ((0, 2), False)):
            found = getattr(k, name)(x, axis=axis, keepdims=keepdims).numpy()
            np.testing.assert_allclose(
                found, getattr(np, name)(x, axis=axis, keepdims=keepdims), rtol=1e-4, atol=1e-5
            )
    for name in ("abs", "square", "exp", "sign", "tanh", "round"):
        np.testing.assert_allclose(getattr(k, name)(x).numpy(), getattr(np, name)(x), rtol=1e-4, atol=1e-6)
    np.testing.assert_array_equal(k.argmax(x).numpy(), x.argmax(-1))
    np.testing.assert_allclose(k.clip(x, -1, 1).numpy(), x.clip(-1, 1))
    assert k.int_shape(x) == (3, 4, 5)
    assert k.batch_flatten(x).shape == (3, 20)
    assert (k.image_data_format(), k.floatx(), k.epsilon()) == ("channels_last", "float32", 1e-7)


@pytest.mark.parametrize(
    ("generation", "names"), [("2.3", ["conv2d_1", "conv2d_2"]), ("tf2", ["conv2d", "conv2d_1"])]
)
def test_names_begin_again(generation: str, names: list[str]) -> None:
    with compat(generation):
        for _ in range(2):
            k.clear_session()
            assert [layers.Conv2D(1, 1).name for _ in names] == names


@pytest.mark.usefixtures("keras_2")
def test_a_constraint_holds_after_each_step() -> None:
    model = keras.Sequential([layers.Dense(6, W_constraint=keras.constraints.MaxNorm(0.3), input_shape=(4,))])
    model.compile(keras.optimizers.SGD(1.0), "mse")
    model.fit(numbers(16, 4), numbers(16, 6), verbose=0)
    norms = np.linalg.norm(model.get_weights()[0], axis=0)
    assert 0.29 < norms.max() <= 0.3 + 1e-5


@pytest.mark.usefixtures("keras_2")
def test_weights_of_their_own_at_each_place() -> None:
    """Keras's values are tf_keras 2.21's; the rest is NumPy's, place by place."""
    x, kernel = np.arange(30.0).reshape(2, 5, 3), np.arange(48.0).reshape(4, 6, 2) / 10
    found = k.local_conv1d(x, kernel, (2,), (1,)).numpy()
    np.testing.assert_allclose(
        found[0], [[11, 12.5], [59.6, 62.9], [151.4, 156.5], [286.4, 293.3]], rtol=1e-5
    )
    pictures, kernel = numbers(2, 5, 6, 3), numbers(6, 18, 4)
    found = k.local_conv2d(pictures, kernel, (3, 2), (2, 2), (2, 3)).numpy()
    for place, (i, j) in enumerate(np.ndindex(2, 3)):
        patch = pictures[:, 2 * i : 2 * i + 3, 2 * j : 2 * j + 2].reshape(2, -1)
        np.testing.assert_allclose(found[:, i, j], patch @ kernel[place], rtol=1e-4, atol=1e-5)
    first = k.local_conv2d(np.moveaxis(pictures, -1, 1), kernel, (3, 2), (2, 2), (2, 3), "channels_first")
    np.testing.assert_allclose(np.moveaxis(first.numpy(), 1, -1), found, rtol=1e-4, atol=1e-5)


@pytest.mark.usefixtures("keras_2")
def test_temporal_classification_costs_what_it_costs_in_keras() -> None:
    """tf_keras 2.21's values; and in a graph, as in the course example of reading words from pictures."""
    probabilities = np.random.RandomState(0).rand(2, 6, 5).astype("float32")
    probabilities /= probabilities.sum(-1, keepdims=True)
    given = [np.array([[0, 1, 1], [2, 3, 0]]), probabilities, np.array([[6], [5]]), np.array([[3], [2]])]
    expected = [[7.815694808959961], [6.266677379608154]]
    np.testing.assert_allclose(k.ctc_batch_cost(*given).numpy(), expected, rtol=1e-5)
    inputs = [keras.Input((3,)), keras.Input((6, 5)), keras.Input((1,)), keras.Input((1,))]
    cost = layers.Lambda(lambda tensors: k.ctc_batch_cost(*tensors), output_shape=(1,))(inputs)
    np.testing.assert_allclose(keras.Model(inputs, cost).predict(given, verbose=0), expected, rtol=1e-5)


@pytest.mark.usefixtures("keras_2")
def test_a_shape_that_is_not_known_yet_counts() -> None:
    """A deep dream divides by how many values there are."""
    x = k.placeholder((None, 3, None))
    assert k.shape(x) == (None, 3, None)
    count = k.function([x], [k.prod(k.cast(k.shape(x), "float32"))])
    assert count([np.ones((2, 3, 4))]) == [24.0]


@pytest.mark.usefixtures("keras_2")
def test_a_number_that_changes_and_a_node_make_a_node() -> None:
    """As losses of pictures are summed: ``loss = K.variable(0.); loss = loss + K.sum(…)``."""
    x = k.placeholder((1, 3))
    loss = k.variable(2.0)
    loss = loss + 0.5 * k.sum(k.square(x))
    value, slope = k.function([x], [loss, k.gradients(loss, x)[0]])([[[1.0, 2.0, 3.0]]])
    assert (float(value), slope.tolist()) == (9.0, [[1.0, 2.0, 3.0]])
    half = k.function([x], [k.variable(3.0) / k.sum(x) - k.sum(x)])([[[1.0, 2.0, 3.0]]])[0]
    assert float(half) == -5.5


@pytest.mark.usefixtures("keras_2")
def test_an_input_may_have_a_value() -> None:
    """As masks of Keras's neural_doodle: a function that needs it is not given it."""
    mask = k.variable([[1.0, 2.0]])
    known, free = keras.Input(tensor=mask, shape=(2,)), k.placeholder((1, 2))
    twice = keras.Model(known, keras.layers.Lambda(lambda each: each * 2)(known))
    answer = k.function([free], [twice.output + free])
    assert answer([[[1.0, 1.0]]])[0].tolist() == [[3.0, 5.0]]
    mask.assign([[0.0, 1.0]])
    assert answer([[[1.0, 1.0]]])[0].tolist() == [[1.0, 3.0]]


@pytest.mark.usefixtures("keras_2")
def test_of_constants_there_is_no_graph() -> None:
    x = k.constant([3.0])
    weight = k.variable([2.0])
    for of, by in ((x**2, x), (weight * x, x)):
        with pytest.raises(ArgumentError, match=r"K\.gradients differentiates a graph.*GradientTape"):
            k.gradients(of, by)


@pytest.mark.usefixtures("keras_2")
def test_where_a_maximum_was_is_known_when_a_model_answers() -> None:
    """A ``Lambda`` of a gradient, as an autoencoder of Keras's examples puts maxima back in their places."""
    picture = keras.Input((4, 4, 1))
    doubled = layers.Conv2D(1, 1, kernel_initializer="ones")(picture)
    largest = layers.MaxPooling2D()(doubled)
    places = layers.Lambda(
        lambda pair: k.gradients(k.sum(pair[1]), pair[0]), output_shape=lambda shapes: shapes[0]
    )
    back = layers.multiply([layers.UpSampling2D()(largest), places([doubled, largest])])
    model, x = keras.Model(picture, back), np.arange(16.0).reshape(1, 4, 4, 1)
    found = model.predict(x, verbose=0)
    expected = [[0, 0, 0, 0], [0, 5, 0, 7], [0, 0, 0, 0], [0, 13, 0, 15]]
    assert found[0, :, :, 0].tolist() == expected
    model.compile("sgd", "mse")
    assert model.evaluate(x, found, verbose=0) == 0.0
    assert model.fit(x, found, verbose=0).history["loss"] == [0.0]


@pytest.mark.usefixtures("keras_2")
def test_an_embedding_that_comes_first_is_built_at_once() -> None:
    model = keras.Sequential([layers.Embedding(100, 8), layers.SimpleRNN(4)])
    assert (model.output_shape, model.count_params()) == ((None, 4), 800 + 4 * (8 + 4 + 1))
    assert keras.Sequential([layers.Embedding(9, 2, input_length=5), layers.Flatten()]).output_shape == (
        None,
        10,
    )
    assert layers.Embedding(9, 2)(keras.Input((3,))).shape == (None, 3, 2)
