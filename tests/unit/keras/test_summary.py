"""Tables and names as Keras 2 printed them, written by hand from its documentation and the listings of courses."""

from __future__ import annotations

import contextlib

import numpy as np
import pytest

from prunelle.keras import compat, passes

CHAIN = """\
Model: "sequential_1"
_________________________________________________________________
 Layer (type)                Output Shape              Param #
=================================================================
 conv2d_1 (Conv2D)           (None, 26, 26, 32)        320

 max_pooling2d_1             (None, 13, 13, 32)        0
 (MaxPooling2D)

 flatten_1 (Flatten)         (None, 5408)              0

 dense_1 (Dense)             (None, 10)                54090
=================================================================
Total params: 54,410
Trainable params: 54,410
Non-trainable params: 0
_________________________________________________________________
"""


def test_a_chains_table_to_the_letter(capsys: pytest.CaptureFixture[str]) -> None:
    with compat("2.3"):
        from keras import backend
        from keras.layers import Conv2D, Dense, Flatten, MaxPooling2D
        from keras.models import Sequential

        backend.clear_session()
        model = Sequential(
            [Conv2D(32, (3, 3), input_shape=(28, 28, 1)), MaxPooling2D(), Flatten(), Dense(10)]
        )
        model.compile("adam", "mse")
        model.summary()
        assert model.input_names == ["conv2d_1_input"]
    assert [line.rstrip() for line in capsys.readouterr().out.splitlines()] == CHAIN.splitlines()


@pytest.mark.parametrize(
    ("generation", "dense", "model"), [("2.3", "dense_2", "model_1"), ("tf2", "dense_1", "model")]
)
def test_numbers_are_the_programs_own(generation: str, dense: str, model: str) -> None:
    """A chain's own input and graph, which Keras 3 makes inside, count for nothing: courses ask for layers by name."""
    with compat(generation):
        from keras import backend
        from keras.layers import Dense, Input, add
        from keras.models import Model, Sequential

        backend.clear_session()
        Sequential([Dense(3, input_shape=(4,))]).build()
        inputs = Input((8,))
        found = Model(inputs, add([Dense(3)(inputs), Dense(3)(inputs)]))
        assert [found.name, found.layers[0].name, found.layers[1].name] == [model, "input_1", dense]
        lines: list[str] = []
        found.summary(print_fn=lines.append)
        assert any("Connected to" in line for line in lines)
        assert any("(Add)" in line and f"{dense}[0][0]" in line for line in lines)


def test_a_chain_that_learns_its_shape_is_of_any_number_of_examples() -> None:
    """And trained, its table counts its weights alone: Keras 3 adds those of the optimiser."""
    with compat("tf2"):
        from keras.layers import Dense
        from keras.models import Sequential

        model = Sequential([Dense(3)])
        model.compile("adam", "mse")
        model.fit(np.ones((5, 4)), np.ones((5, 3)), verbose=0)
        lines: list[str] = []
        model.summary(print_fn=lines.append)
    assert model.layers[0].output.shape == (None, 3)
    assert "Total params: 15" in lines


@pytest.mark.parametrize("fast", [True, False])
def test_a_last_batch_of_one_is_normalised_too(fast: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    """PyTorch refuses it. By hand: its mean is the example itself and its variance 0, so what is left is beta."""
    if not fast:
        monkeypatch.setattr(passes, "session", lambda model, training: contextlib.nullcontext())
    with compat("2.3"):
        from keras.layers import BatchNormalization
        from keras.models import Sequential

        model = Sequential([BatchNormalization(momentum=0.5, input_shape=(2,))])
        model.compile("sgd", "mse")
        model.fit(np.array([[4.0, 6.0]]), np.array([[1.0, -1.0]]), verbose=0)
    gamma, beta, mean, variance = model.get_weights()
    np.testing.assert_allclose(gamma, [1, 1])
    np.testing.assert_allclose(beta, [0.01, -0.01], rtol=1e-6)  # 0.01 · 2 · (target - 0) / 2
    np.testing.assert_allclose(mean, [2, 3])
    np.testing.assert_allclose(variance, [0.5, 0.5])
