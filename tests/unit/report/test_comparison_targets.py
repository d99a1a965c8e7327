"""A comparison of networks that tell several labels, or a number: its figures, its page, its pictures."""

from __future__ import annotations

import csv
import dataclasses
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from scipy import stats
from sklearn.metrics import average_precision_score

from prunelle.report import comparison_figures as figures
from prunelle.report import comparison_page
from prunelle.report.comparison_targets import OF_KIND
from prunelle.report.comparison_words import TEXTS
from prunelle.runs.comparison import Comparison, Contestant, Outcome, Standing
from prunelle.training.labels_evaluation import LabelsEvaluation
from prunelle.training.metrics import Evaluation
from prunelle.training.numbers_evaluation import NumbersEvaluation
from prunelle.training.objectives import AnyEvaluation
from tests.unit.report.test_comparison import comparison, text_of

N = 200
DRAW = np.random.default_rng(0)
THERE = DRAW.random((N, 3)) < (0.5, 0.3, 0.2)
AGES = DRAW.normal(40, 12, N)


def labels(seed: int, noise: float) -> LabelsEvaluation:
    given = THERE + np.random.default_rng(seed).normal(0, noise, (N, 3))
    return LabelsEvaluation(
        "test", ("sea", "boat", "dog"), THERE, (1 / (1 + np.exp(-given))).astype(np.float32), 0.4
    )


def numbers(seed: int, noise: float) -> NumbersEvaluation:
    given = AGES + np.random.default_rng(seed).normal(0, noise, N)
    return NumbersEvaluation("test", ("age",), AGES, given, usual=40.0, loss=0.4)


def standing(
    label: str, answers: list[AnyEvaluation], results: dict[str, float], others: dict[str, float]
) -> Standing:
    outcomes = [
        Outcome(
            seed=seed,
            path=Path(f"/c/runs/{label}-seed{seed}"),
            answers=one,
            results=[{"epoch": 1, "train_loss": 0.6, **results}, {"epoch": 2, "train_loss": 0.5, **results}],
            seconds=4.0,
            others=others,
        )
        for seed, one in enumerate(answers)
    ]
    contestant = Contestant(label=label, network="lenet5", options={}, parameters=61706, multiply_adds=416520)
    return Standing(contestant=contestant, outcomes=outcomes, diverged=[])


def several(*noises: float) -> Comparison:
    told = {"val_loss": 0.4, "val_mean_average_precision": 0.8, "val_accuracy": 0.3}
    made = [
        standing(
            f"n{noise:g}", [labels(s, noise) for s in range(3)], told, {"accuracy": 0.31, "micro_f1": 0.62}
        )
        for noise in noises
    ]
    return dataclasses.replace(comparison(*made), n=N)


def ages(*noises: float) -> Comparison:
    told = {"val_loss": 0.4, "val_mean_absolute_error": 3.0, "train_mean_absolute_error": 2.5}
    made = [
        standing(f"n{noise:g}", [numbers(s, noise) for s in range(3)], told, {"r2": 0.8}) for noise in noises
    ]
    return dataclasses.replace(comparison(*made), n=N)


def test_precisions_are_paired_by_seed_and_by_picture() -> None:
    found = several(1.0, 0.4)
    assert [each.contestant.label for each in found.ranking] == ["n0.4", "n1"]
    (gap,) = found.differences()
    gaps = [
        average_precision_score(THERE, labels(s, 0.4).probabilities)
        - average_precision_score(THERE, labels(s, 1.0).probabilities)
        for s in range(3)
    ]
    expected = stats.ttest_1samp(gaps, 0).confidence_interval(0.95)
    assert gap.mean == pytest.approx(np.mean(gaps))
    assert gap.over_seeds == pytest.approx((expected.low, expected.high))
    assert gap.over_pictures[0] < gap.mean < gap.over_pictures[1]
    assert gap.verdict == "clear"
    page = text_of(comparison_page.render(found, "en"))
    value = f"{100 * found.ranking[0].figure.mean:.2f} %"
    assert f"n0.4 reaches a mean average precision of {value} on the 200 test pictures," in page
    assert "All labels right 31.00 %" not in page  # a table: heads come first
    assert "Other figures" in page
    assert page.count("Network Mean average precision 95 %") == 1
    assert "Seed Mean average precision Loss" in page
    assert "31.00 % 62.00 %" in page
    french = text_of(comparison_page.render(found, "fr"))
    assert "n0.4 atteint une précision moyenne (mAP) de" in french
    assert "Toutes les étiquettes justes" in french


def test_errors_are_paired_and_less_is_better() -> None:
    found = ages(5.0, 3.0)
    assert [each.contestant.label for each in found.ranking] == ["n3", "n5"]
    (gap,) = found.differences()
    distances = [
        np.mean([np.abs(numbers(s, noise).errors) for s in range(3)], axis=0) for noise in (3.0, 5.0)
    ]
    expected = stats.ttest_rel(*distances).confidence_interval(0.95)
    assert (gap.first, gap.mean) == ("n3", pytest.approx(distances[0].mean() - distances[1].mean()))
    assert gap.mean < 0
    assert gap.over_pictures == pytest.approx((expected.low, expected.high))
    assert gap.verdict == "clear"
    page = text_of(comparison_page.render(found, "en"))
    best, worst = (each.figure.mean for each in found.ranking)
    assert f"n3 is off by {best:.3f}".rstrip("0") in page
    assert f"average on the 200 test pictures, {worst - best:.3f}".rstrip("0") in page
    assert "Seed Mean absolute error Loss" in page
    assert "Points" not in page
    assert "n3 est à" in text_of(comparison_page.render(found, "fr"))


def test_who_is_no_better_than_without_looking_is_named() -> None:
    english = text_of(comparison_page.render(several(0.4, 60.0), "en"))
    assert "No better than without looking, as far as these pictures can tell: n60." in english
    english, french = (
        text_of(comparison_page.render(ages(3.0, 60.0), language)) for language in ("en", "fr")
    )
    assert "No better than always the same answer, as far as these pictures can tell: n60." in english
    assert "Always answering 40 is off by" in english
    assert "Pas mieux que toujours la même réponse" in french
    assert ages(3.0, 5.0).at_chance == []


def test_json_and_table_have_the_figure_by_its_name(tmp_path: Path) -> None:
    found = dataclasses.replace(ages(3.0, 5.0), path=tmp_path)
    told = found.to_json()
    assert told["figure"] == "mean_absolute_error"
    assert told["networks"][0]["mean_absolute_error"]["mean"] == pytest.approx(found.standings[0].figure.mean)
    found.write_results()
    with (tmp_path / "results.csv").open() as stream:
        rows = list(csv.DictReader(stream))
    assert [float(row["mean_absolute_error"]) for row in rows[:3]] == [
        pytest.approx(numbers(s, 3.0).mean_absolute_error) for s in range(3)
    ]
    assert {row["r2"] for row in rows} == {"0.8"}


def test_the_picture_has_every_curve_that_is_told(tmp_path: Path) -> None:
    for name, found, drawn in (
        ("labels", several(0.4, 1.0), ["loss", "mean_average_precision"]),
        ("number", ages(3.0, 5.0), ["loss", "mean_absolute_error"]),
    ):
        assert figures.quantities(found) == drawn
        figures.save_figure(found, tmp_path / name / "c.png", comparison_page.words_of(found, "fr"))
        assert Image.open(tmp_path / name / "c.png").width > 1000
    # Without validation, epochs tell no precision of several labels.
    unseen = standing("a", [labels(0, 1.0)], {"train_accuracy": 0.2}, {})
    other = standing("b", [labels(1, 1.0)], {"train_accuracy": 0.2}, {})
    found = comparison(unseen, other)
    assert figures.quantities(found) == ["loss"]
    figures.save_figure(found, tmp_path / "one" / "c.png", comparison_page.words_of(found, "en"))
    assert "All labels right by epoch" not in text_of(comparison_page.render(found, "en"))


def test_other_figures_of_classes_where_all_runs_tell_them() -> None:
    answers = Evaluation(
        "test", ("a", "b"), np.arange(N) % 2, np.eye(2, dtype=np.float32)[np.arange(N) % 2], 0.1
    )
    results = {"train_accuracy": 0.9, "val_accuracy": 0.9, "val_loss": 0.2}
    told = standing("told", [answers], results, {"top_5_accuracy": 0.99, "balanced_accuracy": 0.7})
    half = standing("half", [answers], results, {"top_5_accuracy": 0.98})
    page = text_of(comparison_page.render(comparison(told, half), "en"))
    assert "Top-5" in page
    assert "99.00 %" in page
    assert "Balanced accuracy" not in page


def test_what_is_said_otherwise_is_of_the_page() -> None:
    for kind, texts in OF_KIND.items():
        assert set(texts) <= {*TEXTS, "accuracy"}, kind
