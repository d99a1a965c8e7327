"""scikit-learn's solutions as weights of a layer."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn.base import BaseEstimator, TransformerMixin
from sklearn.linear_model import LogisticRegression, Ridge, RidgeCV
from sklearn.metrics import log_loss, roc_auc_score
from sklearn.model_selection import PredefinedSplit, StratifiedKFold, cross_val_predict
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.svm import LinearSVC

from prunelle.transfer.linear import (
    STRENGTHS,
    choose_c,
    choose_label_cs,
    fit_labels,
    fit_linear,
    fit_ridge,
    ridge_left_out,
)


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
    _, logits = choose_c(clear, labels, "logistic", 2)
    assert (logits.argmax(1) == labels).mean() > 0.95
    _, logits = choose_c(rng.normal(size=(60, 50)), labels, "logistic", 2)
    assert 0.2 < (logits.argmax(1) == labels).mean() < 0.8
    c, logits = choose_c(clear[:3], labels[:3], "logistic", 2)
    assert (c, logits.shape) == (0.01, (0, 2))


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
    found, logits = choose_c(features, labels, "logistic", 3, seed=4)
    assert found == min(losses, key=losses.__getitem__)
    assert right[found] < max(right.values())
    assert (logits.argmax(axis=1) == labels).sum() == right[found]
    told = np.exp(logits - logits.max(axis=1, keepdims=True))
    np.testing.assert_allclose(told / told.sum(1, keepdims=True), shares[found], atol=2e-3)


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


def several(n: int, f: int, k: int, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    """Features, and labels of which each leans on a few of them."""
    rng = np.random.default_rng(seed)
    features = rng.normal(2, 3, (n, f))
    leaning = rng.normal(0, 0.4, (f, k)) * (rng.random((f, k)) < 0.3)
    chances = 1 / (1 + np.exp(-((features - 2) @ leaning + np.linspace(-1.5, 0.5, k))))
    return features, rng.random((n, k)) < chances


@pytest.mark.parametrize("balance", [False, True])
@pytest.mark.parametrize(("n", "f"), [(90, 7), (30, 200)], ids=["more pictures", "more features"])
def test_each_label_has_scikit_learns_own_regression(n: int, f: int, balance: bool) -> None:
    features, labels = several(n, f, 3)
    cs = np.array([0.001, 0.01, 0.1])
    weights, biases = fit_labels(features, labels, cs, balance=balance)
    new, _ = several(40, f, 3, seed=5)
    for k, c in enumerate(cs):
        weight = "balanced" if balance else None
        model = make_pipeline(
            SteadyScaler(), LogisticRegression(C=c, max_iter=5000, tol=1e-8, class_weight=weight)
        ).fit(features, labels[:, k])
        expected = model.decision_function(new)
        np.testing.assert_allclose((new @ weights.T + biases)[:, k], expected, atol=2e-3)


def test_a_label_that_none_has_gets_its_share() -> None:
    features, labels = several(50, 4, 3)
    labels[:, 0], labels[:, 2] = False, True
    weights, biases = fit_labels(features, labels, np.full(3, 0.1))
    assert not weights[[0, 2]].any()
    assert biases[[0, 2]] == pytest.approx([np.log(0.5 / 50.5), np.log(50.5 / 0.5)])
    assert weights[1].any()


def test_what_each_label_was_answered_when_left_out_is_by_who_had_not_learned_it() -> None:
    """Labels that are noise are told no better than by chance, though the features hold every answer by heart."""
    rng = np.random.default_rng(0)
    features, labels = several(150, 10, 3)
    cs, logits = choose_label_cs(features, labels, np.zeros(150, np.int64))
    assert (logits.shape, cs.shape) == ((150, 3), (3,))
    assert set(cs) <= {1e-4, 1e-3, 1e-2, 1e-1}
    told = [roc_auc_score(labels[:, k], logits[:, k]) for k in range(3)]
    assert min(told) > 0.6
    noise = rng.random((150, 1)) < 0.5
    _, logits = choose_label_cs(rng.normal(size=(150, 300)), noise, np.zeros(150, np.int64))
    assert 0.3 < roc_auc_score(noise[:, 0], logits[:, 0]) < 0.7
    cs, logits = choose_label_cs(features[:5], labels[:5], np.zeros(5, np.int64))
    assert (cs.tolist(), logits.shape) == ([0.01] * 3, (0, 3))


def test_each_label_is_held_back_as_its_left_out_examples_like_best() -> None:
    features, labels = several(120, 30, 2, seed=3)
    strata = np.zeros(120, np.int64)
    cs, logits = choose_label_cs(features, labels, strata, seed=4)
    order = np.random.default_rng(4).permutation(120)
    fold = np.zeros(120, np.int64)
    fold[order] = np.arange(120) % 3  # of one stratum, dealt like cards
    for k in range(2):
        losses = {}
        for c in (1e-4, 1e-3, 1e-2, 1e-1):
            shares = cross_val_predict(
                logistic(c), features, labels[:, k], cv=PredefinedSplit(fold), method="predict_proba"
            )[:, 1]
            losses[c] = log_loss(labels[:, k], shares)
            if c == cs[k]:
                np.testing.assert_allclose(1 / (1 + np.exp(-logits[:, k])), shares, atol=2e-3)
        assert cs[k] == min(losses, key=losses.__getitem__)


def test_numbers_left_out_are_answered_by_who_had_not_learned_them() -> None:
    rng = np.random.default_rng(1)
    features = rng.normal(size=(90, 6))
    numbers = features @ rng.normal(size=6) + rng.normal(0, 0.5, 90)
    numbers = (numbers - numbers.mean()) / numbers.std()
    strata = np.zeros(90, np.int64)
    answers = ridge_left_out(features, numbers, strata, seed=2)
    order, fold = np.random.default_rng(2).permutation(90), np.zeros(90, np.int64)
    fold[order] = np.arange(90) % 3
    model = make_pipeline(SteadyScaler(), RidgeCV(alphas=STRENGTHS))
    expected = cross_val_predict(model, features, numbers, cv=PredefinedSplit(fold))
    np.testing.assert_allclose(answers[:, 0], expected, atol=1e-6)
    assert ridge_left_out(features[:5], numbers[:5], strata[:5]).shape == (0, 1)


def test_copies_are_on_one_side_of_a_fold() -> None:
    """Each example is there twice, with noise for a label: who learned one of the two would know the other."""
    rng = np.random.default_rng(0)
    once = rng.normal(size=(60, 200))
    noise = rng.random((60, 1)) < 0.5
    features, labels = np.tile(once, (2, 1)), np.tile(noise, (2, 1))
    _, logits = choose_label_cs(features, labels, np.zeros(120, np.int64))
    assert 0.25 < roc_auc_score(labels[:, 0], logits[:, 0]) < 0.75
