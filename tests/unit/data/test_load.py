"""``load``, which tells names from folders, and ``from_arrays``."""

from __future__ import annotations

import subprocess
import sys

import numpy as np
import pytest
import torch

from prunelle import data as data_package
from prunelle.data import from_arrays, load
from prunelle.errors import ArgumentError, MissingData
from tests.pictures import make_folder

GREY = np.arange(30 * 4 * 5, dtype=np.uint8).reshape(30, 4, 5)
LABELS = np.arange(30) % 3


def test_names_and_folders(tmp_path, monkeypatch):
    assert load("digits").name == "digits"
    make_folder(tmp_path / "digits", ["a", "b"], 5)
    monkeypatch.chdir(tmp_path)
    assert load("digits").source["data"] == "digits"
    assert load("./digits").classes == ("a", "b")
    assert load(tmp_path / "digits").classes == ("a", "b")


def test_source_gives_the_same_data_again(tmp_path, monkeypatch):
    make_folder(tmp_path / "photos", ["a", "b"], 20)
    monkeypatch.chdir(tmp_path)
    first = load("photos", validation=0.2, seed=3)
    monkeypatch.chdir("/")
    again = load(**first.source)
    assert [s.files for s in again.splits()] == [s.files for s in first.splits()]
    digits = load("digits", validation=0.3, seed=4)
    np.testing.assert_array_equal(load(**digits.source).validation.array, digits.validation.array)


def test_neither_name_nor_folder(tmp_path, monkeypatch):
    with pytest.raises(MissingData, match=r"named set \(digits, mnist.*Did you mean 'mnist'"):
        load("minst")
    (tmp_path / "photographs").mkdir()
    monkeypatch.chdir(tmp_path)
    with pytest.raises(MissingData, match="Did you mean 'photographs'"):
        load("photograph")


def test_labels_go_with_folders():
    with pytest.raises(ArgumentError, match="goes with a folder"):
        load("digits", labels="filename")


def test_a_test_share_goes_with_data_that_has_no_test_split():
    data = load("digits", validation=0.2, test=0.3)
    assert [len(split) for split in data.splits()] == [899, 359, 539]
    assert load(**data.source).test.array.tobytes() == data.test.array.tobytes()
    with pytest.raises(ArgumentError, match="mnist has a test split of its own"):
        load("mnist", test=0.2)


def test_data_dir_goes_with_named_sets(tmp_path):
    with pytest.raises(ArgumentError, match="Did you mean 'mnist'"):
        load("minst", data_dir=tmp_path)


def test_the_learnable_folder(tmp_path):
    data = load(make_folder(tmp_path / "stripes", ["a", "b", "c"], 12, (24, 32)), validation=0, test=0)
    assert data.preprocess.size == (24, 32)
    pixels = data.train.decode(data.preprocess)
    assert (len(pixels), pixels.skipped) == (36, ())


def test_grey_arrays_are_split():
    data = from_arrays(GREY, LABELS)
    assert data.classes == ("0", "1", "2")
    assert [len(s) for s in data.splits()] == [24, 3, 3]
    assert data.preprocess.input_shape == (1, 4, 5)
    assert data.source is None
    assert len(data.notes) == 1
    for split in data.splits():
        for picture, label in zip(split.array, split.labels, strict=True):
            (row,) = np.flatnonzero((picture[..., 0] == GREY).all(axis=(1, 2)))
            assert LABELS[row] == label


def test_nothing_is_drawn_when_everything_is_given():
    images = np.zeros((6, 4, 4, 3), np.uint8)
    data = from_arrays(
        images,
        ["b", "a"] * 3,
        validation_images=images[:2] + 1,
        validation_labels=["a", "b"],
        test_images=images[:1] + 2,
        test_labels=["b"],
    )
    assert data.classes == ("a", "b")
    assert np.shares_memory(data.train.array, images)
    assert data.train.labels.tolist() == [1, 0, 1, 0, 1, 0]
    assert (data.validation.array == 1).all()
    assert data.test.labels.tolist() == [1]
    assert data.notes == ()


def test_keras_arrays():
    """(x_train, y_train), (x_test, y_test) with labels (N, 1), as Keras gives CIFAR-10."""
    data = from_arrays(GREY, LABELS[:, None], test_images=GREY[:6], test_labels=LABELS[:6, None])
    assert [len(s) for s in data.splits()] == [27, 3, 6]
    assert "No validation split was given: 10 % (3) for validation were drawn from train" in data.notes[0].en
    validation_only = from_arrays(GREY, LABELS, validation_images=GREY[:6], validation_labels=LABELS[:6])
    assert validation_only.test is None
    assert len(validation_only.train) == 30


def test_torch_tensors():
    images = (torch.arange(30 * 4 * 5).reshape(30, 4, 5) % 256 / 255).requires_grad_()
    data = from_arrays(images, torch.arange(30) % 3, validation=0, test=0)
    np.testing.assert_array_equal(data.train.array[..., 0], GREY)
    assert data.train.array.dtype == np.uint8


@pytest.mark.parametrize("dtype", [np.float16, np.float32, np.float64])
def test_floats_are_fractions(dtype):
    images = np.array([0, 0.25, 0.5, 1], dtype).reshape(4, 1, 1)
    data = from_arrays(images, [0, 1, 0, 1], validation=0, test=0)
    assert data.train.array.ravel().tolist() == [0, 64, 128, 255]  # 63.75 and 127.5, rounded


def test_other_integers():
    assert from_arrays(GREY.astype(np.int64), LABELS, validation=0, test=0).train.array.dtype == np.uint8


def test_classes_give_names_in_their_order():
    data = from_arrays(GREY, LABELS, classes=["x", "a", "m"], validation=0, test=0)
    assert data.classes == ("x", "a", "m")
    assert data.train.labels.tolist() == LABELS.tolist()
    by_name = from_arrays(
        GREY, np.array(["x", "a", "m"])[LABELS], classes=["x", "a", "m"], validation=0, test=0
    )
    assert by_name.train.labels.tolist() == LABELS.tolist()


def test_integer_labels_sort_as_numbers():
    data = from_arrays(GREY, LABELS * 5, validation=0, test=0)
    assert data.classes == ("0", "5", "10")
    assert data.train.labels.tolist() == LABELS.tolist()


@pytest.mark.parametrize(
    ("images", "message"),
    [
        (np.zeros((30, 3, 32, 32), np.uint8), r"channels, last.*look like \(N, C, H, W\)"),
        (np.zeros((30, 8, 8, 4), np.uint8), "alpha"),
        (np.zeros((30, 8), np.uint8), r"must be \(N, H, W\).*\(30, 8\)"),
        (np.zeros((0, 8, 8), np.uint8), "at least one picture"),
        (np.full((30, 4, 4), 255.0), r"from 0 to 1; received 255 to 255.*astype\('uint8'\)"),
        (np.full((30, 4, 4), -0.5), "received -0.5 to -0.5"),
        (np.full((30, 4, 4), np.nan), "NaN"),
        (np.full((30, 4, 4), np.inf), "received inf"),
        (np.full((30, 4, 4), 256), "from 0 to 255; received 256"),
        (np.zeros((30, 4, 4), bool), "received bool"),
    ],
)
def test_images_that_cannot_be_used(images, message):
    with pytest.raises(ArgumentError, match=f"images .*{message}"):
        from_arrays(images, LABELS)


@pytest.mark.parametrize(
    ("labels", "settings", "message"),
    [
        (LABELS[:29], {}, "labels must be as many as the pictures, 30; received 29"),
        (np.eye(3)[LABELS], {}, "argmax"),
        (LABELS / 1, {}, "integers or strings; received float64"),
        (LABELS * 0, {}, "at least two classes"),
        (LABELS, {"classes": ["a", "b"]}, "labels must be among 0, 1; received 2"),
        (LABELS, {"classes": ["a", "b", "c", "d"]}, "none has d"),
        (LABELS, {"classes": ["a", "b", "a"]}, "all be different"),
        (LABELS, {"test_images": GREY}, "go together"),
        (LABELS, {"test_images": GREY, "test_labels": LABELS + 1}, "test_labels must be among .*received 3"),
        (LABELS, {"test_images": GREY, "test_labels": LABELS.astype(str)}, "same kind"),
        (LABELS, {"test_images": GREY, "test_labels": LABELS, "test": 0.1}, "test is a share"),
        (
            LABELS,
            {"test_images": np.zeros((30, 4, 4, 3), np.uint8), "test_labels": LABELS},
            "as many channels",
        ),
        (LABELS, {"validation": 1.5}, "validation"),
    ],
)
def test_labels_that_cannot_be_used(labels, settings, message):
    with pytest.raises(ArgumentError, match=message):
        from_arrays(GREY, labels, **settings)


def test_public_names():
    for name in data_package.__all__:
        assert getattr(data_package, name) is not None
    with pytest.raises(AttributeError, match="loda"):
        _ = data_package.loda


def test_importing_the_package_imports_nothing_heavy():
    code = "import sys, prunelle.data; print([m for m in ('torch', 'PIL', 'sklearn') if m in sys.modules])"
    answer = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
    assert answer.strip() == "[]"
