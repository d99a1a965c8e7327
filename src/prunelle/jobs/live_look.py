"""One person's look at a network: the present picture, what every layer makes of it, what was changed to see."""

from __future__ import annotations

import dataclasses
import time
from collections.abc import Callable, Mapping, Sequence

import numpy as np
import torch

from prunelle.data.targets import Number, Target, refuse_other_than_classes
from prunelle.errors import ArgumentError
from prunelle.jobs.background_accuracy import BackgroundAccuracy, Score
from prunelle.jobs.explored import AtHand, Exciting, Where
from prunelle.jobs.shared_network import SharedNetwork
from prunelle.jobs.what_if import WhatIf
from prunelle.look.edits import Edit
from prunelle.look.encoding import ByteMaps, byte_maps
from prunelle.look.layers import CONVOLUTIONS, Layer, check_channel
from prunelle.look.patches import peaks_of
from prunelle.look.recording import Recording, as_maps
from prunelle.look.sources import Sources, Tracer
from prunelle.look.value.explain import Place, explain, explain_off, follow, index_of
from prunelle.look.value.places import softmax_of
from prunelle.look.value.steps import ActivationStep, Explanation, Step, UnitStep

PROBABILITIES = "probabilities"
"""In place of a layer's name: what the network answers."""
MOST_EXCITING = 500
_BATCH_BYTES = 1 << 26
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
        probabilities: ``(K,)`` float64; of a number it alone, in its own unit.
        shown: the example as the network is given it, before normalisation: ``(H, W, C)`` uint8; ``(C, 1, T)`` float32.
        label: its true class, where that is known.
        seen: the watched layers, in the network's order.
        unchanged: ``(K,)`` float64, what the network says as it was before all edits; None where there are none.
        ms: what it took, from the prepared example on.
    """

    probabilities: np.ndarray
    unchanged: np.ndarray | None
    shown: np.ndarray
    label: str | None
    seen: tuple[Seen, ...]
    ms: float


@dataclasses.dataclass(frozen=True, eq=False)
class ChannelView:
    """One channel: ``values: (h, w)`` float32; ``kernel: (c, kh, kw)`` and ``bias`` of the convolution ``module``."""

    values: np.ndarray
    kernel: np.ndarray | None
    bias: float | None
    module: str | None


@dataclasses.dataclass(frozen=True, eq=False)
class Excited:
    """What excites a channel most, with the class of each, of ``total`` examples."""

    found: Exciting
    labels: tuple[str, ...]
    total: int


@dataclasses.dataclass(eq=False)
class _Present:
    """The present picture; ``unchanged`` is what the network says of it with nothing edited, at ``epoch``."""

    example: np.ndarray
    image: torch.Tensor
    label: str | None
    unchanged: np.ndarray | None = None
    epoch: int | None = None


class LiveLook:
    """One person's look; used from one thread at a time. Nothing of it changes the network, or a run's files.

    Made by ``Explorer.look``.
    """

    def __init__(
        self,
        shared: SharedNetwork,
        at_hand: Callable[[], AtHand | None],
        epoch_weights: Callable[[int], Mapping[str, torch.Tensor]],
        told: Callable[[Score], None],
    ) -> None:
        self._shared = shared
        self._at_hand = at_hand
        self._what_if = WhatIf(shared, epoch_weights)
        self._accuracy = BackgroundAccuracy(shared, at_hand, told)
        self._tracer: Tracer | None = None
        self._watched: dict[str, Watched] = {}
        self._present: _Present | None = None
        self._recording: Recording | None = None

    def show(self, example: np.ndarray, label: str | None = None) -> LiveAnswer:
        """``example: (…, C)`` as a ``Medium`` gives it becomes the present picture."""
        started = time.perf_counter()
        image = self._shared.explored.batch(example[np.newaxis])
        self._present = _Present(example, image, label)
        self._forget()
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
        probabilities = self._shared.explored.probabilities(recording.output)[0]
        seen = tuple(
            _seen(layer, self._watched[layer.name], recording)
            for layer in self._shared.anatomy.layers
            if layer.name in self._watched
        )
        taken = 1000 * (time.perf_counter() - started)
        return LiveAnswer(
            probabilities=probabilities,
            unchanged=self._unchanged(present),
            shown=self._shared.explored.medium.shown(present.example),
            label=present.label,
            seen=seen,
            ms=taken,
        )

    def _unchanged(self, present: _Present) -> np.ndarray | None:
        if not self._what_if.changed:
            return None
        if present.unchanged is None or present.epoch != self._what_if.epoch:
            unchanged, examples = self._what_if.unchanged(), present.example[np.newaxis]
            present.unchanged = self._shared.probabilities(unchanged, examples, waiting=True)[0]
            present.epoch = self._what_if.epoch
        return present.unchanged

    def _recorded(self) -> tuple[Recording, _Present]:
        if self._present is None:
            raise ArgumentError("there is no picture yet; draw one, or choose one, first.")
        if self._recording is None:
            self._recording = self._shared.record(self._what_if.edits, self._present.image)
        return self._recording, self._present

    def value(self, layer: str, place: Place) -> Explanation:
        """How one value of a layer came about: from what its module read to exactly that number.

        Args:
            layer: its name; ``PROBABILITIES`` for what the network answers, whose place is (class, 0, 0).
            place: channel, row and column, from 0.

        Raises:
            ArgumentError: no such layer or place, or no picture yet.
        """
        recording, _ = self._recorded()
        if layer == PROBABILITIES:
            return self._probability(recording, place[0])
        one = self._shared.anatomy.layer(layer)
        with self._shared.as_edited(self._what_if.edits):
            if self._what_if.is_off(one, place[0]):
                return explain_off(one, recording, place)
            return explain(self._shared.explored.network, one, recording, place, self._trace)

    def follow(self, layer: str, place: Place, element: Place) -> Sources:
        """Which earlier values, or parts of the picture, an element was made of that the value's layer read.

        Args:
            place: of the value. element: of the window of its first step (``explain.follow``).
        """
        recording, _ = self._recorded()
        one = self._shared.anatomy.layer(layer)
        with self._shared.as_edited(self._what_if.edits):
            return follow(self._shared.explored.network, one, recording, place, element, tracer=self._trace())

    def channel(self, layer: str, channel: int) -> ChannelView:
        """One channel's map of the present picture, and its kernel where it has one."""
        recording, _ = self._recorded()
        one = self._shared.anatomy.layer(layer)
        index_of(one, recording, (channel, 0, 0))  # says what is wrong
        values = as_maps(recording.output_of(one))[channel].detach().float().cpu().numpy()
        network, name = self._shared.explored.network, one.calls[0][0]
        with self._shared.as_edited(self._what_if.edits):
            module = dict(network.named_modules()).get(name, network)
            if not isinstance(module, CONVOLUTIONS) or module.weight.ndim > 4:
                return ChannelView(values, None, None, None)
            kernel = module.weight[channel].detach().float().cpu().numpy().copy()
            bias = None if module.bias is None else float(module.bias[channel].detach())
        return ChannelView(values, kernel if kernel.ndim == 3 else kernel[:, np.newaxis], bias, name)

    def excite(self, layer: str, channel: int, progress: Callable[[int, int], None] | None = None) -> Excited:
        """Which of the examples at hand excite a channel of the unchanged network most.

        Raises:
            ArgumentError: there are no examples.
        """
        one = self._shared.anatomy.layer(layer)
        check_channel(one, channel + 1)
        at_hand = self._at_hand()
        if at_hand is None:
            raise ArgumentError("there are no labelled examples at hand to look for it in.")
        images = at_hand.pixels.images[:MOST_EXCITING]
        if one.name not in self._shared.excited:
            self._shared.excited[one.name] = self._peaks(one, images, progress)
        peaks, places = self._shared.excited[one.name]
        found = self._shared.explored.medium.exciting(images, peaks[:, channel], places[:, channel], one)
        return Excited(found, tuple(at_hand.names[row] for row in found.rows), len(images))

    def _peaks(
        self, layer: Layer, images: np.ndarray, progress: Callable[[int, int], None] | None
    ) -> tuple[np.ndarray, np.ndarray]:
        found, done, size = (
            [],
            0,
            max(1, min(16, _BATCH_BYTES // max(1, self._shared.anatomy.activation_bytes))),
        )
        while done < len(images):
            batch = self._shared.explored.batch(np.asarray(images[done : done + size]))
            # A batch at a time: others wait for no more than that.
            with self._shared.turns.background():
                found.append(peaks_of(self._shared.explored.network, batch, layer))
            done += len(batch)
            if progress is not None:
                progress(done, len(images))
        return np.concatenate([peaks for peaks, _ in found]), np.concatenate([places for _, places in found])

    def where(self, target: int) -> Where:
        """Which parts of the present picture speak for a class.

        Raises:
            ArgumentError: no such class, or no picture yet.
        """
        if not 0 <= target < self._shared.outputs:
            raise ArgumentError(
                f"class must be the index of one, 0 to {self._shared.outputs - 1}; received {target}."
            )
        _, present = self._recorded()
        explored = self._shared.explored
        with self._shared.as_edited(self._what_if.edits):
            return explored.medium.where(explored.network, self._shared.anatomy, present.image, target)

    def edit(self, made: Sequence[Edit]) -> None:
        """Channels off, kernels changed: these, in place of those there were. ``answer`` gives what comes of it.

        Raises:
            ArgumentError: there is nothing of the kind to edit.
        """
        self._what_if.edit(made)
        self._changed()

    def learn(self, label: int, rate: float) -> None:
        """One step of gradient descent on the present picture, taken for one of class ``label``.

        Raises:
            ArgumentError: no such class, a rate that is none, or no picture yet.
        """
        refuse_other_than_classes(self._shared.explored.target, "learning an example as of a class")
        _, present = self._recorded()
        self._what_if.learn(present.image, label, rate)
        self._changed()

    def undo(self) -> None:
        """Takes the last step of ``learn`` back."""
        self._what_if.undo()
        self._changed()

    def reset(self) -> None:
        """Nothing edited, nothing learned."""
        self._what_if.reset()
        self._changed()

    def at_epoch(self, epoch: int | None) -> None:
        """With the weights that the run kept of an epoch; None for its best.

        Raises:
            ArgumentError: none were kept.
        """
        self._what_if.at_epoch(epoch)
        self._forget()

    def _changed(self) -> None:
        self._forget()
        what = self._what_if
        self._accuracy.ask(what.edits, changed=what.changed, unchanged=what.unchanged(), epoch=what.epoch)

    def _forget(self) -> None:
        self._recording, self._tracer = None, None

    def _trace(self) -> Tracer:
        """Called inside ``as_edited``."""
        if self._tracer is None:
            assert self._recording is not None
            self._tracer = self._shared.trace(self._recording.image)
        return self._tracer

    def _probability(self, recording: Recording, chosen: int) -> Explanation:
        """Of an answer, from the outputs; of a single logit, beside the 0 that the first class then has."""
        if not 0 <= chosen < self._shared.outputs:
            raise ArgumentError(
                f"channel must be the index of a class, 0 to {self._shared.outputs - 1}; received {chosen}."
            )
        explored = self._shared.explored
        value = float(explored.probabilities(recording.output)[0, chosen])
        logits = recording.output[0].float().cpu().numpy()
        step = _ANSWERS[explored.target.kind](explored.target, logits, chosen, value)
        return Explanation(PROBABILITIES, chosen, 0, 0, value=value, steps=(step,))

    @property
    def has_picture(self) -> bool:
        """Whether there is a present picture."""
        return self._present is not None

    def state(self) -> dict[str, int | None]:
        """What is changed: how many ``edits``, how many ``steps`` learned, the ``epoch`` whose weights these are."""
        what = self._what_if
        return {"edits": len(what.edits.made), "steps": what.steps, "epoch": what.epoch}

    def close(self) -> None:
        """Ends what runs in the background."""
        self._accuracy.close()


def _of_class(target: Target, logits: np.ndarray, chosen: int, value: float) -> Step:
    return softmax_of(np.append(0, logits) if len(logits) == 1 else logits, chosen, value)


def _of_label(target: Target, logits: np.ndarray, chosen: int, value: float) -> Step:
    return ActivationStep(name="Sigmoid", before=float(logits[chosen]), result=value)


def _of_number(target: Target, outputs: np.ndarray, chosen: int, value: float) -> Step:
    assert isinstance(target, Number)
    return UnitStep(before=float(outputs[chosen]), std=target.std, mean=target.mean, result=value)


_ANSWERS: Mapping[str, Callable[[Target, np.ndarray, int, float], Step]] = {
    "class": _of_class,
    "labels": _of_label,
    "number": _of_number,
}
"""By the kind of target: how an answer comes of the outputs."""


def _seen(layer: Layer, watched: Watched, recording: Recording) -> Seen:
    output = recording.output_of(layer)
    if len(layer.shape) < 2:
        values = as_maps(output)[watched.first : watched.last, 0, 0].float().cpu().numpy()
        return Seen(layer.name, watched.first, watched.last, None, values)
    maps = byte_maps(output, watched.first, watched.last, watched.side)
    return Seen(layer.name, watched.first, watched.last, maps, None)
