"""Notebooks made of the texts of their cells, run by the command, and read again with nbformat.

They need the extra ``notebook``, which ``make test`` does without: whoever imports this is skipped there.
"""

from __future__ import annotations

import dataclasses
from pathlib import Path
from typing import Any

import pytest

from tests.integration.command import Finished, prunelle

_NEEDED = ("IPython", "jupytext", "nbclient", "nbconvert", "ipykernel", "latex2mathml", "nbformat")
*_, nbformat = (
    pytest.importorskip(name, reason="the extra notebook is not installed: make test-notebook")
    for name in _NEEDED
)


@dataclasses.dataclass(frozen=True)
class Lesson:
    """A notebook that ran.

    Attributes:
        code: its cells of code as they were written.
        folder: below ``runs``.
    """

    finished: Finished
    code: list[Any]
    note: str
    folder: Path

    @property
    def page(self) -> str:
        """``lesson.html``."""
        return (self.folder / "lesson.html").read_text(encoding="utf-8")

    def said(self, number: int, name: str = "stdout") -> str:
        """What a cell printed."""
        return "".join(
            each.text
            for each in self.code[number - 1].outputs
            if each.output_type == "stream" and each.name == name
        )

    def error(self, number: int) -> tuple[str, str]:
        """Name and value of what stopped a cell."""
        (found,) = (each for each in self.code[number - 1].outputs if each.output_type == "error")
        return found.ename, found.evalue

    def shown(self, number: int) -> list[dict[str, Any]]:
        """What a cell displayed, by MIME type."""
        return [each.data for each in self.code[number - 1].outputs if "data" in each]


def write(*cells: str, tags: dict[int, list[str]] | None = None, path: str = "lesson.ipynb") -> Path:
    """``lesson.ipynb``; ``tags`` by the number of a cell, from 1."""
    made = [
        nbformat.v4.new_code_cell(cell, metadata={"tags": (tags or {}).get(number, [])})
        for number, cell in enumerate(cells, 1)
    ]
    nbformat.write(nbformat.v4.new_notebook(cells=[nbformat.v4.new_markdown_cell("# Lesson"), *made]), path)
    return Path(path)


def run(*cells: str, options: tuple[object, ...] = (), tags: dict[int, list[str]] | None = None) -> Lesson:
    """``prunelle run OPTIONS lesson.ipynb``."""
    return run_file(write(*cells, tags=tags), options)


def run_file(path: Path, options: tuple[object, ...] = ()) -> Lesson:
    """``prunelle run OPTIONS PATH``."""
    return lesson(prunelle("run", *options, path), path.stem)


def lesson(finished: Finished, stem: str = "lesson") -> Lesson:
    """What the last run left."""
    *_, folder = sorted(Path("runs").iterdir())
    node = nbformat.read(folder / f"{stem}.ipynb", as_version=4)
    nbformat.validate(node)
    return Lesson(
        finished=finished,
        code=[cell for cell in node.cells if cell.cell_type == "code"],
        note=node.cells[0].source,
        folder=folder,
    )
