"""``tf.train.Checkpoint`` and ``CheckpointManager``: what was saved comes back to the bit, also before it is built."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from prunelle.errors import ArgumentError, Damaged
from prunelle.keras.eager.errors import NotFoundError
from prunelle.keras.floor import keras

pytestmark = pytest.mark.usefixtures("tf_keras")
layers = keras.layers


class Net(keras.Model):  # type: ignore[misc]
    def __init__(self) -> None:
        super().__init__()
        self.dense, self.norm = layers.Dense(5), layers.BatchNormalization()

    def call(self, x: Any, training: bool = False) -> Any:
        return self.norm(self.dense(x), training=training)


def made(tf: Any) -> tuple[Any, Any, Any]:
    net, optimizer = Net(), keras.optimizers.Adam(0.1)
    return net, optimizer, tf.train.Checkpoint(step=tf.Variable(1), net=net, optimizer=optimizer)


def steps(tf: Any, net: Any, optimizer: Any, number: int) -> None:
    x = tf.constant([[1.0], [2.0], [4.0]])
    for _ in range(number):
        with tf.GradientTape() as tape:
            loss = tf.reduce_mean(tf.square(net(x, training=True) - x))
        gradients = tape.gradient(loss, net.trainable_variables)
        optimizer.apply_gradients(zip(gradients, net.trainable_variables, strict=True))


def values(objects: Any) -> list[np.ndarray]:
    return [np.array(variable.numpy()) for variable in objects]


def test_a_training_goes_on_where_it_was(tmp_path: Path) -> None:
    import tensorflow as tf

    net, optimizer, checkpoint = made(tf)
    manager = tf.train.CheckpointManager(checkpoint, tmp_path / "tf_ckpts", max_to_keep=2)
    assert manager.latest_checkpoint is None
    checkpoint.restore(manager.latest_checkpoint)
    steps(tf, net, optimizer, 2)
    for _ in range(3):
        checkpoint.step.assign_add(1)
        manager.save()
    assert [Path(path).name for path in manager.checkpoints] == ["ckpt-2", "ckpt-3"]
    assert tf.train.latest_checkpoint(str(tmp_path / "tf_ckpts")) == manager.latest_checkpoint
    assert sorted(path.name for path in (tmp_path / "tf_ckpts").iterdir()) == [
        *("checkpoint", "ckpt-2.safetensors", "ckpt-3.safetensors"),
    ]
    weights, moments = values(net.weights), values(optimizer.variables)
    steps(tf, net, optimizer, 3)
    expected = values(net.weights)

    # Another process: nothing is built yet.
    again, other, restored = made(tf)
    status = restored.restore(tf.train.latest_checkpoint(tmp_path / "tf_ckpts"))
    status.assert_existing_objects_matched()
    assert int(restored.step) == 4
    assert int(restored.save_counter) == 3
    again(tf.ones((1, 1)))
    other.build(again.trainable_variables)
    assert all(map(np.array_equal, values(again.weights), weights))
    assert all(map(np.array_equal, values(other.variables), moments))
    steps(tf, again, other, 3)
    assert all(map(np.array_equal, values(again.weights), expected))

    # And into what is built: everything finds its place.
    restored.restore(manager.checkpoints[0]).assert_consumed()
    assert all(map(np.array_equal, values(again.weights), weights))


def test_what_does_not_fit_is_told(tmp_path: Path) -> None:
    import tensorflow as tf

    checkpoint = tf.train.Checkpoint(v=tf.Variable([1.0, 2.0]))
    path = checkpoint.save(str(tmp_path / "ckpt"))
    assert path == str(tmp_path / "ckpt-1")
    with pytest.raises(ArgumentError, match=r"v has the shape \(2,\), the variable \(3,\)"):
        tf.train.Checkpoint(v=tf.Variable([1.0, 2.0, 3.0])).restore(path)
    with pytest.raises(AssertionError, match=r"no value for w/value/0"):
        tf.train.Checkpoint(v=tf.Variable([1.0, 2.0]), w=tf.Variable(1)).restore(path).assert_consumed()
    with pytest.raises(AssertionError, match=r"no variable is there for v/value/0"):
        tf.train.Checkpoint().restore(path).assert_consumed()
    with pytest.raises(ArgumentError, match=r"step is of type int: make it a tf\.Variable"):
        tf.train.Checkpoint(step=1)
    with pytest.raises(NotFoundError, match=r"there is no checkpoint .*ckpt-9"):
        checkpoint.restore(str(tmp_path / "ckpt-9"))
    (tmp_path / "theirs-1.index").write_bytes(b"")
    with pytest.raises(NotFoundError, match=r"written by TensorFlow.*save_weights"):
        checkpoint.restore(str(tmp_path / "theirs-1"))
    file = tmp_path / "ckpt-1.safetensors"
    file.write_bytes(file.read_bytes()[:-1] + b"\x00")
    with pytest.raises(Damaged, match=r"ckpt-1\.safetensors is damaged"):
        checkpoint.restore(path)


def test_the_last_weights_of_a_callback_are_the_latest(tmp_path: Path) -> None:
    """TensorFlow's page on saving models: ``ModelCheckpoint`` of weights alone, then ``latest_checkpoint``."""
    import tensorflow as tf

    model = keras.Sequential([keras.Input((2,)), layers.Dense(1)])
    model.compile("sgd", "mse")
    assert tf.train.latest_checkpoint(tmp_path) is None
    for epoch in (1, 2):
        model.save_weights(str(tmp_path / f"cp-{epoch:04d}.ckpt"))
    assert tf.train.latest_checkpoint(str(tmp_path)) == str(tmp_path / "cp-0002.ckpt")


def test_attributes_that_are_set_later_are_kept(tf_keras: None, tmp_path: Path) -> None:
    """As TensorFlow's guide of checkpoints has lists and dictionaries."""
    import tensorflow as tf

    saved = tf.train.Checkpoint(step=tf.Variable(1))
    saved.listed = [tf.Variable(2.0)]
    saved.listed.append(tf.Variable(3.0))
    saved.step = tf.Variable(4)
    path = saved.save(str(tmp_path / "ckpt"))
    again = tf.train.Checkpoint()
    again.listed, again.step = [tf.Variable(0.0), tf.Variable(0.0)], tf.Variable(0)
    again.restore(path).assert_consumed()
    with pytest.warns(UserWarning, match="does not keep where the iterator batches is"):
        tf.train.Checkpoint(batches=iter(tf.data.Dataset.range(3)))
    assert [each.numpy() for each in (*again.listed, again.step)] == [2.0, 3.0, 4]
