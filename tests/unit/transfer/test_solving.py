"""scikit-learn's solutions as weights of a layer."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn.base import BaseEstimator, TransformerMixin
from sklearn.linear_model import LogisticRegression, Ridge, RidgeCV
from sklearn.metrics import log_loss
from sklearn.model_selection import StratifiedKFold, cross_val_predict
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.svm import LinearSVC

from prunelle.transfer.solving import STRENGTHS, choose_c, fit_linear, fit_ridge


class SteadyScaler(TransformerMixin, BaseEstimator):
    """scikit-learn's scaler, told of forty more examples with the median variance."""

    def fit(self, features: np.ndarray, labels: object = None) -> SteadyScaler:
        self.scaler_ = StandardScaler().fit(features)
        sums = self.scaler_.var_ * len(features) + 40 * np.median(self.scaler_.var_)
        self.scaler_.scale_ = (sums / (len(features) + 40)) ** 0.5
        return self

    def transform(self, features: np.ndarray) -> np.ndarray:
        return self.scaler_.transform(features)


def logistic(c: float) -> Pipeline:
    return make_pipeline(SteadyScaler(), LogisticRegression(C=c, max_iter=5000, tol=1e-8))


def examples(n: int, f: int, k: int) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(f)
    labels = np.arange(n) % k
    centres = rng.normal(size=(k, f))
    return (rng.normal(3, 2, (n, f)) * np.linspace(0.1, 4, f) + centres[labels]).astype(np.float32), labels


@pytest.mark.parametrize("k", [2, 3])
@pytest.mark.parametrize(("n", "f"), [(90, 7), (30, 200)], ids=["more pictures", "more features"])
def test_logistic_regression_answers_as_scikit_learns_own(n: int, f: int, k: int) -> None:
    features, labels = examples(n, f, k)
    weights, biases = fit_linear(features, labels, "logistic", k, c=0.05)
    model = logistic(0.05)
    model.fit(features.astype(float), labels)
    new = examples(50, f, k)[0]
    logits = new @ weights.T + biases
    shares = np.exp(logits - logits.max(axis=1, keepdims=True))
    # Both iterate until their gradient is small, ours in a turned basis.
    assert np.allclose(
        shares / shares.sum(1, keepdims=True), model.predict_proba(new.astype(float)), atol=2e-3
    )


@pytest.mark.parametrize("k", [2, 3])
@pytest.mark.parametrize(("n", "f"), [(90, 7), (30, 200)], ids=["more pictures", "more features"])
def test_the_svm_answers_as_scikit_learns_own(n: int, f: int, k: int) -> None:
    features, labels = examples(n, f, k)
    weights, biases = fit_linear(features, labels, "svm", k, c=0.05)
    scaler = SteadyScaler().fit(features.astype(float))
    model = LinearSVC(C=0.05, dual=False, tol=1e-8).fit(scaler.transform(features.astype(float)), labels)
    new = examples(50, f, k)[0].astype(float)
    margins = new @ weights.T + biases
    expected = model.decision_function(scaler.transform(new))
    if k == 2:
        margins = margins[:, 1] - margins[:, 0]
    assert np.allclose(margins, expected, atol=1e-2)


def test_a_feature_without_any_contrast_is_no_trouble() -> None:
    features, labels = examples(60, 5, 2)
    features[:, 2] = 7
    weights, biases = fit_linear(features, labels, "logistic", 2, c=1)
    assert np.isfinite(weights).all()
    assert np.isfinite(biases).all()
    assert np.allclose(weights[:, 2], 0)


@pytest.mark.parametrize("solver", ["logistic", "svm"])
def test_a_loud_feature_does_not_drown_the_others(solver: str) -> None:
    """Wine's proline varies a thousand times as much as its phenols."""
    from sklearn.datasets import load_wine

    features, labels = load_wine(return_X_y=True)
    rows = np.random.default_rng(0).permutation(len(labels))
    learned, left_out = rows[:120], rows[120:]
    c, _ = choose_c(features[learned], labels[learned], solver, 3)
    weights, biases = fit_linear(features[learned], labels[learned], solver, 3, c=c)
    answers = (features[left_out] @ weights.T + biases).argmax(axis=1)
    assert (answers == labels[left_out]).mean() > 0.85


def test_strong_regularisation_for_noise_and_none_to_choose_from_one_example() -> None:
    rng = np.random.default_rng(0)
    labels = np.arange(60) % 2
    clear = np.column_stack([labels * 2.0 - 1, rng.normal(size=(60, 3))])
    _, right = choose_c(clear, labels, "logistic", 2)
    assert right.mean() > 0.95
    _, right = choose_c(rng.normal(size=(60, 50)), labels, "logistic", 2)
    assert 0.2 < right.mean() < 0.8
    c, right = choose_c(clear[:3], labels[:3], "logistic", 2)
    assert (c, len(right)) == (0.01, 0)


def test_regularisation_is_chosen_by_the_loss_of_what_was_left_out() -> None:
    """As scikit-learn's own tools have it, fold by fold; the most right answers would choose otherwise here."""
    rng = np.random.default_rng(2)
    labels = np.arange(45) % 3
    features = (rng.normal(size=(3, 20))[labels] * 0.3 + rng.normal(size=(45, 20))).astype(np.float32)
    folds = StratifiedKFold(3, shuffle=True, random_state=4)
    shares = {
        c: cross_val_predict(logistic(c), features.astype(float), labels, cv=folds, method="predict_proba")
        for c in (1e-4, 1e-3, 1e-2, 1e-1)
    }
    losses = {c: log_loss(labels, each) for c, each in shares.items()}
    right = {c: (each.argmax(axis=1) == labels).sum() for c, each in shares.items()}
    found, answers = choose_c(features, labels, "logistic", 3, seed=4)
    assert found == min(losses, key=losses.__getitem__)
    assert right[found] < max(right.values())
    assert answers.sum() == right[found]


@pytest.mark.parametrize(("n", "f"), [(90, 7), (30, 200)], ids=["more pictures", "more features"])
def test_ridge_answers_as_scikit_learns_own(n: int, f: int) -> None:
    features, _ = examples(n, f, 2)
    draw = np.random.default_rng(3)
    numbers = features[:, 0] - 0.5 * features[:, 1] + draw.normal(0, 0.3, n)
    numbers = (numbers - numbers.mean()) / numbers.std()
    weights, biases = fit_ridge([features], numbers)
    model = make_pipeline(SteadyScaler(), RidgeCV(alphas=STRENGTHS)).fit(features.astype(float), numbers)
    new = examples(50, f, 2)[0]
    assert weights.shape == (1, f)
    np.testing.assert_allclose((new @ weights.T + biases)[:, 0], model.predict(new.astype(float)), atol=1e-6)
    # Answers to what was learned are no nearer than a strength that suits allows.
    assert 0 < np.abs(model.predict(features.astype(float)) - numbers).mean() < 0.8


def test_views_of_one_example_weigh_what_one_weighs() -> None:
    features, _ = examples(60, 5, 2)
    numbers = np.random.default_rng(4).normal(size=60)
    once, twice = fit_ridge([features], numbers), fit_ridge([features, features], numbers)
    # The scale of few features takes forty examples more into account, of which twice as many are half as much.
    model = make_pipeline(SteadyScaler(), RidgeCV(alphas=STRENGTHS)).fit(features.astype(float), numbers)
    doubled = make_pipeline(SteadyScaler(), Ridge(alpha=2 * model[-1].alpha_))
    doubled.fit(np.vstack([features, features]).astype(float), np.tile(numbers, 2))
    np.testing.assert_allclose(
        (features @ twice[0].T + twice[1])[:, 0], doubled.predict(features.astype(float)), atol=1e-6
    )
    np.testing.assert_allclose(features @ twice[0].T + twice[1], features @ once[0].T + once[1], atol=0.05)
