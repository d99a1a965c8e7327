"""A run at each of its epochs: what its first kernels were, and what it answered then."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import torch

from prunelle.errors import ArgumentError
from prunelle.jobs import run_data
from prunelle.look.filters import Filters, filters_of
from prunelle.look.layers import CONVOLUTIONS
from prunelle.runs.epochs import epoch_weights, kept_epochs
from prunelle.runs.listener import Quiet
from prunelle.runs.run import Run, build_network
from prunelle.views.subject import scores

_REMEMBERED = 1 << 26
"""Bytes of epochs' weights that stay in memory, so that going back and forth reads nothing."""


class Epochs:
    """A network of its own, that gets the weights of one epoch after the other; the run's is not touched.

    Args:
        run: of a network that can be built by name.

    Raises:
        RunError: its network cannot be built.
    """

    def __init__(self, run: Run) -> None:
        self.run = run
        self._network = build_network(run.info["network"]).eval()
        self._weights: dict[int, dict[str, torch.Tensor]] = {}
        self._examples: tuple[np.ndarray, np.ndarray, str] | None = None

    @property
    def kept(self) -> list[int]:
        """The epochs whose weights are there, which may grow."""
        return kept_epochs(self.run.path)

    @property
    def first_convolution(self) -> str | None:
        """Its name; None of a network that has none."""
        modules = self._network.named_modules()
        return next((name for name, module in modules if isinstance(module, CONVOLUTIONS)), None)

    def filters(self, epoch: int) -> Filters:
        """The kernels of the first convolution.

        Raises:
            ArgumentError: there is none, or that epoch is not kept.
        """
        if self.first_convolution is None:
            raise ArgumentError("this network has no convolution, and so no kernels to show.")
        self._be(epoch)
        return filters_of(self._network, self.first_convolution)

    def answers(self, inputs: torch.Tensor, epochs: Sequence[int]) -> np.ndarray:
        """What it answers at each epoch.

        Args:
            inputs: ``(N, C, …)`` float32, normalised.
            epochs: of ``kept``.

        Returns:
            ``(epochs, N, K)`` float32, probabilities or numbers.
        """
        answers = []
        with torch.inference_mode():
            for epoch in epochs:
                self._be(epoch)
                told = scores(self._network(inputs), self.run.target, self.run.classes)
                answers.append(told.astype(np.float32))
        return np.stack(answers)

    def examples(self, most: int) -> tuple[np.ndarray, np.ndarray, str]:
        """The first ones of the test, else of the validation, else of the training, a class after the other: of
        several labels a label, of numbers a range of them.

        Returns:
            ``(n, H, W, C)`` uint8, or ``(n, T, C)`` float32 of series, ``(n, …)`` labels, and the name of the split.

        Raises:
            PrunelleError: the data are not where they were.
        """
        if self._examples is None:
            data = run_data.data_of(self.run, Quiet())
            split = next(each for each in (data.test, data.validation, data.train) if each is not None)
            rows = _in_turn(data.target.strata(split.labels), most)
            pixels = split.take(rows).decode(self.run.preprocess)
            self._examples = np.asarray(pixels.images), pixels.labels, split.name
        return self._examples

    def prepared(self, examples: np.ndarray) -> torch.Tensor:
        """``(n, …, C)`` as decoded → ``(n, C, …)`` float32, normalised."""
        return self.run.preprocess.normalise(torch.from_numpy(np.ascontiguousarray(examples)).movedim(-1, 1))

    def _be(self, epoch: int) -> None:
        weights = self._weights.get(epoch)
        if weights is None:
            weights = epoch_weights(self.run.path, epoch)
            size = sum(tensor.nbytes for tensor in weights.values())
            if (len(self._weights) + 1) * size <= _REMEMBERED:
                self._weights[epoch] = weights
        self._network.load_state_dict(weights)


def _in_turn(strata: np.ndarray, most: int) -> np.ndarray:
    """Rows of as many strata as there are, the first of each, then the second…: ``(min(N, most),)``."""
    place = np.zeros(len(strata), np.int64)
    for stratum in np.unique(strata):
        rows = np.flatnonzero(strata == stratum)
        place[rows] = np.arange(len(rows))
    order: np.ndarray = np.lexsort((strata, place))
    return order[:most]
