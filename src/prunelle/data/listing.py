"""Which files of a folder are taken for pictures."""

from __future__ import annotations

import dataclasses
import os
from collections import Counter
from pathlib import Path
from typing import NamedTuple

from prunelle.errors import DataError
from prunelle.files import no_file
from prunelle.texts import EN, FR, Note

# Files with these suffixes are about the pictures, or beside them. Whatever else there is, with a picture's
# suffix, another, or none, is judged by its content.
_TABLE_SUFFIXES = (
    ".csv",
    ".json",
    ".jsonl",
    ".mat",
    ".npy",
    ".npz",
    ".pickle",
    ".pkl",
    ".tsv",
    ".xls",
    ".xlsx",
)
_TEXT_SUFFIXES = (".doc", ".docx", ".htm", ".html", ".log", ".md", ".pdf", ".rst", ".txt", ".url", ".xml")
_PROGRAM_SUFFIXES = (".cfg", ".conf", ".ini", ".ipynb", ".js", ".py", ".sh", ".toml", ".yaml", ".yml")
_WEIGHTS_SUFFIXES = (".pt", ".pth", ".safetensors")
# What phones, cameras and their programs write beside a picture: edits, ratings, thumbnails, lists of files.
_SIDE_SUFFIXES = (".aae", ".db", ".thm", ".xmp")
_OTHER_SUFFIXES = frozenset(
    (*_TABLE_SUFFIXES, *_TEXT_SUFFIXES, *_PROGRAM_SUFFIXES, *_WEIGHTS_SUFFIXES, *_SIDE_SUFFIXES)
)
# Phones put one of two or three seconds beside a live photo, under its name.
_FILM_SUFFIXES = frozenset(
    (".3gp", ".avi", ".m2ts", ".m4v", ".mkv", ".mov", ".mp4", ".mpeg", ".mpg", ".mts", ".webm", ".wmv")
)
_SYSTEM_NAMES = ("__macosx", "thumbs.db", "desktop.ini", "@eadir", "$recycle.bin")
# .IMG_0412.HEIC.icloud stands for IMG_0412.HEIC while that is in iCloud only.
_PLACEHOLDER_SUFFIX = ".icloud"


@dataclasses.dataclass(frozen=True)
class Ignored:
    """How many files of a folder were passed over, by what they are.

    Attributes:
        others: those that are no pictures by their suffix.
        films: likewise.
        elsewhere: placeholders of pictures that are in iCloud, not on this machine.
    """

    others: int = 0
    films: int = 0
    elsewhere: int = 0

    def __add__(self, other: Ignored) -> Ignored:
        return Ignored(self.others + other.others, self.films + other.films, self.elsewhere + other.elsewhere)

    def notes(self, folder: Path) -> list[Note]:
        """A word on each kind."""
        name = folder.name
        notes = []
        if self.others:
            notes.append(
                Note(
                    f"{EN.integer(self.others)} file(s) of {name} that are not pictures by their suffix were ignored.",
                    f"{FR.integer(self.others)} fichier(s) de {name} ignorés : leur suffixe n’est pas celui d’une "
                    f"image.",
                )
            )
        if self.films:
            notes.append(
                Note(
                    f"{EN.integer(self.films)} film(s) of {name} were ignored (a live photo has one beside it).",
                    f"{FR.integer(self.films)} film(s) de {name} ignorés (une Live Photo en a un à côté d’elle).",
                )
            )
        if self.elsewhere:
            notes.append(self.elsewhere_note(folder))
        return notes

    def elsewhere_note(self, folder: Path) -> Note:
        """That pictures are missing, and how to get them."""
        count = self.elsewhere
        return Note(
            f"{EN.integer(count)} picture(s) of {folder.name} are in iCloud, not on this machine; download them there "
            f"(in the Finder: Download Now) to use them.",
            f"{FR.integer(count)} image(s) de {folder.name} sont dans iCloud, pas sur cette machine ; téléchargez-les "
            f"(dans le Finder : Télécharger maintenant) pour qu’elles servent.",
        )


def is_hidden(name: str) -> bool:
    """Hidden, or put there by a system: neither class nor picture."""
    return name.startswith(".") or name.lower() in _SYSTEM_NAMES


def is_picture_name(name: str) -> bool:
    """Not hidden, and no suffix that says it is something else."""
    return not is_hidden(name) and ignored_kind(name) is None


def ignored_kind(name: str) -> str | None:
    """By its name, the field of ``Ignored`` that a file counts in; None for a picture, and for what is hidden."""
    suffix = os.path.splitext(name)[1].lower()
    if name.startswith("."):
        return "elsewhere" if suffix == _PLACEHOLDER_SUFFIX else None
    if suffix in _FILM_SUFFIXES:
        return "films"
    return "others" if suffix in _OTHER_SUFFIXES and not is_hidden(name) else None


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


class Listed(NamedTuple):
    """What ``pictures`` gives: every picture, and what was passed over."""

    files: list[Path]
    ignored: Ignored


def pictures(folder: Path) -> Listed:
    """Every picture in the folder and the folders inside, links followed, and how many files were ignored.

    Sorted by their path from ``folder``, as plain strings with ``/`` between names, so the order is the same
    on every system. Hidden files do not count as ignored.

    Raises:
        DataError: a folder may not be listed.
    """
    pictures_by_name: list[tuple[str, Path]] = []
    ignored: Counter[str] = Counter()
    seen: set[str] = set()
    for parent, folders, files in os.walk(folder, followlinks=True, onerror=_refuse):
        real = os.path.realpath(parent)
        if real in seen:  # by a link, a second time
            folders.clear()
            continue
        seen.add(real)
        folders[:] = sorted(n for n in folders if not is_hidden(n) and not _leads_up(Path(parent, n)))
        here = Path(parent)
        prefix = "" if here == folder else here.relative_to(folder).as_posix() + "/"
        for name in files:
            path = here / name
            if (kind := ignored_kind(name)) is not None:
                ignored[kind] += 1
            # A broken link stays in: it is listed as a picture that cannot be opened. Pipes would block.
            elif not is_hidden(name) and no_file(path) is None:
                pictures_by_name.append((prefix + name, path))
            elif not is_hidden(name):
                ignored["others"] += 1
    return Listed([path for _, path in sorted(pictures_by_name)], Ignored(**ignored))


def _refuse(error: OSError) -> None:
    raise _unlisted(error)


def _unlisted(error: OSError) -> DataError:
    return DataError(
        f"the folder {error.filename} cannot be read: {error.strerror}. Allow it, or take it out of the data."
    )
