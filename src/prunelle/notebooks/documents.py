"""Notebooks as files: Jupyter's, and the texts of MyST and Jupytext; read, chosen from, written with what they said."""

from __future__ import annotations

import ast
import dataclasses
import re
from collections.abc import Iterator, Sequence
from pathlib import Path

import jupytext
import nbformat
from IPython.core.inputtransformer2 import TransformerManager
from jupytext.formats import JupytextFormatError
from nbformat import NotebookNode, ValidationError

from prunelle.disk import write_text
from prunelle.errors import ArgumentError, DataError
from prunelle.notebooks.page import as_page
from prunelle.texts import Language

_OUR_NOTE = "prunelle-note"
"""The tag of the cell that says how a notebook was run."""
_SKIPPED, _MAY_FAIL = "skip-execution", "raises-exception"
"""Tags of Jupyter and MyST-NB."""
_KERNEL = re.compile(r"\A(---\n(?:.*\n)*?kernelspec:\n)( +)(?=name:)")
_CODE_CELL = re.compile(r"^(`{3,}|~{3,}|:{3,})\{code-cell\}", re.MULTILINE)
_PYTHON_INSIDE = re.compile(r"%%(time|timeit|capture|prun)\b.*\n")
"""Cell magics whose cell is Python."""


@dataclasses.dataclass(frozen=True)
class Cell:
    """A cell of code.

    Attributes:
        number: among the cells of code, from 1: ``In [number]``.
        node: what is in the file, outputs included.
    """

    number: int
    node: NotebookNode

    @property
    def source(self) -> str:
        """As typed."""
        source: str = self.node.source
        return source

    @property
    def may_fail(self) -> bool:
        """Its author expects an error."""
        return _MAY_FAIL in _tags(self.node)

    @property
    def skipped(self) -> bool:
        """Its author wants it not to run, or there is nothing in it."""
        return _SKIPPED in _tags(self.node) or not self.source.strip()

    @property
    def title(self) -> str:
        """Its first line with something to read."""
        lines = [line.strip() for line in self.source.splitlines()]
        return next((line for line in lines if line and not line.startswith("#")), lines[0] if lines else "")


def _tags(node: NotebookNode) -> Sequence[str]:
    tags: Sequence[str] = node.metadata.get("tags", ())
    return tags


@dataclasses.dataclass(frozen=True)
class Document:
    """A notebook, read.

    Attributes:
        path: its file.
        node: the whole of it.
        cells: of code, in order.
    """

    path: Path
    node: NotebookNode
    cells: tuple[Cell, ...]

    def chosen(self, which: str | None) -> tuple[Cell, ...]:
        """The cells that ``--cells`` names, ``"1-12,15"``; None for all.

        Raises:
            ArgumentError: none such.
        """
        if which is None:
            return self.cells
        wanted: set[int] = set()
        for part in which.split(","):
            match = re.fullmatch(r"\s*(\d*)\s*(-?)\s*(\d*)\s*", part)
            if match is None or not (match[1] or match[3]) or (match[3] and not match[2]):
                raise ArgumentError(f"--cells must be like 1-12 or 3,5-7,20-; received {which!r}.")
            first = int(match[1] or 1)
            last = int(match[3] or len(self.cells)) if match[2] else first
            wanted.update(range(first, min(last, len(self.cells)) + 1))
            if not 1 <= first <= len(self.cells) or last < first:
                raise ArgumentError(
                    f"--cells {which}: {self.path.name} has cells of code 1 to {len(self.cells)}."
                )
        return tuple(cell for cell in self.cells if cell.number in wanted)

    def code(self) -> str:
        """Its Python, without magics and without cells that are no Python: what tells its generation of Keras."""
        return "\n".join(_python(self.cells))


def read(path: Path) -> Document:
    """A notebook, without what an earlier run said in it.

    Raises:
        DataError: it cannot be read, or has no cells of Python.
    """
    try:
        node = nbformat.read(path, as_version=4) if path.suffix == ".ipynb" else _of_text(path)
    except (OSError, ValueError, KeyError, AttributeError, ValidationError, JupytextFormatError) as error:
        # All of these are raised for files that are no notebooks.
        reason = str(error).partition("\n")[0] or type(error).__name__
        raise DataError(f"{path} cannot be read as a notebook: {reason}") from error
    language = node.metadata.get("kernelspec", {}).get("language") or node.metadata.get(
        "language_info", {}
    ).get("name")
    if language not in (None, "python", "ipython"):
        raise DataError(f"{path} is a notebook for {language}; only those for Python can be run.")
    if node.nbformat_minor < 5:  # from there on cells have ids
        node.nbformat_minor = 5
        for cell in node.cells:
            cell.setdefault("id", nbformat.v4.nbbase.random_cell_id())
    _, node = nbformat.validator.normalize(node)
    node.cells = [cell for cell in node.cells if _OUR_NOTE not in _tags(cell)]
    code = [cell for cell in node.cells if cell.cell_type == "code"]
    if not code:
        raise DataError(
            f"{path} has no cells of code: in a .md file they begin with ```{{code-cell}} or ```python."
        )
    for cell in code:
        cell.outputs, cell.execution_count = [], None
    node.metadata.pop("widgets", None)  # the state of those outputs, in as many forms as ipywidgets had
    return Document(path, node, tuple(Cell(number, cell) for number, cell in enumerate(code, 1)))


def _of_text(path: Path) -> NotebookNode:
    text = path.read_text(encoding="utf-8")
    # Jupytext wants both names of a kernel; MyST is content with one.
    if "display_name:" not in text:
        text = _KERNEL.sub(r"\1\2display_name: Python 3\n\2", text, count=1)
    how = {"extension": path.suffix}
    # Whatever its header says, and however little: MyST's pages are told by their cells.
    if path.suffix == ".md" and _CODE_CELL.search(text):
        how["format_name"] = "myst"
    return jupytext.reads(text, how)


def _python(cells: Sequence[Cell]) -> Iterator[str]:
    transform = TransformerManager().transform_cell
    for cell in cells:
        try:
            code = transform(_PYTHON_INSIDE.sub("", cell.source.lstrip(), count=1))
            ast.parse(code)
        except (SyntaxError, ValueError):
            continue
        yield code


def write(document: Document, folder: Path, note: str, language: Language) -> Path:
    """``lesson.ipynb`` and ``lesson.html`` in ``folder``, with ``note`` at the top of both; gives the page.

    Raises:
        CannotWrite: the system refuses.
    """
    node = noted(document, note)
    write_notebook(document, folder, note)
    page = folder / f"{document.path.stem}.html"
    write_text(page, as_page(node, document.path, language))
    return page


def write_notebook(document: Document, folder: Path, note: str) -> None:
    """``lesson.ipynb`` alone, for while it runs."""
    text = nbformat.writes(noted(document, note))
    write_text(folder / f"{document.path.stem}.ipynb", text + "\n")


def noted(document: Document, note: str) -> NotebookNode:
    """The whole notebook, with a first cell of text that says how it was run."""
    cell = nbformat.v4.new_markdown_cell(note, metadata={"tags": [_OUR_NOTE]})
    node = document.node.copy()
    node.cells = [cell, *document.node.cells]
    return node
