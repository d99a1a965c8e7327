"""Folders as phones and clouds export them: what is a picture there, what is passed over, and what is said of it."""

from __future__ import annotations

from pathlib import Path

import pytest

from prunelle.data import load
from prunelle.data.listing import Ignored, pictures
from prunelle.data.pictures import Pictures
from prunelle.errors import DataError
from tests.pictures import encoded, make_folder, photo

JPEG = encoded(photo(16, 16), "JPEG")
PICTURES = (
    "IMG_1234.jpg",
    "IMG_1234(1).jpg",  # Takeout: a second of that name
    "IMG_1234-edited.jpg",
    "IMG_1234 2.JPG",  # iCloud
    "IMG_E1235.JPG",  # edited on an iPhone
    "IMG-20240506-WA0001.jpeg",
    "PXL_20240506_070809.MP.jpg",  # Pixel: a film within the picture
    "Screenshot_20240506",  # no suffix
    "été 🐈 à la plage.jpg",
    "x" * 251 + ".jpg",  # as long as a name may be
)
OTHERS = (
    "IMG_1234.jpg.supplemental-metadata.json",
    "IMG_1234.jpg.supplemental-me(1).json",
    "metadata.json",
    "IMG_1235.AAE",
    "IMG_1236.xmp",
    "archive_browser.html",
)
FILMS = ("IMG_1234.MOV", "IMG_1234.MP4", "VID-20240506-WA0002.mp4", "MVI_0001.avi", "film.3gp")
HIDDEN = ("._IMG_1234.jpg", ".DS_Store", "Thumbs.db", "desktop.ini", "._IMG_1234.MOV")
ELSEWHERE = (".IMG_2000.HEIC.icloud", ".IMG_2001.JPG.icloud")


@pytest.fixture
def export(tmp_path: Path) -> Path:
    """``Photos from 2023``, six folders deep, with a folder of a storage's thumbnails."""
    folder = tmp_path / "Takeout" / "Google Photos" / ("deep " * 40) / "er" / "Photos from 2023"
    (folder / "@eaDir").mkdir(parents=True)
    for name in (*PICTURES, *OTHERS, *FILMS, *HIDDEN, *ELSEWHERE, "@eaDir/IMG_1234.jpg"):
        (folder / name).write_bytes(JPEG)
    return folder


def test_pictures_are_found_and_the_rest_is_counted(export: Path) -> None:
    listed = pictures(export)
    assert {file.name for file in listed.files} == set(PICTURES)
    assert listed.ignored == Ignored(len(OTHERS), len(FILMS), len(ELSEWHERE))
    assert Pictures().list_files(export) == listed.files
    above = pictures(export.parents[3])
    assert above.ignored == listed.ignored
    assert above.files == listed.files


def test_all_of_it_is_said_in_both_languages(export: Path, tmp_path: Path) -> None:
    folder = make_folder(tmp_path / "photos", ("cat", "dog"), 3, (8, 8))
    export.rename(folder / "cat" / "more")
    notes = load(folder).notes
    said = {
        "6 file(s) of photos that are not pictures by their suffix were ignored.": "6 fichier(s)",
        "5 film(s) of photos were ignored (a live photo has one beside it).": "5 film(s) de photos ignorés",
        "2 picture(s) of photos are in iCloud, not on this machine; ": "2 image(s) de photos sont dans iCloud",
    }
    for english, french in said.items():
        note = next(note for note in notes if note.en.startswith(english))
        assert note.fr.startswith(french)


def test_a_folder_that_is_all_in_icloud_is_no_empty_one(tmp_path: Path) -> None:
    for name in ("cat", "dog"):
        (tmp_path / name).mkdir()
        (tmp_path / name / f".{name}.HEIC.icloud").write_bytes(b"bplist00")
    with pytest.raises(
        DataError, match=r"no picture in its folders.* 2 picture\(s\) .* are in iCloud, not on this"
    ):
        load(tmp_path)
    (tmp_path / "dog" / "1.jpg").write_bytes(JPEG)
    with pytest.raises(DataError, match=r"without a picture: cat.* 2 picture"):
        load(tmp_path)
    with pytest.raises(DataError, match=r"has no picture\. 1 picture\(s\) of cat are in iCloud"):
        load(tmp_path / "cat")
    with pytest.raises(DataError, match=r"has no picture\. 1 picture\(s\) of cat are in iCloud"):
        load(tmp_path / "cat", labels="filename")


def test_films_alone_are_no_pictures(tmp_path: Path) -> None:
    """They were taken for pictures that cannot be read, and stopped the training."""
    folder = make_folder(tmp_path / "photos", ("cat", "dog"), 20, (8, 8))
    for file in list(folder.rglob("*.jpg")):
        file.with_suffix(".MOV").write_bytes(b"\0\0\0\x14ftypqt  ")
    data = load(folder)
    assert sum(map(len, data.splits())) == 40
