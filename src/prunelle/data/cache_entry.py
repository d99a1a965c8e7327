"""One entry of the cache of decoded pictures: ``<key>.npy`` with the pixels, and ``<key>.json`` about them.

The second is written last, which makes the entry valid. It says which pictures were left out and holds the SHA-256 of
each block of pixels, and its own. All are compared each time the entry is opened, at the speed at which the file can be
read (docs/lab/performance.md): whatever altered it since, no other pixels are used in silence.
"""

from __future__ import annotations

import concurrent.futures
import contextlib
import dataclasses
import hashlib
import io
import json
import math
import os
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np

from prunelle.data.pixels import Progress
from prunelle.disk import put_aside, reason, replacing
from prunelle.json_files import parse_json
from prunelle.texts import Note

_BLOCK = 1 << 23


@dataclasses.dataclass(frozen=True)
class Entry:
    """An entry that is there and whole.

    Attributes:
        images: ``(N, H, W, C)`` uint8, mapped.
        skipped: reasons, by the index of the picture.
    """

    images: np.ndarray
    skipped: Mapping[int, str]


class Unusable(Exception):
    """An entry that is not what was written; says how."""


def open_entry(
    target: Path, num_pictures: int, shape: tuple[int, ...], what: str, progress: Progress | None
) -> Entry | None:
    """The entry, or None where there is none.

    Args:
        target: its ``.npy``.
        num_pictures: of the split, with those left out.
        shape: of a picture.
        what: of what it is, for ``progress``.
        progress: told how much is checked.

    Raises:
        Unusable: it is damaged.
    """
    beside = target.with_suffix(".json")
    if not os.path.lexists(beside):
        return None
    try:
        about = parse_json(beside.read_bytes())
        stored_digest = about.pop("digest")
        if stored_digest != _digest(about):
            raise Unusable(f"{beside} is not what was written")
        skipped = {int(i): str(why) for i, why in about["skipped"]}
        whole = (num_pictures - len(skipped), *shape)
        header = _header(whole)
        size = target.stat().st_size
        if size != len(header) + math.prod(whole):
            raise Unusable(f"{target} has {size:,} bytes, not {len(header) + math.prod(whole):,}")
        _check(target, header, about["blocks"], Note(f"checking {what}", f"vérification de {what}"), progress)
        images = (
            np.memmap(target, np.uint8, "r", len(header), whole) if whole[0] else np.empty(whole, np.uint8)
        )
        os.utime(target)  # used just now
    except OSError as error:
        raise Unusable(f"{error.filename or target}: {reason(error)}") from error
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise Unusable(f"{beside} is not what was written") from error
    return Entry(images, skipped)


def write_entry(
    target: Path,
    num_pictures: int,
    shape: tuple[int, ...],
    decoded: Iterable[tuple[Iterable[np.ndarray], Mapping[int, str]]],
) -> None:
    """Writes pictures as they come, with the reasons of those that do not, in place of what is there.

    Raises:
        CannotWrite: the system refuses.
    """
    for path in (target, target.with_suffix(".json")):
        if path.is_dir():
            put_aside(path)
    skipped: dict[int, str] = {}
    blocks = _Blocks()
    with replacing(target) as file:
        file.write(_header((num_pictures, *shape)))
        body, row = file.tell(), 0
        # Written, not mapped: a full disk is an exception here and would be a SIGBUS there.
        for images, bad in decoded:
            for image in images:
                data = np.ascontiguousarray(image).reshape(-1).data
                file.write(data)
                blocks.add(data)
                row += 1
            skipped |= bad
        file.seek(0)
        file.write(_header((row, *shape)))
        # NumPy leaves room in the header for the first dimension to change in place.
        assert file.tell() == body
    about: dict[str, Any] = {"skipped": list(skipped.items()), "blocks": blocks.finish()}
    # As it will be read.
    about = json.loads(json.dumps(about))
    with replacing(target.with_suffix(".json")) as file:
        file.write(json.dumps({**about, "digest": _digest(about)}).encode())


class _Blocks:
    """The digests of what is added, block by block."""

    def __init__(self) -> None:
        self._digests: list[str] = []
        self._now, self._room = hashlib.sha256(), _BLOCK

    def add(self, data: memoryview) -> None:
        while data:
            part = data[: self._room]
            self._now.update(part)
            self._room -= len(part)
            data = data[len(part) :]
            if not self._room:
                self._digests.append(self._now.hexdigest())
                self._now, self._room = hashlib.sha256(), _BLOCK

    def finish(self) -> list[str]:
        if self._room < _BLOCK:
            self._digests.append(self._now.hexdigest())
        return self._digests


def _check(target: Path, header: bytes, blocks: list[str], what: Note, progress: Progress | None) -> None:
    """Reads all of it, on all cores; by reading, as a disk that fails under a mapping would kill the process."""

    def digest(number: int) -> str:
        with target.open("rb", buffering=0) as file:
            file.seek(len(header) + number * _BLOCK)
            return hashlib.sha256(_read(file, _BLOCK)).hexdigest()

    with target.open("rb") as file:
        if file.read(len(header)) != header:
            raise Unusable(f"the first bytes of {target} are not what was written")
    with _pool() as pool:
        for number, actual in enumerate(pool.map(digest, range(len(blocks)))):
            if actual != blocks[number]:
                raise Unusable(f"{target} is not what was written (block {number + 1} of {len(blocks)})")
            if progress is not None:
                progress(what, number + 1, len(blocks))


@contextlib.contextmanager
def _pool() -> Iterator[concurrent.futures.ThreadPoolExecutor]:
    with concurrent.futures.ThreadPoolExecutor(os.cpu_count(), "prunelle-check") as pool:
        try:
            yield pool
        finally:
            pool.shutdown(cancel_futures=True)


def _read(file: io.FileIO | BinaryIO, size: int) -> bytes:
    parts = []
    while size and (part := file.read(size)):
        parts.append(part)
        size -= len(part)
    return b"".join(parts)


def _header(shape: tuple[int, ...]) -> bytes:
    stream = io.BytesIO()
    np.lib.format.write_array_header_1_0(stream, {"descr": "|u1", "fortran_order": False, "shape": shape})
    return stream.getvalue()


def _digest(about: Mapping[str, Any]) -> str:
    return hashlib.sha256(json.dumps(about, sort_keys=True).encode()).hexdigest()
