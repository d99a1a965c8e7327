"""``predict --unsure`` and ``--sets``, ``trust.json``: of a run of a few epochs on the digits."""

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
from tests.integration.command import prunelle


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("trust") / "run"
    trained = prunelle(
        *("train", "digits", "--network", "lenet5", "--epochs", 5, "--seed", 0),
        *("--validation", 0.3, "--output", folder, "--progress", "quiet"),
    )
    assert trained.code == 0, trained.err
    return folder


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("files")
    digits = load_digits()
    for i in range(40):
        pixels = np.round(digits.images[i] * 255 / 16).astype(np.uint8)
        Image.fromarray(pixels).save(folder / f"{i:02}-{digits.target[i]}.png")
    return folder


def test_it_says_what_was_chosen_and_what_measured_it(run: Path) -> None:
    record = json.loads((run / "trust.json").read_text())
    metrics = json.loads((run / "metrics.json").read_text())
    assert record["chosen_on"]["n"] == metrics["validation"]["n"]
    assert record["chosen_on"]["right"] == round(
        metrics["validation"]["accuracy"] * metrics["validation"]["n"]
    )
    assert record["measured_on"]["n"] == metrics["test"]["n"]
    assert record["calibration"]["before"]["loss"] == pytest.approx(metrics["test"]["loss"], abs=1e-6)
    coverage, accuracy = record["curve"][-1]
    assert coverage == 1
    assert accuracy == pytest.approx(metrics["test"]["accuracy"])
    by_class = record["sets"][2]["test"]["by_class"]
    assert sum(each["n"] for each in by_class) == metrics["test"]["n"]
    assert sum(each["held"] for each in by_class) == record["sets"][2]["test"]["held"]


def test_without_caution_nothing_is_new(run: Path, files: Path) -> None:
    answer = pn.predict(run, [files], style="quiet")[0]
    assert (answer.cautious, answer.doubt, answer.among) == (False, None, None)
    assert answer.answer == answer.top[0][0]
    assert answer.to_json().keys() == {"file", "predictions"}
    told = prunelle("predict", run, files, "--format", "csv", "--progress", "quiet")
    assert told.out.splitlines()[0] == "file,rank,class,probability,error"


def test_what_is_unsure_is_not_answered(run: Path, files: Path) -> None:
    told = prunelle("predict", run, files, "--unsure", 0.05, "--format", "csv", "--progress", "quiet")
    assert told.code == 0, told.err
    rows = [row for row in csv.DictReader(io.StringIO(told.out)) if row["rank"] == "1"]
    doubtful = [row for row in rows if row["doubt"]]
    assert 0 < len(doubtful) < len(rows) == 40
    assert all(row["doubt"] == "unsure" and not row["answer"] for row in doubtful)
    assert all(row["answer"] == row["class"] for row in rows if not row["doubt"])
    # Those that it leaves out are its least sure ones.
    assert max(float(row["probability"]) for row in doubtful) < 0.99
    answers = pn.predict(run, [files], unsure=0.05, style="quiet")
    assert [answer.doubt or "" for answer in answers] == [row["doubt"] for row in rows]
    assert [answer.answer or "" for answer in answers] == [row["answer"] for row in rows]


@pytest.mark.parametrize(
    ("language", "said"), [("en_GB.UTF-8", "I don’t know"), ("fr_FR.UTF-8", "je ne sais pas")]
)
def test_the_table_says_so(
    run: Path, files: Path, language: str, said: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LC_ALL", language)
    told = prunelle("predict", run, files, "--unsure", 0.05)
    lines = told.out.splitlines()
    assert 0 < sum(said in line for line in lines) < len(lines) == 40
    assert ("temperature" if language.startswith("en") else "température") in told.err


def test_probabilities_are_calibrated_where_that_is_asked_for(run: Path, files: Path) -> None:
    plain = pn.predict(run, [files], top=10, style="quiet")
    calibrated = pn.predict(run, [files], top=10, unsure=0.5, style="quiet")
    temperature = json.loads((run / "trust.json").read_text())["temperature"]
    for one, other in zip(plain, calibrated, strict=True):
        raised = {name: probability ** (1 / temperature) for name, probability in one.top}
        for name, probability in other.top:
            assert probability == pytest.approx(raised[name] / sum(raised.values()), abs=1e-5)


def test_sets_hold_the_most_probable_classes(run: Path, files: Path) -> None:
    answers = pn.predict(run, [files], top=1, sets=0.02, style="quiet")
    sizes = [len(answer.among or ()) for answer in answers]
    assert min(sizes) == 1
    assert max(sizes) > 1
    for answer in answers:
        assert answer.among == tuple(name for name, _ in answer.top)
    told = json.loads(
        prunelle("predict", run, files, "--sets", 0.02, "--format", "json", "--progress", "quiet").out
    )
    assert [len(each["among"]) for each in told] == sizes


def test_what_is_unlike_all_that_was_learned_is_none_of_these(run: Path, files: Path, tmp_path: Path) -> None:
    random = np.random.default_rng(0)
    for i in range(20):  # digits with every pixel in another place
        pixels = random.permutation(np.asarray(Image.open(sorted(files.iterdir())[i])).reshape(-1))
        Image.fromarray(pixels.reshape(8, 8)).save(tmp_path / f"{i:02}.png")
    told = prunelle(
        "predict", run, files, tmp_path, "--unlike", 0.05, "--format", "csv", "--progress", "quiet"
    )
    rows = [row for row in csv.DictReader(io.StringIO(told.out)) if row["rank"] == "1"]
    unlike = np.array([row["doubt"] == "unlike" for row in rows])
    assert unlike[:40].sum() <= 8
    assert unlike[40:].sum() >= 12
    assert {row["doubt"] for row in rows} == {"", "unlike"}
    assert all(not row["answer"] for row in rows if row["doubt"])
    assert "none of these" in prunelle("predict", run, tmp_path, "--unlike", 0.05).out
    never = pn.predict(run, [tmp_path], unsure=0.5, unlike=0, style="quiet")
    assert not any(answer.doubt == "unlike" for answer in never)
    # Asked for together with something else, without a word.
    assert any(answer.doubt == "unlike" for answer in pn.predict(run, [tmp_path], unsure=0.5, style="quiet"))


def test_false_alarms_are_measured_on_the_test_examples(run: Path) -> None:
    record = json.loads((run / "trust.json").read_text())["unlike"]
    assert record["by"] == "energy and distance"
    assert [each["rate"] for each in record["rates"]] == [0.01, 0.05]
    for each in record["rates"]:
        assert (
            each["test"]["flagged"] / each["test"]["n"] < each["rate"] + 0.07
        )  # 180 examples: four deviations
    assert record["rates"][0]["test"]["flagged"] <= record["rates"][1]["test"]["flagged"]


def test_fewer_false_alarms_than_the_examples_tell_are_refused(run: Path, files: Path) -> None:
    with pytest.raises(RunError, match="no fewer than"):
        pn.predict(run, [files], unlike=0.0001, style="quiet")


def test_what_cannot_be_promised_is_refused_with_what_can(run: Path, files: Path) -> None:
    told = prunelle("predict", run, files, "--unsure", 0.0001)
    assert told.code != 0
    assert "cannot be promised" in told.err
    assert "The least that can is unsure=0.0" in told.err
    with pytest.raises(RunError, match="rule no class out"):
        pn.predict(run, [files], sets=0.0001, style="quiet")
    for wrong in (0, 1, -0.1):
        with pytest.raises(ArgumentError, match="unsure must be a share between 0 and 1"):
            pn.predict(run, [files], unsure=wrong, style="quiet")


def test_a_run_of_before_is_judged_from_its_data(run: Path, files: Path, tmp_path: Path) -> None:
    before = tmp_path / "run"
    shutil.copytree(run, before)
    for name in ("trust.json", "trust.safetensors"):
        (before / name).unlink()
    wanted = pn.predict(run, [files], unsure=0.05, style="quiet")
    found = pn.predict(before, [files], unsure=0.05, style="quiet")
    assert [one.answer for one in found] == [one.answer for one in wanted]
    old, new = (json.loads((each / "trust.json").read_text()) for each in (run, before))
    assert new["temperature"] == pytest.approx(old["temperature"], rel=1e-4)
    assert new["measured_on"] == old["measured_on"]


def test_a_run_of_other_weights_by_now_is_judged_anew(run: Path, files: Path, tmp_path: Path) -> None:
    other = tmp_path / "run"
    shutil.copytree(run, other)
    shutil.copy(other / "weights" / "last.safetensors", other / "weights" / "best.safetensors")
    opened = pn.Run.open(other)
    if opened.trust() is not None:  # its best epoch was its last
        opened.save_weights("best", {name: each * 1.01 for name, each in opened.best_weights().items()})
    assert pn.Run.open(other).trust() is None
    assert pn.predict(other, [files], unsure=0.5, style="quiet")[0].cautious
    assert pn.Run.open(other).trust() is not None


def test_without_validation_it_says_what_to_do(files: Path, tmp_path: Path) -> None:
    folder = tmp_path / "run"
    prunelle(
        *("train", "digits", "--network", "lenet5", "--epochs", 1, "--validation", 0),
        *("--output", folder, "--progress", "quiet"),
    )
    record = json.loads((folder / "trust.json").read_text())
    assert record["chosen_on"] is None
    told = prunelle("predict", folder, files, "--unsure", 0.05)
    assert told.code != 0
    assert "without validation examples" in told.err
    assert "--validation 0.1" in told.err
    assert prunelle("predict", folder, files).code == 0


def test_weights_from_elsewhere_promise_nothing(run: Path, files: Path) -> None:
    weights = pn.pretrained("lenet5", run / "weights" / "best.safetensors")
    with pytest.raises(ArgumentError, match="go with a run"):
        pn.predict(weights, [files], unsure=0.05, style="quiet")


@pytest.mark.parametrize(
    ("file", "damage"),
    [
        ("trust.safetensors", lambda content: content[:-7]),
        ("trust.safetensors", lambda content: content[:-7] + bytes([content[-7] ^ 4]) + content[-6:]),
        ("trust.safetensors", lambda content: b""),
        ("trust.json", lambda content: content.replace(b'"temperature": ', b'"temperature": 1')),
        ("trust.json", lambda content: content[:100]),
    ],
)
def test_damage_is_a_sentence(run: Path, files: Path, tmp_path: Path, file: str, damage: object) -> None:
    broken = tmp_path / "run"
    shutil.copytree(run, broken)
    content = (broken / file).read_bytes()
    (broken / file).write_bytes(damage(content))  # type: ignore[operator]
    opened = pn.Run.open(broken)
    with pytest.raises(RunError, match=file):
        opened.trust() if file.endswith("safetensors") else opened.trust_record()
    # What does not go by it is answered.
    assert pn.predict(broken, [files], style="quiet")[0].top
