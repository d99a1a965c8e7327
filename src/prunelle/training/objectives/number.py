"""Each example has a number: a robust loss of standardised numbers, mean absolute error in the number's own unit."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import torch
import torch.nn.functional as F
from torch import nn

from prunelle.data.targets import Number
from prunelle.errors import ArgumentError
from prunelle.training.metrics import Judged
from prunelle.training.numbers_evaluation import NumbersEvaluation
from prunelle.training.objectives.objective import Objective, refuse_recipe
from prunelle.training.recipe import Recipe

BETA = 0.3
"""Standard deviations. With 5 % of wild training labels the mean absolute error is 9.7 where squared errors end at
14.9, and without any they are alike (docs/lab/results.md)."""


class NumberObjective(Objective):
    """``outputs``: ``(N, 1)``, the number in units of ``target.std`` from ``target.mean``."""

    measure = "mean_absolute_error"
    solved_head = "ridge"
    target: Number

    def check(self, recipe: Recipe) -> None:
        refuse_recipe(recipe, self.target, "label_smoothing", "balance")
        if recipe.augment.mixes:
            raise ArgumentError(
                "mixup and cutmix mix pictures of classes, and these have numbers; leave them out of the augmentation."
            )

    def outputs(self, outputs: torch.Tensor) -> torch.Tensor:
        if not isinstance(outputs, torch.Tensor) or outputs.shape[1:] != (1,):
            received = tuple(outputs.shape) if isinstance(outputs, torch.Tensor) else type(outputs).__name__
            raise ArgumentError(
                f"the network must give one number an example, (N, 1); it gave {received}. Build it with num_classes=1."
            )
        return outputs

    def targets(self, labels: torch.Tensor) -> torch.Tensor:
        """``(N,)`` float32, standardised."""
        return ((labels - self.target.mean) / self.target.std).float()

    def class_weights(self, labels: np.ndarray) -> torch.Tensor:
        raise ArgumentError("numbers have no classes to balance.")

    def loss(
        self,
        outputs: torch.Tensor,
        targets: torch.Tensor,
        class_weights: torch.Tensor | None,
        smoothing: float,
    ) -> torch.Tensor:
        """Smooth L1 (Huber 1964, as Girshick 2015): squared up to errors of ``BETA``, absolute beyond.

        In units of the training numbers' standard deviation, less half of ``BETA`` where errors are large.
        """
        return F.smooth_l1_loss(outputs[:, 0], targets, beta=BETA)

    def hits(self, outputs: torch.Tensor, targets: torch.Tensor) -> torch.Tensor:
        """The sum of absolute errors, in the number's own unit."""
        return (outputs[:, 0] - targets).abs().sum() * self.target.std

    def scores(self, outputs: torch.Tensor) -> np.ndarray:
        """The number, in its own unit."""
        return np.asarray(outputs.double().numpy() * self.target.std + self.target.mean)

    def scores_layer(self) -> nn.Module:
        return _InItsUnit(self.target)

    def evaluation(
        self,
        outputs: torch.Tensor,
        labels: np.ndarray,
        split: str,
        *,
        files: tuple[str, ...] | None,
        judged: Judged | None = None,
    ) -> NumbersEvaluation:
        predicted = self.scores(outputs)[:, 0]
        # In float64, so that the loss does not depend on how float32 rounds.
        off = torch.from_numpy((predicted - labels) / self.target.std)
        loss = F.smooth_l1_loss(off, torch.zeros_like(off), beta=BETA).item() if len(off) else float("nan")
        return NumbersEvaluation(
            split=split,
            classes=self.classes,
            labels=np.array(labels, np.float64),
            predicted=predicted,
            usual=self.target.median,
            loss=loss,
            files=files,
            judged=judged,
        )

    def figures(self, evaluation: NumbersEvaluation) -> Mapping[str, float]:
        return {"mean_absolute_error": evaluation.mean_absolute_error}

    def standing(self, evaluation: NumbersEvaluation) -> float:
        return -evaluation.mean_absolute_error


class _InItsUnit(nn.Module):
    """``(N, 1)`` standardised → in the number's own unit."""

    def __init__(self, target: Number) -> None:
        super().__init__()
        self.target = target

    def forward(self, outputs: torch.Tensor) -> torch.Tensor:
        return outputs * self.target.std + self.target.mean
