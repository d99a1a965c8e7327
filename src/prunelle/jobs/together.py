"""The networks of a cross-validation asked together: judged on other examples, or each on its own fold."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import numpy as np

from prunelle.data.duplicates import contents_of
from prunelle.data.examples import Data, Split
from prunelle.data.from_dataset import is_dataset
from prunelle.data.leakage import readable_rows
from prunelle.data.pixels import Pixels
from prunelle.disk import held
from prunelle.errors import ArgumentError, PrunelleError, refuse_given
from prunelle.jobs import answering, run_data
from prunelle.planning.request import DataSource
from prunelle.report import folds_page
from prunelle.runs import judging
from prunelle.runs.folder import FOLDS
from prunelle.runs.folds import Folds
from prunelle.runs.judging import Origin
from prunelle.runs.listener import Listener
from prunelle.texts import Language, Note
from prunelle.training.cost_files import costs_for
from prunelle.training.costs import GivenCosts
from prunelle.training.fast import Compile, predictor
from prunelle.training.metrics import Evaluation

_OWN = Note(
    "Its own examples: what each was answered by the network that had not learned it, as it was measured then.",
    "Ses propres exemples : ce qu’a répondu à chacun le réseau qui ne l’avait pas appris, tel que mesuré alors.",
)


_ANY = Origin()


def evaluate(
    folds: Folds,
    source: DataSource,
    *,
    data_root: str | Path | None,
    compile: Compile,
    listener: Listener,
    costs: GivenCosts | None = None,
) -> Evaluation:
    """Of its own examples, what was measured out of fold; of others, what all networks answer together."""
    first = folds.runs[0]
    data = source.data
    weighed = None if costs is None else costs_for(costs, folds.target, folds.classes)
    if is_dataset(data):
        raise ArgumentError(
            f"a cross-validation is judged on data that Prunelle reads, and this is a dataset; ask one of its "
            f"networks: {first.path}."
        )
    if data is None or (not isinstance(data, Data) and answering.is_own(first, data, source.labels)):
        refuse_given(
            "has no effect: of its own examples a cross-validation says what was measured, and nothing is read again",
            labels=source.labels if data is None else None,
            groups=source.groups,
            data_dir=source.data_dir,
            data_root=data_root,
            decisions=source.decisions,
        )
        refuse_given(
            "need every probability, and of its own examples a cross-validation keeps those of answer and truth; ask "
            "one of its networks",
            costs=costs,
        )
        listener.on_note(_OWN)
        return folds.evaluation
    labelled = answering.labelled_examples(first, source, data_root, listener)
    split = answering.part_to_judge(labelled.data, first)
    pixels = answering.decoded(split, folds.preprocess, listener)
    origin = Origin(data=labelled.name, whole=labelled.whole)
    judged = judge(folds, pixels, split, listener, origin=origin, compile=compile)
    return dataclasses.replace(judged, costs=weighed)


def judge(
    folds: Folds,
    pixels: Pixels,
    split: Split,
    listener: Listener,
    *,
    origin: Origin = _ANY,
    compile: Compile = "never",
) -> Evaluation:
    """What all networks answer together to those of ``pixels`` that none of them has learned."""
    contents = contents_of(pixels)
    seen = [each for run in folds.runs for each in run_data.seen_by_run(run, split, contents, listener) or ()]
    evaluation: Evaluation = judging.judge(
        folds,
        pixels,
        split.name,
        seen,
        groups=None if split.groups is None else split.groups[readable_rows(split, pixels)],
        origin=origin,
        answers=predictor(folds.network, num_examples=len(pixels), compile=compile, note=listener.on_note),
        progress=listener.on_progress,
    )
    return evaluation


def write_report(folds: Folds, language: Language, listener: Listener) -> Path:
    """``report.html`` again; see ``prunelle.write_report``."""
    with held(folds.path / FOLDS.lock, f"{folds.path} is being made by another process."):
        folds_page.write(folds, lambda rows: _examples_of(folds, rows, listener), language)
    return folds.path / "report.html"


def _examples_of(folds: Folds, rows: np.ndarray, listener: Listener) -> np.ndarray | None:
    """Some of its examples, decoded, where they are now: ``(n, …, C)``; None where they are gone, which is said."""
    try:
        found: dict[int, np.ndarray] = {}
        for fold in sorted({int(folds.assigned.fold[row]) for row in rows}):
            data = run_data.data_of(folds.runs[fold - 1], listener)
            assert data.test is not None
            wanted = [int(row) for row in rows if folds.assigned.fold[row] == fold]
            places = np.searchsorted(folds.assigned.rows(fold), wanted)
            pixels = data.test.take(places).decode(folds.preprocess)
            found |= dict(zip(wanted, pixels.images, strict=True))
        return np.stack([found[int(row)] for row in rows])
    except (PrunelleError, ValueError) as error:
        listener.on_note(
            Note(f"The page shows no examples: {error}", f"La page ne montre aucun exemple : {error}")
        )
        return None
