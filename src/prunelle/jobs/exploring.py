"""A network opened to be touched: what all who look at it share. Each person has a ``LiveLook`` of it."""

from __future__ import annotations

import dataclasses
import threading
from collections.abc import Callable, Mapping
from functools import cached_property
from pathlib import Path

import numpy as np
import torch

from prunelle.data.kinds import kind_of, kind_of_shape
from prunelle.errors import ArgumentError, DataError, RunError
from prunelle.jobs import explore_pictures, explore_series
from prunelle.jobs.background_accuracy import Score
from prunelle.jobs.explored import AtHand, Explored
from prunelle.jobs.live_look import LiveLook
from prunelle.jobs.look_request import SubjectRequest
from prunelle.jobs.shared_network import SharedNetwork
from prunelle.networks import is_known, natural_shape
from prunelle.networks.summary import summarise
from prunelle.planning.request import DataSource
from prunelle.runs.epochs import epoch_weights, kept_epochs
from prunelle.runs.listener import Listener
from prunelle.runs.run import Run
from prunelle.texts import Note, visible

_FINDERS: Mapping[str, Callable[[SubjectRequest, DataSource, Listener], Explored]] = {
    "pictures": explore_pictures.find,
    "series": explore_series.find,
}
"""By the name of the kind of data."""

_MOST_AT_HAND = 10_000
_FEWEST_AT_HAND = 100
_AT_HAND_BYTES = 1 << 28
_AT_HAND_OPERATIONS = 10**12


def explore(request: SubjectRequest, source: DataSource, listener: Listener) -> Explorer:
    """The network that is named, ready to be looked at; see ``prunelle.explore``."""
    named = request.subject
    if isinstance(named, str | Path) and (Path(named) / "run.json").is_file():
        request = dataclasses.replace(request, subject=Run.open(named, request.network))
    return Explorer(_FINDERS[_kind(request)](request, source, listener))


def _kind(request: SubjectRequest) -> str:
    named = request.subject
    if isinstance(named, Run):
        return kind_of(named.preprocess).name
    if isinstance(named, str | Path) and is_known(str(named)) and request.weights is None:
        kind = kind_of_shape(natural_shape(str(named)))
        return "pictures" if kind is None else kind.name
    return "pictures"


class Explorer:
    """A network, examined, with the examples that it can be shown. Safe to use from several threads.

    Attributes:
        explored: the network with what is known of it.
        shared: runs it, one at a time.
        anatomy: its layers.
        outputs: how many classes it answers with.

    Example:
        >>> look = prunelle.explore("runs/digits").look()
        >>> look.show_sample(0).probabilities
    """

    def __init__(self, explored: Explored) -> None:
        self.explored = explored
        self.shared = SharedNetwork(explored)
        self.anatomy = self.shared.anatomy
        self.outputs = self.shared.outputs
        self._finding = threading.Lock()
        self._notes: list[Note] = []

    def look(self, told: Callable[[Score], None] = lambda _: None) -> LiveLook:
        """One person's look at it.

        Args:
            told: how good the network is as that person has changed it, a while after each change; from a thread of
                the look's own.
        """
        return LiveLook(self.shared, lambda: self.at_hand, self.epoch_weights, told)

    @property
    def notes(self) -> tuple[Note, ...]:
        """What a person should know; of examples that are gone once they were asked for."""
        return (*self.explored.notes, *self._notes)

    @property
    def at_hand(self) -> AtHand | None:
        """Labelled examples that the network has not learned, decoded; None where there are none, or none any more."""
        with self._finding:
            return self._at_hand

    @cached_property
    def _at_hand(self) -> AtHand | None:
        try:
            found = self.explored.labelled()
        except (DataError, RunError) as error:
            self._notes.append(Note(visible(str(error)), visible(str(error))))
            return None
        if found is None:
            return None
        split, classes = found
        preprocess = self.explored.preprocess
        room = min(_MOST_AT_HAND, _AT_HAND_BYTES // max(1, preprocess.example_bytes))
        most = max(1, min(room, max(_FEWEST_AT_HAND, _AT_HAND_OPERATIONS // max(1, self._multiply_adds))))
        rows = np.random.default_rng(0).permutation(len(split))[:most]
        pixels = split.take(rows).decode(preprocess, progress=self.explored.listener.on_progress)
        if not len(pixels):
            return None
        names = tuple(visible(classes[label]) for label in pixels.labels)
        return AtHand(pixels, self._as_outputs(pixels.labels, names), names, split.name, len(split))

    def _as_outputs(self, labels: np.ndarray, names: tuple[str, ...]) -> np.ndarray:
        ours = self.explored.classes
        if self.explored.run is not None:
            return np.asarray(labels, np.int64)
        index = {} if ours is None else {name: i for i, name in enumerate(ours)}
        return np.array([index.get(name, -1) for name in names], np.int64)

    @cached_property
    def _multiply_adds(self) -> int:
        with self.shared.turns.foreground():
            rows = summarise(self.explored.network, self.explored.preprocess.input_shape)
        return sum(row.multiply_adds for row in rows)

    @property
    def epochs(self) -> tuple[int, ...]:
        """Those whose weights a run kept, in order."""
        run = self.explored.run
        return () if run is None else tuple(kept_epochs(run.path))

    def epoch_weights(self, epoch: int) -> dict[str, torch.Tensor]:
        """The weights after that epoch.

        Raises:
            ArgumentError: none were kept.
        """
        if self.explored.run is None:
            raise ArgumentError(
                f"this network is of no run, which would keep weights of epochs; received {epoch}."
            )
        return epoch_weights(self.explored.run.path, epoch)
