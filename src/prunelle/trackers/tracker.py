"""The contract of a tracker: what it is told of one training after the other, all of it in a thread of its own.

A tracker may be as slow as it is, fail, or hang: ``background.Background`` stands between it and the training.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Protocol

import numpy as np

from prunelle.networks.summary import LayerRow

Setting = str | int | float | bool


@dataclasses.dataclass(frozen=True, eq=False)
class Begun:
    """A training, as a tracker shows it in its lists.

    Attributes:
        path: of the run.
        identity: the same when a run is gone on with, so that its curves go on too.
        settings: what was asked for, by name: ``recipe.learning_rate``, ``network``, ``data.train``.
        layers: the network's table.
    """

    path: Path
    identity: str
    settings: Mapping[str, Setting]
    layers: Sequence[LayerRow]


@dataclasses.dataclass(frozen=True, eq=False)
class Answers:
    """What was answered on the split that speaks for a run.

    Attributes:
        classes: names in index order.
        labels, predicted: ``(N,)`` int64, indices into ``classes``.
    """

    classes: tuple[str, ...]
    labels: np.ndarray
    predicted: np.ndarray

    def matrix(self) -> np.ndarray:
        """``(K, K)`` int64: how many examples of the row's class were called the column's."""
        counted = np.zeros((len(self.classes), len(self.classes)), np.int64)
        np.add.at(counted, (self.labels, self.predicted), 1)
        return counted


class Tracker(Protocol):
    """One training after the other: ``begin``, then anything but ``end``, then ``end``."""

    def begin(self, begun: Begun) -> None:
        """A training begins, or goes on."""

    def figures(self, values: Mapping[str, float], step: int) -> None:
        """A point of each curve: of ``epoch/…`` at so many epochs done, of ``step/…`` at so many steps."""

    def examples(self, pictures: np.ndarray, names: Sequence[str]) -> None:
        """``pictures: (N, H, W, C)`` uint8 of 1 or 3 channels that are learned, each with its class."""

    def figure(self, file: Path) -> None:
        """A figure of the report, a PNG: ``confusion``, ``curves``…"""

    def answers(self, answers: Answers) -> None:
        """From which a confusion matrix is made."""

    def results(self, values: Mapping[str, float]) -> None:
        """The last figures: ``test/accuracy``, ``parameters``…"""

    def model(self, files: Sequence[Path]) -> None:
        """The run's best weights, and what is needed beside them to use them."""

    def end(self, failed: bool) -> None:
        """The training is done, or ended early. Whatever was kept back is written."""

    @property
    def where(self) -> str:
        """What shows it: a command to type, or an address."""
