"""One person's look at a network: the present picture, what every layer makes of it, what was changed to see."""

from __future__ import annotations

import dataclasses
import time
from collections.abc import Callable, Mapping

import numpy as np
import torch

from prunelle.errors import ArgumentError
from prunelle.jobs.explored import AtHand
from prunelle.jobs.shared_network import SharedNetwork
from prunelle.look.attribution import to_probabilities
from prunelle.look.edits import Edits
from prunelle.look.encoding import ByteMaps, byte_maps
from prunelle.look.layers import Layer
from prunelle.look.recording import Recording, as_maps

MOST_SIDE_PX = 1024
"""Of a map that is sent."""


@dataclasses.dataclass(frozen=True)
class Watched:
    """Which channels of a layer go with every answer: ``first`` to ``last``, excluded; at most ``side`` pixels."""

    first: int
    last: int
    side: int


@dataclasses.dataclass(frozen=True, eq=False)
class Seen:
    """What a watched layer shows: ``maps`` of one with places, ``values: (n,)`` float32 of a dense one."""

    layer: str
    first: int
    last: int
    maps: ByteMaps | None
    values: np.ndarray | None


@dataclasses.dataclass(frozen=True, eq=False)
class LiveAnswer:
    """What the network says of the present picture.

    Attributes:
        probabilities: ``(K,)`` float64.
        shown: the example as the network is given it, before normalisation: ``(H, W, C)`` uint8; ``(C, 1, T)`` float32.
        label: its true class, where that is known.
        seen: the watched layers, in the network's order.
        ms: what it took, from the prepared example on.
    """

    probabilities: np.ndarray
    shown: np.ndarray
    label: str | None
    seen: tuple[Seen, ...]
    ms: float


@dataclasses.dataclass(frozen=True, eq=False)
class _Present:
    """The present picture."""

    example: np.ndarray
    image: torch.Tensor
    label: str | None


class LiveLook:
    """One person's look; used from one thread at a time. Nothing of it changes the network, or a run's files.

    Made by ``Explorer.look``.
    """

    def __init__(
        self,
        shared: SharedNetwork,
        at_hand: Callable[[], AtHand | None],
        epoch_weights: Callable[[int], Mapping[str, torch.Tensor]],
    ) -> None:
        self._shared = shared
        self._at_hand = at_hand
        self._epoch_weights = epoch_weights
        self._edits = Edits()
        self._watched: dict[str, Watched] = {}
        self._present: _Present | None = None
        self._recording: Recording | None = None

    def show(self, example: np.ndarray, label: str | None = None) -> LiveAnswer:
        """``example: (…, C)`` as a ``Medium`` gives it becomes the present picture."""
        started = time.perf_counter()
        image = self._shared.explored.batch(example[np.newaxis])
        self._present, self._recording = _Present(example, image, label), None
        return self._answer(started)

    def show_sample(self, index: int) -> LiveAnswer:
        """One of the labelled examples at hand.

        Raises:
            ArgumentError: there is none of that number.
        """
        at_hand = self._at_hand()
        count = 0 if at_hand is None else len(at_hand.labels)
        if at_hand is None or not 0 <= index < count:
            raise ArgumentError(
                f"index must be that of an example at hand, 0 to {count - 1}; received {index}."
            )
        return self.show(np.array(at_hand.pixels.images[index]), at_hand.names[index])

    def watch(self, watched: Mapping[str, Watched]) -> LiveAnswer | None:
        """Which layers are sent with every answer; an answer for the present picture, where there is one.

        Raises:
            ArgumentError: no such layer, or channels that it does not have.
        """
        for name, one in watched.items():
            layer = self._shared.anatomy.layer(name)
            if not 0 <= one.first < one.last <= layer.channels or not 1 <= one.side <= MOST_SIDE_PX:
                raise ArgumentError(
                    f"of {name}, channels 0 to {layer.channels} at 1 to {MOST_SIDE_PX} pixels can be watched; received "
                    f"{one.first} to {one.last} at {one.side}."
                )
        self._watched = dict(watched)
        return None if self._present is None else self.answer()

    def answer(self) -> LiveAnswer:
        """For the present picture.

        Raises:
            ArgumentError: there is none.
        """
        return self._answer(time.perf_counter())

    def _answer(self, started: float) -> LiveAnswer:
        recording, present = self._recorded()
        probabilities = to_probabilities(recording.output)[0].numpy()
        seen = tuple(
            _seen(layer, self._watched[layer.name], recording)
            for layer in self._shared.anatomy.layers
            if layer.name in self._watched
        )
        shown = self._shared.explored.medium.shown(present.example)
        taken = 1000 * (time.perf_counter() - started)
        return LiveAnswer(probabilities, shown, present.label, seen, taken)

    def _recorded(self) -> tuple[Recording, _Present]:
        if self._present is None:
            raise ArgumentError("there is no picture yet; draw one, or choose one, first.")
        if self._recording is None:
            self._recording = self._shared.record(self._edits, self._present.image)
        return self._recording, self._present

    def close(self) -> None:
        """Ends what runs in the background."""


def _seen(layer: Layer, watched: Watched, recording: Recording) -> Seen:
    output = recording.output_of(layer)
    if len(layer.shape) < 2:
        values = as_maps(output)[watched.first : watched.last, 0, 0].float().cpu().numpy()
        return Seen(layer.name, watched.first, watched.last, None, values)
    maps = byte_maps(output, watched.first, watched.last, watched.side)
    return Seen(layer.name, watched.first, watched.last, maps, None)
