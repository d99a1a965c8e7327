"""Which files of a folder are taken for pictures."""

from __future__ import annotations

import os
from pathlib import Path

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


def subfolders(folder: Path) -> dict[str, Path]:
    """Visible folders (and links to folders) by name, sorted as plain strings."""
    return {
        path.name: path
        for path in sorted(folder.iterdir(), key=lambda path: path.name)
        if path.is_dir() and not is_hidden(path.name)
    }


def pictures(folder: Path) -> tuple[list[Path], int]:
    """Every picture in the folder and the folders inside, links followed, and how many files were ignored.

    Sorted by their path from ``folder``, as plain strings with ``/`` between names, so the order is the same
    on every system. Hidden files do not count as ignored.
    """
    found: list[tuple[str, Path]] = []
    ignored = 0
    seen: set[str] = set()
    for parent, folders, files in os.walk(folder, followlinks=True):
        real = os.path.realpath(parent)
        if real in seen:  # a link to a folder above it
            folders.clear()
            continue
        seen.add(real)
        folders[:] = sorted(name for name in folders if not is_hidden(name))
        for name in files:
            path = Path(parent, name)
            # A broken link stays in: it is listed as a picture that cannot be opened. Pipes would block.
            if is_picture_name(name) and (path.is_file() or not path.exists()):
                found.append((path.relative_to(folder).as_posix(), path))
            elif not is_hidden(name):
                ignored += 1
    return [path for _, path in sorted(found)], ignored
