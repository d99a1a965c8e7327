"""``cache``: what caches, downloads and runs occupy on the disk, and emptying the caches."""

from __future__ import annotations

from pathlib import Path

from prunelle.jobs import caching
from prunelle.jobs.caching import Cleared, DiskUsage


def disk_usage(runs: str | Path = "runs") -> list[DiskUsage]:
    """What Prunelle keeps on this machine, and in the folder of runs."""
    return caching.disk_usage(Path(runs))


def clear_caches() -> Cleared:
    """Removes decoded pictures and features, but for those that another process writes; never a run or a download."""
    return caching.clear_caches()
