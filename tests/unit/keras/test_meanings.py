"""What names meant in Keras 1 and 2. Expected values are worked by hand from what Keras 2.3.1's sources say."""

from __future__ import annotations

import contextlib
import io
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from prunelle.errors import WeightsError
from prunelle.keras import compat, passes

ONES = np.ones((4, 2), np.float32)
TWO = 2


def test_a_generator_serves_every_evaluation() -> None:
    """Each evaluation goes on where the one before it stopped; nothing is drawn in vain."""
    drawn = []

    def batches() -> Iterator[Any]:
        for number in range(100):
            drawn.append(number)
            yield ONES[:2], ONES[:2, :1]

    with compat("2.3"):
        from keras import callbacks, layers, models

        class Count(callbacks.Callback):
            tested = 0

            def on_test_batch_begin(self, batch: int, logs: Any = None) -> None:
                self.tested += 1

        model = models.Sequential([layers.Dense(1, input_dim=2)])
        model.compile("sgd", "mse", metrics=["mae"])
        data, count = batches(), Count()
        assert len(model.evaluate_generator(data, steps=3, callbacks=[count])) == 2
        assert (count.tested, len(drawn)) == (3, 3)
        model.fit(
            ONES,
            ONES[:, :1],
            epochs=5,
            validation_data=data,
            validation_steps=2,
            verbose=0,
            callbacks=[count],
        )
        assert (count.tested, len(drawn)) == (13, 13)


def test_an_evaluation_draws_no_more_than_it_asks_for() -> None:
    drawn = []

    with compat("2.3"):
        from keras.layers import Dense
        from keras.models import Sequential
        from keras.utils import Sequence

        class Many(Sequence):  # type: ignore[misc]
            def __len__(self) -> int:
                return 50

            def __getitem__(self, index: int) -> Any:
                drawn.append(index)
                return ONES, ONES[:, :1]

        model = Sequential([Dense(1, input_dim=2)])
        model.compile("sgd", "mse")
        model.fit(ONES, ONES[:, :1], epochs=3, validation_data=Many(), validation_steps=2, verbose=0)
    assert drawn == [0, 1] * 3


def test_weights_of_one_of_two_outputs() -> None:
    """None stands for weights of 1. One loss instance is for every output, and so is one name."""
    with compat("2.3"):
        from keras.layers import Input
        from keras.losses import MeanSquaredError
        from keras.models import Model

        x = Input((2,))
        model = Model(x, [x, x])
        model.compile("sgd", MeanSquaredError(), loss_weights=[1.0, 0.5])
        batch = ONES, [ONES * 3, ONES * 3], [None, np.zeros(4)]
        # (1 - 3)² and 0.5 · 0
        assert model.test_on_batch(*batch)[0] == pytest.approx(4.0)
        assert model.evaluate_generator(iter([batch] * 2), steps=2)[0] == pytest.approx(4.0)


@pytest.mark.parametrize("generation", ["1", "2.3", "tf2"])
def test_what_learns_was_said_when_the_model_was_compiled(generation: str) -> None:
    """A discriminator learns from its own steps, and not from those of the model that trains its generator."""
    with compat(generation):
        from keras.layers import Dense, Input
        from keras.models import Model, Sequential

        critic, maker = Sequential([Dense(1, input_dim=2)]), Sequential([Dense(2, input_dim=2)])
        critic.compile("sgd", "mse")
        critic.trainable = False
        noise = Input((2,))
        both = Model(noise, critic(maker(noise)))
        both.compile("sgd", "mse")
        before = critic.get_weights()[0]
        critic.train_on_batch(ONES, ONES[:, :1] * 9)
        after = critic.get_weights()[0]
        assert not np.allclose(before, after)
        assert not critic.trainable
        made = maker.get_weights()[0]
        both.fit(ONES, ONES[:, :1] * 9, verbose=0)
        assert np.array_equal(critic.get_weights()[0], after)
        assert not np.allclose(maker.get_weights()[0], made)


@pytest.mark.parametrize(("restores", "weights"), [(4, 2), (5, 4)])
def test_early_stopping_restores_only_where_it_stops(restores: int, weights: int) -> None:
    """2.3.1 leaves the last weights where training ended by itself."""

    class Model:
        stop_training, weights = False, -1

        def get_weights(self) -> int:
            return self.weights

        def set_weights(self, weights: int) -> None:
            self.weights = weights

    with compat("2.3"):
        from keras.callbacks import EarlyStopping

        stopping = EarlyStopping("val_loss", patience=restores - 2, restore_best_weights=True)
        stopping.model = model = Model()
        stopping.on_train_begin()
        for epoch, loss in enumerate([0.3, 0.2, 0.1, 0.15, 0.12]):
            model.weights = epoch
            stopping.on_epoch_end(epoch, {"val_loss": loss})
        stopping.on_train_end()
        assert (model.stop_training, model.weights) == (restores == 4, weights)
        early = EarlyStopping("val_acc", baseline=0.75, patience=2)
        early.model = Model()
        early.on_train_begin()
        for epoch, accuracy in enumerate([0.55, 0.74]):  # neither is better than the baseline
            early.on_epoch_end(epoch, {"val_acc": accuracy})
        assert early.model.stop_training


def test_figures_answer_to_the_names_of_functions() -> None:
    """Until 2.2, what ``metrics=["mae"]`` asks for was called ``mean_absolute_error``."""
    with compat("2.3"):
        from keras.layers import Dense
        from keras.models import Sequential

        model = Sequential([Dense(1, input_dim=2)])
        model.compile("sgd", "mse", metrics=["mae"])
        history = model.fit(ONES, ONES[:, :1], verbose=0, validation_data=(ONES, ONES[:, :1])).history
        assert history["val_mean_absolute_error"] == history["val_mae"]


def test_penalties_and_averages_are_there_before_any_value() -> None:
    """One loss a call of a layer with an activity regulariser, two updates a call of a BatchNormalization."""
    with compat("2.3"):
        from keras.layers import BatchNormalization, Dense, Input
        from keras.models import Model

        x, other = Input((2,)), Input((2,))
        shared = Dense(2, kernel_regularizer="l2", activity_regularizer="l1")
        normed = BatchNormalization()
        model = Model(x, normed(shared(shared(x))))
        normed(other)
        assert (len(model.losses), len(model.updates)) == (3, 2)
        assert (len(model.get_losses_for(None)), len(model.get_losses_for(x))) == (1, 2)
        model.trainable = False
        assert model.updates == []


def test_an_activity_penalty_is_that_of_the_whole_batch() -> None:
    with compat("2.3"):
        from keras.layers import Dense
        from keras.models import Sequential
        from keras.regularizers import l1

        model = Sequential([Dense(1, input_dim=2, activity_regularizer=l1(0.5), kernel_initializer="ones")])
        model.compile("sgd", "mse")
        # Four answers of 2, as they should be: 0.5 · (2 + 2 + 2 + 2).
        assert model.test_on_batch(ONES, ONES[:, :1] * 2) == pytest.approx(4.0)


def test_a_learning_phase_is_built_into_what_is_called_from_there_on() -> None:
    with compat("2.3"):
        from keras import backend as K
        from keras.layers import BatchNormalization, Dropout, Input
        from keras.models import Model

        x = Input((1,))
        assert Dropout(0.5)(x)._uses_learning_phase
        assert not Dropout(0.5)(x, training=True)._uses_learning_phase
        K.set_learning_phase(1)
        model = Model(x, BatchNormalization()(x))
        values = np.array([[1.0], [3.0]])
        # (x - 2) / √(1 + 0.001)
        np.testing.assert_allclose(model.predict(values), [[-0.9995], [0.9995]], atol=1e-4)
        K.clear_session()
        y = Input((1,))
        assert Model(y, BatchNormalization()(y)).predict(values)[0] == pytest.approx(1 / 1.0005, abs=1e-4)


@pytest.mark.parametrize(("generation", "loss"), [("2.3", 0.0), ("tf2", 4.0)])
def test_a_frozen_normalization_goes_by_the_batch_until_2_3(generation: str, loss: float) -> None:
    """Inputs 1 and 3: by their own mean 2 and deviation 1 they are -1 and 1, by the averages 0 and 1 as they are."""
    with compat(generation):
        from keras.layers import BatchNormalization, Dense
        from keras.models import Sequential

        norm = BatchNormalization(epsilon=1e-7, input_shape=(1,))
        model = Sequential([norm, Dense(1, kernel_initializer="ones")])
        norm.trainable = False
        model.compile("sgd", "mse")
        x, y = np.array([[1.0], [3.0]]), np.array([[-1.0], [1.0]])
        assert model.train_on_batch(x, y) == pytest.approx(loss, abs=1e-5)
        assert [w.tolist() for w in norm.get_weights()] == [[1.0], [0.0], [0.0], [1.0]]
        model.fit(x, y, verbose=0)
        assert [w.tolist() for w in norm.get_weights()] == [[1.0], [0.0], [0.0], [1.0]]


def test_a_lambda_that_the_program_wrote_is_read_again(tmp_path: Path) -> None:
    with compat("2.3"):
        from keras.layers import Input, Lambda
        from keras.models import Model, load_model

        def doubled(x: Any) -> Any:
            return x * 2

        x = Input((2,))
        model = Model([x], [Lambda(doubled)(Lambda(lambda t: t[:, :1] * TWO)(x))])
        model.save(str(tmp_path / "a.h5"))
        stream = io.BytesIO()
        model.save(stream)
        for again in (
            load_model(str(tmp_path / "a.h5")),
            load_model(stream),
            Model.from_config(model.get_config()),
        ):
            assert again.predict(ONES).tolist() == [[4.0]] * 4


@pytest.mark.parametrize("name", ["m.keras", "m.h5"])
def test_code_in_the_file_of_another_program_is_not_run(name: str, tmp_path: Path) -> None:
    with compat("2.3"):
        from keras.layers import Input, Lambda
        from keras.models import Sequential, load_model

        Sequential([Input((3,)), Lambda(lambda x: x * 2)]).save(tmp_path / name)
    with (
        compat("2.3"),
        pytest.raises(WeightsError, match=rf"{name} cannot be loaded: .*(unsafe|arbitrary code)"),
    ):
        load_model(tmp_path / name)


def test_a_function_in_the_file_of_another_program_has_to_be_given_again(tmp_path: Path) -> None:
    def doubled(x: Any) -> Any:
        return x * 2

    with compat("2.3"):
        from keras.layers import Input, Lambda
        from keras.models import Sequential, load_model

        Sequential([Input((2,)), Lambda(doubled, name="twice")]).save(tmp_path / "m")
    with compat("2.3"):
        with pytest.raises(WeightsError, match="m cannot be loaded: Could not locate function 'doubled'"):
            load_model(tmp_path / "m")
        again = load_model(tmp_path / "m", custom_objects={"doubled": doubled})
        assert again.predict(ONES).tolist() == [[2.0, 2.0]] * 4


def test_a_compiled_model_goes_through_the_files_of_keras_3(tmp_path: Path) -> None:
    with compat("2.3"):
        from keras.layers import Dense
        from keras.models import Sequential, load_model

        model = Sequential([Dense(1, input_dim=2)])
        model.compile("adam", "mse")
        model.save(tmp_path / "a.keras")
        assert load_model(tmp_path / "a.keras").predict(ONES).tolist() == model.predict(ONES).tolist()


def test_what_layers_took_and_said() -> None:
    with compat("2.3"):
        from keras import layers
        from keras.models import Model, Sequential

        chain = Sequential([layers.SpatialDropout1D(0.5, input_shape=(3, 4)), layers.LeakyReLU(alpha=-1.0)])
        assert chain.output_shape == (None, 3, 4)
        assert chain.predict(-np.ones((1, 3, 4))).min() == 1.0
        with pytest.raises(ValueError, match="channel dimension of the inputs should be defined"):
            Sequential([layers.Conv2D(2, 3, batch_input_shape=(None, 5, 5, None))])
        x = layers.Input((2,))
        inner = Model([x], [layers.Dense(3)(x)])
        assert layers.Dense(1)(inner(x)).shape == (None, 1)
        with pytest.raises(ValueError, match="exactly 2 inputs"):
            layers.Subtract()([x, x, x])
        with pytest.raises(RuntimeError, match="You must compile your model"):
            inner.train_on_batch(ONES, ONES)

        class Old(layers.Layer):  # type: ignore[misc]
            def build(self, input_shape: Any) -> None:
                from keras import backend as K

                self.W = K.variable(np.full((input_shape[-1], 1), 3.0))
                self.count = K.variable(0, dtype="int32")
                self.trainable_weights = [self.W]

            def call(self, x: Any) -> Any:
                from keras import backend as K

                return K.dot(x, self.W)

            def compute_output_shape(self, input_shape: Any) -> Any:
                return (*super().compute_output_shape(input_shape)[:-1], 1)

        model = Sequential([Old(input_shape=(2,))])
        assert model.predict(ONES).tolist() == [[6.0]] * 4
        assert [w.shape for w in model.trainable_weights] == [(2, 1)]


def test_metrics_and_losses_of_keras_2(tmp_path: Path) -> None:
    with compat("2.3"):
        from keras import backend as K
        from keras import layers, losses, metrics, models
        from keras.utils import custom_object_scope

        # Of four answers of one example, three are right.
        found = metrics.binary_accuracy(np.array([[1.0, 0, 1, 0]]), np.array([[0.9, 0.1, 0.8, 0.7]]))
        assert K.eval(found).tolist() == [0.75]
        # log(cosh(2)), of whole numbers too
        assert K.eval(metrics.LogCoshError()(np.array([[1]]), np.array([[3]]))) == pytest.approx(
            1.3250, abs=1e-4
        )
        # of the weights 0.2, 0.3, 0.4, 0.1: (0.2 / 0.9 + 0.1 / 0.8) / 2
        overlap = metrics.MeanIoU(num_classes=2)(
            [0, 0, 1, 1], [0, 1, 0, 1], sample_weight=[0.2, 0.3, 0.4, 0.1]
        )
        assert K.eval(overlap) == pytest.approx(0.17361, abs=1e-4)

        class Half:
            def __init__(self, share: float) -> None:
                self.share = share

            def get_config(self) -> dict[str, float]:
                return {"share": self.share}

            def __call__(self, y_true: Any, y_pred: Any) -> Any:
                return self.share * losses.mse(y_true, y_pred)

        with custom_object_scope({"Half": Half}):
            model = models.Sequential([layers.Dense(1, input_dim=2)])
            model.compile("sgd", Half(0.5))
            model.save(tmp_path / "a.h5")
            assert models.load_model(tmp_path / "a.h5").loss.share == 0.5
            assert losses.deserialize(losses.serialize(Half(0.5))).share == 0.5


def test_names_of_tensorflow_1_for_starting_values() -> None:
    with compat("tf2"):
        import tensorflow as tf

        assert tf.Variable(tf.ones((2,), dtype="float32"), dtype=tf.float32).numpy().tolist() == [1.0, 1.0]
        assert tf.Variable(tf.zeros_initializer()((2,))).numpy().tolist() == [0.0, 0.0]


def test_steps_of_arrays_take_all_of_them() -> None:
    """2.3.1 cuts no batches where it is given a number of steps; K.variable is data as well."""
    with compat("2.3"):
        from keras import backend as K
        from keras.layers import Dense
        from keras.models import Sequential

        model = Sequential([Dense(1, input_dim=2, kernel_initializer="zeros")])
        model.compile("sgd", "mse")
        # Each step is -0.01 · 2 · (0 - 1) for the weights and the bias: 0.02, then 1 - 3 · 0.02 = 0.94 is missing.
        model.fit(ONES, ONES[:, :1], steps_per_epoch=2, verbose=0)
        assert model.get_weights()[1][0] == pytest.approx(0.02 + 0.02 * 0.94)
        assert model.predict(K.variable(ONES), steps=3).shape == (12, 1)


def test_a_class_without_a_weight_and_a_loss_without_a_gradient_are_told() -> None:
    with compat("2.3"):
        from keras import backend as K
        from keras.layers import Dense, Lambda
        from keras.models import Sequential

        model = Sequential([Dense(2, input_dim=2), Lambda(lambda x: K.cast(K.argmax(x), "float32"))])
        model.compile("sgd", "mse")
        with pytest.raises(ValueError, match="there is none for 1"):
            model.fit(ONES, ONES[:, 0], class_weight={0: 1.0}, verbose=0)
        with pytest.raises(ValueError, match="no gradient for any weight"):
            model.fit(ONES, ONES[:, 0], verbose=0)


@pytest.mark.parametrize("fast", [True, False])
@pytest.mark.parametrize(
    ("generation", "shape", "ddof"),
    [
        *(("1", (3, 3, 2), 0.0), ("2.3", (3, 3, 2), 1.001), ("2.3", (6,), 1.001)),
        *(("tf2", (3, 3, 2), 1.0), ("tf2", (6,), 0.0), ("tf2", (5, 2), 0.0), ("3", (3, 3, 2), 0.0)),
    ],
)
def test_the_variance_that_batch_normalization_keeps(
    generation: str, shape: tuple[int, ...], ddof: float, fast: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Σ(x - mean)² / (n - ddof), by NumPy; Keras 2.3.1's source (ε is 0.001), and tf_keras 2.21 as measured."""
    if not fast:
        monkeypatch.setattr(passes, "session", lambda model, training: contextlib.nullcontext())
    x = np.random.RandomState(0).rand(4, *shape).astype("float32")
    with compat(generation):
        from keras.layers import BatchNormalization, Input
        from keras.models import Model

        inputs = Input(shape)
        model = Model(inputs, BatchNormalization(momentum=0.75)(inputs))
        model.compile("sgd", "mse")
        model.fit(x, x, batch_size=4, epochs=1, verbose=0)
    flat = x.reshape(-1, shape[-1]).astype(np.float64)
    expected = 0.75 + 0.25 * ((flat - flat.mean(0)) ** 2).sum(0) / (len(flat) - ddof)
    np.testing.assert_allclose(model.get_weights()[3], expected, rtol=1e-5)


def test_layers_that_prepare_pictures_take_lists_and_bytes() -> None:
    """Of tf.keras 2: two pictures are a batch; halved by hand, bytes keep their fractions."""
    pictures = [np.array([[[0], [1]], [[0], [0]]], np.uint8), np.array([[[3], [3]], [[3], [2]]], np.uint8)]
    with compat("tf2"):
        import tensorflow as tf

        layers = tf.keras.layers
        halved = layers.Resizing(1, 1)(pictures)
        assert halved.numpy().ravel().tolist() == [0.25, 2.75]
        assert layers.Resizing(1, 1)(np.stack(pictures)).numpy().ravel().tolist() == [0.25, 2.75]
        cut = layers.CenterCrop(2, 2)(tuple(pictures))
        assert (cut.shape, cut.dtype) == ((2, 2, 2, 1), tf.float32)
        model = tf.keras.Sequential([layers.Resizing(1, 1), layers.Flatten()])
        assert model(np.stack(pictures)).numpy().ravel().tolist() == [0.25, 2.75]
        functional = tf.keras.Input((2, 2, 1))
        assert tf.keras.Model(functional, layers.Resizing(1, 1)(functional)).predict(
            np.stack(pictures), verbose=0
        ).ravel().tolist() == [0.25, 2.75]
    with compat("3"):
        import keras

        # Keras 3's own: of one type what comes and goes.
        assert keras.layers.Resizing(1, 1)(np.stack(pictures)).dtype.is_floating_point is False
