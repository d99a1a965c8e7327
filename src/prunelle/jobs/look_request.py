"""What is asked of a look: of which network, and what of it to show."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from pathlib import Path

from torch import nn

from prunelle.data.preprocess import Preprocess
from prunelle.errors import refuse_given
from prunelle.planning.request import DataSource, Preparation
from prunelle.planning.weights import Pretrained
from prunelle.runs.run import Run
from prunelle.views.picture_look import Scale


@dataclasses.dataclass(frozen=True, kw_only=True, eq=False)
class SubjectRequest:
    """The network to look at; see ``look_into``."""

    subject: Run | Pretrained | nn.Module | str | Path
    network: nn.Module | None
    weights: str | Path | None
    preprocess: Preprocess | None
    class_names: Sequence[str] | None
    size: int | tuple[int, int] | None
    mean: tuple[float, ...] | None
    std: tuple[float, ...] | None

    @property
    def preparation(self) -> Preparation:
        """Of pictures for a network that is no run.

        Raises:
            ArgumentError: one of mean and std without the other.
        """
        return Preparation(size=self.size, mean=self.mean, std=self.std)

    def refuse_for_pictures(self, reason: str) -> None:
        """Raises an ``ArgumentError`` with ``reason`` where something is given that says how pictures are read."""
        refuse_given(
            reason,
            weights=self.weights,
            preprocess=self.preprocess,
            size=self.size,
            mean=self.mean,
            std=self.std,
        )


@dataclasses.dataclass(frozen=True, kw_only=True)
class LookRequest:
    """What to show of it; see ``look_into``."""

    pictures: Sequence[str | Path]
    layers: Sequence[str] | None
    channel: int | None
    classes: Sequence[str]
    between: tuple[str, str] | None
    scale: Scale
    source: DataSource
    sample: int | None
