"""Readers of the files that data sets are published in."""

from __future__ import annotations

import gzip
import math
import tarfile
import zlib
from pathlib import Path

import numpy as np

from prunelle.errors import DataError

Arrays = tuple[np.ndarray, np.ndarray]
"""Images ``(N, H, W, C)`` uint8 and labels ``(N,)`` int64."""

CIFAR_FOLDER = "cifar-10-batches-bin"
CIFAR_FILES = (*(f"data_batch_{i}.bin" for i in range(1, 6)), "test_batch.bin")
"""The binary version of CIFAR-10: five training files, then the test file."""

_CIFAR_RECORD_BYTES = 1 + 3 * 32 * 32
_CIFAR_FILE_BYTES = 10_000 * _CIFAR_RECORD_BYTES


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
    try:
        content = path.read_bytes()
        if path.suffix == ".gz":
            content = gzip.decompress(content)
    except (OSError, EOFError, zlib.error) as error:
        raise damaged(path, str(error)) from None
    header = 4 + 4 * dimensions
    if content[:4] != bytes((0, 0, 8, dimensions)) or len(content) < header:
        raise damaged(path, f"it does not begin as an IDX file of {dimensions} dimension(s)")
    shape = tuple(np.frombuffer(content, ">u4", dimensions, 4).tolist())
    expected = header + math.prod(shape)
    if len(content) != expected:
        raise damaged(path, f"{expected:,} bytes were expected, {len(content):,} are there")
    return np.frombuffer(content, np.uint8, offset=header).reshape(shape)


def read_cifar_file(path: Path) -> Arrays:
    """One file of CIFAR-10's binary version.

    Raises:
        DataError: it cannot be one.
    """
    try:
        return _cifar_arrays(path.read_bytes(), path)
    except OSError as error:
        raise damaged(path, str(error)) from None


def read_cifar_archive(path: Path) -> list[Arrays]:
    """The six files of ``cifar-10-binary.tar.gz``, read within the archive: nothing is unpacked to disk.

    Raises:
        DataError: a damaged archive, or one that lacks a file.
    """
    wanted = {f"{CIFAR_FOLDER}/{name}": name for name in CIFAR_FILES}
    contents: dict[str, bytes] = {}
    try:
        with tarfile.open(path, "r:gz") as archive:
            for member in archive:
                name = wanted.get(member.name.removeprefix("./"))
                if name and member.isfile() and member.size <= _CIFAR_FILE_BYTES:
                    file = archive.extractfile(member)
                    assert file is not None  # it is a regular file
                    contents[name] = file.read()
    except (OSError, EOFError, zlib.error, tarfile.TarError) as error:
        raise damaged(path, str(error)) from None
    missing = [name for name in CIFAR_FILES if name not in contents]
    if missing:
        raise damaged(path, f"it lacks {', '.join(missing)}")
    return [_cifar_arrays(contents[name], path) for name in CIFAR_FILES]


def _cifar_arrays(content: bytes, path: Path) -> Arrays:
    if not content or len(content) % _CIFAR_RECORD_BYTES:
        raise damaged(
            path, f"{len(content):,} bytes are not a number of records of {_CIFAR_RECORD_BYTES:,} bytes"
        )
    records = np.frombuffer(content, np.uint8).reshape(-1, _CIFAR_RECORD_BYTES)
    labels = records[:, 0].astype(np.int64)
    if labels.max() > 9:
        raise damaged(path, f"it holds the label {labels.max()}")
    # After its label, a record has 1024 red, 1024 green and 1024 blue values, row by row.
    images = records[:, 1:].reshape(-1, 3, 32, 32).transpose(0, 2, 3, 1)
    return np.ascontiguousarray(images), labels
