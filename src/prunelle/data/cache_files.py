"""The folder of decoded pictures: where it is, how files get there whole, and what is thrown away.

It is ``PRUNELLE_CACHE``, else the per-user cache of the system. At most ``CACHE_LIMIT_BYTES`` are kept there
(or the one newest entry, if it is larger); the least recently used go first.
"""

from __future__ import annotations

import contextlib
import os
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

import platformdirs

CACHE_LIMIT_BYTES = 20 * 2**30


def cache_folder() -> Path:
    """Where decoded pictures are kept between trainings; it may not exist yet."""
    chosen = os.environ.get("PRUNELLE_CACHE")
    return Path(chosen).expanduser() if chosen else Path(platformdirs.user_cache_dir("prunelle"), "pixels")


@contextlib.contextmanager
def replacing(target: Path) -> Iterator[BinaryIO]:
    """A temporary file that becomes ``target``, whole and on disk, or disappears."""
    # The name says who writes it, so that others can tell a leftover from work in progress.
    handle, name = tempfile.mkstemp(".tmp", f"{target.stem}.{os.getpid()}.", target.parent)
    try:
        with os.fdopen(handle, "w+b") as file:
            yield file
            file.flush()
            os.fsync(file.fileno())
        os.replace(name, target)
    except BaseException:
        with contextlib.suppress(OSError):
            os.unlink(name)
        raise


def remove_leftovers(folder: Path) -> None:
    """Temporary files of processes that were killed."""
    for path in folder.glob("*.*.*.tmp"):
        pid = path.name.split(".")[1]
        if pid.isdigit() and not _is_running(int(pid)):
            with contextlib.suppress(OSError):
                path.unlink()


def _is_running(pid: int) -> bool:
    if os.name == "nt":
        return False  # Asking would kill it there; but Windows refuses to remove a file that is open.
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except OSError:
        return True
    return True


def make_room(folder: Path, needed: int) -> None:
    """Removes entries, least recently used first, until ``needed`` more bytes stay under the limit."""
    entries: list[tuple[float, int, Path]] = []
    for path in folder.glob("*.npy"):
        with contextlib.suppress(FileNotFoundError):  # another process made room too
            status = path.stat()
            entries.append((status.st_mtime, status.st_size, path))
    kept = needed + sum(size for _, size, _ in entries)
    for _, size, path in sorted(entries):
        if kept <= CACHE_LIMIT_BYTES:
            return
        with contextlib.suppress(OSError):
            path.with_suffix(".json").unlink(missing_ok=True)
            path.unlink()  # Who has it mapped keeps it, on Unix; Windows refuses, and it stays.
            kept -= size
