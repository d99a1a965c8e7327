"""``prunelle train --folds``, whole: everybody judged once, by who has not learned them; stopped, and gone on."""

from __future__ import annotations

import csv
import dataclasses
import json
import math
import re
import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from scipy import stats
from sklearn.metrics import accuracy_score, confusion_matrix

import prunelle as pn
from prunelle.errors import ArgumentError, RunError
from prunelle.jobs.folding import FoldsRequest, cross_validate
from prunelle.planning.request import DataSource, Destination, TrainingRequest
from prunelle.runs.folds import Folds, fold_of
from prunelle.runs.listener import Quiet
from prunelle.texts import Note
from tests.integration.command import prunelle
from tests.integration.folding import FOLDS, kill_at_write, results, small_folds
from tests.integration.trainings import spawn
from tests.pictures import make_folder

COMMON = ("--network", "course-look", "--epochs", 3, "--language", "en")


def rows(file: Path) -> list[dict[str, str]]:
    with file.open(newline="") as stream:
        return list(csv.DictReader(stream))


@pytest.fixture(scope="module")
def photos(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_folder(tmp_path_factory.mktemp("photos") / "stripes", ["u", "v"], 15, size=(16, 16))


@pytest.fixture(scope="module")
def made(photos: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Any]:
    """What the command made, and what it said."""
    output = tmp_path_factory.mktemp("folds") / "made"
    return output, prunelle("train", photos, "--folds", FOLDS, *COMMON, "--output", output)


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Folds:
    """What nothing stopped."""
    found = small_folds(output=tmp_path_factory.mktemp("whole") / "whole")
    assert isinstance(found, Folds)
    return found


def test_everybody_is_judged_once_by_a_network_that_has_not_learned_them(
    made: tuple[Path, Any], photos: Path
) -> None:
    path, done = made
    assert done.code == 0, done.err
    assigned = {row["file"]: row["fold"] for row in rows(path / "folds.csv")}
    assert sorted(assigned) == sorted(map(str, photos.glob("*/*.jpg")))
    for fold in range(1, FOLDS + 1):
        splits = rows(path / "runs" / f"fold-{fold}" / "splits.csv")
        assert sorted(row["file"] for row in splits) == sorted(assigned)
        judged = {row["file"] for row in splits if row["split"] == "test"}
        assert judged == {file for file, of in assigned.items() if of == str(fold)}
        assert sum(row["split"] == "validation" for row in splits) >= 2
    answered = rows(path / "predictions.csv")
    assert [(row["file"], row["fold"]) for row in answered] == list(assigned.items())
    for row in answered:
        own = rows(path / "runs" / f"fold-{row['fold']}" / "predictions.csv")
        theirs = next(each for each in own if each["file"] == row["file"])
        assert (row["class"], row["predicted"]) == (theirs["class"], theirs["predicted"])
        assert row["probability"] == theirs["probability"]


def test_figures_are_those_of_all_answers_together(made: tuple[Path, Any]) -> None:
    path, done = made
    answered = rows(path / "predictions.csv")
    truth, said = [row["class"] for row in answered], [row["predicted"] for row in answered]
    figures = json.loads((path / "metrics.json").read_text())
    together = figures["folds"]
    assert together["n"] == 30
    assert together["accuracy"] == pytest.approx(accuracy_score(truth, said))
    right = sum(a == b for a, b in zip(truth, said, strict=True))
    interval = stats.binomtest(right, 30).proportion_ci(method="wilson")
    assert together["interval"] == pytest.approx([interval.low, interval.high])
    loss = np.mean([-math.log(float(row["probability_of_class"])) for row in answered])
    assert together["loss"] == pytest.approx(loss, rel=1e-5)
    for one in figures["each"]:
        run = pn.Run.open(path / "runs" / f"fold-{one['fold']}")
        assert one["accuracy"] == run.metrics()["test"]["accuracy"]
        assert one["n"] == run.metrics()["test"]["n"]
        # The run alone says the same, of its own test, wherever it finds it.
        assert pn.evaluate(run, style="quiet").accuracy == one["accuracy"]
    found = Folds.open(path)
    expected = confusion_matrix(truth, said, labels=["u", "v"])
    assert np.array_equal(found.evaluation.confusion, expected)
    low, high = (f"{100 * end:.2f}\N{NO-BREAK SPACE}%" for end in together["interval"])
    assert f"of 30 pictures are right (95 % interval {low} to {high})".replace(
        "95 %", "95\N{NO-BREAK SPACE}%"
    ) in done.out.replace("95 %", "95\N{NO-BREAK SPACE}%")
    assert f"Report: {path / 'report.html'}" in done.out
    for fold in range(1, FOLDS + 1):
        assert re.search(rf"Fold {fold} of 3: learns \d+, validates on \d, judges \d+", done.err)
    assert "about" in done.err
    assert "This is fold" not in done.err


def test_the_report_has_all_folds_and_the_worst_errors_of_all(
    made: tuple[Path, Any], photos: Path, tmp_path: Path
) -> None:
    path = tmp_path / "copy"
    shutil.copytree(made[0], path)
    page = (path / "report.html").read_text()
    found = Folds.open(path)
    for fold in range(1, FOLDS + 1):
        assert f'href="runs/fold-{fold}/report.html"' in page
    assert "each judged by a network that never saw it" in page
    wrong = found.evaluation.n - found.evaluation.correct
    assert page.count('<p class="file"') == min(wrong, 24)
    assert page.count("data:image/png") == min(wrong, 24)
    assert "<script" not in page
    assert "http://" not in page.replace("http://www.w3.org", "")
    again = prunelle("report", path, "--language", "fr")
    assert again.code == 0, again.err
    french = (path / "report.html").read_text()
    assert "chacune jugée par un réseau qui ne l’a jamais vue" in french
    assert french.count("data:image/png") == min(wrong, 24)
    report = (path / "runs" / "fold-2" / "report.html").read_text()
    assert "This is fold 2 of 3 of a cross-validation" in report
    # A fold offers no folds.
    assert "--folds 5" not in report


def test_networks_answer_together_with_the_mean_of_their_probabilities(
    made: tuple[Path, Any], photos: Path
) -> None:
    files = sorted(photos.glob("*/*.jpg"))[::7]
    found = Folds.open(made[0])
    alone = [
        {each.file: dict(each.top) for each in pn.predict(run, files, style="quiet")} for run in found.runs
    ]
    for answer in pn.predict(made[0], files, style="quiet"):
        for name, share in answer.top:
            assert share == pytest.approx(np.mean([one[answer.file][name] for one in alone]), abs=1e-5)
    told = prunelle("predict", made[0], files[0], "--format", "json")
    assert json.loads(told.out)[0]["predictions"][0]["class"] in "uv"


def test_evaluate_says_what_was_measured_and_judges_others_by_all(
    made: tuple[Path, Any], photos: Path, tmp_path: Path
) -> None:
    own = pn.evaluate(made[0], style="quiet")
    assert own.accuracy == Folds.open(made[0]).metrics["folds"]["accuracy"]
    assert pn.evaluate(made[0], photos, style="quiet").n == 30
    others = make_folder(tmp_path / "others", ["u", "v"], 4, size=(16, 16), seed=9)
    judged = pn.evaluate(made[0], others, style="quiet")
    assert judged.n == 8
    truth = [Path(file).parent.name for file in judged.files or ()]
    answers = pn.predict(made[0], judged.files or (), top=1, style="quiet")
    assert judged.accuracy == accuracy_score(truth, [answer.answer for answer in answers])
    # What one of them has learned is left out, whichever it was.
    shutil.copy(photos / "u" / "0003.jpg", others / "u" / "known.jpg")
    again = pn.evaluate(made[0], others, style="quiet")
    assert again.n == 8
    assert again.judged is not None
    assert again.judged.learned == 1
    table = prunelle("evaluate", made[0])
    assert "30 examples, each by a network that never saw it, are right" in table.out


def test_what_takes_one_network_says_which(made: tuple[Path, Any], photos: Path, tmp_path: Path) -> None:
    path = made[0]
    looked = prunelle("look", path, photos / "u" / "0000.jpg", "-o", tmp_path / "look", "--view", "filters")
    assert looked.code == 0, looked.err
    assert (
        f"holds 3 networks; what is shown is the one of fold 1. Of another: {path / 'runs' / 'fold-2'}"
        in looked.err
    )
    for words in (("review", path), ("evaluate", path / "runs" / "fold-9")):
        assert prunelle(*words).code == 1
    refused = prunelle("retrain", path)
    assert (
        f"{path} is no run but a cross-validation, whose runs are {path / 'runs' / 'fold-1'}" in refused.err
    )
    resumed = prunelle("train", "--resume", path)
    assert "is a cross-validation, which the same call goes on with:\n  prunelle train" in resumed.err
    assert resumed.err.rstrip().endswith(f"--output {path}")
    unsure = prunelle("predict", path, photos, "--unsure", 0.1)
    assert "go with one run" in unsure.err
    assert {Path(row["run"]).name for row in pn.runs(path.parent).rows()} == {"fold-1", "fold-2", "fold-3"}


@pytest.mark.parametrize(
    "target", ["runs/fold-2/metrics.json", "runs/fold-3/weights/last.safetensors", "predictions.csv"]
)
def test_killed_it_goes_on_to_the_same_bits(whole: Folds, tmp_path: Path, target: str) -> None:
    runs = tmp_path / "runs"
    killed = spawn(kill_at_write, str(runs), target)
    killed.join(120)
    assert killed.exitcode == -9
    (path,) = runs.iterdir()
    with pytest.raises(RunError, match=r"is not finished; go on with it first, by the same call:\n.*output="):
        Folds.open(path)
    finished = {
        file: file.stat().st_mtime_ns
        for file in path.glob("runs/*/run.json")
        if json.loads(file.read_text())["status"] == "finished"
    }
    assert finished
    found = small_folds(runs=runs)
    assert found.path == path  # the same call goes on where it was stopped
    assert results(path) == results(whole.path)
    assert {file: file.stat().st_mtime_ns for file in finished} == finished
    assert found.evaluation.accuracy == whole.evaluation.accuracy
    assert json.loads((path / "folds.json").read_text())["status"] == "finished"
    assert not list(path.rglob("*.tmp"))


def test_another_call_is_another_cross_validation(whole: Folds, tmp_path: Path) -> None:
    path = tmp_path / "copy"
    shutil.copytree(whole.path, path)
    before = results(path)
    assert small_folds(output=path).metrics == whole.metrics  # finished: nothing is trained
    assert results(path) == before
    with pytest.raises(
        ArgumentError, match=r"is of other settings \(recipe\); name another --output, or go on"
    ):
        pn.cross_validate(
            "course-look", digits_of(whole), pn.Recipe(epochs=3), folds=FOLDS, output=path, style="quiet"
        )
    with pytest.raises(ArgumentError, match=r"is of other settings \(examples, folds"):
        pn.cross_validate(
            "course-look",
            digits_of(whole),
            pn.Recipe(epochs=2, batch_size=32),
            folds=4,
            output=path,
            style="quiet",
        )
    answers = path / "runs" / "fold-1" / "predictions.csv"
    answers.write_text("\n".join(answers.read_text().splitlines()[:-1]) + "\n")
    with pytest.raises(RunError, match="was judged on other examples than those that"):
        Folds.open(path)


def digits_of(_: Folds) -> Any:
    from tests.integration.comparisons import digits

    return digits()


def test_groups_and_copies_are_never_divided(tmp_path: Path) -> None:
    random = np.random.default_rng(0)
    images = random.integers(0, 256, (60, 8, 8, 1), dtype=np.uint8)
    images[50] = images[0]  # a copy, in another group
    data = pn.from_arrays(images, [i // 2 % 2 for i in range(60)], validation=0, test=0)
    groups = np.array([f"g{i // 4}" for i in range(60)])
    data = dataclasses.replace(data, train=dataclasses.replace(data.train, groups=groups))
    found = pn.cross_validate("course-look", data, pn.Recipe(epochs=1), output=tmp_path / "f", style="quiet")
    assigned = rows(found.path / "folds.csv")
    of_group: dict[str, set[str]] = {}
    for row, group in zip(assigned, groups, strict=True):
        of_group.setdefault(str(group), set()).add(row["fold"])
    assert all(len(fold) == 1 for fold in of_group.values())
    assert assigned[0]["fold"] == assigned[50]["fold"]
    assert len({row["together"] for row in assigned}) == 14  # 15 groups, of which two hold the same picture
    for run in found.runs:
        placed = run.placed()
        assert placed is not None
        assert placed.contents is not None
        where: dict[str, set[str]] = {}
        by_digest = dict(zip(_digests(images), groups, strict=True))
        for digest, split in zip(placed.contents.digests, placed.splits, strict=True):
            where.setdefault(by_digest[digest], set()).add(str(split))
        assert all(len(splits) == 1 for splits in where.values())
    assert "Groups and copies stay together" in (found.path / "folds.json").read_text()


def _digests(images: np.ndarray) -> list[str]:
    from prunelle.data.duplicates import contents_of
    from prunelle.data.pixels import Pixels

    return list(contents_of(Pixels(images, np.zeros(len(images), np.int64))).digests)


def test_a_given_test_stays_outside_and_is_answered_by_all(tmp_path: Path) -> None:
    photos = tmp_path / "photos"
    for number, (split, n) in enumerate((("train", 8), ("val", 3), ("test", 4))):
        make_folder(photos / split, ["u", "v"], n, size=(16, 16), seed=number)
    done = prunelle("train", photos, "--folds", 2, *COMMON, "--output", tmp_path / "out")
    assert done.code == 0, done.err
    assert "The validation examples that were given are divided among the folds too." in done.err
    assert "The test stays outside of the folds" in done.err
    assigned = [row["file"] for row in rows(tmp_path / "out" / "folds.csv")]
    assert len(assigned) == 22
    assert not any("/test/" in file for file in assigned)
    figures = json.loads((tmp_path / "out" / "metrics.json").read_text())["test"]
    assert figures["n"] == 8
    answers = pn.predict(tmp_path / "out", sorted((photos / "test").glob("*/*.jpg")), top=1, style="quiet")
    right = [answer.answer == Path(answer.file).parent.name for answer in answers]
    assert figures["accuracy"] == np.mean(right)
    assert "Test, by the 2 networks together" in done.out
    # A test that is asked for is one, too.
    asked = prunelle(
        "train", photos / "train", "--folds", 2, "--test", 0.25, *COMMON, "--output", tmp_path / "asked"
    )
    assert asked.code == 0, asked.err
    assert len(rows(tmp_path / "asked" / "folds.csv")) == 12


def test_named_sets_and_series_have_folds_whose_runs_find_their_examples(tmp_path: Path) -> None:
    random = np.random.default_rng(0)
    waves = random.normal(0, 0.3, (24, 12)) + np.outer(np.arange(24) % 2, np.linspace(-1, 1, 12))
    lines = [",".join([*(f"{value:.4f}" for value in wave), "ab"[i % 2]]) for i, wave in enumerate(waves)]
    header = ",".join([*(f"t{i}" for i in range(12)), "label"])
    (tmp_path / "waves.csv").write_text("\n".join([header, *lines]) + "\n")
    done = prunelle(
        *("train", tmp_path / "waves.csv", "--labels", "label", "--folds", 2, "--epochs", 2),
        *("--network", "fcn", "--output", tmp_path / "waves"),
    )
    assert done.code == 0, done.err
    assert "24 series" in done.out
    for fold in (1, 2):
        run = pn.Run.open(tmp_path / "waves" / "runs" / f"fold-{fold}")
        assert pn.evaluate(run, style="quiet").accuracy == run.metrics()["test"]["accuracy"]
    assert prunelle("report", tmp_path / "waves").code == 0
    assert prunelle("predict", tmp_path / "waves", tmp_path / "waves.csv").code == 0


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (("--folds", 1), "folds must be at least 2"),
        (("--folds", 16), r"received 16, and u has 15, v has 15. Ask for fewer (--folds 15), or add some."),
        (("--folds", 3, "--resume", "some"), "Leave out: --folds"),
        (("--folds", 3, "--unlabelled", "some"), "--folds and --unlabelled do not go together"),
        (("--folds", 3, "--validation", 1.5), "validation must be a share of the pictures"),
        (("--folds", 3, "--name", "x", "--output", "y"), "name goes into the name of a new folder"),
        (("--folds", 3, "--strategy", "features"), "strategy features starts from weights"),
    ],
)
def test_what_it_refuses(
    photos: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, words: tuple[object, ...], message: str
) -> None:
    monkeypatch.chdir(tmp_path)
    done = prunelle("train", photos, *words)
    assert done.code == 2
    assert message in done.err
    assert not list(tmp_path.iterdir())


def test_a_module_is_refused_and_a_run_is_never_written_over(photos: Path, tmp_path: Path) -> None:
    with pytest.raises(ArgumentError, match="folds go with a network by name, as each begins anew"):
        pn.cross_validate(pn.build("course-look"), photos, style="quiet")  # type: ignore[arg-type]
    (tmp_path / "there").mkdir()
    (tmp_path / "there" / "note.txt").write_text("mine")
    done = prunelle("train", photos, "--folds", 2, *COMMON, "--output", tmp_path / "there")
    assert done.code == 1
    assert "is there already, and a cross-validation is never written over" in done.err
    assert [file.name for file in (tmp_path / "there").iterdir()] == ["note.txt"]


def test_a_small_test_is_named_and_folds_are_offered(photos: Path, tmp_path: Path) -> None:
    done = prunelle("train", photos, *COMMON, "--test", 0.2, "--output", tmp_path / "run")
    assert "The test has 6 pictures: nine in ten right would be known to ±" in done.err
    low, high = (float(end) for end in _interval(tmp_path / "run"))
    said = f"6 test pictures tell an accuracy only to ±{50 * (high - low):.0f} points. The same command with --folds 5"
    assert said in done.out
    assert said in (tmp_path / "run" / "report.html").read_text()
    french = prunelle("train", photos, *COMMON[:-1], "fr", "--output", tmp_path / "fr")
    assert "ne donnent une exactitude qu’à ±" in french.out
    # Splits of named sets are what all are compared by; a part of data, in Python, is its caller's choice.
    heard: list[Note] = []

    class Hearing(Quiet):
        def on_note(self, note: Note) -> None:
            heard.append(note)

    pn.train("course-look", pn.load(photos), pn.Recipe(epochs=1), output=tmp_path / "python", style=Hearing())
    named = prunelle(
        "train", "digits", "--network", "course-look", "--epochs", 1, "--output", tmp_path / "digits"
    )
    assert "--folds" not in named.out + named.err + "".join(note.en for note in heard)


def _interval(run: Path) -> list[float]:
    interval: list[float] = json.loads((run / "metrics.json").read_text())["test"]["interval"]
    return interval


def test_a_fold_knows_its_cross_validation(made: tuple[Path, Any]) -> None:
    path = made[0]
    assert fold_of(path / "runs" / "fold-1") == path.absolute()
    assert fold_of(path) is None


def test_what_is_wrong_with_the_first_training_leaves_nothing(photos: Path, tmp_path: Path) -> None:
    request = TrainingRequest(
        source=DataSource(data=photos),
        network="course-look",
        options={"nonsense": 3},
        destination=Destination(output=tmp_path / "out"),
    )
    with pytest.raises(Exception, match="nonsense"):
        cross_validate(FoldsRequest(training=request, folds=2), Quiet())
    assert not (tmp_path / "out").exists()
