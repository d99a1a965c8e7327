"""``ImageDataGenerator`` and what reads pictures, which are Prunelle's own, against Keras's, which hides its old one.

Keras since 2.9 exchanges rows and columns in geometric changes (keras-team/keras#17398); until then, as its
documentation says, it did not, and neither do we. So for those, what ours makes of a picture is what Keras's makes of
the picture on its side.
"""

from __future__ import annotations

import gc
import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image
from scipy import ndimage

from prunelle.errors import ArgumentError, BadPicture, MissingData
from prunelle.keras import floor
from prunelle.keras.preprocessing import reading
from prunelle.keras.preprocessing.image import (
    ImageDataGenerator,
    apply_affine_transform,
    array_to_img,
    image_dataset_from_directory,
    img_to_array,
    load_img,
)
from tests.pictures import encoded, make_folder, photo

oracle = floor.private("legacy.preprocessing.image")

pytestmark = pytest.mark.filterwarnings("ignore::UserWarning", "ignore::DeprecationWarning")

RNG = np.random.default_rng(0)
X = RNG.integers(0, 256, (13, 20, 20, 3)).astype("uint8")
Y = np.arange(13) % 3

PLAIN = [
    {"rescale": 1 / 255},
    {"horizontal_flip": True, "vertical_flip": True},
    {"channel_shift_range": 30.0},
    {"brightness_range": (0.5, 1.5), "rescale": 0.5},
    {"brightness_range": (0.5, 1.5), "preprocessing_function": lambda x: x - 100},
    {"samplewise_center": True},
    {"samplewise_std_normalization": True},
    {"preprocessing_function": lambda x: x[..., ::-1] - 3.0, "rescale": 1 / 128},
]
GEOMETRY = [
    {"rotation_range": 40},
    {"width_shift_range": 0.2, "height_shift_range": 0.1},
    {"width_shift_range": 5, "height_shift_range": [1, -2, 4]},
    {"width_shift_range": [-0.25, 0.1], "height_shift_range": 3.5},
    {"shear_range": 20.0},
    {"zoom_range": 0.3},
    {"zoom_range": (0.5, 0.8), "fill_mode": "constant", "cval": 7.0, "rotation_range": 10},
    {"rotation_range": 90, "fill_mode": "wrap"},
    {
        "rotation_range": 40,
        "width_shift_range": 0.2,
        "height_shift_range": 0.2,
        "shear_range": 0.2,
        "zoom_range": 0.2,
        "channel_shift_range": 9.0,
        "fill_mode": "reflect",
        "interpolation_order": 0,
        "rescale": 1 / 255,
    },
]


def turned(pictures: np.ndarray) -> np.ndarray:
    """Rows for columns."""
    return pictures.swapaxes(1, 2)


def batches(make: Callable[[], Iterator[Any]], count: int = 9) -> list[Any]:
    np.random.seed(1)
    iterator = make()
    return [next(iterator) for _ in range(count)]


@pytest.mark.parametrize("seed", [3, None])
@pytest.mark.parametrize("arguments", PLAIN, ids=lambda arguments: "+".join(arguments))
def test_the_same_batches_in_the_same_order(arguments: dict[str, Any], seed: int | None) -> None:
    ours = batches(lambda: ImageDataGenerator(**arguments).flow(X, Y, batch_size=4, seed=seed))
    theirs = batches(lambda: oracle.ImageDataGenerator(**arguments).flow(X, Y, batch_size=4, seed=seed))
    for (x, y), (expected_x, expected_y) in zip(ours, theirs, strict=True):
        assert x.dtype == np.float32
        np.testing.assert_array_equal(x, expected_x)
        np.testing.assert_array_equal(y, expected_y)


@pytest.mark.parametrize("arguments", GEOMETRY, ids=lambda arguments: "+".join(arguments))
def test_the_same_geometry(arguments: dict[str, Any]) -> None:
    ours = batches(lambda: ImageDataGenerator(**arguments).flow(turned(X), Y, batch_size=4, seed=5), 5)
    theirs = batches(lambda: oracle.ImageDataGenerator(**arguments).flow(X, Y, batch_size=4, seed=5), 5)
    for (x, _), (expected, _) in zip(ours, theirs, strict=True):
        np.testing.assert_allclose(turned(x), expected, atol=2e-4 * np.abs(expected).max())


def test_rows_and_columns_are_what_their_names_say() -> None:
    """By hand, on a picture that is not square: Keras 2.0 to 2.8, and the documentation of all."""
    picture = np.arange(20.0).reshape(4, 5, 1).astype("float32")
    down = ImageDataGenerator(height_shift_range=1).apply_transform(picture, {"tx": 1})
    np.testing.assert_array_equal(down[..., 0], picture[[1, 2, 3, 3], :, 0])
    right = ImageDataGenerator().apply_transform(picture, {"ty": -2})
    np.testing.assert_array_equal(right[..., 0], picture[:, [0, 0, 0, 1, 2], 0])
    # A quarter turn about the middle of the picture: SciPy's rotation of the array by as much.
    turned_by_90 = ImageDataGenerator(fill_mode="constant").apply_transform(picture, {"theta": 90})
    expected = ndimage.rotate(picture[..., 0], -90, reshape=False, order=1, mode="constant")
    np.testing.assert_allclose(turned_by_90[..., 0], expected, atol=1e-4)


@pytest.mark.parametrize("mode", ["nearest", "constant", "reflect", "wrap"])
@pytest.mark.parametrize("order", [0, 1, 3])
def test_channels_first_is_the_same_function(mode: str, order: int) -> None:
    picture = X[0].astype("float32")
    options = {"theta": 33, "tx": 2.5, "ty": -1.25, "shear": 8, "zx": 0.8, "zy": 1.3}
    last = apply_affine_transform(
        picture, **options, row_axis=0, col_axis=1, channel_axis=2, fill_mode=mode, order=order
    )
    first = apply_affine_transform(picture.transpose(2, 0, 1), **options, fill_mode=mode, order=order)
    # SciPy channel by channel on one side, for straight lines all channels at once on the other.
    np.testing.assert_allclose(first.transpose(1, 2, 0), last, atol=1e-3)


@pytest.mark.parametrize("augment", [False, True])
@pytest.mark.parametrize(
    "arguments",
    [
        {"featurewise_center": True},
        {"featurewise_std_normalization": True, "rescale": 0.5, "horizontal_flip": True},
        {"zca_whitening": True, "zca_epsilon": 1e-3},
    ],
)
def test_what_is_measured_on_all_pictures(arguments: dict[str, Any], augment: bool) -> None:
    ours, theirs = ImageDataGenerator(**arguments), oracle.ImageDataGenerator(**arguments)
    for generator in (ours, theirs):
        generator.fit(X, augment=augment, rounds=2, seed=2)
    x, expected = (next(generator.flow(X, seed=1)) for generator in (ours, theirs))
    np.testing.assert_allclose(x, expected, rtol=1e-4, atol=1e-4)
    with pytest.warns(UserWarning, match="needs generator.fit"):
        next(ImageDataGenerator(**arguments).flow(X))


@pytest.mark.parametrize("subset", ["training", "validation"])
def test_arrays_with_a_split_weights_and_others(subset: str) -> None:
    rest, weights = np.arange(13) * 10, np.arange(13) / 10
    labels = np.tile([0, 1], 7)[:13]
    ours = ImageDataGenerator(validation_split=0.3).flow((X, rest), labels, 3, seed=4, subset=subset)
    theirs = oracle.ImageDataGenerator(validation_split=0.3).flow((X, rest), labels, 3, seed=4, subset=subset)
    assert (len(ours), ours.n) == (len(theirs), theirs.n)
    for _ in range(6):
        (x, more), y = next(ours)
        (expected, expected_more), expected_y = next(theirs)
        for found, wanted in ((x, expected), (more, expected_more), (y, expected_y)):
            np.testing.assert_array_equal(found, wanted)
    # Keras leaves the weights whole where it takes a part of the pictures.
    whole = ImageDataGenerator().flow(X, labels, 13, shuffle=False, sample_weight=weights)
    np.testing.assert_array_equal(next(whole)[2], weights)


def test_by_index_as_fit_takes_them() -> None:
    def two_epochs(generator: Any) -> list[np.ndarray]:
        np.random.seed(3)
        iterator = generator(horizontal_flip=True).flow(X, Y, 5, seed=8)
        found = []
        for _ in range(2):
            found += [iterator[index][0] for index in range(len(iterator))]
            iterator.on_epoch_end()
        return found

    for ours, theirs in zip(
        two_epochs(ImageDataGenerator), two_epochs(oracle.ImageDataGenerator), strict=True
    ):
        np.testing.assert_array_equal(ours, theirs)
    with pytest.raises(IndexError):
        _ = ImageDataGenerator().flow(X, batch_size=5)[3]


@pytest.fixture(scope="module")
def photos(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Folders of JPEGs of varied sizes, and grey, transparent, 16-bit and turned ones."""
    folder = tmp_path_factory.mktemp("photos")
    make_folder(folder, ("chats", "chiens", "oiseaux"), 5, (40, 55), seed=3)
    (folder / "chats" / "plus").mkdir()
    photo(61, 33, 1).save(folder / "chats" / "plus" / "GRAND.JPG", quality=80)
    photo(30, 30, 2).convert("L").save(folder / "chiens" / "gris.png")
    photo(30, 44, 3).convert("RGBA").save(folder / "chiens" / "alpha.png")
    deep = (np.arange(600, dtype=np.uint16) * 100).reshape(20, 30)
    Image.fromarray(deep).save(folder / "oiseaux" / "profond.png")
    exif = Image.Exif()
    exif[0x0112] = 6
    photo(64, 32, 4).save(folder / "oiseaux" / "tourne.jpg", exif=exif)
    (folder / "oiseaux" / "notes.txt").write_text("rien")
    return folder


@pytest.mark.parametrize(
    "arguments",
    [
        {"target_size": (24, 32)},
        {"target_size": (24, 32), "class_mode": "sparse", "classes": ["oiseaux", "chats"]},
        {"target_size": (20, 20), "color_mode": "grayscale", "interpolation": "bilinear", "class_mode": None},
        {"target_size": (20, 30), "color_mode": "rgba", "interpolation": "lanczos", "class_mode": "input"},
        {"target_size": (40, 25), "keep_aspect_ratio": True, "interpolation": "bicubic", "shuffle": False},
        {
            "target_size": (24, 24),
            "subset": "training",
            "class_mode": "binary",
            "classes": ["chiens", "chats"],
        },
        {"target_size": (24, 24), "subset": "validation"},
    ],
)
def test_a_folder(arguments: dict[str, Any], photos: Path, capsys: pytest.CaptureFixture[str]) -> None:
    options = {"rescale": 1 / 255, "horizontal_flip": True, "validation_split": 0.34}
    ours = ImageDataGenerator(**options).flow_from_directory(photos, batch_size=4, seed=6, **arguments)
    said = capsys.readouterr().out
    theirs = oracle.ImageDataGenerator(**options).flow_from_directory(
        photos, batch_size=4, seed=6, **arguments
    )
    assert said == capsys.readouterr().out
    for attribute in (
        "filenames",
        "filepaths",
        "class_indices",
        "samples",
        "n",
        "num_classes",
        "image_shape",
    ):
        found, expected = getattr(ours, attribute), getattr(theirs, attribute)
        if attribute == "filepaths":
            found, expected = [str(each) for each in found], [str(each) for each in expected]
        assert found == expected, attribute
    np.testing.assert_array_equal(ours.classes, theirs.classes)
    # Twice through: the second time from memory.
    for _ in range(2 * len(ours)):
        batch, expected = next(ours), next(theirs)
        if arguments.get("class_mode", "") is None:
            batch, expected = (batch,), (expected,)
        for found, wanted in zip(batch, expected, strict=True):
            assert found.dtype == wanted.dtype
            np.testing.assert_array_equal(found, wanted)


def test_each_file_is_decoded_once(photos: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from prunelle.keras.preprocessing import iterators

    read: list[str] = []
    real = load_img
    monkeypatch.setattr(
        iterators, "load_img", lambda file, *rest, **how: read.append(file) or real(file, *rest, **how)
    )
    iterator = ImageDataGenerator(rotation_range=10).flow_from_directory(photos, (20, 20), batch_size=7)
    for _ in range(3 * len(iterator)):
        next(iterator)
    assert sorted(read) == sorted(iterator.filepaths)


def test_what_does_not_fit_into_memory_is_decoded_again(
    photos: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    gc.collect()  # pictures of iterators that are gone count until then
    monkeypatch.setattr(reading, "MEMORY_BUDGET", reading._kept_bytes + 3 * 20 * 20 * 3)
    iterator = ImageDataGenerator().flow_from_directory(photos, (20, 20), shuffle=False, batch_size=50)
    first, again = next(iterator), next(iterator)
    np.testing.assert_array_equal(first[0], again[0])
    assert len(iterator._pictures._kept) == 3


class Table:
    """As much of a pandas table as is needed."""

    def __init__(self, **columns: list[Any]) -> None:
        self._columns = columns
        self.columns = list(columns)

    def __getitem__(self, name: str) -> Any:
        return np.array(
            self._columns[name], object if isinstance(self._columns[name][0], str | list) else None
        )


def test_a_table_of_files(photos: Path, capsys: pytest.CaptureFixture[str]) -> None:
    names = ["chats/0000.jpg", "chiens/0001.jpg", "chats/0002.jpg", "perdu.jpg", "chiens/gris.png"]
    table = Table(filename=names, espece=["chat", "chien", "chat", "chien", "chien"], poids=[1.0, 2, 3, 4, 5])
    generator = ImageDataGenerator(validation_split=0.25)
    options = {"directory": photos, "y_col": "espece", "target_size": (16, 16), "shuffle": False}
    with pytest.warns(UserWarning, match="1 file names of the column 'filename' are not"):
        iterator = generator.flow_from_dataframe(table, weight_col="poids", **options)
    assert capsys.readouterr().out == "Found 4 validated image filenames belonging to 2 classes.\n"
    x, y, weights = next(iterator)
    assert x.shape == (4, 16, 16, 3)
    np.testing.assert_array_equal(y, [[1, 0], [0, 1], [1, 0], [0, 1]])
    np.testing.assert_array_equal(weights, [1, 2, 3, 5])
    np.testing.assert_array_equal(x[1], img_to_array(load_img(photos / names[1], target_size=(16, 16))))
    part = generator.flow_from_dataframe(table, subset="validation", class_mode="binary", **options)
    assert part.filenames == ["chats/0000.jpg"]
    raw = generator.flow_from_dataframe(table, class_mode="raw", **(options | {"y_col": "poids"}))
    np.testing.assert_array_equal(next(raw)[1], [1, 2, 3, 5])
    with pytest.raises(ArgumentError, match=r"unknown column 'especes'\. Did you mean 'espece'"):
        generator.flow_from_dataframe(table, **(options | {"y_col": "especes"}))
    with pytest.raises(ArgumentError, match=r"must hold text.*received .*1\.0.*astype\(str\)"):
        generator.flow_from_dataframe(table, **(options | {"y_col": "poids", "class_mode": "sparse"}))


def test_pictures_that_are_saved(tmp_path: Path) -> None:
    next(
        ImageDataGenerator().flow(
            X, batch_size=3, save_to_dir=str(tmp_path), save_prefix="a", save_format="png"
        )
    )
    saved = sorted(tmp_path.iterdir())
    assert len(saved) == 3
    assert all(path.name.startswith("a_") and Image.open(path).size == (20, 20) for path in saved)


def test_errors_name_what_is_wrong(photos: Path, tmp_path: Path) -> None:
    with pytest.raises(MissingData, match=r"folder '.*photo' is not there"):
        ImageDataGenerator().flow_from_directory(photos.parent / "photo")
    with pytest.raises(ArgumentError, match=r"'chat'\. Did you mean 'chats'"):
        ImageDataGenerator().flow_from_directory(photos, classes=["chat", "chiens"])
    for arguments, said in (
        ({"fill_mode": "nearst"}, "unknown fill_mode 'nearst'. Did you mean 'nearest'"),
        ({"validation_split": 2}, "validation_split must be a share between 0 and 1; received 2"),
        ({"zoom_range": (1, 2, 3)}, "zoom_range must be a number or two factors"),
        ({"brightness_range": 0.3}, "brightness_range must be two factors; received 0.3"),
    ):
        with pytest.raises(ArgumentError, match=said):
            ImageDataGenerator(**arguments)  # type: ignore[arg-type]
    with pytest.raises(ArgumentError, match=r"must be of one length; received 13 and 12"):
        ImageDataGenerator().flow(X, Y[:12])
    with pytest.raises(ArgumentError, match="different number of classes after the split"):
        ImageDataGenerator(validation_split=0.5).flow(X, np.sort(Y), subset="training")
    whole = encoded(photo(80, 60), "JPEG")
    (tmp_path / "a").mkdir()
    (tmp_path / "a" / "moitie.jpg").write_bytes(whole[: len(whole) // 2])
    with pytest.raises(BadPicture, match=r"moitie\.jpg: cannot be read as a picture \(.*truncated"):
        next(ImageDataGenerator().flow_from_directory(tmp_path))


@pytest.mark.parametrize(
    "arguments",
    [
        {},
        {"color_mode": "grayscale"},
        {"target_size": (10, 30)},
        {"color_mode": "rgba", "target_size": (64, 9)},
    ],
)
def test_single_pictures(arguments: dict[str, Any], photos: Path) -> None:
    utils = floor.keras.utils
    for path in sorted(photos.rglob("*.*g")):
        ours, theirs = load_img(path, **arguments), utils.load_img(path, **arguments)
        assert (ours.size, ours.mode) == (theirs.size, theirs.mode)
        array = img_to_array(ours)
        np.testing.assert_array_equal(array, utils.img_to_array(theirs))
        for scale in (True, False):
            back, expected = array_to_img(array / 3, scale=scale), utils.array_to_img(array / 3, scale=scale)
            assert back.mode == expected.mode
            np.testing.assert_array_equal(np.asarray(back), np.asarray(expected))


def test_a_picture_that_is_not_there(photos: Path) -> None:
    with pytest.raises(MissingData, match=r"0000\.jpeg' is not there\. Did you mean '0000\.jpg'"):
        load_img(photos / "chats" / "0000.jpeg")


def bilinear(picture: np.ndarray, height: int, width: int) -> np.ndarray:
    """TensorFlow's resizing, by its definition: centres of pixels at a half, edges repeated, no averaging."""
    result = np.empty((height, width, picture.shape[2]))
    for i in range(height):
        for j in range(width):
            y = np.clip((i + 0.5) * picture.shape[0] / height - 0.5, 0, picture.shape[0] - 1)
            x = np.clip((j + 0.5) * picture.shape[1] / width - 0.5, 0, picture.shape[1] - 1)
            top, left = int(y), int(x)
            down, right = min(top + 1, picture.shape[0] - 1), min(left + 1, picture.shape[1] - 1)
            upper = picture[top, left] * (1 - x + left) + picture[top, right] * (x - left)
            lower = picture[down, left] * (1 - x + left) + picture[down, right] * (x - left)
            result[i, j] = upper * (1 - y + top) + lower * (y - top)
    return result


def test_a_folder_as_a_data_set(photos: Path) -> None:
    options: dict[str, Any] = {"validation_split": 0.25, "seed": 11, "image_size": (12, 18), "verbose": False}
    training = image_dataset_from_directory(photos, subset="training", **options)
    validation = image_dataset_from_directory(photos, subset="validation", **options)
    assert training.class_names == ["chats", "chiens", "oiseaux"]
    # Keras's order: all files sorted, then shuffled by NumPy's old generator on the seed; the last quarter aside.
    files = [str(path) for name in training.class_names for path in walked(photos / name)]
    np.random.RandomState(11).shuffle(files)
    assert (training.file_paths, validation.file_paths) == (files[:-5], files[-5:])
    images, labels = next(iter(validation))
    assert labels.tolist() == [
        training.class_names.index(Path(f).relative_to(photos).parts[0]) for f in files[-5:]
    ]
    expected = bilinear(np.asarray(Image.open(files[-1]).convert("RGB"), float), 12, 18)
    np.testing.assert_allclose(images[-1].numpy(), expected, atol=1e-3)
    # Validation keeps its order, training is drawn anew.
    assert next(iter(validation))[1].tolist() == labels.tolist()
    passes = [[label for _, ys in training for label in ys.tolist()] for _ in range(3)]
    assert sorted(passes[0]) == sorted(passes[1])
    assert len({tuple(each) for each in passes}) == 3
    binary = image_dataset_from_directory(
        photos,
        label_mode="binary",
        class_names=["chiens", "chats"],
        shuffle=False,
        verbose=False,
        batch_size=3,
    )
    assert (len(binary), next(iter(binary))[1].tolist()) == (5, [[0.0], [0.0], [0.0]])
    with pytest.raises(ArgumentError, match="seed must be given with validation_split"):
        image_dataset_from_directory(photos, subset="training", validation_split=0.2)
    plain: dict[str, Any] = {"image_size": (12, 6), "shuffle": False, "verbose": False}
    cut, of_2_3, squashed = (
        next(iter(image_dataset_from_directory(photos, **plain, **{name: True})))[0].numpy()
        for name in ("crop_to_aspect_ratio", "smart_resize", "follow_links")
    )
    np.testing.assert_array_equal(of_2_3, cut)
    assert not np.array_equal(of_2_3, squashed)


def walked(folder: Path) -> list[Path]:
    """As ``os.walk`` goes, each folder's files sorted."""
    walk = sorted(os.walk(folder))
    return [
        Path(root, name)
        for root, _, names in walk
        for name in sorted(names)
        if name.lower()[-3:] in ("jpg", "png")
    ]
