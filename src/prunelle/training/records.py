"""What a training tells about itself, and where it is."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Mapping
from typing import Any

from prunelle.texts import Note


@dataclasses.dataclass(frozen=True)
class StepRecord:
    """One optimisation step done.

    Attributes:
        epoch: from 1. step: of this epoch, from 1 to ``steps``.
        loss, accuracy: means over the epoch so far, as the network was at each step; no accuracy of numbers.
        figures: what is told in the accuracy's place, by name: a mean over the epoch so far, too.
        images_per_second: over the epoch so far. data_wait: share of that time spent on making batches.
        seconds_left: until the end of the training, at this pace.
        unit: what a second's worth is counted in: images or series.
    """

    epoch: int
    epochs: int
    step: int
    steps: int
    loss: float
    accuracy: float | None
    images_per_second: float
    data_wait: float
    seconds_left: float
    figures: Mapping[str, float] = dataclasses.field(default_factory=dict)
    unit: str = "images"


@dataclasses.dataclass(frozen=True)
class EpochRecord:
    """One epoch done: a line of ``results.csv``, and what to do with the weights.

    Attributes:
        train_accuracy, val_accuracy: of classes the share of right answers, of several labels that of exact matches;
            None of numbers.
        train_figures: other means over the epoch, by name (``mean_absolute_error``).
        improved: these weights are the best so far (by the validation's accuracy, mean average precision or mean
            absolute error, then its loss; the last ones where there is no validation).
        warning: the training does not learn, why that may be, and what to try.
        metrics: other figures of the validation, by name; those of the caller's own metrics are among them.
        unit: as ``StepRecord``.
    """

    epoch: int
    epochs: int
    train_loss: float
    train_accuracy: float | None
    val_loss: float | None
    val_accuracy: float | None
    learning_rate: float
    seconds: float
    images_per_second: float
    data_wait: float
    improved: bool
    warning: Note | None = None
    metrics: Mapping[str, float] = dataclasses.field(default_factory=dict)
    train_figures: Mapping[str, float] = dataclasses.field(default_factory=dict)
    unit: str = "images"

    def row(self) -> dict[str, float | None]:
        """The line of ``results.csv``."""
        fields = {field: getattr(self, field) for field in RESULT_FIELDS}
        if self.train_accuracy is None:
            fields = {field: value for field, value in fields.items() if field not in ACCURACIES}
        train = {f"train_{name}": value for name, value in self.train_figures.items()}
        return fields | train | {f"val_{name}": value for name, value in self.metrics.items()}


RESULT_FIELDS = (
    "epoch",
    "train_loss",
    "train_accuracy",
    "val_loss",
    "val_accuracy",
    "learning_rate",
    "seconds",
    "images_per_second",
    "data_wait",
)


ACCURACIES = ("train_accuracy", "val_accuracy")
"""Of the fields, those that a training on numbers has not."""


@dataclasses.dataclass
class Progress:
    """Where a training is; everything in it goes to disk and comes back bit for bit."""

    epoch: int = 0  # finished epochs
    step: int = 0  # finished steps of the current one
    loss_sum: float = 0.0  # of the current epoch, over pictures
    correct: float = 0  # right answers; of numbers, absolute errors added up
    seen: int = 0
    seconds: float = 0.0  # of the current epoch
    train_seconds: float = 0.0  # of those, in steps and batches
    wait_seconds: float = 0.0  # of those, in batches
    best_epoch: int = 0
    best_standing: float = -math.inf  # by which epochs are compared: an accuracy, say
    best_loss: float = math.inf
    rows: list[dict[str, float | None]] = dataclasses.field(default_factory=list)
    warnings: list[dict[str, str]] = dataclasses.field(default_factory=list)
    optimizer: dict[str, Any] = dataclasses.field(default_factory=dict)  # numbers of one of the caller's own
