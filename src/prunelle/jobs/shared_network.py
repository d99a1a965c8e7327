"""One network in memory that several people look at: each passage is somebody's turn, as he has edited it."""

from __future__ import annotations

import contextlib
import dataclasses
import threading
from collections.abc import Iterator

import numpy as np
import torch

from prunelle.errors import ArgumentError
from prunelle.jobs.explored import Explored
from prunelle.jobs.turns import Turns
from prunelle.look.edits import Edits, applied
from prunelle.look.hooks import first_tensor, undisturbed
from prunelle.look.layers import examine
from prunelle.look.recording import Recorder, Recording
from prunelle.look.sources import Tracer

_BYTES_TOGETHER = 1 << 26
"""Of the activations of pictures that pass at once."""


@dataclasses.dataclass(eq=False)
class _Asked:
    """Somebody's picture, and what passed."""

    image: torch.Tensor
    recording: Recording | None = None


class SharedNetwork:
    """The network of an ``Explored``, run for one at a time and left as it was.

    Attributes:
        explored: the network with what is known of it.
        turns: who runs it next.
        anatomy: its layers.
        outputs: how many classes it answers with.
        judged: by epoch, None for the network's own weights, which of the examples at hand the unchanged network gets
            right, as far as that is known.
        excited: by layer, how much each example excites each channel most, and where (``patches.peaks_of``).

    Raises:
        ArgumentError: it does not take its own examples, or answers with something else than logits.
    """

    def __init__(self, explored: Explored) -> None:
        self.explored = explored
        self.turns = Turns()
        self.anatomy = examine(explored.network, explored.preprocess.input_shape)
        self._recorder = Recorder(explored.network, self.anatomy.layers)
        # What is written over on the way is found with the first passage; those of people need one only.
        blank = torch.zeros(1, *explored.preprocess.input_shape, device=explored.device)
        output = self._recorder.record(blank).output
        if output.ndim != 2:
            raise ArgumentError(
                f"the network must give (N, num_classes) logits in evaluation mode; it gave {tuple(output.shape)}."
            )
        self.outputs = explored.probabilities(output).shape[1]
        self._gathering = threading.Lock()
        self._waiting: list[_Asked] = []
        self._together: bool | None = None  # not known before two wait
        self.judged: dict[int | None, np.ndarray] = {}
        self.excited: dict[str, tuple[np.ndarray, np.ndarray]] = {}

    @contextlib.contextmanager
    def as_edited(self, edits: Edits) -> Iterator[None]:
        """Inside, it is the caller's turn, and the network is as he has edited it."""
        with self.turns.foreground(), applied(self.explored.network, self.anatomy, edits):
            yield

    def record(self, edits: Edits, image: torch.Tensor) -> Recording:
        """``image: (1, C, …)`` float32, normalised.

        Of the unchanged network, whoever's turn it is takes the pictures of all who wait with him through it: ten
        at once take little longer than one, where networks are small.
        """
        if edits:
            with self.as_edited(edits):
                return self._recorder.record(image)
        asked = _Asked(image)
        with self._gathering:
            self._waiting.append(asked)
        with self.turns.foreground():
            if asked.recording is None:  # else somebody has taken it along
                with self._gathering:
                    together = self._taken_along(asked)
                self._record(together)
        assert asked.recording is not None
        return asked.recording

    def _taken_along(self, asked: _Asked) -> list[_Asked]:
        """That one, and those who wait with pictures of the same size, as many as there is room for."""
        room = (
            max(1, _BYTES_TOGETHER // max(1, self.anatomy.activation_bytes))
            if self._together is not False
            else 1
        )
        alike = [
            each for each in self._waiting if each is not asked and each.image.shape == asked.image.shape
        ]
        together = [asked, *alike[: room - 1]]
        self._waiting = [each for each in self._waiting if each not in together]
        return together

    def _record(self, together: list[_Asked]) -> None:
        if len(together) > 1 and self._together is None:
            self._together = self._goes_together([each.image for each in together])
        if len(together) > 1 and self._together:
            recordings = self._recorder.record(torch.cat([each.image for each in together])).apart()
        else:
            recordings = [self._recorder.record(each.image) for each in together]
        for each, recording in zip(together, recordings, strict=True):
            each.recording = recording

    def _goes_together(self, images: list[torch.Tensor]) -> bool:
        """Whether a picture's passage is the same beside others: tried out, since a network may mix them."""
        try:
            together = self._recorder.record(torch.cat(images)).apart()
        except (RuntimeError, ValueError, IndexError):
            return False
        for image, beside in zip(images, together, strict=True):
            alone = self._recorder.record(image)
            for call, passed in alone.passed.items():
                made = beside.passed[call].made
                if made.shape != passed.made.shape or not torch.allclose(
                    made, passed.made, rtol=1e-3, atol=1e-4, equal_nan=True
                ):
                    return False
        return True

    def trace(self, image: torch.Tensor) -> Tracer:
        """Where each number of a passage came from. Called inside ``as_edited``."""
        return Tracer(self.explored.network, self.anatomy.layers, self._recorder, image)

    def probabilities(self, edits: Edits, examples: np.ndarray, *, waiting: bool) -> np.ndarray:
        """``(n, …, C)`` as decoded → ``(n, K)`` float64.

        Args:
            waiting: somebody waits for it; else it is background work.
        """
        images = self.explored.batch(examples)
        turn = self.turns.foreground() if waiting else self.turns.background()
        network = self.explored.network
        with turn, applied(network, self.anatomy, edits), undisturbed(network), torch.no_grad():
            output = first_tensor(network(images))
        assert output is not None
        return self.explored.probabilities(output)
