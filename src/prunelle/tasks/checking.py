"""``check``: what is odd about labelled examples, before a network learns it."""

from __future__ import annotations

import contextlib
from pathlib import Path

from torch import nn

from prunelle.checks.checkup import Checkup
from prunelle.console.listeners import Style, make_listener
from prunelle.data.decisions import Decisions
from prunelle.data.examples import Data
from prunelle.data.from_dataset import AnyDataset
from prunelle.data.groups import AnyGroups
from prunelle.jobs import checking
from prunelle.planning.checking import CheckRequest
from prunelle.planning.request import MEMORY_BUDGET, DataSource, Destination, Limits, Preparation
from prunelle.runs.run import Run
from prunelle.scalars import plain_arguments
from prunelle.texts import Language, default_language


@plain_arguments
def check(
    data: Data | AnyDataset | str | Path | None = None,
    *,
    run: Run | str | Path | None = None,
    network: nn.Module | str | None = None,
    weights: str | Path | None = None,
    size: int | tuple[int, int] | None = None,
    mean: tuple[float, ...] | None = None,
    std: tuple[float, ...] | None = None,
    labels: str | None = None,
    groups: AnyGroups | None = None,
    task: str | None = None,
    data_dir: str | Path | None = None,
    decisions: Decisions | str | Path | None = None,
    output: str | Path | None = None,
    runs: str | Path = "runs",
    memory_budget: int = MEMORY_BUDGET,
    language: Language | None = None,
    style: Style = "auto",
) -> Checkup:
    """What is odd about labelled examples: wrong labels, near copies, leaks between splits…

    Nothing of the data is changed. A new folder gets ``check.html``, ``findings.json`` and ``findings.csv``.

    Args:
        data: as ``train``; None for those of ``run``.
        run: whose network compares the examples, or its folder; one that has learned from them has learned their wrong
            labels too.
        network, weights, size, mean, std: what compares them instead, as ``pretrained``; a small network with
            published weights where ``network`` is None. Without any, published weights that are on this machine; else
            colours and edges, which find less.
        labels, groups, task, data_dir: as ``load``; groups that given splits divide are told.
        decisions: that people have made already, as ``train``.
        output: the folder; None makes a new one under ``runs``.
        memory_budget: bytes of decoded examples kept in memory.
        language: of the page; None for the locale's.
        style: what to show meanwhile.

    Raises:
        PrunelleError: see ``prunelle.errors``.

    Example:
        >>> for finding in check("photos").findings[:10]:
        ...     print(finding.kind, finding.what.en)
    """
    request = CheckRequest(
        source=DataSource(
            data=data, labels=labels, groups=groups, task=task, data_dir=data_dir, decisions=decisions
        ),
        run=Run.open(run) if isinstance(run, str | Path) else run,
        network=network,
        weights=weights,
        preparation=Preparation(size=size, mean=mean, std=std),
        limits=Limits(memory_budget=memory_budget),
        destination=Destination(output=output, runs=runs),
        language=language or default_language(),
    )
    with contextlib.closing(make_listener(style, language)) as listener:
        return checking.check(request, listener)
