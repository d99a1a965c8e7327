"""CIFAR as Keras keeps it: the version for Python, an archive of pickles or what was unpacked from it.

A. Krizhevsky, "Learning Multiple Layers of Features from Tiny Images", 2009; the files are described at
cs.toronto.edu/~kriz/cifar.html. A pickle can run code: only NumPy's arrays are made of these.
"""

from __future__ import annotations

import dataclasses
import pickle
import tarfile
from collections.abc import Iterator
from pathlib import Path
from typing import IO, Any

import numpy as np

from prunelle.data.formats import Arrays, damaged
from prunelle.keras.files import is_it
from prunelle.keras.floor import private


@dataclasses.dataclass(frozen=True)
class Form:
    """How a set is kept.

    Attributes:
        folder: in the archive.
        archive: its name in Keras 2; Keras 3's is in ``archives``.
        files: the training files, then the test file.
        labels: the labels' entry, and that of the groups.
        sha256: of the archive.
    """

    folder: str
    archive: str
    files: tuple[str, ...]
    labels: tuple[str, str]
    sha256: str

    @property
    def archives(self) -> tuple[str, ...]:
        """What it may be called: in Keras 2, in Keras 3, at its address."""
        return self.archive, f"{self.folder}-target_archive", self.archive.replace("-batches-py", "-python")


FORMS = {
    "cifar10": Form(
        "cifar-10-batches-py",
        "cifar-10-batches-py.tar.gz",
        (*(f"data_batch_{i}" for i in range(1, 6)), "test_batch"),
        ("labels", "labels"),
        "6d958be074577803d12ecdefd02955f39262c83c16fe9348329d7fe0b5c001ce",
    ),
    "cifar100": Form(
        "cifar-100-python",
        "cifar-100-python.tar.gz",
        ("train", "test"),
        ("fine_labels", "coarse_labels"),
        "85cd44d02ba6437773c5bbd22e183051d648de2e7d6b014e1ef29b855ba677a7",
    ),
}


def read(name: str, folder: Path, *, coarse: bool = False) -> tuple[Arrays, Arrays] | None:
    """Training and test pictures ``(N, 32, 32, 3)`` uint8 with labels ``(N,)`` uint8; None where they are not there.

    Args:
        name: ``cifar10`` or ``cifar100``.
        folder: where Keras keeps data sets.
        coarse: labels of the groups.

    Raises:
        DataError: a file is not what it should be.
    """
    form = FORMS[name]
    batches = [_batch(path, file, form.labels[coarse]) for path, file in _opened(form, folder)]
    if not batches:
        return None
    *train, test = batches
    images, labels = zip(*train, strict=True)
    return (np.concatenate(images), np.concatenate(labels)), test


def _opened(form: Form, folder: Path) -> Iterator[tuple[Path, IO[bytes]]]:
    for base in (folder / form.folder, folder / f"{form.folder}-target" / form.folder):
        if all((base / each).is_file() for each in form.files):
            for each in form.files:
                with (base / each).open("rb") as file:
                    yield base / each, file
            return
    packed = next((folder / each for each in form.archives if is_it(folder / each, (form.sha256,))), None)
    if packed is not None:
        with tarfile.open(packed) as archive:
            for each in form.files:
                inside = archive.extractfile(f"{form.folder}/{each}")
                assert inside is not None  # a file, as the checksum says
                yield packed, inside


def _batch(path: Path, file: IO[bytes], entry: str) -> Arrays:
    unpickler = private("datasets.npz_utils").RestrictedUnpickler(file, encoding="bytes")
    try:
        found: dict[bytes, Any] = unpickler.load()
        images, labels = np.asarray(found[b"data"]), np.asarray(found[entry.encode()], np.uint8)
        pixels = images.reshape(len(labels), 3, 32, 32).transpose(0, 2, 3, 1)
    except (
        OSError,
        EOFError,
        pickle.UnpicklingError,
        KeyError,
        ValueError,
        TypeError,
        AttributeError,
    ) as error:
        raise damaged(path, f"{type(error).__name__}: {error}") from None
    return np.ascontiguousarray(pixels), labels
