"""Nobody listens any more, or never did: what is trained is trained, and no file is taken for the terminal."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

import prunelle as pn
from prunelle.console import listeners as console
from prunelle.texts import Note

TRAIN = ("train", "digits", "--network", "dense", "--hidden", "4", "--epochs", "2", "--seed", "3")


def shell(command: str, tmp_path: Path) -> subprocess.CompletedProcess[str]:
    program = f"{sys.executable} -m prunelle"
    environment = {**os.environ, "PRUNELLE_CACHE": str(tmp_path / "cache"), "LC_ALL": "C.UTF-8"}
    return subprocess.run(
        ["bash", "-c", f"set -o pipefail; {command.format(program=program)}"],
        capture_output=True, text=True, check=False, cwd=tmp_path, env=environment,
    )  # fmt: skip


@pytest.mark.parametrize(
    ("redirected", "status"),
    [
        ("2>&-", 0),
        (">&- 2>&-", 0),
        ("<&- 2>/dev/full", 0),
        ("--progress json | head -1", 0),
        ("--progress live 2>&1 >/dev/null | head -1", 0),
        # Its last words, which are no longer about how it goes, find nobody.
        ("2>&1 | head -1", 1),
    ],
)
def test_a_training_that_nobody_listens_to_goes_on_to_its_end(
    redirected: str, status: int, tmp_path: Path
) -> None:
    done = shell("{program} " + " ".join((*TRAIN, "--output", "run", redirected)), tmp_path)
    assert done.returncode == status, done.stderr
    assert "Traceback" not in done.stderr
    assert "Exception ignored" not in done.stderr
    run = pn.Run.open(tmp_path / "run")
    assert run.finished
    assert len(run.results()) == 2
    for file in run.path.rglob("*.*"):
        assert b"epoch 1/2" not in file.read_bytes()  # its lines are in no file of the run
    json.loads((run.path / "run.json").read_text())


def test_an_error_that_nobody_hears_is_a_status(tmp_path: Path) -> None:
    for redirected in ("2>&-", "2>/dev/full", ">&- 2>&- <&-"):
        done = shell(f"{{program}} train nowhere {redirected}", tmp_path)
        assert (done.returncode, done.stdout, done.stderr) == (1, "", "")


def test_a_result_that_nobody_takes_is_said(tmp_path: Path) -> None:
    done = shell("{program} networks >/dev/full", tmp_path)
    assert done.returncode == 1
    assert done.stderr == "Error: input/output: No space left on device.\n"
    done = shell("{program} networks | head -1", tmp_path)
    # Whether head is gone before the last line is written is the system's affair.
    assert done.returncode in (0, 1)
    assert done.stderr == ""


def test_a_stream_that_python_has_closed(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    with (tmp_path / "closed").open("w") as closed:
        pass
    monkeypatch.setattr(sys, "stderr", closed)
    monkeypatch.setattr(sys, "stdout", closed)
    for style in ("lines", "live", "json"):
        listener = console.make_listener(style)
        listener.on_progress(Note("decoding", "décodage"), 1, 2)
        listener.on_note(Note("one", "un"))
        listener.on_note(Note("two", "deux"))
        listener.close()
