"""``retrain``: a run trained again by corrected labels, and what that changed."""

from __future__ import annotations

import contextlib
from collections.abc import Sequence
from pathlib import Path

from torch import nn

from prunelle.console.listeners import Style
from prunelle.data.decisions import Decisions
from prunelle.data.examples import Data
from prunelle.jobs import retraining
from prunelle.jobs.hearing import hearing
from prunelle.jobs.retraining import RetrainRequest
from prunelle.planning.request import MEMORY_BUDGET, SAVE_EVERY_S, Destination, Limits
from prunelle.runs.listener import Listener
from prunelle.runs.retrained import Retrained
from prunelle.runs.run import Run
from prunelle.scalars import plain_arguments
from prunelle.texts import Language, default_language


@plain_arguments
def retrain(
    run: Run | str | Path,
    *,
    decisions: Decisions | str | Path | None = None,
    network: nn.Module | None = None,
    data: Data | str | Path | None = None,
    epochs: int | None = None,
    output: str | Path | None = None,
    runs: str | Path | None = None,
    name: str | None = None,
    memory_budget: int = MEMORY_BUDGET,
    save_every_s: float = SAVE_EVERY_S,
    language: Language | None = None,
    style: Style | Listener = "auto",
    log: str | Sequence[str] | None = None,
    command: str | None = None,
) -> Retrained:
    """Trains a run again by the labels that people have corrected, and says what that changed.

    The same examples in the same splits, the same network with the same first weights, strategy, recipe, preprocessing
    and seed; the decisions are applied, and nothing else is different. Both networks are then judged on the same
    pictures, once by the old labels and once by the new ones.

    Args:
        run: finished; or its folder.
        decisions: corrected labels, or the CSV that has them; None for those beside the run (``run.decisions_file``).
        network: a fresh module, if the run trained one of your own.
        data: of your own (``from_arrays``), or where the run's are now, if they were moved.
        epochs: in place of the run's.
        output: the folder of the new run; None makes a new one under ``runs``.
        runs: where new folders go; None for where the run is.
        name: goes into the new folder's name in place of network and data.
        memory_budget, save_every_s, language, style, log, command: as ``train``.

    Raises:
        RunError: nothing was decided; the run is not finished, or has parts of your own, or was trained by a program.
        DataError: see ``prunelle.data.deciding.applied``.

    Example:
        >>> retrain("runs/mine").change.new_labels
    """
    before = run if isinstance(run, Run) else Run.open(run)
    request = RetrainRequest(
        run=before,
        decisions=decisions,
        network=network,
        data=data,
        epochs=epochs,
        limits=Limits(memory_budget=memory_budget, save_every_s=save_every_s),
        destination=Destination(output=output, runs=before.path.parent if runs is None else runs, name=name),
        language=language or default_language(),
        command=command,
    )
    with contextlib.closing(hearing(style, language, log=log)) as listener:
        return retraining.retrain(request, listener)
