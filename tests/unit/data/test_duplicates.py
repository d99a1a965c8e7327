"""The same example is recognised under another name, in another format; another one is not, however like it is."""

from __future__ import annotations

import io
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from prunelle.data import duplicates
from prunelle.data.duplicates import Contents
from prunelle.data.examples import Split
from prunelle.data.pixels import Pixels
from prunelle.data.preprocess import Preprocess
from prunelle.data.series.container import Series
from prunelle.data.series.preprocess import SeriesPreprocess
from prunelle.errors import DataError
from tests.pictures import encoded, photo

SMALL = Preprocess(size=(32, 32), channels=3)


def write(path: Path, picture: Image.Image, kind: str = "JPEG", **options: object) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(encoded(picture, kind, **options))
    return path


def contents(files: list[Path], preprocess: Preprocess = SMALL) -> Contents:
    return duplicates.contents_of(
        Split("train", np.zeros(len(files), np.int64), tuple(files)).decode(preprocess)
    )


@pytest.fixture
def photos(tmp_path: Path) -> list[Path]:
    """JPEGs so large that they are decoded at a fraction of their size."""
    return [write(tmp_path / f"{i}.jpg", photo(300, 240, seed=i), quality=90) for i in range(6)]


@pytest.mark.parametrize(
    "preprocess", [SMALL, Preprocess(size=(32, 32), channels=1), Preprocess(size=(200, 200))]
)
@pytest.mark.parametrize("kind", ["JPEG", "PNG", "BMP", "TIFF", "the same bytes"])
def test_the_same_picture_in_another_format(
    photos: list[Path], tmp_path: Path, kind: str, preprocess: Preprocess
) -> None:
    other = tmp_path / "other" / "renamed.img"
    other.parent.mkdir()
    if kind == "the same bytes":
        other.write_bytes(photos[3].read_bytes())
    else:
        write(other, Image.open(photos[3]), kind, **({"quality": 95} if kind == "JPEG" else {}))
    found = duplicates.matching_rows(contents([other], preprocess), contents(photos, preprocess))
    assert found.tolist() == [3]
    assert duplicates.groups(contents([*photos, other], preprocess)).tolist() == [0, 1, 2, 3, 4, 5, 3]


@pytest.mark.parametrize("change", ["a small mark", "mirrored", "a little brighter", "shifted by a pixel"])
def test_another_picture_however_like_it_is(photos: list[Path], tmp_path: Path, change: str) -> None:
    pixels = np.asarray(Image.open(photos[0])).astype(int)
    if change == "a small mark":
        pixels[100:104, 100:104] += 60 * (1 - 2 * (pixels[100:104, 100:104] > 128))
    elif change == "mirrored":
        pixels = pixels[:, ::-1]
    elif change == "a little brighter":
        pixels = pixels + 4
    else:
        pixels = np.roll(pixels, 1, axis=1)
    other = write(tmp_path / "other.png", Image.fromarray(np.clip(pixels, 0, 255).astype(np.uint8)), "PNG")
    assert duplicates.matching_rows(contents([other]), contents(photos)).tolist() == [-1]


def test_flat_pictures_are_the_same_only_to_the_last_level(tmp_path: Path) -> None:
    levels = [0, 0, 1, 128, 129, 128]
    files = [
        write(tmp_path / f"{i}.png", Image.new("RGB", (200, 200), (level,) * 3), "PNG")
        for i, level in enumerate(levels)
    ]
    assert duplicates.groups(contents(files)).tolist() == [0, 0, 1, 2, 3, 2]


def test_where_the_learned_file_is_gone_its_sketch_is_enough(photos: list[Path], tmp_path: Path) -> None:
    known = contents(photos)
    other = write(tmp_path / "other.png", Image.open(photos[2]), "PNG")
    for file in photos:
        file.unlink()
    assert duplicates.matching_rows(contents([other]), known).tolist() == [2]


def test_arrays_are_compared_exactly() -> None:
    images = np.random.default_rng(0).integers(0, 256, (5, 8, 8, 1), dtype=np.uint8)
    other = images[[4, 1]].copy()
    other[1, 0, 0] ^= 1
    ours, theirs = (
        duplicates.contents_of(Pixels(each, np.zeros(len(each), np.int64))) for each in (images, other)
    )
    assert duplicates.matching_rows(theirs, ours).tolist() == [4, -1]
    assert ours.sketches is None


@pytest.mark.parametrize("preprocess", [SeriesPreprocess(length=6, fit="pad"), SeriesPreprocess(length=8)])
def test_series_whatever_the_others_are_padded_to(preprocess: SeriesPreprocess) -> None:
    random = np.random.default_rng(0)
    first, second, third = (random.normal(size=(steps, 2)).astype(np.float32) for steps in (4, 6, 9))

    def of(*series: np.ndarray) -> Contents:
        split = Split("train", np.zeros(len(series), np.int64), array=Series.of(series))
        return duplicates.contents_of(split.decode(preprocess))

    known = of(first, second)
    assert duplicates.matching_rows(of(second, third, first), known).tolist() == [1, -1, 0]
    zero, minus = np.zeros((6, 2), np.float32), -np.zeros((6, 2), np.float32)
    assert duplicates.groups(of(zero, minus)).tolist() == [0, 0]


def test_contents_come_back_from_texts(photos: list[Path]) -> None:
    known = contents(photos)
    texts = [known.written(row) for row in range(len(known))]
    again = Contents.read(texts, [str(file) for file in photos])
    assert again.digests == known.digests
    assert known.sketches is not None
    assert again.sketches is not None
    np.testing.assert_array_equal(again.sketches, known.sketches)
    assert "," not in "".join(texts)
    for damaged in (texts[0][:-3], "0" * 31, "x" * 32, texts[0].replace(":", "", 1)):
        with pytest.raises(DataError, match="does not say what an example holds"):
            Contents.read([damaged], None)


def test_many_pictures_from_a_fixed_camera_are_not_one(tmp_path: Path) -> None:
    """All sketches agree; a mark of four pixels, elsewhere on each, is what tells them apart."""
    scene = np.asarray(photo(160, 160, seed=1)).astype(int)
    files = []
    for i in range(12):
        pixels = scene.copy()
        pixels[8 * i : 8 * i + 4, 40:44] = 255 * (pixels[8 * i : 8 * i + 4, 40:44] < 128)
        files.append(write(tmp_path / f"{i}.jpg", Image.fromarray(pixels.astype(np.uint8)), quality=95))
    buffer = io.BytesIO()
    Image.open(files[5]).save(buffer, "PNG")
    (tmp_path / "copy.png").write_bytes(buffer.getvalue())
    found = duplicates.groups(contents([*files, tmp_path / "copy.png"]))
    assert found.tolist() == [*range(12), 5]
