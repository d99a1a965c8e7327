"""``keras.utils``, ``keras.datasets`` and the drawing of models."""

from __future__ import annotations

import importlib
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from PIL import Image

from prunelle.errors import ArgumentError
from prunelle.keras.floor import keras
from prunelle.keras.names import utils

layers, Model, Sequential = keras.layers, keras.Model, keras.Sequential
pytestmark = pytest.mark.usefixtures("keras_2")


def test_one_hot() -> None:
    for x in ([0, 2, 1], [[0], [2], [1]], np.array([0, 2, 1], "float64")):
        ours = utils.to_categorical(x)
        np.testing.assert_array_equal(ours, np.eye(3)[[0, 2, 1]])
        assert ours.dtype == np.float32
    np.testing.assert_array_equal(utils.to_categorical(y=[1], nb_classes=2), [[0, 1]])
    with pytest.raises(ArgumentError, match=r"from 0 to 9, for num_classes=10; received 0 to 10"):
        utils.to_categorical([0, 10], 10)
    with pytest.raises(ArgumentError, match="received -1 to 1"):
        utils.to_categorical([-1, 1])


def test_seeds() -> None:
    def drawn() -> list[Any]:
        keras.utils.set_random_seed(5)
        model = Sequential([layers.Dense(2, input_shape=(3,)), layers.Dropout(0.5)])
        return [np.random.rand(), torch.rand(1).item(), model.get_weights()[0].tolist()]

    assert drawn() == drawn()


def test_a_model_is_drawn(tmp_path: Path) -> None:
    start = layers.Input((8, 8, 3))
    x = layers.Conv2D(4, 3, padding="same", name="gauche")(start)
    y = layers.Conv2D(4, 5, padding="same", name="droite")(start)
    y = layers.Conv2D(4, 3, padding="same", name="encore")(y)
    model = Model(start, layers.Dense(2)(layers.Flatten()(layers.Add()([x, y]))))
    utils.plot_model(model, tmp_path / "m.svg", show_shapes=True, show_trainable=True)
    drawing = (tmp_path / "m.svg").read_text()
    for text in ("gauche (Conv2D)", "droite (Conv2D)", "(None, 8, 8, 4)", "trainable"):
        assert f"<!-- {text} -->" in drawing
    # Six arrows: two from the input, one within the right branch, two into the sum, then flatten, dense: 7 steps,
    # and one more where the left branch passes the row of "encore".
    assert drawing.count('id="patch_') >= 8
    for rankdir, wider in (("TB", False), ("LR", True)):
        utils.plot_model(model, tmp_path / "m.png", rankdir=rankdir)
        size = Image.open(tmp_path / "m.png").size
        assert (size[0] > size[1]) is wider
    utils.plot_model(Sequential([layers.Dense(2, input_shape=(3,))]), tmp_path / "s.png", dpi=50)
    with pytest.raises(ArgumentError, match="is not built yet"):
        utils.plot_model(Sequential([layers.Dense(2)]), tmp_path / "n.png")


def test_names_of_tensorflow_itself() -> None:
    tf = importlib.import_module("tensorflow")
    x = tf.constant([[1.0, 2.0], [3.0, 5.0]])
    assert x.dtype is tf.float32
    assert float(tf.reduce_mean(x)) == 2.75
    assert tf.argmax(x).tolist() == [1, 1]  # TensorFlow's axis is the first
    assert tf.nn.softmax(x).numpy().sum(1).tolist() == pytest.approx([1, 1])
    assert tuple(tf.expand_dims(x, 0).shape) == (1, 2, 2)
    assert tf.one_hot([1, 0], 3).tolist() == [[0, 1, 0], [1, 0, 0]]
    assert tf.cast(x, "int32").dtype is tf.int32
    assert [device.device_type for device in tf.config.list_physical_devices("CPU")] == ["CPU"]
    from tensorflow.python.client import device_lib

    (processor, *_) = device_lib.list_local_devices()
    assert (processor.name, processor.device_type, processor.memory_limit) == (
        "/device:CPU:0",
        "CPU",
        1 << 28,
    )
    with tf.device("/GPU:0"):
        assert tuple(tf.image.resize(np.zeros((4, 6, 3)), (2, 3)).shape) == (2, 3, 3)


def test_several_devices_are_one_and_it_is_said() -> None:
    model = Sequential([layers.Dense(2, input_shape=(3,))])
    with pytest.warns(UserWarning, match="multi_gpu_model gives the model as it is"):
        assert utils.multi_gpu_model(model, gpus=2) is model
