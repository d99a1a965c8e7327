"""Examples of several labels and of numbers, judged: planted mistakes come first, by hand and by scikit-learn."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn.linear_model import RidgeCV
from sklearn.preprocessing import StandardScaler

from prunelle.data.pixels import Pixels
from prunelle.data.targets import Number, SeveralLabels, Target
from prunelle.jobs.judged import PARTS, How, LabelsPart, NumberPart, Part


def part(target: Target, labels: np.ndarray, scores: np.ndarray, how: How = "network") -> Part:
    pixels = Pixels(images=np.zeros((len(labels), 1, 1, 1), np.uint8), labels=labels)
    names = tuple(f"test[{row}]" for row in range(len(labels)))
    return PARTS[target.kind](split="test", pixels=pixels, names=names, target=target, scores=scores, how=how)


def several(n: int = 400) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """``(n, 3)`` truth, labels of which ten are turned round, and which these are; the third label is rare."""
    draw = np.random.default_rng(2)
    truth = draw.random((n, 3)) < (0.5, 0.3, 0.05)
    wrong = np.zeros_like(truth)
    wrong.ravel()[draw.choice(truth.size, 10, replace=False)] = True
    return truth, truth ^ wrong, wrong


def test_labels_given_that_are_not_there_and_missing_ones_that_are_come_first() -> None:
    truth, labels, wrong = several()
    noise = np.random.default_rng(3).normal(size=truth.shape)
    judged = part(SeveralLabels(), labels, 1 / (1 + np.exp(-(4 * (2.0 * truth - 1) + noise))))
    assert isinstance(judged, LabelsPart)
    first = judged.order[: wrong.any(axis=1).sum()]
    assert wrong.any(axis=1)[first].mean() >= 0.9
    # Both kinds: one that is given, and one that is missing.
    assert {bool(labels[row, judged.wrong[row].argmax()]) for row in first} == {True, False}
    assert judged.suspect[wrong.any(axis=1)].mean() >= 0.9
    assert judged.suspect.sum() <= 2 * wrong.any(axis=1).sum() + 1
    np.testing.assert_array_equal(judged.score, judged.wrong.max(axis=1))
    columns = judged.columns()
    np.testing.assert_array_equal(columns["labels"], labels)
    np.testing.assert_allclose(columns["wrong"] / 255, judged.wrong, atol=0.5 / 255 + 1e-9)


def test_labels_are_answered_at_their_thresholds_and_by_cross_validation_at_one_half() -> None:
    scores = np.array([[0.3, 0.6], [0.1, 0.8]])
    target, labels = SeveralLabels(thresholds=(0.2, 0.7)), np.zeros((2, 2), bool)
    network, crossed = (part(target, labels, scores, how) for how in ("network", "crossed"))  # type: ignore[arg-type]
    assert network.columns()["answers"].tolist() == [[1, 0], [0, 1]]
    assert crossed.columns()["answers"].tolist() == [[0, 1], [0, 1]]


def test_labels_are_crossed_one_by_one_and_what_few_have_counts_as_right() -> None:
    truth, labels, wrong = several(300)
    labels[:, 2] = False
    labels[:3, 2] = True
    features = truth @ np.eye(3, 6) * 6 + np.random.default_rng(5).normal(size=(300, 6))
    scores = LabelsPart.crossed(features, labels, 3, np.arange(300))
    np.testing.assert_array_equal(scores[:, 2], labels[:, 2])
    judged = part(SeveralLabels(), labels, scores, "crossed")
    assert isinstance(judged, LabelsPart)
    assert not judged.wrong[:, 2].any()
    planted = wrong[:, :2].any(axis=1)
    assert planted[judged.order[: 2 * planted.sum()]].sum() >= 0.8 * planted.sum()


def test_a_doubted_label_is_seen_beside_those_with_it_and_without() -> None:
    truth, labels, _ = several()
    judged = part(SeveralLabels(), labels, np.clip(truth * 0.98 + 0.01, 0, 1))
    row = int(judged.order[0])
    with_it, without = judged.kin(row, judged)
    assert (with_it.has, without.has) == (True, False)
    label = with_it.output
    assert truth[row, label] != labels[row, label]
    np.testing.assert_array_equal(with_it.members, labels[:, label])
    np.testing.assert_array_equal(without.members, ~labels[:, label])
    assert judged.looked(row, judged.scores[row]) == label


def test_numbers_come_by_their_distance() -> None:
    draw = np.random.default_rng(0)
    truth = draw.normal(size=200) * 10
    given = truth.copy()
    given[[4, 9]] += (60, -60)
    judged = part(Number.of(given), given, (truth + draw.normal(size=200))[:, None])
    assert sorted(judged.order[:2]) == [4, 9]
    # And, of 200 normal errors, hardly any beyond 3.5 standard deviations.
    assert {4, 9} <= set(np.flatnonzero(judged.suspect).tolist())
    assert judged.suspect.sum() <= 4
    np.testing.assert_allclose(judged.score, np.abs(judged.scores[:, 0] - given))
    (kin,) = judged.kin(4, judged)
    assert kin.members.all()
    assert judged.told(4, np.array([3.5]))["answer"] == 3.5


@pytest.mark.parametrize("copies", [False, True])
def test_numbers_are_crossed_by_ridge_regression(copies: bool) -> None:
    draw = np.random.default_rng(1)
    features = draw.normal(size=(150, 5))
    numbers = features @ np.array([3.0, -1, 0.5, 0, 0]) * 40 + 500
    numbers[7] += 900
    groups = np.arange(150)
    if copies:  # of one group: neither is learned from where the other is asked
        features[8], numbers[8], groups[8] = features[7], numbers[7], 7
    answers = NumberPart.crossed(features, numbers, 1, groups)[:, 0]
    # scikit-learn, on all but those: the fold's own examples move it little.
    kept = groups != 7
    scaler = StandardScaler().fit(features[kept])
    model = RidgeCV(10.0 ** np.arange(-2, 7)).fit(scaler.transform(features[kept]), numbers[kept])
    np.testing.assert_allclose(answers[7], model.predict(scaler.transform(features[7:8]))[0], atol=25)
    judged = part(Number.of(numbers), numbers, answers[:, None], "crossed")
    assert set(judged.order[: 2 if copies else 1]) == ({7, 8} if copies else {7})
    assert judged.suspect[7]
