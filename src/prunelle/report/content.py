"""What a report says, gathered; ``html.render`` turns it into a page."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from prunelle.data.kinds import AnyPreprocess, kind_of
from prunelle.data.pixels import Skipped
from prunelle.data.targets import ONE_CLASS, Target
from prunelle.networks.summary import LayerRow
from prunelle.report.insight import Insight
from prunelle.report.kinds import SHOWN, Shown
from prunelle.report.series import Plate
from prunelle.report.words import Words
from prunelle.runs.change import Change
from prunelle.texts import Language, Note
from prunelle.training.costs import Costs
from prunelle.training.recipe import Recipe
from prunelle.training.thresholds import Threshold


@dataclasses.dataclass(frozen=True, kw_only=True, eq=False)
class ReportContent:
    """Everything ``report.html`` shows.

    Attributes:
        run_name, data_name, network_name: as in the run folder.
        command: the shell command that does the training again.
        reproducibility: what may be expected of it: the same weights to the bit, or not.
        evaluation: the answers on the test split, or on validation where there is no test: an ``Evaluation``, or what
            another target's objective makes (``training.objectives``).
        target: what is told of an example.
        images: ``(N, H, W, C)`` uint8, the pictures of ``evaluation`` in its order; of series, ``(N, T, C)`` float32;
            None where they are gone.
        examples: for each class, ``(n, …)`` such examples of the training split, n up to 8.
        counts: for each split, the number of pictures a class, in class order.
        results: the lines of ``results.csv``, one an epoch; None where there is no value.
        best_epoch: the epoch (from 1) whose weights are kept and evaluated.
        metrics: the content of ``metrics.json``.
        reused: what was kept of weights learned before; sentences.
        skipped: pictures left out, with the reason.
        notes: how the data was read. warnings: what went wrong while training, with what to try.
        insight: the first filters, and where the network looked in a few pictures; None shows neither.
        plates: figures of the inside of a network for series.
        layers: the network's table; their parameters add up to ``num_parameters``.
        recipe: how it was trained; of a program of one's own, its settings by name.
        change: what corrected labels changed, of a training by such labels.
        costs: what answers cost, where the training was told.
        own: parts of the training that were the caller's own, by what they take the place of: their names.
        versions: of prunelle, python, torch, numpy… host: processor, cores, device.
        started: ISO 8601 date and time. seconds: how long the training took, interruptions left out.
    """

    run_name: str
    data_name: str
    network_name: str
    command: str
    reproducibility: Note
    evaluation: Any
    images: np.ndarray | None
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
    recipe: Recipe | Mapping[str, str]
    preprocess: AnyPreprocess
    versions: Mapping[str, str]
    host: Mapping[str, str]
    started: str
    seconds: float
    insight: Insight | None = None
    plates: Sequence[Plate] = ()
    reused: Sequence[Note] = ()
    change: Change | None = None
    costs: Costs | None = None
    own: Mapping[str, str] = dataclasses.field(default_factory=dict)
    target: Target = ONE_CLASS
    few: Note | None = None
    """That the test was small, and what would say more."""
    thresholds: Sequence[Threshold] | None = None
    """Of several labels, those of ``thresholds.json``."""
    trust: Mapping[str, Any] | None = None
    """The content of ``trust.json``, of numbers of ``errors.json``; None of a run of before."""

    @property
    def shown(self) -> Shown:
        """How examples of this kind of data show on a page."""
        return SHOWN[kind_of(self.preprocess).name]

    def words(self, language: Language) -> Words:
        """The report's texts, for this kind of data."""
        return self.shown.words(language)

    @property
    def chose_by_validation(self) -> bool:
        """The kept epoch is the best by validation; a program of one's own keeps its last."""
        validated = any(row.get("val_loss") is not None for row in self.results)
        return validated and isinstance(self.recipe, Recipe)
