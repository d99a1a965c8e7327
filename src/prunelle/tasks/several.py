"""A folder of several trainings that the same call goes on with: each is a run of its own, made once."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

from prunelle.disk import write_json
from prunelle.errors import ArgumentError
from prunelle.json_files import read_json
from prunelle.runs.run import Run


def same_settings(folder: Path, name: str, settings: dict[str, Any], runs: str) -> None:
    """Keeps ``settings`` in ``folder/name``, or compares them with those that are kept there.

    Where no run was begun in ``folder/runs``, those that are kept say nothing.

    Raises:
        ArgumentError: ``folder`` was begun with others.
    """
    file = folder / name
    if not file.is_file() or not any((folder / runs).glob("*/run.json")):
        write_json(file, settings)
        return
    there = read_json(file, dict)
    ours = json.loads(json.dumps(settings))
    other = [key for key in ours if there.get(key) != ours[key]]
    if other:
        raise ArgumentError(
            f"{folder} is of other settings ({', '.join(other)}); name another --output, or go on with the same ones."
        )


def made_once(path: Path, begin: Callable[[], Run], go_on: Callable[[], Run]) -> Run:
    """The finished run at ``path``: what is there, what goes on from there, or a new one."""
    if (path / "run.json").is_file():
        run = Run.open(path)
        return run if run.finished else go_on()
    return begin()
