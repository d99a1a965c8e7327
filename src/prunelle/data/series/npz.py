"""NumPy's ``.npz``: series and labels by the names of arrays."""

from __future__ import annotations

import contextlib
import lzma
import math
import struct
import tokenize
import zipfile
import zlib
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import IO

import numpy as np

from prunelle.data.groups import alone_named
from prunelle.data.pixels import Progress
from prunelle.data.series.container import Series
from prunelle.data.series.format import Format
from prunelle.data.series.parsed import Expected, ParsedSeries
from prunelle.data.series.text import group_of
from prunelle.errors import ArgumentError, DataError, did_you_mean
from prunelle.texts import Note

_FREE = 1 << 28
_MOST_GROWTH = 20
"""Arrays of 256 MB are always read; more only where the file is no less than a twentieth of them."""

_SERIES, _LABELS = ("x", "series", "data"), ("y", "labels", "label")
_SPLITS = ("train", "validation", "test")

# What NumPy and zipfile raise on files that are damaged, or made to be.
_DAMAGE = (
    OSError, ValueError, EOFError, TypeError, KeyError, SyntaxError, RuntimeError, NotImplementedError, MemoryError,
    OverflowError, struct.error, tokenize.TokenError, zipfile.BadZipFile, zlib.error, lzma.LZMAError,
)  # fmt: skip


def read(path: Path, expected: Expected, progress: Progress | None = None) -> dict[str, ParsedSeries]:
    """The splits of an ``.npz``: ``X`` (or ``x``, ``series``) and ``y`` (``labels``), or ``X_train``, ``y_train``, ….

    Raises:
        ArgumentError: ``groups`` is no array.
        DataError: no such arrays, no NumPy file, or one whose arrays are far larger than itself.
    """
    try:
        with zipfile.ZipFile(path) as file:
            members = {
                info.filename.removesuffix(".npy").lower(): info
                for info in reversed(file.infolist())
                if info.filename.endswith(".npy")
            }
            split_parts = {split: _split(path, file, members, split, expected) for split in _SPLITS}
    except (DataError, ArgumentError):
        raise
    except _DAMAGE as error:
        if isinstance(error, zipfile.BadZipFile) or not path.stat().st_size:
            raise DataError(
                f"{path} cannot be read as .npz: it is empty, cut off, or something else."
            ) from None
        raise DataError(
            f"{path} cannot be read as .npz: {str(error)[:200] or type(error).__name__}."
        ) from None
    given = {split: one for split, one in split_parts.items() if one is not None}
    if "train" not in given:
        names = ", ".join(list(members)[:20]) or "nothing"
        raise DataError(
            f"{path} needs arrays named X and y, or X_train, y_train, X_test, y_test; it has {names}."
        )
    return given


def _split(
    path: Path,
    file: zipfile.ZipFile,
    members: Mapping[str, zipfile.ZipInfo],
    split: str,
    expected: Expected,
) -> ParsedSeries | None:
    endings = (f"_{split}", "") if split == "train" else (f"_{split}",)
    at = next((name + ending for ending in endings for name in _SERIES if name + ending in members), None)
    if at is None:
        return None
    ending = f"_{split}" if at.endswith(f"_{split}") else ""
    try:
        series = Series.from_array(_array(path, file, members[at]), f"X{ending}")
    except ArgumentError as error:
        raise DataError(f"{path}: {error}") from None
    label = next((name + ending for name in _LABELS if name + ending in members), None)
    words = Note(f"the array {members[at].filename}", f"le tableau {members[at].filename}")
    if label is None:
        return ParsedSeries(series, None, words)
    labels = _array(path, file, members[label])
    if labels.shape not in ((len(series),), (len(series), 1)):
        raise DataError(f"{path}: y{ending} must be ({len(series)},), one a series; it is {labels.shape}.")
    texts: dict[str, str] = {}
    named = tuple(texts.setdefault(str(one), str(one)) for one in labels.ravel().tolist())
    both = f"{members[at].filename}, {members[label].filename}"
    groups = _groups(path, file, members, ending=ending, num_series=len(series), expected=expected)
    return ParsedSeries(
        series,
        named,
        Note(f"the arrays {both}", f"les tableaux {both}"),
        sure=labels.dtype.kind in "US",
        groups=groups,
        group="" if groups is None else str(expected.groups),
    )


def _groups(
    path: Path,
    file: zipfile.ZipFile,
    members: Mapping[str, zipfile.ZipInfo],
    *,
    ending: str,
    num_series: int,
    expected: Expected,
) -> np.ndarray | None:
    """The array of what series belong to, ``patient`` or ``patient_train`` for ``groups="patient"``."""
    if expected.groups is None:
        return None
    wanted = expected.groups.strip().lower()
    if (name := wanted + ending) not in members:
        if not expected.groups_asked or ending == "_validation":
            return None
        raise ArgumentError(
            f"groups (--groups) must name an array of {path.name}; there is no {name!r}."
            f"{did_you_mean(name, members)} It has: {', '.join(list(members)[:20])}."
        )
    values = _array(path, file, members[name])
    if values.shape not in ((num_series,), (num_series, 1)):
        raise DataError(f"{path}: {name} must be ({num_series},), one a series; it is {values.shape}.")
    return alone_named([group_of(str(one)) for one in values.ravel().tolist()])


def _array(path: Path, file: zipfile.ZipFile, member: zipfile.ZipInfo) -> np.ndarray:
    """One array, when what its header says is what the archive holds."""
    with file.open(member) as stream:
        shape, dtype = _header(stream)
        if dtype.hasobject:
            raise DataError(
                f"{path} holds Python objects ({member.filename}), which are not read. Save unequal lengths as one "
                f"(N, T, C) array, NaN beyond each series' end, and labels as numbers or with dtype=str."
            )
        claimed = math.prod(shape) * dtype.itemsize
        here = member.file_size - stream.tell()
        if claimed != here:
            raise DataError(
                f"{path}: {member.filename} says it has shape {_shown(shape)}, {claimed:,} bytes, and holds {here:,}."
            )
    if claimed > max(_FREE, _MOST_GROWTH * member.compress_size):
        raise DataError(
            f"{path}: {member.filename} is {claimed / 1e9:.1f} GB out of {member.compress_size / 1e6:.1f} MB, more "
            f"than {_MOST_GROWTH} times as much. Where that is right, save it uncompressed (numpy.savez)."
        )
    with file.open(member) as stream:
        array: np.ndarray = np.lib.format.read_array(stream, allow_pickle=False)
    return array


def _header(stream: IO[bytes]) -> tuple[tuple[int, ...], np.dtype]:
    version = np.lib.format.read_magic(stream)
    with contextlib.suppress(UnicodeError):
        if version == (1, 0):
            shape, _, dtype = np.lib.format.read_array_header_1_0(stream)
        else:
            shape, _, dtype = np.lib.format.read_array_header_2_0(stream)
        return shape, dtype
    raise DataError("the header of an array is no text.")


def _shown(shape: Sequence[int]) -> str:
    return str(tuple(shape))[:80]


FORMAT = Format(read, names_groups=True)
