"""The folder of decoded pictures: where it is, and what is thrown away.

It is ``PRUNELLE_CACHE``, else the per-user cache of the system. At most ``CACHE_LIMIT_BYTES`` are kept there
(or the one newest entry, if it is larger); the least recently used go first.
"""

from __future__ import annotations

import contextlib
import os
from pathlib import Path

import platformdirs

CACHE_LIMIT_BYTES = 20 * 2**30


def cache_folder() -> Path:
    """Where decoded pictures are kept between trainings; it may not exist yet."""
    chosen = os.environ.get("PRUNELLE_CACHE")
    return Path(chosen).expanduser() if chosen else Path(platformdirs.user_cache_dir("prunelle"), "pixels")


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
