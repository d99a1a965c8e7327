"""``write_report``: the page of a finished run again, from what the run keeps and the data where they are now."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from torch import nn

from prunelle.console.listeners import Style, make_listener
from prunelle.data.examples import Split
from prunelle.data.pixels import Pixels
from prunelle.errors import PrunelleError, RunError
from prunelle.jobs import run_data
from prunelle.planning.request import MEMORY_BUDGET
from prunelle.report import html
from prunelle.report.run_report import EXAMPLES, write_page
from prunelle.runs.listener import Listener
from prunelle.runs.run import Run
from prunelle.scalars import plain_arguments
from prunelle.texts import Language, Note, default_language, quoted


@plain_arguments
def write_report(
    run: Run | str | Path,
    *,
    language: Language | None = None,
    network: nn.Module | None = None,
    data_dir: str | Path | None = None,
    data_root: str | Path | None = None,
    style: Style = "auto",
) -> Path:
    """Writes ``report.html`` and ``figures/`` of a finished run again: in another language, say.

    Nothing is trained or evaluated again. The examples are read where they were; the page says so where they are gone.

    Args:
        run: or its folder.
        language: of the page; None for the locale's.
        network: the module, if the run trained one of your own.
        data_dir, data_root: where its data are now, as ``evaluate``.
        style: what to show meanwhile.

    Returns:
        The page.

    Raises:
        RunError: no run there, or one that is not finished.
    """
    listener = make_listener(style)
    try:
        if not isinstance(run, Run):
            run = Run.open(run, network)
        with run.locked():
            if not run.finished:
                raise RunError(
                    f"{run.path} is not finished, so there is nothing to report. Go on with it first: "
                    f"prunelle train --resume {quoted(run.path)}"
                )
            pixels = _pixels(run, listener, data_dir, data_root)
            write_page(run, pixels, language or default_language(), listener.on_note)
        return run.path / "report.html"
    finally:
        listener.close()


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
