"""Data sets known by name: their files, where they come from, and how they are read.

Importing this module does not import torch.
"""

from __future__ import annotations

import dataclasses
import os
from collections.abc import Mapping, Sequence
from importlib.util import find_spec
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

import numpy as np
import platformdirs

from prunelle.data.formats import (
    CIFAR,
    Arrays,
    damaged,
    read_cifar_archive,
    read_cifar_file,
    read_idx,
)
from prunelle.errors import DataError, MissingData, UnknownName
from prunelle.texts import Note

if TYPE_CHECKING:
    from prunelle.data.examples import Data
    from prunelle.data.pixels import Progress

_DEFAULT_SHARE = 0.1


@dataclasses.dataclass(frozen=True)
class RemoteFile:
    """One file of a set, as its mirrors have it."""

    name: str
    size: int
    sha256: str


@dataclasses.dataclass(frozen=True)
class NamedSet:
    """A data set known by name.

    Attributes:
        description: a line for a list of sets.
        classes: names in index order.
        files: what is downloaded; none for what is embedded.
        mirrors: addresses of the folder that holds them, tried in order.
    """

    description: str
    classes: tuple[str, ...]
    files: tuple[RemoteFile, ...] = ()
    mirrors: tuple[str, ...] = ()


_DIGITS = tuple("0123456789")
_CIFAR100 = """
apple aquarium_fish baby bear beaver bed bee beetle bicycle bottle bowl boy bridge bus butterfly
camel can castle caterpillar cattle chair chimpanzee clock cloud cockroach couch crab crocodile cup
dinosaur dolphin elephant flatfish forest fox girl hamster house kangaroo keyboard lamp lawn_mower
leopard lion lizard lobster man maple_tree motorcycle mountain mouse mushroom oak_tree orange orchid
otter palm_tree pear pickup_truck pine_tree plain plate poppy porcupine possum rabbit raccoon ray
road rocket rose sea seal shark shrew skunk skyscraper snail snake spider squirrel streetcar
sunflower sweet_pepper table tank telephone television tiger tractor train trout tulip turtle
wardrobe whale willow_tree wolf woman worm
"""

NAMED: Mapping[str, NamedSet] = MappingProxyType(
    {
        "digits": NamedSet("1,797 handwritten digits, 8×8 grey, embedded (scikit-learn)", _DIGITS),
        "mnist": NamedSet(
            "70,000 handwritten digits, 28×28 grey (LeCun, Cortes and Burges 1998)",
            _DIGITS,
            (
                RemoteFile(
                    "train-images-idx3-ubyte.gz",
                    9_912_422,
                    "440fcabf73cc546fa21475e81ea370265605f56be210a4024d2ca8f203523609",
                ),
                RemoteFile(
                    "train-labels-idx1-ubyte.gz",
                    28_881,
                    "3552534a0a558bbed6aed32b30c495cca23d567ec52cac8be1a0730e8010255c",
                ),
                RemoteFile(
                    "t10k-images-idx3-ubyte.gz",
                    1_648_877,
                    "8d422c7b0a1c1c79245a5bcf07fe86e33eeafee792b84584aec276f5a2dbc4e6",
                ),
                RemoteFile(
                    "t10k-labels-idx1-ubyte.gz",
                    4_542,
                    "f7ae60f92e00ec6debd23a6088c31dbd2371eca3ffa0defaefb259924204aec6",
                ),
            ),
            (
                "https://ossci-datasets.s3.amazonaws.com/mnist/",
                "https://storage.googleapis.com/cvdf-datasets/mnist/",
            ),
        ),
        "fashion-mnist": NamedSet(
            "70,000 articles of clothing, 28×28 grey (Xiao, Rasul and Vollgraf 2017)",
            (
                *("T-shirt/top", "Trouser", "Pullover", "Dress", "Coat"),
                *("Sandal", "Shirt", "Sneaker", "Bag", "Ankle boot"),
            ),
            (
                RemoteFile(
                    "train-images-idx3-ubyte.gz",
                    26_421_880,
                    "3aede38d61863908ad78613f6a32ed271626dd12800ba2636569512369268a84",
                ),
                RemoteFile(
                    "train-labels-idx1-ubyte.gz",
                    29_515,
                    "a04f17134ac03560a47e3764e11b92fc97de4d1bfaf8ba1a3aa29af54cc90845",
                ),
                RemoteFile(
                    "t10k-images-idx3-ubyte.gz",
                    4_422_102,
                    "346e55b948d973a97e58d2351dde16a484bd415d4595297633bb08f03db6a073",
                ),
                RemoteFile(
                    "t10k-labels-idx1-ubyte.gz",
                    5_148,
                    "67da17c76eaffca5446c3361aaab5c3cd6d1c2608764d35dfb1850b086bf8dd5",
                ),
            ),
            (
                "https://storage.googleapis.com/tensorflow/tf-keras-datasets/",
                "http://fashion-mnist.s3-website.eu-central-1.amazonaws.com/",
                "https://github.com/zalandoresearch/fashion-mnist/raw/master/data/fashion/",
            ),
        ),
        "cifar10": NamedSet(
            "60,000 photos of animals and vehicles, 32×32 RGB (Krizhevsky 2009)",
            (
                *("airplane", "automobile", "bird", "cat", "deer"),
                *("dog", "frog", "horse", "ship", "truck"),
            ),
            (
                RemoteFile(
                    "cifar-10-binary.tar.gz",
                    170_052_171,
                    "c4a38c50a1bc5f3a1c5537f2155ab9d68f9f25eb1ed8d9ddda3db29a59bca1dd",
                ),
            ),
            (
                "https://www.cs.toronto.edu/~kriz/",
                "https://storage.googleapis.com/s4tf-hosted-binaries/datasets/CIFAR10/",
            ),
        ),
        "cifar100": NamedSet(
            "60,000 photos of 100 classes, 32×32 RGB (Krizhevsky 2009)",
            tuple(_CIFAR100.split()),
            (
                RemoteFile(
                    "cifar-100-binary.tar.gz",
                    168_513_733,
                    "58a81ae192c23a4be8b1804d68e518ed807d710a4eb253b1f2a199162a40d8ec",
                ),
            ),
            ("https://www.cs.toronto.edu/~kriz/",),
        ),
    }
)
"""Every named set."""

# Labels that the training split begins with: MNIST and Fashion-MNIST have files of the same names.
_FIRST_LABELS = {
    "mnist": [5, 0, 4, 1, 9, 2, 1, 3, 1, 4],
    "fashion-mnist": [9, 0, 0, 3, 0, 2, 7, 2, 5, 5],
}


def data_folder(data_dir: str | Path | None = None) -> Path:
    """Where the files of named sets are: the argument, ``PRUNELLE_DATA``, or the user's cache."""
    chosen = data_dir or os.environ.get("PRUNELLE_DATA")
    return Path(chosen).expanduser() if chosen else Path(platformdirs.user_cache_dir("prunelle"), "data")


_DIGITS_ARE_HERE = Note(
    "The digits come with scikit-learn; data_dir (--data-dir) changes nothing for them.",
    "Les chiffres viennent avec scikit-learn ; data_dir (--data-dir) n’y change rien.",
)


def load_named(
    name: str,
    *,
    groups: Any = None,
    data_dir: str | Path | None = None,
    validation: float | None = None,
    test: float | None = None,
    seed: int = 0,
    progress: Progress | None = None,
) -> Data:
    """A named set; its files are downloaded where they are not in the data folder.

    They are looked for in ``<data_dir>/<name>`` and in ``data_dir`` itself: IDX files, gzipped or not, for
    MNIST and Fashion-MNIST, the binary version for CIFAR-10 and CIFAR-100 (its archive, or what is in it). A test
    split that comes with the set is kept; ``digits`` has none and is split 80/10/10.

    Args:
        name: one of ``NAMED``.
        groups: as ``from_arrays``.
        data_dir: the data folder; else ``PRUNELLE_DATA``, else the user's cache.
        validation: share of the training split that becomes validation, 10 % unless given; 0 for none.
        test: share that becomes the test split, of a set that comes without one; 10 % unless given.
        seed: of that draw.
        progress: told how far a download is.

    Raises:
        UnknownName: no such set.
        MissingData: files that are not there and cannot be downloaded; it names them and where to put them.
        DataError: a file that is not what it should be.
    """
    from prunelle.data.arrays import from_arrays

    if name not in NAMED:
        raise UnknownName("data set", name, NAMED)
    shares = {"validation": _DEFAULT_SHARE if validation is None else validation, "test": test, "seed": seed}
    if name == "digits":
        images, labels = _digits()
        data = from_arrays(
            images,
            labels,
            classes=NAMED[name].classes,
            groups=groups,
            name=name,
            **shares,  # type: ignore[arg-type]
        )
        if data_dir is not None:
            data = dataclasses.replace(data, notes=(*data.notes, _DIGITS_ARE_HERE))
    else:
        read = read_cifar if name in CIFAR else _read_idx_set
        (images, labels), (test_images, test_labels) = read(name, data_folder(data_dir), progress)
        data = from_arrays(
            images,
            labels,
            classes=NAMED[name].classes,
            groups=groups,
            test_images=test_images,
            test_labels=test_labels,
            name=name,
            **shares,  # type: ignore[arg-type]
        )
    source = {
        "data": name,
        "data_dir": None if data_dir is None else str(Path(data_dir).expanduser().absolute()),
        "validation": validation,
        "test": test,
        "seed": seed,
    }
    # Groups that a program gave are in no file: what made the splits cannot be asked for again.
    return dataclasses.replace(data, source=source if groups is None else None)


def is_there(name: str, folder: Path) -> bool:
    """Whether all files of a set are in a data folder: nothing is fetched, and none is read.

    Args:
        name: one that has files.
        folder: the data folder, or another that is laid out as it is.
    """
    wanted = [[file.name] if name in CIFAR else _idx_spellings(file.name) for file in NAMED[name].files]
    unpacked = [_cifar_spellings(name, file) for file in CIFAR[name].files] if name in CIFAR else wanted
    return any(all(_find(name, folder, each) is not None for each in files) for files in (wanted, unpacked))


def _digits() -> Arrays:
    # 17 levels, 0 to 16, spread over all of uint8.
    rows = _digits_of_sklearn()
    return np.rint(rows[:, :-1].reshape(-1, 8, 8, 1) * (255 / 16)).astype(np.uint8), rows[:, -1].astype(
        np.int64
    )


def _digits_of_sklearn() -> np.ndarray:
    """``(1797, 65)`` float64: pixels, then the class. Scikit-learn is not imported: that takes a second."""
    package = find_spec("sklearn")
    assert package is not None
    assert package.origin is not None
    file = Path(package.origin).parent / "datasets" / "data" / "digits.csv.gz"
    if file.is_file():
        return np.loadtxt(file, delimiter=",")
    from sklearn.datasets import load_digits  # another version may keep it elsewhere

    return np.column_stack(load_digits(return_X_y=True))


def _find(name: str, folder: Path, spellings: Sequence[str]) -> Path | None:
    """The file in the set's own folder, else directly in the data folder."""
    candidates = (base / spelling for base in (folder / name, folder) for spelling in spellings)
    return next((path for path in candidates if path.is_file()), None)


def _find_or_raise(name: str, folder: Path, spellings: Sequence[str]) -> Path:
    path = _find(name, folder, spellings)
    if path is None:
        raise MissingData(f"{folder / name / spellings[-1]} is not there any more.")
    return path


def _download(name: str, folder: Path, files: list[RemoteFile], progress: Progress | None) -> None:
    from prunelle.data.download import fetch

    for file in files:
        urls = [mirror + file.name for mirror in NAMED[name].mirrors]
        try:
            fetch(urls, folder / name / file.name, sha256=file.sha256, size=file.size, progress=progress)
        except MissingData as error:
            names = ", ".join(file.name for file in files)
            raise MissingData(
                f"{name} is not in {folder} and could not be downloaded. Put {names} into {folder / name}, or "
                "name the folder that has them with --data-dir (data_dir=) or the environment variable "
                f"PRUNELLE_DATA. ({error})"
            ) from None


def _idx_spellings(file: str) -> list[str]:
    plain = file.removesuffix(".gz")
    dotted = plain.replace("-idx", ".idx")
    return [plain, dotted, f"{plain}.gz", f"{dotted}.gz"]


def _cifar_spellings(name: str, file: str) -> list[str]:
    return [file, f"{CIFAR[name].folder}/{file}"]


def _read_idx_set(name: str, folder: Path, progress: Progress | None) -> tuple[Arrays, Arrays]:
    files = NAMED[name].files
    missing = [file for file in files if _find(name, folder, _idx_spellings(file.name)) is None]
    _download(name, folder, missing, progress)
    splits: list[Arrays] = []
    for images_file, labels_file in (files[:2], files[2:]):
        images_path = _find_or_raise(name, folder, _idx_spellings(images_file.name))
        labels_path = _find_or_raise(name, folder, _idx_spellings(labels_file.name))
        images = read_idx(images_path, 3)
        labels = read_idx(labels_path, 1).astype(np.int64)
        if images.shape[1:] != (28, 28):
            raise damaged(images_path, f"it holds pictures of {images.shape[1]}×{images.shape[2]}, not 28×28")
        if len(images) != len(labels) or len(labels) == 0:
            raise damaged(labels_path, f"it holds {len(labels)} labels for {len(images)} pictures")
        if labels.max() >= len(NAMED[name].classes):
            raise damaged(labels_path, f"it holds the label {labels.max()}")
        splits.append((images[..., np.newaxis], labels))
    other = "mnist" if name == "fashion-mnist" else "fashion-mnist"
    if splits[0][1][:10].tolist() == _FIRST_LABELS[other]:
        raise DataError(f"the files in {images_path.parent} are those of {other}, not of {name}.")
    return splits[0], splits[1]


def read_cifar(
    name: str, folder: Path, progress: Progress | None, *, coarse: bool = False
) -> tuple[Arrays, Arrays]:
    """Training and test pictures of CIFAR-10 or CIFAR-100, with the labels of the latter's 20 groups if ``coarse``."""
    form = CIFAR[name]
    paths = [_find(name, folder, _cifar_spellings(name, file)) for file in form.files]
    if None not in paths:
        batches = [read_cifar_file(path, form, coarse=coarse) for path in paths if path]
    else:
        archive = NAMED[name].files[0]
        if _find(name, folder, [archive.name]) is None:
            _download(name, folder, [archive], progress)
        batches = read_cifar_archive(_find_or_raise(name, folder, [archive.name]), form, coarse=coarse)
    *train, test = batches
    images, labels = zip(*train, strict=True)
    return (np.concatenate(images), np.concatenate(labels)), test
