"""Layers that Keras 3 has no more, beside NumPy, by the formulas of Keras 1.2.2 and 2.3.1."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from prunelle.keras import compat

RNG = np.random.default_rng(0)
X = RNG.normal(size=(5, 4)).astype("float32")


def test_highway_lets_through_what_its_gate_leaves() -> None:
    with compat("1"):
        from keras.layers import Highway

        layer = Highway(activation="relu")
        found = layer(X).numpy()
        w, carry, b, b_carry = (np.asarray(weight) for weight in layer.get_weights())
    assert b_carry.tolist() == [-2] * 4
    gate = 1 / (1 + np.exp(-(X @ carry + b_carry)))
    np.testing.assert_allclose(found, np.maximum(X @ w + b, 0) * gate + (1 - gate) * X, atol=1e-6)


def test_maxout_is_the_largest_of_several() -> None:
    with compat("1"):
        from keras.layers import MaxoutDense

        layer = MaxoutDense(3, nb_feature=2)
        found = layer(X).numpy()
        w, b = (np.asarray(weight) for weight in layer.get_weights())
    np.testing.assert_allclose(found, np.maximum(X @ w[0] + b[0], X @ w[1] + b[1]), atol=1e-6)


@pytest.mark.parametrize("name", ["model.h5", "model.keras"])
def test_they_come_back_from_files(tmp_path: Path, name: str) -> None:
    with compat("1"):
        from keras.layers import Highway, MaxoutDense, ThresholdedReLU
        from keras.models import Sequential, load_model

        layers = [Highway(activation="tanh", input_dim=4), MaxoutDense(3, nb_feature=2), ThresholdedReLU(0.1)]
        model = Sequential(layers)
        model.save(str(tmp_path / name))
        again = load_model(str(tmp_path / name))
        np.testing.assert_array_equal(again.predict(X, verbose=0), model.predict(X, verbose=0))


@pytest.mark.parametrize("generation", ["1", "2.3", "tf2"])
@pytest.mark.filterwarnings("error:Argument `input_shape`")
def test_what_an_input_layer_takes_is_what_it_gives(generation: str) -> None:
    """A model from a model's first layer on, ``Model(first.input, later.output)``; Keras 3's has no input."""
    with compat(generation):
        import keras
        from keras.layers import Dense, InputLayer

        first, later = InputLayer(input_shape=(4,)), Dense(3)
        keras.models.Sequential([first, later])
        assert first.input is first.output
        assert keras.models.Model(first.input, later.output).count_params() == 15
    with compat("3"):
        assert keras.layers.InputLayer((4,)).input == []
