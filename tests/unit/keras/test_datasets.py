"""``keras.datasets``: real files, small and made up; values that Keras 3.15 and tf.keras 2.21 gave for them."""

from __future__ import annotations

import dataclasses
import hashlib
import io
import json
import pickle
import struct
import tarfile
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from prunelle.errors import ArgumentError, DataError, MissingData
from prunelle.keras import compat
from prunelle.keras.datasets import cifar, files
from prunelle.keras.datasets.files import SetFile
from prunelle.keras.names.datasets import (
    boston_housing,
    california_housing,
    cifar10,
    cifar100,
    fashion_mnist,
    imdb,
    mnist,
    reuters,
)
from tests import course_sets
from tests.web import Server, serving

pytestmark = pytest.mark.usefixtures("keras_2")


def lists(*texts: list[int]) -> np.ndarray:
    found = np.empty(len(texts), object)
    for i, text in enumerate(texts):
        found[i] = text
    return found


def npz(**arrays: Any) -> bytes:
    packed = io.BytesIO()
    np.savez(packed, **arrays)
    return packed.getvalue()


TEXTS = ([1, 2, 3], [4, 5, 6, 7, 8], [9, 1], [2, 2, 40, 3])
MADE_UP = {
    "imdb.npz": npz(
        x_train=lists(*TEXTS),
        y_train=np.array([0, 1, 0, 1]),
        x_test=lists([7, 7], [1, 30, 2, 5], [6]),
        y_test=np.array([1, 0, 1]),
    ),
    "imdb_word_index.json": json.dumps({"the": 1, "été": 2}).encode(),
    "reuters.npz": npz(x=lists(*TEXTS, [7, 7]), y=np.array([3, 4, 45, 0, 11])),
    "reuters_word_index.json": json.dumps({"mdbl": 10996}).encode(),
    "boston_housing.npz": npz(x=np.arange(20).reshape(10, 2) * 0.5, y=np.arange(10) * 1.5),
    "california_housing.npz": npz(x=np.arange(1400.0).reshape(700, 2), y=np.arange(700) * 10.0),
    "mnist.npz": npz(
        x_train=np.arange(4 * 784, dtype=np.uint8).reshape(4, 28, 28),
        y_train=np.arange(4, dtype=np.uint8),
        x_test=np.zeros((2, 28, 28), np.uint8),
        y_test=np.array([7, 8], np.uint8),
    ),
}


@pytest.fixture
def homes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> tuple[Path, Path]:
    """Prunelle's data folder, and the one that Keras has data sets in."""
    monkeypatch.setenv("PRUNELLE_DATA", str(tmp_path / "prunelle"))
    monkeypatch.setenv("KERAS_HOME", str(tmp_path / "keras"))
    (tmp_path / "keras" / "datasets").mkdir(parents=True)
    return tmp_path / "prunelle", tmp_path / "keras" / "datasets"


@pytest.fixture
def server(homes: tuple[Path, Path], monkeypatch: pytest.MonkeyPatch) -> Iterator[Server]:
    """Serves the files that are made up in the place of Keras's, as what is asked for."""
    with serving({f"/{name}": content for name, content in MADE_UP.items()}) as server:
        monkeypatch.setattr(files, "ADDRESS", f"{server.url}/")
        monkeypatch.setattr(files, "FILES", made_up_files())
        yield server


def made_up_files() -> Mapping[str, SetFile]:
    digests = {name: hashlib.sha256(content).hexdigest() for name, content in MADE_UP.items()}
    return {name: SetFile(files.FILES[name].folder, (digest,)) for name, digest in digests.items()}


def as_lists(split: tuple[np.ndarray, np.ndarray]) -> tuple[list[Any], list[Any]]:
    return split[0].tolist(), split[1].tolist()


def test_imdb(server: Server, homes: tuple[Path, Path]) -> None:
    train, test = imdb.load_data()
    assert as_lists(train) == (
        [[1, 5, 5, 2, 6], [1, 12, 4], [1, 4, 5, 6], [1, 7, 8, 9, 10, 11]],
        [1, 0, 0, 1],
    )
    assert as_lists(test) == ([[1, 4, 33, 5, 8], [1, 10, 10], [1, 9]], [0, 1, 1])
    assert (train[0].dtype, train[1].dtype) == (object, np.int64)
    assert (homes[0] / "imdb" / "imdb.npz").is_file()
    train, test = imdb.load_data(num_words=8, skip_top=5, seed=7)
    assert as_lists(train) == (
        [[2, 2, 2], [2, 7, 2, 2, 2, 2], [2, 2, 5, 6], [2, 5, 5, 2, 6]],
        [0, 1, 0, 1],
    )
    assert as_lists(test) == ([[2, 2, 2], [2, 2, 2, 5, 2], [2, 2]], [1, 0, 1])
    assert len(server.asked) == 1


def test_the_arguments_of_older_versions(server: Server) -> None:
    expected = imdb.load_data("imdb.npz", 9, 0, 5, start_char=None, oov_char=None)
    assert as_lists(expected[0]) == ([[5, 5, 6], [4], [4, 5, 6]], [1, 0, 0])
    assert as_lists(expected[1]) == ([[4, 5, 8], [], []], [0, 1, 1])
    # Keras 1's names, of the argument and of the file.
    old = imdb.load_data(path="imdb_full.pkl", nb_words=9, maxlen=5, start_char=None, oov_char=None)
    assert [as_lists(each) for each in old] == [as_lists(each) for each in expected]
    with pytest.warns(UserWarning, match="test_split is without effect: half of IMDB's reviews are the test"):
        imdb.load_data(nb_words=9, test_split=0.2)
    with pytest.raises(ArgumentError, match="received 1, and the shortest has 3"):
        imdb.load_data(maxlen=1)


def test_reuters(server: Server) -> None:
    train, test = reuters.load_data(test_split=0.4, nb_words=10, maxlen=6)
    assert as_lists(train) == ([[1, 4, 5, 6], [1, 5, 5, 2, 6]], [3, 0])
    assert as_lists(test) == ([[1, 2, 4], [1, 2, 2]], [45, 11])


def test_words(server: Server) -> None:
    assert imdb.get_word_index() == {"the": 1, "été": 2}
    assert imdb.get_word_index(path="imdb_word_index.json") == {"the": 1, "été": 2}
    assert reuters.get_word_index("reuters_word_index.pkl") == {"mdbl": 10996}


def test_houses(server: Server) -> None:
    train, test = boston_housing.load_data(test_split=0.3, seed=5)
    assert train[0][:, 0].tolist() == [9, 5, 2, 4, 7, 1, 0]
    assert train[1].tolist() == [13.5, 7.5, 3, 6, 10.5, 1.5, 0]
    assert as_lists(test) == ([[8, 8.5], [6, 6.5], [3, 3.5]], [12, 9, 4.5])
    assert [len(x) for x, _ in california_housing.load_data()] == [560, 140]
    (x, y), (x_test, _) = california_housing.load_data(version="small")
    assert sorted([*x[:, 0], *x_test[:, 0]]) == list(range(0, 1200, 2))
    np.testing.assert_array_equal(y, x[:, 0] * 5)
    with pytest.raises(ArgumentError, match=r"test_split must be from 0 to below 1; received 1\."):
        boston_housing.load_data(test_split=1)
    with pytest.raises(ArgumentError, match="unknown version 'tiny'"):
        california_housing.load_data("tiny")


@pytest.mark.parametrize("generation", ["1", "2.3", "tf2", "3"])
def test_a_program_of_every_generation_finds_them(generation: str, server: Server) -> None:
    import prunelle.keras.generations as generations

    assert generations.is_in_force()  # the fixture's; a program's own is below
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(generations, "_in_force", None)
        with compat(generation):
            from keras.datasets import boston_housing, california_housing, imdb, reuters
            from tensorflow.keras.datasets import imdb as same

            assert len(same.load_data(num_words=9)[0][0]) == len(imdb.load_data()[0][0]) == 4
            assert len(reuters.load_data()[1][0]) == 1
            assert len(reuters.get_label_names()) == 46
            assert len(boston_housing.load_data()[0][0]) == 8
            assert california_housing.load_data()[0][0].shape == (560, 2)


@pytest.mark.parametrize("place", [0, 1], ids=["prunelle", "keras"])
def test_a_file_that_was_put_by_hand_is_found(place: int, server: Server, homes: tuple[Path, Path]) -> None:
    homes[place].mkdir(exist_ok=True)
    (homes[place] / "reuters.npz").write_bytes(MADE_UP["reuters.npz"])
    assert len(reuters.load_data()[0][0]) == 4
    assert server.asked == []


def test_a_file_by_its_path(server: Server, tmp_path: Path) -> None:
    mine = tmp_path / "mine" / "films.npz"
    mine.parent.mkdir()
    mine.write_bytes(MADE_UP["imdb.npz"])
    assert len(imdb.load_data(path=str(mine))[0][0]) == 4
    assert server.asked == []


def test_earlier_versions_of_a_file_are_taken(
    server: Server, homes: tuple[Path, Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Keras 2.3's was another file of the same values, with an MD5."""
    older = npz(x=lists(*TEXTS, [7, 7]), y=np.array([3, 4, 45, 0, 11]), more=np.zeros(3))
    (homes[1] / "reuters.npz").write_bytes(older)
    known = files.FILES["reuters.npz"]
    both = SetFile(known.folder, (*known.hashes, hashlib.md5(older).hexdigest()))
    monkeypatch.setitem(files.FILES, "reuters.npz", both)  # type: ignore[arg-type]
    assert len(reuters.load_data()[0][0]) == 4
    assert server.asked == []


def test_a_wrong_file_is_fetched_anew(server: Server, homes: tuple[Path, Path]) -> None:
    mine = homes[1] / "imdb.npz"
    mine.write_bytes(b"half a file")
    assert len(imdb.load_data()[0][0]) == 4
    assert mine.read_bytes() == b"half a file"  # Keras's folder is not written to


def test_an_interrupted_download_leaves_nothing(server: Server, homes: tuple[Path, Path]) -> None:
    server.cuts = [1000]
    with pytest.raises(MissingData, match=r"imdb needs imdb\.npz, which is not here, and .* ended after"):
        imdb.load_data()
    assert list((homes[0] / "imdb").iterdir()) == []
    assert len(imdb.load_data()[0][0]) == 4


def test_another_file_at_the_address_is_not_kept(server: Server, homes: tuple[Path, Path]) -> None:
    server.content["/imdb.npz"] = b"<html>Please log in</html>"
    with pytest.raises(
        MissingData, match=r"/imdb\.npz gave another file than the one with the hash .*not kept"
    ):
        imdb.load_data()
    assert list((homes[0] / "imdb").iterdir()) == []


def test_without_a_network_everything_is_said(
    homes: tuple[Path, Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    with serving({}) as server:
        monkeypatch.setattr(files, "ADDRESS", f"{server.url}/")
    (homes[1] / "imdb.npz").write_bytes(b"half a file")
    with pytest.raises(MissingData) as failed:
        imdb.load_data(num_words=10_000)
    said = str(failed.value)
    assert said.startswith(
        f"imdb needs imdb.npz, which is not here, and {server.url}/imdb.npz could not be fetched: "
    )
    by_hand = f"put it here as {homes[0] / 'imdb' / 'imdb.npz'} or {homes[1] / 'imdb.npz'}."
    assert f"{by_hand} Its SHA-256 must be 69664113" in said
    assert said.endswith(f"{homes[1] / 'imdb.npz'} is another file: its checksum is not that.")
    with pytest.raises(MissingData, match=r"Its MD5 must be 4d44cc38712099c9e383dc6e5f11a921\.$"):
        reuters.get_word_index()


def test_addresses_are_kerass() -> None:
    """As keras/src/datasets of 3.15 has them; ``files`` is not asked for anything else."""
    assert files.ADDRESS == "https://storage.googleapis.com/tensorflow/tf-keras-datasets/"
    assert files.FILES["imdb.npz"].hashes[0].startswith("69664113be75683a8fe16e3ed0ab59fd")
    assert files.FILES["california_housing.npz"].hashes[0].startswith("1a2e3a52e0398de6463aebe6f4a8da34")


def test_no_code_of_a_file_is_run(
    server: Server, homes: tuple[Path, Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    class Harmful:
        def __reduce__(self) -> Any:
            return print, ("run",)

    harmful = npz(x=lists(*[Harmful()]), y=np.zeros(1))  # type: ignore[arg-type]
    (homes[1] / "reuters.npz").write_bytes(harmful)
    digest = hashlib.sha256(harmful).hexdigest()
    monkeypatch.setitem(files.FILES, "reuters.npz", SetFile("reuters", (digest,)))  # type: ignore[arg-type]
    with pytest.raises(pickle.UnpicklingError, match="Refusing"):
        reuters.load_data()


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


def test_a_damaged_cifar100(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = tmp_path / "cifar100"
    cifar100_files(folder)
    monkeypatch.setenv("PRUNELLE_DATA", str(tmp_path))
    (folder / "test.bin").write_bytes(struct.pack("2B", 0, 120) + bytes(3072))
    with pytest.raises(DataError, match=r"test\.bin is damaged.*it holds the label 120"):
        cifar100.load_data()


def test_keras_s_own_mnist_is_taken(server: Server, homes: tuple[Path, Path]) -> None:
    (homes[1] / "mnist.npz").write_bytes(MADE_UP["mnist.npz"])
    (x, y), (x_test, y_test) = mnist.load_data()
    np.testing.assert_array_equal(x, np.arange(4 * 784, dtype=np.uint8).reshape(4, 28, 28))
    assert (y.tolist(), x_test.shape, y_test.tolist()) == ([0, 1, 2, 3], (2, 28, 28), [7, 8])
    course_sets.write_mnist(homes[0] / "mnist", 20, 10)
    assert mnist.load_data()[0][0].shape == (20, 28, 28)  # Prunelle's own comes first


def test_keras_s_own_fashion_mnist_is_taken(homes: tuple[Path, Path]) -> None:
    course_sets.write_mnist(homes[1] / "fashion-mnist", 20, 10)
    (x, y), (x_test, _) = fashion_mnist.load_data()
    assert (x.shape, x.dtype, y[:3].tolist(), len(x_test)) == ((20, 28, 28), np.uint8, [0, 1, 2], 10)


def python_cifar(folder: Path) -> np.ndarray:
    """CIFAR-100 for Python: pickles of a dictionary, its keys as bytes; pixels of 20 and of 10 pictures."""
    folder.mkdir(parents=True)
    pixels = np.random.default_rng(0).integers(0, 256, (20, 3072), dtype=np.uint8)
    for name, count in (("train", 20), ("test", 10)):
        entries = {
            b"data": pixels[:count],
            b"fine_labels": list(range(count)),
            b"coarse_labels": [i // 5 for i in range(count)],
        }
        (folder / name).write_bytes(pickle.dumps(entries, protocol=4))
    return pixels


@pytest.mark.parametrize("kept", ["cifar-100-python", "cifar-100-python-target/cifar-100-python", "archive"])
def test_keras_s_own_cifar_is_taken(
    kept: str, homes: tuple[Path, Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    packed = homes[1] / "cifar-100-python.tar.gz"
    pixels = python_cifar(tmp_path / "made" if kept == "archive" else homes[1] / kept)
    if kept == "archive":
        with tarfile.open(packed, "w:gz") as archive:
            archive.add(tmp_path / "made", "cifar-100-python")
        digest = hashlib.sha256(packed.read_bytes()).hexdigest()
        known = dataclasses.replace(cifar.FORMS["cifar100"], sha256=digest)
        monkeypatch.setitem(cifar.FORMS, "cifar100", known)
    (x, y), (x_test, y_test) = cifar100.load_data()
    # Red, green, blue one after the other, row by row.
    np.testing.assert_array_equal(x[7, 3, 5], pixels[7].reshape(3, 32, 32)[:, 3, 5])
    assert (y[:, 0].tolist(), x_test.shape, y_test.shape) == (list(range(20)), (10, 32, 32, 3), (10, 1))
    (_, groups), _ = cifar100.load_data("coarse")
    assert groups[:, 0].tolist() == [i // 5 for i in range(20)]
    x[0] = 0  # programs change their pictures in place


def test_a_damaged_pickle(homes: tuple[Path, Path]) -> None:
    python_cifar(homes[1] / "cifar-100-python")
    path = homes[1] / "cifar-100-python" / "test"
    path.write_bytes(path.read_bytes()[:500])
    with pytest.raises(DataError, match=r"cifar-100-python/test is damaged or not the file it should be"):
        cifar100.load_data()


@pytest.mark.parametrize("load", [mnist.load_data, cifar10.load_data])
def test_without_pictures_it_is_said_where_keras_has_them(
    load: Any, homes: tuple[Path, Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    def offline(*args: Any, **given: Any) -> None:
        raise MissingData("x could not be downloaded. no network")

    monkeypatch.setattr("prunelle.data.download.fetch", offline)
    with pytest.raises(MissingData, match=r"PRUNELLE_DATA\. .*Keras's own are taken as well: ") as failed:
        load()
    own = {mnist.load_data: "mnist.npz", cifar10.load_data: "cifar-10-batches-py.tar.gz"}[load]
    assert str(failed.value).endswith(f"{homes[1] / own}.")
