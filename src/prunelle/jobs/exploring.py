"""A network opened to be touched: what all who look at it share. Each person has a ``LiveLook`` of it."""

from __future__ import annotations

import contextlib
import dataclasses
import threading
from collections.abc import Callable, Mapping, Sequence
from functools import cached_property
from pathlib import Path

import numpy as np
import torch

from prunelle.data.examples import Split
from prunelle.data.kinds import kind_of, kind_of_shape
from prunelle.errors import ArgumentError, DataError, PrunelleError, RunError
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
from prunelle.runs.folds import is_folds, one_of
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
    elif is_folds(named):
        run, note = one_of(named)
        listener.on_note(note)
        request = dataclasses.replace(request, subject=run)
    return Explorer(_FINDERS[_kind(request)](request, source, listener))


def _kind(request: SubjectRequest) -> str:
    named = request.subject
    if isinstance(named, Run):
        return kind_of(named.preprocess).name
    if isinstance(named, str | Path) and is_known(str(named)) and request.weights is None:
        kind = kind_of_shape(natural_shape(str(named)))
        return "pictures" if kind is None else kind.name
    return "pictures"


@dataclasses.dataclass(frozen=True, eq=False)
class _Chosen:
    """A split, the names of its classes, and which of its examples are taken, in an order drawn once."""

    split: Split
    classes: Sequence[str]
    rows: np.ndarray


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

    def prepare(self) -> None:
        """Begins to decode the examples at hand, in a thread of its own: they are asked for next."""

        def decode() -> None:
            with contextlib.suppress(PrunelleError):  # who asks for them is told
                self.at_hand  # noqa: B018

        threading.Thread(target=decode, name="at-hand", daemon=True).start()

    @property
    def sample_count(self) -> int:
        """How many examples ``at_hand`` will have, without decoding them; fewer where some cannot be read."""
        with self._finding:
            return 0 if self._chosen is None else len(self._chosen.rows)

    @cached_property
    def _chosen(self) -> _Chosen | None:
        try:
            found = self.explored.labelled()
        except (DataError, RunError) as error:
            self._notes.append(Note(visible(str(error)), visible(str(error))))
            return None
        if found is None:
            return None
        split, classes = found
        room = min(_MOST_AT_HAND, _AT_HAND_BYTES // max(1, self.explored.preprocess.example_bytes))
        most = max(1, min(room, max(_FEWEST_AT_HAND, _AT_HAND_OPERATIONS // max(1, self._multiply_adds))))
        return _Chosen(split, classes, np.random.default_rng(0).permutation(len(split))[:most])

    @cached_property
    def _at_hand(self) -> AtHand | None:
        chosen = self._chosen
        if chosen is None:
            return None
        progress = self.explored.listener.on_progress
        pixels = chosen.split.take(chosen.rows).decode(self.explored.preprocess, progress=progress)
        if not len(pixels):
            return None
        target = self.explored.target
        names = tuple(visible(target.written(label, chosen.classes)) for label in pixels.labels)
        labels = self._as_outputs(pixels.labels, names)
        return AtHand(pixels, labels, names, chosen.split.name, len(chosen.split))

    def _as_outputs(self, labels: np.ndarray, names: tuple[str, ...]) -> np.ndarray:
        ours = self.explored.classes
        if not self.explored.target.exclusive:
            return np.full(len(names), -1)  # no answer is the right one alone
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
    def epochs(self) -> list[int]:
        """Those whose weights a run kept, in order."""
        run = self.explored.run
        return [] if run is None else kept_epochs(run.path)

    def epoch_weights(self, epoch: int) -> dict[str, torch.Tensor]:
        """The weights after that epoch.

        Raises:
            ArgumentError: none were kept.
        """
        run = self.explored.run
        if run is None:
            raise ArgumentError(f"{self.explored.name} is no run, which may keep the weights of epochs.")
        return epoch_weights(run.path, epoch)
