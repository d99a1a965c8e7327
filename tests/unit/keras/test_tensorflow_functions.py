"""Functions of ``tf``, ``tf.math`` and ``tf.nn``: values that TensorFlow 2.21.0 gave, and hand-worked ones.

``benchmarks/tensorflow_functions`` compares all of them with TensorFlow itself.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from prunelle.errors import PrunelleError

pytestmark = pytest.mark.usefixtures("tf_keras")


def line(*shape: int) -> np.ndarray:
    """0, 1, 2… in a shape."""
    return np.arange(np.prod(shape), dtype="float32").reshape(shape)


def test_same_borders_are_wider_at_the_end() -> None:
    """A row of 4 with stride 2 and a window of 3 lacks one: it is added after. [0 1 2], [2 3 0] by hand."""
    import tensorflow as tf

    made = tf.nn.conv1d(line(1, 4, 1), tf.ones((3, 1, 1)), 2, "SAME")
    assert made.numpy().ravel().tolist() == [3.0, 5.0]
    assert tf.nn.conv1d(line(1, 4, 1), tf.ones((3, 1, 1)), 1, "VALID").numpy().ravel().tolist() == [3.0, 6.0]


def test_the_border_of_a_mean_does_not_count() -> None:
    """(0 + 1 + 3 + 4) / 4 = 2, (2 + 5) / 2 = 3.5, (6 + 7) / 2 = 6.5, 8: by hand."""
    import tensorflow as tf

    picture = line(1, 3, 3, 1)
    assert tf.nn.avg_pool2d(picture, 2, 2, "SAME").numpy().ravel().tolist() == [2.0, 3.5, 6.5, 8.0]
    assert tf.nn.max_pool(picture, [2, 2], [2, 2], "SAME").numpy().ravel().tolist() == [4.0, 5.0, 7.0, 8.0]
    assert tf.nn.max_pool2d(picture, 2, 2, "VALID").shape == (1, 1, 1, 1)
    deep = tf.constant([[[[1.0, 9.0, 3.0, 4.0, 5.0, 2.0]]]])
    assert tf.nn.max_pool(deep, (1, 1, 1, 3), (1, 1, 1, 3), "VALID").numpy().ravel().tolist() == [9.0, 5.0]
    for window, step in (((1, 1, 1, 4), (1, 1, 1, 4)), ((1, 1, 1, 3), (1, 1, 1, 1))):
        with pytest.raises(tf.errors.InvalidArgumentError, match="along examples and channels"):
            tf.nn.max_pool(deep, window, step, "VALID")
    found, places = tf.nn.max_pool_with_argmax(picture, 2, 2, "SAME")
    assert places.numpy().ravel().tolist() == [4, 5, 7, 8]
    assert found.dtype == tf.float32


def test_a_transposed_convolution_is_the_way_back() -> None:
    """By TensorFlow's definition it is the gradient of the convolution by its input."""
    import tensorflow as tf

    kernel, above = tf.constant(line(3, 3, 2, 4) / 10), tf.constant(line(1, 3, 2, 4))
    for padding, size in (("SAME", (5, 4)), ("VALID", (8, 5))):
        picture = tf.Variable(tf.zeros((1, *size, 2)))
        with tf.GradientTape() as tape:
            made = tf.nn.conv2d(picture, kernel, 2, padding)
        assert made.shape == (1, 3, 2, 4)
        back = tape.gradient(made, picture, output_gradients=above)
        given = tf.nn.conv2d_transpose(above, kernel, [1, *size, 2], 2, padding)
        np.testing.assert_allclose(given.numpy(), back.numpy(), rtol=1e-5)


def test_channels_may_come_first() -> None:
    import tensorflow as tf

    picture, kernel = tf.constant(line(2, 5, 4, 3)), tf.constant(line(2, 2, 3, 2))
    last = tf.nn.conv2d(picture, kernel, [1, 2, 1, 1], "SAME")
    first = tf.nn.conv2d(
        tf.transpose(picture, [0, 3, 1, 2]), kernel, [1, 1, 2, 1], "SAME", data_format="NCHW"
    )
    np.testing.assert_allclose(tf.transpose(first, [0, 2, 3, 1]).numpy(), last.numpy())


def test_each_channel_of_a_depthwise_convolution_has_its_kernels_side_by_side() -> None:
    """(1, 2) with factors (1, 10) and (100, 1000), by hand."""
    import tensorflow as tf

    kernel = tf.reshape([1.0, 10.0, 100.0, 1000.0], (1, 1, 2, 2))
    made = tf.nn.depthwise_conv2d(tf.reshape([1.0, 2.0], (1, 1, 1, 2)), kernel, [1, 1, 1, 1], "SAME")
    assert made.numpy().ravel().tolist() == [1.0, 10.0, 200.0, 2000.0]


def test_losses_of_logits() -> None:
    """TensorFlow 2.21.0's values; the gradient is softmax - labels even where labels do not sum to 1."""
    import tensorflow as tf

    logits = tf.constant([[1.0, 2.0, 3.0], [0.5, -1.0, 0.0]])
    sparse = tf.nn.sparse_softmax_cross_entropy_with_logits(labels=[2, 0], logits=logits)
    np.testing.assert_allclose(sparse.numpy(), [0.40760598, 0.6041313], rtol=1e-4)
    with tf.GradientTape() as tape:
        tape.watch(logits)
        loss = tf.nn.softmax_cross_entropy_with_logits(
            labels=[[0.0, 0.0, 2.0], [0.0, 0.0, 0.0]], logits=logits
        )
    np.testing.assert_allclose(loss.numpy(), [2 * 0.40760598, 0.0], rtol=1e-5)
    shares = tf.nn.softmax(logits).numpy()
    np.testing.assert_allclose(
        tape.gradient(loss, logits).numpy(), shares - [[0, 0, 2], [0, 0, 0]], rtol=1e-5
    )
    # log(1 + exp(-100)) would be lost, exp(1000) too large.
    each = tf.nn.sigmoid_cross_entropy_with_logits(labels=[1.0, 0.0], logits=[-1000.0, 1000.0])
    assert each.numpy().tolist() == [1000.0, 1000.0]


def test_labels_that_are_no_class_are_refused() -> None:
    import tensorflow as tf

    with pytest.raises(PrunelleError, match="labels are from 0 to 1, the classes that logits have"):
        tf.nn.sparse_softmax_cross_entropy_with_logits(labels=[0, 5], logits=[[1.0, 2.0], [3.0, 4.0]])
    with pytest.raises(tf.errors.InvalidArgumentError, match="without its last axis"):
        tf.nn.sparse_softmax_cross_entropy_with_logits(labels=[[0], [1]], logits=[[1.0, 2.0], [3.0, 4.0]])


def test_a_window_that_does_not_fit_names_the_way_out() -> None:
    import tensorflow as tf

    with pytest.raises(PrunelleError, match=r"window of \[7, 7\] does not fit .* padding='SAME' does"):
        tf.nn.conv2d(line(1, 4, 4, 1), tf.ones((7, 7, 1, 1)), 1, "VALID")
    with pytest.raises(PrunelleError, match=r"tf\.expand_dims"):
        tf.nn.conv2d(line(4, 4, 1), tf.ones((2, 2, 1, 1)), 1, "VALID")


@pytest.mark.parametrize(
    ("function", "at", "gradient"),
    [
        ("abs(x)", 0.0, 0.0),
        ("nn.relu(x)", 0.0, 0.0),
        ("nn.selu(x)", 0.0, 1.0507009),
        ("sqrt(x)", 0.0, np.inf),
        ("norm0(x)", 0.0, 0.0),
        ("maximum(x, 2.0)", 2.0, 1.0),
        ("minimum(x, 2.0)", 2.0, 1.0),
        ("math.divide_no_nan(1.0, x)", 0.0, 0.0),
        ("math.xlogy(x, x)", 0.0, 0.0),
        ("math.special.dawsn(x)", 0.0, 1.0),
        ("clip_by_value(x, 0.0, 1.0)", 1.0, 1.0),
        ("math.log_sigmoid(x)", 0.0, 0.5),
    ],
)
def test_gradients_at_edges(function: str, at: float, gradient: float) -> None:
    """TensorFlow 2.21.0's."""
    import tensorflow as tf

    point = tf.constant(at)
    with tf.GradientTape() as tape:
        tape.watch(point)
        if function == "norm0(x)":
            value = tf.clip_by_norm(point, 1.0) * 0.0
        else:
            value = eval(f"tf.{function}", {"tf": tf, "x": point})
    assert tape.gradient(value, point).numpy() == pytest.approx(gradient, rel=1e-6)


def test_equal_ones_share_a_gradient_or_the_first_has_it() -> None:
    """TensorFlow 2.21.0: reduce_max shares, maximum does not; round has none."""
    import tensorflow as tf

    x, y = tf.constant([2.0, 2.0, 1.0]), tf.constant([2.0, 1.0, 3.0])
    with tf.GradientTape(persistent=True) as tape:
        tape.watch([x, y])
        most, both, whole = tf.reduce_max(x), tf.maximum(x, y), tf.round(x) + tf.floor(y) + x // y
    assert tape.gradient(most, x).numpy().tolist() == [0.5, 0.5, 0.0]
    assert [each.numpy().tolist() for each in tape.gradient(both, [x, y])] == [[1, 1, 0], [0, 0, 1]]
    assert tape.gradient(whole, [x, y]) == [None, None]


def test_nan_is_neither_the_greatest_nor_the_least() -> None:
    """TensorFlow 2.21.0's places."""
    import tensorflow as tf

    x = tf.constant([1.0, np.nan, 2.0])
    assert (int(tf.argmax(x)), int(tf.argmin(x))) == (2, 0)


def test_segments_without_rows() -> None:
    """TensorFlow 2.21.0's: the neutral number; what belongs to -1 is left out."""
    import tensorflow as tf

    x = tf.constant([1.0, 2.0, 3.0])
    assert tf.math.unsorted_segment_max(x, [0, 0, -1], 2).numpy().tolist() == [2.0, np.finfo("float32").min]
    assert tf.math.unsorted_segment_prod(x, [1, 1, 1], 2).numpy().tolist() == [1.0, 6.0]
    assert tf.math.segment_mean([1, 2, 4], [0, 0, 2]).numpy().tolist() == [1, 0, 4]
    with pytest.raises(PrunelleError, match="unsorted_segment_sum takes others"):
        tf.math.segment_sum(x, [1, 0, 2])


def test_dropout_keeps_the_mean_and_refuses_1() -> None:
    import tensorflow as tf

    kept = tf.nn.dropout(tf.ones(10_000), 0.25).numpy()
    assert set(np.unique(kept)) == {np.float32(0), np.float32(1 / 0.75)}
    assert kept.mean() == pytest.approx(1, abs=0.03)  # five standard deviations
    with pytest.raises(PrunelleError, match="rate is from 0 to below 1"):
        tf.nn.dropout(tf.ones(3), 1.0)


def test_normalising_without_scale_or_offset() -> None:
    """(3 - 1) / √(3.999 + 0.001) = 1, by hand."""
    import tensorflow as tf

    made = tf.nn.batch_normalization(tf.constant([3.0]), [1.0], [3.999], None, None, 1e-3)
    assert made.numpy() == pytest.approx([1.0])
    point = tf.constant([2.0, -3.0, 0.0])
    with tf.GradientTape() as tape:
        tape.watch(point)
        signs = tf.sign(point)
    assert signs.numpy().tolist() == [1, -1, 0]
    assert tape.gradient(signs, point).numpy().tolist() == [0, 0, 0]


def test_pixels_become_channels_and_examples_and_back() -> None:
    import tensorflow as tf

    x = tf.constant(line(2, 4, 6, 3))
    assert tf.nn.space_to_depth(x, 2)[0, 0, 0].numpy().tolist() == [0, 1, 2, 3, 4, 5, 18, 19, 20, 21, 22, 23]
    np.testing.assert_array_equal(tf.nn.depth_to_space(tf.nn.space_to_depth(x, 2), 2).numpy(), x.numpy())
    batch = tf.space_to_batch(x, [2, 3], [[0, 0], [0, 0]])
    assert batch.shape == (12, 2, 2, 3)
    np.testing.assert_array_equal(tf.batch_to_space(batch, [2, 3], [[0, 0], [0, 0]]).numpy(), x.numpy())


def test_forwards() -> None:
    """d/dx x² along 3 at 2 is 12."""
    import tensorflow as tf

    x = tf.constant(2.0)
    with tf.autodiff.ForwardAccumulator(x, tf.constant(3.0)) as accumulator:
        y = x * x
    assert float(accumulator.jvp(y)) == 12.0


def test_assertions() -> None:
    import tensorflow as tf

    assert tf.debugging.assert_equal([1, 2], [1, 2]) is None
    with pytest.raises(
        tf.errors.InvalidArgumentError, match=r"x equals y everywhere; received 1 and 2\. sizes"
    ):
        tf.debugging.assert_equal(1, 2, message="sizes")
    with pytest.raises(tf.errors.InvalidArgumentError, match="loss : Tensor had NaN values"):
        tf.debugging.check_numerics(tf.constant([np.nan]), "loss")
    with pytest.raises(PrunelleError, match="'N' is 2"):
        tf.debugging.assert_shapes([(tf.ones((2, 3)), ("N", "N"))])


def test_what_is_not_here_says_what_to_use(capsys: pytest.CaptureFixture[str]) -> None:
    import tensorflow as tf

    with pytest.raises(PrunelleError, match=r"no tf.saved_model.save: model.save\('model.keras'\)"):
        tf.saved_model.save(None, "folder")
    with pytest.raises(PrunelleError, match="neither sparse nor ragged"):
        tf.ragged.constant([[1], [2, 3]])
    assert not isinstance(tf.ones(2), (tf.SparseTensor, tf.RaggedTensor))
    with tf.distribute.MirroredStrategy().scope():
        assert tf.distribute.MirroredStrategy().num_replicas_in_sync == 1


MODELS = ("functional", "lambda", "subclass")


def _model(tf: Any, kind: str) -> Any:
    keras = tf.keras

    def mixed(x: Any) -> Any:
        rows = tf.shape(x)[0]
        flat = tf.reshape(x, (rows, 16))
        scaled = tf.nn.relu(flat) * 2.0 - tf.reduce_mean(flat, axis=1, keepdims=True)
        return tf.concat([scaled, tf.math.square(flat)], axis=-1)

    if kind == "functional":
        inputs = keras.Input((4, 4, 1))
        return keras.Model(inputs, keras.layers.Dense(3)(mixed(tf.nn.max_pool2d(inputs, 1, 1, "SAME"))))
    if kind == "lambda":
        return keras.Sequential([keras.Input((4, 4, 1)), keras.layers.Lambda(mixed), keras.layers.Dense(3)])

    class Own(keras.Model):  # type: ignore[misc, name-defined]
        def __init__(self) -> None:
            super().__init__()
            self.dense = keras.layers.Dense(3)

        def call(self, x: Any) -> Any:
            return self.dense(mixed(x))

    return Own()


@pytest.mark.parametrize("kind", MODELS)
def test_models_with_functions_of_tf_train(kind: str) -> None:
    import tensorflow as tf

    tf.random.set_seed(0)
    model = _model(tf, kind)
    x, y = np.random.default_rng(0).random((32, 4, 4, 1), "float32"), np.arange(32) % 3
    model.compile("adam", tf.keras.losses.SparseCategoricalCrossentropy(from_logits=True))
    losses = model.fit(x, y, epochs=4, batch_size=10, verbose=0).history["loss"]
    assert losses[-1] < losses[0]
    assert model.predict(x[:5], verbose=0).shape == (5, 3)


def test_a_model_with_functions_of_tf_comes_back_from_its_file(tmp_path: Path) -> None:
    import tensorflow as tf

    model = _model(tf, "functional")
    x = np.random.default_rng(0).random((5, 4, 4, 1), "float32")
    model.save(str(tmp_path / "model.keras"))
    again = tf.keras.models.load_model(str(tmp_path / "model.keras"))
    np.testing.assert_allclose(again.predict(x, verbose=0), model.predict(x, verbose=0), rtol=1e-6)
