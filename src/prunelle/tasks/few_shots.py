"""``shots``: how what is reached grows with the number of pictures a class, strategy by strategy."""

from __future__ import annotations

import contextlib
from collections.abc import Sequence
from pathlib import Path

from prunelle.console.listeners import Style
from prunelle.data.examples import Data
from prunelle.data.groups import AnyGroups
from prunelle.data.preprocess import Fit
from prunelle.data.series.preprocess import Normalisation, SeriesFit
from prunelle.jobs import few_shots
from prunelle.jobs.few_shots import ShotsRequest
from prunelle.jobs.hearing import hearing
from prunelle.planning.request import (
    DataSource,
    Destination,
    Limits,
    Preparation,
    TrainingRequest,
    as_strategy,
)
from prunelle.report.shots import Shots
from prunelle.runs.listener import Listener
from prunelle.scalars import plain_arguments
from prunelle.texts import Language, default_language
from prunelle.transfer.strategies import Strategy

STRATEGIES = ("scratch", "features", "full")
DRAWS = 3


@plain_arguments
def shots(
    data: Data | str | Path,
    network: str | None = None,
    weights: str | Path | None = None,
    *,
    numbers: Sequence[int] | None = None,
    strategies: Sequence[Strategy | str] = STRATEGIES,
    draws: int = DRAWS,
    epochs: int | None = None,
    augment: str | None = None,
    size: int | tuple[int, int] | None = None,
    fit: Fit | SeriesFit | None = None,
    normalisation: Normalisation | None = None,
    mean: tuple[float, ...] | None = None,
    std: tuple[float, ...] | None = None,
    device: str = "auto",
    output: str | Path = "shots",
    labels: str | None = None,
    groups: AnyGroups | None = None,
    task: str | None = None,
    data_dir: str | Path | None = None,
    test: float | None = None,
    language: Language | None = None,
    style: Style | Listener = "auto",
    log: str | Sequence[str] | None = None,
    command: str | None = None,
) -> Shots:
    """Trains with few pictures a class, then more, several times with others, and measures on the test split.

    Every training is a run in ``output/runs``; the same call again goes on with what is there. Of one draw, the
    pictures of a smaller number are among those of a larger one. There is no validation: with five pictures a class
    nothing is to be set aside, so the last weights are measured.

    Args:
        data: with a test split. Pictures that cannot be read are left out before any are drawn.
        network, weights, size, fit, normalisation, mean, std, labels, groups, task, data_dir, test: as ``train``. Of a
            group, one draw has one picture.
        numbers: pictures a class, by default 1, 5, 20 and 100. Of several labels: pictures that have each label, which
            may have others too, and as many without any. Of numbers: pictures in all, from each tenth of the numbers in
            turn; by default 10, 50, 200 and 1000.
        strategies: with their usual settings (``partial:layer2``: see ``Strategy.parse``), or a ``Strategy``.
        draws: of the pictures, each with its own first weights too.
        epochs: of each training; None for what suits the data and the strategy, and at least 600 steps.
        augment: of the training pictures, as on the command line; None for what suits the data and the strategy.
        device: as of ``Recipe``.
        output: the folder.
        language: of the plot; None for the locale's.
        style: what to show meanwhile.
        log: as for ``train``; each training is one there.
        command: the shell command that makes this call.

    Raises:
        ArgumentError: there are too few pictures to draw from, there is no test split, or ``output`` is of other
            settings.
    """
    whole = None if isinstance(data, Data) else 0.0  # no validation split is set aside
    request = ShotsRequest(
        training=TrainingRequest(
            source=DataSource(
                data=data,
                labels=labels,
                groups=groups,
                task=task,
                data_dir=data_dir,
                validation=whole,
                test=test,
            ),
            network=network,
            preparation=Preparation(size=size, fit=fit, normalisation=normalisation, mean=mean, std=std),
            weights=weights,
            epochs=epochs,
            limits=Limits(memory_budget=0),  # decoded once, to files of the cache, for all trainings
            destination=Destination(output=output),
            language=language or default_language(),
            command=command,
        ),
        numbers=numbers,
        strategies=[parsed for each in strategies if (parsed := as_strategy(each)) is not None],
        draws=draws,
        recipe_fields={"device": device} | ({} if augment is None else {"augment": augment}),
    )
    with contextlib.closing(hearing(style, language, log=log)) as listener:
        return few_shots.shots(request, listener)
