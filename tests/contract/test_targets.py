"""Every kind of target keeps its contracts: labels come back from tables, trainings resume to the bit, all are told."""

from __future__ import annotations

import dataclasses
import json
from pathlib import Path

import numpy as np
import pytest
import torch

import prunelle as pn
from prunelle.data.examples import Data
from prunelle.data.targets import TARGETS, Number, SeveralLabels, Target, target_from_json
from prunelle.errors import ArgumentError, DataError
from prunelle.report.html import OTHER_ANSWERS
from prunelle.runs.listener import Quiet
from prunelle.runs.predictions import KINDS
from prunelle.training.objectives import OBJECTIVES
from prunelle.training.recipe import Recipe
from prunelle.training.records import StepRecord

NAMES = {"class": ("a", "b", "c"), "labels": ("even", "large", "prime"), "number": ("size",)}


def labels_of(kind: str, digits: np.ndarray) -> np.ndarray:
    if kind == "labels":
        return np.stack([digits % 2 == 0, digits >= 5, np.isin(digits, [2, 3, 5, 7])], axis=1)
    return digits % 3 if kind == "class" else digits * 3.5 - 4


def target_of(kind: str, labels: np.ndarray) -> Target:
    return Number.of(labels) if kind == "number" else TARGETS[kind]()


@pytest.fixture(params=sorted(TARGETS))
def data(request: pytest.FixtureRequest) -> Data:
    """A few digits of the embedded set, told in another way."""
    digits = pn.load("digits")
    kept = {"train": 96, "validation": 24, "test": 24}
    splits = {split.name: split.take(np.arange(kept[split.name])) for split in digits.splits()}
    told = {
        name: dataclasses.replace(split, labels=labels_of(request.param, split.labels))
        for name, split in splits.items()
    }
    target = target_of(request.param, told["train"].labels)
    return dataclasses.replace(digits, classes=NAMES[request.param], target=target, source=None, **told)  # type: ignore[arg-type]


def test_every_kind_has_all_its_modules() -> None:
    assert set(OBJECTIVES) == set(TARGETS) == {"class", *OTHER_ANSWERS} == set(KINDS)


def test_labels_come_back_from_tables(data: Data) -> None:
    labels = data.train.labels
    written = [data.target.written(label, data.classes) for label in labels]
    np.testing.assert_array_equal(data.target.read(written, data.classes), labels)
    codes = data.target.codes(labels)
    assert len(set(codes.tolist())) == len(set(written))
    for code in set(codes.tolist()):
        assert len({written[row] for row in np.flatnonzero(codes == code)}) == 1
    assert target_from_json(json.loads(json.dumps(data.target.to_json()))) == data.target
    assert data.target.strata(labels).shape == (len(labels),)


class Stopped(Exception):
    """A kill, as far as a test in one process can have one."""


class StopsInTheSecondEpoch(Quiet):
    def on_step(self, record: StepRecord) -> None:
        if (record.epoch, record.step) == (2, 2):
            raise Stopped


def test_a_training_resumes_to_the_bit_and_is_judged_and_reported(data: Data, tmp_path: Path) -> None:
    recipe = Recipe(epochs=3, batch_size=32, learning_rate=3e-3)
    whole = pn.train("lenet5", data, recipe=recipe, output=tmp_path / "whole", style="quiet")
    with pytest.raises(Stopped):
        pn.train("lenet5", data, recipe=recipe, output=tmp_path / "part", style=StopsInTheSecondEpoch())
    part = pn.train(data=data, resume=tmp_path / "part", style="quiet")
    assert len(part.results()) == 3
    for name, tensor in whole.best_weights().items():
        assert tensor.equal(part.best_weights()[name])
    found, again = whole.judged(), pn.Run.open(whole.path).evaluate(data.test)
    assert data.test is not None
    np.testing.assert_array_equal(found.labels, data.test.labels)
    np.testing.assert_array_equal(found.predicted, again.predicted)
    page = (whole.path / "report.html").read_text()
    assert whole.path.name in page
    assert whole.metrics()["test"]["n"] == 24


def test_files_are_answered_in_the_words_of_the_target(data: Data, tmp_path: Path) -> None:
    from PIL import Image

    run = pn.train("lenet5", data, recipe=Recipe(epochs=1), output=tmp_path / "run", style="quiet")
    files = [tmp_path / "0.png", tmp_path / "1.png"]
    for file, image in zip(files, data.train.decode(run.preprocess).images[:2], strict=True):
        Image.fromarray(image[..., 0]).save(file)
    answers = pn.predict(run, [*files, tmp_path / "no.png"], style="quiet")
    assert {answer.kind for answer in answers} == {data.target.kind}
    assert isinstance(answers[0], KINDS[data.target.kind])
    assert [answer.error is None for answer in answers] == [True, True, False]
    with torch.inference_mode():
        outputs = torch.cat([run.network(run.prepare(Image.open(file))) for file in files]).double()
    told = [answer.to_json() for answer in answers[:2]]
    if data.target.kind == "number":
        wanted = (outputs[:, 0] * run.target.std + run.target.mean).tolist()
        assert [answer["number"] for answer in told] == pytest.approx(wanted, rel=1e-5)
        return
    probabilities = 1 / (1 + (-outputs).exp()) if data.target.kind == "labels" else outputs.softmax(dim=1)
    name = {"labels": "label", "class": "class"}[data.target.kind]
    for answer, row in zip(told, probabilities.tolist(), strict=True):
        given = {each[name]: each["probability"] for each in answer["predictions"]}
        assert given == pytest.approx(dict(zip(data.classes, row, strict=True)), rel=1e-5)


def test_what_is_no_target_is_refused() -> None:
    with pytest.raises(
        ArgumentError, match="target must be of one of class, labels, number; received 'colour'"
    ):
        target_from_json({"kind": "colour"})
    with pytest.raises(DataError, match="must differ for anything to be learned; all are 3"):
        Number.of(np.full(5, 3.0))
    with pytest.raises(DataError, match="'d' is no label of the run"):
        SeveralLabels().read(["a;d"], ("a", "b"))
    with pytest.raises(DataError, match="'x' is no number"):
        Number().read(["1", "x"], ("size",))


def test_a_recipe_of_classes_is_refused_for_numbers(tmp_path: Path) -> None:
    digits = pn.load("digits")
    sizes = {
        split.name: dataclasses.replace(split, labels=labels_of("number", split.labels))
        for split in digits.splits()
    }
    target = Number.of(sizes["train"].labels)
    data = dataclasses.replace(digits, classes=("size",), target=target, source=None, **sizes)  # type: ignore[arg-type]
    with pytest.raises(ArgumentError, match=r"label_smoothing is of classes, .*task \(regression\)"):
        pn.train("lenet5", data, recipe=Recipe(label_smoothing=0.1), output=tmp_path / "run", style="quiet")


def test_a_number_may_be_below_the_mean_where_published_classes_end_in_a_relu() -> None:
    network = pn.build("squeezenet1.0", num_classes=1, input_size=64).eval()
    with torch.inference_mode():
        network.classifier[1].bias.fill_(-3.0)  # type: ignore[index, operator, union-attr]
        assert float(network(torch.zeros(1, 3, 64, 64))) < 0
