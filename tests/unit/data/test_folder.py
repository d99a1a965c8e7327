"""Folders as people have them, and everything that can be wrong with one."""

from __future__ import annotations

import itertools
import os

import numpy as np
import pytest
from PIL import Image

from prunelle.data import listing, load, splits
from prunelle.data.folder import load_folder, load_labelled
from prunelle.data.labels import class_of_filename
from prunelle.errors import ArgumentError, DataError, MissingData
from tests.pictures import encoded

PNG = encoded(Image.new("RGB", (8, 8), "red"), "PNG")


def put(folder, *names, content=PNG):
    for name in names:
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)


@pytest.fixture
def photos(tmp_path):
    """cats/ with 20 pictures, dogs/ with 30."""
    folder = tmp_path / "My Photos"
    put(folder, *(f"cats/{i}.png" for i in range(20)), *(f"dogs/{i}.png" for i in range(30)))
    return folder


def names(split, folder):
    return [] if split is None else [file.relative_to(folder).as_posix() for file in split.files]


def english(data):
    return " ".join(note.en for note in data.notes)


def test_a_folder_a_class(photos):
    data = load_folder(photos)
    assert data.classes == ("cats", "dogs")
    assert data.name == "my-photos"
    assert (len(data.train), len(data.validation), len(data.test)) == (40, 5, 5)
    for split, counts in zip(data.splits(), ([16, 24], [2, 3], [2, 3]), strict=True):
        assert np.bincount(split.labels).tolist() == counts
        for file, label in zip(split.files, split.labels, strict=True):
            assert file.parent.name == data.classes[label]
    everything = sorted(itertools.chain.from_iterable(names(s, photos) for s in data.splits()))
    assert everything == sorted(str(p.relative_to(photos)) for p in photos.rglob("*.png"))
    assert "10 % (5) for validation and 10 % (5) for test" in english(data)
    assert "validation ni de test" in data.notes[0].fr
    assert data.source == {"data": str(photos), "labels": None, "validation": None, "test": None, "seed": 0}


def test_the_draw_depends_on_the_seed_alone(photos, tmp_path, monkeypatch):
    first = load_folder(photos)
    original = os.walk
    monkeypatch.setattr(os, "walk", lambda *a, **k: ((p, d, f[::-1]) for p, d, f in original(*a, **k)))
    again = load_folder(photos)
    assert [names(s, photos) for s in again.splits()] == [names(s, photos) for s in first.splits()]
    other = load_folder(photos, seed=1)
    assert names(other.test, photos) != names(first.test, photos)


def test_shares(photos):
    data = load_folder(photos, validation=0.2, test=0)
    assert (len(data.train), len(data.validation), data.test) == (40, 10, None)
    everything = load_folder(photos, validation=0, test=0)
    assert len(everything.train) == 50
    assert everything.validation is everything.test is None
    assert everything.notes == ()


@pytest.mark.parametrize(
    ("validation", "test"), [(-0.1, None), (1, None), (None, 1.5), (0.6, 0.4), (float("nan"), 0)]
)
def test_impossible_shares(photos, validation, test):
    with pytest.raises(ArgumentError, match=r"validation|test"):
        load_folder(photos, validation=validation, test=test)


def test_stratified_by_hand():
    labels = np.repeat([0, 1, 2, 3, 4], [100, 33, 3, 2, 1])
    train, validation, test = splits.stratified(labels, splits.Shares(0.1, 0.1), 0)
    # Exact shares 10, 3.3, 0.3, 0.2, 0.1 sum to 13.9, so 14: one more than the whole parts, and it goes to the
    # largest remainder, classes 1 and 2 alike (the first). A class of three gives one all the same.
    assert np.bincount(labels[validation], minlength=5).tolist() == [10, 4, 1, 0, 0]
    assert np.bincount(labels[test], minlength=5).tolist() == [10, 4, 1, 0, 0]
    assert np.bincount(labels[train], minlength=5).tolist() == [80, 25, 1, 2, 1]
    assert sorted([*train, *validation, *test]) == list(range(139))
    assert all((np.diff(part) > 0).all() for part in (train, validation, test))


@pytest.mark.parametrize("shares", [(0.1, 0.1), (0.5, 0.4), (0.0, 0.9), (0.9, 0.0), (0.33, 0.33)])
def test_stratified_promises(shares):
    rng = np.random.default_rng(0)
    for _ in range(20):
        labels = np.repeat(np.arange(6), rng.integers(1, 12, 6))
        parts = splits.stratified(labels, splits.Shares(*shares), 3)
        assert sorted(np.concatenate(parts)) == list(range(len(labels)))
        counts = np.bincount(labels)
        per_part = [np.bincount(labels[part], minlength=6) for part in parts]
        assert (per_part[0] >= 1).all()
        for share, part in zip(shares, per_part[1:], strict=True):
            assert (part[counts >= 3] >= (share > 0)).all()
            assert share > 0 or part.sum() == 0


def test_one_classes_draw_does_not_depend_on_the_others():
    alone = splits.stratified(np.repeat([0, 1], [50, 10]), splits.Shares(0.2, 0), 0)[1]
    beside = splits.stratified(np.repeat([0, 1], [50, 40]), splits.Shares(0.2, 0), 0)[1]
    assert alone[alone < 50].tolist() == beside[beside < 50].tolist()


@pytest.mark.parametrize("validation", ["val", "valid", "validation", "Validation"])
def test_given_splits_are_kept(tmp_path, validation):
    put(tmp_path, "train/b/1.png", "train/a/2.png", "train/a/1.png", f"{validation}/a/3.png", "test/b/4.png")
    data = load_folder(tmp_path)
    assert data.classes == ("a", "b")
    assert names(data.train, tmp_path) == ["train/a/1.png", "train/a/2.png", "train/b/1.png"]
    assert names(data.validation, tmp_path) == [f"{validation}/a/3.png"]
    assert names(data.test, tmp_path) == ["test/b/4.png"]
    assert data.test.labels.tolist() == [1]
    assert data.notes == ()
    for share in ("validation", "test"):
        with pytest.raises(ArgumentError, match=f"{share} is a share.*{share} split of its own"):
            load_folder(tmp_path, **{share: 0.2})


def test_validation_is_taken_out_of_train(tmp_path):
    put(tmp_path, *(f"train/{c}/{i}.png" for c in "ab" for i in range(20)), "test/a/1.png", "test/b/1.png")
    data = load_folder(tmp_path)
    assert [len(s) for s in data.splits()] == [36, 4, 2]
    assert np.bincount(data.validation.labels).tolist() == [2, 2]
    assert "No validation split was given: 10 % (4)" in english(data)
    assert "drawn from train" in english(data)
    assert len(load_folder(tmp_path, validation=0).train) == 40
    assert load_folder(tmp_path, validation=0).notes == ()


def test_train_alone_gets_no_test_unless_asked(tmp_path):
    put(tmp_path, *(f"train/{c}/{i}.png" for c in "ab" for i in range(20)))
    assert load_folder(tmp_path).test is None
    assert len(load_folder(tmp_path, test=0.5).test) == 20


def test_train_can_be_a_class_of_vehicles(tmp_path):
    put(tmp_path, "train/1.png", "bus/1.png", "car/1.png")
    assert load_folder(tmp_path).classes == ("bus", "car", "train")


def test_folders_beside_the_splits_are_noted(tmp_path):
    put(tmp_path, "train/a/1.png", "train/b/1.png", "originals/x/1.png")
    data = load_folder(tmp_path)
    assert data.classes == ("a", "b")
    assert "originals" in english(data)


def test_two_validation_folders(tmp_path):
    put(tmp_path, "train/a/1.png", "train/b/1.png", "val/a/1.png", "valid/a/1.png")
    with pytest.raises(ArgumentError, match="val and valid"):
        load_folder(tmp_path)


def test_classes_sort_as_plain_strings(tmp_path):
    put(tmp_path, *(f"{name}/1.png" for name in ("b", "a", "B", "10", "9", "é")))
    assert load_folder(tmp_path).classes == ("10", "9", "B", "a", "b", "é")


def test_hidden_and_system_files_are_nothing(tmp_path):
    put(tmp_path, "a/1.png", "b/1.png", "a/.hidden.png", "a/Thumbs.db", ".ipynb_checkpoints/1.png")
    put(tmp_path, "__MACOSX/a/1.png", "a/.ipynb_checkpoints/1.png", "desktop.ini", ".DS_Store")
    data = load_folder(tmp_path, validation=0, test=0)
    assert names(data.train, tmp_path) == ["a/1.png", "b/1.png"]
    assert data.notes == ()


def test_what_is_listed_and_what_is_ignored(tmp_path):
    put(tmp_path, "a/1.PNG", "a/no_suffix", "a/photo.weird", "a/notes.txt", "a/x.CSV", "b/1.jpg", "stray.png")
    data = load_folder(tmp_path, validation=0, test=0)
    assert names(data.train, tmp_path) == ["a/1.PNG", "a/no_suffix", "a/photo.weird", "b/1.jpg"]
    assert "2 file(s)" in english(data)
    assert "1 file(s) beside the class folders" in english(data)


def test_nested_and_linked_folders(tmp_path):
    photos = tmp_path / "photos"
    put(photos, "a/deep/deeper/1.png", "a/2.png")
    put(tmp_path, "elsewhere/3.png")
    (photos / "b").symlink_to(tmp_path / "elsewhere")
    put(tmp_path, "more/4.png")
    (photos / "a" / "linked").symlink_to(tmp_path / "more")
    (photos / "a" / "loop").symlink_to(photos / "a")
    data = load_folder(photos, validation=0, test=0)
    assert names(data.train, photos) == ["a/2.png", "a/deep/deeper/1.png", "a/linked/4.png", "b/3.png"]


def test_dangling_links_are_listed_so_that_the_report_has_them(tmp_path):
    put(tmp_path, "a/1.png", "b/1.png")
    (tmp_path / "a" / "2.png").symlink_to(tmp_path / "gone.png")
    assert len(load_folder(tmp_path, validation=0, test=0).train) == 3


def test_folder_that_does_not_exist(photos):
    with pytest.raises(MissingData, match=r"does not exist\. Did you mean 'My Photos'"):
        load_folder(photos.parent / "my photo")


def test_a_file_instead_of_a_folder(photos):
    with pytest.raises(ArgumentError, match="must be a folder"):
        load_folder(photos / "cats" / "1.png")


def test_empty_class_folders(photos):
    (photos / "birds").mkdir()
    put(photos, "fish/readme.txt")
    with pytest.raises(DataError, match="without a picture: birds, fish"):
        load_folder(photos)


def test_no_picture_at_all(tmp_path):
    with pytest.raises(DataError, match="has no picture"):
        load_folder(tmp_path)
    put(tmp_path, "a/x.txt", "b/y.txt")
    with pytest.raises(DataError, match=r"has no picture in its folders \(a, b\)"):
        load_folder(tmp_path)


def test_flat_pictures_without_labels_say_what_to_do(tmp_path):
    put(tmp_path, "cat.1.jpg", "dog.1.jpg")
    with pytest.raises(DataError, match=r"labels='filename'.*--labels labels.csv"):
        load_folder(tmp_path)


def test_one_class_only(tmp_path):
    put(tmp_path, "cats/1.png")
    with pytest.raises(DataError, match="only 'cats'"):
        load_folder(tmp_path)


def test_a_class_that_training_lacks(tmp_path):
    put(tmp_path, "train/cats/1.png", "train/dogs/1.png", "val/Cats/1.png", "val/dogs/1.png")
    with pytest.raises(DataError, match=r"validation split .* lacks: Cats. Did you mean 'cats'"):
        load_folder(tmp_path)


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("cat.123.jpg", "cat"),
        ("dog_12.png", "dog"),
        ("cat-3.jpg", "cat"),
        ("cat3.jpg", "cat"),
        ("cat (3).jpg", "cat"),
        ("american_bulldog_100.jpg", "american_bulldog"),
        ("cat.jpg", "cat"),
        ("cat_asleep.jpg", "cat"),
        ("Âne-7.jpg", "Âne"),
        ("cat_12", "cat"),
        ("123.jpg", None),
        ("_1.jpg", None),
    ],
)
def test_class_in_a_name(name, expected):
    assert class_of_filename(name) == expected


def test_labels_in_file_names(tmp_path):
    put(tmp_path, "cat.1.jpg", "dog.1.jpg", "sub/cat.2.jpg", "list.txt")
    data = load_folder(tmp_path, labels="filename", validation=0, test=0)
    assert data.classes == ("cat", "dog")
    assert names(data.train, tmp_path) == ["cat.1.jpg", "dog.1.jpg", "sub/cat.2.jpg"]
    assert data.train.labels.tolist() == [0, 1, 0]
    assert data.source["labels"] == "filename"


def test_labels_in_file_names_within_splits(tmp_path):
    put(tmp_path, "train/cat.1.jpg", "train/dog.1.jpg", "test/dog.2.jpg")
    data = load_folder(tmp_path, labels="filename", validation=0)
    assert names(data.test, tmp_path) == ["test/dog.2.jpg"]
    assert len(data.train) == 2


def test_file_names_without_a_class(tmp_path):
    put(tmp_path, "cat.1.jpg", *(f"{i:03}.jpg" for i in range(12)))
    with pytest.raises(ArgumentError, match=r"12 do not: 000.jpg, .*, 009.jpg and 2 more"):
        load_folder(tmp_path, labels="filename")


@pytest.mark.parametrize(
    "text",
    [
        "file,label\na/1.png,cat\n2.png,dog\n",
        "\ufefffile,label\r\na/1.png,cat\r\n\r\n2.png,dog\r\n",
        "Filename;Class\na/1.png;cat\n2.png;dog\n",
        "id\tlabel\tpath\n0\tcat\ta/1.png\n1\tdog\t2.png\n",
        'file,label\n"a/1.png","cat"\na\\1.png,cat\n2.png,dog\n'.replace("a\\1.png,cat\n", ""),
        "file,label\na\\1.png,cat\n2.png,dog",
    ],
    ids=["plain", "BOM and CRLF", "semicolons", "tabs", "quoted", "backslashes"],
)
def test_label_files(tmp_path, text):
    put(tmp_path, "a/1.png", "2.png", "3.png")
    (tmp_path / "labels.csv").write_bytes(text.encode())
    data = load_folder(tmp_path, labels="labels.csv", validation=0, test=0)
    assert data.classes == ("cat", "dog")
    assert names(data.train, tmp_path) == ["a/1.png", "2.png"]
    assert "1 picture(s) of the folder are not in labels.csv" in english(data)
    assert data.source["labels"] == str(tmp_path / "labels.csv")


def test_label_file_from_the_current_folder(tmp_path, monkeypatch):
    put(tmp_path, "photos/1.png", "photos/2.png")
    (tmp_path / "labels.csv").write_text("file,label\n1.png,a\n2.png,b\n")
    monkeypatch.chdir(tmp_path)
    assert len(load_folder("photos", labels="labels.csv", validation=0, test=0).train) == 2
    (tmp_path / "other.csv").write_text("file,label\nphotos/1.png,a\nphotos/2.png,b\n")  # relative to itself
    assert len(load_folder("photos", labels=tmp_path / "other.csv", validation=0, test=0).train) == 2


def test_label_file_with_splits(tmp_path):
    put(tmp_path, *(f"{i}.png" for i in range(6)))
    rows = ["0.png,a,train", "1.png,b,", "2.png,a,val", "3.png,b,VALID", "4.png,a,test", "5.png,b,test"]
    (tmp_path / "labels.csv").write_text("\n".join(["file,label,split", *rows]))
    data = load_folder(tmp_path, labels="labels.csv")
    assert [names(s, tmp_path) for s in data.splits()] == [
        ["0.png", "1.png"],
        ["2.png", "3.png"],
        ["4.png", "5.png"],
    ]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("name,label\n1.png,a\n", r"line 1: the header must be file,label; received 'name,label'"),
        ("", "line 1: the header"),
        ("file,label\n1.png,a,b\n", "line 2: 2 values were expected.*received 3"),
        ("file,label\n1.png,\n", "line 2: the label is empty"),
        ("file,label\n,a\n", "line 2: the file is empty"),
        ("file,label\n1.png,a\n\n1.png,b\n", "line 4: 1.png is on line 2 already"),
        ("file,label,split\n1.png,a,later\n", "line 2: split must be.*'later'"),
        ("file,label\n", "names no file"),
    ],
)
def test_label_files_that_are_wrong(tmp_path, text, message):
    put(tmp_path, "1.png")
    (tmp_path / "labels.csv").write_text(text)
    with pytest.raises(DataError, match=message):
        load_folder(tmp_path, labels="labels.csv")


def test_label_file_in_another_encoding(tmp_path):
    (tmp_path / "labels.csv").write_bytes("file,label\n1.png,âne\n".encode("latin-1"))
    with pytest.raises(DataError, match="UTF-8"):
        load_folder(tmp_path, labels="labels.csv")


def test_label_file_that_names_missing_files(tmp_path):
    put(tmp_path, "here.png")
    rows = [f"{i}.png,a" for i in range(12)]
    (tmp_path / "labels.csv").write_text("\n".join(["file,label", "here.png,b", *rows]))
    with pytest.raises(MissingData, match=r"12 file\(s\).*: 0.png, .*9.png and 2 more"):
        load_folder(tmp_path, labels="labels.csv")


def test_label_file_that_is_missing(photos):
    with pytest.raises(MissingData, match=r"'filename', 'folder' or a CSV file; received 'lables.csv'"):
        load_folder(photos, labels="lables.csv")


@pytest.mark.parametrize(
    ("images", "size", "channels"),
    [
        ([Image.new("RGB", (20, 10))], (10, 20), 3),
        ([Image.new("L", (28, 28)), Image.new("1", (28, 28))], (28, 28), 1),
        ([Image.new("L", (28, 28)), Image.new("RGB", (28, 28))], (28, 28), 3),
        ([Image.new("RGB", (20, 10)), Image.new("RGB", (10, 20))], (64, 64), 3),
        ([Image.new("RGB", (100, 100))], (64, 64), 3),
    ],
    ids=["own small size", "grey", "mixed colours", "mixed sizes", "large"],
)
def test_guessed_preprocess(tmp_path, images, size, channels):
    for i in range(6):
        put(tmp_path, f"{'ab'[i % 2]}/{i}.png", content=encoded(images[i // 2 % len(images)], "PNG"))
    put(tmp_path, "a/bad.png", content=b"")
    preprocess = load_folder(tmp_path, validation=0, test=0).preprocess
    assert (preprocess.size, preprocess.channels, preprocess.fit) == (size, channels, "crop")


def test_nothing_readable_still_loads(tmp_path):
    put(tmp_path, "a/1.png", "b/1.png", content=b"")
    assert load_folder(tmp_path, validation=0, test=0).preprocess.size == (64, 64)


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="no pipes on this system")
def test_pipes_do_not_block(tmp_path):
    put(tmp_path, "a/1.png")
    os.mkfifo(tmp_path / "a" / "2.png")
    assert listing.pictures(tmp_path) == ([tmp_path / "a" / "1.png"], listing.Ignored(others=1))


def test_labelled_pictures_to_evaluate_on(photos, tmp_path):
    data = load_labelled(photos)
    assert (len(data.train), data.validation, data.test, data.notes) == (50, None, None, ())
    assert len(load(**data.source).train) == 50
    put(tmp_path, "one/cats/1.png", "given/train/a/1.png", "given/train/b/1.png", "given/test/b/2.png")
    assert load_labelled(tmp_path / "one").classes == ("cats",)
    given = load_labelled(tmp_path / "given")
    assert (len(given.train), given.validation, len(given.test)) == (2, None, 1)
