"""What one person has changed of a network, to see: its epoch, steps learned on a picture, channels off, kernels."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Mapping, Sequence

import torch

from prunelle.errors import ArgumentError
from prunelle.jobs.shared_network import SharedNetwork
from prunelle.look.edits import ChannelOff, Edit, Edits, check, learned
from prunelle.look.layers import Layer

HIGHEST_RATE = 100.0
MOST_STEPS = 100


@dataclasses.dataclass(frozen=True, eq=False)
class _Lesson:
    """One step of gradient: on which picture, with what switched off and changed at that time."""

    image: torch.Tensor
    label: int
    rate: float
    made: tuple[Edit, ...]


class WhatIf:
    """Changes on top of a network, undone by being left out: nothing of them is in the network, or in a file.

    Attributes:
        edits: what ``applied`` takes.
        epoch: whose weights they lie on; None for the network's own.
    """

    def __init__(
        self, shared: SharedNetwork, epoch_weights: Callable[[int], Mapping[str, torch.Tensor]]
    ) -> None:
        self._shared = shared
        self._epoch_weights = epoch_weights
        self._base: Mapping[str, torch.Tensor] = {}
        self._lessons: list[_Lesson] = []
        self.edits = Edits()
        self.epoch: int | None = None

    @property
    def steps(self) -> int:
        """How many steps were learned."""
        return len(self._lessons)

    @property
    def changed(self) -> bool:
        """Whether anything differs from the weights of ``epoch``."""
        return bool(self._lessons or self.edits.made)

    def is_off(self, layer: Layer, channel: int) -> bool:
        """Whether that channel is switched off."""
        off = (edit for edit in self.edits.made if isinstance(edit, ChannelOff) and edit.channel == channel)
        return any(self._shared.anatomy.layer(edit.layer) is layer for edit in off)

    def edit(self, made: Sequence[Edit]) -> None:
        """These, in place of those there were.

        Raises:
            ArgumentError: there is nothing of the kind to edit; all is as before.
        """
        check(self._shared.explored.network, self._shared.anatomy, made)
        self.edits = dataclasses.replace(self.edits, made=tuple(made))

    def learn(self, image: torch.Tensor, label: int, rate: float) -> None:
        """One step of gradient descent on ``image: (1, C, …)``.

        Raises:
            ArgumentError: no such class, or a rate that is none.
        """
        if not 0 <= label < self._shared.outputs:
            raise ArgumentError(
                f"label must be the index of a class, 0 to {self._shared.outputs - 1}; received {label}."
            )
        if not 0 < rate <= HIGHEST_RATE:  # NaN is refused, too
            raise ArgumentError(f"rate must be above 0, at most {HIGHEST_RATE:g}; received {rate}.")
        if len(self._lessons) >= MOST_STEPS:
            raise ArgumentError(f"at most {MOST_STEPS} steps are made; take some back first.")
        lesson = _Lesson(_without_end(image), label, rate, self.edits.made)
        self.edits = dataclasses.replace(self.edits, weights=self._after(self.edits.weights, lesson))
        self._lessons.append(lesson)

    def undo(self) -> None:
        """Takes the last step back, where there is one: those before it are learned again, which gives the same."""
        if not self._lessons:
            return
        del self._lessons[-1]
        weights = self._base
        for lesson in self._lessons:
            weights = self._after(weights, lesson)
        self.edits = dataclasses.replace(self.edits, weights=weights)

    def reset(self) -> None:
        """The weights of ``epoch`` again, nothing changed."""
        self._lessons.clear()
        self.edits = Edits(self._base)

    def at_epoch(self, epoch: int | None) -> None:
        """The weights that a run kept of an epoch, None for its best; what was learned on top is gone, edits stay.

        Raises:
            ArgumentError: none were kept.
        """
        base = {} if epoch is None else self._epoch_weights(epoch)
        self._base, self.epoch = base, epoch
        self._lessons.clear()
        self.edits = Edits(base, self.edits.made)

    def unchanged(self) -> Edits:
        """What all is compared with: the weights of ``epoch``."""
        return Edits(self._base)

    def _after(self, weights: Mapping[str, torch.Tensor], lesson: _Lesson) -> dict[str, torch.Tensor]:
        network, anatomy = self._shared.explored.network, self._shared.anatomy
        with self._shared.turns.foreground():
            return learned(
                network,
                anatomy,
                Edits(weights, lesson.made),
                lesson.image,
                label=lesson.label,
                rate=lesson.rate,
            )


def _without_end(image: torch.Tensor) -> torch.Tensor:
    """A padded series as long as it is: what is not there (NaN) has no gradient, and a sum with it has none."""
    there = (~image.isnan()).all(dim=1)[0].nonzero()
    return image if image.ndim != 3 or not len(there) else image[..., : int(there.max()) + 1]
