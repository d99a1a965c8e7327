"""A verb makes a request and hands it on: what takes more than that is work, and belongs into ``jobs/``."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from prunelle.cli.main import COMMANDS
from tests.contract.sources import SOURCE

MOST_STATEMENTS = 8
"""Of a verb: ``train`` and ``compare`` have as many, which choose between a new run and one that goes on."""

FILES = sorted((SOURCE / "tasks").glob("*.py"))
ROOT = SOURCE.parents[1]


def work(tree: ast.Module) -> Iterator[str]:
    """What of a module of verbs does more than hand on."""
    for node in tree.body:
        if isinstance(node, ast.ClassDef):
            yield f"class {node.name}"
        if isinstance(node, ast.FunctionDef):
            statements = [each for each in ast.walk(node) if isinstance(each, ast.stmt)][1:]
            own = [each for each in statements if not _is_text(each)]
            if node.name.startswith("_"):
                yield f"{node.name}: a helper"
            if len(own) > MOST_STATEMENTS:
                yield f"{node.name}: {len(own)} statements"
            if any(isinstance(each, ast.For | ast.While | ast.Try | ast.FunctionDef) for each in own):
                yield f"{node.name}: a loop, a try, or a function, which belong in jobs/"


def _is_text(statement: ast.stmt) -> bool:
    return isinstance(statement, ast.Expr) and isinstance(statement.value, ast.Constant)


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.name)
def test_verbs_do_no_work_themselves(file: Path) -> None:
    assert list(work(ast.parse(file.read_text()))) == []


@pytest.mark.parametrize(
    "source",
    [
        "class Result: ...",
        "def _prepared(): ...",
        "def verb(x):\n    for each in x:\n        print(each)",
        "def verb(x):\n    try:\n        f(x)\n    finally:\n        g()",
        "def verb(x):\n" + "    x = f(x)\n" * 9,
    ],
)
def test_work_is_seen(source: str) -> None:
    assert len(list(work(ast.parse(source)))) == 1


@pytest.mark.parametrize("verb", COMMANDS)
def test_users_are_told_of_it(verb: str) -> None:
    pages = (ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md")))
    typed = re.compile(rf"\bprunelle {verb}\b")
    assert any(typed.search(page.read_text(encoding="utf-8")) for page in pages), (
        f"neither README.md nor a page of docs/ has the command `prunelle {verb}`"
    )


def test_every_command_is_listed() -> None:
    files = {file.stem for file in (SOURCE / "cli").glob("*.py")} - {"__init__", "main", "options", "output"}
    assert files == COMMANDS.keys(), "files of cli/, and COMMANDS of cli/main.py"


def test_handing_on_is_none() -> None:
    source = 'def verb(x):\n    """Text."""\n    with opened(x) as y:\n        return job.do(Request(x=x), y)'
    assert list(work(ast.parse(source))) == []
