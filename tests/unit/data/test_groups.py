"""Groups that no split divides: how they are said, and the draw, against scikit-learn's own splitters."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from sklearn.model_selection import GroupKFold, StratifiedGroupKFold

import prunelle as pn
from prunelle.data.examples import Data
from prunelle.data.group_splits import drawn_whole
from prunelle.data.splits import Shares, draw, stratified
from prunelle.errors import ArgumentError, DataError, MissingData

SHARES = (0.1, 0.1)


def grouped(
    rng: np.random.Generator, groups: int, classes: int, mean: float, mixed: float = 0.0
) -> tuple[np.ndarray, np.ndarray]:
    """Labels and groups of random sizes; of each group a share ``mixed`` is of any class."""
    sizes = rng.geometric(1 / mean, groups)
    labels = np.repeat(rng.integers(0, classes, groups), sizes)
    other = rng.random(len(labels)) < mixed
    labels = np.where(other, rng.integers(0, classes, len(labels)), labels)
    return np.unique(labels, return_inverse=True)[1], np.repeat([f"g{i}" for i in range(groups)], sizes)


def unfairness(labels: np.ndarray, parts: list[np.ndarray], shares: list[float]) -> float:
    """Chi-squared of the classes in each part."""
    whole = np.bincount(labels)
    total = 0.0
    for part, share in zip(parts, shares, strict=True):
        there = np.bincount(labels[part], minlength=len(whole))
        total += float(((there - share * whole) ** 2 / (share * whole)).sum())
    return total


@pytest.mark.parametrize("seed", range(12))
def test_no_group_is_on_two_sides_and_every_class_is_learned(seed: int) -> None:
    rng = np.random.default_rng(seed)
    labels, groups = grouped(rng, int(rng.integers(2, 80)), int(rng.integers(1, 6)), 6, rng.choice([0, 0.3]))
    parts = drawn_whole(labels, groups, SHARES, seed)
    assert np.array_equal(np.sort(np.concatenate(parts)), np.arange(len(labels)))
    for part in parts:
        assert (np.diff(part) > 0).all()
    # What scikit-learn's splitters promise of theirs.
    train, validation, test = (set(groups[part]) for part in parts)
    assert not train & validation
    assert not train & test
    assert not validation & test
    assert set(labels[parts[0]]) == set(labels)


@pytest.mark.parametrize("mixed", [0.0, 0.3])
def test_it_is_as_fair_as_scikit_learns_folds(mixed: float) -> None:
    """Two of ten of its folds have the shares of validation and test; ours must not be further from them."""
    ours, theirs = [], []
    for seed in range(6):
        labels, groups = grouped(np.random.default_rng(seed), 150, 4, 5, mixed)
        parts = drawn_whole(labels, groups, SHARES, seed)
        ours.append(unfairness(labels, list(parts), [0.8, 0.1, 0.1]))
        folds = [
            fold
            for _, fold in StratifiedGroupKFold(10, shuffle=True, random_state=seed).split(
                labels, labels, groups
            )
        ]
        theirs.append(unfairness(labels, [np.concatenate(folds[2:]), folds[0], folds[1]], [0.8, 0.1, 0.1]))
    assert np.mean(ours) <= np.mean(theirs)
    assert (
        max(ours) < 2.0
    )  # drawn without regard to classes it would be 8 on average, with whole groups far more


def test_large_groups_are_judged_as_often_as_small_ones() -> None:
    """The mean size of a group is the same on both sides, but for what luck does."""
    sizes = []
    for seed in range(30):
        labels, groups = grouped(np.random.default_rng(seed), 100, 3, 8)
        parts = drawn_whole(labels, groups, SHARES, seed)
        sizes.append([len(part) / len(set(groups[part])) for part in parts])
    train, validation, test = np.mean(sizes, axis=0)
    assert validation > 0.8 * train
    assert test > 0.8 * train


def test_by_hand() -> None:
    """Ten groups of two in each class: one of each goes to validation, one to test."""
    labels = np.repeat([0, 1], 20)
    groups = np.repeat([f"{i}" for i in range(20)], 2)
    train, validation, test = drawn_whole(labels, groups, SHARES, 0)
    for part, of_each in ((train, 16), (validation, 2), (test, 2)):
        assert np.bincount(labels[part]).tolist() == [of_each, of_each]
    # A class of three groups is in all three; one of two, and one of one, keep what they learn from.
    labels = np.repeat([0, 0, 0, 1, 1, 2], [2, 30, 1, 4, 4, 9])
    groups = np.repeat(list("abcdef"), [2, 30, 1, 4, 4, 9])
    train, validation, test = drawn_whole(labels, groups, SHARES, 0)
    assert all((labels[part] == 0).any() for part in (train, validation, test))
    assert {"f"} <= set(groups[train])
    assert set(groups[train]) & set("de")


def test_groups_of_one_are_drawn_as_fairly_as_single_examples() -> None:
    labels = np.random.default_rng(0).integers(0, 5, 400)
    groups = np.arange(400).astype(str)
    single = stratified(labels, Shares(0.1, 0.2), 0)
    whole = drawn_whole(labels, groups, (0.1, 0.2), 0)
    for one, other in zip(single, whole, strict=True):
        assert np.abs(np.bincount(labels[one]) - np.bincount(labels[other])).max() <= 1


def test_the_seed_decides_and_the_order_of_names_does_not() -> None:
    labels, groups = grouped(np.random.default_rng(0), 60, 3, 5)
    first, again, other = (drawn_whole(labels, groups, SHARES, seed) for seed in (0, 0, 1))
    assert all(np.array_equal(one, two) for one, two in zip(first, again, strict=True))
    assert not np.array_equal(first[2], other[2])
    mixed = np.random.default_rng(1).permutation(len(labels))
    parts = drawn_whole(labels[mixed], groups[mixed], SHARES, 0)
    assert [set(groups[mixed][part]) for part in parts] == [set(groups[part]) for part in first]


def test_a_fold_of_groups_given_as_splits_divides_none() -> None:
    """scikit-learn's GroupKFold, as an oracle of what is said of splits that are given."""
    rng = np.random.default_rng(0)
    labels, groups = grouped(rng, 20, 2, 4)
    images = rng.integers(0, 256, (len(labels), 8, 8, 1), np.uint8)
    train, test = next(iter(GroupKFold(4).split(images, labels, groups)))
    data = pn.from_arrays(
        images[train],
        labels[train],
        groups=groups[train],
        test_images=images[test],
        test_labels=labels[test],
    )
    assert data.validation is not None
    assert data.train.groups is not None
    assert not set(data.train.groups) & set(data.validation.groups)
    assert set(data.train.groups) | set(data.validation.groups) == set(groups[train])


def test_notes_say_what_became_of_the_shares() -> None:
    labels = np.repeat([0, 0, 0, 1], [5, 4, 1, 9])
    groups = np.repeat(list("abcd"), [5, 4, 1, 9])
    drawn = draw(labels, groups, Shares(0.1, 0.1), seed=0, classes=("cat", "dog"), from_train=False)
    first, second = drawn.notes
    assert "19 pictures in 4 groups" in first.en
    assert "where 10 % was asked for" in first.en
    assert "19 images en 4 groupes" in first.fr
    assert "dog (1)" in second.en
    assert "validation and test" in second.en
    with pytest.raises(DataError, match="all 19 examples are of one group, 'a'"):
        draw(
            labels,
            np.full(19, "a"),
            Shares(0.1, 0),
            seed=0,
            classes=("cat", "dog"),
            from_train=False,
        )


# What users say.


def photos(folder: Path, names: dict[str, list[str]]) -> Path:
    """A folder a class, with pictures of those names."""
    rng = np.random.default_rng(0)
    for label, files in names.items():
        for name in files:
            path = folder / label / name
            path.parent.mkdir(parents=True, exist_ok=True)
            Image.fromarray(rng.integers(0, 256, (8, 8, 3), np.uint8)).save(path)
    return folder


def groups_of(data: Data) -> dict[str, str]:
    """Of each file, by its name."""
    found: dict[str, str] = {}
    for split in data.splits():
        assert split.groups is not None
        assert split.files is not None
        found |= {file.name: str(group) for file, group in zip(split.files, split.groups, strict=True)}
    return found


def undivided(data: Data) -> bool:
    """No group is in two splits."""
    sets = [set(split.groups.tolist()) for split in data.splits() if split.groups is not None]
    return sum(map(len, sets)) == len(set().union(*sets))


BURSTS = {
    label: [f"IMG_{first + i:04}_{letter}.png" for i in range(8) for letter in "abc"]
    for label, first in (("cat", 0), ("dog", 100))
}


def test_by_names(tmp_path: Path) -> None:
    data = pn.load(photos(tmp_path, BURSTS | {"bird": ["x.png", "y.png", "z.png"]}), groups="name")
    groups = groups_of(data)
    assert groups["IMG_0003_b.png"] == "IMG_0003"
    assert groups["x.png"] == "bird/x.png"  # alone
    assert undivided(data)
    assert any("3 pictures belong to none" in note.en for note in data.notes)
    assert data.source is not None
    again = pn.load(**data.source)
    assert [split.files for split in again.splits()] == [split.files for split in data.splits()]


def test_by_a_pattern(tmp_path: Path) -> None:
    folder = photos(tmp_path, BURSTS)
    assert groups_of(pn.load(folder, groups=r"name:IMG_\d(\d\d)"))["IMG_0103_b.png"] == "10"
    assert groups_of(pn.load(folder, groups=r"name:_\d+"))["IMG_0103_b.png"] == "_0103"
    with pytest.raises(ArgumentError, match="no regular expression"):
        pn.load(folder, groups="name:[")
    with pytest.raises(ArgumentError, match="finds nothing that two names share"):
        pn.load(folder, groups="name:zebra")


def test_by_folders(tmp_path: Path) -> None:
    folder = photos(
        tmp_path,
        {
            label: [f"{place}/{day}/{k}.png" for place in ("home", "park") for day in "12" for k in range(3)]
            for label in ("cat", "dog")
        },
    )

    def names(groups: str) -> set[str]:
        data = pn.load(folder, groups=groups, validation=0, test=0)
        assert data.train.groups is not None
        return set(data.train.groups)

    assert names("folder") == {"home", "park"}
    assert names("folder:2") == {"home/1", "home/2", "park/1", "park/2"}
    assert names("folder:-1") == names("folder:2")
    assert names("folder:-2") == names("folder:1")
    with pytest.raises(ArgumentError, match="no two are so deep"):
        pn.load(folder, groups="folder:3")
    with pytest.raises(ArgumentError, match="needs a level"):
        pn.load(folder, groups="folder:0")


def test_folders_below_the_class_of_each_split(tmp_path: Path) -> None:
    """A name is one group in whatever split it is: that a given split divides it is told."""
    for split, places in (("train", "ab"), ("test", "bc")):
        photos(
            tmp_path / split,
            {label: [f"{place}/{k}.png" for place in places for k in range(2)] for label in ("cat", "dog")},
        )
    data = pn.load(tmp_path, groups="folder", validation=0)
    assert data.test is not None
    assert data.test.groups is not None
    assert set(data.test.groups) == {"b", "c"}
    (told,) = [note for note in data.notes if "train has too" in note.en]
    assert told.en.startswith("4 of the 8 test pictures are of 1 group that train has too (b)")
    assert told.fr.startswith("4 des 8 images de test")


def table(path: Path, header: str, rows: list[str]) -> Path:
    path.write_text("\n".join([header, *rows]), encoding="utf-8")
    return path


def test_by_a_column(tmp_path: Path) -> None:
    folder = photos(tmp_path, BURSTS)
    files = [f"{label}/{name}" for label, names in BURSTS.items() for name in names]
    table(
        folder / "labels.csv",
        "file;label;Patient ID;site",
        [f"{file};{file[:3]};p{i % 9};{'x' if i else ''}" for i, file in enumerate(files)],
    )
    data = pn.load(folder, labels="labels.csv", groups="patient_id")
    assert groups_of(data)["IMG_0000_b.png"] == "p1"
    assert undivided(data)
    assert not any("not read: patient" in note.en.lower() for note in data.notes)
    assert groups_of(pn.load(folder, labels="labels.csv", groups="column:Patient ID", seed=3))
    with pytest.raises(ArgumentError, match=r"Did you mean 'Patient ID'\? It has: Patient ID, site"):
        pn.load(folder, labels="labels.csv", groups="pateint id")
    with pytest.raises(ArgumentError, match="that is the column of the labels"):
        pn.load(folder, labels="labels.csv", groups="label")
    with pytest.raises(ArgumentError, match="can be read where labels are a CSV"):
        pn.load(folder, groups="patient")
    # An empty cell is no group.
    alone = pn.load(folder, labels="labels.csv", groups="site", validation=0, test=0)
    assert groups_of(alone)["IMG_0000_a.png"] == "cat/IMG_0000_a.png"


def test_by_a_table_of_its_own(tmp_path: Path) -> None:
    folder = photos(tmp_path / "photos", BURSTS)
    rows = [f"{label}/{name},{name[4:7]}" for label, names in BURSTS.items() for name in names[:-1]]
    groups = table(tmp_path / "burst.csv", "file,burst", [*rows, "gone.png,9"])
    data = pn.load(folder, groups=groups)
    assert groups_of(data)["IMG_0103_b.png"] == "010"
    assert groups_of(data)["IMG_0107_c.png"] == "dog/IMG_0107_c.png"
    assert undivided(data)
    assert data.source is not None
    assert data.source["groups"] == str(groups)
    with pytest.raises(MissingData, match=r"no such file"):
        pn.load(folder, groups="nowhere.csv")
    with pytest.raises(DataError, match="the header must be file,group"):
        pn.load(folder, groups=table(tmp_path / "bad.csv", "file,colour", []))


def test_what_groups_nothing_is_an_error(tmp_path: Path) -> None:
    folder = photos(tmp_path, {label: [f"{label}.{i}.png" for i in range(12)] for label in ("cat", "dog")})
    with pytest.raises(ArgumentError, match="finds nothing that two names share"):
        pn.load(folder, groups="name")
    with pytest.raises(ArgumentError, match="one folder below the class's"):
        pn.load(folder, groups="folder")
    with pytest.raises(ArgumentError, match="Write such a CSV"):
        pn.load(folder, groups=["a"] * 24)


def test_arrays_and_named_sets() -> None:
    rng = np.random.default_rng(0)
    images, labels = rng.integers(0, 256, (60, 8, 8), np.uint8), np.arange(60) % 2
    data = pn.from_arrays(images, labels, groups=np.arange(60) // 5)
    assert undivided(data)
    assert [len(split) for split in data.splits()] == [50, 5, 5]
    alone = pn.from_arrays(images, labels, groups=[None if i < 2 else i // 5 for i in range(60)])
    assert alone.train.groups is not None
    with pytest.raises(ArgumentError, match=r"groups must be \(N,\)"):
        pn.from_arrays(images, labels, groups=[1, 2])
    digits = pn.load("digits", groups=np.arange(1797) // 10)
    assert undivided(digits)
    assert digits.source is None  # nobody but the program can draw these again
    with pytest.raises(ArgumentError, match="digits does not tell"):
        pn.load("digits", groups="name")


def test_without_groups_the_draw_is_what_it_was(tmp_path: Path) -> None:
    folder = photos(tmp_path, BURSTS)
    data = pn.load(folder, seed=5)
    labels = np.repeat([0, 1], 24)
    files = sorted(folder.rglob("*.png"))
    for split, rows in zip(data.splits(), stratified(labels, Shares(0.1, 0.1), 5), strict=True):
        assert split.groups is None
        assert list(split.files or ()) == [files[row] for row in rows]
    assert data.source is not None
    assert "groups" not in data.source
