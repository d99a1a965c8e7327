"""Decisions applied: which example is meant, what becomes of it, and what is said of the rest."""

from __future__ import annotations

import dataclasses
from pathlib import Path
from typing import cast

import numpy as np
import pytest

from prunelle import data as datasets
from prunelle.data import from_arrays, from_series
from prunelle.data.deciding import applied, example_names
from prunelle.data.decisions import Decision, Decisions
from prunelle.data.examples import Data
from prunelle.data.feed import Feed
from prunelle.data.targets import Number
from prunelle.errors import ArgumentError, DataError
from prunelle.texts import FR


def make(folder: Path, *files: str) -> Data:
    """Empty files do: nothing is decoded here."""
    for file in files:
        path = folder / file
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(b"")
    return datasets.load(folder, validation=0.0, test=0.0 if not (folder / "test").is_dir() else None)


def of(**decisions: str | None) -> Decisions:
    """``{file: class}``; None leaves it out, ``?`` is not sure."""
    return Decisions(
        Decision(
            file=file,
            label=None if answer is None else "cats" if answer == "?" else answer,
            action="leave out" if answer is None else "not sure" if answer == "?" else "relabel",
        )
        for file, answer in decisions.items()
    )


def labels(data: Data) -> dict[str, dict[str, str]]:
    """By split, the class of each file by its name: what a reader of folders would write down."""
    return {
        split.name: {
            "/".join(file.parts[-2:]): data.classes[label]
            for file, label in zip(split.files or (), split.labels, strict=True)
        }
        for split in data.splits()
    }


SPLIT = tuple(
    f"{split}/{name}/{i}.jpg" for split in ("train", "test") for name in ("cats", "dogs") for i in range(3)
)


@pytest.fixture
def data(tmp_path: Path) -> Data:
    return make(tmp_path / "photos", *SPLIT)


def test_each_decision_does_what_it_says(data: Data) -> None:
    before = labels(data)
    result = applied(
        data,
        of(
            **{
                "train/cats/0.jpg": "dogs",
                "train/cats/1.jpg": None,
                "train/dogs/0.jpg": "?",
                "train/dogs/1.jpg": "dogs",
                "test/cats/0.jpg": "dogs",
                "test/cats/1.jpg": None,
                "test/dogs/0.jpg": "?",
            }
        ),
        "d.csv",
    )
    assert labels(result.data) == {
        "train": {"cats/0.jpg": "dogs", "cats/2.jpg": "cats", "dogs/1.jpg": "dogs", "dogs/2.jpg": "dogs"},
        "test": {
            "cats/0.jpg": "dogs",
            "cats/2.jpg": "cats",
            "dogs/0.jpg": "dogs",
            "dogs/1.jpg": "dogs",
            "dogs/2.jpg": "dogs",
        },
    }
    assert result.counts == {"relabelled": 2, "left out": 2, "not sure": 2, "kept": 1, "gone": 0}
    assert {name: rows.tolist() for name, rows in result.rows.items()} == {
        "train": [0, 2, 4, 5],
        "test": [0, 2, 3, 4, 5],
    }
    assert result.data.decisions is not None
    assert result.data.decisions["counts"] == result.counts
    assert result.data.notes[-1] == result.note
    # Who looks at what comes of it is not asked again what is settled.
    assert {(one.file, one.action, one.label, one.was) for one in result.settled.values()} == {
        ("train/cats/0.jpg", "keep", "dogs", "dogs"),
        ("train/dogs/1.jpg", "keep", "dogs", "dogs"),
        ("test/cats/0.jpg", "keep", "dogs", "dogs"),
    }
    assert str(result.note) == (
        "Decisions of d.csv: 2 relabelled, 2 left out, 2 not sure (not learned from), 1 kept."
    )
    assert FR.note(result.note).startswith(
        "Décisions de d.csv : 2 étiquettes changées, 2 exemples écartés".replace(" :", "\xa0:")
    )
    # Nothing of what was given has changed.
    assert labels(data) == before


def test_what_is_judged_alone_keeps_what_is_not_sure(data: Data) -> None:
    decisions = of(**{"train/cats/0.jpg": "?", "train/cats/1.jpg": None})
    assert len(applied(data, decisions, "d", learned=True).data.train) == 4
    assert len(applied(data, decisions, "d", learned=False).data.train) == 5
    everything = of(**{file: None for file in SPLIT if file.startswith("train/cats")})
    with pytest.raises(DataError, match="leaves nothing to learn from of cats"):
        applied(data, everything, "d")
    assert len(applied(data, everything, "d", learned=False).data.train) == 3
    with pytest.raises(DataError, match="leaves out every example"):
        applied(data, of(**{file: None for file in SPLIT if file.startswith("train")}), "d", learned=False)


@pytest.mark.parametrize(
    "name",
    [
        "train/cats/0.jpg",
        "./train/cats/0.jpg",
        "train\\cats\\0.jpg",
        "photos/train/cats/0.jpg",
        "/elsewhere/photos/train/cats/0.jpg",
        "{root}/train/cats/0.jpg",
    ],
)
def test_one_example_by_any_path(data: Data, tmp_path: Path, name: str) -> None:
    result = applied(data, of(**{name.format(root=tmp_path / "photos"): "dogs"}), "d")
    assert labels(result.data)["train"]["cats/0.jpg"] == "dogs"
    assert result.counts["relabelled"] == 1


def test_the_end_of_a_path_where_it_is_of_one_alone(tmp_path: Path) -> None:
    data = make(tmp_path, "cats/one.jpg", "cats/both.jpg", "dogs/both.jpg", "dogs/four.jpg")
    assert labels(applied(data, of(**{"one.jpg": "dogs"}), "d").data)["train"]["cats/one.jpg"] == "dogs"
    with pytest.raises(DataError, match=r"d: both.jpg may be cats/both.jpg, dogs/both.jpg; write its path"):
        applied(data, of(**{"both.jpg": "dogs"}), "d")
    # A picture that is gone is never taken for one of the same name in another folder.
    gone = applied(data, of(**{"cats/four.jpg": "cats", "one.jpg": "cats"}), "d")
    assert gone.counts == {"relabelled": 0, "left out": 0, "not sure": 0, "kept": 1, "gone": 1}
    assert "1 more is of examples that are not there (cats/four.jpg)" in str(gone.note)


def test_names_as_label_studio_writes_them(tmp_path: Path) -> None:
    data = make(tmp_path, "cats/IMG 1 (2).jpg", "cats/été.jpg", "dogs/IMG_2.jpg", "dogs/3.jpg")
    result = applied(data, of(**{"IMG_1_2.jpg": "dogs", "e\u0301te\u0301.jpg": "dogs", "3.jpg": "cats"}), "d")
    assert labels(result.data)["train"] == {
        "cats/IMG 1 (2).jpg": "dogs",
        "cats/été.jpg": "dogs",
        "dogs/IMG_2.jpg": "dogs",
        "dogs/3.jpg": "cats",
    }


def test_pictures_that_a_table_labels(tmp_path: Path) -> None:
    """The same class in three folders; one picture is named by its stem, as the table may."""
    for file in ("a/1.jpg", "a/2.jpg", "b/1.jpg", "c.jpg", "d.jpg"):
        (tmp_path / file).parent.mkdir(exist_ok=True)
        (tmp_path / file).write_bytes(b"")
    table = "id,label\na/1,cats\na/2,dogs\nb/1.jpg,cats\nc,dogs\nd,dogs\n"
    (tmp_path / "labels.csv").write_text(table)
    data = datasets.load(tmp_path, labels="labels.csv", validation=0.0, test=0.0)
    result = applied(data, of(**{"b/1.jpg": "dogs", "c.jpg": "cats", "2.jpg": None}), "d")
    assert example_names(result.data)["train"] == ("a/1.jpg", "b/1.jpg", "c.jpg", "d.jpg")
    assert [data.classes[label] for label in result.data.train.labels] == ["cats", "dogs", "cats", "dogs"]


def test_decisions_that_cannot_be_followed(data: Data) -> None:
    with pytest.raises(
        DataError, match=r"none of its 2 decisions .* it has 'a.jpg', and the data have 'train/cats/0.jpg'"
    ):
        applied(data, of(**{"a.jpg": "cats", "b.jpg": "dogs"}), "d")
    with pytest.raises(
        DataError, match=r"classes that the data lack: dog \(train/cats/0.jpg is 'dog'\). Did you mean 'dogs'"
    ):
        applied(data, of(**{"train/cats/0.jpg": "dog"}), "d")
    with pytest.raises(DataError, match=r"are both train/cats/0.jpg, and say different things"):
        applied(data, of(**{"train/cats/0.jpg": "cats", "photos/train/cats/0.jpg": "dogs"}), "d")
    twice = applied(data, of(**{"train/cats/0.jpg": "dogs", "photos/train/cats/0.jpg": "dogs"}), "d")
    assert twice.counts["relabelled"] == 1


def test_no_decision_changes_nothing(data: Data) -> None:
    result = applied(data, Decisions(), "d")
    assert labels(result.data) == labels(data)
    assert str(result.note) == "Decisions of d: none."


def test_a_split_of_which_all_is_left_out_is_gone(data: Data) -> None:
    assert (
        applied(data, of(**{file: None for file in SPLIT if file.startswith("test")}), "d").data.test is None
    )


def test_data_without_files() -> None:
    images = np.arange(10, dtype=np.uint8).reshape(10, 1, 1, 1)
    data = from_arrays(images, [0, 1] * 5, classes=("a", "b"), validation=0.0, test=0.2)
    names = example_names(data)
    assert names["test"] == ("test[0]", "test[1]")
    result = applied(data, of(**{"train[3]": "a", "train[0]": None, "test[1]": "a"}), "d")
    expected = data.train.labels.copy()
    expected[3] = 0
    assert result.data.train.labels.tolist() == expected[1:].tolist()
    # Examples without files are called by their place, which has changed.
    assert {name: one.label for name, one in result.settled.items()} == {"train[2]": "a", "test[1]": "a"}
    assert isinstance(result.data.train.array, np.ndarray)
    assert (result.data.train.array == data.train.array[1:]).all()  # type: ignore[index]
    with pytest.raises(DataError, match=r"the data have 'train\[0\]'"):
        applied(data, of(**{"train[8]": "a"}), "d")


def test_series() -> None:
    values = [np.full((length, 1), length, np.float32) for length in (5, 7, 6, 8, 9, 4)]
    data = from_series(values, [0, 1] * 3, validation=0.0, test=0.0)
    result = applied(data, of(**{"train[1]": "0", "train[2]": None}), "d").data.train
    assert result.labels.tolist() == [0, 0, 1, 0, 1]
    assert len(result) == 5


def test_examples_that_a_dataset_gives_anew_in_each_epoch(data: Data) -> None:
    fed = dataclasses.replace(data, train=dataclasses.replace(data.train, feed=cast(Feed, object())))
    with pytest.raises(ArgumentError, match="asked of a dataset in each epoch"):
        applied(fed, of(**{"train/cats/0.jpg": "dogs"}), "d")


def several(tmp_path: Path, *lines: str) -> Data:
    for name in "abcdef":
        (tmp_path / f"{name}.jpg").write_bytes(b"")
    (tmp_path / "labels.csv").write_text("".join(f"{line}\n" for line in ("file,labels", *lines)))
    return datasets.load(tmp_path, labels="labels.csv", task="multilabel", validation=0.0, test=0.0)


def test_several_labels(tmp_path: Path) -> None:
    lines = ("a.jpg,cat;dog", "b.jpg,dog", "c.jpg,", "d.jpg,cat", "e.jpg,dog", "f.jpg,cat;dog")
    data = several(tmp_path, *lines)
    decisions = of(**{"a.jpg": "dog;cat", "b.jpg": "", "c.jpg": "cat", "d.jpg": None})
    result = applied(data, decisions, "d")
    assert result.counts == {"relabelled": 2, "left out": 1, "not sure": 0, "kept": 1, "gone": 0}
    found = {
        file.name: data.target.written(label, data.classes)
        for file, label in zip(result.data.train.files or (), result.data.train.labels, strict=True)
    }
    assert found == {"a.jpg": "cat;dog", "b.jpg": "", "c.jpg": "cat", "e.jpg": "dog", "f.jpg": "cat;dog"}
    with pytest.raises(DataError, match=r"classes that the data lack: dgo .*Did you mean 'dog'"):
        applied(data, of(**{"a.jpg": "cat;dgo"}), "d")
    nothing = of(**dict.fromkeys(("a.jpg", "b.jpg", "e.jpg", "f.jpg"), "cat"))
    with pytest.raises(DataError, match="leaves nothing to learn from of dog"):
        applied(data, nothing, "d")


def test_classes_are_one_and_not_none(data: Data) -> None:
    with pytest.raises(DataError, match=r"train/cats/0.jpg has no class.* To leave it out"):
        applied(data, of(**{"train/cats/0.jpg": ""}), "d")
    with pytest.raises(DataError, match="is cats;dogs, and a picture has one class here"):
        applied(data, of(**{"train/cats/0.jpg": "cats;dogs"}), "d")


def test_numbers(tmp_path: Path) -> None:
    for name in "abcd":
        (tmp_path / f"{name}.jpg").write_bytes(b"")
    (tmp_path / "ages.csv").write_text("file,age\na.jpg,1\nb.jpg,2\nc.jpg,3\nd.jpg,4\n")
    data = datasets.load(tmp_path, labels="ages.csv", task="regression:age", validation=0.0, test=0.0)
    result = applied(data, of(**{"a.jpg": "1.0", "b.jpg": "10", "d.jpg": None}), "d")
    assert result.counts == {"relabelled": 1, "left out": 1, "not sure": 0, "kept": 1, "gone": 0}
    assert sorted(result.data.train.labels.tolist()) == [1, 3, 10]
    # What is learned is learned in units of the numbers as they are now.
    assert result.data.target == Number.of(result.data.train.labels)
    assert result.data.target.mean == pytest.approx(14 / 3)
    with pytest.raises(DataError, match=r"d: a.jpg: 'old' is no number"):
        applied(data, of(**{"a.jpg": "old"}), "d")
