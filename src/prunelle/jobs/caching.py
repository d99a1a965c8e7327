"""What caches, downloads and runs occupy on the disk, and emptying the caches."""

from __future__ import annotations

import contextlib
import dataclasses
import os
from collections.abc import Iterable, Iterator
from pathlib import Path

from prunelle.cards import made
from prunelle.data import known_copies
from prunelle.data.cache_files import cache_folder
from prunelle.data.datasets import data_folder
from prunelle.disk import held
from prunelle.errors import RunError
from prunelle.texts import Note

_PICTURES = Note("decoded pictures", "images décodées")
_FEATURES = Note("features", "caractéristiques")
_DOWNLOADS = Note("downloads", "téléchargements")
_RUNS = Note("runs", "entraînements")


@dataclasses.dataclass(frozen=True)
class DiskUsage:
    """What one kind of files takes.

    Attributes:
        what: the kind.
        folder: where they are.
        number: how many splits, stores of features, sets or runs.
        size: in bytes.
        is_cache: it is made again when it is needed, so ``clear_caches`` removes it.
    """

    what: Note
    folder: Path
    number: int
    size: int
    is_cache: bool

    def _repr_html_(self) -> str:
        """In a notebook, the same."""
        return made.disk_usage(self.what, self.folder, self.number, self.size)


@dataclasses.dataclass(frozen=True)
class Cleared:
    """What ``clear_caches`` did.

    Attributes:
        size: bytes that were freed.
        in_use: what another process has, and was left.
    """

    size: int
    in_use: tuple[Path, ...]

    def _repr_html_(self) -> str:
        """In a notebook, the same."""
        return made.cleared(self.size, self.in_use)


def disk_usage(runs: Path) -> list[DiskUsage]:
    """What Prunelle keeps on this machine, and in the folder of runs."""
    cache, downloads = cache_folder(), data_folder()
    pictures, stores = _entries(cache), _stores(cache)
    sets = [path for path in _inside(downloads) if path.is_dir()]
    folders = sorted(path.parent for path in runs.rglob("run.json")) if runs.is_dir() else []
    return [
        DiskUsage(_PICTURES, cache, sum(p.suffix == ".npy" for p in pictures), _size(pictures), True),
        DiskUsage(_FEATURES, cache / "features", len(stores), _size(stores), True),
        DiskUsage(_DOWNLOADS, downloads, len(sets), _size(sets), False),
        DiskUsage(_RUNS, runs, len(folders), _size([runs] if runs.is_dir() else []), False),
    ]


def clear_caches() -> Cleared:
    """Removes decoded pictures and features, but for those that another process writes; never a run or a download."""
    cache = cache_folder()
    freed, in_use = 0, []
    for path in _entries(cache):
        freed += _removed(path)
    for store in _stores(cache):
        try:
            with held(store / "lock", "in use"):
                freed += sum(_removed(path) for path in _inside(store) if path.name != "lock")
                _removed(store / "lock")
            with contextlib.suppress(OSError):
                store.rmdir()
        except RunError:
            in_use.append(store)
    return Cleared(freed, tuple(in_use))


def _entries(cache: Path) -> list[Path]:
    """Files of decoded pictures, and what is known of near copies; a temporary file belongs to who writes it."""
    paths = [*_inside(cache), *_inside(cache / known_copies.FOLDER)]
    return [path for path in paths if path.suffix in (".npy", ".json") and path.is_file()]


def _stores(cache: Path) -> list[Path]:
    """Folders of features; nothing else that may lie there."""
    return [path for path in _inside(cache / "features") if (path / "keys").is_file()]


def _inside(folder: Path) -> list[Path]:
    try:
        return sorted(folder.iterdir())
    except OSError:
        return []


def _removed(path: Path) -> int:
    """The bytes freed: none where the system keeps it, as Windows does what is mapped."""
    try:
        size = path.stat().st_size
        path.unlink()
    except OSError:
        return 0
    return size


def _size(paths: Iterable[Path]) -> int:
    """Of files, and of all files in folders, in bytes."""

    def files(path: Path) -> Iterator[Path]:
        if path.is_dir():
            for folder, _, names in os.walk(path):
                yield from (Path(folder, name) for name in names)
        else:
            yield path

    total = 0
    for path in paths:
        for file in files(path):
            with contextlib.suppress(OSError):
                total += file.lstat().st_size
    return total
