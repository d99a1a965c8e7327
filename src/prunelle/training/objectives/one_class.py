"""Each example is of one class: softmax, cross-entropy, accuracy."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import torch
import torch.nn.functional as F
from torch import nn

from prunelle.training import verdicts
from prunelle.training.loss import classification_loss
from prunelle.training.metrics import Evaluation, Judged
from prunelle.training.objectives.objective import Objective
from prunelle.training.outputs import class_logits


class ClassObjective(Objective):
    """``outputs``: logits, whose softmax is the probability of each class."""

    measure = "accuracy"
    solved_head = "logistic"

    def outputs(self, outputs: torch.Tensor) -> torch.Tensor:
        return class_logits(outputs, len(self.classes))

    def targets(self, labels: torch.Tensor) -> torch.Tensor:
        return labels

    def class_weights(self, labels: np.ndarray) -> torch.Tensor:
        """n / (K · count), as scikit-learn's "balanced"."""
        counts = torch.bincount(torch.from_numpy(labels), minlength=len(self.classes))
        return (len(labels) / (len(self.classes) * counts.clamp(min=1))).float()

    def loss(
        self,
        outputs: torch.Tensor,
        targets: torch.Tensor,
        class_weights: torch.Tensor | None,
        smoothing: float,
    ) -> torch.Tensor:
        return classification_loss(outputs, targets, class_weights, smoothing)

    def hits(self, outputs: torch.Tensor, targets: torch.Tensor) -> torch.Tensor:
        """Of a mixed picture, what it shows most of is the right answer."""
        labels = targets.argmax(dim=1) if targets.is_floating_point() else targets
        return outputs.argmax(dim=1).eq(labels).count_nonzero()

    def scores(self, outputs: torch.Tensor) -> np.ndarray:
        """Probabilities that add up to 1 for each example."""
        # In float64, so that they do not depend on how float32 rounds confident answers.
        return np.asarray(outputs.double().softmax(dim=1).numpy())

    def scores_layer(self) -> nn.Module:
        return _Probabilities(len(self.classes))

    def evaluation(
        self,
        outputs: torch.Tensor,
        labels: np.ndarray,
        split: str,
        *,
        files: tuple[str, ...] | None,
        judged: Judged | None = None,
    ) -> Evaluation:
        wanted = torch.from_numpy(np.array(labels))
        loss = F.cross_entropy(outputs.double(), wanted).item() if len(wanted) else float("nan")
        return Evaluation(
            split=split,
            classes=self.classes,
            labels=wanted.numpy(),
            probabilities=self.scores(outputs).astype(np.float32),
            loss=loss,
            files=files,
            judged=judged,
        )

    def summary(self, evaluation: Evaluation) -> dict[str, Any]:
        return verdicts.summary(evaluation)

    def figures(self, evaluation: Evaluation) -> Mapping[str, float]:
        return {"accuracy": evaluation.accuracy}

    def standing(self, evaluation: Evaluation) -> float:
        return evaluation.accuracy


class _Probabilities(nn.Module):
    """``(N, K)`` logits → softmax."""

    def __init__(self, num_classes: int) -> None:
        super().__init__()
        self.num_classes = num_classes

    def forward(self, outputs: torch.Tensor) -> torch.Tensor:
        return class_logits(outputs, self.num_classes).softmax(dim=1)
