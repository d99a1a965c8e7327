"""Which data a training may be started on from the browser: what is here already, and what was named at the start."""

from __future__ import annotations

import dataclasses
import os
from collections.abc import Iterator, Sequence
from pathlib import Path

from prunelle.data.datasets import NAMED, data_folder, is_there
from prunelle.data.series import FORMATS
from prunelle.errors import ArgumentError

_MOST_INSIDE = 200


@dataclasses.dataclass(frozen=True)
class Choice:
    """Data that can be chosen.

    Attributes:
        key: what the browser says.
        label: what it shows: a set's or a folder's name.
        data: what ``tasks.train`` takes.
    """

    key: str
    label: str
    data: str


class DataChoices:
    """The embedded digits, named sets whose files are here, and the folders named at the start with what is in them.

    Args:
        folders: that were named.
    """

    def __init__(self, folders: Sequence[Path]) -> None:
        self._folders = tuple(folders)

    def all(self) -> list[Choice]:
        """As they are now."""
        return [*self._named(), *self._in_folders()]

    def chosen(self, key: object) -> str:
        """What ``tasks.train`` takes, of a key, or of a path that a person typed.

        Raises:
            ArgumentError: it is neither on the list nor inside a folder that was named at the start.
        """
        for choice in self.all():
            if key == choice.key:
                return choice.data
        path = self._inside(key) if isinstance(key, str) and key else None
        if path is None:
            named = ", ".join(str(folder) for folder in self._folders) or "none"
            raise ArgumentError(
                f"data must be on the list, or inside a folder that prunelle open was given ({named}); received "
                f"{str(key)[:200]!r}. Start the page with the folder: prunelle open FOLDER."
            )
        return path

    def _named(self) -> Iterator[Choice]:
        folder = data_folder()
        for name, known in NAMED.items():
            if not known.files or is_there(name, folder):
                yield Choice(name, name, name)

    def _in_folders(self) -> Iterator[Choice]:
        for number, folder in enumerate(self._folders):
            yield Choice(f"folder-{number}", folder.name or str(folder), str(folder))
            for child in _children(folder):
                inside = child.relative_to(folder).as_posix()
                yield Choice(f"folder-{number}/{inside}", f"{folder.name}/{inside}", str(child))

    def _inside(self, typed: str) -> str | None:
        """The path, links followed, where that is inside; nothing outside is looked at but for its own name."""
        if "\0" in typed or len(typed) > 4096:
            return None
        for folder in self._folders:
            root = os.path.realpath(folder)
            try:
                path = os.path.realpath(os.path.join(root, os.path.expanduser(typed)))
            except (OSError, ValueError):
                continue
            if path == root or path.startswith(root.rstrip(os.sep) + os.sep):
                return path
        return None


def _children(folder: Path, *, deeper: bool = True) -> list[Path]:
    """What inside may be data of its own: a folder with folders in it, a file of series, also of a folder inside.

    Links are left out, and ``NAME_TEST.ts`` beside ``NAME_TRAIN.ts``, whose test it is.
    """
    found: list[Path] = []
    for entry in _entries(folder):
        path = folder / entry.name
        if entry.is_dir(follow_symlinks=False):
            if any(inside.is_dir(follow_symlinks=False) for inside in _entries(path)):
                found.append(path)
            elif deeper:
                found += _children(path, deeper=False)
        elif path.suffix.lower() in FORMATS and not _is_test(path):
            found.append(path)
    return sorted(found)[:_MOST_INSIDE]


def _entries(folder: Path) -> list[os.DirEntry[str]]:
    try:
        with os.scandir(folder) as entries:
            return [entry for entry in entries if not entry.is_symlink() and not entry.name.startswith(".")]
    except OSError:
        return []


def _is_test(path: Path) -> bool:
    name = path.stem
    return name.endswith("_TEST") and path.with_name(f"{name[:-5]}_TRAIN{path.suffix}").exists()
