"""Only what belongs to a kind of data asks "pictures or series?": the others call a member, or use a table."""

from __future__ import annotations

import ast
from collections.abc import Iterator

import pytest

from prunelle.data.kinds import KINDS
from tests.contract.sources import FILES, SOURCE, broken, tree_of

OWN = (
    "data/kinds.py",
    "data/pictures.py",
    "data/series/",
    "jobs/look_at_pictures.py",
    "jobs/look_at_series.py",
    "jobs/picture_subject.py",
    "keras/recorded_examples.py",
    "planning/for_pictures.py",
    "planning/for_series.py",
    "report/pictures.py",
    "report/series.py",
)
"""Modules of a kind, and the table of kinds."""
UNREAD = ("data/__init__.py",)
"""What a path holds is known by its suffix before anything has a kind."""

NAMES = {kind.name for kind in KINDS}
TYPES = {
    cls.__name__
    for kind in KINDS
    for cls in (kind.settings, kind.augmentations, type(kind), kind.array)
    if cls.__module__.startswith("prunelle.")
}


def checks(tree: ast.AST) -> Iterator[str]:
    """Every question for the kind: by a type of its own, by its name, by the suffix of a file."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Call):
            called = ast.unparse(node.func).rpartition(".")[2]
            asked = {each.id for each in ast.walk(node) if isinstance(each, ast.Name)} & TYPES
            if (called in ("isinstance", "issubclass") and asked) or called == "is_series_file":
                yield f"line {node.lineno}: {ast.unparse(node)}"
        elif isinstance(node, ast.Compare):
            constants = {each.value for each in ast.walk(node) if isinstance(each, ast.Constant)}
            named = any(isinstance(each, str) and each in NAMES for each in constants)
            if named and "kind" in ast.unparse(node):  # an argument, too, is called "pictures"
                yield f"line {node.lineno}: {ast.unparse(node)}"


def test_nothing_asks_for_the_kind() -> None:
    others = [file for file in FILES if not str(file.relative_to(SOURCE)).startswith((*OWN, *UNREAD))]
    assert broken(lambda file: checks(tree_of(file)), others) == {}, (
        "asks for the kind of data: call a member of data/kind.py, or look kind_of(…).name up in a table "
        "(docs/architecture.md, 'The path of a series')"
    )


def test_every_exception_is_needed() -> None:
    for place in UNREAD:
        assert list(checks(tree_of(SOURCE / place)))
    assert all((SOURCE / place).exists() for place in OWN)


@pytest.mark.parametrize(
    "source",
    [
        "isinstance(run.preprocess, SeriesPreprocess)",
        "isinstance(x, Preprocess | int)",
        "isinstance(array, Series)",
        "kind.name == 'series'",
        "'pictures' != kind",
        "kind.name in ('series', 'tables')",
        "reading.is_series_file(path)",
        "isinstance(kind, Pictures)",
    ],
)
def test_a_question_is_seen(source: str) -> None:
    assert len(list(checks(ast.parse(source)))) == 1
