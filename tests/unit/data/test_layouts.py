"""What is a split and what is a class, by the names people give folders."""

from __future__ import annotations

import unicodedata
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from prunelle.data import from_arrays
from prunelle.data.examples import Data, Split
from prunelle.data.folder import load_folder, load_labelled
from prunelle.data.split_names import split_of, splits_among
from prunelle.errors import ArgumentError, DataError, MissingData
from tests.pictures import encoded

PNG = encoded(Image.new("RGB", (8, 8), "red"), "PNG")


def put(folder: Path, *names: str) -> Path:
    for name in names:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(PNG)
    return folder


def tree(folder: Path, *inside: str, classes: tuple[str, ...] = ("daisy", "rose"), each: int = 4) -> Path:
    """A folder a class, in each of the folders ``inside``."""
    return put(
        folder, *(f"{split}/{name}/{i}.png" for split in inside for name in classes for i in range(each))
    )


def names(split: Split | None, folder: Path) -> list[str]:
    return [] if split is None else [file.relative_to(folder).as_posix() for file in split.files or ()]


def english(data: Data) -> str:
    return " ".join(note.en for note in data.notes)


@pytest.mark.parametrize(
    ("name", "split"),
    [
        *(
            (name, "train")
            for name in ("train", "TRAIN", "Training", "training_set", "train-images", "trainset")
        ),
        *(
            (name, "train")
            for name in ("TrainingImages", "01_train", "train2017", "x_train", "apprentissage")
        ),
        *(
            (name, "train")
            for name in ("entraînement", "entrai\u0302nement", "Jeu d'entraînement", "trainval")
        ),
        *(
            (name, "validation")
            for name in ("val", "valid", "Validation", "val_images", "dev", "dev-set", "VAL2017")
        ),
        *(
            (name, "test")
            for name in ("test", "Testing", "test_set", "eval", "hold-out", "holdout", "essai", "test1")
        ),
        *((name, "test") for name in ("Jeu de test", "evaluation", "Test Images", "hold_out_set")),
        *(
            (name, None)
            for name in ("bullet_train", "test_tube", "training shoes", "invalid", "device", "rose", "7")
        ),
        *(
            (name, None)
            for name in ("", "train-test", "seg_train", "attrait", "latest", "valley", "data", "訓練")
        ),
    ],
)
def test_what_a_name_says(name: str, split: str | None) -> None:
    assert split_of(name) == split


def test_what_several_names_have_in_common_may_be_anything() -> None:
    assert splits_among(["seg_train", "seg_test", "seg_pred"]) == {"seg_train": "train", "seg_test": "test"}
    assert splits_among(["bullet_train", "test_tube", "bus"]) == {}


@pytest.mark.parametrize(
    ("train", "test"),
    [
        ("training_set", "test_set"),
        ("Training", "Testing"),
        ("seg_train", "seg_test"),
        ("TRAIN", "TEST"),
        ("train_images", "eval"),
        ("flowers-training", "flowers-holdout"),
        ("entraînement", "essai"),
        ("apprentissage", "Jeu de test"),
    ],
)
def test_splits_whatever_they_are_called(tmp_path: Path, train: str, test: str) -> None:
    data = load_folder(tree(tmp_path, train, test), validation=0)
    assert data.classes == ("daisy", "rose")
    assert {name.split("/")[0] for name in names(data.train, tmp_path)} == {train}
    assert {name.split("/")[0] for name in names(data.test, tmp_path)} == {test}
    assert data.validation is None
    if not {train.lower(), test.lower()} <= {"train", "test"}:
        note = data.notes[0]
        for text in (note.en, note.fr):
            assert f"{train} (train), {test} (test)" in text
            assert "--labels folder" in text
    said = load_folder(tmp_path, labels="folder", validation=0, test=0)
    assert said.classes == tuple(sorted((train, test)))
    assert said.source is not None
    assert said.source["labels"] == "folder"


def test_validation_by_other_names(tmp_path: Path) -> None:
    data = load_folder(tree(tmp_path, "train", "dev", "eval"))
    assert [len(split) for split in data.splits()] == [8, 8, 8]
    assert names(data.validation, tmp_path)[0].startswith("dev/")


def test_the_plain_names_need_no_word(tmp_path: Path) -> None:
    assert load_folder(tree(tmp_path, "Train", "VAL", "test")).notes == ()


@pytest.mark.parametrize("flat", ["test/1.png", "test1/1.png", "test/unknown/1.png", "Testing/images/1.png"])
def test_pictures_without_classes_are_left_for_predict(tmp_path: Path, flat: str) -> None:
    data = load_folder(put(tree(tmp_path, "train"), flat))
    assert data.classes == ("daisy", "rose")
    assert data.test is None
    folder = tmp_path / flat.split("/")[0]
    note = next(note for note in data.notes if "without classes" in note.en)
    assert f"prunelle predict RUN {folder}" in note.en
    assert f"prunelle predict RUN {folder}" in note.fr
    assert len(load_folder(tmp_path, test=0.5).test or ()) == 4


def test_the_same_with_labels_in_file_names(tmp_path: Path) -> None:
    """As the photos of cats and dogs of a well-known competition came."""
    put(
        tmp_path,
        *(f"train/{name}.{i}.jpg" for name in ("cat", "dog") for i in range(4)),
        "test1/1.jpg",
        "test1/2.jpg",
    )
    data = load_folder(tmp_path, labels="filename", validation=0)
    assert data.classes == ("cat", "dog")
    assert data.test is None
    assert "prunelle predict" in english(data)
    put(tmp_path, "test1/cat.9.jpg")
    with pytest.raises(ArgumentError, match=r"2 do not: 1\.jpg, 2\.jpg"):
        load_folder(tmp_path, labels="filename")


def test_one_class_of_a_test_split_is_no_unlabelled_folder(tmp_path: Path) -> None:
    data = load_folder(put(tree(tmp_path, "train"), "test/rose/1.png"), validation=0)
    assert names(data.test, tmp_path) == ["test/rose/1.png"]
    put(tmp_path, "val/Rose/1.png")
    with pytest.raises(
        DataError, match=r"lacks: Rose\. Did you mean 'rose'\? 'Rose' and 'rose' differ in capitals"
    ):
        load_folder(tmp_path)


@pytest.mark.parametrize(
    "layout",
    [
        ("cats/1.png", "dogs/1.png", "test/1.png"),
        ("cats/1.png", "dogs/1.png", "test/cats/1.png"),
        ("cats/1.png", "dogs/1.png", "val/1.png", "test/1.png"),
        ("train/1.png", "test/1.png", "bus/1.png"),
        ("train/1.png", "test/bus/1.png", "bus/1.png"),
        ("train_small/a/1.png", "train_small/b/1.png", "extra/a/1.png"),
        ("val/a/1.png", "val/b/1.png", "test/a/1.png"),
    ],
)
def test_what_may_be_either_is_asked(tmp_path: Path, layout: tuple[str, ...]) -> None:
    put(tmp_path, *layout)
    with pytest.raises(DataError, match=r"labels='folder' \(--labels folder\)") as caught:
        load_folder(tmp_path)
    assert "train" in str(caught.value)
    said = load_folder(tmp_path, labels="folder", validation=0, test=0)
    assert said.classes == tuple(sorted({name.split("/")[0] for name in layout}))


@pytest.mark.parametrize("other", [("bus",), ("bus", "car")])
def test_a_train_beside_a_bus_is_a_vehicle_and_that_is_said(tmp_path: Path, other: tuple[str, ...]) -> None:
    put(tmp_path, "train/1.png", *(f"{name}/1.png" for name in other))
    data = load_folder(tmp_path, validation=0, test=0)
    assert data.classes == (*other, "train")
    assert "The folder train, though named like a split, is taken for a class" in english(data)
    assert load_folder(tmp_path, labels="folder", validation=0, test=0).notes == ()


def test_valid_and_invalid_coupons_are_classes(tmp_path: Path) -> None:
    data = load_folder(put(tmp_path, "valid/1.png", "invalid/1.png"), validation=0, test=0)
    assert data.classes == ("invalid", "valid")
    assert "taken for a class" in english(data)


def test_two_folders_for_one_split(tmp_path: Path) -> None:
    with pytest.raises(ArgumentError, match=r"two folders for train: train and training.*--labels folder"):
        load_folder(tree(tmp_path, "train", "training"))


def test_classes_whose_folders_are_alike_get_a_word(tmp_path: Path) -> None:
    data = load_folder(tree(tmp_path, "fold1", "fold2"))
    assert data.classes == ("fold1", "fold2")
    assert "each with the folders daisy, rose" in english(data)
    put(tmp_path, "fold1/1.png")
    assert "each with the folders" not in english(load_folder(tmp_path))


@pytest.mark.parametrize("below", ["photos", "photos/photos", "flowers/all"])
def test_a_folder_in_a_folder_is_looked_into_for_the_hint(tmp_path: Path, below: str) -> None:
    folder = tmp_path / "photos"
    tree(folder, below)
    with pytest.raises(DataError, match=rf"seem to be in {folder / below}: name that folder"):
        load_folder(folder)
    assert load_folder(folder / below).classes == ("daisy", "rose")
    assert f"if the classes are in {folder / below}" in english(load_labelled(folder))


def test_splits_in_a_folder_in_a_folder(tmp_path: Path) -> None:
    tree(tmp_path / "photos", "photos/train", "photos/test")
    with pytest.raises(DataError, match=r"photos/photos: name that folder"):
        load_folder(tmp_path / "photos")


def test_a_split_in_its_own_folder_is_looked_into(tmp_path: Path) -> None:
    """As archives are when they are unpacked into a folder of their name."""
    data = load_folder(tree(tmp_path, "training_set/training_set", "test_set/test_set"), validation=0)
    assert data.classes == ("daisy", "rose")
    assert names(data.test, tmp_path)[0].startswith("test_set/test_set/daisy/")
    assert "The classes of training_set are in training_set/training_set" in english(data)
    assert "The classes of test_set are in test_set/test_set" in english(data)


def test_flat_pictures_say_where_they_should_be(tmp_path: Path) -> None:
    put(tmp_path, "1.png", "2.png")
    for load in (load_folder, load_labelled):
        with pytest.raises(DataError, match=r"each class into a folder of its own inside.*--labels filename"):
            load(tmp_path)


def test_classes_that_look_the_same_are_said(tmp_path: Path) -> None:
    data = load_folder(
        put(tmp_path, "Rose/1.png", "rose/1.png", "rose /1.png", "tulip/1.png"), validation=0, test=0
    )
    assert data.classes == ("Rose", "rose", "rose ", "tulip")
    assert "'Rose' / 'rose' / 'rose '" in english(data)
    assert "'Rose' / 'rose' / 'rose '" in data.notes[0].fr


def nfd(text: str) -> str:
    return unicodedata.normalize("NFD", text)


def nfc(text: str) -> str:
    return unicodedata.normalize("NFC", text)


def test_accents_are_the_same_in_every_form(tmp_path: Path) -> None:
    put(tmp_path, f"train/{nfd('forêt')}/1.png", f"train/{nfc('forêt')}/2.png", "train/mer/1.png")
    put(tmp_path, f"test/{nfc('forêt')}/1.png", f"val/{nfd('forêt')}/1.png")
    data = load_folder(tmp_path)
    assert data.classes == (nfc("forêt"), "mer")
    assert [len(split) for split in data.splits()] == [3, 1, 1]
    assert nfd("forêt") in str((data.train.files or ())[0])  # the file keeps its own name
    assert all(file.is_file() for split in data.splits() for file in split.files or ())


def test_accents_in_file_names(tmp_path: Path) -> None:
    put(tmp_path, f"{nfd('été')}.1.png", f"{nfc('été')}.2.png", "hiver.1.png")
    assert load_folder(tmp_path, labels="filename", validation=0, test=0).classes == ("hiver", nfc("été"))


@pytest.mark.parametrize("disk", [nfc, nfd])
@pytest.mark.parametrize("table", [nfc, nfd])
def test_accents_in_label_files(tmp_path: Path, disk: object, table: object) -> None:
    assert callable(disk)
    assert callable(table)
    put(tmp_path, disk("été/plagé.png"), "b.png")
    (tmp_path / "labels.csv").write_text(
        table("image;espèce\nété/plagé.png;forêt\nb.png;mer\n"), encoding="utf-8"
    )
    data = load_folder(tmp_path, labels="labels.csv", validation=0, test=0)
    assert data.classes == (nfc("forêt"), "mer")
    assert names(data.train, tmp_path) == [disk("été/plagé.png"), "b.png"]


def test_accents_of_arrays() -> None:
    images = np.zeros((6, 4, 4), np.uint8)
    labels = np.array([nfc("forêt"), nfd("forêt"), "mer"] * 2)
    data = from_arrays(images, labels, validation=0, test=0)
    assert data.classes == (nfc("forêt"), "mer")
    data = from_arrays(images, labels, classes=["mer", nfd("forêt")], validation=0, test=0)
    assert data.classes == ("mer", nfc("forêt"))
    assert data.train.labels.tolist() == [1, 1, 0, 1, 1, 0]


@pytest.mark.parametrize(
    ("header", "row"),
    [
        ("image_id,label", "{stem},{label}"),
        ("filenames,labels", "{name},{label}"),
        ("id,breed", "{stem},{label}"),
        ("Image ID;Class Name", "{name};{label}"),
        ("img,category", "{name},{label}"),
        ("path\ttarget", "{name}\t{label}"),
        ("file_name,species", "{name},{label}"),
        ("fichier;étiquette", "{name};{label}"),
        ("image,class", "{name},{label}"),
    ],
)
def test_headers_that_label_files_have(tmp_path: Path, header: str, row: str) -> None:
    put(tmp_path, "a1.png", "b2.jpg")
    rows = [
        row.format(name=f"{stem}.{kind}", stem=stem, label=stem[0])
        for stem, kind in (("a1", "png"), ("b2", "jpg"))
    ]
    (tmp_path / "labels.csv").write_text("\n".join([header, *rows]), encoding="utf-8")
    data = load_folder(tmp_path, labels="labels.csv", validation=0, test=0)
    assert names(data.train, tmp_path) == ["a1.png", "b2.jpg"]
    assert data.classes == ("a", "b")
    assert data.notes == ()


def test_of_several_columns_it_is_said_which_were_read(tmp_path: Path) -> None:
    put(tmp_path, "a1.png", "b2.png", "a3.png")
    (tmp_path / "labels.csv").write_text(
        "id,filename,width,species,label,set\n7,a1.png,8,rose,0,Training\n8,b2.png,8,tulip,1,train_set\n9,a3.png,8,rose,0,eval\n"
    )
    data = load_folder(tmp_path, labels="labels.csv", validation=0)
    assert data.classes == ("0", "1")
    assert names(data.test, tmp_path) == ["a3.png"]
    assert "files are taken from the column filename, classes from label, splits from set" in english(data)
    assert "not read: id, width, species" in english(data)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (
            "a,b\n1,2\n",
            r"line 1: the header must be file,label; received 'a,b', which names no column of files .* and",
        ),
        ("file,price\na1.png,2\n", r"names no column of labels \(label, class"),
        (
            "a1.png,rose\nb2.png,tulip\n",
            r"looks like a picture and its label: put a line file,label before it",
        ),
        ("id,label\na,x\n", r"line 2: 'a' may be a\.jpg, a\.png; write the whole name"),
        ("id,label\na1,x\na1.png,x\n", r"line 3: a1\.png is on line 2 already"),
        (
            "id,label,set\na1,x,first\n",
            r"line 2: set must be train, validation or test, or empty; received 'first'",
        ),
        ("id,label\ninner,x\n", r"There are such files in .*deep: name that folder"),
        ("id,label\n" + "x" * 5000 + ",x\n", r"names 1 file\(s\) that are not in"),
        ('file,label\n"a1.png,x\n', r"line 2|expected"),
    ],
)
def test_label_files_say_what_is_wrong(tmp_path: Path, text: str, message: str) -> None:
    put(tmp_path, "a1.png", "b2.png", "a.jpg", "a.png", "deep/inner.png")
    (tmp_path / "labels.csv").write_text(text)
    with pytest.raises((DataError, MissingData), match=message):
        load_folder(tmp_path, labels="labels.csv")


def test_odd_names_in_label_files(tmp_path: Path) -> None:
    """Line breaks that are quoted, and what Prunelle's own files say of formulas."""
    put(tmp_path, "a\n1.png", "b\u20282.png", "=c.png", "d\r3.png")
    (tmp_path / "labels.csv").write_bytes(
        'file,label\n"a\n1.png",x\n"b\u20282.png",y\n\'=c.png,\'=y\n"d\r3.png",x\n'.encode()
    )
    data = load_folder(tmp_path, labels="labels.csv", validation=0, test=0)
    assert data.classes == ("=y", "x", "y")
    assert sorted(names(data.train, tmp_path)) == ["=c.png", "a\n1.png", "b\u20282.png", "d\r3.png"]
