"""A split decoded once, by all cores, into memory or into a memory-mapped file that later trainings reuse.

``cache_entry`` writes and checks an entry of the cache; ``cache_files`` says where they are and how many stay.
"""

from __future__ import annotations

import collections
import concurrent.futures
import dataclasses
import errno
import hashlib
import itertools
import os
import shutil
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import TypeVar

import numpy as np

from prunelle.data import decode
from prunelle.data.cache_entry import Unusable, open_entry, write_entry
from prunelle.data.cache_files import cache_folder, make_room
from prunelle.data.feed import Feed
from prunelle.data.pixels import Pixels, Progress, Skipped, Undecoded
from prunelle.data.preprocess import Preprocess
from prunelle.data.resizing import fit_array
from prunelle.data.targets import ONE_CLASS, Target
from prunelle.disk import is_full, reason, sweep
from prunelle.errors import BadPicture, BadPictures, CannotWrite, DataError, DiskFull
from prunelle.texts import Note, visible

MAX_BAD_SHARE = 0.05
"""A larger share of bad pictures stops a training."""

# Part of every key: raise it whenever the same file would decode to other pixels.
_DECODER_VERSION = 4
# And this one whenever an entry is written otherwise.
_ENTRY_VERSION = 2
_GROUP = 16
_NAMES_SHOWN = 10

_Result = TypeVar("_Result")


def decode_split(
    split: Undecoded,
    preprocess: Preprocess,
    *,
    in_memory: bool = True,
    progress: Progress | None = None,
) -> Pixels:
    """``Split.decode``: every readable picture, in the split's order; the others in ``Pixels.skipped``.

    However many pictures there are, only a few files a core are held at a time (besides the result, when
    ``in_memory``).

    Raises:
        DiskFull: no room for the cache file.
    """
    if isinstance(split.array, np.ndarray) and split.array.dtype == np.float32:
        # Numbers that were fed as they are, and are of no bytes.
        return Pixels(split.array, split.labels, feed=_fed(split, preprocess))
    if in_memory:
        images = np.empty((len(split), *_picture_shape(preprocess)), np.uint8)
        skipped: dict[int, str] = {}
        row = 0
        for decoded in _decoded(split, preprocess, progress):
            for image in decoded.images:
                images[row] = image
                row += 1
            skipped |= decoded.skipped
        return _pixels(split, images[:row], skipped, preprocess)
    return _decode_to_file(split, preprocess, progress)


def check_readable(
    pixels_by_split: Mapping[str, Pixels], classes: Sequence[str], target: Target = ONE_CLASS
) -> None:
    """Stops a training whose pictures are too bad.

    Args:
        pixels_by_split: decoded splits by name; ``train`` is one of them.
        classes: names in index order.
        target: what is told of an example.

    Raises:
        BadPictures: more than 5 % of all pictures (and more than one) could not be read, a split is left with
            none, or a class has none left to train on. It names them.
    """
    skipped = [bad for pixels in pixels_by_split.values() for bad in pixels.skipped]
    total = len(skipped) + sum(len(pixels) for pixels in pixels_by_split.values())
    good = target.counts(pixels_by_split["train"].labels, classes)
    without = [name for name, count in zip(classes, good, strict=True) if count == 0]
    if without:
        raise BadPictures(
            f"no picture to train on is left for {', '.join(map(repr, without[:_NAMES_SHOWN]))}: those there "
            f"are cannot be read.\n{_list(skipped)}\nReplace them, or remove the class."
        )
    check_share(skipped, total)
    for name, pixels in pixels_by_split.items():
        if len(pixels) == 0 and pixels.skipped:
            raise BadPictures(f"no picture of the {name} split can be read.\n{_list(pixels.skipped)}")


def check_share(skipped: Sequence[Skipped], total: int) -> None:
    """Stops a work in which more than 5 % of ``total`` pictures could not be read; a single one never does.

    Raises:
        BadPictures: it names them.
    """
    if len(skipped) > max(1, MAX_BAD_SHARE * total):
        raise BadPictures(
            f"{len(skipped)} of {total} pictures cannot be read; at most {MAX_BAD_SHARE:.0%} may be bad.\n"
            f"{_list(skipped)}\nReplace them, or take them out of the data."
        )


def _list(skipped: Sequence[Skipped]) -> str:
    lines = [f"  {visible(bad.file)}: {bad.reason}" for bad in skipped[:_NAMES_SHOWN]]
    if len(skipped) > _NAMES_SHOWN:
        lines.append(f"  … and {len(skipped) - _NAMES_SHOWN} more")
    return "\n".join(lines)


def _picture_shape(preprocess: Preprocess) -> tuple[int, int, int]:
    return (*preprocess.input_size, preprocess.channels)


def _fed(split: Undecoded, preprocess: Preprocess) -> Feed | None:
    return None if split.feed is None else split.feed.prepared(preprocess)


def _pixels(
    split: Undecoded, images: np.ndarray, skipped: Mapping[int, str], preprocess: Preprocess
) -> Pixels:
    feed = _fed(split, preprocess)
    if split.files is None:
        return Pixels(images, split.labels, feed=feed)
    good = np.ones(len(split), bool)
    good[list(skipped)] = False
    return Pixels(
        images,
        split.labels[good],
        tuple(str(split.files[i]) for i in np.flatnonzero(good)),
        tuple(Skipped(str(split.files[i]), reason) for i, reason in sorted(skipped.items())),
        feed=None if feed is None else feed.take(np.flatnonzero(good)),
    )


@dataclasses.dataclass(frozen=True)
class _Decoded:
    """A few consecutive pictures: the good ones, and the reasons of the others by their index."""

    images: np.ndarray | list[np.ndarray]
    skipped: dict[int, str]


def _decoded(split: Undecoded, preprocess: Preprocess, progress: Progress | None) -> Iterator[_Decoded]:
    """The whole split, a few pictures at a time, in order."""

    def decode_group(start: int) -> _Decoded:
        if isinstance(split.array, np.ndarray):
            return _Decoded(fit_array(split.array[start : start + _GROUP], preprocess), {})
        assert split.files is not None
        images, skipped = [], {}
        for i, file in enumerate(split.files[start : start + _GROUP], start):
            try:
                images.append(decode.read_file(file, preprocess))
            except BadPicture as error:
                skipped[i] = error.reason
        return _Decoded(images, skipped)

    return _in_threads(
        decode_group, len(split), Note(f"decoding {split.name}", f"décodage de {split.name}"), progress
    )


def _in_threads(
    work: Callable[[int], _Result], total: int, what: Note, progress: Progress | None
) -> Iterator[_Result]:
    """``work(start)`` for every group of ``_GROUP`` from 0 to ``total``: on all cores, results in order."""
    workers = _num_cores()
    starts = iter(range(0, total, _GROUP))
    with concurrent.futures.ThreadPoolExecutor(workers, "prunelle-decode") as pool:
        # Two a worker: none is idle, and few pictures wait for the one before them.
        waiting = collections.deque(
            pool.submit(work, start) for start in itertools.islice(starts, 2 * workers)
        )
        try:
            for done in range(0, total, _GROUP):
                result = waiting.popleft().result()
                waiting.extend(pool.submit(work, start) for start in itertools.islice(starts, 1))
                yield result
                if progress:
                    progress(what, min(done + _GROUP, total), total)
        finally:
            pool.shutdown(cancel_futures=True)


def _num_cores() -> int:
    if hasattr(os, "sched_getaffinity"):
        # Those that this process may use, which in a container can be fewer.
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def _decode_to_file(split: Undecoded, preprocess: Preprocess, progress: Progress | None) -> Pixels:
    folder = cache_folder()
    target = folder / f"{_key(split, preprocess, progress)}.npy"
    shape = _picture_shape(preprocess)
    notes: tuple[Note, ...] = ()
    try:
        kept = open_entry(target, len(split), shape, split.name, progress)
    except Unusable as error:
        kept, notes = None, (_redecode_note(split, error),)
    if kept is None:
        needed = len(split) * preprocess.example_bytes
        try:
            folder.mkdir(parents=True, exist_ok=True)
            sweep(folder)
            make_room(folder, needed)
            if shutil.disk_usage(folder).free < needed:
                raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
            write_entry(
                target,
                len(split),
                shape,
                ((group.images, group.skipped) for group in _decoded(split, preprocess, progress)),
            )
        except (OSError, CannotWrite) as error:
            raise _cannot_keep(split, folder, needed, error) from None
        try:
            kept = open_entry(target, len(split), shape, split.name, progress)
        except Unusable as error:
            raise DataError(
                f"decoded pictures do not stay as they are written in {folder} ({error}). Name a folder on another "
                "disk with the environment variable PRUNELLE_CACHE."
            ) from None
        if kept is None:
            raise DataError(f"{target} was removed by another program while it was written; try again.")
    return dataclasses.replace(_pixels(split, kept.images, kept.skipped, preprocess), notes=notes)


def _redecode_note(split: Undecoded, error: Unusable) -> Note:
    return Note(
        f"The decoded pictures of the {split.name} split in the cache cannot be used ({error}); they are decoded "
        f"again.",
        f"Les images décodées du jeu {split.name} dans le cache sont inutilisables ({error}) ; elles sont décodées à "
        f"nouveau.",
    )


def _cannot_keep(split: Undecoded, folder: Path, needed: int, error: OSError | CannotWrite) -> CannotWrite:
    if isinstance(error, DiskFull) or (isinstance(error, OSError) and is_full(error)):
        return DiskFull(
            f"no room for the decoded pictures of the {split.name} split in {folder}: "
            f"{needed:,} bytes are needed. Free some, or name a folder on another disk with the "
            "environment variable PRUNELLE_CACHE."
        )
    why = reason(error) if isinstance(error, OSError) else error.message
    return CannotWrite(
        f"the decoded pictures cannot be kept in {folder}: {why.rstrip('.')}. Name another folder with the environment "
        "variable PRUNELLE_CACHE."
    )


def _key(split: Undecoded, preprocess: Preprocess, progress: Progress | None) -> str:
    """Of the pictures' bytes in order and of whatever changes what they decode to."""
    p = preprocess
    settings = (_DECODER_VERSION, _ENTRY_VERSION, p.size, p.fit, p.crop_fraction, p.border, p.channels)
    key = hashlib.blake2b(repr(settings).encode(), digest_size=20)

    def hash_group(start: int) -> bytes:
        if isinstance(split.array, np.ndarray):
            rows = np.ascontiguousarray(split.array[start : start + _GROUP])
            return hashlib.blake2b(repr(rows.shape).encode() + rows.tobytes()).digest()
        assert split.files is not None
        return b"".join(_file_digest(file) for file in split.files[start : start + _GROUP])

    for digest in _in_threads(
        hash_group, len(split), Note(f"reading {split.name}", f"lecture de {split.name}"), progress
    ):
        key.update(digest)
    return key.hexdigest()


def _file_digest(path: Path) -> bytes:
    try:
        return hashlib.blake2b(decode.read_bytes(path)).digest()
    except BadPicture as error:
        return hashlib.blake2b(error.reason.encode()).digest()
