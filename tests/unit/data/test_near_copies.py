"""Near copies are found whatever was done to them; pictures that are only alike are not taken for them."""

from __future__ import annotations

import io
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image, ImageEnhance, ImageOps

from prunelle.data.aligning import agreement
from prunelle.data.examples import Split
from prunelle.data.near_copies import TURNS, joined, members, near_copies
from prunelle.data.preprocess import Preprocess
from tests.pictures import encoded, scene

SIZE = Preprocess(size=(64, 64))
NUM_SCENES = 24


def decoded(*files: Path, preprocess: Preprocess = SIZE) -> np.ndarray:
    return Split("train", np.zeros(len(files), np.int64), files).decode(preprocess).images


def array(*pictures: Image.Image, size: int = 64) -> np.ndarray:
    return np.stack(
        [np.asarray(one.convert("RGB").resize((size, size), Image.Resampling.BOX)) for one in pictures]
    )


@pytest.fixture(scope="module")
def scenes() -> list[Image.Image]:
    return [scene(220, 160, seed) for seed in range(NUM_SCENES)]


def recompressed(picture: Image.Image, quality: int = 30) -> Image.Image:
    return Image.open(io.BytesIO(encoded(picture, "JPEG", quality=quality)))


def cropped(picture: Image.Image) -> Image.Image:
    width, height = picture.size
    return picture.crop(
        (round(0.04 * width), round(0.02 * height), round(0.97 * width), round(0.95 * height))
    )


CHANGES: dict[str, Callable[[Image.Image], Image.Image]] = {
    "copied": lambda picture: picture,
    "a third": lambda picture: picture.resize((picture.width // 3, picture.height // 3)),
    "larger": lambda picture: picture.resize((picture.width * 2, picture.height * 2)),
    "mirrored": ImageOps.mirror,
    "upside down": ImageOps.flip,
    "half a turn": lambda picture: picture.rotate(180),
    "recompressed": recompressed,
    "cropped": cropped,
    "brighter": lambda picture: ImageEnhance.Brightness(picture).enhance(1.2),
    "grey": lambda picture: picture.convert("L"),
    "mirrored, cropped and recompressed": lambda picture: recompressed(ImageOps.mirror(cropped(picture)), 50),
}


@pytest.mark.parametrize("change", CHANGES)
@pytest.mark.parametrize("size", [64, 224])
def test_a_changed_copy_is_found_and_nothing_else(
    scenes: list[Image.Image], tmp_path: Path, change: str, size: int
) -> None:
    files = []
    for number, picture in enumerate([*scenes, CHANGES[change](scenes[5]), CHANGES[change](scenes[17])]):
        files.append(tmp_path / f"{number}.jpg")
        files[-1].write_bytes(encoded(picture, "JPEG", quality=92))
    images = decoded(*files, preprocess=Preprocess(size=(size, size)))
    found = near_copies([images[:10], images[10:]])
    assert found.rows.tolist() == [[5, NUM_SCENES], [17, NUM_SCENES + 1]]
    assert found.confidence.min() > 0.7
    if change in TURNS:
        assert {TURNS[turn] for turn in found.turned} == {change}


def test_a_square_picture_is_found_however_it_was_turned() -> None:
    """Its EXIF block may have been lost on the way, by which a phone says how it was held."""
    squares = array(*(scene(200, 200, seed) for seed in range(12)))
    for turns in (1, 2, 3):
        for mirrored in (False, True):
            other = np.rot90(squares[4], turns)[:, :: -1 if mirrored else 1]
            found = near_copies([squares, np.ascontiguousarray(other)[None]])
            assert found.rows.tolist() == [[4, 12]]


@pytest.mark.parametrize("suffix", ["png", "transparent.png", "exif.jpg", "tiff"])
def test_the_kind_of_file_does_not_matter(scenes: list[Image.Image], tmp_path: Path, suffix: str) -> None:
    picture = scenes[3].resize((110, 80))
    files = [tmp_path / f"{number}.jpg" for number in range(NUM_SCENES)]
    for file, one in zip(files, scenes, strict=True):
        file.write_bytes(encoded(one, "JPEG", quality=92))
    other = tmp_path / f"other.{suffix}"
    if suffix == "transparent.png":
        picture.putalpha(Image.new("L", picture.size, 240))
    if suffix == "exif.jpg":
        exif = Image.Exif()
        exif[0x0112] = 6  # to be shown turned to the right
        picture.rotate(90, expand=True).save(other, exif=exif)
    else:
        picture.save(other)
    assert near_copies([decoded(*files, other)]).rows.tolist() == [[3, NUM_SCENES]]


def test_a_small_thing_that_moves_before_a_fixed_camera_keeps_pictures_apart() -> None:
    behind = scene(160, 160, 1)
    frames = []
    for place in range(30):
        frame = behind.copy()
        frame.paste(scene(40, 40, 100), (4 * place, (37 * place) % 120))
        frames.append(frame)
    assert not len(near_copies([array(*frames)]))


def test_a_copy_among_the_frames_of_a_fixed_camera_is_found() -> None:
    behind = scene(160, 160, 1)
    frames = []
    for place in range(30):
        frame = behind.copy()
        frame.paste(scene(40, 40, 100), (4 * place, (37 * place) % 120))
        frames.append(frame)
    found = near_copies([array(*frames, recompressed(frames[7], 90))])
    assert found.rows.tolist() == [[7, 30]]


def test_blank_pictures_are_no_copies_of_one_another() -> None:
    rng = np.random.default_rng(0)
    black = np.zeros((20, 64, 64, 3), np.uint8)
    nearly = np.full((20, 64, 64, 3), 250, np.uint8) + rng.integers(0, 4, (20, 64, 64, 3), dtype=np.uint8)
    assert not len(near_copies([black, nearly]))


def strokes(seed: int) -> np.ndarray:
    """Something like a digit: a few thick strokes near the middle, of 28×28 pixels."""
    rng = np.random.default_rng(seed)
    rows, columns = np.mgrid[:28, :28]
    image = np.zeros((28, 28))
    thick = rng.uniform(2, 4)
    x, y = 14 + rng.normal(0, 1), 5 + rng.normal(0, 1)
    for lean in rng.normal(0.1, 0.6, 9):
        x, y = x + lean, y + 2
        image = np.maximum(image, np.exp(-((columns - x) ** 2 + (rows - y) ** 2) / thick))
    return (255 * image[..., None]).astype(np.uint8)


def test_pictures_that_are_alike_by_nature_are_no_copies() -> None:
    """Strokes as of the digit 1: any two of hundreds lie well on one another."""
    digits = np.stack([strokes(seed) for seed in range(400)])
    found = near_copies([digits])
    assert len(found) <= 8
    copied = near_copies([digits, digits[50:60]])
    assert {(row, 350 + row) for row in range(50, 60)} <= {tuple(pair) for pair in copied.rows.tolist()}


def test_neighbours_by_features_are_looked_at_too(scenes: list[Image.Image]) -> None:
    """Cropped so far that the fingerprints have nothing in common any more."""
    width, height = scenes[0].size
    part = scenes[9].crop((round(0.12 * width), round(0.12 * height), width, height))
    images = array(*scenes, part)
    assert not len(near_copies([images]))
    features = np.random.default_rng(0).normal(size=(len(images), 20)).astype(np.float32)
    features[-1] = features[9] + 0.1
    assert near_copies([images], features=features).rows.tolist() == [[9, NUM_SCENES]]


def test_nothing_and_little() -> None:
    one = array(scene(64, 64, 0))
    assert len(near_copies([one])) == 0
    assert near_copies([one[:0], one, one]).rows.tolist() == [[0, 1]]
    assert len(near_copies([one[:, :20, :20], one[:, :20, :20]])) == 0


def test_groups_are_joined_by_pairs() -> None:
    group = np.array([0, 1, 1, 3, 4, 5])
    assert joined(group, np.array([[2, 4], [3, 5]])).tolist() == [0, 1, 1, 3, 1, 3]
    assert [rows.tolist() for rows in members(np.array([0, 1, 1, 3, 1, 3]))] == [[1, 2, 4], [3, 5]]


def test_pairs_of_which_none_is_promising_are_no_copies() -> None:
    noise = torch.from_numpy(np.random.default_rng(0).uniform(0, 255, (2, 3, 256, 256)).astype(np.float32))
    assert (agreement(noise, noise.flip(0)).edges == -1).all()
