"""Costs of answers: files as people write them, and figures against loops and tables worked by hand."""

from __future__ import annotations

import dataclasses
import json
from pathlib import Path

import numpy as np
import pytest

from prunelle.errors import PrunelleError
from prunelle.training.cost_files import costs_of, read_costs
from prunelle.training.costs import CostFigures, Costs, judged, tempered
from prunelle.training.intervals import mean_interval, wilson_interval
from prunelle.training.metrics import Evaluation

# Of mushrooms: to eat a poisonous one costs 50, to throw an edible one away 1.
TABLE = {"edible": {"poisonous": 1.0}, "poisonous": {"edible": 50.0, "poisonous": 0.0}}
SQUARE = ",edible,poisonous\nedible,0,1\npoisonous,50,0\n"


def mushrooms() -> Costs:
    return costs_of(TABLE).aligned(("edible", "poisonous"))


@pytest.mark.parametrize(
    "text",
    [
        SQUARE,
        "truth \\ answer;edible;poisonous\r\nedible;0,0;1,0\r\npoisonous;50;0\r\n",
        ",poisonous,edible\npoisonous,,50\n\nedible,1,\n",
        "\ufefftruth,answer,cost\nedible,poisonous,1\npoisonous,edible,50\n",
        "Truth\tAnswer\tCost\nedible\tedible\t0\npoisonous\tedible\t5e1\nedible\tpoisonous\t1\n",
    ],
)
def test_a_file_is_read_however_it_is_written(tmp_path: Path, text: str) -> None:
    file = tmp_path / "costs.csv"
    file.write_bytes(text.encode())
    costs = read_costs(file).aligned(("edible", "poisonous"))
    assert costs.matrix.tolist() == [[0, 1], [50, 0]]
    assert costs.file == str(file)
    assert costs_of(str(file)).aligned(("poisonous", "edible")).matrix.tolist() == [[0, 50], [1, 0]]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "has no costs"),
        (",edible,poisonous\n", "has no costs"),
        (",edible,poisonous\nedible,0\npoisonous,50,0\n", "line 2: 3 values were expected"),
        (
            SQUARE.replace("50", "much"),
            "line 3, column 'edible': a cost must be a number, as 2.5; received 'much'",
        ),
        (SQUARE.replace("50", ""), "line 3, column 'edible': a cost must be a number, as 2.5; received ''"),
        (SQUARE.replace("50", "-5"), "at least 0"),
        (SQUARE.replace("50", "nan"), "a finite number"),
        (SQUARE.replace("50", "inf"), "a finite number"),
        (SQUARE + "edible,0,1\n", "line 4: the row 'edible' is there twice"),
        (",edible,edible\nedible,0,1\npoisonous,50,0\n", "the column 'edible' is there twice"),
        (",edible,poisonous\nedible,0,1\n", "there is none for the truth poisonous"),
        (",edible\nedible,0\npoisonous,50\n", "the truth 'edible' answered by 'poisonous' has no cost"),
        ("truth,answer,cost\nedible,poisonous,1\n", "there is none for the truth poisonous"),
        ("truth,answer,cost\na,b,1\na,b,2\nb,a,1\n", "line 3: the truth 'a' answered by 'b' is there twice"),
        (",edible,poisonous\nedible,1,1\npoisonous,2,2\n", "every answer costs the same"),
    ],
)
def test_what_is_wrong_with_a_file_is_said(tmp_path: Path, text: str, said: str) -> None:
    file = tmp_path / "costs.csv"
    file.write_text(text)
    with pytest.raises(PrunelleError) as caught:
        read_costs(file)
    assert said in str(caught.value)
    assert str(file) in str(caught.value)


def test_no_file_and_no_text(tmp_path: Path) -> None:
    with pytest.raises(PrunelleError, match="there is no such file"):
        costs_of(tmp_path / "costs.csv")
    (tmp_path / "costs.csv").write_bytes(b"\xff\xfe\x00")
    with pytest.raises(PrunelleError, match="is not UTF-8 text"):
        costs_of(tmp_path / "costs.csv")


def test_values_in_a_program_are_checked_too() -> None:
    with pytest.raises(PrunelleError, match=r"'b' answered by 'a' has 'dear'"):
        costs_of({"a": {"b": 1}, "b": {"a": "dear"}})  # type: ignore[dict-item]
    with pytest.raises(PrunelleError, match="'b' answered by 'a' has True"):
        costs_of({"a": {"b": 1}, "b": {"a": True}})


def test_costs_are_for_the_classes_that_there_are() -> None:
    with pytest.raises(PrunelleError, match=r"costs of 'poisonous'.* Did you mean 'poisonus'\?"):
        mushrooms().aligned(("edible", "poisonus"))
    with pytest.raises(PrunelleError, match="it lacks unknown"):
        mushrooms().aligned(("edible", "poisonous", "unknown"))
    # The same name, its accent composed or not.
    accented = costs_of({"e\u0301te\u0301": {"b": 1}, "b": {"e\u0301te\u0301": 2}}).aligned(
        ("b", "\u00e9t\u00e9")
    )
    assert accented.matrix.tolist() == [[0, 2], [1, 0]]


def test_a_right_answer_that_is_not_the_cheapest_is_told() -> None:
    assert mushrooms().notes == []
    (note,) = costs_of({"a": {"a": 3, "b": 1}, "b": {"a": 2}}).notes
    assert "for the truth a, a costs 3 and b 1. Rows are the truth" in note.en
    assert "a coûte 3 et b 1. Les lignes sont la vérité" in note.fr


def test_figures_by_hand() -> None:
    # Three edible, two poisonous. It says edible, edible, poisonous; edible, poisonous.
    labels = np.array([0, 0, 0, 1, 1])
    probabilities = np.array([[0.99, 0.01], [0.9, 0.1], [0.4, 0.6], [0.8, 0.2], [0.3, 0.7]], np.float32)
    figures = judged(mushrooms(), labels, probabilities, None)
    # 0, 0, 1, 50, 0.
    assert figures.answers.mean == pytest.approx(51 / 5)
    # Always poisonous: 1, 1, 1, 0, 0. Always edible: 100 / 5.
    assert (figures.constant, figures.constant_mean) == ("poisonous", pytest.approx(3 / 5))
    assert figures.over_constant.mean == pytest.approx((51 - 3) / 5)
    # Edible is expected to cost 50 times P(poisonous), poisonous P(edible): all but the first are called poisonous.
    assert figures.changed == 2
    assert figures.cheapest.mean == pytest.approx(2 / 5)
    assert figures.over_answers.mean == pytest.approx((2 - 51) / 5)
    assert figures.temperature is None


@pytest.mark.parametrize("temperature", [None, 0.5, 3.0])
def test_figures_are_those_of_a_loop(temperature: float | None) -> None:
    random = np.random.default_rng(0)
    n, k = 200, 5
    names = tuple("abcde")
    matrix = random.integers(0, 9, (k, k)).astype(float)
    labels, logits = random.integers(0, k, n), random.normal(size=(n, k)) * 2
    probabilities = np.exp(logits) / np.exp(logits).sum(axis=1, keepdims=True)
    figures = judged(Costs(names, matrix), labels, probabilities.astype(np.float32), temperature)
    told, weighed = [], []
    for truth, row in zip(labels, logits / (temperature or 1), strict=True):
        p = np.exp(row) / np.exp(row).sum()
        expected = [sum(p[i] * matrix[i, j] for i in range(k)) for j in range(k)]
        told.append(matrix[truth, np.argmax(row)])
        weighed.append(matrix[truth, np.argmin(expected)])
    constants = [np.mean([matrix[truth, j] for truth in labels]) for j in range(k)]
    assert figures.answers.mean == pytest.approx(np.mean(told))
    assert figures.cheapest.mean == pytest.approx(np.mean(weighed))
    assert figures.constant == names[int(np.argmin(constants))]
    assert figures.over_answers.mean == pytest.approx(np.mean(weighed) - np.mean(told))
    for cost in (figures.answers, figures.cheapest, figures.over_constant, figures.over_answers):
        assert cost.interval[0] < cost.mean < cost.interval[1]


def test_of_zeros_and_ones_they_say_the_accuracy_again() -> None:
    random = np.random.default_rng(1)
    labels = random.integers(0, 3, 100)
    probabilities = random.dirichlet(np.ones(3), 100).astype(np.float32)
    evaluation = Evaluation(
        "test", ("a", "b", "c"), labels, probabilities, 1.0, costs=Costs(("a", "b", "c"), 1 - np.eye(3))
    )
    figures = evaluation.cost_figures
    assert figures is not None
    assert figures.answers.mean == pytest.approx(1 - evaluation.accuracy)
    assert figures.answers.interval == pytest.approx([1 - end for end in evaluation.interval[::-1]])
    # What is most probable is expected to cost least.
    assert figures.changed == 0
    assert figures.over_answers.interval == (0, 0)


def test_a_temperature_is_that_of_the_logits() -> None:
    logits = np.random.default_rng(2).normal(size=(50, 4))
    softmax = [np.exp(each) / np.exp(each).sum(axis=1, keepdims=True) for each in (logits, logits / 2.5)]
    np.testing.assert_allclose(tempered(softmax[0], 2.5), softmax[1])
    assert np.isfinite(tempered(np.array([[1.0, 0.0]], np.float32), 0.1)).all()


@pytest.mark.parametrize(("k", "n"), [(0, 10), (3, 10), (10, 10), (1, 200), (97, 100)])
def test_the_interval_of_zeros_and_ones_is_wilsons(k: int, n: int) -> None:
    values = np.r_[np.ones(k), np.zeros(n - k)]
    assert mean_interval(values, 0, 1) == pytest.approx(wilson_interval(k, n), abs=1e-9)
    # In another unit.
    assert mean_interval(20 * values - 3, -3, 17) == pytest.approx(
        [20 * end - 3 for end in wilson_interval(k, n)], abs=1e-7
    )


CASES = {
    "dear and rare": ((0, 1, 100), (0.898, 0.1, 0.002)),
    "rare": ((0, 1, 20), (0.85, 0.145, 0.005)),
    "a difference": ((-5, -1, 0, 1), (0.02, 0.1, 0.8, 0.08)),
}


@pytest.mark.parametrize("n", [30, 200])
@pytest.mark.parametrize("case", CASES)
def test_the_interval_of_a_mean_covers(case: str, n: int) -> None:
    """It holds the truth in 91 % of drawings at least; the normal interval does so in 20 to 40 % of the first."""
    values, shares = (np.array(each, float) for each in CASES[case])
    random = np.random.default_rng(0)
    held = 0
    for _ in range(300):
        low, high = mean_interval(random.choice(values, n, p=shares), values.min(), values.max())
        held += low <= values @ shares <= high
    assert held / 300 >= 0.91


def test_figures_come_back_from_json() -> None:
    figures = judged(mushrooms(), np.array([0, 1]), np.array([[0.9, 0.1], [0.2, 0.8]]), 1.5)
    assert CostFigures.from_json(json.loads(json.dumps(figures.to_json()))) == figures
    costs = mushrooms()
    again = Costs.from_json(json.loads(json.dumps(costs.to_json())), costs.classes)
    assert (again.classes, again.matrix.tolist()) == (costs.classes, costs.matrix.tolist())


def test_an_evaluation_without_costs_says_nothing_of_them() -> None:
    evaluation = Evaluation("test", ("a", "b"), np.array([0]), np.array([[0.9, 0.1]], np.float32), 0.1)
    assert "costs" not in evaluation.summary()
    costly = dataclasses.replace(evaluation, costs=costs_of({"a": {"b": 1}, "b": {"a": 2}}))
    assert costly.summary()["costs"]["answers"]["mean"] == 0
