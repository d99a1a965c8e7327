"""Data for the programs where theirs are not at hand: ``stand_ins.py DATA SHARED PHOTOS``.

Everything is made up, small, and in the formats and under the names that the programs open; real are MNIST's four
files (from ``SHARED/mnist``, where they are there) and the photos of cats and dogs (``PHOTOS/cats``, ``PHOTOS/dogs``,
any JPEGs). ``DATA`` becomes ``PRUNELLE_DATA`` and ``KERAS_HOME``: what ``get_file`` takes lies in ``downloads``, what
a program looks for beside itself in ``beside``.
"""

from __future__ import annotations

import io
import itertools
import json
import string
import struct
import sys
import tarfile
import zipfile
from collections.abc import Iterator
from pathlib import Path

import numpy as np
from PIL import Image

_RNG = np.random.default_rng(0)
_SYLLABLES = [
    "ka",
    "lo",
    "mi",
    "ren",
    "sa",
    "tu",
    "vel",
    "no",
    "pri",
    "da",
    "el",
    "go",
    "shi",
    "bar",
    "un",
    "ze",
]
WORDS = [
    "the",
    "a",
    "and",
    "of",
    "to",
    "is",
    "in",
    "it",
    "movie",
    "great",
    "terrible",
    "i",
    "this",
    "was",
    "not",
] + ["".join(parts) for n in (2, 3) for parts in itertools.product(_SYLLABLES, repeat=n)]


def words(count: int) -> list[str]:
    """Made-up words, a few of them often, as in languages."""
    return [WORDS[i] for i in np.minimum(_RNG.zipf(1.3, count) - 1, len(WORDS) - 1)]


def sentence(count: int) -> str:
    """With a capital and a full stop."""
    return " ".join(words(count)).capitalize() + "."


def prose(characters: int) -> str:
    """Lines of sentences."""
    lines, length = [], 0
    while length < characters:
        lines.append(f"{sentence(int(_RNG.integers(4, 9)))} {sentence(int(_RNG.integers(3, 7)))}")
        length += len(lines[-1]) + 1
    return "\n".join(lines) + "\n"


def ragged(count: int, vocabulary: int) -> np.ndarray:
    """Sequences of word numbers, as Keras's text sets have them."""
    made = np.empty(count, dtype=object)
    for i in range(count):
        numbers = np.minimum(_RNG.zipf(1.3, int(_RNG.integers(10, 160))), vocabulary - 1)
        made[i] = [1, *(int(n) + 2 for n in numbers)]
    return made


def keras_sets(folder: Path) -> None:
    """imdb, reuters and the two of houses."""
    index = {word: i + 1 for i, word in enumerate(WORDS)}
    for name in ("imdb", "reuters"):
        (folder / f"{name}_word_index.json").write_text(json.dumps(index))
    np.savez(
        folder / "imdb.npz",
        x_train=ragged(12_000, 4_000),
        y_train=_RNG.integers(0, 2, 12_000),
        x_test=ragged(1_000, 4_000),
        y_test=_RNG.integers(0, 2, 1_000),
    )
    labels = np.concatenate([np.arange(46), _RNG.integers(0, 46, 3_954)])
    np.savez(folder / "reuters.npz", x=ragged(4_000, 4_000), y=labels)
    np.savez(folder / "boston_housing.npz", x=_RNG.random((506, 13)) * 50, y=_RNG.random(506) * 45 + 5)
    np.savez(
        folder / "california_housing.npz", x=_RNG.random((20_640, 8)) * 40, y=_RNG.random(20_640) * 4e5 + 5e4
    )


def pictures_of_sets(data: Path, shared: Path) -> None:
    """MNIST as it is, or made up in its size; Fashion-MNIST and CIFAR made up."""
    for name, train, test in (("mnist", 60_000, 10_000), ("fashion-mnist", 2_000, 500)):
        folder = data / name
        folder.mkdir(parents=True, exist_ok=True)
        if name == "mnist" and (shared / name).is_dir():
            for file in (shared / name).glob("*ubyte*"):
                link(folder / file.name, file)
            continue
        for split, count in (("train", train), ("t10k", test)):
            labels = np.resize(np.array([9, 0, 0, 3, 0, 2, 7, 2, 5, 5, 0, 1, 4, 6, 8], np.uint8), count)
            pixels = _RNG.integers(0, 256, (count, 28, 28), dtype=np.uint8)
            head = struct.pack(">BBBB3I", 0, 0, 8, 3, count, 28, 28)
            (folder / f"{split}-images-idx3-ubyte").write_bytes(head + pixels.tobytes())
            (folder / f"{split}-labels-idx1-ubyte").write_bytes(
                struct.pack(">BBBBI", 0, 0, 8, 1, count) + labels.tobytes()
            )
    folder = data / "cifar10" / "cifar-10-batches-bin"
    folder.mkdir(parents=True, exist_ok=True)
    for name in (*(f"data_batch_{i}" for i in range(1, 6)), "test_batch"):
        records = _RNG.integers(0, 256, (10_000, 3_073), dtype=np.uint8)
        records[:, 0] = np.arange(10_000) % 10
        (folder / f"{name}.bin").write_bytes(records.tobytes())


def files_to_get(folder: Path, photos: list[Path]) -> None:
    """What programs ask ``get_file`` for."""
    for name in ("nietzsche.txt", "shakespeare.txt", "moby10b.txt"):
        alphabet = string.ascii_uppercase + string.digits + "".join(set(string.punctuation) - set("~`"))
        (folder / name).write_text(prose(60_000 if name == "nietzsche.txt" else 30_000) + alphabet + "\n")
    for name, photo in zip(
        ("cat", "elephant", "sf", "starry_night", "coast", "fruits"), photos, strict=False
    ):
        link(folder / f"{name}.jpg", photo)
    with tarfile.open(folder / "babi-tasks-v1-2.tar.gz", "w:gz") as archive:
        for task, part in itertools.product(
            ("qa1_single-supporting-fact", "qa2_two-supporting-facts", "qa3_three-supporting-facts"),
            ("train", "test"),
        ):
            for where in ("en", "en-10k"):
                text = "".join(_stories(200 if part == "train" else 50)).encode()
                _add(archive, f"tasks_1-20_v1-2/{where}/{task}_{part}.txt", text)
    with tarfile.open(folder / "wordlists.tgz", "w:gz") as archive:
        short = ["".join(letters) for letters in itertools.product("abcdefghijklmnopqrstuvwxyz", repeat=3)]
        _add(archive, "wordlist_mono_clean.txt", "\n".join(short * 2).encode())
        pairs = "\n".join(f"{a} {b}" for a, b in zip(words(20_000), words(20_000), strict=True))
        _add(archive, "wordlist_bi_clean.txt", pairs.encode())
    with zipfile.ZipFile(folder / "spa-eng.zip", "w") as zipped:
        zipped.writestr("spa-eng/spa.txt", pairs_of_sentences())
    with tarfile.open(folder / "aclImdb_v1.tar.gz", "w:gz") as archive:
        for path, review in reviews():
            _add(archive, f"aclImdb/{path}", review.encode())
    link(folder / "imdb_archive", folder / "aclImdb_v1.tar.gz")  # where Keras 3 keeps an archive
    with tarfile.open(folder / "102flowers.tgz_archive", "w:gz") as archive:
        for i, photo in enumerate(photos[:96]):
            archive.add(photo.resolve(), f"jpg/image_{i:05d}.jpg")
    link(folder / "spa-eng_archive", folder / "spa-eng.zip")


def _add(archive: tarfile.TarFile, name: str, content: bytes) -> None:
    entry = tarfile.TarInfo(name)
    entry.size = len(content)
    archive.addfile(entry, io.BytesIO(content))


def _stories(count: int) -> Iterator[str]:
    who, where = ["Mary", "John", "Daniel", "Sandra"], ["kitchen", "garden", "hallway", "office"]
    for _ in range(count):
        a, b = _RNG.choice(who, 2, replace=False)
        x, y = _RNG.choice(where, 2, replace=False)
        yield f"1 {a} went to the {x}.\n2 {b} moved to the {y}.\n3 Where is {a}? \t{x}\t1\n"


def reviews() -> Iterator[tuple[str, str]]:
    """Path and text of each film review, in aclImdb's tree."""
    for split, kind in itertools.product(("train", "test"), ("pos", "neg", "unsup")):
        if (split, kind) != ("test", "unsup"):
            for i in range(150 if split == "train" else 60):
                opinion = {"pos": "great", "neg": "terrible"}.get(kind, "")
                yield f"{split}/{kind}/{i}_{7 + i % 4}.txt", f"{sentence(40)}<br />{opinion} {sentence(40)}"
    yield "train/pos/4077_10.txt", f"This was great. {sentence(60)}"


def pairs_of_sentences() -> str:
    """A sentence a line in two languages, parted by a tab."""
    return "".join(f"{sentence(n)}\t¿{sentence(n + 1)}\n" for n in _RNG.integers(2, 9, 3_000))


def beside(folder: Path, photos: dict[str, list[Path]]) -> None:
    """What programs open under a path of their own."""
    for path, text in reviews():
        _text(folder / "aclImdb" / path, text)
    _text(folder / "fra-eng" / "fra.txt", pairs_of_sentences())
    _text(folder / "spa-eng" / "spa.txt", pairs_of_sentences())
    vectors = _RNG.normal(size=(len(WORDS), 100)).round(4)
    lines = (f"{word} {' '.join(map(str, vector))}" for word, vector in zip(WORDS, vectors, strict=True))
    _text(folder / "glove.6B.100d.txt", "\n".join(lines))
    _text(folder / "glove.6B" / "glove.6B.100d.txt", (folder / "glove.6B.100d.txt").read_text())
    for group, number in itertools.product(("alt.atheism", "comp.graphics", "sci.space"), range(60)):
        _text(folder / "20_newsgroup" / group / str(10_000 + number), f"From: nobody\n\n{prose(400)}")
    weather(folder / "jena_climate_2009_2016.csv")
    for i in range(2_500):  # the competition's folder
        for kind in ("cat", "dog"):
            one = photos[f"{kind}s"][i % len(photos[f"{kind}s"])]
            link(folder / "train" / f"{kind}.{i}.jpg", one)
    for split, first, count in (("train", 0, 40), ("validation", 40, 20), ("test", 60, 20)):
        for kind in ("cats", "dogs"):
            for i in range(first, first + count):
                link(folder / "cats_and_dogs_small" / split / kind / f"{kind[:-1]}.{i}.jpg", photos[kind][i])
                link(
                    folder / "cats_vs_dogs_small" / split / kind[:-1] / f"{kind[:-1]}.{i}.jpg",
                    photos[kind][i],
                )
    link(folder / "cats_and_dogs_small" / "test" / "cats" / "cat.1700.jpg", photos["cats"][0])
    for i, photo in enumerate(photos["cats"][:60]):
        link(folder / "images" / f"cat_{i}.jpg", photo)
        link(folder / "celeba_gan" / "img" / f"{i:06d}.jpg", photo)
        mask = Image.fromarray(_RNG.integers(1, 4, (120, 160), dtype=np.uint8))
        (folder / "annotations" / "trimaps").mkdir(parents=True, exist_ok=True)
        mask.save(folder / "annotations" / "trimaps" / f"cat_{i}.png")
    for name, photo in zip(("style", "content", "photo"), photos["dogs"], strict=False):
        Image.open(photo).convert("RGB").resize((160, 120)).save(_made(folder / f"{name}.png"))
        Image.open(photo).convert("RGB").resize((160, 120)).save(folder / f"{name}.jpg")
    for name in ("style_mask", "target_mask"):
        blocks = np.zeros((120, 160, 3), np.uint8)
        blocks[:60, :80, 0], blocks[60:, 80:, 1] = 255, 255
        Image.fromarray(blocks).save(folder / f"{name}.png")


def weather(path: Path, rows: int = 420_451) -> None:
    """As long as the real one (programs have its length as a number): a date and 14 figures every ten minutes."""
    names = ["Date Time", "p (mbar)", "T (degC)", *(f"x{i}" for i in range(12))]
    day = np.sin(np.arange(rows) * 2 * np.pi / 144)
    columns = [f"{v:.2f}" for v in 10 * day + 3]
    with _made(path).open("w") as file:
        file.write(",".join(f'"{name}"' for name in names) + "\n")
        others = [",".join(f"{(i * step) % 97 / 10:.1f}" for step in range(1, 13)) for i in range(97)]
        rest = itertools.cycle(others)
        file.write(
            "\n".join(f"01.01.2009 00:10:00,{990 + i % 7}.5,{v},{next(rest)}" for i, v in enumerate(columns))
        )


def link(path: Path, to: Path) -> None:
    """Not a copy."""
    if not path.exists():
        _made(path).symlink_to(to.resolve())


def _text(path: Path, text: str) -> None:
    _made(path).write_text(text)


def _made(path: Path) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    return path


def main(data: Path, shared: Path, photos: Path) -> None:
    """Make all of it."""
    found = {kind: sorted((photos / kind).glob("*.jpg")) for kind in ("cats", "dogs")}
    downloads = data / "downloads"
    downloads.mkdir(parents=True, exist_ok=True)
    link(data / "datasets", downloads)
    keras_sets(downloads)
    pictures_of_sets(data, shared)
    files_to_get(downloads, found["cats"])
    beside(data / "beside", found)


if __name__ == "__main__":
    main(*map(Path, sys.argv[1:4]))
