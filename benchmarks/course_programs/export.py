"""Course programs as Python files, out of checkouts of public repositories.

``export.py CHECKOUTS PROGRAMS`` reads what lies under ``CHECKOUTS`` (a folder for each of ``SOURCES``) and writes
``PROGRAMS/source/program/``, with the program and the small files beside it in its repository. What stays is what
imports keras or tensorflow. Of a notebook, or a page of MyST, the code cells are the program: lines of the shell and
of IPython become comments, so do cells that are magic as a whole (``%%html``), ``display`` prints. What
``programs.toml`` drops or replaces is dropped and replaced here; everywhere, a number of epochs is at most two.
"""

from __future__ import annotations

import ast
import json
import re
import shutil
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from run import options

SOURCES = {
    "keras-2.2.4": "examples/*.py",
    "keras-2.3.1": "examples/*.py",
    "dlwp": "**/*.ipynb",
    "deep_book": "content/*/*.md",
    "exo7": "**/*.py",
}
"""Folder of a checkout → where the programs are in it. README.md has the addresses."""

_ASSETS = {".py", ".npy", ".h5", ".csv", ".txt", ".jpg", ".png", ".pgm"}
_DISPLAY = "def display(*shown): print(*shown)  # stand-in\n"
_EPOCHS = 2
_BESIDE = 5_000_000  # bytes: a program's own files, not a repository's data


def programs(checkouts: Path) -> Iterator[tuple[str, str, Path, str]]:
    """Source, name, file and text of each program that imports keras or tensorflow."""
    for source, pattern in SOURCES.items():
        for path in sorted((checkouts / source).glob(pattern)):
            name = path.relative_to(checkouts / source).with_suffix("").as_posix().replace("/", ".")
            name = name.removeprefix("examples.").removeprefix("content.").replace(" ", "_")
            own = options(f"{source}/{name}")
            text = as_program(path, own).replace("\xa0", " ")
            if _speaks_keras(text):
                yield source, name, path, cut(text, own)


def cut(text: str, own: dict[str, Any]) -> str:
    """With few epochs, and the program's own replacements."""

    def few(match: re.Match[str]) -> str:
        return f"{match[1]}{min(int(match[2]), own.get('epochs', _EPOCHS))}"

    text = re.sub(r"\b((?:nb_|n_|num_)?(?:epochs?|EPOCHS?)\s*=\s*)(\d+)\b(?!\s*[./])", few, text)
    drawn = rf"\g<1>{own.get('epochs', _EPOCHS) + 1})"
    text = re.sub(r"^(epochs = range\(1, )\d+\)", drawn, text, flags=re.MULTILINE)
    for pattern, replacement in (*own.get("sometimes", ()), *own.get("replace", ())):
        text, number = re.subn(pattern, replacement, text, flags=re.MULTILINE)
        if not number and [pattern, replacement] in own.get("replace", ()):
            print(f"nothing is {pattern!r}", file=sys.stderr)
    return text


def cells_of(path: Path) -> list[str]:
    """The code cells of a notebook or a page, the whole of a program."""
    text = path.read_text(encoding="utf-8", errors="replace")
    if path.suffix == ".py":
        return [text]
    if path.suffix == ".md":
        # MyST: a cell's options are lines ":key: value", or YAML between two "---".
        bodies = re.findall(r"^```\{code-cell\}[^\n]*\n(.*?)^```", text, re.DOTALL | re.MULTILINE)
        return [
            re.sub(r"\A(---\n.*?^---\n|(:[^\n]*\n)+)", "", body, flags=re.DOTALL | re.MULTILINE)
            for body in bodies
        ]
    return ["".join(cell["source"]) for cell in json.loads(text)["cells"] if cell["cell_type"] == "code"]


def as_program(path: Path, own: dict[str, Any]) -> str:
    """The Python text of a program, a notebook or a page."""
    cells = cells_of(path)
    if path.suffix == ".py":
        return cells[0]
    kept = []
    for cell in cells:
        if own.get("until") and re.search(own["until"], cell, re.MULTILINE):
            break
        if not any(re.search(pattern, cell, re.MULTILINE) for pattern in own.get("drop", ())):
            kept.append(_plain(re.sub(r"\A%%backend tensorflow\n", "", cell)))
    body = "\n\n".join(filter(None, kept))
    return (_DISPLAY if re.search(r"^\s*display\(", body, re.MULTILINE) else "") + body + "\n"


def _plain(cell: str) -> str:
    """A cell without IPython's grammar; nothing of one that has no Python."""
    if re.match(r"\s*%%(?!time)", cell):
        return "\n".join(f"# {line}" for line in cell.splitlines())
    lines, going_on = [], False
    for line in cell.splitlines():
        magic = going_on or re.match(r"\s*[%!]", line) is not None
        going_on = magic and line.endswith("\\")
        lines.append(f"{line[: len(line) - len(line.lstrip())]}pass  # {line.strip()}" if magic else line)
    text = "\n".join(lines)
    return (
        text if any(line.strip() and not line.strip().startswith(("#", "pass  #")) for line in lines) else ""
    )


def _speaks_keras(text: str) -> bool:
    return re.search(r"^\s*(import|from)\s+(keras|tensorflow)\b", text, re.MULTILINE) is not None


def main(checkouts: Path, out: Path) -> None:
    """Write the programs."""
    for source, name, path, text in programs(checkouts):
        folder = out / source / name
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True)
        for beside in path.parent.iterdir():
            if beside.suffix in _ASSETS and beside.stat().st_size < _BESIDE:
                shutil.copy(beside, folder)
        data = path.parent.parent / "data"
        if data.is_dir():
            shutil.copytree(data, folder.parent / "data", dirs_exist_ok=True)
        program = folder / f"{path.stem.replace(' ', '_')}.py"
        program.write_text(text, encoding="utf-8")
        try:
            ast.parse(text)
        except SyntaxError as error:
            print(f"{source}/{name}: {error}", file=sys.stderr)


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
