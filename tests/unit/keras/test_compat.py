"""What ``compat`` does, and that nothing of it is left. Expected values are worked by hand from Keras 2.3.1."""

from __future__ import annotations

import subprocess
import sys
from typing import Any

import numpy as np
import pytest

from prunelle.errors import ArgumentError, PrunelleError
from prunelle.keras import compat, floor
from prunelle.keras.floor import keras
from prunelle.keras.generations import Generation, Told, note, told_by

RATES = {
    "Adadelta": (1.0, 0.001),
    "Adagrad": (0.01, 0.001),
    "Adamax": (0.002, 0.001),
    "Nadam": (0.002, 0.001),
}


@pytest.mark.parametrize(
    ("source", "generation"),
    [
        (
            "from keras.layers import Convolution2D\nConvolution2D(32, 3, 3, border_mode='same')",
            Generation.KERAS_1,
        ),
        ("import keras\nmodel.fit(x, y, nb_epoch=3)", Generation.KERAS_1),
        ("import keras\nConv2D(32, 3, 3)\nmodel.fit(x, y, epochs=3)", Generation.KERAS_2),
        ("import keras", Generation.KERAS_2),
        ("from tensorflow import keras", Generation.TF_KERAS_2),
        ("import tensorflow as tf\ntf.keras.layers.Dense(3)", Generation.TF_KERAS_2),
        ("from tensorflow.contrib.keras.python.keras.layers import Dense", Generation.KERAS_2),
        ("import os\nos.environ['KERAS_BACKEND'] = 'jax'\nimport keras", Generation.KERAS_3),
        (
            "from tensorflow import keras\nkeras.utils.get_file('a.tgz', 'http://x/a.tgz')\nopen('a_extracted')",
            Generation.KERAS_3,
        ),
        ("from tensorflow import keras\nopen('features_extracted')\nopen('a.tgz')", Generation.TF_KERAS_2),
        ("import keras\nkeras.ops.sum(x)", Generation.KERAS_3),
        ("def ?", Generation.KERAS_2),
        ("from sklearn.cluster import KMeans\nKMeans(init='random')", Generation.KERAS_2),
    ],
)
def test_the_generation_that_a_program_speaks(source: str, generation: Generation) -> None:
    assert told_by(source).generation == generation


@pytest.mark.parametrize(
    ("told", "english", "french"),
    [
        (told_by("from keras.layers import Dense"), "Keras 2.0 to 2.3 (import keras)", "Keras 2.0 à 2.3"),
        (told_by("import keras\nfit(x, nb_epoch=3)"), "Keras 1 (nb_epoch)", "Keras 1 (nb_epoch)"),
        (told_by("from tensorflow import keras"), "tf.keras 2 (tensorflow.keras)", "tf.keras 2 ("),
    ],
)
def test_a_guess_is_told(told: Told, english: str, french: str) -> None:
    said = note(told)
    assert said is not None
    assert said.en == f"Read as a program for {english}; --keras says otherwise."
    assert said.fr.startswith(f"Lu comme un programme pour {french}")


@pytest.mark.parametrize(
    "told",
    [
        told_by("import keras\nkeras.ops.sum(x)"),
        told_by("print('bonjour')"),
        told_by("def ?"),
        Told(Generation.KERAS_1, "--keras 1"),
    ],
)
def test_what_nobody_has_to_be_told(told: Told) -> None:
    assert note(told) is None


def test_every_private_name_of_keras_is_there() -> None:
    for name in floor.PRIVATE:
        floor.private(name)
    with pytest.raises(PrunelleError, match=r"has no keras\.src\.layers\.Nothing, on which Prunelle relies"):
        floor.private("layers.Nothing")


def test_every_private_attribute_of_keras_is_there() -> None:
    """On Keras as it is, so that none of them is ours."""
    dense = keras.layers.Dense(2, input_shape=(3,))
    model = keras.Sequential([dense])
    model.compile("adam", "mse", metrics=["mae"])
    model.fit(np.ones((2, 3)), np.ones((2, 2)), verbose=0)
    nadam = keras.optimizers.Nadam()
    nadam.build(model.trainable_variables)
    of = {
        "layer": dense,
        "tensor": model.outputs[0],
        "sequential": model,
        "functional": model._functional,
        "model": model,
        "loss": model._compile_loss,
        "metrics": model._compile_metrics,
        "metric": model._compile_metrics._flat_metrics[0].metrics[0],
        "optimizer": model.optimizer,
        "nadam": nadam,
    }
    assert of.keys() == floor.ATTRIBUTES.keys()
    missing = [
        f"{kind}.{name}"
        for kind, names in floor.ATTRIBUTES.items()
        for name in names
        if not hasattr(of[kind], name)
    ]
    assert missing == []


def test_nothing_is_left_afterwards() -> None:
    def seen() -> dict[str, Any]:
        kinds = [
            keras.layers.Dense,
            keras.layers.Layer,
            keras.Model,
            keras.optimizers.Adam,
            keras.KerasTensor,
        ]
        return {f"{kind.__name__}.{name}": value for kind in kinds for name, value in vars(kind).items()}

    modules = {n: m for n, m in sys.modules.items() if n.partition(".")[0] in ("keras", "tensorflow")}
    before = seen()
    with compat("1"):
        import keras as view

        assert view is not keras
        assert "lr" in dir(keras.optimizers.Adam)
    assert seen() == before
    after = {n: m for n, m in sys.modules.items() if n.partition(".")[0] in ("keras", "tensorflow")}
    assert {n: after.get(n) for n in modules} == modules
    with pytest.raises(ArgumentError, match="in force already"), compat(), compat():
        pass


@pytest.mark.parametrize("kind", RATES)
def test_learning_rates_are_those_of_the_generation(kind: str) -> None:
    for generation, rate in zip(("2.3", "tf2"), RATES[kind], strict=True):
        with compat(generation):
            from keras import optimizers

            assert float(getattr(optimizers, kind)().lr.numpy()) == pytest.approx(rate)
            assert float(optimizers.get(kind.lower()).lr.numpy()) == pytest.approx(rate)


@pytest.mark.parametrize(("generation", "expected"), [("2.3", 0.7), ("tf2", 0.7), ("3", 4 / 6)])
def test_hard_sigmoid_of_one(generation: str, expected: float) -> None:
    with compat(generation):
        from keras.layers import Activation

        assert float(Activation("hard_sigmoid")(np.ones((1, 1), "float32"))[0, 0]) == pytest.approx(expected)


def test_the_arguments_of_keras_1() -> None:
    with compat("1"):
        from keras.layers import Convolution2D, Dense, MaxPooling2D
        from keras.models import Sequential

        model = Sequential(
            [
                Convolution2D(
                    32, 3, 3, border_mode="same", subsample=(2, 2), init="uniform", input_shape=(64, 64, 3)
                ),
                MaxPooling2D(border_mode="valid"),
            ]
        )
        assert model.layers[0].output_shape == (None, 32, 32, 32)
        assert Dense(output_dim=3, W_regularizer="l2", bias=False).units == 3
        with pytest.raises(ArgumentError, match="both output_dim and units"):
            Dense(output_dim=3, units=3)


@pytest.mark.parametrize(
    ("generation", "kernel", "strides"), [("2.3", (3, 3), (1, 1)), ("tf2", (3, 3), (2, 2))]
)
def test_the_third_number_of_a_convolution(
    generation: str, kernel: tuple[int, int], strides: tuple[int, int]
) -> None:
    with compat(generation):
        from keras.layers import Conv2D

        layer = Conv2D(8, 3, 3) if generation == "2.3" else Conv2D(8, 3, 2)
        assert (layer.kernel_size, layer.strides) == (kernel, strides)


def test_rmsprop_divides_by_root_and_epsilon() -> None:
    gradient, rate, rho, epsilon = np.array([1e-4, 2.0]), 0.1, 0.9, 1e-3
    square = (1 - rho) * gradient**2
    expected = {
        "2.3": -rate * gradient / (np.sqrt(square) + epsilon),
        "3": -rate * gradient / np.sqrt(square + epsilon),
    }
    for generation, step in expected.items():
        with compat(generation):
            optimizer = keras.optimizers.RMSprop(rate, rho=rho, epsilon=epsilon)
            variable = keras.Variable(np.zeros(2, "float32"))
            optimizer.apply_gradients([(keras.ops.convert_to_tensor(gradient.astype("float32")), variable)])
            np.testing.assert_allclose(variable.numpy(), step, rtol=1e-5)


def test_the_learning_phase_is_an_input_of_a_function() -> None:
    with compat("2.3"):
        from keras import backend as K
        from keras.layers import Dropout, Input

        x = Input((200,))
        run = K.function([x, K.learning_phase()], [Dropout(0.5)(x)])
        ones = np.ones((4, 200), "float32")
        assert set(np.unique(run([ones, 0])[0])) == {1.0}
        assert set(np.unique(run([ones, 1])[0])) == {0.0, 2.0}


def test_gradients_of_a_graph() -> None:
    with compat("2.3"):
        from keras import backend as K

        x = K.placeholder((None, 3))
        total = K.sum(K.square(x) * 3.0)
        value, slope = K.function([x], [total, K.gradients(total, x)[0]])([np.full((2, 3), 2.0)])
        assert value == pytest.approx(72.0)
        np.testing.assert_allclose(slope, np.full((2, 3), 12.0))


def test_training_beside_a_call_stays() -> None:
    with compat("2.3"):
        from keras.layers import Dropout, Input
        from keras.models import Model

        x = Input((200,))
        found = Model(x, Dropout(0.5)(x, training=True)).predict(np.ones((4, 200)))
        assert set(np.unique(found)) == {0.0, 2.0}


def test_figures_answer_to_both_names() -> None:
    with compat("2.3"):
        from keras.callbacks import Callback, LearningRateScheduler
        from keras.layers import Dense
        from keras.models import Sequential

        asked = []

        class Asks(Callback):
            def on_epoch_end(self, epoch: int, logs: Any = None) -> None:
                asked.append(logs.get("acc"))

        model = Sequential([Dense(2, activation="softmax", input_shape=(3,))])
        model.compile("sgd", "categorical_crossentropy", metrics=["accuracy"])
        x, y = np.ones((4, 3)), np.eye(2)[[0, 1, 0, 1]]
        calls = [Asks(), LearningRateScheduler(lambda epoch: 0.5 / (epoch + 1))]
        history = model.fit(x, y, epochs=2, verbose=0, callbacks=calls).history
        assert asked == history["accuracy"] == history["acc"]
        assert history["lr"] == history["learning_rate"] == pytest.approx([0.5, 0.25])
        assert list(history) == ["accuracy", "loss", "lr"]


def test_a_graph_is_told_whether_it_trains() -> None:
    with compat("2.3"):
        from keras.layers import Dropout, Input
        from keras.models import Model

        x = Input((200,))
        model = Model(x, Dropout(0.5)(x))
        ones = np.ones((4, 200), "float32")
        assert set(np.unique(model(ones, training=True).numpy())) == {0.0, 2.0}
        assert set(np.unique(model.predict(ones))) == {1.0}


_START = """
import subprocess
import sys
from prunelle.keras import compat
from prunelle.keras.floor import keras
assert not {"sklearn", "torch._dynamo", "keras._tf_keras"} & set(sys.modules)
with compat("3"):
    from keras.wrappers import SKLearnClassifier
    import keras as view
    assert "SKLearnRegressor" in dir(view.wrappers)
assert keras.wrappers.SKLearnClassifier is SKLearnClassifier
assert "sklearn" in sys.modules and not hasattr(keras.wrappers, "Nothing")
import keras._tf_keras.keras, torch._dynamo
assert keras._tf_keras.keras.Sequential is keras.Sequential
assert torch._dynamo.disable is not None and keras.src.backend.torch.random.torch_seed_generator._torchdynamo_disable
print("right")
"""


def test_what_few_programs_ask_for_is_imported_when_they_do() -> None:
    """scikit-learn, PyTorch's compiler and a second set of names take more than half of Keras's own start."""
    done = subprocess.run([sys.executable, "-c", _START], capture_output=True, text=True, timeout=120)
    assert done.stdout == "right\n", done.stderr[-2000:]


@pytest.mark.parametrize(
    ("generation", "version"), [("1", "1.2.2"), ("2.3", "2.3.1"), ("tf2", "2.15.0"), ("3", keras.__version__)]
)
def test_a_program_is_told_the_version_that_it_speaks(generation: str, version: str) -> None:
    with compat(generation):
        import keras as view

        assert view.__version__ == version
