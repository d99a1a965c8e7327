"""``keras.utils``, ``keras.datasets``, the drawing of models, and data sets."""

from __future__ import annotations

import hashlib
import http.server
import struct
import subprocess
import sys
import tarfile
import threading
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from PIL import Image

from prunelle.errors import ArgumentError, DataError, MissingData
from prunelle.keras.data_set import DataSet
from prunelle.keras.floor import keras
from prunelle.keras.names import tensorflow, utils
from prunelle.keras.names.datasets import cifar10, cifar100, mnist
from tests import course_sets

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


def test_mnist_as_keras_gives_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    course_sets.write_mnist(tmp_path / "mnist", 20, 10)
    monkeypatch.setenv("PRUNELLE_DATA", str(tmp_path))
    (x, y), (x_test, y_test) = mnist.load_data()
    images, labels = course_sets.digits(1, 20)
    np.testing.assert_array_equal(x, images)
    np.testing.assert_array_equal(y, labels)
    assert (x.dtype, y.dtype, x_test.shape, y_test.shape) == (np.uint8, np.uint8, (10, 28, 28), (10,))
    x[0] = 0  # programs change their pictures in place


def test_cifar10_as_keras_gives_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    course_sets.write_cifar10(tmp_path / "cifar10", 10)
    monkeypatch.setenv("PRUNELLE_DATA", str(tmp_path))
    (x, y), (x_test, y_test) = cifar10.load_data()
    assert (x.shape, y.shape, x_test.shape, y_test.shape) == (
        (50, 32, 32, 3),
        (50, 1),
        (10, 32, 32, 3),
        (10, 1),
    )
    assert y[:, 0].tolist() == list(range(10)) * 5


def cifar100_files(folder: Path) -> np.ndarray:
    """Records of a group, a class and pixels; the test file has the first ten of the training file."""
    folder.mkdir(parents=True)
    records = np.random.default_rng(0).integers(0, 256, (100, 2 + 3072), dtype=np.uint8)
    records[:, 0], records[:, 1] = np.arange(100) // 5, np.arange(100)
    (folder / "train.bin").write_bytes(records.tobytes())
    (folder / "test.bin").write_bytes(records[:10].tobytes())
    return records


@pytest.mark.parametrize("packed", [False, True])
def test_cifar100_as_keras_gives_it(packed: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = tmp_path / "cifar100" / "cifar-100-binary"
    records = cifar100_files(folder)
    if packed:
        with tarfile.open(tmp_path / "cifar100" / "cifar-100-binary.tar.gz", "w:gz") as archive:
            for name in ("train.bin", "test.bin"):
                archive.add(folder / name, f"cifar-100-binary/{name}")
                (folder / name).unlink()
    monkeypatch.setenv("PRUNELLE_DATA", str(tmp_path))
    (x, y), (x_test, y_test) = cifar100.load_data()
    assert y[:, 0].tolist() == list(range(100))
    assert y_test.shape == (10, 1)
    # Red, green, blue one after the other, row by row.
    np.testing.assert_array_equal(x[7, 3, 5], records[7, 2:].reshape(3, 32, 32)[:, 3, 5])
    np.testing.assert_array_equal(x_test, x[:10])
    (_, groups), _ = cifar100.load_data(label_mode="coarse")
    assert groups[:, 0].tolist() == [i // 5 for i in range(100)]
    with pytest.raises(ArgumentError, match="unknown label_mode 'fin'"):
        cifar100.load_data("fin")


def test_a_file_by_its_address(tmp_path: Path) -> None:
    source = tmp_path / "là-bas" / "fleurs.tgz"
    source.parent.mkdir()
    (tmp_path / "fleurs").mkdir()
    (tmp_path / "fleurs" / "a.txt").write_text("rose")
    with tarfile.open(source, "w:gz") as archive:
        archive.add(tmp_path / "fleurs", "fleurs")
    address, digest = source.as_uri(), hashlib.sha256(source.read_bytes()).hexdigest()
    cache = tmp_path / "cache"
    found = utils.get_file("fleurs", origin=address, untar=True, file_hash=digest, cache_dir=cache)
    assert found == str(cache / "downloads" / "fleurs")
    assert Path(found, "a.txt").read_text() == "rose"
    source.unlink()
    assert utils.get_file("fleurs", origin=address, untar=True, file_hash=digest, cache_dir=cache) == found
    with pytest.raises(MissingData, match="could not be fetched"):
        utils.get_file("autre.txt", origin=address, cache_dir=cache)
    (tmp_path / "x.txt").write_text("x")
    with pytest.raises(DataError, match="gave another file than the one with the hash 00"):
        utils.get_file(origin=(tmp_path / "x.txt").as_uri(), md5_hash="0" * 32, cache_dir=cache)
    assert not list((cache / "downloads").glob("x.txt*"))


@pytest.mark.parametrize("told", [True, False], ids=["length", "chunks"])
def test_a_file_that_is_cut_short_is_not_kept(tmp_path: Path, told: bool) -> None:
    content, sent = b"x" * 5000, [1000, 5000]

    class Handler(http.server.BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            part = content[: sent.pop(0)]
            self.send_response(200)
            if told:
                self.send_header("Content-Length", "5000")
            else:
                self.send_header("Transfer-Encoding", "chunked")
                part = b"1388\r\n" + part + (b"\r\n0\r\n\r\n" if len(part) == 5000 else b"")
            self.end_headers()
            self.wfile.write(part)
            self.close_connection = True

        def log_message(self, *args: object) -> None:
            pass

    with http.server.HTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=lambda: [server.handle_request() for _ in range(2)])
        thread.start()
        address = f"http://127.0.0.1:{server.server_address[1]}/data.bin"
        with pytest.raises(MissingData, match="the connection ended after"):
            utils.get_file(origin=address, cache_dir=tmp_path)
        assert list((tmp_path / "downloads").iterdir()) == []
        # What another process left half fetched goes with the next one.
        dead = subprocess.Popen([sys.executable, "-c", ""])
        dead.wait()
        (tmp_path / "downloads" / f".data.bin.{dead.pid}-0.tmp").write_bytes(b"half")
        (tmp_path / "downloads" / "mine.tmp").write_bytes(b"mine")
        found = Path(utils.get_file(origin=address, cache_dir=tmp_path))
        thread.join()
    assert found.read_bytes() == content
    assert sorted(path.name for path in found.parent.iterdir()) == ["data.bin", "mine.tmp"]


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


def test_a_data_set_can_be_gone_through_again_and_again() -> None:
    numbers = DataSet.from_tensor_slices((np.arange(10), np.arange(10) * 10))
    batches = numbers.shuffle(4, seed=1).batch(4)
    first, second = ([x.tolist() for x, _ in batches] for _ in range(2))
    assert (len(batches), [len(batch) for batch in first]) == (3, [4, 4, 2])
    for each in (first, second):
        assert sorted(value for batch in each for value in batch) == list(range(10))
    assert first != second
    assert first[0][0] <= 4  # drawn from the first elements alone
    assert [x.tolist() for x, _ in numbers.shuffle(4, seed=1).batch(4)] == first
    assert all((y == 10 * x).all() for x, y in batches)
    assert len(numbers.batch(4, drop_remainder=True)) == len(list(numbers.batch(4, drop_remainder=True))) == 2
    assert [int(x) for x, _ in numbers.skip(2).take(3)] == [2, 3, 4]
    assert [int(x) for x in numbers.map(lambda x, y: y - x).filter(lambda x: x > 50)] == [54, 63, 72, 81]
    assert [int(x) for x, _ in numbers.batch(3).unbatch()] == list(range(10))
    assert len(numbers.repeat(2)) == len(list(numbers.repeat(2))) == 20
    assert int(numbers.cardinality()) == 10
    calls: list[int] = []
    kept = numbers.map(lambda x, y: calls.append(1) or x).cache().prefetch(tensorflow.data.AUTOTUNE)
    assert [int(x) for x in kept] == [int(x) for x in kept] == list(range(10))
    assert len(calls) == 10
    assert next(numbers.as_numpy_iterator()) == (0, 0)
    with pytest.raises(TypeError, match="length of this data set is not known"):
        len(numbers.repeat())


def test_names_of_tensorflow_itself() -> None:
    tf = tensorflow
    x = tf.constant([[1.0, 2.0], [3.0, 5.0]])
    assert x.dtype is tf.float32
    assert float(tf.reduce_mean(x)) == 2.75
    assert tf.argmax(x).tolist() == [1, 1]  # TensorFlow's axis is the first
    assert tf.nn.softmax(x).sum(1).tolist() == pytest.approx([1, 1])
    assert tuple(tf.expand_dims(x, 0).shape) == (1, 2, 2)
    assert tf.one_hot([1, 0], 3).tolist() == [[0, 1, 0], [1, 0, 0]]
    assert tf.cast(x, "int32").dtype is tf.int32
    assert [device.device_type for device in tf.config.list_physical_devices("CPU")] == ["CPU"]
    with tf.device("/GPU:0"):
        assert tuple(tf.image.resize(np.zeros((4, 6, 3)), (2, 3)).shape) == (2, 3, 3)


def test_a_damaged_cifar100(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = tmp_path / "cifar100"
    cifar100_files(folder)
    monkeypatch.setenv("PRUNELLE_DATA", str(tmp_path))
    (folder / "test.bin").write_bytes(struct.pack("2B", 0, 120) + bytes(3072))
    with pytest.raises(DataError, match=r"test\.bin is damaged.*it holds the label 120"):
        cifar100.load_data()


def test_several_devices_are_one_and_it_is_said() -> None:
    model = Sequential([layers.Dense(2, input_shape=(3,))])
    with pytest.warns(UserWarning, match="multi_gpu_model gives the model as it is"):
        assert utils.multi_gpu_model(model, gpus=2) is model
