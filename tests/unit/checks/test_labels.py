"""Wrong labels: planted ones are found, clean data are left alone."""

from __future__ import annotations

import numpy as np
import pytest

from prunelle.checks.labels import cross_validated, suspicion


def clusters(n: int, k: int, f: int = 20, apart: float = 5.0) -> tuple[np.ndarray, np.ndarray]:
    """Clouds around corners, of labels in turn."""
    rng = np.random.default_rng(k)
    labels = np.arange(n) % k
    return rng.normal(size=(n, f)) + apart * np.eye(k, f)[labels], labels


def flipped(labels: np.ndarray, k: int, rows: np.ndarray) -> np.ndarray:
    noisy = labels.copy()
    noisy[rows] = (labels[rows] + 1) % k
    return noisy


@pytest.mark.parametrize("k", [2, 5])
def test_planted_labels_come_first_with_the_class_that_is_true(k: int) -> None:
    features, labels = clusters(400, k)
    rows = np.random.default_rng(1).choice(400, 20, replace=False)
    noisy = flipped(labels, k, rows)
    found = suspicion(cross_validated(features, noisy, k), noisy)
    told = found.told(noisy)
    assert set(told[:20]) == set(rows)
    assert (found.suggested[rows] == labels[rows]).all()
    assert np.median(found.score[rows]) > 0.9
    # What is told is at most twice what is wrong, up to chance.
    assert len(told) <= 30


def test_nothing_is_told_of_clean_labels_however_hard_they_are() -> None:
    for apart in (1.5, 3.0, 6.0):
        features, labels = clusters(1200, 3, apart=apart)
        found = suspicion(cross_validated(features, labels, 3), labels)
        # At 1.5 a fifth is mistaken: the classifier's doubt, not the labels'.
        assert len(found.told(labels)) <= 2, apart


def test_noise_of_one_class_alone_is_looked_for_there() -> None:
    features, labels = clusters(1200, 2, apart=2.5)
    rows = np.random.default_rng(0).choice(np.flatnonzero(labels == 1), 90, replace=False)
    noisy = flipped(labels, 2, rows)
    probabilities = cross_validated(features, noisy, 2)
    found = suspicion(probabilities, noisy)
    told = found.told(noisy)
    # All the wrong ones are now of class 0. The classifier alone doubts both.
    assert (noisy[told] == 0).mean() > 0.9
    doubted = np.argsort(probabilities[np.arange(1200), noisy])[: len(told)]
    assert np.isin(told, rows).sum() > np.isin(doubted, rows).sum()


def test_cleanlab_finds_no_more_of_them() -> None:
    filters = pytest.importorskip("cleanlab.filter", reason="the oracle is cleanlab")
    features, labels = clusters(600, 4, apart=3.5)
    rows = np.random.default_rng(2).choice(600, 40, replace=False)
    noisy = flipped(labels, 4, rows)
    probabilities = cross_validated(features, noisy, 4)
    told = suspicion(probabilities, noisy).told(noisy)
    theirs = filters.find_label_issues(
        noisy, probabilities, return_indices_ranked_by="normalized_margin", n_jobs=1
    )
    # Of as many as they list, no fewer are wrong, but for chance; and the lists agree.
    count = min(len(theirs), len(told))
    assert np.isin(told[:count], rows).sum() >= np.isin(theirs[:count], rows).sum() - 2
    assert np.isin(told[:30], theirs).sum() >= 27


def test_the_score_is_the_posterior_worked_by_hand() -> None:
    # Of 1,200 answers, all sure, 60 contradict their label; 8 more say a half. Noise is about 60 in 1208; of
    # an answer of a half, the label is wrong with that very probability.
    labels = np.arange(1208) % 2
    probabilities = np.where(np.eye(2)[labels] == 1, 1 - 1e-9, 1e-9)
    probabilities[:60] = probabilities[:60, ::-1]
    probabilities[1200:] = 0.5
    found = suspicion(probabilities, labels)
    assert found.score[:60] == pytest.approx(1.0, abs=0.1)
    assert found.score[60:1200] == pytest.approx(0.0, abs=1e-2)
    assert found.score[1200:] == pytest.approx(0.05, abs=0.01)
    assert sorted(found.told(labels)) == list(range(60))


def test_copies_are_left_out_together(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("prunelle.checks.labels.choose_c", lambda *args, **kwargs: (0.1, None))
    rng = np.random.default_rng(0)
    # There is nothing to learn: who has learned the copy of an example knows its label by heart.
    features, labels = np.repeat(rng.normal(size=(60, 200)), 2, 0), np.repeat(rng.integers(0, 2, 60), 2)

    def right(groups: np.ndarray | None) -> float:
        return float((cross_validated(features, labels, 2, groups=groups).argmax(1) == labels).mean())

    assert right(np.repeat(np.arange(60), 2)) < 0.7
    assert right(None) > 0.85


def test_of_few_examples_those_that_stand_apart_are_told() -> None:
    # 120 photos, of which a careful classifier, never more than 95 % sure, contradicts five.
    labels = np.arange(120) % 3
    probabilities = np.where(np.eye(3)[labels] == 1, 0.92, 0.04)
    probabilities[[9, 30, 60, 61, 80]] = np.roll(probabilities, 1, axis=1)[[9, 30, 60, 61, 80]]
    assert sorted(suspicion(probabilities, labels).told(labels)) == [9, 30, 60, 61, 80]


def test_a_class_with_one_example_is_not_suspected() -> None:
    features, labels = clusters(61, 2)
    labels[60] = 2
    features[7, 3] = np.nan
    probabilities = cross_validated(features, labels, 4)
    assert probabilities.shape == (61, 4)
    assert probabilities.sum(axis=1) == pytest.approx(1)
    assert probabilities[60] == pytest.approx(0.25)
    found = suspicion(probabilities, labels)
    assert 60 not in found.told(labels)
    assert (probabilities[:60, 3] == 0).all()


def test_folds_have_their_share_of_every_class_and_change_with_the_seed() -> None:
    from prunelle.checks.labels import dealt

    labels = np.repeat([0, 1, 2], [50, 20, 7])
    groups = np.arange(77)
    groups[:6] = 0
    fold = dealt(labels, groups, 5, 3)
    assert len(set(fold[:6])) == 1
    for label in range(3):
        counts = np.bincount(fold[labels == label], minlength=5)
        assert counts.max() - counts.min() <= (1 if label else 6)
    assert (fold == dealt(labels, groups, 5, 3)).all()
    assert (fold != dealt(labels, groups, 5, 4)).any()


def test_few_examples_are_answered_too() -> None:
    features, labels = clusters(6, 2)
    probabilities = cross_validated(features, labels, 2)
    assert np.isfinite(probabilities).all()
    assert suspicion(probabilities, labels).told(labels).tolist() == []
    alone = cross_validated(features[:1], labels[:1], 2)
    assert alone == pytest.approx(0.5)
    assert suspicion(alone, labels[:1]).told(labels[:1]).tolist() == []
