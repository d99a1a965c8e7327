"""``prunelle compare``, whole: what it trains, what it says, and that it survives being stopped."""

from __future__ import annotations

import itertools
import json
import re
import shlex
import shutil
import signal
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from scipy import stats
from torch import nn

import prunelle as pn
from prunelle.errors import ArgumentError, Diverged, RunError
from prunelle.json_files import read_json
from prunelle.planning import comparison
from prunelle.runs.comparison import Comparison
from tests.integration.command import prunelle, weights
from tests.integration.comparisons import (
    EPOCHS,
    SEEDS,
    digits,
    figures,
    interrupted_at_step,
    kill_at_write,
    small_comparison,
)
from tests.integration.test_damage import misspelt, retyped
from tests.integration.trainings import spawn
from tests.pictures import make_folder


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Comparison:
    """A comparison that nothing stopped."""
    found = small_comparison(str(tmp_path_factory.mktemp("compare") / "whole"))
    assert isinstance(found, Comparison)
    return found


def test_every_training_is_the_one_that_train_makes(whole: Comparison, tmp_path: Path) -> None:
    recipe = pn.Recipe(epochs=EPOCHS, batch_size=32, seed=1)
    run = pn.train("course-look", digits(), recipe, output=tmp_path / "run", style="quiet")
    found = whole.standings[0].outcomes[1]
    assert found.seed == 1
    assert weights(found.path) == weights(run.path)
    assert found.value == run.metrics()["test"]["accuracy"]
    assert found.loss == run.metrics()["test"]["loss"]


def test_dense_is_sized_to_the_others_weights(whole: Comparison) -> None:
    look, dense = (standing.contestant for standing in whole.standings)
    # course-look on 8×8 grey: 3 → 8×8 weights counted by the network's own table elsewhere; here the nearest that
    # one hidden layer can come: units of 64 + 10 + 1 weights, and 10 biases.
    (hidden,) = dense.options["hidden"]
    assert dense.parameters == hidden * 75 + 10
    assert abs(dense.parameters - look.parameters) <= 75 / 2
    assert dense.multiply_adds == hidden * 74  # 64 inputs and 10 outputs a unit
    for outcome in whole.standings[1].outcomes:
        run = pn.Run.open(outcome.path)
        assert sum(p.numel() for p in run.network.parameters()) == dense.parameters


def test_figures_are_those_of_the_runs(whole: Comparison) -> None:
    told = json.loads((whole.path / "comparison.json").read_text())
    assert told["status"] == "finished"
    answers = {}
    for network in told["results"]["networks"]:
        assert [each["seed"] for each in network["trainings"]] == list(range(SEEDS))
        accuracies, right = [], []
        for each in network["trainings"]:
            lines = (Path(each["run"]) / "predictions.csv").read_text().splitlines()[1:]
            found = [line.split(",")[2] == line.split(",")[3] for line in lines]
            assert each["accuracy"] == pytest.approx(np.mean(found))
            accuracies.append(np.mean(found))
            right.append(found)
        assert network["accuracy"]["mean"] == pytest.approx(np.mean(accuracies))
        assert network["accuracy"]["sd"] == pytest.approx(np.std(accuracies, ddof=1))
        answers[network["label"]] = np.array(accuracies)
    (gap,) = told["results"]["differences"]
    gaps = answers[gap["first"]] - answers[gap["second"]]
    assert gap["mean"] == pytest.approx(gaps.mean())
    assert gap["mean"] >= 0
    expected = stats.ttest_1samp(gaps, 0).confidence_interval(0.95)
    assert gap["over_seeds"] == pytest.approx([expected.low, expected.high])


def test_its_folder(whole: Comparison) -> None:
    page = (whole.path / "report.html").read_text(encoding="utf-8")
    assert "course-look" in page
    for standing in whole.standings:
        for outcome in standing.outcomes:
            link = f"{outcome.path.relative_to(whole.path).as_posix()}/report.html"
            assert f'href="{link}"' in page
            assert (whole.path / link).is_file()
    assert (whole.path / "figures" / "comparison.png").stat().st_size > 10_000
    assert len(figures(whole.path)) == 2 * SEEDS


# The second write is the first of the first run folder, which is then no run yet; a training has about 17.
@pytest.mark.parametrize("moments", [(2, 30), (12, "report.html")])
def test_killed_and_resumed_it_ends_the_same(
    whole: Comparison, tmp_path: Path, moments: tuple[int | str, ...]
) -> None:
    output = tmp_path / "killed"
    for index, moment in enumerate(moments):
        process = spawn(kill_at_write, str(output), index > 0, moment)
        process.join()
        assert process.exitcode == -signal.SIGKILL
        assert not (output / "report.html").exists()
    found = small_comparison(str(output), resume=True)
    assert figures(output) == figures(whole.path)
    for theirs, ours in zip(found.standings, whole.standings, strict=True):
        for a, b in zip(theirs.outcomes, ours.outcomes, strict=True):
            assert weights(a.path) == weights(b.path)


def test_ctrl_c_says_how_to_go_on_and_that_goes_on(tmp_path: Path) -> None:
    output, written = tmp_path / "my comparison", tmp_path / "out"
    process = spawn(
        interrupted_at_step, str(output), 30, str(written)
    )  # 23 steps an epoch: in the second training
    process.join()
    said = written.read_text()
    assert process.exitcode == 130, said
    assert "Traceback" not in said
    assert "Training 1 of 2: course-look" in said
    assert "Training 2 of 2: dense" in said
    before, _, after = said.partition("go on with the comparison:\n")
    assert before.endswith("Stopped by SIGINT in epoch 1, after step 7 of 23. All is saved; ")
    resume = shlex.split(after)
    assert resume == ["prunelle", "compare", "--resume", str(output)]
    first = next(output.glob("runs/1-*/weights/best.safetensors"))
    stamp = first.stat().st_mtime_ns
    done = prunelle(*resume[1:], "--progress", "lines")
    assert done.code == 0, done.err
    assert first.stat().st_mtime_ns == stamp  # what was finished is not trained again
    assert "Training 1 of 2" not in done.err
    assert "Training 2 of 2: dense" in done.err
    assert "step 7 of 23" in done.err
    assert f"Report: {output / 'report.html'}" in done.out
    again = prunelle("compare", "--resume", output, "--json", "-q")
    assert json.loads(again.out)["split"] == "test"


def test_the_command(tmp_path: Path) -> None:
    done = prunelle(
        *("compare", "dense", "course-look", "--epochs", 1, "--seeds", 2, "--hidden", "5", "--lr", "0.002"),
        *("--batch-size", 64, "--runs", tmp_path, "--language", "fr", "--json", "--progress", "lines"),
    )
    assert done.code == 0, done.err
    told = json.loads(done.out)
    dense, look = told["networks"]
    assert dense["parameters"] == 64 * 5 + 5 + 5 * 10 + 10
    assert [each["seed"] for each in look["trainings"]] == [0, 1]
    # What the data is was said once, not once a training.
    assert done.err.count("Pas de division de validation ni de test donnée") == 1
    assert "Entraînement 4 sur 4\xa0: course-look" in done.err
    (folder,) = tmp_path.iterdir()
    assert folder.name.endswith("-compare-dense-course-look-digits")
    assert pn.Run.open(look["trainings"][0]["run"]).recipe.learning_rate == 0.002
    page = (folder / "report.html").read_text(encoding="utf-8")
    assert '<html lang="fr">' in page
    assert "prunelle compare dense course-look --epochs 1" in page


def test_finished_runs_are_compared_as_they_are(whole: Comparison, tmp_path: Path) -> None:
    look, dense = ([outcome.path for outcome in standing.outcomes] for standing in whole.standings)
    done = prunelle("compare", *look, *dense, "--output", tmp_path / "c", "--progress", "lines")
    assert done.code == 0, done.err
    for standing in whole.standings:
        rows = [line for line in done.out.splitlines() if " points " not in line]
        (line,) = (row for row in rows if row.split()[0] == standing.contestant.label)
        assert f"{100 * standing.figure.mean:.2f}\xa0% ± {100 * standing.figure.sd:.2f}" in line
        assert f"{standing.contestant.parameters:,}" in line
    told = json.loads((tmp_path / "c" / "comparison.json").read_text())["results"]
    before = json.loads((whole.path / "comparison.json").read_text())["results"]
    assert told["differences"] == before["differences"]
    assert [each["accuracy"] for each in told["networks"]] == [
        each["accuracy"] for each in before["networks"]
    ]
    again = prunelle("compare", "--resume", tmp_path / "c")
    assert (again.code, "its report is made again" in again.err) == (0, True)
    assert json.loads((tmp_path / "c" / "comparison.json").read_text())["results"] == told
    one = prunelle("compare", *look, "--output", tmp_path / "d")
    assert (one.code, "one network under one recipe" in one.err) == (2, True)
    mixed = prunelle("compare", look[0], "lenet5")
    assert "'lenet5' is no run" in mixed.err
    settings = prunelle("compare", look[0], dense[0], "--epochs", 3)
    assert "leave data and settings out" in settings.err
    assert not (tmp_path / "d").exists()


def test_runs_judged_on_other_pictures_cannot_be_compared(whole: Comparison, tmp_path: Path) -> None:
    from sklearn.datasets import load_digits

    found = load_digits()
    other = pn.from_arrays(
        np.round(found.images[300:600] * 255 / 16).astype(np.uint8),
        found.target[300:600].tolist(),
        name="digits",
        validation=0.2,
        test=0.3,
    )
    run = pn.train("dense", other, pn.Recipe(epochs=1), output=tmp_path / "run", style="quiet")
    with pytest.raises(RunError, match="was judged on other pictures than"):
        pn.compare([whole.standings[0].outcomes[0].path, run], output=tmp_path / "c")
    assert not (tmp_path / "c").exists()


def test_modules_of_ones_own(tmp_path: Path) -> None:
    def make() -> nn.Module:
        return nn.Sequential(nn.Flatten(), nn.Linear(64, 10))

    before = torch.get_rng_state()
    found = pn.compare(
        {"linear": make, "wide": "dense"},
        digits(),
        pn.Recipe(epochs=1),
        seeds=[3, 5],
        options={"wide": {"hidden": (40,)}},
        output=tmp_path / "c",
        style="quiet",
    )
    assert torch.equal(torch.get_rng_state(), before)
    linear, wide = found.standings
    assert (linear.contestant.parameters, linear.contestant.multiply_adds) == (650, 640)
    assert wide.contestant.options == {"hidden": [40]}
    assert [outcome.seed for outcome in linear.outcomes] == [3, 5]
    # Each seed begins with weights of its own.
    assert weights(linear.outcomes[0].path) != weights(linear.outcomes[1].path)
    with pytest.raises(RunError, match="compares a network of your own"):
        pn.compare(resume=tmp_path / "c", data=digits())


def test_a_network_that_diverges_stops_no_other(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from prunelle.training.engine import Training

    original = Training._step

    def step(self: Training, *arguments: Any) -> None:
        if self.recipe.seed == 1 and type(self.network).__name__ == "Dense":
            raise Diverged("the loss became nan in epoch 1, step 1.")
        original(self, *arguments)

    monkeypatch.setattr(Training, "_step", step)
    found = small_comparison(str(tmp_path / "c"))
    look, dense = found.standings
    assert (len(look.outcomes), len(dense.outcomes), list(dense.diverged)) == (2, 1, [1])
    (gap,) = found.differences()
    assert list(gap.seeds) == [0]
    assert gap.over_seeds is None
    assert "dense diverged with seed 1" in (found.path / "report.html").read_text(encoding="utf-8")
    # Going on does not try it again.
    assert small_comparison(str(tmp_path / "c"), resume=True).standings[1].diverged == [1]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["lenet5"], "name at least two networks to compare; received lenet5."),
        ([], "name at least two networks to compare; received none."),
        (["lenet5", "dens"], "unknown network 'dens'. Did you mean 'dense'"),
        (["dense", "dense"], "dense is named twice"),
        (["course-look", "course-mnist", "--match-parameters"], "it needs dense and another one"),
        (["dense", "course-look", "--match-parameters", "--hidden", "9"], "leave its hidden layers out"),
        (["lenet5", "course-look", "--hidden", "9"], "--hidden is for dense"),
        (["dense", "course-look", "--seeds", "0"], "seeds must be at least one"),
        (["dense", "course-look", "--epochs", "0"], "epochs must be at least 1; received 0"),
        (
            ["dense", "course-look", "--patience", "2", "--validation", "0"],
            "patience waits for a better validation",
        ),
        (
            ["dense", "course-look", "--data", "no-such-folder"],
            "neither a folder or file that exists nor a named set",
        ),
        (["--resume", "nowhere"], "nowhere is no comparison: it has no comparison.json"),
        (["--resume", "nowhere", "--epochs", "3"], "Leave out: --epochs."),
    ],
)
def test_what_cannot_be_compared_is_said_and_leaves_nothing(
    arguments: list[str], message: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    done = prunelle("compare", *arguments)
    assert done.code != 0
    assert message in done.err
    assert "Traceback" not in done.err
    assert not list(tmp_path.glob("runs/*"))


def test_a_module_is_no_recipe_for_modules() -> None:
    with pytest.raises(ArgumentError, match="must be a function that makes one"):
        pn.compare({"a": nn.Linear(2, 2), "b": "dense"}, digits())  # type: ignore[dict-item]


def test_a_key_of_a_comparison_that_changed_is_a_sentence(whole: Comparison, tmp_path: Path) -> None:
    """Of what ``comparison.json`` asked for: no error is Python's own."""
    made = tmp_path / "made"
    shutil.copytree(whole.path, made)
    told = read_json(made / "comparison.json")
    asked = {key: told[key] for key in ("recipe", "networks", "data", "created", "versions", "host", "seeds")}
    refused = set()
    for place, changed in itertools.chain(misspelt(asked), retyped(asked)):
        (made / "comparison.json").write_text(json.dumps(told | changed))
        try:
            comparison.read_info(made)
            comparison.resume_command(made)
        except RunError:
            refused.add(place)
    assert {".recipe.epochs", ".recipe.augment.rotation", ".networks[0].label"} <= refused
    assert {".created", ".versions.torch", ".host.device", ".networks.0.label", ".seeds.0"} <= refused


def _one_answer_more_right(text: str) -> str:
    """The first wrong answer is the truth."""
    return re.sub(r"(?m)^(\d+),(\w+),(\d),(?!\3)\d,", r"\1,\2,\3,\3,", text, count=1)


@pytest.mark.parametrize(
    ("name", "change", "said"),
    [
        ("predictions.csv", lambda text: re.sub(r"(?m),7,0\.", ",\xe5,0.", text, count=1), "'å' is no class"),
        (
            "predictions.csv",
            lambda text: re.sub(r"(?m)^(.*),(\d),\2,", r"\1,\2,99,", text, count=1),
            "'99' is no",
        ),
        ("predictions.csv", _one_answer_more_right, "accuracy of the 90 answers .* the other says otherwise"),
        ("results.csv", lambda text: text.replace("train_accuracy", "\x00" * 14), "it lacks train_accuracy"),
        (
            "results.csv",
            lambda text: text[: text.rindex("\n", 0, -1) + 1],
            "epochs, and metrics.json says otherwise",
        ),
    ],
    ids=["a class", "an answer", "a right answer", "a column", "an epoch"],
)
def test_figures_that_contradict_each_other_are_not_compared(
    whole: Comparison, tmp_path: Path, name: str, change: Callable[[str], str], said: str
) -> None:
    """A run keeps no digest of what it reached; what it says twice has to be the same."""
    runs = [standing.outcomes[0].path for standing in whole.standings]
    changed = tmp_path / "run"
    shutil.copytree(runs[0], changed)
    text = (changed / name).read_text(encoding="utf-8")
    (changed / name).write_text(change(text), encoding="utf-8")
    assert (changed / name).read_text(encoding="utf-8") != text
    done = prunelle("compare", changed, runs[1], "--output", tmp_path / "made")
    assert (done.code, done.out) == (1, "")
    assert re.search(said, done.err)


@pytest.mark.parametrize("size", [None, 20])
def test_of_files_each_network_goes_on_with_what_it_would_have_had(size: int | None, tmp_path: Path) -> None:
    """What the first run kept of its pictures is prepared for its own network: LeNet's have a border."""
    photos = make_folder(tmp_path / "photos", ["u", "v"], 12, size=(16, 16))
    settings: dict[str, Any] = {
        "seeds": 1,
        "size": size,
        "test": 0.3,
        "output": tmp_path / "c",
        "style": "quiet",
    }
    found = pn.compare(["lenet5", "dense"], photos, pn.Recipe(epochs=1), **settings)
    whole, second = figures(found.path), found.standings[1].outcomes[0].path
    kept = weights(second)
    shutil.rmtree(second)
    again = pn.compare(resume=found.path, style="quiet")
    assert figures(again.path) == whole
    assert weights(second) == kept
