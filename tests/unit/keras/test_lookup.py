"""``StringLookup``, ``IntegerLookup``, windows of a series: values that Keras 3.15 on TensorFlow 2.21 gave."""

from __future__ import annotations

import numpy as np
import pytest

from prunelle.errors import ArgumentError
from prunelle.keras.eager.errors import InvalidArgumentError

pytestmark = pytest.mark.usefixtures("tf_keras")


def test_texts_and_their_places() -> None:
    import tensorflow as tf

    layer = tf.keras.layers.StringLookup()
    layer.adapt(tf.data.Dataset.from_tensor_slices(["b", "a", "c", "a", "b", "d"]).batch(2))
    assert layer.get_vocabulary() == ["[UNK]", "b", "a", "d", "c"]
    assert layer(tf.constant(["a", "z", "d"])).numpy().tolist() == [2, 0, 3]
    again = tf.keras.layers.StringLookup.from_config(layer.get_config())
    assert again.get_vocabulary() == layer.get_vocabulary()
    data = tf.data.Dataset.from_tensor_slices(["d", "z"]).map(layer)
    assert [int(each) for each in data] == [3, 0]
    back = tf.keras.layers.StringLookup(vocabulary=["b", "a"], invert=True)
    assert back(tf.constant([0, 1, 2, 9])).numpy().tolist() == [b"[UNK]", b"b", b"a", b"[UNK]"]


@pytest.mark.parametrize(
    ("mode", "expected"),
    [
        ("one_hot", [[0, 0, 1], [1, 0, 0], [0, 0, 0]]),
        ("multi_hot", [1, 0, 1]),
        ("tf_idf", [1.0986, 0, 1.0986]),
    ],
)
def test_figures_have_none_for_the_mask(mode: str, expected: list[float]) -> None:
    import tensorflow as tf

    layer = tf.keras.layers.StringLookup(output_mode=mode, max_tokens=3, mask_token="")
    layer.adapt(np.array(["b", "a", "c", "a", "b", "d"]))
    np.testing.assert_allclose(layer(tf.constant(["a", "z", ""])), expected, atol=1e-4)


def test_whole_numbers() -> None:
    import tensorflow as tf

    layer = tf.keras.layers.IntegerLookup(mask_token=0, max_tokens=4)
    layer.adapt(np.array([5, 1, 5, 7]))
    assert layer.get_vocabulary() == [0, -1, 5, 7]
    assert layer(tf.constant([7, 5, 0, 3])).numpy().tolist() == [3, 2, 0, 1]
    strict = tf.keras.layers.IntegerLookup(vocabulary=[1], num_oov_indices=0)
    with pytest.raises(InvalidArgumentError, match="received 9"):
        strict(np.array([9]))
    with pytest.raises(ArgumentError, match="num_oov_indices must be 0 or 1"):
        tf.keras.layers.IntegerLookup(num_oov_indices=3)


def test_windows_of_a_series() -> None:
    import tensorflow as tf

    series = np.arange(30.0).reshape(15, 2)
    given = {"sequence_length": 4, "sampling_rate": 2, "sequence_stride": 3, "batch_size": 2}
    batches = list(tf.keras.utils.timeseries_dataset_from_array(series, np.arange(15), **given))
    # Begins 0, 3, 6; the last window has the steps 6, 8, 10, 12.
    assert [y.numpy().tolist() for _, y in batches] == [[0, 3], [6]]
    np.testing.assert_array_equal(batches[1][0], series[[[6, 8, 10, 12]]])
    with pytest.raises(ArgumentError, match="sequence_length must be from 1"):
        tf.keras.utils.timeseries_dataset_from_array(series, None, sequence_length=20)
    left, right = tf.keras.utils.split_dataset(tf.data.Dataset.range(10), left_size=0.8)
    assert [int(each) for each in right] == [8, 9]
    assert len(left) == 8
