"""``explore``: a network opened to be touched, for the page and for Python."""

from __future__ import annotations

import contextlib
from collections.abc import Sequence
from pathlib import Path

from torch import nn

from prunelle.console.listeners import Style, make_listener
from prunelle.data.examples import Data
from prunelle.data.preprocess import Preprocess
from prunelle.jobs import exploring
from prunelle.jobs.exploring import Explorer
from prunelle.jobs.look_request import SubjectRequest
from prunelle.planning.request import DataSource
from prunelle.planning.weights import Pretrained
from prunelle.runs.run import Run
from prunelle.scalars import plain_arguments


@plain_arguments
def explore(
    subject: Run | Pretrained | nn.Module | str | Path,
    *,
    data: Data | str | Path | None = None,
    labels: str | None = None,
    data_dir: str | Path | None = None,
    network: nn.Module | None = None,
    weights: str | Path | None = None,
    preprocess: Preprocess | None = None,
    class_names: Sequence[str] | None = None,
    size: int | tuple[int, int] | None = None,
    mean: tuple[float, ...] | None = None,
    std: tuple[float, ...] | None = None,
    style: Style = "auto",
) -> Explorer:
    """Opens a network to be touched: what every layer makes of a picture at once, and why; what if it were changed.

    What ``prunelle open`` shows comes from here. The network, and a run's files, stay as they are.

    Args:
        subject: a run, its folder, what ``pretrained`` gives, a module, or the name of a network.
        data: labelled examples to show it; None for those that a run kept aside.
        labels, data_dir: as ``prunelle.load``.
        network: the module, if the run trained one of your own.
        weights, size, mean, std: of a network by name, as ``pretrained``; without weights they are random.
        preprocess, class_names: of a module.
        style: what to show meanwhile.

    Raises:
        ArgumentError: it is nothing that can be looked at.

    Example:
        >>> look = prunelle.explore("runs/digits").look()
        >>> look.show_sample(0).label
        '7'
    """
    request = SubjectRequest(
        subject=subject,
        network=network,
        weights=weights,
        preprocess=preprocess,
        class_names=class_names,
        size=size,
        mean=mean,
        std=std,
    )
    with contextlib.closing(make_listener(style)) as listener:
        return exploring.explore(request, DataSource(data=data, labels=labels, data_dir=data_dir), listener)
