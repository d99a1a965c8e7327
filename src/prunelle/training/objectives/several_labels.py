"""Each example has some of several labels: a sigmoid and a binary cross-entropy each, mean average precision."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import torch
import torch.nn.functional as F
from torch import nn

from prunelle.data.targets import SeveralLabels
from prunelle.errors import ArgumentError
from prunelle.training.labels_evaluation import LabelsEvaluation
from prunelle.training.metrics import Judged
from prunelle.training.objectives.objective import Objective
from prunelle.training.recipe import Recipe


class LabelsObjective(Objective):
    """``outputs``: logits, whose sigmoid is the probability of each label, whatever the others are."""

    measure = "accuracy"
    solved_head = "logistic"
    target: SeveralLabels

    def check(self, recipe: Recipe) -> None:
        if recipe.augment.mixes:
            raise ArgumentError(
                "mixup and cutmix mix two pictures of one class each, and these have several labels; leave them out of "
                "the augmentation."
            )

    def outputs(self, outputs: torch.Tensor) -> torch.Tensor:
        if (
            not isinstance(outputs, torch.Tensor)
            or outputs.ndim != 2
            or outputs.shape[1] != len(self.classes)
        ):
            received = tuple(outputs.shape) if isinstance(outputs, torch.Tensor) else type(outputs).__name__
            raise ArgumentError(
                f"the network must give (N, {len(self.classes)}) logits, one a label; it gave {received}. Build it "
                f"with num_classes={len(self.classes)}."
            )
        return outputs

    def targets(self, labels: torch.Tensor) -> torch.Tensor:
        """``(N, K)`` float32, 0 or 1."""
        return labels.float()

    def class_weights(self, labels: np.ndarray) -> torch.Tensor:
        """Examples without the label for each with it: what its positives weigh, then as much as its negatives."""
        positive = labels.sum(axis=0)
        return torch.from_numpy((len(labels) - positive) / np.maximum(positive, 1)).float()

    def loss(
        self,
        outputs: torch.Tensor,
        targets: torch.Tensor,
        class_weights: torch.Tensor | None,
        smoothing: float,
    ) -> torch.Tensor:
        """Binary cross-entropy, the mean over examples and labels, in nats; smoothed towards one half."""
        if smoothing:
            targets = targets * (1 - smoothing) + smoothing / 2
        return F.binary_cross_entropy_with_logits(outputs, targets, pos_weight=class_weights)

    def hits(self, outputs: torch.Tensor, targets: torch.Tensor) -> torch.Tensor:
        """Exact matches: every label right, at a probability of one half."""
        return (outputs > 0).eq(targets > 0.5).all(dim=1).count_nonzero()

    def scores(self, outputs: torch.Tensor) -> np.ndarray:
        """Probabilities, each of its label alone."""
        return np.asarray(outputs.double().sigmoid().numpy())

    def scores_layer(self) -> nn.Module:
        return nn.Sigmoid()

    def evaluation(
        self,
        outputs: torch.Tensor,
        labels: np.ndarray,
        split: str,
        *,
        files: tuple[str, ...] | None,
        judged: Judged | None = None,
    ) -> LabelsEvaluation:
        wanted = torch.from_numpy(np.array(labels, np.float64))
        loss = (
            F.binary_cross_entropy_with_logits(outputs.double(), wanted).item()
            if len(wanted)
            else float("nan")
        )
        return LabelsEvaluation(
            split=split,
            classes=self.classes,
            labels=np.array(labels, bool),
            probabilities=self.scores(outputs).astype(np.float32),
            loss=loss,
            thresholds=self.target.answered_from(len(self.classes)),
            files=files,
            judged=judged,
        )

    def figures(self, evaluation: LabelsEvaluation) -> Mapping[str, float]:
        """Exact matches at one half: thresholds are chosen at the end, and training on gives the same rows."""
        return {
            "accuracy": evaluation.at_half.accuracy,
            "mean_average_precision": evaluation.mean_average_precision,
        }

    def standing(self, evaluation: LabelsEvaluation) -> float:
        return evaluation.mean_average_precision
