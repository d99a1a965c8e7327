"""The model card: read by the hub's own reader, its figures held against the run's files."""

from __future__ import annotations

import ast
import dataclasses
import json
import re
from typing import Any

import numpy as np
import pytest
import yaml
from huggingface_hub import ModelCard

import prunelle as pn
from prunelle.data.targets import OneClass, SeveralLabels
from prunelle.exports.checking import Check, Row
from prunelle.exports.model_card import Written, card
from prunelle.exports.model_card.front import LICENCES
from prunelle.exports.model_card.markdown import text
from prunelle.exports.subject import Facts, Subject
from prunelle.jobs.exporting import subject_of
from prunelle.runs.listener import Quiet
from prunelle.runs.run import Run
from prunelle.texts import Note
from tests.exports.test_formats import PREPROCESS, small

HOSTILE = "a|b *c* <script>\n# d"


def checked() -> Check:
    rows = tuple(
        Row(
            entry=entry,  # type: ignore[arg-type]
            n=200,
            otherwise=("secret-7.jpg",) if entry == "raw" else (),
            tied=0,
            apart=2e-6,
            milliseconds=1.5,
            network_milliseconds=3.0,
        )
        for entry in ("batch of 1", "batch", "raw")
    )
    return Check(rows=rows, origin=Note("200 of photos (test)", "200 de photos (test)"))


def written(subject: Subject, **changes: Any) -> Written:
    values = {"format": "onnx", "files": ("n.onnx", "n.batch.onnx"), "quantize": None, "check": checked()}
    return Written(subject=subject, **{**values, **changes})


def subject(facts: Facts, **changes: Any) -> Subject:
    made = Subject(
        name="n",
        network=small(),
        preprocess=PREPROCESS,
        classes=("oak", "birch", "elm"),
        target=OneClass(),
        facts=facts,
    )
    return dataclasses.replace(made, **changes)


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Run:
    place = tmp_path_factory.mktemp("card")
    draw = np.random.default_rng(0)
    data = pn.from_arrays(
        draw.integers(0, 256, (200, 8, 8, 1), dtype=np.uint8),
        np.repeat([0, 1, 2], [140, 50, 10]),
        classes=("oak", "birch", HOSTILE),
    )
    return pn.train("course-look", data, pn.Recipe(epochs=1), output=place / "run", style="quiet")


def of_run(run: Run) -> Subject:
    return subject_of(run, Quiet())


@pytest.mark.parametrize("language", ["en", "fr"])
def test_the_hub_reads_it(run: Run, language: Any) -> None:
    told = ModelCard(card(written(of_run(run)), language))
    metrics = run.metrics()["test"]
    assert told.data.language == language
    assert told.data.library_name == "onnx"
    assert told.data.pipeline_tag == "image-classification"
    assert {"prunelle", "course-look", "pictures", "classification"} <= set(told.data.tags)
    assert told.data.license is None
    accuracy = next(each for each in told.data.eval_results if each.metric_name == "accuracy")
    assert accuracy.metric_value == metrics["accuracy"]
    low, high = metrics["interval"]
    assert accuracy.metric_args == {"n": metrics["n"], "interval_95_low": low, "interval_95_high": high}


def test_its_tables_are_those_of_the_run(run: Run) -> None:
    told = card(written(of_run(run)), "en")
    metrics = run.metrics()["test"]
    assert f"{100 * metrics['accuracy']:.1f}\N{NO-BREAK SPACE}% of the answers to {metrics['n']} test" in told
    # 140, 50 and 10 of 200, divided 80, 10, 10.
    assert "| oak | 112 | 14 | 14 |" in told
    assert "| all | 160 | 20 | 20 |" in told
    for score in run.judged().per_class()[:2]:
        line = re.search(rf"^\| {score.name} \|.*%.*$", told, re.MULTILINE)
        assert line is not None
        assert f" {100 * score.recall:.1f}\N{NO-BREAK SPACE}% " in line[0]
        assert line[0].endswith(f" {score.support} |")
    assert "epochs: 1; batches of" in told


def test_its_limits_are_made_of_facts(run: Run) -> None:
    told = card(written(of_run(run)), "en")
    limits = told.partition("## What it is not for")[2].partition("\n## ")[0]
    assert "answers one of its 3 classes to anything at all" in limits
    assert f"fewer than 50): birch, {text(HOSTILE)}." in limits
    assert f"oak has 112 training examples, {text(HOSTILE)} has 8." in limits
    assert "judged on 20 test examples only" in limits
    facts = Facts(
        network="x",
        parameters=3,
        data="d",
        counts={"train": 300, "test": 900},
        class_counts={"train": [100, 100, 100]},
        figures={"test": {"accuracy": 0.9, "interval": [0.87, 0.92], "n": 900, "loss": 0.1}},
        judged="test",
    )
    limits = card(written(subject(facts)), "en").partition("## What it is not for")[2].partition("\n## ")[0]
    assert all(word not in limits for word in ("fewer than", "unbalanced", "only", "not surely"))
    chosen = dataclasses.replace(facts, figures={"validation": facts.figures["test"]}, judged="validation")
    assert "There was no test split" in card(written(subject(chosen)), "en")


def test_names_are_texts(run: Run) -> None:
    told = card(written(of_run(run)), "en")
    assert "<script>" not in told
    assert "\n# d" not in told
    rows = [line for line in told.splitlines() if line.startswith("| a")]
    assert rows
    assert all(re.sub(r"\\\|", "", row).count("|") in (5, 7) for row in rows)


def test_no_example_is_named() -> None:
    told = card(written(subject(Facts(network="x", parameters=3))), "en")
    assert "secret" not in told
    assert json.dumps(checked().to_json()).count("secret") == 0
    assert checked().to_json(names=True)["rows"][2]["names"] == ["secret-7.jpg"]


@pytest.mark.parametrize(
    ("given", "known", "name"),
    [("MIT", "mit", None), ("Apache-2.0", "apache-2.0", None), ("ours alone", "other", "ours alone")],
)
def test_a_licence(given: str, known: str, name: str | None) -> None:
    facts = Facts(network="x", parameters=3, licence=given, licence_of="given")
    told = card(written(subject(facts)), "en")
    data = yaml.safe_load(told.split("---\n")[1])
    assert (data["license"], data.get("license_name")) == (known, name)
    assert f"Licence: {given}, as whoever exported it says." in told
    assert "Licence: nobody said" in card(written(subject(Facts(network="x", parameters=3))), "en")


def test_the_licence_of_published_weights_goes_with_them(run: Run) -> None:
    began = Run.open(run.path)
    began.info["network"] = {**began.info["network"], "weights": "resnet18's imagenet weights"}
    facts = subject_of(began, Quiet()).facts
    assert (facts.licence, facts.licence_of) == ("BSD-3-Clause", "weights")
    assert facts.licence.lower() in LICENCES
    assert facts.weights == "resnet18's imagenet weights"
    began.info["network"]["weights"] = "/home/somebody/weights/mine.pth"
    assert subject_of(began, Quiet()).facts.weights == "mine.pth"


def test_programs_of_a_card_are_programs() -> None:
    facts = Facts(network="x", parameters=3)
    for format, files in (("onnx", ("n.onnx", "n.batch.onnx")), ("pt2", ("n.pt2",))):
        told = card(written(subject(facts), format=format, files=files), "en")
        blocks = re.findall(r"```python\n(.*?)```", told, re.DOTALL)
        assert blocks
        for block in blocks:
            ast.parse(block)


def test_several_labels_have_thresholds() -> None:
    facts = Facts(network="x", parameters=3)
    told = card(written(subject(facts, target=SeveralLabels((0.5, 0.25, 0.75)))), "fr")
    assert "3\N{NO-BREAK SPACE}étiquettes" in told or "3 étiquettes" in told
    assert "son propre seuil" in told
