"""``cross_validate``: every example judged by a network that has not learned it."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from prunelle.console.listeners import Style
from prunelle.data.decisions import Decisions
from prunelle.data.examples import Data
from prunelle.data.from_dataset import AnyDataset
from prunelle.data.groups import AnyGroups
from prunelle.data.preprocess import Fit
from prunelle.data.series.preprocess import Normalisation, SeriesFit
from prunelle.jobs import folding
from prunelle.jobs.folding import FoldsRequest
from prunelle.jobs.hearing import hearing
from prunelle.planning.request import MEMORY_BUDGET, SAVE_EVERY_S, request_of
from prunelle.runs.folds import Folds
from prunelle.runs.listener import Listener
from prunelle.scalars import plain_arguments
from prunelle.texts import Language
from prunelle.training.costs import GivenCosts
from prunelle.training.recipe import Recipe
from prunelle.transfer.strategies import Strategy

FOLDS = 5


@plain_arguments
def cross_validate(
    network: str | None = None,
    data: Data | AnyDataset | str | Path | None = None,
    recipe: Recipe | Callable[..., Recipe] | None = None,
    *,
    folds: int = FOLDS,
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
) -> Folds:
    """``train``, once for each fold of the examples, which is its test: so every example is judged, and by a network
    that has not learned it.

    Folds are drawn class by class; groups and copies of one picture stay in one fold. A test that is
    given, or asked for by ``test``, stays outside, and is answered by all networks together at the end; a validation
    split that is given is divided with the rest.

    Each training is a run in ``output/runs``. The same call goes on with what is there: with the same ``output``, or
    without any where the same was begun in ``runs`` and not finished.

    Args:
        network: a name, or None for one that suits the data.
        folds: how many, at least 2, and at most the examples of the rarest class.
        validation: the share of what each network is given that chooses its epoch; None for a tenth, 0 for none.
        data, recipe and everything else: as ``train``.

    Returns:
        What all of them say: ``evaluation`` of every example. Asked with ``predict``, they answer together.

    Raises:
        ArgumentError: too few examples of a class, a module of your own, or ``output`` is of other settings.

    Example:
        >>> found = cross_validate(None, "photos", folds=5)
        >>> found.evaluation.accuracy, found.evaluation.interval
    """
    request = FoldsRequest(training=request_of(locals()), folds=folds)
    with contextlib.closing(hearing(style, language, log=log)) as listener:
        return folding.cross_validate(request, listener)
