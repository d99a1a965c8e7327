"""``tensorflow`` itself: values by hand, and Prunelle's sentence for what is not there."""

from __future__ import annotations

import functools
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from prunelle.errors import PrunelleError
from prunelle.keras import compat


def test_functions_by_tensorflows_names_of_their_arguments() -> None:
    with compat("tf2"):
        import tensorflow as tf

        x = tf.constant([[1.0, 2.0], [3.0, 4.0]])
        assert tf.reduce_mean(input_tensor=x, axis=-1, keepdims=True).tolist() == [[1.5], [3.5]]
        assert tf.reduce_sum(x, 0, keep_dims=True).tolist() == [[4.0, 6.0]]
        assert tf.matmul(a=x, b=x).tolist() == [[7.0, 10.0], [15.0, 22.0]]
        assert tf.transpose(x, perm=[1, 0]).tolist() == [[1.0, 3.0], [2.0, 4.0]]
        assert tf.clip_by_value(x, clip_value_min=2, clip_value_max=3).tolist() == [[2.0, 2.0], [3.0, 3.0]]
        assert tf.one_hot([1, 0], depth=3).tolist() == [[0, 1, 0], [1, 0, 0]]
        assert tf.math.confusion_matrix([0, 1, 1], [0, 0, 1]).tolist() == [[1, 0], [1, 1]]
        symbolic = tf.keras.Input((3,))
        assert tf.reduce_mean(symbolic, axis=1).shape == (None,)
        assert tf.losses.MeanSquaredError is tf.keras.losses.MeanSquaredError


@pytest.mark.parametrize(
    "name",
    ["ragged.constants", "data.experimental.SqlDataset", "image.rgb_to_hsvv", "nn.conv2dd", "while_loops"],
)
def test_what_is_not_there_is_told_in_prunelles_words(name: str) -> None:
    with compat("tf2"):
        import tensorflow as tf

        with pytest.raises(PrunelleError, match="Prunelle"):
            functools.reduce(getattr, name.split("."), tf)


def test_an_operator_that_assigns_makes_another_tensor() -> None:
    with compat("tf2"):
        import tensorflow as tf

        x = before = tf.constant(1.0)
        x += tf.constant([1.0, 2.0])
        x *= 2
        x -= 1
        x /= 2
        x **= 2
        assert x.numpy().tolist() == [2.25, 6.25]
        assert before.numpy() == 1.0
        n = same = tf.constant(7)
        n //= 2
        n %= 2
        assert (n.numpy(), same.numpy()) == (1, 7)


def test_data_sets_of_files(tmp_path: Path) -> None:
    for i in range(4):
        Image.new("RGB", (2, 2), (60 * i, 0, 0)).save(tmp_path / f"{i}.png")
    names = sorted(map(str, tmp_path.iterdir()))
    with compat("tf2"):
        import tensorflow as tf

        def load(name, label):  # type: ignore[no-untyped-def]
            return tf.image.decode_png(tf.io.read_file(name), channels=3), label

        found = list(tf.data.Dataset.from_tensor_slices((names, [0, 1, 2, 3])).map(load).batch(2))
        assert [tuple(pictures.shape) for pictures, _ in found] == [(2, 2, 2, 3)] * 2
        assert found[1][0][1, 0, 0].tolist() == [180, 0, 0]
        assert found[1][1].tolist() == [2, 3]
        listed = tf.data.Dataset.list_files(str(tmp_path / "*"), shuffle=False)
        assert [name.decode() for name in listed.as_numpy_iterator()] == names
        pairs = tf.data.Dataset.zip((tf.data.Dataset.range(2), tf.data.Dataset.from_tensor_slices([5, 6])))
        assert [(int(a), int(b)) for a, b in pairs] == [(0, 5), (1, 6)]
        rows = tf.data.Dataset.from_tensor_slices({"a": np.arange(3), "b": np.ones((3, 2))}).batch(2)
        first = next(iter(rows))
        assert first["a"].tolist() == [0, 1]
        assert tuple(first["b"].shape) == (2, 2)
        assert [int(number) for number, _ in tf.data.Dataset.range(3).enumerate(start=4)] == [4, 5, 6]


def test_settings_of_a_session_change_nothing() -> None:
    with compat("2.3"):
        import tensorflow as tf
        from keras import backend as K

        config = tf.ConfigProto()
        config.gpu_options.allow_growth = True
        K.set_session(tf.Session(config=config))
