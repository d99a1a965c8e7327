"""Data of the tasks: decoded within a budget, remembered, found again."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from torch import nn

from prunelle.data import load
from prunelle.data.duplicates import contents_of
from prunelle.data.examples import Data, Split
from prunelle.data.pixels import Pixels
from prunelle.data.preprocess import Preprocess
from prunelle.errors import DataError, MissingData, RunError
from prunelle.jobs import decoding, run_data
from prunelle.runs.listener import Quiet
from prunelle.runs.run import Run
from prunelle.runs.splits import SPLITS_FILE, Placed
from prunelle.texts import Note
from prunelle.training.recipe import Recipe
from tests.pictures import make_folder

PREPROCESS = Preprocess(size=(16, 16), channels=3, mean=(0.5,) * 3, std=(0.2,) * 3)


def write_splits(run: Run, pixels: dict[str, Pixels]) -> None:
    contents = {name: contents_of(part) for name, part in pixels.items()}
    Placed.of(pixels, contents).write(run.path, run.classes, run.target)


class Listening(Quiet):
    def __init__(self) -> None:
        self.notes: list[str] = []

    def on_note(self, note: Note) -> None:
        self.notes.append(note.fr)


def make_run(path: Path, data: Data) -> Run:
    info = {
        "recipe": Recipe().to_json(),
        "data": {"name": data.name, "source": data.source, "notes": [{"en": "a", "fr": "b"}]},
    }
    return Run.create(path, info, data.classes, PREPROCESS, nn.Identity())


@pytest.fixture
def photos(tmp_path: Path) -> Path:
    return make_folder(tmp_path / "pets", ("cat", "dog"), 10, (16, 16))


def names(split: Split | None) -> list[tuple[str, int]]:
    assert split is not None
    assert split.files is not None
    return [(str(file), int(label)) for file, label in zip(split.files, split.labels, strict=True)]


def test_splits_come_back_whatever_is_added_since(photos: Path, tmp_path: Path) -> None:
    odd = Path(os.fsdecode(os.fsencode(photos) + b"/cat/\xe9.jpg"))
    (photos / "cat" / "0000.jpg").rename(odd)
    (photos / "dog" / "0004.jpg").write_bytes(b"")  # it will be in no split
    data = load(photos)
    pixels = decoding.decode_all(data, PREPROCESS, 1 << 20, Quiet())
    run = make_run(tmp_path / "run", data)
    write_splits(run, pixels)
    make_folder(photos, ("cat", "dog", "fox"), 15, (16, 16))
    found = run_data.data_of(run, Quiet())
    assert found.classes == ("cat", "dog")
    kept = [
        [(name, label) for name, label in names(split) if "dog/0004" not in name]
        for split in (data.train, data.validation, data.test)
    ]
    assert [names(split) for split in (found.train, found.validation, found.test)] == kept
    assert str(odd) in {name for split in kept for name, _ in split}
    assert [note.fr for note in found.notes] == ["b"]

    odd.unlink()
    with pytest.raises(DataError, match=r"1 pictures that .*run was trained or tested on are gone"):
        run_data.data_of(run, Quiet())


WEIRD = (
    "cat\r1.jpg",
    "cat\n2.jpg",
    "cat\u20283.jpg",
    '=1+1,"x";=2.jpg',
    "'=a.jpg",
    "\x1b[31m.jpg",
    "\x85.jpg",
)


def test_splits_come_back_whatever_is_in_the_names(photos: Path, tmp_path: Path) -> None:
    for number, name in enumerate(WEIRD):
        (photos / "cat" / f"{number:04}.jpg").rename(photos / "cat" / name)
    (photos / "dog").rename(photos / "=dog\r\u2028")
    data = load(photos)
    run = make_run(tmp_path / "run", data)
    write_splits(run, decoding.decode_all(data, PREPROCESS, 1 << 20, Quiet()))
    found = run_data.data_of(run, Quiet())
    assert found.classes == data.classes == ("=dog\r\u2028", "cat")
    assert [names(split) for split in found.splits()] == [names(split) for split in data.splits()]


@pytest.mark.parametrize(
    ("damage", "message"),
    [
        (lambda text: "", "it lacks file, split, class"),
        (lambda text: text.replace("split", "part", 1), "it lacks split"),
        (lambda text: text.replace(",cat", ""), "4 values were expected"),
        (lambda text: text.replace(",cat", ",cow"), "'cow' is no class of the run"),
        (lambda text: text.replace(",train", ",trian"), "'trian' is no split"),
        (lambda text: text.replace(",train", ",test"), "no picture of the training split"),
        (lambda text: text[:-30], "damaged|cut off"),
        (lambda text: text.replace("/", "\0", 1), "names no file"),
        (lambda text: text.replace(".jpg", '.jp"g', 1).replace(",cat", ',"cat', 1), "damaged"),
    ],
)
def test_a_damaged_list_of_splits_says_what_to_do(
    photos: Path, tmp_path: Path, damage: Callable[[str], str], message: str
) -> None:
    data = load(photos)
    run = make_run(tmp_path / "run", data)
    write_splits(run, decoding.decode_all(data, PREPROCESS, 1 << 20, Quiet()))
    splits = run.path / SPLITS_FILE
    splits.write_text(damage(splits.read_text()))
    with pytest.raises(RunError, match=message) as caught:
        run_data.data_of(run, Quiet())
    assert str(splits) in str(caught.value)
    assert f"prunelle evaluate {run.path} DATA" in str(caught.value)


def test_named_sets_are_read_again(tmp_path: Path) -> None:
    data = load("digits", validation=0.2, seed=3)
    run = make_run(tmp_path / "run", data)
    found = run_data.data_of(run, Quiet())
    assert np.array_equal(found.train.labels, data.train.labels)
    assert data.validation is not None
    assert found.validation is not None
    assert np.array_equal(found.validation.array, data.validation.array)


def test_named_sets_elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[object] = []

    def fake(data: str, **options: object) -> Data:
        asked.append((data, options["data_dir"]))
        raise MissingData("not there")

    data = load("digits")
    run = make_run(tmp_path / "run", data)
    monkeypatch.setattr(run_data.datasets, "load", fake)
    for data_dir in (None, "elsewhere"):
        with pytest.raises(MissingData):
            run_data.data_of(run, Quiet(), data_dir)
    assert asked == [("digits", None), ("digits", "elsewhere")]
    assert run.info["data"]["source"]["data_dir"] is None


def test_arrays_are_not_kept(tmp_path: Path) -> None:
    split = Split("train", np.array([0, 1]), array=np.zeros((2, 4, 4, 1), np.uint8))
    run = make_run(tmp_path / "run", Data("mine", ("a", "b"), split, None, None, PREPROCESS))
    with pytest.raises(RunError, match=r"arrays \(mine\), which it does not keep; pass them: data="):
        run_data.data_of(run, Quiet())


def test_the_budget_is_for_all_splits_together(
    photos: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PRUNELLE_CACHE", str(tmp_path / "cache"))
    data, size = load(photos), 20 * 16 * 16 * 3
    inside = decoding.decode_all(data, PREPROCESS, size, Quiet())
    assert not (tmp_path / "cache").exists()
    mapped = decoding.decode_all(data, PREPROCESS, size - 1, Quiet())
    assert all(isinstance(split.images, np.memmap) for split in mapped.values())
    for name, split in inside.items():
        assert np.array_equal(split.images, mapped[name].images)
    assert decoding.digest(inside) == decoding.digest(mapped)


def test_ten_bad_pictures_are_named(photos: Path) -> None:
    make_folder(photos, ("cat", "dog"), 130, (16, 16))
    for i in range(12):
        (photos / "cat" / f"bad{i:02}.jpg").write_bytes(b"")
    listening = Listening()
    pixels = decoding.decode_all(load(photos), PREPROCESS, 1 << 20, listening)
    assert sum(len(split.skipped) for split in pixels.values()) == 12
    assert len(listening.notes) == 12
    assert all(note.endswith("fichier vide") for note in listening.notes[:10])
    assert listening.notes[10] == "… et 2 de plus, dans run.json."
    read = {name: (len(split), len(split) + len(split.skipped)) for name, split in pixels.items()}
    listed = ", ".join(f"{good} sur {total} ({name})" for name, (good, total) in read.items())
    assert listening.notes[11] == f"Images lisibles : {listed}."


def test_the_digest_is_of_what_is_learned_from() -> None:
    rng = np.random.default_rng(0)
    images, labels = rng.integers(0, 256, (6, 2, 2, 1), dtype=np.uint8), np.arange(6)
    splits = {"train": Pixels(images[:4], labels[:4]), "validation": Pixels(images[4:], labels[4:])}
    before = decoding.digest(splits)
    assert decoding.digest({**splits, "test": splits["train"]}) == before
    other = images.copy()
    other[5, 1, 1, 0] ^= 1
    assert decoding.digest({**splits, "validation": Pixels(other[4:], labels[4:])}) != before
    assert decoding.digest({**splits, "train": Pixels(images[:4], labels[[0, 1, 3, 2]])}) != before
