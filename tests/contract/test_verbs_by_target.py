"""Verbs and targets: each verb knows runs and data of labels and numbers, or refuses them in one sentence."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

import prunelle as pn
from prunelle.data.decisions import Decision, Decisions
from prunelle.data.examples import Data
from prunelle.errors import ArgumentError
from prunelle.jobs.reviewing import Review
from prunelle.runs.run import Run
from prunelle.tasks import train_with_unlabelled
from prunelle.training.recipe import Recipe
from tests.contract.test_targets import NAMES, labels_of, target_of

ONE = Recipe(epochs=1)


def other_data(kind: str) -> Data:
    digits = pn.load("digits")
    kept = {"train": 64, "validation": 24, "test": 24}
    splits = {split.name: split.take(np.arange(kept[split.name])) for split in digits.splits()}
    told = {
        name: dataclasses.replace(split, labels=labels_of(kind, split.labels))
        for name, split in splits.items()
    }
    target = target_of(kind, told["train"].labels)
    return dataclasses.replace(digits, classes=NAMES[kind], target=target, source=None, **told)  # type: ignore[arg-type]


@pytest.fixture(scope="module", params=["labels", "number"])
def made(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> tuple[Data, Run]:
    data = other_data(request.param)
    output = tmp_path_factory.mktemp(request.param) / "run"
    return data, pn.train("lenet5", data, recipe=ONE, output=output, style="quiet")


def _other(data: Data, output: Path) -> Path:
    return pn.train("dense", data, recipe=ONE, output=output, style="quiet").path


Call = Callable[[Data, Run, Path], object]
REFUSED: dict[str, Call] = {
    "unlabelled": lambda data, run, path: train_with_unlabelled(
        "lenet5", data, unlabelled=path, output=path / "run", style="quiet"
    ),
    "unsure": lambda data, run, path: pn.predict(run, [path], unsure=0.05, style="quiet"),
    "svm": lambda data, run, path: pn.train(
        "lenet5",
        data,
        recipe=ONE,
        weights=str(run.path),
        strategy=pn.Strategy(name="features", head="svm"),
        output=path,
        style="quiet",
    ),
}


def decided(data: Data) -> Decisions:
    """One example gets the label of another, and one is left out."""
    first, other = (data.target.written(data.train.labels[row], data.classes) for row in (0, 1))
    assert first != other
    return Decisions(
        [
            Decision(file="train[0]", label=other, action="relabel", was=first),
            Decision(file="test[0]", label=None, action="leave out"),
        ]
    )


@pytest.mark.parametrize("verb", REFUSED)
def test_what_is_of_classes_says_so(verb: str, made: tuple[Data, Run], tmp_path: Path) -> None:
    data, run = made
    if verb == "unlabelled":
        (tmp_path / "a.png").write_bytes(b"")
    with pytest.raises(ArgumentError, match=data.target.task) as refusal:
        REFUSED[verb](data, run, tmp_path / "there" if verb != "unlabelled" else tmp_path)
    assert "\n" not in str(refusal.value)


KNOWN: dict[str, Call] = {
    "compare": lambda data, run, path: pn.compare(
        ["lenet5", "dense"], data, recipe=ONE, seeds=2, output=path, style="quiet"
    )._repr_html_(),
    "compare runs": lambda data, run, path: pn.compare(
        [run.path, _other(data, path.parent / "other")], output=path, style="quiet"
    ).to_json(),
    "shots": lambda data, run, path: pn.shots(
        data, "lenet5", numbers=(4, 8), strategies=("scratch",), draws=2, epochs=1, output=path, style="quiet"
    )._repr_html_(),
    "advise": lambda data, run, path: pn.advise(
        "lenet5", data, weights=str(run.path), style="quiet"
    )._repr_html_(),
    "strategy auto": lambda data, run, path: pn.train(
        "lenet5", data, weights=str(run.path), strategy="auto", output=path, style="quiet"
    ),
    "usual head": lambda data, run, path: pn.train(
        "lenet5", data, weights=str(run.path), strategy="features", output=path, style="quiet"
    ),
    "check": lambda data, run, path: pn.check(data, style="quiet")._repr_html_(),
    "evaluate": lambda data, run, path: pn.evaluate(run, data, style="quiet").to_json(),
    "report": lambda data, run, path: pn.write_report(run, style="quiet"),
    "look": lambda data, run, path: pn.look_into(run, data=data, output=path, style="quiet"),
    "runs": lambda data, run, path: (pn.runs(run.path.parent)._repr_html_(), str(pn.runs(run.path.parent))),
    "open": lambda data, run, path: pn.explore(run, data=data).look().show_sample(0),
    "cards": lambda data, run, path: [each._repr_html_() for each in (run, data, data.train)],
    "decisions": lambda data, run, path: pn.train(
        "lenet5", data, recipe=ONE, decisions=decided(data), output=path, style="quiet"
    ).info["decisions"],
    "evaluate decisions": lambda data, run, path: pn.evaluate(
        run, data, decisions=decided(data), style="quiet"
    ).to_json(),
    "retrain": lambda data, run, path: pn.retrain(
        run, decisions=decided(data), data=data, output=path, style="quiet"
    )._repr_html_(),
    "review": lambda data, run, path: Review(pn.explore(run, data=data)).run.target.task,
    "frozen features": lambda data, run, path: pn.train(
        "lenet5",
        data,
        recipe=ONE,
        weights=str(run.path),
        strategy=pn.Strategy(name="features", head="linear"),
        output=path,
        style="quiet",
    ),
}


@pytest.mark.parametrize("verb", KNOWN)
def test_what_knows_other_targets_does_its_work(verb: str, made: tuple[Data, Run], tmp_path: Path) -> None:
    assert KNOWN[verb](*made, tmp_path / "there")
