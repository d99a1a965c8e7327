"""A linear layer solved at once on features, as a training of one epoch that puts it into the network."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence

import torch
from torch import nn

from prunelle.data.pixels import Pixels
from prunelle.errors import ArgumentError
from prunelle.training.engine import Training
from prunelle.training.inference import Normaliser, predict_logits
from prunelle.training.objectives import Objective
from prunelle.training.own import Own
from prunelle.training.recipe import Recipe
from prunelle.training.records import EpochRecord, StepRecord
from prunelle.transfer.solvers import solver_of


class Solving(Training):
    """A ``Training`` whose one epoch is a solution: the last layer is scikit-learn's.

    Args:
        network: ends in an ``nn.Linear``, its only weights.
        train: views of features, ``(N, F)`` float32, all used at once.
        objective: of the training.
        head: which is solved, of ``SOLVERS``.

    Raises:
        ArgumentError: the head is of another kind of target.
    """

    def __init__(
        self,
        network: nn.Module,
        train: Sequence[Pixels],
        validation: Pixels | None,
        objective: Objective,
        *,
        preprocess: Normaliser,
        recipe: Recipe,
        head: str,
    ) -> None:
        super().__init__(
            network,
            train,
            validation,
            classes=objective.classes,
            preprocess=preprocess,
            recipe=recipe,
            target=objective.target,
        )
        self._given, self._head, self._solver = train, head, solver_of(objective, head)

    def use(self, own: Own) -> None:
        """There are no steps, and so nothing that could be the caller's own, nor stopped by hand."""
        if not (given := own.to_json()):
            return
        raise ArgumentError(
            f"{', '.join(given)} of your own cannot take part in {self._head}: it is solved in one go. Take "
            f"--head linear."
        )

    @property
    def finished(self) -> bool:
        """One epoch is all."""
        return self.progress.epoch >= 1

    def run(self) -> Iterator[StepRecord | EpochRecord]:
        """Solves, and tells it as an epoch."""
        if self.finished:
            return
        begin = time.perf_counter()
        if self._watch is not None:
            self._watch.epoch_begins()
        layers = [module for module in self.network.modules() if isinstance(module, nn.Linear)]
        if len(layers) != 1:
            raise ArgumentError(
                "scikit-learn's classifiers are one linear layer; this network's rest has others."
            )
        views = [view.images.reshape(len(view), -1) for view in self._given]
        seed, balance = self.recipe.seed, self.recipe.balance
        weights, biases = self._solver.solve(
            views, self._given[0].labels, self.objective, seed=seed, balance=balance
        )
        with torch.no_grad():
            layers[0].weight.copy_(torch.from_numpy(weights))
            layers[0].bias.copy_(torch.from_numpy(biases))
        at, plain = self.progress, self._given[0]
        outputs = predict_logits(self.network, plain, self.preprocess, len(self.classes))
        evaluation = self.objective.evaluation(outputs, plain.labels, "train", files=plain.files)
        targets = self.objective.targets(torch.from_numpy(plain.labels))
        at.seen, at.correct = evaluation.n, self.objective.hits(outputs, targets).item()
        at.loss_sum = evaluation.loss * evaluation.n
        at.step = self.steps_per_epoch
        at.seconds = at.train_seconds = time.perf_counter() - begin
        yield self._end_epoch(-begin)
