"""The contract of a kind of target in a training: what its outputs are, what is lowered, what is told of answers."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping
from typing import Any, ClassVar, TypeAlias

import numpy as np
import torch
from torch import nn

from prunelle.data.targets import Target
from prunelle.errors import ArgumentError
from prunelle.training.labels_evaluation import LabelsEvaluation
from prunelle.training.metrics import Evaluation, Judged
from prunelle.training.numbers_evaluation import NumbersEvaluation
from prunelle.training.recipe import Recipe

AnyEvaluation: TypeAlias = Evaluation | LabelsEvaluation | NumbersEvaluation
"""A network's answers on a labelled split, whatever is told of examples: each has ``split``, ``classes``, ``labels``,
``loss``, ``n``, ``files``, ``judged``, ``right``, ``scores``, ``summary()`` and ``to_json()``."""


class Objective(ABC):
    """Of one training, or of one network's answers.

    Args:
        target: what is told of an example.
        classes: names of the outputs, K of them.

    Attributes:
        solved_head: of strategy ``features``: the classifier that is solved at once unless another is named.
        measure: what ``hits`` adds up, and what ``train_<measure>`` and ``val_<measure>`` of ``results.csv`` are.
    """

    measure: ClassVar[str]
    solved_head: ClassVar[str]

    def __init__(self, target: Target, classes: tuple[str, ...]) -> None:
        self.target = target
        self.classes = classes

    def check(self, recipe: Recipe) -> None:  # noqa: B027 (most have nothing to refuse)
        """Refuses what a recipe asks for that means nothing for such a target.

        Raises:
            ArgumentError: it does.
        """

    @abstractmethod
    def outputs(self, outputs: torch.Tensor) -> torch.Tensor:
        """What the network gave, checked: ``(N, K)``.

        Raises:
            ArgumentError: it is of another shape.
        """

    @abstractmethod
    def targets(self, labels: torch.Tensor) -> torch.Tensor:
        """A batch's ``labels`` as ``loss`` takes them."""

    @abstractmethod
    def class_weights(self, labels: np.ndarray) -> torch.Tensor:
        """``(K,)`` float32: what each class weighs in the loss where rare ones are to weigh more (``balance``)."""

    @abstractmethod
    def loss(
        self,
        outputs: torch.Tensor,
        targets: torch.Tensor,
        class_weights: torch.Tensor | None,
        smoothing: float,
    ) -> torch.Tensor:
        """The mean to be lowered, a scalar.

        Args:
            outputs: ``(N, K)`` float. targets: as ``targets`` gives them.
            class_weights: ``(K,)``, or None for an even mean.
            smoothing: ``Recipe.label_smoothing``.
        """

    @abstractmethod
    def hits(self, outputs: torch.Tensor, targets: torch.Tensor) -> torch.Tensor:
        """A scalar: the sum over the batch of what ``measure`` is the mean of."""

    @abstractmethod
    def scores(self, outputs: torch.Tensor) -> np.ndarray:
        """What ``outputs: (N, K)`` say, float64: probabilities in [0, 1], or numbers in their own unit."""

    @abstractmethod
    def scores_layer(self) -> nn.Module:
        """``scores`` as a layer behind a network: ``(N, K)`` outputs, ``(N, 1)`` of two classes too, → float32."""

    @abstractmethod
    def evaluation(
        self,
        outputs: torch.Tensor,
        labels: np.ndarray,
        split: str,
        *,
        files: tuple[str, ...] | None,
        judged: Judged | None = None,
    ) -> Any:
        """Answers told: an ``AnyEvaluation`` of ``outputs: (N, K)``."""

    def summary(self, evaluation: Any) -> dict[str, Any]:
        """The entry of ``metrics.json`` for one split."""
        return dict(evaluation.summary())

    @abstractmethod
    def figures(self, evaluation: Any) -> Mapping[str, float]:
        """What an epoch tells of its validation besides the loss: ``val_<name>`` of ``results.csv``."""

    @abstractmethod
    def standing(self, evaluation: Any) -> float:
        """By which epochs are compared: the higher, the better."""


def refuse_recipe(recipe: Recipe, target: Target, *names: str) -> None:
    """Refuses fields of a recipe that are not at their defaults.

    Raises:
        ArgumentError: one is not.
    """
    for name in names:
        if value := getattr(recipe, name):
            raise ArgumentError(
                f"{name} is of classes, and this training is of another task ({target.task}); received "
                f"{name}={value}. Leave it out."
            )
