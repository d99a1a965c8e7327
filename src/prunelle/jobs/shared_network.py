"""One network in memory that several people look at: each passage is somebody's turn, as he has edited it."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator

import numpy as np
import torch

from prunelle.errors import ArgumentError
from prunelle.jobs.explored import Explored
from prunelle.jobs.turns import Turns
from prunelle.look.attribution import to_probabilities
from prunelle.look.edits import Edits, applied
from prunelle.look.hooks import first_tensor, undisturbed
from prunelle.look.layers import examine
from prunelle.look.recording import Recorder, Recording
from prunelle.look.sources import Tracer


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
        self.outputs = to_probabilities(output).shape[1]
        self.judged: dict[int | None, np.ndarray] = {}
        self.excited: dict[str, tuple[np.ndarray, np.ndarray]] = {}

    @contextlib.contextmanager
    def as_edited(self, edits: Edits) -> Iterator[None]:
        """Inside, it is the caller's turn, and the network is as he has edited it."""
        with self.turns.foreground(), applied(self.explored.network, self.anatomy, edits):
            yield

    def record(self, edits: Edits, image: torch.Tensor) -> Recording:
        """``image: (1, C, …)`` float32, normalised."""
        with self.as_edited(edits):
            return self._recorder.record(image)

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
        return to_probabilities(output).numpy()
