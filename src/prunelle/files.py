"""What a path leads to, asked before it is opened: a named pipe would be waited for, a device read for ever.

And what a file's digest is, and paths for libraries that take no name but text.
"""

from __future__ import annotations

import hashlib
import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

KINDS_FR = {
    "a folder": "un dossier",
    "a named pipe": "un tube nommé",
    "a socket": "une socket",
    "a device": "un périphérique",
}
"""What ``no_file`` gives, in French."""

_KINDS = (
    (stat.S_ISDIR, "a folder"),
    (stat.S_ISFIFO, "a named pipe"),
    (stat.S_ISSOCK, "a socket"),
    (stat.S_ISCHR, "a device"),
    (stat.S_ISBLK, "a device"),
)


def no_file(path: Path) -> str | None:
    """``a folder``, ``a named pipe``, ``a socket`` or ``a device`` where it is one, links followed.

    None for a file, and for what is not there or may not be looked at: opening it says so without waiting.
    """
    try:
        mode = path.stat().st_mode
    except (OSError, ValueError):
        return None
    return next((kind for is_one, kind in _KINDS if is_one(mode)), None)


def sha256(path: Path) -> str:
    """Of a file's content, in hexadecimal.

    Raises:
        OSError: it cannot be read.
    """
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


@contextmanager
def in_text(path: Path) -> Iterator[Path]:
    """A path to the same file that is text, for libraries that refuse bytes which are none in a name."""
    try:
        os.fsencode(path).decode()
    except UnicodeDecodeError:
        with path.open("rb") as file:
            yield Path(f"/dev/fd/{file.fileno()}")
    else:
        yield path
