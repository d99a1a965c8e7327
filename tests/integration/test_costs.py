"""``--costs`` of ``train``, ``evaluate`` and ``predict``, on the digits: a run remembers them and goes by them."""

from __future__ import annotations

import csv
import io
import json
import shutil
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from sklearn.datasets import load_digits

import prunelle as pn
from prunelle.errors import ArgumentError, RunError
from prunelle.texts import Note
from tests.integration.command import prunelle, weights

COSTS = np.where(np.eye(10) > 0, 0, np.where(np.arange(10)[:, np.newaxis] == 8, 20, 1))
"""A digit taken for another costs 1; an eight, 20."""
TABLE = {str(i): {str(j): float(COSTS[i, j]) for j in range(10)} for i in range(10)}
COMMON = ("digits", "--network", "lenet5", "--epochs", 1, "--progress", "quiet")


@pytest.fixture(scope="module")
def costs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    file = tmp_path_factory.mktemp("costs") / "costs.csv"
    lines = [["", *map(str, range(10))], *([i, *row] for i, row in enumerate(COSTS.tolist()))]
    file.write_text("".join(",".join(map(str, line)) + "\n" for line in lines))
    return file


@pytest.fixture(scope="module")
def run(costs: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("runs") / "run"
    trained = prunelle("train", *COMMON, "--costs", costs, "--output", folder)
    assert trained.code == 0, trained.err
    return folder


def test_a_run_remembers_what_answers_cost(run: Path, costs: Path) -> None:
    assert json.loads((run / "run.json").read_text())["costs"] == {
        "file": str(costs),
        "matrix": COSTS.tolist(),
    }
    own = pn.Run.open(run).costs
    assert own is not None
    assert own.matrix.tolist() == COSTS.tolist()
    figures = json.loads((run / "metrics.json").read_text())["test"]["costs"]
    with (run / "predictions.csv").open() as stream:
        paid = [COSTS[int(row["class"]), int(row["predicted"])] for row in csv.DictReader(stream)]
    assert figures["answers"]["mean"] == pytest.approx(np.mean(paid))
    assert figures["constant"] == "8"
    assert figures["temperature"] == json.loads((run / "trust.json").read_text())["temperature"]


def test_nothing_is_learned_otherwise(run: Path, tmp_path: Path) -> None:
    plain = tmp_path / "plain"
    assert prunelle("train", *COMMON, "--output", plain).code == 0
    assert weights(plain) == weights(run)
    assert (plain / "predictions.csv").read_text() == (run / "predictions.csv").read_text()
    assert "costs" not in json.loads((plain / "run.json").read_text())
    with pytest.raises(RunError, match="has no costs of its own"):
        pn.predict(plain, [run / "figures" / "confusion.png"], costs="own", style="quiet")


def test_the_report_and_the_last_lines_say_it(run: Path) -> None:
    page = (run / "report.html").read_text()
    assert "What mistakes cost" in page
    assert page.index('id="by_class"') < page.index('<section id="costs">')
    again = prunelle("report", run, "--language", "fr", "--progress", "quiet")
    assert again.code == 0, again.err
    assert "Ce que coûtent les erreurs" in (run / "report.html").read_text()


def test_evaluate_goes_by_the_runs_costs_or_by_others(run: Path) -> None:
    told = json.loads(prunelle("evaluate", run, "--json", "--progress", "quiet").out)["costs"]
    stored = json.loads((run / "metrics.json").read_text())["test"]["costs"]
    assert told["answers"]["mean"] == pytest.approx(stored["answers"]["mean"])
    assert told["answers"]["interval"] == pytest.approx(stored["answers"]["interval"])
    assert told["changed"] == stored["changed"]
    alike = {truth: {answer: 1.0 for answer in TABLE if answer != truth} for truth in TABLE}
    evaluation = pn.evaluate(run, costs=alike, style="quiet")
    assert evaluation.cost_figures is not None
    assert evaluation.cost_figures.answers.mean == pytest.approx(1 - evaluation.accuracy)
    said = prunelle("evaluate", run, "--progress", "quiet").out
    assert "An answer costs" in said
    assert "calibrated probabilities times costs" in said


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("files")
    for i, picture in enumerate(load_digits().images[:30]):
        Image.fromarray(np.round(picture * 255 / 16).astype(np.uint8)).save(folder / f"{i:02}.png")
    return folder


def test_predict_says_what_is_expected_to_cost_least_where_it_is_asked(run: Path, files: Path) -> None:
    plain = pn.predict(run, [files], top=10, style="quiet")
    assert all(answer.least_cost is None and "least_cost" not in answer.to_json() for answer in plain)
    weighed = pn.predict(run, [files], top=10, costs="own", style="quiet")
    assert [answer.answer for answer in weighed] == [answer.answer for answer in plain]
    changed = 0
    for answer in weighed:
        probabilities = dict(answer.top)
        expected = {j: sum(probabilities[i] * TABLE[i][j] for i in TABLE) for j in TABLE}
        cheapest = min(expected, key=lambda name: expected[name])
        assert answer.least_cost is not None
        assert answer.least_cost == (cheapest, pytest.approx(expected[cheapest]))
        assert (answer.cautious, answer.doubt) == (False, None)
        changed += cheapest != answer.answer
    assert changed  # else this says nothing


def test_predict_in_every_form(run: Path, files: Path, costs: Path) -> None:
    quiet = ("--progress", "quiet")
    table = prunelle("predict", run, files, "--costs", costs, *quiet)
    assert table.code == 0, table.err
    assert table.out.count("least cost: ") == 30
    rows = list(
        csv.DictReader(
            io.StringIO(prunelle("predict", run, files, "--costs", "own", "--format", "csv", *quiet).out)
        )
    )
    assert list(rows[0]) == ["file", "rank", "class", "probability", "least_cost", "expected_cost", "error"]
    both = prunelle("predict", run, files, "--costs", "own", "--sets", 0.2, "--format", "csv", *quiet)
    assert "in_set,answer,doubt,least_cost,expected_cost,error" in both.out
    told = json.loads(prunelle("predict", run, files, "--costs", "own", "--format", "json", *quiet).out)
    assert told[0]["least_cost"]["class"] == rows[0]["least_cost"]


def test_a_run_that_goes_on_keeps_its_costs(run: Path, costs: Path, tmp_path: Path) -> None:
    more = tmp_path / "more"
    shutil.copytree(run, more)
    refused = prunelle("train", "--resume", more, "--epochs", 2, "--costs", costs)
    assert (refused.code, "Leave out: --costs" in refused.err) == (2, True)
    with pytest.raises(ArgumentError, match="costs"):
        pn.train(resume=more, epochs=2, costs=costs, style="quiet")
    extended = pn.train(resume=more, epochs=2, style="quiet")
    assert extended.metrics()["test"]["costs"]["constant"] == "8"


def test_costs_of_other_classes_are_refused_before_anything_is_learned(tmp_path: Path) -> None:
    file = tmp_path / "costs.csv"
    file.write_text(",1,two\n1,0,1\ntwo,1,0\n")
    refused = prunelle("train", *COMMON, "--costs", file, "--output", tmp_path / "run")
    assert refused.code != 0
    assert "has costs of 'two', and the classes have no such name" in refused.err
    assert not (tmp_path / "run").exists()


def test_costs_in_which_a_right_answer_is_dear_are_told(run: Path) -> None:
    odd = {truth: {**row, truth: 30.0 if truth == "3" else 0.0} for truth, row in TABLE.items()}
    heard: list[str] = []

    class Hearing(pn.Listener):
        def on_note(self, note: Note) -> None:
            heard.append(note.en)

    pn.evaluate(run, costs=odd, style=Hearing())
    assert any("A right answer is not the cheapest: for the truth 3" in each for each in heard)
