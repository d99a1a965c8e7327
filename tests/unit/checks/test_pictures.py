"""Pictures of odd sizes, without contrast, without colours: planted ones are found, in one finding each."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from tests.pictures import encoded, photo
from tests.unit.checks.made import found, of_folder, of_pictures


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Forty photos of 160×120 in two classes, and odd ones."""
    path = tmp_path_factory.mktemp("odd")
    for number in range(40):
        file = path / ("a", "b")[number % 2] / f"{number:02}.jpg"
        file.parent.mkdir(exist_ok=True)
        file.write_bytes(encoded(photo(160, 120, seed=number), "JPEG", quality=90))
    photo(20, 16, seed=50).save(path / "a" / "tiny.png")
    photo(29, 40, seed=51).save(path / "b" / "small.jpg")
    Image.new("RGB", (160, 120), (200, 30, 90)).save(path / "a" / "blank.jpg", quality=60)
    fog = np.linspace(100, 114, 160)[np.newaxis, :, np.newaxis] + np.array([0, 4, 30]) + np.zeros((120, 1, 1))
    Image.fromarray(fog.astype(np.uint8)).save(path / "b" / "fog.png")
    photo(160, 120, seed=52).convert("L").save(path / "b" / "grey.jpg", quality=90)
    photo(160, 120, seed=53).convert("L").convert("RGB").save(path / "a" / "grey-rgb.jpg", quality=60)
    return path


def names(folder: Path, kind: str) -> list[list[str]]:
    inspected = of_folder(folder)
    return [[inspected.names[row].split("/")[-1] for row in one.rows] for one in found(inspected, kind)]


@pytest.mark.parametrize(
    ("kind", "expected"),
    [
        ("tiny", ["tiny.png", "small.jpg"]),
        ("blank", ["blank.jpg"]),
        ("nearly uniform", ["fog.png"]),
        ("grey among colour", ["grey-rgb.jpg", "grey.jpg"]),
        ("huge", None),
        ("colour among grey", None),
    ],
)
def test_planted_ones_are_found_and_no_others(folder: Path, kind: str, expected: list[str] | None) -> None:
    assert names(folder, kind) == ([] if expected is None else [expected])


def test_sentences_say_which_and_how_much(folder: Path) -> None:
    (tiny,) = found(of_folder(folder), "tiny")
    assert tiny.what.en == (
        "2 pictures are tiny: a/tiny.png, b/small.jpg. a/tiny.png has 20×16 pixels; the shorter side of half of all "
        "pictures has 120 or more."
    )
    assert tiny.what.fr.startswith("2 images sont minuscules : a/tiny.png, b/small.jpg.")


def test_huge_is_much_more_than_usual_and_much_in_itself(tmp_path: Path) -> None:
    for number in range(5):
        (tmp_path / f"{number % 2}").mkdir(exist_ok=True)
        photo(100, 80, seed=number).save(tmp_path / f"{number % 2}" / f"{number}.png")
    Image.new("1", (6000, 4000)).save(tmp_path / "0" / "scan.png")
    photo(1000, 800).save(tmp_path / "1" / "large.jpg")
    (huge,) = found(of_folder(tmp_path), "huge")
    assert "6000×4000" in huge.what.en
    assert "3000 times" in huge.what.en
    assert len(huge.rows) == 1


def test_a_picture_of_three_thousand_is_one_finding_of_as_many() -> None:
    images = np.random.default_rng(0).integers(0, 256, (400, 8, 8, 3)).astype(np.uint8)
    images[:300] = 7
    (blank,) = found(of_pictures(images, [0, 1] * 200), "blank")
    assert blank.rows == tuple(range(300))
    assert "300 pictures are blank" in blank.what.en
    assert "and 297 more" in blank.what.en
    assert "et 297 de plus" in blank.what.fr


def test_data_that_are_flat_or_grey_by_nature_are_left_alone() -> None:
    sky = np.random.default_rng(0).integers(120, 132, (50, 32, 32, 3)).astype(np.uint8)
    inspected = of_pictures(sky, [0, 1] * 25)
    assert found(inspected, "nearly uniform") == []
    digits = np.random.default_rng(0).integers(0, 255, (50, 8, 8, 1)).astype(np.uint8)
    for kind in ("grey among colour", "colour among grey", "nearly uniform", "blank", "tiny"):
        assert found(of_pictures(digits, [0, 1] * 25), kind) == []


def test_a_coloured_picture_among_grey_ones() -> None:
    grey = np.random.default_rng(0).integers(0, 255, (50, 16, 16, 1)).astype(np.uint8).repeat(3, axis=3)
    grey[31] = np.random.default_rng(1).integers(0, 255, (16, 16, 3))
    (one,) = found(of_pictures(grey, [0, 1] * 25), "colour among grey")
    assert one.rows == (31,)
