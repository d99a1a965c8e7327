"""The recipes of CONTRIBUTING.md, followed to the letter in a copy of the sources."""

from __future__ import annotations

import ast
import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.contract import test_floors as floors
from tests.contract import test_french as french
from tests.contract import test_numbers as numbers
from tests.contract import test_signatures as signatures
from tests.contract.sources import SOURCE

ROOT = Path(__file__).parents[2]
_FENCE = re.compile(r"^```(python|diff)\n(.*?)^```$", re.MULTILINE | re.DOTALL)


def followed(section: str, into: Path) -> None:
    """Does what a section says: writes the files named in their first line, adds lines where it shows them."""
    text = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")
    part = text.split(f"\n## {section}\n")[1].split("\n## ")[0]
    done: list[Path] = []
    for language, body in _FENCE.findall(part):
        if language == "python":
            first, _, rest = body.partition("\n")
            path = into / first.removeprefix("# ")
            path.write_text(rest, encoding="utf-8")
        else:
            for change in body.split("--- ")[1:]:
                name, _, lines = change.partition("\n")
                path = into / name
                before, after = (
                    "".join(line[1:] + "\n" for line in lines.splitlines() if line[:1] in (" ", sign))
                    for sign in "-+"
                )
                content = path.read_text(encoding="utf-8")
                assert content.count(before) == 1, f"{name} no longer holds what the recipe shows of it"
                path.write_text(content.replace(before, after), encoding="utf-8")
        done.append(path)
    assert len(done) >= 2
    for path in done:
        if path.is_relative_to(into / "src") and path.suffix == ".py":
            keep_the_rules(path, SOURCE / path.relative_to(into / "src" / "prunelle"))
    for check in (("check", "."), ("format", "--check", ".")):  # as ``make lint`` does
        run(into, "-m", "ruff", *check, "--no-cache")


def keep_the_rules(file: Path, place: Path) -> None:
    """Those of one file; ``place`` is where it would be."""
    source = file.read_text(encoding="utf-8")
    tree = ast.parse(source)
    assert floors.wrong(place, source) == set()
    assert "keras" in place.parts or floors.printing(source) == set()
    assert [*french.english(source), *french.straight(source), *numbers.in_notes(tree)] == []
    assert "keras" in place.parts or list(signatures.with_many_parameters(tree)) == []


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    folders = ("contract", "unit/training", "unit/views")
    for name in ("src", *(f"tests/{folder}" for folder in folders)):
        shutil.copytree(ROOT / name, tmp_path / name, ignore=shutil.ignore_patterns("__pycache__"))
    (tmp_path / "docs").mkdir()
    pages = ["README.md", *(f"docs/{page}.md" for page in ("look", "series", "train"))]
    for folder in ("integration", "unit/cli"):
        (tmp_path / "tests" / folder).mkdir()
    modules = (
        "__init__",
        "unit/__init__",
        "integration/__init__",
        "integration/command",
        "looks",
        "unit/cli/__init__",
    )
    for name in (*(f"tests/{module}.py" for module in modules), "pyproject.toml", *pages):
        shutil.copy(ROOT / name, tmp_path / name)
    return tmp_path


def run(copy: Path, *arguments: str, language: str = "en") -> str:
    environment = os.environ | {
        "PYTHONPATH": str(copy / "src"),
        "OMP_NUM_THREADS": "1",
        "LC_ALL": f"{language}.UTF-8",
    }
    done = subprocess.run(
        [sys.executable, *arguments], cwd=copy, env=environment, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


PYTEST = ("-m", "pytest", "-q", "-p", "no:cacheprovider", "-n", "0")


def test_add_a_network(copy: Path) -> None:
    followed("Add a network", copy)
    assert run(copy, *PYTEST, "tests/contract/test_networks.py", "-k", "toy").startswith("........")
    assert "1,562" in run(copy, "-m", "prunelle", "networks", "toy")


def test_add_a_view(copy: Path) -> None:
    followed("Add a view", copy)
    tests = ("tests/contract/test_views.py", "tests/unit/views")
    assert run(copy, *PYTEST, *tests, "-k", "weights").startswith(".......")
    run(copy, "-m", "prunelle", "look", "course-look", "--output", "look", "--view", "weights", "-q")
    assert (copy / "look" / "figures" / "weights.svg").is_file()


def test_add_a_verb(copy: Path) -> None:
    followed("Add a verb", copy)
    said = run(copy, "-m", "prunelle", "count", "digits").splitlines()
    assert said[0] == "0: 178"  # of the 1,797 digits (scikit-learn's description)
    assert sum(int(line.split(": ")[1]) for line in said) == 1797
    french = run(copy, "-m", "prunelle", "count", "digits", language="fr").splitlines()
    assert french[0] == "0\N{NO-BREAK SPACE}: 178"
    assert "count" in run(copy, "-m", "prunelle", "--help")
    tests = [f"tests/contract/test_{name}.py" for name in ("verbs", "spoken")]
    run(copy, *PYTEST, *tests, "tests/unit/cli/test_count.py", "-k", "count")


def test_add_a_data_format(copy: Path) -> None:
    followed("Add a data format", copy)
    assert run(copy, *PYTEST, "tests/contract/test_series_formats.py", "-k", "jsonl").startswith("....")
    lines = [{"values": [i, None, i + 1, 3, 0], "label": "ab"[i % 2]} for i in range(40)]
    (copy / "waves.jsonl").write_text("".join(f"{json.dumps(line)}\n" for line in lines))
    options = ("--network", "course-series", "--epochs", "1", "--output", "run", "-q")
    run(copy, "-m", "prunelle", "train", "waves.jsonl", *options)
    assert json.loads((copy / "run" / "classes.json").read_text()) == ["a", "b"]
    answers = run(copy, "-m", "prunelle", "predict", "run", "waves.jsonl", "--format", "json")
    assert len(json.loads(answers)) == 40
    program = "import prunelle; print(prunelle.load('waves.jsonl').notes)"
    assert "40 missing values in 40 series" in run(copy, "-c", program)


def test_add_an_old_keras_layer(copy: Path) -> None:
    (copy / "tests" / "unit" / "keras").mkdir()
    for name in ("__init__.py", "conftest.py", "test_names.py"):
        shutil.copy(ROOT / "tests" / "unit" / "keras" / name, copy / "tests" / "unit" / "keras")
    followed("Add an old Keras layer or name", copy)
    run(copy, *PYTEST, "tests/unit/keras", "-k", "softplus or names")
    assert "\n- `ParametricSoftplus`: Keras 1's: " in run(copy, "-m", "prunelle", "run", "--covered")
