"""``train_with_unlabelled``: ``train``, helped by pictures without labels."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from prunelle.console.listeners import Style
from prunelle.data.decisions import Decisions
from prunelle.data.examples import Data
from prunelle.data.groups import AnyGroups
from prunelle.data.preprocess import Fit
from prunelle.data.series.preprocess import Normalisation, SeriesFit
from prunelle.jobs import unlabelled as rounds_of_training
from prunelle.jobs.hearing import hearing
from prunelle.jobs.unlabelled import UnlabelledRequest
from prunelle.planning.request import MEMORY_BUDGET, SAVE_EVERY_S, request_of
from prunelle.runs.listener import Listener
from prunelle.runs.run import Run
from prunelle.scalars import plain_arguments
from prunelle.texts import Language
from prunelle.training.costs import GivenCosts
from prunelle.training.recipe import Recipe
from prunelle.transfer.strategies import Strategy

ROUNDS = 3


@plain_arguments
def train_with_unlabelled(
    network: str | None,
    data: Data | str | Path,
    recipe: Recipe | Callable[..., Recipe] | None = None,
    *,
    unlabelled: str | Path,
    rounds: int = ROUNDS,
    output: str | Path | None = None,
    runs: str | Path = "runs",
    name: str | None = None,
    labels: str | None = None,
    groups: AnyGroups | None = None,
    task: str | None = None,
    data_dir: str | Path | None = None,
    validation: float | None = None,
    test: float | None = None,
    decisions: Decisions | str | Path | None = None,
    costs: GivenCosts | None = None,
    size: int | tuple[int, int] | None = None,
    fit: Fit | SeriesFit | None = None,
    normalisation: Normalisation | None = None,
    options: Mapping[str, Any] | None = None,
    weights: str | Path | None = None,
    strategy: Strategy | str | None = None,
    mean: tuple[float, ...] | None = None,
    std: tuple[float, ...] | None = None,
    epochs: int | None = None,
    memory_budget: int = MEMORY_BUDGET,
    save_every_s: float = SAVE_EVERY_S,
    language: Language | None = None,
    style: Style | Listener = "auto",
    log: str | Sequence[str] | None = None,
    command: str | None = None,
) -> Run:
    """``train``, helped by pictures without labels.

    Round 0 learns from the labelled pictures. Each round after it takes the unlabelled ones that the last kept network
    is sure enough of, with the classes it gives them, and learns anew, from the same first weights, on all. How sure
    is enough is measured on validation: the lowest confidence from which 95 % of the answers are right. A round that
    validation finds worse is not kept, and is the last.

    The folder is the run that was kept, with ``rounds/`` (each a run), ``rounds.csv`` and ``unlabelled.csv`` (the
    pictures taken, their class and confidence) beside it. The same call with the same ``output`` goes on where it
    was stopped.

    Args:
        network: a name, or None for one that suits the data.
        unlabelled: a folder of pictures; those in the folders inside too.
        rounds: at most so many, from 1.
        data: a folder of photos, with a validation split.
        recipe and everything else: as ``train``.

    Raises:
        ArgumentError: no validation split, data that are no files, no unlabelled picture, or ``output`` is of
            other settings.
    """
    request = UnlabelledRequest(training=request_of(locals()), unlabelled=unlabelled, rounds=rounds)
    with contextlib.closing(hearing(style, language, log=log)) as listener:
        return rounds_of_training.train_with_unlabelled(request, listener)
