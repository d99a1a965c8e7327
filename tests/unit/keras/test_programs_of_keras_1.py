"""What programs of Keras 1 and 2 met that Keras 3 has not, or has otherwise: each was found by one of them."""

from __future__ import annotations

import numpy as np
import pytest

from prunelle.keras import compat


@pytest.mark.parametrize("generation", ["1", "2.3", "tf2", "3"])
def test_every_output_has_its_loss(generation: str) -> None:
    """Two outputs of one model inside another had one name, and one of their losses was told of neither."""
    with compat(generation):
        from keras.layers import Dense, Input
        from keras.models import Model

        inputs = Input((4,))
        both = Model(inputs, [Dense(1, activation="sigmoid")(inputs), Dense(3, activation="softmax")(inputs)])
        noise = Input((2,))
        outer = Model(noise, both(Dense(4)(noise)))
        outer.compile("sgd", ["binary_crossentropy", "sparse_categorical_crossentropy"])
        x, y = np.random.RandomState(0).rand(8, 2), [np.ones(8), np.zeros(8)]
        first, second = outer.predict(x)
        total, *losses = outer.test_on_batch(x, y)
    assert losses == pytest.approx([-np.log(first).mean(), -np.log(second[:, 0]).mean()], rel=1e-5)
    assert total == pytest.approx(sum(losses), rel=1e-5)


def test_a_stateful_layer_goes_on_where_it_stopped_and_trains() -> None:
    """Against the same cell over the whole series; Keras 3 itself writes to states that gradients still need."""
    with compat("2.3"):
        from keras.layers import LSTM, Dense
        from keras.models import Sequential

        series = np.random.RandomState(0).rand(5, 6, 2)
        halves = Sequential([LSTM(4, batch_input_shape=(5, 3, 2), stateful=True), Dense(1)])
        whole = Sequential([LSTM(4, input_shape=(6, 2)), Dense(1)])
        halves.compile("sgd", "mse")
        halves.fit(series[:, :3], np.ones((5, 1)), batch_size=5, epochs=2, verbose=0)
        whole.set_weights(halves.get_weights())
        halves.reset_states()
        halves.predict(series[:, :3], batch_size=5)
        np.testing.assert_allclose(
            halves.predict(series[:, 3:], batch_size=5), whole.predict(series), atol=1e-6
        )


def test_functions_of_a_program_make_weights() -> None:
    """Keras 1 called them with a shape and a name, and had functions that give a variable."""
    with compat("1"):
        from keras import backend as K
        from keras.initializations import identity, normal
        from keras.layers import Dense, SimpleRNN
        from keras.models import Sequential

        rnn = SimpleRNN(
            output_dim=3,
            init=lambda shape, name: normal(shape, scale=0.0, name=name),
            inner_init=lambda shape, name: identity(shape, scale=2.0, name=name),
            input_shape=(4, 2),
        )
        dense = Dense(2, init=lambda shape, name=None: K.variable(np.full(shape, 7.0), name=name))
        kernel, recurrent, _, last, _ = Sequential([rnn, dense]).get_weights()
    np.testing.assert_array_equal(kernel, np.zeros((2, 3)))
    np.testing.assert_array_equal(recurrent, 2 * np.eye(3))
    np.testing.assert_array_equal(last, np.full((3, 2), 7.0))


def test_arguments_by_place_and_name_of_keras_1() -> None:
    with compat("1"):
        from keras import backend as K
        from keras.layers import AtrousConvolution2D, ConvLSTM2D, Deconvolution2D
        from keras.models import Sequential

        up = Sequential([Deconvolution2D(4, 2, 2, (8, 29, 29, 4), subsample=(2, 2), input_shape=(14, 14, 3))])
        assert up.output_shape == (None, 28, 28, 4)
        apart = Sequential([AtrousConvolution2D(5, 3, 3, atrous_rate=(2, 2), input_shape=(9, 9, 1))])
        assert apart.output_shape == (None, 5, 5, 5)
        films = ConvLSTM2D(nb_filter=4, nb_row=3, nb_col=3, border_mode="same", input_shape=(None, 6, 6, 1))
        assert Sequential([films]).output_shape == (None, 6, 6, 4)
        assert abs(K.eval(K.random_normal((1000,), mean=5.0, std=0.0)) - 5).max() == 0


@pytest.mark.parametrize("way", ["layer", "loss"])
def test_what_reads_symbolic_tensors_of_the_program(way: str) -> None:
    """The variational autoencoders of books: a layer's ``add_loss``, or a loss, of tensors that are not its arguments.

    By hand, for y = w₂·(w₁·x) and the loss mean((x - y)² + 3 h²), h = w₁·x.
    """
    with compat("2.3"):
        from keras import backend as K
        from keras.layers import Dense, Input, Layer
        from keras.models import Model

        x = Input((1,))
        hidden = Dense(1, use_bias=False)(x)
        y = Dense(1, use_bias=False)(hidden)

        class Variational(Layer):  # type: ignore[misc]
            def call(self, inputs):  # type: ignore[no-untyped-def]
                true, decoded = inputs
                self.add_loss(K.mean(K.square(true - decoded) + 3 * K.square(hidden)), inputs=inputs)
                return true

        if way == "layer":
            model = Model(x, Variational()([x, y]))
            model.compile("sgd", loss=None)
        else:
            model = Model(x, y)
            model.compile(
                "sgd", lambda true, decoded: K.mean(K.square(true - decoded) + 3 * K.square(hidden), -1)
            )
        first, second = 0.5, 2.0
        model.set_weights([np.array([[first]]), np.array([[second]])])
        data = np.array([[1.0], [2.0], [-1.0]])
        target = None if way == "layer" else data
        expected = np.mean((data - second * first * data) ** 2 + 3 * (first * data) ** 2)
        assert model.evaluate(data, target, verbose=0) == pytest.approx(expected)
        history = model.fit(data, target, batch_size=3, verbose=0).history
        assert history["loss"][0] == pytest.approx(expected)
    error = second * first * data - data
    by_first = np.mean(2 * error * second * data + 6 * first * data**2)
    by_second = np.mean(2 * error * first * data)
    found = [weight.item() for weight in model.get_weights()]
    assert found == pytest.approx([first - 0.01 * by_first, second - 0.01 * by_second], rel=1e-5)
