"""What a report says, gathered; ``html.render`` turns it into a page."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from prunelle.data.examples import Skipped
from prunelle.data.preprocess import Preprocess
from prunelle.networks.summary import LayerRow
from prunelle.texts import Note
from prunelle.training.metrics import Evaluation
from prunelle.training.recipe import Recipe


@dataclasses.dataclass(frozen=True, kw_only=True, eq=False)
class ReportContent:
    """Everything ``report.html`` shows.

    Attributes:
        run_name, data_name, network_name: as in the run folder.
        command: the shell command that does the training again.
        evaluation: the answers on the test split, or on validation where there is no test.
        images: ``(N, H, W, C)`` uint8, the pictures of ``evaluation`` in its order.
        examples: for each class, ``(n, H, W, C)`` uint8 pictures of the training split, n up to 8.
        counts: for each split, the number of pictures a class, in class order.
        results: the lines of ``results.csv``, one an epoch; None where there is no value.
        best_epoch: the epoch (from 1) whose weights are kept and evaluated.
        metrics: the content of ``metrics.json``.
        reused: what was kept of weights learned before; sentences.
        skipped: pictures left out, with the reason.
        notes: how the data was read. warnings: what went wrong while training, with what to try.
        layers: the network's table; their parameters add up to ``num_parameters``.
        versions: of prunelle, python, torch, numpy… host: processor, cores, device.
        started: ISO 8601 date and time. seconds: how long the training took, interruptions left out.
    """

    run_name: str
    data_name: str
    network_name: str
    command: str
    evaluation: Evaluation
    images: np.ndarray
    examples: Mapping[str, np.ndarray]
    counts: Mapping[str, Sequence[int]]
    results: Sequence[Mapping[str, float | None]]
    best_epoch: int
    metrics: Mapping[str, Any]
    skipped: Sequence[Skipped]
    notes: Sequence[Note]
    warnings: Sequence[Note]
    layers: Sequence[LayerRow]
    num_parameters: int
    recipe: Recipe
    preprocess: Preprocess
    versions: Mapping[str, str]
    host: Mapping[str, str]
    started: str
    seconds: float
    reused: Sequence[Note] = ()
