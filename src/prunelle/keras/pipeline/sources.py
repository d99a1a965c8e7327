"""Where elements come from: rows of tensors, numbers, names of files."""

from __future__ import annotations

import glob
import io
import os
import zlib
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import numpy as np

from prunelle import disk
from prunelle.keras.eager.control import TensorSpec
from prunelle.keras.eager.dtypes import as_dtype
from prunelle.keras.eager.errors import (
    DataLossError,
    InvalidArgumentError,
    NotFoundError,
    PermissionDeniedError,
    WrongType,
)
from prunelle.keras.eager.text import Text
from prunelle.keras.pipeline.rows import Counted, Rows, counted
from prunelle.keras.pipeline.structure import flatten, plain_element, spec_of, unbatched_spec


def converted(tensors: Any, name: str) -> Any:
    """What a program gave, as plain tensors and texts.

    Raises:
        InvalidArgumentError: something that is no tensor.
    """
    try:
        return plain_element(tensors)
    except WrongType as error:
        raise InvalidArgumentError(
            f"{name} takes tensors, arrays and lists of one length, and tuples and dictionaries of them; received "
            f"{type(tensors).__name__}: {error} Of a generator or a Sequence: from_generator, or give it to fit itself."
        ) from None


def table_of(tensors: Any) -> tuple[Rows, Any, int]:
    """The rows of tensors, what is known of one, and how many there are.

    Raises:
        InvalidArgumentError: numbers alone, or several numbers of rows.
    """
    whole = converted(tensors, "from_tensor_slices")
    leaves = flatten(whole)
    shapes = [None if each is None else tuple(each.shape) for each in leaves]
    if not leaves or any(not shape for shape in shapes):
        raise InvalidArgumentError(
            f"from_tensor_slices takes tensors with rows, one an example; received shapes {shapes}. from_tensors takes "
            f"one element as it is."
        )
    lengths = {shape[0] for shape in shapes if shape}
    if len(lengths) != 1:
        raise InvalidArgumentError(
            f"all tensors must have the same number of rows; received shapes {', '.join(map(str, shapes))}."
        )
    length = lengths.pop()
    columns = tuple((0, each) for each in leaves)
    return Rows(whole, columns, 1, counted(length)), unbatched_spec(spec_of(whole)), length


def numbers(bounds: tuple[Any, ...], output_type: Any) -> tuple[Rows, Any, int]:
    """The numbers of Python's ``range``; without end for None as the second.

    Raises:
        InvalidArgumentError: no such numbers.
    """
    values = [None if each is None else int(each) for each in bounds]
    if not 1 <= len(values) <= 3:
        raise InvalidArgumentError(
            f"range takes an end, or a start, an end and a step; received {len(values)} numbers."
        )
    start, stop = (0, values[0]) if len(values) == 1 else (values[0], values[1])
    step = (values[2] if len(values) == 3 else 1) or 0
    if not step:
        raise InvalidArgumentError("range: the step must not be 0.")
    length = None if stop is None else len(range(start or 0, stop, step))
    kind = as_dtype(output_type)
    rows = Rows(None, ((0, Counted(start or 0, step, kind.torch)),), 1, counted(length))
    return rows, TensorSpec((), kind), -1 if length is None else length


def path_text(value: Any) -> str:
    """The name of a file: a text, a path, a tensor."""
    return value.text() if isinstance(value, Text) else os.fsdecode(value)


def patterns(file_pattern: Any) -> list[str]:
    """One or several, as a list."""
    if isinstance(file_pattern, Text):
        return [each.decode() for each in np.asarray(file_pattern).reshape(-1)]
    several = isinstance(file_pattern, (list, tuple, np.ndarray))
    return [path_text(each) for each in (file_pattern if several else [file_pattern])]


def matching(file_pattern: Any) -> list[str]:
    """The files of a pattern, or of several, in order."""
    return sorted(
        name for pattern in patterns(file_pattern) for name in glob.glob(pattern, include_hidden=True)
    )


def lines(files: Iterable[str], compression: Any) -> Iterator[Text]:
    """The lines of files, one after the other.

    Raises:
        NotFoundError: one is not there.
        DataLossError: one is not compressed as it should be.
    """
    for file in files:
        content = read(file)
        if compression:
            try:
                content = zlib.decompress(content, wbits=zlib.MAX_WBITS | 32)
            except zlib.error:
                raise DataLossError(f"{file} is damaged, or not compressed by {compression}.") from None
        for line in io.BytesIO(content):
            yield Text.of(line.rstrip(b"\n").removesuffix(b"\r"))


def read(file: Any) -> bytes:
    """What is in a file.

    Raises:
        NotFoundError: it is not there.
        PermissionDeniedError: the system does not let it be read.
    """
    name = path_text(file)
    try:
        return Path(name).read_bytes()
    except PermissionError:
        raise PermissionDeniedError(f"{name}: the system does not let it be read.") from None
    except OSError as error:
        raise NotFoundError(
            f"{name}: {disk.reason(error)}. Look at the name and the working folder."
        ) from None
