"""scikit-learn's linear models of features: fitted to classes, labels and numbers, and how strongly held back.

Features are centred and scaled first, which is undone in the weights that come back. Of few examples a feature's own
variance is mostly chance, so it is taken together with the median one, as if that came from ``PRIOR_EXAMPLES`` more
(docs/lab/results.md has what that is worth). Where there are more features than examples, the solution lies in the
space that the examples span, and is looked for there.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from typing import Any, Literal

import numpy as np
import torch
import torch.nn.functional as F

Classifying = Literal["logistic", "svm"]

PRIOR_EXAMPLES = 40
"""What the median variance of all features counts for in each one's scale."""

REGULARISATIONS = (1e-4, 1e-3, 1e-2, 1e-1)
"""Inverse strengths that are tried: scikit-learn's ``C``, for features of variance 1."""

STRENGTHS = 10.0 ** np.arange(-2, 7)
"""Of ridge regression: scikit-learn's ``alpha``, for features of variance 1."""

FOLDS = 3
"""Of the cross-validations by which strengths are chosen."""


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


def choose_c(
    features: np.ndarray,
    labels: np.ndarray,
    solver: Classifying,
    num_classes: int,
    *,
    folds: int = FOLDS,
    seed: int = 0,
) -> tuple[float, np.ndarray]:
    """The regularisation that cross-validation likes best, and what each picture was then answered.

    Of ``logistic`` by the loss on what was left out, which says more than the few mistakes that change; of ``svm``,
    whose margins are no logits, by the mistakes.

    Args:
        features, labels, solver, num_classes: as ``fit_linear``.
        folds: stratified; fewer where a class has fewer examples.
        seed: of the folds.

    Returns:
        the ``c``, and ``(N, K)`` float64, the logits (margins) of each when it was left out. 0.01 and no answers where
        a class has one example.
    """
    from sklearn.model_selection import StratifiedKFold

    folds = min(folds, int(np.bincount(labels, minlength=num_classes).min()))
    if folds < 2:
        return 0.01, np.empty((0, num_classes))
    splits = [
        (_unlike(features, labels, train, left_out), left_out)
        for train, left_out in StratifiedKFold(folds, shuffle=True, random_state=seed).split(features, labels)
    ]
    tried = []
    wanted = torch.from_numpy(labels)
    for c in REGULARISATIONS:
        logits = np.zeros((len(labels), num_classes))
        for train, left_out in splits:
            weights, biases = fit_linear(features[train], labels[train], solver, num_classes, c=c)
            logits[left_out] = features[left_out] @ weights.T + biases
        worth = (
            F.cross_entropy(torch.from_numpy(logits), wanted).item()
            if solver == "logistic"
            else float((logits.argmax(axis=1) != labels).mean())
        )
        tried.append((worth, c, logits))
    _, c, logits = min(tried, key=lambda one: one[0])
    return c, logits


def fit_labels(
    features: np.ndarray, labels: np.ndarray, cs: np.ndarray, *, balance: bool = False
) -> tuple[np.ndarray, np.ndarray]:
    """A logistic regression a label, each of its label against all else.

    Args:
        features: ``(N, F)``.
        labels: ``(N, K)`` bool. A label that all examples have, or none, gets its share as its answer to everything,
            with half an example more of either kind.
        cs: ``(K,)``, of each label the inverse strength of the regularisation.
        balance: weigh the examples with a label as much as those without.

    Returns:
        weights ``(K, F)`` and biases ``(K,)``, float64: ``features @ weights.T + biases`` are logits.
    """
    standard = _Standard.of(features)
    return standard.undone(*_fitted_labels(standard, labels, cs, balance=balance))


def _fitted_labels(
    standard: _Standard, labels: np.ndarray, cs: np.ndarray, *, balance: bool
) -> tuple[np.ndarray, np.ndarray]:
    from sklearn.linear_model import LogisticRegression

    n, k = labels.shape
    coefficients = np.zeros((k, standard.features.shape[1]))
    there = labels.sum(axis=0)
    intercept = np.log((there + 0.5) / (n - there + 0.5))
    weight: Any = "balanced" if balance else None
    for label in np.flatnonzero((there > 0) & (there < n)):
        model = LogisticRegression(C=cs[label], max_iter=2000, class_weight=weight)
        model.fit(standard.features, labels[:, label])
        coefficients[label], intercept[label] = model.coef_[0], model.intercept_[0]
    return coefficients, intercept


def choose_label_cs(
    features: np.ndarray, labels: np.ndarray, strata: np.ndarray, *, folds: int = FOLDS, seed: int = 0
) -> tuple[np.ndarray, np.ndarray]:
    """Of each label the regularisation that cross-validation likes best, by the loss on what was left out.

    Args:
        features, labels: as ``fit_labels``.
        strata: ``(N,)`` int64; each fold has its share of every one.
        folds: how many. seed: of the folds.

    Returns:
        ``(K,)``, and ``(N, K)`` float64, the logits of each example when it was left out. 0.01 and no answers where
        there are fewer than two examples a fold.
    """
    n, k = labels.shape
    if n < 2 * folds:
        return np.full(k, 0.01), np.empty((0, k))
    logits = np.zeros((len(REGULARISATIONS), n, k))
    for train, left_out in _dealt(features, strata, folds, seed):
        standard = _Standard.of(features[train])
        for row, c in enumerate(REGULARISATIONS):
            weights, biases = standard.undone(
                *_fitted_labels(standard, labels[train], np.full(k, c), balance=False)
            )
            logits[row, left_out] = features[left_out] @ weights.T + biases
    wanted = torch.from_numpy(labels.astype(np.float64)).expand(logits.shape)
    losses = F.binary_cross_entropy_with_logits(torch.from_numpy(logits), wanted, reduction="none")
    best = losses.mean(dim=1).argmin(dim=0).numpy()
    return np.array(REGULARISATIONS)[best], np.take_along_axis(logits, best[np.newaxis, np.newaxis], 0)[0]


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


def ridge_left_out(
    features: np.ndarray, numbers: np.ndarray, strata: np.ndarray, *, folds: int = FOLDS, seed: int = 0
) -> np.ndarray:
    """``(N, 1)`` float64: what ridge regression answers each example that it has not learned from.

    None (``(0, 1)``) where there are fewer than two examples a fold. The strength is chosen anew in each fold.

    Args:
        features: ``(N, F)``. numbers: ``(N,)``, standardised.
        strata, folds, seed: as ``choose_label_cs``.
    """
    if len(numbers) < 2 * folds:
        return np.empty((0, 1))
    answers = np.zeros((len(numbers), 1))
    for train, left_out in _dealt(features, strata, folds, seed):
        weights, biases = fit_ridge([features[train]], numbers[train])
        answers[left_out] = features[left_out] @ weights.T + biases
    return answers


def _dealt(
    features: np.ndarray, strata: np.ndarray, folds: int, seed: int
) -> list[tuple[np.ndarray, np.ndarray]]:
    """What is learned and what is left out, fold by fold: each stratum, shuffled, is dealt out like cards."""
    mixed = np.random.default_rng(seed).permutation(len(strata))
    fold = np.zeros(len(strata), np.int64)
    fold[mixed[np.argsort(strata[mixed], kind="stable")]] = np.arange(len(strata)) % folds
    everyone = np.zeros(len(strata), np.int64)
    rows = [(np.flatnonzero(fold != each), np.flatnonzero(fold == each)) for each in range(folds)]
    return [(_unlike(features, everyone, train, left_out), left_out) for train, left_out in rows]


def _unlike(features: np.ndarray, labels: np.ndarray, train: np.ndarray, left_out: np.ndarray) -> np.ndarray:
    """The rows of ``train`` without copies of what is left out; all of them where a class would have none."""
    judged = {row.tobytes() for row in features[left_out]}
    kept = train[[features[i].tobytes() not in judged for i in train]]
    return kept if set(labels[kept]) == set(labels[train]) else train


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
