"""What corrected labels changed, of every target: figures by hand and by scikit-learn, paired intervals drawn apart."""

from __future__ import annotations

import dataclasses
import json
import math
from pathlib import Path

import numpy as np
import pytest
from scipy import stats
from sklearn.metrics import average_precision_score

from prunelle.errors import RunError
from prunelle.report import label_change
from prunelle.runs.change import Answers, Change, Relabelled
from prunelle.texts import EN, FR


def of_labels(n: int, better: float) -> tuple[tuple[Answers, Answers], np.ndarray]:
    """Two networks on three labels, the later one surer by ``better``."""
    draw = np.random.default_rng(4)
    truth = draw.random((n, 3)) < (0.5, 0.3, 0.1)
    noise = draw.normal(size=(2, n, 3))
    scores = 1 / (1 + np.exp(-(noise + (2 * truth - 1) * np.array([0.4, 0.4 + better])[:, None, None])))
    return (Answers(scores[0] > 0.5, scores[0]), Answers(scores[1] > 0.4, scores[1])), truth


@pytest.mark.parametrize(("better", "apart"), [(0.0, False), (2.0, True)])
def test_labels_by_mean_average_precision_on_the_same_draws(better: float, apart: bool) -> None:
    answers, truth = of_labels(150, better)
    old = truth.copy()
    old[:5] = ~old[:5]
    kept = np.arange(150) >= 3
    change = Change.measured("before", "test", "labels", answers, Relabelled(old, truth, kept))
    assert (change.measure, change.relabelled, change.left_out) == ("mean_average_precision", 2, 3)
    for difference, rows, labels in ((change.old_labels, slice(None), old), (change.new_labels, kept, truth)):
        before, after = (
            average_precision_score(labels[rows], each.scores[rows], average="macro") for each in answers
        )
        assert difference.before == pytest.approx(before)
        assert difference.mean == pytest.approx(after - before)
        right = [each.predicted[rows] == labels[rows] for each in answers]
        assert difference.gained == sum(b and not a for a, b in zip(*(r.ravel() for r in right), strict=True))
        assert difference.gained - difference.lost == int(right[1].sum()) - int(right[0].sum())
    # Drawn apart, with scikit-learn: within what two times 600 draws differ by.
    draw, found, labels = np.random.default_rng(1), [], truth[kept]
    for _ in range(600):
        rows = draw.integers(0, len(labels), len(labels))
        figures = [average_precision_score(labels[rows], each.scores[kept][rows]) for each in answers]
        found.append(figures[1] - figures[0])
    low, high = np.percentile(found, [2.5, 97.5])
    new = change.new_labels
    assert (new.low, new.high) == pytest.approx((low, high), abs=0.2 * (high - low))
    assert new.told_apart == apart
    assert Change.measured("before", "test", "labels", answers, Relabelled(old, truth, kept)) == change


def test_numbers_by_mean_absolute_error_of_which_less_is_better() -> None:
    old, new = np.array([1.0, 2, 3, 4, 50]), np.array([1.0, 2, 3, 4, 5])
    before, after = np.array([2.0, 2, 4, 6, 9]), np.array([1.5, 2, 5, 4, 6])
    answers = Answers(before, before), Answers(after, after)
    change = Change.measured("", "test", "number", answers, Relabelled(old, new, np.ones(5, bool)))
    # By hand: distances 1, 0, 1, 2, 4 and then 0.5, 0, 2, 0, 1.
    assert change.new_labels.before == pytest.approx(8 / 5)
    assert change.new_labels.after == pytest.approx(3.5 / 5)
    assert (change.new_labels.gained, change.new_labels.lost) == (3, 1)
    gaps = np.array([-0.5, 0, 1, -2, -3])
    low, high = stats.t.interval(0.95, 4, gaps.mean(), stats.sem(gaps))
    assert (change.new_labels.low, change.new_labels.high) == pytest.approx((low, high))
    assert change.less_is_better
    apart = dataclasses.replace(change.new_labels, low=-2.0, high=-0.5)
    said = list(label_change.sentences(dataclasses.replace(change, new_labels=apart), EN))
    assert any("is better: −0.9 (95\xa0% interval −2 to −0.5). It is nearer to 3" in each for each in said)
    assert any("less is better" in each for each in said)
    assert any("moins vaut mieux" in each for each in label_change.sentences(change, FR))


def test_what_cannot_be_told() -> None:
    answers, truth = of_labels(6, 0.0)
    none = np.zeros_like(truth)
    change = Change.measured("", "test", "labels", answers, Relabelled(truth, none, np.ones(6, bool)))
    assert math.isnan(change.new_labels.mean)
    assert not change.new_labels.told_apart
    json.dumps(change.to_json(), allow_nan=False)
    assert any("nothing can be said" in each for each in label_change.sentences(change, EN))
    gone = Change.measured("", "test", "labels", answers, Relabelled(truth, none, np.zeros(6, bool)))
    assert any("no example is left" in each for each in label_change.sentences(gone, EN))
    one = Answers(np.ones(1), np.ones(1))
    alone = Change.measured(
        "", "test", "number", (one, one), Relabelled(np.ones(1), np.ones(1), np.ones(1, bool))
    )
    assert not alone.new_labels.told_apart


def test_it_comes_back_and_what_is_older_is_of_accuracies(tmp_path: Path) -> None:
    answers, truth = of_labels(20, 1.0)
    change = Change.measured("", "test", "labels", answers, Relabelled(truth, truth, np.ones(20, bool)))
    change.write(tmp_path)
    assert Change.read(tmp_path) == change
    written = json.loads((tmp_path / "change.json").read_text())
    older = {name: value for name, value in written.items() if name not in ("measure", "content_sha256")}
    (tmp_path / "change.json").write_text(json.dumps(older))
    found = Change.read(tmp_path)
    assert found is not None
    assert found.measure == "accuracy"
    (tmp_path / "change.json").write_text(json.dumps(older | {"measure": "luck"}))
    with pytest.raises(RunError, match="no measure 'luck'"):
        Change.read(tmp_path)
