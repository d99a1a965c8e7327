"""What is many goes into one object: few parameters, few values by position, and options with types."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

import prunelle
from tests.contract.sources import SOURCE, broken, tree_of

MOST_PARAMETERS = 8
MOST_BY_POSITION = 5

PAPERS = ("networks",)
"""Tables of the papers, constructors with the papers' arguments, layers in a row."""
KERAS = ("keras",)
"""Signatures that are Keras's."""
DRAWING = ("drawing/figures.py",)
"""Texts of a figure: keywords that are matplotlib's, as one would pass them to it."""


def is_of(file: Path, places: tuple[str, ...]) -> bool:
    return str(file.relative_to(SOURCE)).startswith(places)


def with_many_parameters(tree: ast.AST, public: frozenset[str] = frozenset()) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and node.name not in public:
            arguments = node.args
            names = [each.arg for each in (*arguments.posonlyargs, *arguments.args, *arguments.kwonlyargs)]
            if len([name for name in names if name not in ("self", "cls")]) > MOST_PARAMETERS:
                yield node.name


def with_many_by_position(tree: ast.AST, own: set[str]) -> Iterator[str]:
    """Calls to names in ``own``.

    Functions of any number of values (``*layers``) take them by position; constructors hand Keras's arguments on.
    """
    variadic = {
        node.name
        for node in ast.walk(tree)
        if isinstance(node, ast.FunctionDef) and node.args.vararg is not None
    }
    for node in ast.walk(tree):
        if isinstance(node, ast.Call):
            name = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", None)
            written_out = sum(
                len(each.value.elts)
                if isinstance(each, ast.Starred) and isinstance(each.value, ast.Tuple | ast.List)
                else 1
                for each in node.args
            )
            foreign = isinstance(node.func, ast.Attribute) and ast.unparse(node.func.value) in FOREIGN
            if name in own - variadic - {"__init__"} and not foreign and written_out > MOST_BY_POSITION:
                yield f"{name}, line {node.lineno}"


FOREIGN = ("F", "nn", "torch", "aten")
"""Whose functions may be called as ours are."""


@pytest.fixture(scope="module")
def trees() -> dict[Path, ast.Module]:
    return {file: tree_of(file) for file in sorted(SOURCE.rglob("*.py"))}


def test_no_internal_function_has_more_than_eight_parameters(trees: dict[Path, ast.Module]) -> None:
    """The public verbs' keywords are the API; what is made of them at once goes down as one object."""
    files = [file for file in trees if not is_of(file, (*PAPERS, *KERAS, *DRAWING))]
    public = frozenset(prunelle.__all__)
    assert broken(lambda file: with_many_parameters(trees[file], public), files) == {}


def test_no_call_passes_more_than_five_values_by_position(trees: dict[Path, ast.Module]) -> None:
    kinds = ast.FunctionDef | ast.ClassDef
    own = {node.name for tree in trees.values() for node in ast.walk(tree) if isinstance(node, kinds)}
    files = [file for file in trees if not is_of(file, PAPERS)]
    assert broken(lambda file: with_many_by_position(trees[file], own), files) == {}


def test_the_command_line_passes_nothing_untyped(trees: dict[Path, ast.Module]) -> None:
    def untyped(file: Path) -> list[str]:
        return [n.id for n in ast.walk(trees[file]) if isinstance(n, ast.Name) and n.id == "Any"]

    assert broken(untyped, sorted((SOURCE / "cli").glob("*.py"))) == {}


def test_what_breaks_the_rules_is_seen() -> None:
    nine = ast.parse("def f(a, b, c, d, *, e, g, h, i, j): ...")
    assert list(with_many_parameters(nine)) == ["f"]
    assert list(with_many_parameters(nine, frozenset({"f"}))) == []
    assert list(with_many_parameters(ast.parse("class A:\n def f(self, a, b, c, d, e, g, h, i): ..."))) == []
    calls = ast.parse(
        "f(1, 2, 3, 4, 5, 6)\nx.f(1, 2, *(3, 4, 5), 6)\nf(1, 2, 3, 4, 5, six=6)\ng(1, 2, 3, 4, 5, 6)"
    )
    assert list(with_many_by_position(calls, {"f"})) == ["f, line 1", "f, line 2"]
