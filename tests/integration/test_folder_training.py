"""Folders of photos as people have them: bad pictures, and every layout, through ``prunelle train``."""

from __future__ import annotations

import csv
import html
import itertools
import json
import shutil
from pathlib import Path
from typing import Any

import pytest

from tests.integration.command import prunelle
from tests.pictures import make_bad_pictures, make_folder

SMALL = ("--network", "dense", "--hidden", "8", "--epochs", 1, "--language", "en", "--quiet")


def read_json(path: Path) -> Any:
    return json.loads(path.read_text(encoding="utf-8"))


def splits(run: Path) -> dict[str, list[tuple[str, str]]]:
    """``(file name, class)`` of every picture, by split, as the run wrote them."""
    found: dict[str, list[tuple[str, str]]] = {}
    with (run / "splits.csv").open(newline="", encoding="utf-8") as stream:
        for row in csv.DictReader(stream):
            found.setdefault(row["split"], []).append((Path(row["file"]).name, row["class"]))
    return found


def test_one_of_each_kind_of_bad_picture_is_listed_and_stops_nothing(tmp_path: Path) -> None:
    folder = make_folder(tmp_path / "pets", ("cat", "dog"), 180, (16, 16))
    bad = make_bad_pictures(folder / "cat")
    assert len(bad) <= 0.05 * (360 + len(bad))
    run = tmp_path / "run"
    done = prunelle("train", folder, *SMALL[:-1], "--output", run)
    assert done.code == 0, done.err
    info = read_json(run / "run.json")
    listed = {Path(entry["file"]).name: entry["reason"] for entry in info["skipped"]}
    assert listed == bad
    assert {entry["split"] for entry in info["skipped"]} <= {"train", "validation", "test"}
    assert sum(info["data"]["counts"].values()) == 360
    report = html.unescape((run / "report.html").read_text(encoding="utf-8"))
    for name, reason in bad.items():
        assert name in report
        assert reason in report
    # The terminal names ten and says where the others are.
    assert done.err.count("Skipped ") == 10
    assert f"… and {len(bad) - 10} more, in run.json." in done.err


def test_more_than_five_percent_stop_a_training_that_names_them(tmp_path: Path) -> None:
    folder = make_folder(tmp_path / "pets", ("cat", "dog"), 19, (16, 16))
    for name in ("one.jpg", "two.jpg"):
        (folder / "cat" / name).write_bytes(b"")
    done = prunelle("train", folder, *SMALL, "--output", tmp_path / "run")
    assert done.code == 0  # 2 of 40
    (folder / "dog" / "three.jpg").write_text("no picture")
    done = prunelle("train", folder, *SMALL, "--output", tmp_path / "stopped")
    assert done.code == 1
    assert "3 of 41 pictures cannot be read; at most 5% may be bad." in done.err
    for name, reason in (("one", "empty file"), ("two", "empty file"), ("three", "not a picture")):
        assert f"{name}.jpg: {reason}" in done.err
    assert not (tmp_path / "stopped").exists()


def test_a_class_without_a_good_picture_stops_a_training(tmp_path: Path) -> None:
    folder = make_folder(tmp_path / "pets", ("cat", "dog"), 30, (16, 16))
    (folder / "fox").mkdir()
    (folder / "fox" / "only.jpg").write_bytes(b"")
    done = prunelle("train", folder, *SMALL, "--output", tmp_path / "run")
    assert done.code == 1
    assert "no picture to train on is left for 'fox'" in done.err
    assert "only.jpg: empty file" in done.err
    assert not (tmp_path / "run").exists()


@pytest.fixture(scope="module")
def by_class(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_folder(tmp_path_factory.mktemp("layouts") / "pets", ("cat", "dog"), 10, (16, 16))


def test_class_folders(by_class: Path, tmp_path: Path) -> None:
    (by_class / ".ipynb_checkpoints").mkdir(exist_ok=True)
    (by_class / ".ipynb_checkpoints" / "x.jpg").write_bytes(b"")
    assert prunelle("train", by_class, *SMALL, "--output", tmp_path / "run").code == 0
    found = splits(tmp_path / "run")
    assert {split: len(files) for split, files in found.items()} == {"train": 16, "validation": 2, "test": 2}
    assert read_json(tmp_path / "run" / "classes.json") == ["cat", "dog"]
    assert read_json(tmp_path / "run" / "run.json")["skipped"] == []


@pytest.mark.parametrize("validation", ["val", "valid", "validation"])
def test_split_folders(by_class: Path, tmp_path: Path, validation: str) -> None:
    folder = tmp_path / "split"
    for split, first, last in (("train", 0, 7), (validation, 7, 8), ("test", 8, 10)):
        for name in ("cat", "dog"):
            (folder / split / name).mkdir(parents=True)
            for i in range(first, last):
                shutil.copy(by_class / name / f"{i:04}.jpg", folder / split / name)
    assert prunelle("train", folder, *SMALL, "--output", tmp_path / "run").code == 0
    found = splits(tmp_path / "run")
    assert sorted(found["test"]) == [(f"{i:04}.jpg", name) for i in (8, 9) for name in ("cat", "dog")]
    assert sorted(found["validation"]) == [("0007.jpg", "cat"), ("0007.jpg", "dog")]
    assert len(found["train"]) == 14
    # evaluate finds the test folder, by the run and by the folder.
    for data in ([], [folder]):
        assert json.loads(prunelle("evaluate", tmp_path / "run", *data, "--json", "-q").out)["n"] == 4


def flat(by_class: Path, folder: Path) -> list[tuple[str, str]]:
    """Copies to ``cat.0.jpg``…, and gives ``(file name, class)``."""
    folder.mkdir()
    copied = []
    for name in ("cat", "dog"):
        for i in range(10):
            shutil.copy(by_class / name / f"{i:04}.jpg", folder / f"{name}.{i}.jpg")
            copied.append((f"{name}.{i}.jpg", name))
    return copied


def test_classes_in_file_names(by_class: Path, tmp_path: Path) -> None:
    copied = flat(by_class, tmp_path / "flat")
    done = prunelle("train", tmp_path / "flat", *SMALL, "--output", tmp_path / "run")
    assert done.code == 1
    assert "--labels filename" in done.err
    done = prunelle("train", tmp_path / "flat", *SMALL, "--labels", "filename", "--output", tmp_path / "run")
    assert done.code == 0
    assert sorted(itertools.chain(*splits(tmp_path / "run").values())) == copied


def test_labels_in_a_table(by_class: Path, tmp_path: Path) -> None:
    """The table swaps the names, so that nothing but the table can have given the classes."""
    copied = flat(by_class, tmp_path / "flat")
    swapped = [(file, {"cat": "feline", "dog": "canine"}[name]) for file, name in copied]
    with (tmp_path / "flat" / "labels.csv").open("w", newline="") as stream:
        csv.writer(stream).writerows([("file", "label"), *swapped])
    arguments = ("train", tmp_path / "flat", *SMALL, "--labels", "labels.csv", "--output", tmp_path / "run")
    assert prunelle(*arguments, "--validation", 0, "--test", 0.5).code == 0
    found = splits(tmp_path / "run")
    assert {split: len(files) for split, files in found.items()} == {"train": 10, "test": 10}
    assert sorted(itertools.chain(*found.values())) == swapped
    assert read_json(tmp_path / "run" / "classes.json") == ["canine", "feline"]


def test_a_table_that_names_missing_files(by_class: Path, tmp_path: Path) -> None:
    flat(by_class, tmp_path / "flat")
    (tmp_path / "labels.csv").write_text("file,label\ncat.0.jpg,cat\ncat.77.jpg,cat\ndog.1.jpg,dog\n")
    done = prunelle("train", tmp_path / "flat", *SMALL, "--labels", tmp_path / "labels.csv")
    assert done.code == 1
    assert "names 1 file(s) that are not in" in done.err
    assert "cat.77.jpg" in done.err


@pytest.mark.parametrize("kind", ["empty class", "one class", "nothing", "unknown in validation", "a file"])
def test_folders_that_cannot_be_trained_on(by_class: Path, tmp_path: Path, kind: str) -> None:
    folder = tmp_path / "pets"
    words = {
        "empty class": "without a picture: fox",
        "one class": "there is only 'cat'",
        "nothing": "has no picture",
        "unknown in validation": "classes that the training split lacks: dgo. Did you mean 'dog'?",
        "a file": "data must be a folder",
    }[kind]
    if kind in ("empty class", "one class"):
        shutil.copytree(by_class, folder)
        if kind == "empty class":
            (folder / "fox").mkdir()
        else:
            shutil.rmtree(folder / "dog")
    elif kind == "nothing":
        folder.mkdir()
    elif kind == "a file":
        folder.write_bytes(b"PK")
    else:
        shutil.copytree(by_class, folder / "train")
        shutil.copytree(by_class / "dog", folder / "val" / "dgo")
    done = prunelle("train", folder, *SMALL, "--output", tmp_path / "run")
    assert done.code in (1, 2)
    assert words in done.err
    assert not (tmp_path / "run").exists()


def test_pictures_that_are_gone_are_named(by_class: Path, tmp_path: Path) -> None:
    folder = shutil.copytree(by_class, tmp_path / "pets")
    assert prunelle("train", folder, *SMALL, "--output", tmp_path / "run").code == 0
    (folder / "cat" / "0003.jpg").unlink()
    done = prunelle("evaluate", tmp_path / "run")
    assert done.code == 1
    assert "1 pictures that" in done.err
    assert "0003.jpg" in done.err


def test_no_validation_and_no_test(by_class: Path, tmp_path: Path) -> None:
    arguments = ("--validation", 0, "--test", 0, "--output", tmp_path / "run")
    assert prunelle("train", by_class, *SMALL[:-1], *arguments).out.startswith("Train accuracy: ")
    metrics = read_json(tmp_path / "run" / "metrics.json")
    assert metrics["train"]["n"] == 20
    assert not {"validation", "test"} & metrics.keys()
    with (tmp_path / "run" / "results.csv").open() as stream:
        assert [row["val_loss"] for row in csv.DictReader(stream)] == [""]
    assert "20 examples of the train split" in prunelle("evaluate", tmp_path / "run", "-q").out
    assert (tmp_path / "run" / "report.html").is_file()
