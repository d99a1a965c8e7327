"""``advise``: which strategy suits the pictures, tried, without training a run."""

from __future__ import annotations

import contextlib
from collections.abc import Callable
from pathlib import Path

from torch import nn

from prunelle.console.listeners import Style, make_listener
from prunelle.data.examples import Data
from prunelle.data.groups import AnyGroups
from prunelle.data.preprocess import Fit
from prunelle.data.series.preprocess import Normalisation, SeriesFit
from prunelle.jobs import advising
from prunelle.planning.request import MEMORY_BUDGET, DataSource, Limits, Preparation, TrainingRequest
from prunelle.runs.listener import Listener
from prunelle.scalars import plain_arguments
from prunelle.training.recipe import Recipe
from prunelle.transfer.recommending import Advice
from prunelle.transfer.strategies import Strategy


@plain_arguments
def advise(
    network: nn.Module | str | None,
    data: Data | str | Path,
    weights: str | Path | None = None,
    recipe: Recipe | Callable[..., Recipe] | None = None,
    *,
    size: int | tuple[int, int] | None = None,
    fit: Fit | SeriesFit | None = None,
    normalisation: Normalisation | None = None,
    mean: tuple[float, ...] | None = None,
    std: tuple[float, ...] | None = None,
    labels: str | None = None,
    groups: AnyGroups | None = None,
    task: str | None = None,
    data_dir: str | Path | None = None,
    validation: float | None = None,
    test: float | None = None,
    memory_budget: int = MEMORY_BUDGET,
    style: Style | Listener = "auto",
) -> Advice:
    """Tries strategies of reusing ``weights`` on the training pictures, and recommends one.

    Arguments are those of ``train``; a module of one's own has its weights already.

    Raises:
        PrunelleError: see ``prunelle.errors``.
    """
    request = TrainingRequest(
        source=DataSource(
            data=data,
            labels=labels,
            groups=groups,
            task=task,
            data_dir=data_dir,
            validation=validation,
            test=test,
        ),
        network=network,
        preparation=Preparation(size=size, fit=fit, normalisation=normalisation, mean=mean, std=std),
        weights=weights,
        strategy=Strategy(name="auto"),
        recipe=recipe,
        limits=Limits(memory_budget=memory_budget),
    )
    with contextlib.closing(make_listener(style)) as listener:
        return advising.advise(request, listener)
