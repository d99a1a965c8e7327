"""Two states of the code beside each other: a folder, or a commit that gets a worktree as long as it is needed."""

from __future__ import annotations

import os
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

ROOT = Path(__file__).parent.parent


@contextmanager
def checkout(named: str) -> Iterator[Path]:
    """The folder of a checkout.

    Args:
        named: a folder that holds one, or whatever ``git`` knows as a commit of this repository.
    """
    if (Path(named) / "src" / "prunelle").is_dir():
        yield Path(named).resolve()
        return
    with tempfile.TemporaryDirectory(prefix="prunelle-checkout-") as folder:
        place = Path(folder, "tree")
        subprocess.run(
            ("git", "worktree", "add", "--quiet", "--detach", str(place), named), cwd=ROOT, check=True
        )
        try:
            yield place
        finally:
            subprocess.run(("git", "worktree", "remove", "--force", str(place)), cwd=ROOT, check=True)


def environment(tree: Path, **more: str) -> dict[str, str]:
    """What a process needs to import Prunelle from ``tree``, whichever one is installed."""
    return {**os.environ, "PYTHONPATH": str(tree / "src"), **more}


def described(tree: Path) -> str:
    """``3e6f60c``, or ``3e6f60c with changes``."""
    commit = subprocess.run(
        ("git", "describe", "--always", "--exclude", "*", "--dirty= with changes"),
        cwd=tree,
        capture_output=True,
        text=True,
        check=True,
    )
    return commit.stdout.strip()
