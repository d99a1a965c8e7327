"""Imports only go down, and nothing imports torch before it is needed."""

from __future__ import annotations

import ast
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.contract.sources import FILES, SOURCE, broken

FLOORS = (
    ("errors", "texts", "files", "shown"),
    ("csv_files", "disk", "drawing", "hosts", "memory", "overlay", "scalars", "tensor_header"),
    ("removed_names", "tensors", "json_files"),
    ("data", "networks"),
    ("look",),
    ("training",),
    ("trust",),
    ("transfer", "runs"),
    ("checks",),
    ("planning", "views"),
    ("report", "trackers"),
    ("exports",),
    ("cards",),
    ("console",),
    ("keras",),
    ("notebooks",),
    ("jobs",),
    ("tasks",),
    ("page", "serve"),
    ("cli", "extension"),
    ("__main__",),
)
HEIGHT = {room: height for height, rooms in enumerate(FLOORS) for room in rooms}


def imported(tree: ast.AST, package: list[str]) -> Iterator[str]:
    """Absolute names of everything that a file imports, at its top, in functions or for types alike."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            parts = package[: len(package) - node.level + 1] if node.level else []
            base = ".".join([*parts, *([node.module] if node.module else [])])
            yield from (f"{base}.{alias.name}" for alias in node.names)
        elif isinstance(node, ast.Call) and ast.unparse(node.func) in (
            "importlib.import_module",
            "import_module",
            "__import__",
        ):
            # importlib.import_module("prunelle.x") and f"prunelle.x.{…}": the constant beginning.
            target = node.args[0]
            if isinstance(target, ast.JoinedStr):
                target = target.values[0]
            if isinstance(target, ast.Constant):
                yield target.value.rstrip(".")


def rooms_used(file: Path, source: str) -> set[str]:
    package = ["prunelle", *file.relative_to(SOURCE).parent.parts]
    names = [name.split(".") for name in imported(ast.parse(source), package)]
    return {name[1] for name in names if name[0] == "prunelle" and len(name) > 1 and name[1] in HEIGHT}


def wrong(file: Path, source: str) -> set[str]:
    room = file.relative_to(SOURCE).parts[0].removesuffix(".py")
    return {used for used in rooms_used(file, source) if used != room and HEIGHT[used] >= HEIGHT[room]}


def test_every_room_has_its_floor() -> None:
    assert len(FILES) > 30
    assert {file.relative_to(SOURCE).parts[0].removesuffix(".py") for file in FILES} <= HEIGHT.keys()


def test_imports_only_go_down() -> None:
    assert broken(lambda file: wrong(file, file.read_text())) == {}


@pytest.mark.parametrize(
    ("place", "source", "expected"),
    [
        ("data/x.py", "from prunelle.networks import build", {"networks"}),
        ("networks/x.py", "import prunelle.data.examples", {"data"}),
        ("data/x.py", "def f():\n    from prunelle import training", {"training"}),
        ("training/x.py", "from ..tasks import train", {"tasks"}),
        ("report/x.py", "from prunelle.exports.onnx import save", {"exports"}),
        ("look/x.py", "import importlib\nimportlib.import_module(f'prunelle.training.{x}')", {"training"}),
        ("errors.py", "from prunelle.data import load", {"data"}),
        ("training/x.py", "from . import speed\nfrom prunelle.data import load", set()),
        ("cli/x.py", "from prunelle import tasks, networks", set()),
    ],
)
def test_what_goes_up_is_seen(place: str, source: str, expected: set[str]) -> None:
    assert wrong(SOURCE / place, source) == expected


def test_the_top_of_the_package_imports_nothing_of_it_but_for_types() -> None:
    tree = ast.parse((SOURCE / "__init__.py").read_text())
    for node in tree.body:
        if isinstance(node, ast.Import | ast.ImportFrom):
            assert not any(name.startswith("prunelle") for name in imported(node, ["prunelle"]))


def printing(source: str) -> set[str]:
    """Calls that print past ``cli/output.py`` and ``the room console``, which make control characters visible."""
    calls = (ast.unparse(node.func) for node in ast.walk(ast.parse(source)) if isinstance(node, ast.Call))
    ways = ("print", "echo", "secho", "Console", "write")
    return {
        call
        for call in calls
        if call in ("print", "Console")
        or (call.startswith(("click.", "sys.stdout.", "sys.stderr.", "rich.")) and call.endswith(ways))
    }


def test_names_from_outside_reach_the_terminal_one_way() -> None:
    """Commands print with ``cli.output.echo`` and ``console.terminal.Terminal``; cells of a notebook on their own."""
    files = [
        file
        for file in FILES
        if not {"keras", "console", "notebooks"}.intersection(file.parts) and file.name != "output.py"
    ]
    assert broken(lambda file: printing(file.read_text()), files) == {}


def test_other_ways_to_the_terminal_are_seen() -> None:
    source = "print(1)\nclick.echo(2)\nrich.print(3)\nsys.stderr.write('4')\nConsole()\necho(5)\nt.print(6)"
    assert printing(source) == {"print", "click.echo", "rich.print", "sys.stderr.write", "Console"}


HEAVY = ("torch", "sklearn", "matplotlib", "PIL")


def test_every_command_is_there_at_once() -> None:
    """One process for all: the first that imports something heavy is named."""
    program = f"""
import importlib, sys
import click
from prunelle.cli.main import COMMANDS
for name in COMMANDS:
    module = importlib.import_module(f"prunelle.cli.{{name}}")
    command = getattr(module, name, None)
    assert isinstance(command, click.Command), f"cli/{{name}}.py must define the command {{name}}"
    heavy = [each for each in {HEAVY} if each in sys.modules]
    assert not heavy, f"cli/{{name}}.py imports {{heavy}}: inside the command, please"
"""
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize(
    "action",
    [
        "import prunelle; dir(prunelle)",
        "from prunelle.errors import PrunelleError",
        "from prunelle.networks import names; names()",
        "run(['--help'])",
        "run(['networks'])",
        "run(['--version'])",
    ],
)
def test_what_needs_no_torch_imports_none(action: str) -> None:
    program = f"""
import sys
def run(arguments):
    from prunelle.cli.main import main
    sys.argv = ["prunelle", *arguments]
    try:
        main()
    except SystemExit as stop:
        assert not stop.code, stop.code
{action}
heavy = [name for name in {HEAVY} if name in sys.modules]
assert not heavy, heavy
"""
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


OPTIONAL = ("keras", "notebooks", "serve", "__main__.py")


def test_only_programs_for_keras_load_keras() -> None:
    """It is an extra: whatever else is done must not need it. One process imports every file but the front door's."""
    program = f"""
import importlib, sys
for name in {[dotted(file) for file in FILES if file.relative_to(SOURCE).parts[0] not in OPTIONAL]}:
    importlib.import_module(name)
loaded = [each for each in ("keras", "prunelle.keras", "h5py", "tensorflow") if each in sys.modules]
assert not loaded, loaded
"""
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


def test_only_run_asks_for_keras() -> None:
    asking = {
        file.relative_to(SOURCE).as_posix()
        for file in FILES
        if file.relative_to(SOURCE).parts[0] != "keras" and "keras" in rooms_used(file, file.read_text())
    }
    # runs/rebuild.py names it in a table, for a run that a program left.
    running = {"running", "program_session", "kernel_session"}
    assert asking == {"cli/run.py", "notebooks/commands.py", *(f"jobs/{name}.py" for name in running)}


def dotted(file: Path) -> str:
    return ".".join(["prunelle", *file.relative_to(SOURCE).with_suffix("").parts]).removesuffix(".__init__")
