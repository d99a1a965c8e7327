"""Folders that cannot be listed, or that lead to themselves."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from prunelle.data import load
from prunelle.data.listing import entries, pictures, subfolders
from prunelle.errors import DataError
from tests.pictures import make_folder


@pytest.fixture
def photos(tmp_path: Path) -> Path:
    return make_folder(tmp_path / "photos", ("cat", "dog"), 5, (8, 8))


def test_a_link_to_a_folder_above_is_no_class(photos: Path) -> None:
    """All pictures of all classes would be there again, under another label."""
    (photos / "all").symlink_to(photos)
    (photos / "more").symlink_to(photos.parent)
    (photos / "self").symlink_to(photos / "self")
    (photos / "cat" / "up").symlink_to(photos)
    (photos / "cow").symlink_to(make_folder(photos.parent / "elsewhere", ("cow",), 5, (8, 8)) / "cow")
    assert list(subfolders(photos)) == ["cat", "cow", "dog"]
    data = load(photos)
    assert data.classes == ("cat", "cow", "dog")
    names = [file for split in data.splits() for file in split.files or ()]
    assert len({os.path.realpath(file) for file in names}) == len(names) == 15
    assert any("all, more" in note.en and "all, more" in note.fr for note in data.notes)


@pytest.fixture
def locked(photos: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder that may not be listed, for root too."""
    real = os.scandir

    def scandir(path: Any = ".") -> Iterator[Any]:
        if os.path.basename(path) == "dog":
            raise PermissionError(13, "Permission denied", str(path))
        return real(path)

    monkeypatch.setattr(os, "scandir", scandir)
    monkeypatch.setattr(
        os, "listdir", lambda path: [entry.name for entry in os.scandir(path)]
    )  # what iterdir uses
    return photos / "dog"


def test_a_folder_that_may_not_be_listed_is_an_error(locked: Path) -> None:
    """Its pictures would be missing without a word."""
    for reads in (pictures, entries, subfolders, load):
        with pytest.raises(DataError, match=r"dog cannot be read: Permission denied"):
            reads(locked)
    for reads in (pictures, load):
        with pytest.raises(DataError, match=r"dog cannot be read: Permission denied"):
            reads(locked.parent)
