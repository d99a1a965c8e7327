"""Which files of a folder are taken for pictures."""

from __future__ import annotations

import os
from pathlib import Path

from prunelle.errors import DataError
from prunelle.files import no_file

# Files with these suffixes are about the pictures, or beside them. Whatever else there is, with a picture's
# suffix, another, or none, is judged by its content.
_OTHER_SUFFIXES = (
    *(".cfg", ".conf", ".csv", ".db", ".doc", ".docx", ".htm", ".html", ".ini", ".ipynb", ".js", ".json"),
    *(
        ".jsonl",
        ".log",
        ".mat",
        ".md",
        ".npy",
        ".npz",
        ".pdf",
        ".pickle",
        ".pkl",
        ".pt",
        ".pth",
        ".py",
        ".rst",
    ),
    *(".safetensors", ".sh", ".toml", ".tsv", ".txt", ".xls", ".xlsx", ".xml", ".yaml", ".yml"),
)
_SYSTEM_NAMES = ("__macosx", "thumbs.db", "desktop.ini")


def is_hidden(name: str) -> bool:
    """Hidden, or put there by a system: neither class nor picture."""
    return name.startswith(".") or name.lower() in _SYSTEM_NAMES


def is_picture_name(name: str) -> bool:
    """Not hidden, and no suffix that says it is something else."""
    return not is_hidden(name) and os.path.splitext(name)[1].lower() not in _OTHER_SUFFIXES


def entries(folder: Path) -> list[Path]:
    """What is in a folder, hidden or not, sorted by name as plain strings.

    Raises:
        DataError: it may not be listed.
    """
    try:
        return sorted(folder.iterdir(), key=lambda path: path.name)
    except OSError as error:
        raise _unlisted(error) from None


def subfolders(folder: Path) -> dict[str, Path]:
    """Visible folders (and links to folders, but for those that hold ``folder``) by name, sorted as plain strings."""
    return {
        path.name: path
        for path in entries(folder)
        if path.is_dir() and not is_hidden(path.name) and not _leads_up(path)
    }


def links_up(folder: Path) -> list[str]:
    """Names of the visible links in a folder that lead to a folder above, which ``subfolders`` passes over."""
    return [path.name for path in entries(folder) if not is_hidden(path.name) and _leads_up(path)]


def _leads_up(path: Path) -> bool:
    """Whether it is a link to a folder that it is in: everything would be found there once more."""
    return path.is_symlink() and Path(os.path.realpath(path.parent)).is_relative_to(os.path.realpath(path))


def pictures(folder: Path) -> tuple[list[Path], int]:
    """Every picture in the folder and the folders inside, links followed, and how many files were ignored.

    Sorted by their path from ``folder``, as plain strings with ``/`` between names, so the order is the same
    on every system. Hidden files do not count as ignored.

    Raises:
        DataError: a folder may not be listed.
    """
    pictures_by_name: list[tuple[str, Path]] = []
    ignored = 0
    seen: set[str] = set()
    for parent, folders, files in os.walk(folder, followlinks=True, onerror=_refuse):
        real = os.path.realpath(parent)
        if real in seen:  # by a link, a second time
            folders.clear()
            continue
        seen.add(real)
        folders[:] = sorted(n for n in folders if not is_hidden(n) and not _leads_up(Path(parent, n)))
        for name in files:
            path = Path(parent, name)
            # A broken link stays in: it is listed as a picture that cannot be opened. Pipes would block.
            if is_picture_name(name) and no_file(path) is None:
                pictures_by_name.append((path.relative_to(folder).as_posix(), path))
            elif not is_hidden(name):
                ignored += 1
    return [path for _, path in sorted(pictures_by_name)], ignored


def _refuse(error: OSError) -> None:
    raise _unlisted(error)


def _unlisted(error: OSError) -> DataError:
    return DataError(
        f"the folder {error.filename} cannot be read: {error.strerror}. Allow it, or take it out of the data."
    )
