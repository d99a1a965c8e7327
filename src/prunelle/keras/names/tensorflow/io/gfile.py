"""``tf.io.gfile``: files and folders of this machine."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from prunelle.keras.eager.errors import AlreadyExistsError, NotFoundError
from prunelle.keras.pipeline import sources

path_text = sources.path_text


class GFile:
    """A file, as Python's ``open`` gives it.

    Raises:
        NotFoundError: it is not there.
    """

    def __init__(self, name: Any, mode: str = "r") -> None:
        self.name, self.mode = path_text(name), mode
        try:
            self._file: Any = open(self.name, mode, encoding=None if "b" in mode else "utf-8")  # noqa: SIM115
        except FileNotFoundError:
            raise NotFoundError(
                f"{self.name}: No such file or directory. Look at the working folder."
            ) from None

    def __enter__(self) -> GFile:
        return self

    def __exit__(self, *error: object) -> None:
        self.close()

    def __iter__(self) -> Iterator[Any]:
        return iter(self._file)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._file, name)

    def size(self) -> int:
        """Its bytes."""
        return Path(self.name).stat().st_size


Open = FastGFile = GFile


def exists(path: Any) -> bool:
    """Whether there is such a file or folder."""
    return Path(path_text(path)).exists()


def isdir(path: Any) -> bool:
    """Whether it is a folder."""
    return Path(path_text(path)).is_dir()


def listdir(path: Any) -> list[str]:
    """The names in a folder, in order.

    Raises:
        NotFoundError: it is not there.
    """
    if not isdir(path):
        raise NotFoundError(f"{path_text(path)}: no such folder.")
    return sorted(os.listdir(path_text(path)))


def glob(pattern: Any) -> list[str]:
    """The files of a pattern, or of several, in order."""
    return sources.matching(pattern)


def join(path: Any, *paths: Any) -> str:
    """``os.path.join``"""
    return os.path.join(path_text(path), *map(path_text, paths))


def makedirs(path: Any) -> None:
    """A folder, and those above it; one that is there stays as it is."""
    os.makedirs(path_text(path), exist_ok=True)


mkdir = makedirs


def remove(path: Any) -> None:
    """Removes a file.

    Raises:
        NotFoundError: it is not there.
    """
    if not exists(path):
        raise NotFoundError(f"{path_text(path)}: no such file.")
    os.remove(path_text(path))


def rmtree(path: Any) -> None:
    """Removes a folder with all that is in it.

    Raises:
        NotFoundError: it is not there.
    """
    if not exists(path):
        raise NotFoundError(f"{path_text(path)}: no such folder.")
    shutil.rmtree(path_text(path))


def copy(src: Any, dst: Any, overwrite: bool = False) -> None:
    """Copies a file.

    Raises:
        AlreadyExistsError: there is one, and ``overwrite`` is false.
    """
    _free(dst, overwrite)
    shutil.copyfile(path_text(src), path_text(dst))


def rename(src: Any, dst: Any, overwrite: bool = False) -> None:
    """Renames a file.

    Raises:
        AlreadyExistsError: there is one, and ``overwrite`` is false.
    """
    _free(dst, overwrite)
    os.replace(path_text(src), path_text(dst))


def _free(path: Any, overwrite: bool) -> None:
    if exists(path) and not overwrite:
        raise AlreadyExistsError(f"{path_text(path)} is there already; overwrite=True replaces it.")


def stat(path: Any) -> os.stat_result:
    """``os.stat``"""
    return os.stat(path_text(path))


def walk(top: Any, topdown: bool = True, onerror: Any = None) -> Iterator[tuple[str, list[str], list[str]]]:
    """``os.walk``"""
    return os.walk(path_text(top), topdown, onerror)


__all__ = [
    "FastGFile",
    "GFile",
    "Open",
    "copy",
    "exists",
    "glob",
    "isdir",
    "join",
    "listdir",
    "makedirs",
    "mkdir",
    "remove",
    "rename",
    "rmtree",
    "stat",
    "walk",
]
