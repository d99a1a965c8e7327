"""The files of ``src/prunelle``, and what breaks a rule in them."""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterable
from pathlib import Path

SOURCE = Path(__file__).parents[2] / "src" / "prunelle"
FILES = [file for file in sorted(SOURCE.rglob("*.py")) if file != SOURCE / "__init__.py"]


def tree_of(file: Path) -> ast.Module:
    """Its syntax."""
    return ast.parse(file.read_text(encoding="utf-8"))


def broken(rule: Callable[[Path], Iterable[str]], files: Iterable[Path] = FILES) -> dict[str, list[str]]:
    """By file, what a rule finds wrong in it. One test a rule: hundreds of files times many rules is thousands."""
    found = {file.relative_to(SOURCE).as_posix(): list(rule(file)) for file in files}
    return {name: wrong for name, wrong in found.items() if wrong}
