"""``tf.summary``: files read back by TensorBoard; tags, steps and values are those that TensorFlow 2.21 wrote."""

from __future__ import annotations

import io
import subprocess
import sys
import warnings
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from prunelle.errors import ArgumentError, PrunelleError
from prunelle.keras import compat
from prunelle.keras.event_files import as_bytes, counts
from tests.unit.keras.test_tensorboard import read, without_package

__all__ = ["without_package"]  # a fixture


def _needs_package() -> None:
    pytest.importorskip(
        "tensorboard", reason="reads the files back with the package tensorboard, which is an extra"
    )


def values(folder: Path) -> dict[str, list[tuple[int, Any]]]:
    return {tag: [(step, value.tolist()) for step, value in found] for tag, found in read(folder).items()}


def test_what_is_written(tf_keras: None, tmp_path: Path) -> None:
    _needs_package()
    import tensorflow as tf

    writer = tf.summary.create_file_writer(str(tmp_path))
    with writer.as_default(step=5):
        tf.summary.histogram("h", [1.0, 2.0, 2.0, 4.0], buckets=3)
        tf.summary.histogram("c", tf.constant([2.0, 2.0]), buckets=3)
        tf.summary.histogram("e", [], buckets=2)
        tf.summary.text("t", "été")
        tf.summary.text("tt", [["a", "b"]])
        with tf.name_scope("scope"), tf.name_scope("inner"):
            tf.summary.scalar("s", tf.reduce_sum(tf.constant([1.0, 2.0])))
        with tf.summary.record_if(False):
            assert not tf.summary.scalar("no", 1)
        with tf.summary.record_if(lambda: True):
            assert tf.summary.scalar("yes", True, description="d")
        tf.summary.image("i", np.array([[[[0.0], [0.5]], [[1.0], [2.0]]]]), step=7)
    assert not tf.summary.scalar("nowriter", 1, step=1)
    tf.summary.experimental.set_step(tf.Variable(9))
    with writer.as_default():
        tf.summary.scalar("set", 1.5)
    writer.flush()
    found = values(tmp_path)
    ((_, (width, height, packed)),) = found.pop("i")
    assert (width, height) == (b"2", b"2")
    np.testing.assert_array_equal(np.asarray(Image.open(io.BytesIO(packed))), [[0, 127], [255, 255]])
    assert found == {
        "h": [(5, [[1, 2, 1], [2, 3, 2], [3, 4, 1]])],
        "c": [(5, [[2, 2, 0], [2, 2, 0], [2, 2, 2]])],
        "e": [(5, [[0, 0, 0], [0, 0, 0]])],
        "t": [(5, "été".encode())],
        "tt": [(5, [[b"a", b"b"]])],
        "scope/inner/s": [(5, 3.0)],
        "yes": [(5, 1.0)],
        "set": [(9, 1.5)],
    }
    writer.close()


def test_a_loop_of_a_program_s_own(tf_keras: None, tmp_path: Path) -> None:
    """As TensorFlow's guides have it: a tape, a metric, a writer for each split."""
    _needs_package()
    import tensorflow as tf

    x = tf.constant([[1.0], [2.0], [3.0]])
    model = tf.keras.Sequential([tf.keras.layers.Dense(1, use_bias=False, kernel_initializer="zeros")])
    optimizer, mean = tf.keras.optimizers.SGD(0.05), tf.keras.metrics.Mean()
    writers = {split: tf.summary.create_file_writer(str(tmp_path / split)) for split in ("train", "test")}
    for epoch in range(3):
        with tf.GradientTape() as tape:
            loss = tf.reduce_mean(tf.square(model(x) - 2 * x))
        optimizer.apply_gradients(
            zip(tape.gradient(loss, model.trainable_variables), model.trainable_variables, strict=True)
        )
        mean(loss)
        with writers["train"].as_default():
            tf.summary.scalar("loss", mean.result(), step=epoch)
        with writers["test"].as_default():
            tf.summary.scalar("loss", loss, step=tf.constant(epoch, tf.int64))
            tf.summary.histogram("kernel", model.layers[0].kernel, step=epoch)
        mean.reset_states()
    for writer in writers.values():
        writer.close()
    train, test = values(tmp_path / "train"), values(tmp_path / "test")
    assert train["loss"] == test["loss"]
    # (w - 2)² · 14/3, whose slope is 2 (w - 2) · 14/3: w is 0, 28/30, 2 - 2 (1 - 14/30)².
    assert [value for _, value in test["loss"]] == pytest.approx(
        [4 * 14 / 3 * (16 / 30) ** (2 * i) for i in range(3)]
    )
    assert [step for step, _ in test["kernel"]] == [0, 1, 2]


def test_what_a_program_gets_wrong(tf_keras: None, tmp_path: Path) -> None:
    import tensorflow as tf

    with tf.summary.create_noop_writer().as_default():
        with pytest.raises(ArgumentError, match=r"tf\.summary\.scalar needs a step: step=…"):
            tf.summary.scalar("a", 1)
        with pytest.raises(ArgumentError, match=r"takes one number; received the shape \(2,\) for 'a'"):
            tf.summary.scalar("a", [1, 2], step=0)
        with pytest.raises(
            ArgumentError, match=r"\(N, H, W, C\) of 1 to 4 channels; received the shape \(28, 28\)"
        ):
            tf.summary.image("a", np.zeros((28, 28)), step=0)
        assert tf.summary.should_record_summaries()
    assert not tf.summary.should_record_summaries()
    for first in (tf.summary, tf.compat.v1.summary):
        with pytest.raises(
            PrunelleError, match=r"of TensorFlow 1.* Instead: tf\.summary\.create_file_writer"
        ):
            _ = first.FileWriter


def test_traces_are_told_once_and_left_out(tf_keras: None, tmp_path: Path) -> None:
    import tensorflow as tf

    def traced() -> None:
        tf.summary.trace_on(graph=True, profiler=False)
        tf.summary.trace_export(name="pas", step=0, profiler_outdir=str(tmp_path))

    with pytest.warns(UserWarning, match=r"graphs and traces are of TensorFlow's own computation") as told:
        traced()
    assert len(told) == 1


@pytest.mark.usefixtures("without_package")
def test_without_the_package_it_is_told_once(tmp_path: Path) -> None:
    with compat("tf2"), warnings.catch_warnings(record=True) as told:
        warnings.simplefilter("always")
        import tensorflow as tf

        for name in ("train", "test"):
            writer = tf.summary.create_file_writer(str(tmp_path / name))
            with writer.as_default(step=0):
                assert tf.summary.scalar("a", 1)
                tf.summary.image("i", np.zeros((1, 2, 2, 3)))
                tf.summary.histogram("h", [1.0])
                tf.summary.text("t", "x")
            writer.flush()
            writer.close()
    assert [str(each.message) for each in told if "TensorBoard" in str(each.message)] == [
        "TensorBoard's files are not written: they need the package tensorboard. pip install 'prunelle[tensorboard]'"
    ]
    assert list(tmp_path.iterdir()) == []


def test_a_program_leaves_no_writer_to_the_next(tmp_path: Path) -> None:
    _needs_package()
    with compat("tf2"):
        import tensorflow as tf

        writer = tf.summary.create_file_writer(str(tmp_path))
        writer.set_as_default(step=1)
        assert tf.summary.scalar("a", 1)
    with compat("tf2"):
        import tensorflow as tf

        assert not tf.summary.scalar("a", 1, step=0)
        assert tf.summary.experimental.get_step() is None
    # Its thread would write after pytest has taken the folder away.
    writer.close()


def test_what_is_not_closed_is_in_the_file_at_the_end(tmp_path: Path) -> None:
    _needs_package()
    program = tmp_path / "programme.py"
    program.write_text(
        "import tensorflow as tf\n"
        f"tf.summary.create_file_writer({str(tmp_path / 'logs')!r}).set_as_default()\n"
        "tf.summary.scalar('a', 2.5, step=3)\n"
    )
    command = [sys.executable, "-m", "prunelle", "run", str(program)]
    subprocess.run(command, cwd=tmp_path, check=True, capture_output=True)
    assert values(tmp_path / "logs") == {"a": [(3, 2.5)]}


def test_places_of_values_are_tensorboard_s() -> None:
    """What ``tensorboard.plugins.histogram`` makes of them, where it is there; what is not finite has no place."""
    pytest.importorskip("tensorboard")
    from tensorboard.plugins.histogram.summary_v2 import histogram_pb
    from tensorboard.util import tensor_util

    for drawn in (np.random.default_rng(0).normal(size=999), np.arange(31), np.linspace(0, 0.3, 91)):
        theirs = tensor_util.make_ndarray(histogram_pb("h", drawn).value[0].tensor)
        ours = counts(drawn, 30)
        np.testing.assert_allclose(ours[:, :2], theirs[:, :2], rtol=1e-12, atol=1e-12)
        assert ours[:, 2].sum() == theirs[:, 2].sum() == len(drawn)
    assert counts(np.array([1, np.nan, np.inf, 2]), 2).tolist() == [[1, 1.5, 1], [1.5, 2, 1]]


@pytest.mark.parametrize(
    ("kind", "expected"),
    [
        ("int8", [0, 2, 200, 254]),
        ("int16", [0] * 4),
        ("int32", [0] * 4),
        ("uint16", [0] * 4),
        ("uint8", [0, 1, 100, 127]),
    ],
)
def test_whole_numbers_as_pictures(kind: str, expected: list[int]) -> None:
    """As ``tf.image.convert_image_dtype(…, tf.uint8, saturate=True)`` of TensorFlow 2.21."""
    assert as_bytes(np.array([0, 1, 100, 127], kind)).tolist() == expected
    assert as_bytes(np.array([0, 0.1, 0.999, 1.2, -1])).tolist() == [0, 25, 255, 255, 0]
