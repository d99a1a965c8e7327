"""``compare``: several networks, the same pictures, the same recipe, several seeds; and what that shows."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from prunelle.console.listeners import Style
from prunelle.data.examples import Data
from prunelle.data.from_dataset import AnyDataset
from prunelle.data.groups import AnyGroups
from prunelle.data.preprocess import Fit
from prunelle.data.series.preprocess import Normalisation, SeriesFit
from prunelle.jobs import comparing
from prunelle.jobs.hearing import hearing
from prunelle.planning.comparison import ComparisonRequest
from prunelle.planning.contestants import Networks, as_runs
from prunelle.planning.request import (
    MEMORY_BUDGET,
    DataSource,
    Destination,
    Limits,
    Preparation,
    TrainingRequest,
)
from prunelle.runs.comparison import Comparison
from prunelle.scalars import plain_arguments
from prunelle.texts import Language, default_language
from prunelle.training.recipe import Recipe


@plain_arguments
def compare(
    networks: Networks | None = None,
    data: Data | AnyDataset | str | Path | None = None,
    recipe: Recipe | Callable[[Data], Recipe] | None = None,
    *,
    seeds: int | Sequence[int] = 3,
    match_parameters: bool = False,
    options: Mapping[str, Mapping[str, Any]] | None = None,
    epochs: int | None = None,
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
    resume: str | Path | None = None,
    output: str | Path | None = None,
    runs: str | Path = "runs",
    memory_budget: int = MEMORY_BUDGET,
    language: Language | None = None,
    style: Style = "auto",
    log: str | Sequence[str] | None = None,
    command: str | None = None,
) -> Comparison:
    """Trains several networks under the same recipe, once a seed, and compares what they reach.

    All see the same training pictures in the same order and are judged on the same test pictures, whatever the
    seed, so that they can be compared pair by pair.

    Args:
        networks: names (``["lenet5", "dense"]``); or what to call them, with a name or a function that makes a
            module of your own (``{"mine": make, "dense": "dense"}``); or finished runs, which are compared as they
            are, seeds of the same network and recipe together.
        data: what ``prunelle.load`` takes, or its result; None for the embedded digits.
        recipe: of all, but for the seed; a function of the data that gives one; None for ``choose_recipe``.
        seeds: how many (0, 1, 2…), or which.
        match_parameters: sizes each ``dense`` to the number of weights of the first other network.
        options: of networks by name, by what they are called (``{"dense": {"hidden": (300,)}}``).
        epochs, size, fit, normalisation, mean, std, labels, groups, task, data_dir, validation, test, memory_budget,
            language: as for ``train``.
        resume: a comparison's folder to go on with instead; of all the rest only modules and data of your own,
            ``memory_budget``, ``language``, ``style`` and ``log`` count then.
        output: the comparison's folder itself; None makes a new one under ``runs``.
        style: what to show meanwhile.
        log: as for ``train``; each training is one there.
        command: the shell command to print in the report; None says it in Python.

    Raises:
        PrunelleError: see ``prunelle.errors``; ``Interrupted`` after SIGINT or SIGTERM, with all saved.

    Example:
        >>> comparison = compare(["lenet5", "dense"], "mnist", epochs=5, match_parameters=True)
        >>> comparison.differences()[0].over_seeds
    """
    request = ComparisonRequest(
        training=TrainingRequest(
            source=DataSource(
                data=data,
                labels=labels,
                groups=groups,
                task=task,
                data_dir=data_dir,
                validation=validation,
                test=test,
            ),
            preparation=Preparation(size=size, fit=fit, normalisation=normalisation, mean=mean, std=std),
            recipe=recipe,
            epochs=epochs,
            limits=Limits(memory_budget=memory_budget),
            destination=Destination(output=output, runs=runs),
            language=language or default_language(),
            command=command,
        ),
        networks=networks,
        seeds=seeds,
        match_parameters=match_parameters,
        options=options or {},
    )
    with contextlib.closing(hearing(style, language, log=log)) as listener:
        if resume is not None:
            return comparing.resume(Path(resume), request, listener)
        if (finished := as_runs(networks)) is not None:
            return comparing.compare_runs(finished, request)
        return comparing.compare(request, listener)
