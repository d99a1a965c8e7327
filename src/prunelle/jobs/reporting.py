"""The page of a finished run again, from what the run keeps and the data where they are now."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from prunelle.data.examples import Split
from prunelle.data.pixels import Pixels
from prunelle.errors import PrunelleError, RunError
from prunelle.jobs import run_data
from prunelle.planning.request import MEMORY_BUDGET
from prunelle.report import html
from prunelle.report.run_report import EXAMPLES, write_page
from prunelle.runs.listener import Listener
from prunelle.runs.run import Run
from prunelle.texts import Language, Note, quoted


def write_report(
    run: Run,
    language: Language,
    listener: Listener,
    *,
    data_dir: str | Path | None,
    data_root: str | Path | None,
) -> Path:
    """``report.html`` and ``figures/`` of a finished run; see ``prunelle.write_report``."""
    with run.locked():
        if not run.finished:
            raise RunError(
                f"{run.path} is not finished, so there is nothing to report. Go on with it first: "
                f"prunelle train --resume {quoted(run.path)}"
            )
        pixels = _pixels(run, listener, data_dir, data_root)
        write_page(run, pixels, language, listener.on_note)
    return run.path / "report.html"


def _pixels(
    run: Run, listener: Listener, data_dir: str | Path | None, data_root: str | Path | None
) -> dict[str, Pixels]:
    """What the page shows of the data, decoded; empty where they are gone."""
    judged = run.judged().split
    try:
        data = run_data.data_of(run, listener, data_dir, data_root)
        wanted = {split.name: split for split in data.splits()}
        if judged != "train":
            wanted["train"] = _first(wanted["train"], run)
        return {name: _decoded(wanted[name], run, listener) for name in {judged, "train"}}
    except (PrunelleError, KeyError) as error:
        listener.on_note(
            Note(
                f"The page shows no examples: {error}",
                f"La page ne montre aucun exemple : {error}",
            )
        )
        return {}


def _first(split: Split, run: Run) -> Split:
    """The first examples of each class that can be read, of the classes that are shown."""
    unreadable = {entry["file"] for entry in run.info["skipped"]}
    readable = [i for i in range(len(split)) if split.files is None or str(split.files[i]) not in unreadable]
    labels = split.labels[readable]
    shown = {run.classes.index(name) for name in html.classes_shown(run.classes)}
    chosen = np.sort(np.concatenate([np.flatnonzero(labels == label)[:EXAMPLES] for label in sorted(shown)]))
    rows = np.array(readable, np.int64)[chosen]
    return split.take(rows)


def _decoded(split: Split, run: Run, listener: Listener) -> Pixels:
    in_memory = split.decoded_bytes(run.preprocess) <= MEMORY_BUDGET
    return split.decode(run.preprocess, in_memory=in_memory, progress=listener.on_progress)
