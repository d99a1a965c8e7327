"""scikit-learn's linear models on features, turned into the network's own last layer."""

from __future__ import annotations

import dataclasses
import time
from collections.abc import Iterator, Sequence
from typing import Any, Literal

import numpy as np
import torch
import torch.nn.functional as F
from torch import nn

from prunelle.data.pixels import Pixels
from prunelle.data.targets import ONE_CLASS, Target
from prunelle.errors import ArgumentError
from prunelle.training.engine import Training
from prunelle.training.inference import Normaliser, predict_logits
from prunelle.training.own import Own
from prunelle.training.recipe import Recipe
from prunelle.training.records import EpochRecord, StepRecord

Classifying = Literal["logistic", "svm"]
Solver = Literal["logistic", "svm", "ridge"]

PRIOR_EXAMPLES = 40
"""What the median variance of all features counts for in each one's scale."""


def fit_linear(
    features: np.ndarray,
    labels: np.ndarray,
    solver: Classifying,
    num_classes: int,
    *,
    c: float = 0.01,
    balance: bool = False,
) -> tuple[np.ndarray, np.ndarray]:
    """A linear classifier of features.

    Features are centred and scaled first, which is undone in the weights that come back. Of few examples a
    feature's own variance is mostly chance, so it is taken together with the median one, as if that came from
    ``PRIOR_EXAMPLES`` more (docs/lab/results.md has what that is worth). Where there are more features than examples,
    the solution lies in the space that the examples span, and is looked for there.

    Args:
        features: ``(N, F)``.
        labels: ``(N,)`` int64.
        solver: L2-regularised ``logistic`` regression (multinomial, lbfgs), or a linear ``svm`` with the squared
            hinge loss, each class against the others (liblinear).
        num_classes: K; every class must be there.
        c: inverse strength of the regularisation, scikit-learn's ``C``.
        balance: weigh rare classes more.

    Returns:
        weights ``(K, F)`` and biases ``(K,)``, float64: ``features @ weights.T + biases`` are logits, or margins.
    """
    from sklearn.linear_model import LogisticRegression
    from sklearn.svm import LinearSVC

    standard = _Standard.of(features)
    weight: Any = "balanced" if balance else None
    model = (
        LogisticRegression(C=c, max_iter=2000, class_weight=weight)
        if solver == "logistic"
        else LinearSVC(C=c, max_iter=20_000, class_weight=weight, random_state=0, dual=False)
    )
    model.fit(standard.features, labels)
    coefficients, intercept = model.coef_, model.intercept_
    if num_classes == 2:
        # One row stands for the second class: half of it for one, minus half for the other give the same answers.
        coefficients, intercept = (
            np.vstack([-coefficients / 2, coefficients / 2]),
            np.concatenate([-intercept / 2, intercept / 2]),
        )
    return standard.undone(coefficients, intercept)


STRENGTHS = 10.0 ** np.arange(-2, 7)
"""Of ridge regression: scikit-learn's ``alpha``, for features of variance 1."""


def fit_ridge(views: Sequence[np.ndarray], numbers: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Ridge regression of numbers on features, which are centred and scaled as by ``fit_linear``.

    Its strength is the one whose answers to each example, left out, are nearest (generalised cross-validation, Golub,
    Heath and Wahba 1979, as scikit-learn's ``RidgeCV`` has it), on the first view; all views are then learned.

    Args:
        views: ``(N, F)`` each, of the same examples.
        numbers: ``(N,)``, standardised.

    Returns:
        weights ``(1, F)`` and bias ``(1,)``, float64.
    """
    from sklearn.linear_model import Ridge, RidgeCV

    chosen = RidgeCV(alphas=STRENGTHS).fit(_Standard.of(views[0]).features, numbers)
    standard = _Standard.of(np.concatenate(views))
    # Each example is there once a view: so is what holds the weights back.
    model = Ridge(alpha=chosen.alpha_ * len(views))
    model.fit(standard.features, np.tile(numbers, len(views)))
    return standard.undone(model.coef_[np.newaxis], np.atleast_1d(model.intercept_))


@dataclasses.dataclass(frozen=True, eq=False)
class _Standard:
    """Features centred and scaled, in the space that the examples span, and the way back for weights.

    Attributes:
        features: ``(N, R)`` float64, R at most N.
        mean, scale: ``(F,)``.
        basis: ``(F, R)``, orthonormal; None where there are fewer features than examples, and R is F.
    """

    features: np.ndarray
    mean: np.ndarray
    scale: np.ndarray
    basis: np.ndarray | None

    @classmethod
    def of(cls, features: np.ndarray) -> _Standard:
        features = np.asarray(features, np.float64)
        mean, variance = features.mean(axis=0), features.var(axis=0)
        # Without features that never vary, which would pull the median to 0.
        usual = np.median(variance[variance > 1e-16]) if (variance > 1e-16).any() else 1.0
        n = len(features)
        scale = np.sqrt((n * variance + PRIOR_EXAMPLES * usual) / (n + PRIOR_EXAMPLES))
        standard = (features - mean) / scale
        basis = None
        if standard.shape[0] < standard.shape[1]:
            values, vectors = np.linalg.eigh(standard @ standard.T)
            kept = values > values[-1] * 1e-10
            # The orthonormal right singular vectors of the features, from the small Gram matrix.
            basis = standard.T @ (vectors[:, kept] / np.sqrt(values[kept]))
            standard = standard @ basis
        return cls(standard, mean, scale, basis)

    def undone(self, coefficients: np.ndarray, intercept: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Weights ``(K, F)`` and biases ``(K,)`` for the features as they were."""
        if self.basis is not None:
            coefficients = coefficients @ self.basis.T
        weights = coefficients / self.scale
        return weights, intercept - weights @ self.mean


def choose_c(
    features: np.ndarray,
    labels: np.ndarray,
    solver: Classifying,
    num_classes: int,
    *,
    folds: int = 3,
    seed: int = 0,
) -> tuple[float, np.ndarray]:
    """The regularisation that cross-validation likes best, and which pictures were then recognised.

    Of ``logistic`` by the loss on what was left out, which says more than the few mistakes that change; of ``svm``,
    whose margins are no logits, by the mistakes.

    Args:
        features, labels, solver, num_classes: as ``fit_linear``.
        folds: stratified; fewer where a class has fewer examples.
        seed: of the folds.

    Returns:
        the ``c``, and ``(N,)`` bool: right when it was left out. 0.01 and no answers where a class has one example.
    """
    from sklearn.model_selection import StratifiedKFold

    folds = min(folds, int(np.bincount(labels, minlength=num_classes).min()))
    if folds < 2:
        return 0.01, np.empty(0, bool)
    splits = [
        (_unlike(features, labels, train, left_out), left_out)
        for train, left_out in StratifiedKFold(folds, shuffle=True, random_state=seed).split(features, labels)
    ]
    tried = []
    for c in (1e-4, 1e-3, 1e-2, 1e-1):
        right, losses = np.zeros(len(labels), bool), np.zeros(len(labels))
        for train, left_out in splits:
            weights, biases = fit_linear(features[train], labels[train], solver, num_classes, c=c)
            logits = torch.from_numpy(features[left_out] @ weights.T + biases)
            wanted = torch.from_numpy(labels[left_out])
            right[left_out] = (logits.argmax(dim=1) == wanted).numpy()
            losses[left_out] = F.cross_entropy(logits, wanted, reduction="none").numpy()
        tried.append((losses.mean() if solver == "logistic" else (~right).mean(), c, right))
    _, c, right = min(tried, key=lambda one: one[0])
    return c, right


def _unlike(features: np.ndarray, labels: np.ndarray, train: np.ndarray, left_out: np.ndarray) -> np.ndarray:
    """The rows of ``train`` without copies of what is left out; all of them where a class would have none."""
    judged = {row.tobytes() for row in features[left_out]}
    kept = train[[features[i].tobytes() not in judged for i in train]]
    return kept if set(labels[kept]) == set(labels[train]) else train


class Solving(Training):
    """A ``Training`` whose one epoch is a solution: the last layer is scikit-learn's.

    Args:
        network: ends in an ``nn.Linear``, its only weights.
        train: views of features, ``(N, F)`` float32, all used at once.
        solver: which; ``ridge`` where ``target`` is a number.
    """

    def __init__(
        self,
        network: nn.Module,
        train: Sequence[Pixels],
        validation: Pixels | None,
        classes: tuple[str, ...],
        preprocess: Normaliser,
        recipe: Recipe,
        *,
        solver: Solver,
        target: Target = ONE_CLASS,
    ) -> None:
        super().__init__(
            network, train, validation, classes=classes, preprocess=preprocess, recipe=recipe, target=target
        )
        self._given, self._solver = train, solver

    def use(self, own: Own) -> None:
        """There are no steps, and so nothing that could be the caller's own, nor stopped by hand."""
        if not (given := own.to_json()):
            return
        raise ArgumentError(
            f"{', '.join(given)} of your own cannot take part in {self._solver}: it is solved in one go. Take "
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
        weights, biases = self._solution([view.images.reshape(len(view), -1) for view in self._given])
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

    def _solution(self, views: Sequence[np.ndarray]) -> tuple[np.ndarray, np.ndarray]:
        """Weights ``(K, F)`` and biases ``(K,)`` of ``views``, ``(N, F)`` each."""
        labels = self._given[0].labels
        if self._solver == "ridge":
            return fit_ridge(views, self.objective.targets(torch.from_numpy(labels)).double().numpy())
        k = len(self.classes)
        # Views of one picture must not be on both sides of a fold.
        c, _ = choose_c(views[0], labels, self._solver, k, seed=self.recipe.seed)
        every = np.concatenate([view.labels for view in self._given])
        return fit_linear(np.concatenate(views), every, self._solver, k, c=c, balance=self.recipe.balance)
