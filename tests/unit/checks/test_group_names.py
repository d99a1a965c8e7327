"""Names that suggest groups, on pictures of many naming habits: leaks are told, and other names raise no alarm."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

import prunelle as pn
from prunelle.checks.checkup import checkup
from tests.pictures import photo
from tests.unit.checks.made import found, of

KIND = "groups in names"
PER_CLASS, SIBLINGS = 30, 3

Namer = Callable[[str, int], str]
"""The name of picture ``number`` of a class."""


def photos(folder: Path, name: Namer, *, alike: bool) -> Path:
    """Two classes of ``PER_CLASS`` pictures, in threes of one scene where they are ``alike``."""
    for label, first in (("cat", 0), ("dog", 5000)):
        for number in range(PER_CLASS):
            seed = first + (number // SIBLINGS if alike else number)
            array = np.asarray(photo(40, 40, seed), np.int64)
            shifted = np.roll(array, number % SIBLINGS, axis=1) + 6 * (number % SIBLINGS)
            path = folder / label / name(label, number)
            path.parent.mkdir(parents=True, exist_ok=True)
            Image.fromarray(np.clip(shifted, 0, 255).astype(np.uint8)).save(path)
    return folder


def of_three(number: int) -> tuple[int, int]:
    return divmod(number, SIBLINGS)


def offset(label: str) -> int:
    return 0 if label == "cat" else 500


SURE: dict[str, Namer] = {
    "letters": lambda c, n: f"IMG_{of_three(n)[0] + offset(c):04}_{'abc'[of_three(n)[1]]}.png",
    "copies": lambda c, n: f"IMG_{of_three(n)[0] + offset(c):04}{['', ' (1)', ' (2)'][of_three(n)[1]]}.png",
    "bursts": lambda c, n: (
        f"IMG_2023010{of_three(n)[0] % 9}_10{of_three(n)[0]:02}{c == 'cat':02}_BURST{n % 3:03}.png"
    ),
    "films": lambda c, n: f"film{of_three(n)[0] + offset(c)}-{n % 3:04}.png",
    "frames": lambda c, n: f"clip{of_three(n)[0] + offset(c)}_frame_{n % 3:04}.png",
    "patients": lambda c, n: f"patient_{of_three(n)[0]:02}_slice_{n % 3 + 10 * (c == 'dog')}.png",
}
WEAK: dict[str, Namer] = {
    "tracks": lambda c, n: f"{of_three(n)[0] + offset(c):05}_{n % 3:05}.png",
    "exports": lambda c, n: f"DSC_{of_three(n)[0] + offset(c):04}-{n % 3}.png",
}
SILENT: dict[str, Namer] = {
    "camera": lambda c, n: f"IMG_{n + offset(c):04}.png",
    "list": lambda c, n: f"{c}.{n}.png",
    "numbers": lambda c, n: f"{n:04}.png",
    "renamed at once": lambda c, n: f"{c} ({n}).png",
    "of a class with a number": lambda c, n: f"n{offset(c):05}_{n}.png",
    "of a class with a letter": lambda c, n: f"{c}2_{n:03}.png",
    "times": lambda c, n: f"IMG_20230102_10{n:02}{offset(c) % 59:02}.png",
    "dates with numbers": lambda c, n: f"IMG-2023010{n % 9}-WA{n:04}.png",
}


@pytest.mark.parametrize("name", [*SURE.values(), *WEAK.values()], ids=[*SURE, *WEAK])
def test_siblings_on_two_sides_are_told(tmp_path: Path, name: Namer) -> None:
    inspected = of(pn.load(photos(tmp_path, name, alike=True), validation=0.2, test=0.2))
    (finding,) = found(inspected, KIND)
    group: Callable[[int], tuple[str, int]] = lambda row: next(  # noqa: E731
        (label, number // SIBLINGS)
        for label in ("cat", "dog")
        for number in range(PER_CLASS)
        if inspected.names[row] == f"{label}/{name(label, number)}"
    )
    learned = {group(row) for row in np.flatnonzero(inspected.splits == "train").tolist()}
    tested = np.flatnonzero(inspected.splits == "test").tolist()
    patients = name is SURE["patients"]  # who have photos in both classes
    leaking = [
        row
        for row in tested
        if group(row) in learned or (patients and group(row)[1] in {g for _, g in learned})
    ]
    assert finding.what.en.startswith(
        f"By their names, {len(leaking)} of the {len(tested)} pictures of the test"
    )
    assert set(leaking) <= set(finding.rows)
    assert "--groups name" in finding.advice.en
    assert "--groups name" in finding.advice.fr
    first, second = finding.rows[:2]
    assert (str(inspected.splits[first]), str(inspected.splits[second])) == ("test", "train")


@pytest.mark.parametrize("name", SILENT.values(), ids=SILENT)
@pytest.mark.parametrize("alike", [False, True])
def test_other_names_raise_no_alarm(tmp_path: Path, name: Namer, alike: bool) -> None:
    assert not found(of(pn.load(photos(tmp_path, name, alike=alike), test=0.2)), KIND)


@pytest.mark.parametrize("name", WEAK.values(), ids=WEAK)
def test_two_numbers_alone_are_not_believed(tmp_path: Path, name: Namer) -> None:
    """Pictures whose names agree and that look no more alike than others of their class."""
    assert not found(of(pn.load(photos(tmp_path, name, alike=False), test=0.2)), KIND)


def test_folders_below_the_class(tmp_path: Path) -> None:
    folder = photos(tmp_path / "sure", lambda c, n: f"patient_{n // 3}/{n:03}.png", alike=False)
    (finding,) = found(of(pn.load(folder, test=0.2)), KIND)
    assert "--groups folder" in finding.advice.en
    weak = photos(tmp_path / "weak", lambda c, n: f"day {n // 3}/{n:03}.png", alike=False)
    assert not found(of(pn.load(weak, test=0.2)), KIND)
    alike = photos(tmp_path / "alike", lambda c, n: f"day {n // 3}/{n:03}.png", alike=True)
    assert found(of(pn.load(alike, test=0.2)), KIND)


def test_groups_that_are_said_or_kept_together_are_not_told(tmp_path: Path) -> None:
    folder = photos(tmp_path, SURE["letters"], alike=True)
    assert not found(of(pn.load(folder, groups="name")), KIND)
    # By hand: splits that divide none.
    for label in ("cat", "dog"):
        for file in sorted((folder / label).iterdir()):
            split = "test" if int(file.name[4:8]) % 500 > 7 else "train"
            (folder / split / label).mkdir(parents=True, exist_ok=True)
            file.rename(folder / split / label / file.name)
        (folder / label).rmdir()
    assert not found(of(pn.load(folder, validation=0)), KIND)


def test_where_nothing_is_split_it_is_told_before(tmp_path: Path) -> None:
    inspected = of(pn.load(photos(tmp_path, SURE["letters"], alike=False), validation=0, test=0))
    (finding,) = found(inspected, KIND)
    assert finding.what.en.startswith("By their names, 60 pictures are of 20 groups")
    assert finding.what.fr.startswith("D’après leurs noms, 60 images sont de 20 groupes")


def test_a_training_is_told_at_its_start(tmp_path: Path) -> None:
    inspected = of(pn.load(photos(tmp_path, SURE["films"], alike=False)))
    assert any("--groups name" in note.en for note in checkup(inspected, at_start=True).sentences())


def test_a_copy_or_two_are_no_habit(tmp_path: Path) -> None:
    folder = photos(tmp_path, SILENT["camera"], alike=False)
    photo(40, 40, 1).save(folder / "cat" / "IMG_0001 (1).png")
    photo(40, 40, 2).save(folder / "cat" / "IMG_0002 (1).png")
    assert len(found(of(pn.load(folder, validation=0, test=0)), KIND)) == 1  # 4 of 62
    for number in range(200):
        photo(12, 12, 9000 + number).save(folder / "cat" / f"IMG_{3000 + number}.png")
    assert not found(of(pn.load(folder, validation=0, test=0)), KIND)
