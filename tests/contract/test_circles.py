"""No circles between files, inside a room or across: each can be read after those that it imports."""

from __future__ import annotations

import ast
from collections.abc import Mapping
from pathlib import Path

import pytest

from tests.contract.sources import FILES, SOURCE
from tests.contract.test_floors import imported


def module_name(file: Path) -> str:
    parts = ["prunelle", *file.relative_to(SOURCE).with_suffix("").parts]
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def graph(sources: Mapping[Path, str]) -> dict[str, set[str]]:
    """For each module, those among ``sources`` that it imports, at its top, in functions or for types alike."""
    modules = {module_name(file) for file in sources}
    uses: dict[str, set[str]] = {}
    for file, source in sources.items():
        package = ["prunelle", *file.relative_to(SOURCE).parent.parts]
        used = set()
        for name in imported(ast.parse(source), package):
            while name not in modules and "." in name:
                name = name.rpartition(".")[0]
            used.add(name)
        uses[module_name(file)] = (used & modules) - {module_name(file)}
    return uses


def circles(uses: Mapping[str, set[str]]) -> list[list[str]]:
    """Groups of modules each of which imports all others of its group, directly or through others."""
    reached = {name: _reachable(name, uses) for name in uses}
    groups = {
        tuple(sorted(other for other in reached[name] if name in reached[other]))
        for name in uses
        if name in reached[name]
    }
    return sorted(map(list, groups))


def _reachable(start: str, uses: Mapping[str, set[str]]) -> set[str]:
    found: set[str] = set()
    waiting = list(uses[start])
    while waiting:
        name = waiting.pop()
        if name not in found:
            found.add(name)
            waiting += uses[name]
    return found


def test_there_are_none() -> None:
    assert circles(graph({file: file.read_text() for file in FILES})) == []


@pytest.mark.parametrize(
    ("sources", "expected"),
    [
        ({"a/x.py": "from prunelle.a import y", "a/y.py": "from prunelle.a.x import f"}, [["a.x", "a.y"]]),
        ({"a/x.py": "from . import y", "a/y.py": "def f():\n    import prunelle.a.x"}, [["a.x", "a.y"]]),
        (
            {
                "x.py": "from prunelle.y import f",
                "y.py": "if TYPE_CHECKING:\n    from prunelle.z import T",
                "z.py": "import prunelle.x",
                "w.py": "import prunelle.x",
            },
            [["x", "y", "z"]],
        ),
        ({"a/__init__.py": "from prunelle.a import x", "a/x.py": "from prunelle.a import f"}, [["a", "a.x"]]),
        ({"x.py": "import prunelle.y, torch", "y.py": "import prunelle.z", "z.py": ""}, []),
    ],
)
def test_circles_are_seen(sources: dict[str, str], expected: list[list[str]]) -> None:
    found = circles(graph({SOURCE / place: source for place, source in sources.items()}))
    assert found == [[f"prunelle.{name}" for name in group] for group in expected]
