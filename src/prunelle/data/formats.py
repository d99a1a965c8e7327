"""Readers of the files that data sets are published in."""

from __future__ import annotations

import dataclasses
import gzip
import math
import tarfile
import zlib
from pathlib import Path

import numpy as np

from prunelle.errors import DataError

Arrays = tuple[np.ndarray, np.ndarray]
"""Images ``(N, H, W, C)`` uint8 and labels ``(N,)`` int64."""


@dataclasses.dataclass(frozen=True)
class CifarForm:
    """The binary version of a CIFAR set: its folder, the training files and then the test file.

    Attributes:
        pictures: in a whole file; the largest.
        classes: how many there are, for each byte of a record before its pixels: the class, or the group and the class.
    """

    folder: str
    files: tuple[str, ...]
    pictures: int
    classes: tuple[int, ...]

    @property
    def labels(self) -> int:
        """Bytes of a record before its pixels."""
        return len(self.classes)

    @property
    def record_bytes(self) -> int:
        """Of a picture with its labels."""
        return self.labels + 3 * 32 * 32

    @property
    def file_bytes(self) -> int:
        """Of a whole file, the largest."""
        return self.pictures * self.record_bytes


_MEMBERS = 20  # times its largest file, an archive may hold: it has six, and a few texts

IDX_BYTES = 256 * 2**20
"""Of values in an IDX file: five times what MNIST's largest holds."""

CIFAR = {
    "cifar10": CifarForm(
        "cifar-10-batches-bin",
        (*(f"data_batch_{i}.bin" for i in range(1, 6)), "test_batch.bin"),
        10_000,
        (10,),
    ),
    "cifar100": CifarForm("cifar-100-binary", ("train.bin", "test.bin"), 50_000, (20, 100)),
}


def damaged(path: Path, why: str) -> DataError:
    """The error for a file that is not what it should be."""
    return DataError(
        f"{path} is damaged or not the file it should be: {why}. Remove it, so that it is downloaded again, or "
        "put the right one there."
    )


def read_idx(path: Path, dimensions: int) -> np.ndarray:
    """An IDX file of unsigned bytes, gzipped or not: magic number, sizes (big-endian, 32 bits), values.

    Raises:
        DataError: it is not one, or its length is not what its sizes say.
    """
    header = 4 + 4 * dimensions
    try:
        with gzip.open(path) if path.suffix == ".gz" else path.open("rb") as stream:
            start = stream.read(header)
            if start[:4] != bytes((0, 0, 8, dimensions)) or len(start) < header:
                raise damaged(path, f"it does not begin as an IDX file of {dimensions} dimension(s)")
            shape = tuple(np.frombuffer(start, ">u4", dimensions, 4).tolist())
            expected = math.prod(shape)
            if expected > IDX_BYTES:
                raise damaged(
                    path, f"it says that it holds {expected:,} bytes; at most {IDX_BYTES:,} are read"
                )
            # One more than it says, of what may be far more: a small .gz unpacks to anything.
            content = stream.read(expected + 1)
    except (OSError, EOFError, zlib.error) as error:
        raise damaged(path, str(error)) from None
    if len(content) != expected:
        there = "more" if len(content) > expected else f"{len(content):,}"
        raise damaged(path, f"{expected:,} bytes were expected after its header, {there} are there")
    return np.frombuffer(content, np.uint8).reshape(shape)


def read_cifar_file(path: Path, form: CifarForm, *, coarse: bool = False) -> Arrays:
    """One file of a CIFAR set's binary version.

    Args:
        coarse: the labels of the groups, where there are any.

    Raises:
        DataError: it cannot be one.
    """
    try:
        with path.open("rb") as stream:
            content = stream.read(form.file_bytes + 1)
        return _cifar_arrays(content, path, form, coarse)
    except OSError as error:
        raise damaged(path, str(error)) from None


def read_cifar_archive(path: Path, form: CifarForm, *, coarse: bool = False) -> list[Arrays]:
    """The files of a CIFAR archive, read within it: nothing is unpacked to disk.

    Raises:
        DataError: a damaged archive, or one that lacks a file.
    """
    wanted = {f"{form.folder}/{name}": name for name in form.files}
    contents: dict[str, bytes] = {}
    try:
        with tarfile.open(path, "r:gz") as archive:
            for member in archive:
                name = wanted.get(member.name.removeprefix("./"))
                if member.offset_data > _MEMBERS * form.file_bytes:
                    raise damaged(path, "it unpacks to far more than the set holds")
                if name and member.isfile() and member.size <= form.file_bytes:
                    file = archive.extractfile(member)
                    assert file is not None  # it is a regular file
                    contents[name] = file.read()
    except (OSError, EOFError, zlib.error, tarfile.TarError) as error:
        raise damaged(path, str(error)) from None
    missing = [name for name in form.files if name not in contents]
    if missing:
        raise damaged(path, f"it lacks {', '.join(missing)}")
    return [_cifar_arrays(contents[name], path, form, coarse) for name in form.files]


def _cifar_arrays(content: bytes, path: Path, form: CifarForm, coarse: bool) -> Arrays:
    if not content or len(content) % form.record_bytes:
        raise damaged(
            path, f"{len(content):,} bytes are not a number of records of {form.record_bytes:,} bytes"
        )
    records = np.frombuffer(content, np.uint8).reshape(-1, form.record_bytes)
    place = 0 if coarse else form.labels - 1
    labels = records[:, place].astype(np.int64)
    if labels.max() >= form.classes[place]:
        raise damaged(path, f"it holds the label {labels.max()}")
    # After its labels, a record has 1024 red, 1024 green and 1024 blue values, row by row.
    images = records[:, form.labels :].reshape(-1, 3, 32, 32).transpose(0, 2, 3, 1)
    return np.ascontiguousarray(images), labels
