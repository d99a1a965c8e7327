"""The speed code has its entrances: nothing outside ``training/fast`` imports a module of it."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

from prunelle.training import fast
from tests.contract.sources import FILES, SOURCE, broken
from tests.contract.test_floors import imported

PACKAGE = "prunelle.training.fast"
OUTSIDE = [file for file in FILES if SOURCE / "training" / "fast" not in file.parents]


def behind(file: Path, source: str) -> set[str]:
    """What a file imports of the package past its entrances."""
    package = ["prunelle", *file.relative_to(SOURCE).parent.parts]
    names = {name for name in imported(ast.parse(source), package) if name.startswith(f"{PACKAGE}.")}
    return {name for name in names if name.removeprefix(f"{PACKAGE}.") not in fast.__all__}


def test_nothing_outside_imports_a_module_of_it() -> None:
    assert broken(lambda file: behind(file, file.read_text()), OUTSIDE) == {}


@pytest.mark.parametrize(
    ("place", "source", "expected"),
    [
        ("training/x.py", "from prunelle.training.fast import training_pass, predictor", set()),
        ("training/x.py", "from prunelle.training.fast import passes", {f"{PACKAGE}.passes"}),
        (
            "keras/x.py",
            "def f():\n    from prunelle.training.fast.chain import pays",
            {f"{PACKAGE}.chain.pays"},
        ),
        ("training/x.py", "from .fast.script import Script", {f"{PACKAGE}.script.Script"}),
        ("tasks/x.py", "import prunelle.training.fast.winograd", {f"{PACKAGE}.winograd"}),
    ],
)
def test_other_ways_in_are_seen(place: str, source: str, expected: set[str]) -> None:
    assert behind(SOURCE / place, source) == expected


def test_no_module_has_the_name_of_an_entrance() -> None:
    """``from prunelle.training.fast import predictor`` would otherwise mean one or the other."""
    modules = {file.stem for file in (SOURCE / "training" / "fast").glob("*.py")}
    assert modules & set(fast.__all__) == set()
