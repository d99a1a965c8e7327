"""Elements in a file: ``cache(filename)``, ``save``, ``load``. The form is Prunelle's own; TensorFlow does not read it.

After ``_MAGIC`` each element is the length of a line of JSON, the line (structure, type and shape of each leaf), and
the leaves' bytes; a length of 0 ends the file, and the number of elements follows it.
"""

from __future__ import annotations

import contextlib
import json
import math
import struct
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np
import torch

from prunelle import disk
from prunelle.keras.eager.dtypes import as_dtype
from prunelle.keras.eager.errors import DataLossError, NotFoundError, UnimplementedError
from prunelle.keras.eager.text import Text
from prunelle.keras.pipeline.structure import flatten, is_structure, packed

_MAGIC = b"prunelle elements 1\n"
_LENGTH = struct.Struct("<Q")


def file_in(folder: Any) -> Path:
    """The file of a saved data set."""
    return Path(folder.text() if isinstance(folder, Text) else folder) / "elements"


@contextlib.contextmanager
def written(path: Path) -> Iterator[Callable[[Any], None]]:
    """A function that adds an element; the file is there when all are.

    Raises:
        CannotWrite: the system refuses.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    with disk.replacing(path) as file:
        file.write(_MAGIC)
        number = 0

        def add(element: Any) -> None:
            nonlocal number
            number += 1
            _write(file, element)

        yield add
        file.write(_LENGTH.pack(0) + _LENGTH.pack(number))


def count(path: Path) -> int:
    """How many elements a file has.

    Raises:
        DataLossError: it is cut short.
    """
    with _opened(path) as file:
        file.seek(-2 * _LENGTH.size, 2)
        end = file.read()
    if end[: _LENGTH.size] != _LENGTH.pack(0):
        raise DataLossError(f"{path} is cut short; write it anew.")
    return int(_LENGTH.unpack(end[_LENGTH.size :])[0])


def read(path: Path) -> Iterator[Any]:
    """The elements of a file.

    Raises:
        NotFoundError: it is not there.
        DataLossError: it is damaged.
    """
    with _opened(path) as file:
        try:
            while length := _LENGTH.unpack(file.read(_LENGTH.size))[0]:
                about = json.loads(file.read(length))
                leaves = [_read_leaf(file, *each) for each in about["leaves"]]
                yield packed(_structured(about["structure"]), leaves)
        except (struct.error, ValueError, KeyError, TypeError, RuntimeError, MemoryError) as error:
            raise DataLossError(f"{path} is damaged before byte {file.tell()}; write it anew.") from error


@contextlib.contextmanager
def _opened(path: Path) -> Iterator[BinaryIO]:
    try:
        file = path.open("rb")
    except OSError as error:
        raise NotFoundError(f"{path}: {disk.reason(error)}") from None
    with file:
        if file.read(len(_MAGIC)) != _MAGIC:
            raise DataLossError(f"{path} is no file of elements that Prunelle wrote.")
        yield file


def _write(file: BinaryIO, element: Any) -> None:
    leaves: list[list[Any]] = []
    pieces: list[bytes] = []
    for leaf in flatten(element):
        if isinstance(leaf, Text):
            texts = list(np.asarray(leaf).reshape(-1))
            leaves.append(["string", [len(each) for each in texts], list(leaf.shape)])
            pieces += texts
        elif isinstance(leaf, torch.Tensor):
            leaves.append([as_dtype(leaf.dtype).name, None, list(leaf.shape)])
            pieces.append(
                leaf.contiguous().reshape(-1).view(torch.uint8).numpy().tobytes() if leaf.numel() else b""
            )
        else:
            raise UnimplementedError("windows are not kept in files; make batches of them first.")
    line = json.dumps({"structure": _described(element), "leaves": leaves}).encode()
    file.write(_LENGTH.pack(len(line)) + line)
    for piece in pieces:
        file.write(piece)


def _read_leaf(file: BinaryIO, kind: str, lengths: Any, shape: list[int]) -> Any:
    if kind == "string":
        found = np.empty(len(lengths), dtype=object)
        for i, length in enumerate(lengths):
            found[i] = _exactly(file, length)
        return Text.of(found.reshape(shape)) if shape else Text.of(found[0])
    dtype = as_dtype(kind).torch
    size = math.prod(shape) * dtype.itemsize
    content = bytearray(_exactly(file, size))
    flat = torch.frombuffer(content, dtype=dtype) if size else torch.empty(0, dtype=dtype)
    return flat.reshape(shape)


def _exactly(file: BinaryIO, size: int) -> bytes:
    content = file.read(size)
    if len(content) != size:
        raise ValueError("the file ends")
    return content


def _described(element: Any) -> Any:
    if isinstance(element, Mapping):
        return {str(key): _described(value) for key, value in element.items()}
    return [_described(each) for each in element] if is_structure(element) else None


def _structured(about: Any) -> Any:
    if isinstance(about, dict):
        return {key: _structured(value) for key, value in about.items()}
    return tuple(map(_structured, about)) if isinstance(about, list) else None
