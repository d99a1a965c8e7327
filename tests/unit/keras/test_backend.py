"""``keras.backend``: its functions are NumPy's, its names begin again."""

from __future__ import annotations

import numpy as np
import pytest

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
