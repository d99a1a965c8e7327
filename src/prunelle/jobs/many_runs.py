"""A folder of several trainings that the same call goes on with: each is a run of its own, made once."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from prunelle.data.examples import Data
from prunelle.disk import write_json
from prunelle.errors import ArgumentError
from prunelle.jobs import training
from prunelle.json_files import read_json
from prunelle.planning.request import ResumeRequest, TrainingRequest
from prunelle.runs.listener import Listener
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
    other = [key for key in ours if str(there.get(key)) != str(ours[key])]
    if other:
        raise ArgumentError(
            f"{folder} is of other settings ({', '.join(other)}); name another --output, or go on with the same ones."
        )


def finished_run(request: TrainingRequest, listener: Listener, *, data: Data | None = None) -> Run:
    """The finished run at the request's folder: what is there, what goes on from there, or a new one.

    ``data``: to go on with, where a run does not remember them; None for its own.
    """
    path = request.destination.folder
    assert path is not None
    if not (path / "run.json").is_file():
        return training.train(request, listener)
    run = Run.open(path)
    if run.finished:
        return run
    resumed = ResumeRequest(run=run, data=data, limits=request.limits, language=request.language)
    return training.resume(resumed, listener)
