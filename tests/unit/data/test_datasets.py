"""Named sets, from files in the published formats written here by hand."""

from __future__ import annotations

import dataclasses
import gzip
import hashlib
import io
import os
import struct
import subprocess
import sys
import tarfile
import tracemalloc
from types import MappingProxyType, SimpleNamespace

import numpy as np
import pytest

from prunelle.data import datasets, formats
from prunelle.data.datasets import NAMED, load_named
from prunelle.errors import ArgumentError, DataError, MissingData, UnknownName
from tests.unit.data.conftest import SHARED

RNG = np.random.default_rng(0)
IMAGES = RNG.integers(0, 256, (40, 28, 28), dtype=np.uint8)
LABELS = np.arange(40, dtype=np.uint8) % 10


def idx(array):
    """An IDX file, after the description on the MNIST page: 0, 0, type 8, dimensions, sizes, values."""
    header = bytes((0, 0, 8, array.ndim)) + struct.pack(f">{array.ndim}I", *array.shape)
    return header + array.tobytes()


def idx_files(images=IMAGES, labels=LABELS):
    return {
        "train-images-idx3-ubyte": idx(images),
        "train-labels-idx1-ubyte": idx(labels),
        "t10k-images-idx3-ubyte": idx(images[:20]),
        "t10k-labels-idx1-ubyte": idx(labels[:20]),
    }


def put(folder, files):
    folder.mkdir(parents=True, exist_ok=True)
    for name, content in files.items():
        (folder / name).write_bytes(content)


@pytest.fixture(autouse=True)
def no_network(monkeypatch):
    """Every mirror is a port of this machine where nothing listens."""
    nowhere = {
        name: dataclasses.replace(its, mirrors=("http://127.0.0.1:9/",)) for name, its in NAMED.items()
    }
    monkeypatch.setattr(datasets, "NAMED", MappingProxyType(nowhere))


@pytest.mark.parametrize("where", ["as it is", "elsewhere"])
def test_digits(monkeypatch, where):
    if where == "elsewhere":
        monkeypatch.setattr(
            datasets, "find_spec", lambda name: SimpleNamespace(origin="/nowhere/__init__.py")
        )
    data = load_named("digits")
    assert data.classes == tuple("0123456789")
    assert [len(s) for s in data.splits()] == [1437, 180, 180]
    assert data.preprocess.input_shape == (1, 8, 8)
    everything = np.concatenate([s.array for s in data.splits()])
    # 17 grey levels: 0 → 0, 8 → 127.5 (to even: 128), 16 → 255.
    levels = np.unique(everything)
    assert len(levels) == 17
    assert {0, 128, 255} <= set(levels.tolist())
    from sklearn.datasets import load_digits

    original = load_digits()
    first = np.flatnonzero((everything[..., 0] == np.rint(original.images[0] * 255 / 16)).all(axis=(1, 2)))
    labels = np.concatenate([s.labels for s in data.splits()])
    assert labels[first].tolist() == [original.target[0]]
    assert data.source == {"data": "digits", "data_dir": None, "validation": None, "test": None, "seed": 0}


@pytest.mark.parametrize("where", [".", "mnist"])
@pytest.mark.parametrize("form", ["plain", "gz", "dotted"])
def test_idx_files(tmp_path, where, form):
    files = idx_files()
    if form == "gz":
        files = {f"{name}.gz": gzip.compress(content) for name, content in files.items()}
    elif form == "dotted":
        files = {name.replace("-idx", ".idx"): content for name, content in files.items()}
    put(tmp_path / where, files)
    data = load_named("mnist", data_dir=tmp_path, validation=0)
    np.testing.assert_array_equal(data.train.array[..., 0], IMAGES)
    np.testing.assert_array_equal(data.train.labels, LABELS)
    np.testing.assert_array_equal(data.test.array[..., 0], IMAGES[:20])
    assert data.validation is None
    assert data.notes == ()
    assert data.preprocess.input_shape == (1, 28, 28)


def test_validation_is_carved_out_of_train_alone(tmp_path, monkeypatch):
    put(tmp_path / "mnist", idx_files())
    monkeypatch.setenv("PRUNELLE_DATA", str(tmp_path))
    data = load_named("mnist")
    assert [len(s) for s in data.splits()] == [30, 10, 20]  # at least one a class
    np.testing.assert_array_equal(data.test.array[..., 0], IMAGES[:20])
    assert np.bincount(data.validation.labels).tolist() == [1] * 10
    assert "No validation split was given: 10 % (10) for validation were drawn from train" in data.notes[0].en
    assert load_named("mnist", seed=1).validation.array.tolist() != data.validation.array.tolist()


def test_fashion_mnist_has_its_classes(tmp_path):
    put(tmp_path / "fashion-mnist", idx_files())
    put(tmp_path, idx_files(images=IMAGES[::-1].copy()))  # MNIST's own, directly in the folder
    data = load_named("fashion-mnist", data_dir=tmp_path, validation=0)
    assert (data.classes[0], data.classes[9]) == ("T-shirt/top", "Ankle boot")
    np.testing.assert_array_equal(data.train.array[..., 0], IMAGES)


def test_mnist_is_not_taken_for_fashion_mnist(tmp_path):
    labels = LABELS.copy()
    labels[:10] = (5, 0, 4, 1, 9, 2, 1, 3, 1, 4)  # as MNIST begins
    put(tmp_path, idx_files(labels=labels))
    load_named("mnist", data_dir=tmp_path)
    with pytest.raises(DataError, match="those of mnist, not of fashion-mnist"):
        load_named("fashion-mnist", data_dir=tmp_path)


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("train-images-idx3-ubyte", idx(IMAGES)[:-1]),
        ("train-images-idx3-ubyte", idx(IMAGES) + b"x"),
        ("train-images-idx3-ubyte", idx(LABELS)),
        ("train-images-idx3-ubyte", b""),
        ("train-images-idx3-ubyte", idx(IMAGES[:, :27])),
        ("t10k-labels-idx1-ubyte", idx(LABELS[:19])),
        ("t10k-labels-idx1-ubyte", idx(LABELS[:20] + 1)),
    ],
)
def test_damaged_idx_files(tmp_path, name, content):
    put(tmp_path, idx_files() | {name: content})
    with pytest.raises(DataError, match=f"{name} is damaged.*Remove it"):
        load_named("mnist", data_dir=tmp_path)


@pytest.mark.parametrize("damage", ["cut", "not gzip", "wrong byte"])
def test_damaged_gzip_files(tmp_path, damage):
    put(tmp_path, idx_files())
    whole = bytearray(gzip.compress((tmp_path / "train-labels-idx1-ubyte").read_bytes()))
    (tmp_path / "train-labels-idx1-ubyte").unlink()
    if damage == "wrong byte":
        whole[-6] ^= 0xFF  # in the checksum
    content = {"cut": whole[:-10], "not gzip": b"<html>", "wrong byte": whole}[damage]
    (tmp_path / "train-labels-idx1-ubyte.gz").write_bytes(content)
    with pytest.raises(DataError, match=r"train-labels-idx1-ubyte.gz is damaged"):
        load_named("mnist", data_dir=tmp_path)


@pytest.mark.parametrize("packed", [True, False], ids=["gz", "sparse"])
def test_a_file_that_is_larger_than_it_says_is_not_read_whole(tmp_path, packed):
    put(tmp_path, idx_files())
    plain = tmp_path / "t10k-labels-idx1-ubyte"
    if packed:
        plain.with_name(f"{plain.name}.gz").write_bytes(gzip.compress(plain.read_bytes() + bytes(10**8), 1))
        plain.unlink()
    else:
        os.truncate(plain, 10**8)
    tracemalloc.start()
    with pytest.raises(
        DataError, match=r"is damaged.*20 bytes were expected after its header, more are there"
    ):
        load_named("mnist", data_dir=tmp_path)
    assert tracemalloc.get_traced_memory()[1] < 2 * 10**7
    tracemalloc.stop()


def test_a_file_that_says_more_than_any_set_holds(tmp_path):
    claims = struct.pack(">4BIII", 0, 0, 8, 3, 2**31, 28, 28)
    put(tmp_path, idx_files() | {"train-images-idx3-ubyte": claims})
    with pytest.raises(DataError, match=r"says that it holds 1,683,627,180,032 bytes; at most 268,435,456"):
        load_named("mnist", data_dir=tmp_path)


def test_a_cifar_archive_that_unpacks_to_far_more(tmp_path, monkeypatch):
    monkeypatch.setattr(formats, "_MEMBERS", 1e-3)
    members = {f"cifar-10-batches-bin/{name}": content for name, content in cifar_files().items()}
    put(tmp_path, {"cifar-10-binary.tar.gz": archive({"more": bytes(10**5)} | members)})
    with pytest.raises(DataError, match="unpacks to far more than the set holds"):
        load_named("cifar10", data_dir=tmp_path)


def test_without_files_or_network(tmp_path):
    put(tmp_path, {name: content for name, content in idx_files().items() if "t10k" in name})
    with pytest.raises(MissingData) as caught:
        load_named("mnist", data_dir=tmp_path)
    message = str(caught.value)
    assert "Put train-images-idx3-ubyte.gz, train-labels-idx1-ubyte.gz into" in message
    for part in (str(tmp_path / "mnist"), "--data-dir", "PRUNELLE_DATA", "t10k"):
        assert (part in message) == (part != "t10k")


def cifar_records(labels, images):
    """Label, then the red, the green and the blue plane."""
    planes = images.transpose(0, 3, 1, 2).reshape(len(images), -1)
    return np.column_stack([labels, planes]).astype(np.uint8).tobytes()


CIFAR_IMAGES = RNG.integers(0, 256, (60, 32, 32, 3), dtype=np.uint8)
CIFAR_LABELS = np.arange(60) % 10


def cifar_files():
    names = [f"data_batch_{i}.bin" for i in range(1, 6)] + ["test_batch.bin"]
    return {
        name: cifar_records(CIFAR_LABELS[10 * i : 10 * i + 10], CIFAR_IMAGES[10 * i : 10 * i + 10])
        for i, name in enumerate(names)
    }


def archive(files):
    stream = io.BytesIO()
    with tarfile.open(fileobj=stream, mode="w:gz") as tar:
        for name, content in files.items():
            member = tarfile.TarInfo(name)
            member.size = len(content)
            tar.addfile(member, io.BytesIO(content))
    return stream.getvalue()


@pytest.mark.parametrize("where", [".", "cifar10", "cifar-10-batches-bin", "cifar10/cifar-10-batches-bin"])
def test_cifar10_files(tmp_path, where):
    put(tmp_path / where, cifar_files())
    check_cifar10(load_named("cifar10", data_dir=tmp_path, validation=0))


@pytest.mark.parametrize("where", [".", "cifar10"])
def test_cifar10_archive(tmp_path, where):
    members = {f"cifar-10-batches-bin/{name}": content for name, content in cifar_files().items()}
    hostile = {"../../escaped.bin": b"x", "cifar-10-batches-bin/../data_batch_1.bin": b"x"}
    put(tmp_path / where, {"cifar-10-binary.tar.gz": archive(hostile | members)})
    before = sorted(tmp_path.parent.rglob("*"))
    check_cifar10(load_named("cifar10", data_dir=tmp_path, validation=0))
    assert sorted(tmp_path.parent.rglob("*")) == before  # nothing was unpacked


def check_cifar10(data):
    np.testing.assert_array_equal(data.train.array, CIFAR_IMAGES[:50])
    np.testing.assert_array_equal(data.train.labels, CIFAR_LABELS[:50])
    np.testing.assert_array_equal(data.test.array, CIFAR_IMAGES[50:])
    assert (data.classes[0], data.classes[3], data.classes[9]) == ("airplane", "cat", "truck")
    assert data.preprocess.input_shape == (3, 32, 32)


@pytest.mark.parametrize("damage", ["cut", "label", "lacks", "cut archive"])
def test_damaged_cifar10(tmp_path, damage):
    files = cifar_files()
    if damage == "cut":
        files["data_batch_3.bin"] = files["data_batch_3.bin"][:-1]
    elif damage == "label":
        files["data_batch_3.bin"] = b"\x0a" + files["data_batch_3.bin"][1:]
    if damage in ("cut", "label"):
        put(tmp_path, files)
        message = "data_batch_3.bin is damaged"
    else:
        del files["test_batch.bin"]
        content = archive({f"cifar-10-batches-bin/{name}": content for name, content in files.items()})
        put(tmp_path, {"cifar-10-binary.tar.gz": content if damage == "lacks" else content[:-4000]})
        message = "tar.gz is damaged.*lacks test_batch.bin" if damage == "lacks" else "tar.gz is damaged"
    with pytest.raises(DataError, match=message):
        load_named("cifar10", data_dir=tmp_path)


def test_unknown_set():
    with pytest.raises(UnknownName, match="Did you mean 'mnist'"):
        load_named("minst")


def test_impossible_share():
    with pytest.raises(ArgumentError, match="validation"):
        load_named("digits", validation=2)


def test_the_table_does_not_need_torch():
    code = (
        "import sys; from prunelle.data.datasets import NAMED; print(sorted(NAMED), 'torch' in sys.modules)"
    )
    answer = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
    assert answer.strip() == "['cifar10', 'cifar100', 'digits', 'fashion-mnist', 'mnist'] False"


def test_the_table_is_whole():
    for name, its in NAMED.items():
        assert len(its.classes) == len(set(its.classes)) == (100 if name == "cifar100" else 10)
        if its.files:
            assert len(its.mirrors) >= (1 if name == "cifar100" else 2), name  # one address alone is known
            assert len({file.sha256 for file in its.files}) == len(its.files)
        for file in its.files:
            assert len(bytes.fromhex(file.sha256)) == 32
            assert file.size > 0


@pytest.mark.skipif(not (SHARED / "mnist").is_dir(), reason="the shared MNIST files are not here")
def test_the_real_mnist():
    data = load_named("mnist", data_dir=SHARED, validation=0)
    # Published MD5 of the decompressed file of training images, header included.
    assert hashlib.md5(idx(data.train.array[..., 0])).hexdigest() == "6bbc9ace898e44ae57da46a324031adb"
    assert data.train.labels[:10].tolist() == [5, 0, 4, 1, 9, 2, 1, 3, 1, 4]
    assert len(data.test) == 10_000
