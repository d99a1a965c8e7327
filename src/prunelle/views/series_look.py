"""What the views of series look at: a network, series to show, labelled series to look at many of."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Sequence
from functools import cached_property
from typing import Any

import numpy as np
import torch
from torch import nn

from prunelle.data.series.preprocess import SeriesPreprocess
from prunelle.data.targets import ONE_CLASS, Target
from prunelle.errors import ArgumentError, UnknownName
from prunelle.look import series as inside
from prunelle.networks.summary import blank
from prunelle.texts import Note, visible
from prunelle.views.view import LeftOutError, Need

MOST_SERIES = 12
"""Shown at once."""
SAMPLE = 300
"""Series that windows are looked for in."""


@dataclasses.dataclass(frozen=True, kw_only=True)
class SeriesLook:
    """A network on series, and what it is shown.

    Attributes:
        classes: names, as figures can show them. target: what the network tells.
        given: ``(n, T, C)`` float32 with NaN beyond the end, and a name for each; None for some of the labelled series,
            of each class in turn.
        labelled: gives the labelled series, ``(N, T, C)``, and their classes ``(N,)``. Raises ``LeftOutError`` where
            those of the run are gone.
        sample_size: how many of them windows are looked for in; None for ``SAMPLE``.
        layers: whose windows to show, by their names; None for the last.
        channel: only this one of each, from 1.
    """

    network: nn.Module
    preprocess: SeriesPreprocess
    classes: Sequence[str]
    given: tuple[np.ndarray, Sequence[str]] | None
    labelled: Callable[[], tuple[np.ndarray, np.ndarray]]
    sample_size: int | None
    layers: Sequence[str] | None
    channel: int | None
    target: Target = ONE_CLASS

    def lacks(self, need: Need) -> Note | None:
        """See ``view.Look``: what is not given is taken from the labelled series."""
        return None

    def check(self) -> None:
        """Whether what was named is there.

        Raises:
            ArgumentError: no such layer, or channel.
        """
        for layer in self.layers or ():
            if layer not in self.channels:
                raise UnknownName("layer", layer, [f"{name} ({n})" for name, n in self.channels.items()])
        for layer in self.windowed:
            if self.channel is not None and not 1 <= self.channel <= self.channels[layer]:
                raise ArgumentError(
                    f"channel must be between 1 and {self.channels[layer]}, which {layer} has; received "
                    f"{self.channel}."
                )

    @cached_property
    def shown(self) -> tuple[torch.Tensor, list[str]]:
        """``(n, C, T)`` as the network takes them, and a name for each."""
        if self.given is not None:
            return self._normalised(self.given[0]), list(self.given[1])
        series, labels = self.sample
        strata = self.target.strata(labels)
        turns = np.argsort(
            [int(np.sum(strata[:i] == stratum)) for i, stratum in enumerate(strata)], kind="stable"
        )
        rows = [int(row) for row in turns[:MOST_SERIES]]
        return series[rows], [visible(self._called(labels[row])) for row in rows]

    def _called(self, label: Any) -> str:
        return self.target.written(label, self.classes)

    @cached_property
    def sample(self) -> tuple[torch.Tensor, np.ndarray]:
        """``(n, C, T)``, of the labelled series at most ``sample_size``; and their classes."""
        series, labels = self.labelled()
        rows = np.sort(np.random.default_rng(0).permutation(len(series))[: self.sample_size or SAMPLE])
        return self._normalised(series[rows]), labels[rows]

    @property
    def many(self) -> torch.Tensor:
        """The labelled series; those shown where these are gone."""
        try:
            return self.sample[0]
        except LeftOutError:
            if self.given is None:
                raise
            return self.shown[0]

    @cached_property
    def channels(self) -> dict[str, int]:
        """The layers that give maps over time, and how many each gives."""
        maps = inside.activations(self.network, blank(self.network, self.preprocess.input_shape))
        return {name: values.shape[1] for name, values in maps.items()}

    @property
    def windowed(self) -> Sequence[str]:
        """The layers whose windows are shown."""
        return self.layers or list(self.channels)[-1:]

    def _normalised(self, series: np.ndarray) -> torch.Tensor:
        device = next((p.device for p in self.network.parameters()), torch.device("cpu"))
        batch = torch.from_numpy(np.ascontiguousarray(series)).movedim(-1, 1).to(device)
        return self.preprocess.normalise(batch)
