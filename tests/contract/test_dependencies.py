"""What the source imports is declared, and what an extra brings is imported only when it is needed."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
import tomllib
from collections.abc import Iterable, Iterator
from pathlib import Path

import pytest

from tests.contract.sources import FILES, SOURCE, tree_of
from tests.contract.test_floors import imported

PROJECT = tomllib.loads((SOURCE.parents[1] / "pyproject.toml").read_text())["project"]

# Packages whose module has another name than their distribution.
DISTRIBUTION = {
    "PIL": "pillow",
    "sklearn": "scikit-learn",
    "google": "protobuf",
    "google_crc32c": "google-crc32c",
    "py_mini_racer": "mini-racer",
}


def names(requirements: Iterable[str]) -> set[str]:
    return {re.split(r"[^A-Za-z0-9_.-]", requirement)[0].lower() for requirement in requirements}


def third_party(trees: Iterable[ast.AST]) -> set[str]:
    """Distributions that some code imports, but for Python's own library and this package."""
    modules = {name.split(".")[0] for tree in trees for name in imported(tree, ["prunelle"])}
    modules -= {*sys.stdlib_module_names, "prunelle"}
    return {DISTRIBUTION.get(module, module.lower().replace("_", "-")) for module in modules}


def run_on_import(node: ast.AST) -> Iterator[ast.AST]:
    """Imports that run when the file is imported: not in a function, not for types only."""
    for child in ast.iter_child_nodes(node):
        if isinstance(child, ast.Import | ast.ImportFrom):
            yield child
        elif isinstance(child, ast.If) and ast.unparse(child.test) == "TYPE_CHECKING":
            continue
        elif not isinstance(child, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda):
            yield from run_on_import(child)


CORE = names(PROJECT["dependencies"])
TOOLS = "test"  # an extra of what checks the package; the package itself may not need it
EXTRAS = {
    name
    for extra, wanted in PROJECT["optional-dependencies"].items()
    if extra != TOOLS
    for name in names(wanted)
}


@pytest.fixture(scope="module")
def trees() -> list[ast.Module]:
    return [tree_of(file) for file in [*FILES, SOURCE / "__init__.py"]]


def test_every_import_is_declared_and_what_is_declared_is_imported(trees: list[ast.Module]) -> None:
    imports = third_party(trees)
    assert imports - CORE - EXTRAS == set()
    assert CORE - imports == set()


ROOMS = {"notebook": "notebooks/", "page": "page/", "serve": "serve/"}
"""Extra → what needs it as a whole, and is itself imported inside functions: a test below."""


def is_of(file: Path, *rooms: str) -> bool:
    return file.relative_to(SOURCE).as_posix().startswith(rooms)


def test_extras_are_imported_only_when_they_are_needed() -> None:
    trees = [tree_of(file) for file in [*FILES, SOURCE / "__init__.py"] if not is_of(file, *ROOMS.values())]
    at_the_top = third_party(node for tree in trees for node in run_on_import(tree))
    assert at_the_top & (EXTRAS - CORE) == set()


@pytest.mark.parametrize("extra", ROOMS)
def test_all_but_its_room_does_without_an_extra(extra: str) -> None:
    """One process in which none of the extra's packages can be imported imports every other file."""
    files = [file.relative_to(SOURCE).with_suffix("") for file in FILES if not is_of(file, *ROOMS.values())]
    program = f"""
import importlib, sys
for name in {sorted(names(PROJECT["optional-dependencies"][extra]) - {"prunelle"})}:
    sys.modules[{{"ipython": "IPython"}}.get(name, name.replace("-", "_"))] = None
for name in {[".".join(["prunelle", *file.parts]) for file in files if file.parts[0] != "__main__"]}:
    importlib.import_module(name)
"""
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize(
    ("source", "everywhere", "at_the_top"),
    [
        ("import os, numpy.linalg", {"numpy"}, {"numpy"}),
        ("from PIL import Image", {"pillow"}, {"pillow"}),
        ("def f():\n    import huggingface_hub", {"huggingface-hub"}, set()),
        ("try:\n    import h5py\nexcept ImportError:\n    h5py = None", {"h5py"}, {"h5py"}),
        ("if TYPE_CHECKING:\n    from rich.text import Text", {"rich"}, set()),
        ("from . import speed\nimport prunelle.data", set(), set()),
    ],
)
def test_imports_are_seen(source: str, everywhere: set[str], at_the_top: set[str]) -> None:
    tree = ast.parse(source)
    assert third_party([tree]) == everywhere
    assert third_party(run_on_import(tree)) == at_the_top


def test_pinned_versions_cover_what_is_declared() -> None:
    for file in ("constraints.txt", "constraints-bench.txt"):
        pinned = names((SOURCE.parents[1] / file).read_text().splitlines())
        assert {name.replace("-", "_") for name in CORE} - {
            name.replace("-", "_") for name in pinned
        } == set()
