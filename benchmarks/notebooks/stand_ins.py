"""Data where the notebooks' own is not at hand: ``stand_ins.py DATA MNIST PHOTOS``.

``MNIST`` holds its four files (IDX, gzipped), ``PHOTOS`` has folders ``cats`` and ``dogs`` of JPEGs, 900 each or more.
The rest is made of those, or drawn, in the formats and under the names that notebooks look for; what the campaign of
programs makes (``../course_programs/stand_ins.py``) is there too. Fashion-MNIST is MNIST's digits turned a quarter,
CIFAR-10 ten photos made small, with noise. As --epochs does not shorten loops of one's own, sets have fewer examples
than the real ones, but for MNIST in Keras.
"""

from __future__ import annotations

import gzip
import io
import pickle
import struct
import sys
import tarfile
import zipfile
from collections.abc import Iterator
from pathlib import Path

import numpy as np
from PIL import Image

sys.path.insert(0, str(Path(__file__).parents[1] / "course_programs"))
import stand_ins as programs_stand_ins

_RNG = np.random.default_rng(0)
_FEW = {"train": 2_000, "t10k": 500}
_FASHION = {"train": 12_000, "t10k": 2_000}
_CIFAR = 2_000
"""Of each of its six files."""
_SIGNALS = [f"{kind}_{axis}" for kind in ("body_acc", "body_gyro", "total_acc") for axis in "xyz"]


def main(data: Path, mnist: Path, photos: Path) -> None:
    """Make all of it."""
    shared = data / "shared"
    shared.mkdir(parents=True, exist_ok=True)
    if not (shared / "mnist").exists():
        (shared / "mnist").symlink_to(mnist.resolve())
    small = _small_photos(data / "photos", photos)
    programs_stand_ins.main(data, shared, small)
    fetched, beside = data / "downloads", data / "beside"
    digits = {split: _read(mnist, split) for split in _FEW}
    _fashion(data / "fashion-mnist", digits)
    _for_torchvision(fetched, digits)
    colours = _cifar(small)
    _cifar_binary(data / "cifar10" / "cifar-10-batches-bin", colours)
    _cifar_pickles(fetched / "cifar-10-python.tar.gz", colours)
    pets = {kind: sorted((small / kind).glob("*.jpg")) for kind in ("cats", "dogs")}
    _archives(fetched, beside, pets)
    _houses(fetched / "cal_housing.tgz")
    _folders(beside, pets)
    _signals(beside / "signals")
    _processed(beside / "processed", digits)


def _small_photos(folder: Path, photos: Path) -> Path:
    for kind in ("cats", "dogs"):
        (folder / kind).mkdir(parents=True, exist_ok=True)
        for i, path in enumerate(sorted((photos / kind).glob("*.jpg"))):
            if not (place := folder / kind / f"{kind[:-1]}.{i}.jpg").exists():
                with Image.open(path) as photo:
                    photo.convert("RGB").resize((200, 160)).save(place, quality=80)
    return folder


def _read(folder: Path, split: str) -> tuple[np.ndarray, np.ndarray]:
    with gzip.open(folder / f"{split}-images-idx3-ubyte.gz") as images:
        pixels = np.frombuffer(images.read()[16:], np.uint8).reshape(-1, 28, 28)
    with gzip.open(folder / f"{split}-labels-idx1-ubyte.gz") as labels:
        return pixels, np.frombuffer(labels.read()[8:], np.uint8)


def _idx(pixels: np.ndarray, labels: np.ndarray) -> tuple[bytes, bytes]:
    return (
        struct.pack(">BBBB3I", 0, 0, 8, 3, *pixels.shape) + pixels.tobytes(),
        struct.pack(">BBBBI", 0, 0, 8, 1, len(labels)) + labels.tobytes(),
    )


def _fashion(folder: Path, digits: dict[str, tuple[np.ndarray, np.ndarray]]) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    for split, (pixels, labels) in digits.items():
        pixels, labels = pixels[: _FASHION[split]], labels[: _FASHION[split]].copy()
        if split == "train":
            labels[:10] = [9, 0, 0, 3, 0, 2, 7, 2, 5, 5]  # by which the set is known
        turned = np.rot90(pixels, axes=(1, 2)) // 2 + _RNG.integers(0, 9, pixels.shape, dtype=np.uint8)
        images, numbers = _idx(np.ascontiguousarray(turned), labels)
        (folder / f"{split}-images-idx3-ubyte").write_bytes(images)
        (folder / f"{split}-labels-idx1-ubyte").write_bytes(numbers)


def _for_torchvision(fetched: Path, digits: dict[str, tuple[np.ndarray, np.ndarray]]) -> None:
    for split, (pixels, labels) in digits.items():
        few, kinds = pixels[: _FEW[split]], labels[: _FEW[split]]
        turned = np.ascontiguousarray(np.rot90(few, axes=(1, 2)))
        for folder, chosen in ((fetched, few), (fetched / "fashion", turned)):
            folder.mkdir(exist_ok=True)
            images, numbers = _idx(chosen, kinds)
            (folder / f"{split}-images-idx3-ubyte.gz").write_bytes(gzip.compress(images, 1))
            (folder / f"{split}-labels-idx1-ubyte.gz").write_bytes(gzip.compress(numbers, 1))


def _cifar(photos: Path) -> tuple[np.ndarray, np.ndarray]:
    """``(12000, 32, 32, 3)`` and ``(12000,)``: a photo for each class, with noise."""
    chosen = [*sorted((photos / "cats").glob("*.jpg"))[:5], *sorted((photos / "dogs").glob("*.jpg"))[:5]]
    base = np.stack([np.asarray(Image.open(path).resize((32, 32))) for path in chosen]).astype(np.int16)
    labels = np.tile(np.arange(10, dtype=np.uint8), 6 * _CIFAR // 10)
    noise = _RNG.integers(-60, 60, (len(labels), 32, 32, 3), dtype=np.int16)
    return (base[labels] + noise).clip(0, 255).astype(np.uint8), labels


def _cifar_binary(folder: Path, colours: tuple[np.ndarray, np.ndarray]) -> None:
    pixels, labels = colours
    for i, name in enumerate((*(f"data_batch_{i}" for i in range(1, 6)), "test_batch")):
        part = slice(_CIFAR * i, _CIFAR * (i + 1))
        planes = pixels[part].transpose(0, 3, 1, 2).reshape(_CIFAR, -1)
        (folder / f"{name}.bin").write_bytes(np.hstack([labels[part, None], planes]).tobytes())


def _cifar_pickles(path: Path, colours: tuple[np.ndarray, np.ndarray]) -> None:
    pixels, labels = colours
    names = ["airplane", "automobile", "bird", "cat", "deer", "dog", "frog", "horse", "ship", "truck"]
    with tarfile.open(path, "w:gz", compresslevel=1) as archive:
        for i, name in enumerate((*(f"data_batch_{i}" for i in range(1, 6)), "test_batch")):
            part = slice(_CIFAR // 5 * i, _CIFAR // 5 * (i + 1))
            planes = pixels[part].transpose(0, 3, 1, 2).reshape(_CIFAR // 5, -1)
            content = {"data": planes, "labels": [int(label) for label in labels[part]]}
            _add(archive, f"cifar-10-batches-py/{name}", pickle.dumps(content))
        _add(archive, "cifar-10-batches-py/batches.meta", pickle.dumps({"label_names": names}))


def _add(archive: tarfile.TarFile, name: str, content: bytes) -> None:
    entry = tarfile.TarInfo(name)
    entry.size = len(content)
    archive.addfile(entry, io.BytesIO(content))


def _tree(
    pets: dict[str, list[Path]], names: dict[str, str], parts: dict[str, tuple[int, int]]
) -> Iterator[tuple[str, Path]]:
    """Path in a tree ``part/class/file`` and photo."""
    for part, (first, last) in parts.items():
        for name, kind in names.items():
            for path in pets[kind][first:last]:
                yield f"{part}/{name}/{path.name}", path


def _archives(fetched: Path, beside: Path, pets: dict[str, list[Path]]) -> None:
    filtered = _tree(pets, {"cats": "cats", "dogs": "dogs"}, {"train": (0, 300), "validation": (300, 400)})
    _zip(fetched / "cats_and_dogs_filtered.zip", "cats_and_dogs_filtered", filtered)
    flowers = dict.fromkeys(("daisy", "dandelion", "roses"), "cats") | dict.fromkeys(
        ("sunflowers", "tulips"), "dogs"
    )
    with tarfile.open(fetched / "flower_photos.tgz", "w:gz", compresslevel=1) as archive:
        for i, (name, path) in enumerate(_tree(pets, flowers, {"flower_photos": (0, 120)})):
            archive.add(path, f"{name[:-4]}_{i}.jpg")
    _link(fetched / "592px-Red_sunflower.jpg", pets["dogs"][0])
    dishes = _tree(pets, {"pizza": "cats", "steak": "dogs"}, {"train": (0, 750), "test": (0, 250)})
    _zip(beside / "pizza_steak.zip", "pizza_steak", dishes)
    ten = {f"{'dish'}_{i}": ("cats", "dogs")[i % 2] for i in range(10)}
    _zip(
        beside / "10_food_classes_all_data.zip",
        "10_food_classes_all_data",
        _tree(pets, ten, {"train": (0, 150), "test": (150, 200)}),
    )
    inner = io.BytesIO()
    with zipfile.ZipFile(inner, "w") as zipped:
        for kind in ("cats", "dogs"):
            for i in range(2_500):
                zipped.write(pets[kind][i % len(pets[kind])], f"train/{kind[:-1]}.{i}.jpg")
    with zipfile.ZipFile(beside / "dogs-vs-cats.zip", "w") as zipped:
        zipped.writestr("train.zip", inner.getvalue())
    with zipfile.ZipFile(beside / "jena_climate_2009_2016.csv.zip", "w", zipfile.ZIP_DEFLATED) as zipped:
        zipped.write(beside / "jena_climate_2009_2016.csv", "jena_climate_2009_2016.csv")
    photos = [*pets["cats"][:20], *pets["dogs"][:20]]
    _zip(beside / "images_pascalVOC.zip", "images_resize", ((path.name, path) for path in photos))


def _zip(path: Path, top: str, files: Iterator[tuple[str, Path]]) -> None:
    with zipfile.ZipFile(path, "w") as zipped:
        for name, photo in files:
            zipped.write(photo, f"{top}/{name}")


def _folders(beside: Path, pets: dict[str, list[Path]]) -> None:
    both = {"cats": "cats", "dogs": "dogs"}
    trees = {
        "kaggle_original_data": (
            (f"{kind[:-1]}.{i}.jpg", pets[kind][i % len(pets[kind])]) for kind in both for i in range(2_000)
        ),
        "three_splits": _tree(pets, both, {"train": (0, 1000), "validation": (0, 500), "test": (300, 800)}),
        "Cat_Dog_data": _tree(pets, {"cat": "cats", "dog": "dogs"}, {"train": (0, 100), "test": (100, 140)}),
        "pizza_steak_sushi": _tree(
            pets, {"pizza": "cats", "steak": "dogs", "sushi": "cats"}, {"train": (0, 75), "test": (75, 100)}
        ),
    }
    for name, files in trees.items():
        for path, photo in files:
            _link(beside / name / path, photo)
    (beside / "kaggle").mkdir(exist_ok=True)
    (beside / "kaggle" / "kaggle.json").write_text("{}")
    for name in ("03-steak", "03-pizza-dad", "03-hamburger", "03-sushi", "04-pizza-dad"):
        _link(beside / f"{name}.jpeg", pets["cats"][0])


def _houses(path: Path) -> None:
    """California's, in scikit-learn's archive."""
    rows = _RNG.random((20_640, 9)) * [5, 5, 50, 5e3, 1e3, 3e3, 500, 10, 4e5] + 1
    rows[:, :2] += [-124, 32]
    text = io.BytesIO()
    np.savetxt(text, rows, fmt="%.4f", delimiter=",")
    with tarfile.open(path, "w:gz", compresslevel=1) as archive:
        _add(archive, "CaliforniaHousing/cal_housing.data", text.getvalue())


def _signals(folder: Path) -> None:
    """Movements as the telephones' set has them: a file a sensor, a line an example of 128 numbers."""
    for split, count in (("train", 7_352), ("test", 2_947)):
        (folder / split).mkdir(parents=True, exist_ok=True)
        for signal in _SIGNALS:
            values = np.sin(np.arange(128) / 9 + _RNG.random((count, 1)) * 6) + _RNG.normal(
                0, 0.1, (count, 128)
            )
            np.savetxt(folder / split / f"{signal}_{split}.txt", values, fmt="%.4e")


def _processed(folder: Path, digits: dict[str, tuple[np.ndarray, np.ndarray]]) -> None:
    """MNIST as torchvision kept it until 0.9."""
    import torch

    folder.mkdir(exist_ok=True)
    for name, split in (("training", "train"), ("test", "t10k")):
        pixels, labels = (array[: _FEW[split]].copy() for array in digits[split])
        torch.save((torch.from_numpy(pixels), torch.from_numpy(labels).long()), folder / f"{name}.pt")


def _link(path: Path, to: Path) -> None:
    programs_stand_ins.link(path, to)


if __name__ == "__main__":
    main(*map(Path, sys.argv[1:4]))
