"""The sheet of random changes: what is on it, read from the rows that are drawn and from the file."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from prunelle.errors import ArgumentError, BadPicture
from prunelle.jobs import augmenting
from prunelle.report.augmentation import EXPLAINED, Row
from prunelle.tasks.augmenting import augment


@pytest.fixture
def photo(tmp_path: Path) -> Path:
    file = tmp_path / "photo.png"
    Image.fromarray(np.random.default_rng(0).integers(0, 256, (30, 40, 3), np.uint8)).save(file)
    return file


@pytest.fixture
def digit(tmp_path: Path) -> Path:
    file = tmp_path / "digit.png"
    Image.fromarray(np.random.default_rng(1).integers(0, 256, (28, 28), np.uint8)).save(file)
    return file


@pytest.fixture
def drawn(monkeypatch: pytest.MonkeyPatch) -> list[Row]:
    """The rows that the next sheet is drawn from; drawing itself takes seconds."""
    rows: list[Row] = []
    monkeypatch.setattr(augmenting, "draw_sheet", lambda given, language: rows.extend(given))
    monkeypatch.setattr(augmenting, "save", lambda figure, path: None)
    return rows


def test_a_row_shows_its_change_alone(photo: Path, tmp_path: Path, drawn: list[Row]) -> None:
    augment([photo], tmp_path / "sheet.png", changes="flip,noise=0.1", size=30, columns=16)
    assert [row.title for row in drawn] == ["original", "flip", "noise=0.1", "flip, noise=0.1"]
    original, flipped, noisy, both = (row.images.astype(int) for row in drawn)
    # The fit is the training's: the middle 30×30 of a picture of 30×40.
    assert np.array_equal(original, np.broadcast_to(np.asarray(Image.open(photo))[:, 5:35], original.shape))
    mirrored = [np.array_equal(a, b[:, ::-1]) for a, b in zip(flipped, original, strict=True)]
    same = [np.array_equal(a, b) for a, b in zip(flipped, original, strict=True)]
    assert all(m != s for m, s in zip(mirrored, same, strict=True))
    assert any(mirrored)
    inner = (original > 80) & (original < 175)  # where nothing is cut at 0 or 255
    assert (noisy - original)[inner].std() == pytest.approx(25.5, rel=0.1)
    assert not np.array_equal(both, noisy)


def test_without_a_list_there_is_every_change_and_the_policies(
    photo: Path, digit: Path, tmp_path: Path, drawn: list[Row]
) -> None:
    augment([photo, digit], tmp_path / "sheet.png", columns=4)
    names = [row.name for row in drawn]
    assert set(names) == set(EXPLAINED) - {"together"}
    assert len(names) == len(set(names))
    assert all(row.images.shape == (4, 128, 128, 3) for row in drawn)
    original, mixup = drawn[0].images, drawn[names.index("mixup")].images
    assert np.array_equal(original[0], original[2])
    assert not np.array_equal(original[0], original[1])
    assert not np.array_equal(mixup, original)


def test_digits_are_grey_and_neither_mirrored_nor_alone_mixed(
    digit: Path, tmp_path: Path, drawn: list[Row]
) -> None:
    augment([digit], tmp_path / "sheet.png", size=28, columns=2)
    assert drawn[0].images.shape == (2, 28, 28, 1)
    assert not {"flip", "mixup", "cutmix"} & {row.name for row in drawn}


@pytest.mark.parametrize("ending", ["png", "svg"])
def test_the_file_is_a_picture_of_all_rows(photo: Path, tmp_path: Path, ending: str) -> None:
    path = augment([photo], tmp_path / f"sheet.{ending}", changes="flip,blur", columns=3, language="fr")
    if ending == "svg":
        assert "<svg" in path.read_text()
        return
    with Image.open(path) as sheet:
        width, height = sheet.size
        pixels = np.asarray(sheet.convert("RGB")).astype(int)
    assert height == pytest.approx(150 * (4 * 1.05 + 0.1), abs=2)
    # Three columns of pictures on the right of every row; words on the left.
    rows = np.array_split(pixels, 4)
    for row in rows:
        assert row[:, -100:].std() > 20
        assert (row[:, : width // 3] < 80).all(axis=2).any()


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"output": "sheet.gif"}, r"output must end in \.png, \.svg or \.pdf; received 'sheet\.gif'"),
        ({"output": "nowhere/sheet.png"}, "output must name a file in a folder that exists"),
        ({"columns": 0}, "columns must be from 1 to 24; received 0"),
        ({"changes": "flop"}, r"unknown augmentation 'flop'\. Did you mean 'flip'\?"),
        ({"changes": "mixup"}, "mixup and cutmix mix several pictures; give at least two"),
    ],
)
def test_what_is_wrong_is_said(
    photo: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, arguments: dict[str, Any], message: str
) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(ArgumentError, match=message):
        augment([photo], **arguments)
    assert not (tmp_path / "augment.png").exists()


def test_no_picture_and_a_bad_one_are_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(ArgumentError, match="pictures must name at least one file"):
        augment([])
    (tmp_path / "notes.txt").write_text("no picture")
    with pytest.raises(BadPicture, match=r"notes\.txt: not a picture"):
        augment(["notes.txt"])
