"""Heads that are solved at once, for each kind of target: the contract, and who keeps it.

A head of the same name may be of several kinds: ``logistic`` regression tells classes against each other, or each of
several labels on its own.
"""

from __future__ import annotations

import dataclasses
from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence

import numpy as np
import torch

from prunelle.data.targets import TARGETS
from prunelle.errors import ArgumentError
from prunelle.training.objectives import Objective
from prunelle.transfer import linear


class Solver(ABC):
    """A linear layer on features, solved."""

    @abstractmethod
    def solve(
        self,
        views: Sequence[np.ndarray],
        labels: np.ndarray,
        objective: Objective,
        *,
        seed: int,
        balance: bool,
    ) -> tuple[np.ndarray, np.ndarray]:
        """Weights ``(K, F)`` and biases ``(K,)``, float64, of what ``objective`` takes as outputs.

        Args:
            views: ``(N, F)`` each, of the same examples: all are learned, and the first says how strongly.
            labels: of the N examples, as ``data.targets`` says.
            seed: of the folds by which is chosen how strongly weights are held back.
            balance: weigh rare classes more.
        """

    @abstractmethod
    def left_out(
        self, features: np.ndarray, labels: np.ndarray, objective: Objective, *, seed: int
    ) -> np.ndarray:
        """``(N, K)`` float64: the outputs for each example of a layer that has not learned from it.

        ``(0, K)`` where there are too few examples to leave any out.
        """


@dataclasses.dataclass(frozen=True)
class ClassSolver(Solver):
    """Classes, by ``linear.fit_linear``."""

    name: linear.Classifying

    def solve(
        self,
        views: Sequence[np.ndarray],
        labels: np.ndarray,
        objective: Objective,
        *,
        seed: int,
        balance: bool,
    ) -> tuple[np.ndarray, np.ndarray]:
        k = len(objective.classes)
        # Views of one picture must not be on both sides of a fold.
        c, _ = linear.choose_c(views[0], labels, self.name, k, seed=seed)
        every = np.tile(labels, len(views))
        return linear.fit_linear(np.concatenate(views), every, self.name, k, c=c, balance=balance)

    def left_out(
        self, features: np.ndarray, labels: np.ndarray, objective: Objective, *, seed: int
    ) -> np.ndarray:
        return linear.choose_c(features, labels, self.name, len(objective.classes), seed=seed)[1]


class LabelsSolver(Solver):
    """Several labels: a logistic regression each, by ``linear.fit_labels``."""

    def solve(
        self,
        views: Sequence[np.ndarray],
        labels: np.ndarray,
        objective: Objective,
        *,
        seed: int,
        balance: bool,
    ) -> tuple[np.ndarray, np.ndarray]:
        cs, _ = linear.choose_label_cs(views[0], labels, objective.target.strata(labels), seed=seed)
        every = np.tile(labels, (len(views), 1))
        return linear.fit_labels(np.concatenate(views), every, cs, balance=balance)

    def left_out(
        self, features: np.ndarray, labels: np.ndarray, objective: Objective, *, seed: int
    ) -> np.ndarray:
        return linear.choose_label_cs(features, labels, objective.target.strata(labels), seed=seed)[1]


class NumberSolver(Solver):
    """A number: ridge regression, by ``linear.fit_ridge``."""

    def solve(
        self,
        views: Sequence[np.ndarray],
        labels: np.ndarray,
        objective: Objective,
        *,
        seed: int,
        balance: bool,
    ) -> tuple[np.ndarray, np.ndarray]:
        return linear.fit_ridge(views, _standardised(objective, labels))

    def left_out(
        self, features: np.ndarray, labels: np.ndarray, objective: Objective, *, seed: int
    ) -> np.ndarray:
        strata = objective.target.strata(labels)
        return linear.ridge_left_out(features, _standardised(objective, labels), strata, seed=seed)


def _standardised(objective: Objective, labels: np.ndarray) -> np.ndarray:
    return objective.targets(torch.from_numpy(labels)).double().numpy()


SOLVERS: Mapping[str, Mapping[str, Solver]] = {
    "class": {"logistic": ClassSolver("logistic"), "svm": ClassSolver("svm")},
    "labels": {"logistic": LabelsSolver()},
    "number": {"ridge": NumberSolver()},
}
"""By the kind of target and the head's name; the usual head of a kind is its objective's ``solved_head``."""


def solver_of(objective: Objective, head: str) -> Solver:
    """The member for a solved ``head``.

    Raises:
        ArgumentError: this head does not tell what ``objective`` is of.
    """
    suited = SOLVERS[objective.target.kind]
    if head not in suited:
        tells = [TARGETS[kind].task for kind, solvers in SOLVERS.items() if head in solvers]
        raise ArgumentError(
            f"head {head} is of task {' and '.join(tells)}, and this training is of another ({objective.target.task}). "
            f"Take --head {objective.solved_head}."
        )
    return suited[head]
