"""What a command prints is a ``Note``: a sentence typed where it is printed has one language only.

Errors are in English, and ``--help`` is click's own.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.contract.sources import SOURCE

FILES = sorted(file for room in ("cli", "console") for file in (SOURCE / room).glob("*.py"))

PRINTING = {"echo", "print", "add_row", "add_column", "confirm", "prompt", "secho", "Table", "Text", "table"}
_WORD = re.compile(r"[^\W\d_]{3,}")
_ERROR = re.compile(r"(Error|\s*error): ")


def typed(tree: ast.AST) -> Iterator[str]:
    """Texts with a word in them that are printed as they stand; not what is JSON, styles, or an error."""
    for node in ast.walk(tree):
        if not isinstance(node, ast.Call):
            continue
        name = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", None)
        if name not in PRINTING:
            continue
        for argument in node.args:
            if isinstance(argument, ast.Constant | ast.JoinedStr):
                parts = argument.values if isinstance(argument, ast.JoinedStr) else [argument]
                text = "".join(str(part.value) for part in parts if isinstance(part, ast.Constant))
                if _WORD.search(text) and not _ERROR.match(text):
                    yield text


@pytest.mark.parametrize("file", FILES, ids=lambda file: str(file.relative_to(SOURCE)))
def test_what_is_printed_has_both_languages(file: Path) -> None:
    found = list(typed(ast.parse(file.read_text(encoding="utf-8"))))
    assert found == [], "printed in one language: it is said by say(Note(english, french)) of cli/output.py"


def test_a_sentence_of_one_language_is_seen() -> None:
    source = """
echo("Done.")
click.echo(f"Wrote {file}")
terminal.print(f"{n} pictures")
click.confirm("Sure?", abort=True)
Table("class", words.note(_NUMBER))
echo(f"Error: not shown: {name}", err=True)
echo(f"{file:<{width}}  error: {answer.error}", err=True)
echo(f"{name}  {number}")
say(Note("Done.", "Fini."))
"""
    assert list(typed(ast.parse(source))) == ["Done.", "Wrote ", " pictures", "Sure?", "class"]
