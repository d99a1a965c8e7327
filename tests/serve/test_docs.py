"""What docs/serve.md prints beside ``prunelle serve`` itself: its lines for curl and its program, at a server."""

from __future__ import annotations

import ast
import json
import re
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from prunelle.serve.server import Server
from tests.docs.reading import read
from tests.serve.conftest import picture

PAGE = read("docs/serve.md")
CURL = re.findall(r"^(?:curl|printf) .*$", PAGE, re.MULTILINE)
KEY = "a-key-that-nobody-guesses"


@pytest.mark.parametrize("line", CURL)
def test_a_line_for_curl_is_answered(
    line: str, serve: Callable[..., Server], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    if shutil.which("curl") is None:
        pytest.skip("curl is not installed")
    _files(tmp_path)
    server = serve(key=KEY if "Authorization" in line else None)
    done = subprocess.run(
        ["bash", "-c", line.replace("8720", str(server.port))],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=True,
    )
    answers = json.loads(done.stdout)["answers"]
    assert len(answers) == line.count("files=@") or len(answers) == 1
    assert all(each["predictions"][0]["class"] in ("red", "blue") for each in answers)


def test_there_are_such_lines() -> None:
    assert len(CURL) == 4


def test_the_program_asks(server: Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (program,) = re.findall(r"^```python\n(.*?)^```$", PAGE, re.MULTILINE | re.DOTALL)
    _files(tmp_path)
    monkeypatch.chdir(tmp_path)
    *before, last = ast.parse(program.replace("8720", str(server.port))).body
    names: dict[str, object] = {}
    exec(compile(ast.Module(before, []), "docs/serve.md", "exec"), names)
    assert isinstance(last, ast.Expr)
    assert eval(compile(ast.Expression(last.value), "docs/serve.md", "eval"), names) == "red"


def _files(folder: Path) -> None:
    (folder / "photo.jpg").write_bytes(picture(250, 10, 10, "JPEG"))
    (folder / "holiday.jpg").write_bytes(picture(0, 0, 250, "JPEG"))
    (folder / "key").write_text(f"{KEY}\n")
