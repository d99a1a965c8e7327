"""Near copies that were found before, kept beside the cache of decoded pictures, so that a training knows of them.

Two things are kept. What a comparison of the very same examples gave, by their contents: it need not be done again. And
what a check found, by the files: it may have had a network's features to find them with, or seen the pictures larger
than a training does. A file that was changed since is not known any more.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from prunelle.data.cache_files import cache_folder
from prunelle.disk import write_json
from prunelle.errors import PrunelleError
from prunelle.json_files import parse_json

FOLDER = "near-copies"
"""In the cache."""

# Part of every name: raise it whenever the same pictures would give other pairs.
_VERSION = 1
_WORTH_KEEPING = 2000  # examples; fewer are compared within a second

State = tuple[str, int, int]


def compared_once(digests: Sequence[str], compare: Callable[[], np.ndarray]) -> np.ndarray:
    """The pairs, ``(P, 2)`` int64, that ``compare`` gives for examples that hold this; from a file if it is there."""
    if len(digests) < _WORTH_KEEPING:
        return compare()
    file = _file("same", *digests)
    with contextlib.suppress(OSError, ValueError, TypeError, KeyError):
        pairs = np.array(parse_json(file.read_bytes())["pairs"], np.int64).reshape(-1, 2)
        if not len(pairs) or (pairs.min() >= 0 and pairs.max() < len(digests)):
            return pairs
    pairs = compare()
    _write(file, {"pairs": pairs.tolist()})
    return pairs


def remember(files: Sequence[str], pairs: Iterable[tuple[int, int]]) -> None:
    """Keeps that pairs of ``files``, by their numbers, are near copies; it replaces what was kept of their folder."""
    if not files:
        return
    states: dict[int, State] = {}
    kept = []
    for one, other in pairs:
        with contextlib.suppress(OSError):  # a file that is gone
            kept.append([list(states.setdefault(row, _state(files[row]))) for row in (one, other)])
    _write(_file_of(files), {"pairs": kept})


def recall(files: Sequence[str] | None) -> np.ndarray:
    """``(P, 2)`` int64: which of ``files`` are known to be near copies, and are what they were."""
    pairs: list[tuple[int, int]] = []
    if files:
        number = {os.path.abspath(file): row for row, file in enumerate(files)}
        with contextlib.suppress(OSError, ValueError, TypeError, KeyError):
            for states in parse_json(_file_of(files).read_bytes())["pairs"]:
                one, other = ((str(path), int(size), int(time)) for path, size, time in states)
                if (
                    one[0] in number
                    and other[0] in number
                    and _state(one[0]) == one
                    and _state(other[0]) == other
                ):
                    pairs.append((number[one[0]], number[other[0]]))
    return np.array(pairs, np.int64).reshape(-1, 2)


def _state(file: str) -> State:
    status = os.stat(file)
    return os.path.abspath(file), status.st_size, status.st_mtime_ns


def _file_of(files: Sequence[str]) -> Path:
    """Of the folder that holds all of them."""
    try:
        above = os.path.commonpath({os.path.dirname(os.path.abspath(file)) for file in files})
    except ValueError:  # on several disks
        above = ""
    return _file("files", above)


def _file(*names: str) -> Path:
    key = hashlib.blake2b("\0".join(names).encode("utf-8", "surrogateescape"), digest_size=20).hexdigest()
    return cache_folder() / FOLDER / f"{key}-{_VERSION}.json"


def _write(file: Path, content: dict[str, Any]) -> None:
    with contextlib.suppress(OSError, PrunelleError):  # no place for it: it is found again
        file.parent.mkdir(parents=True, exist_ok=True)
        write_json(file, content)
