"""What public functions give shows itself in a notebook: a piece of HTML for a page that is somebody else's."""

from __future__ import annotations

import dataclasses
import importlib
import json
import re
import types
import typing
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import numpy as np
import pytest
import torch
from PIL import Image
from torch import nn

import prunelle as pn
from prunelle import tasks
from prunelle.drawing import card
from prunelle.exports.checking import Check, Row
from prunelle.exports.result import Export
from prunelle.networks import names
from prunelle.planning.weights import Pretrained
from prunelle.report.shots import Shots
from prunelle.runs.change import Answers, Change, Relabelled
from prunelle.runs.labels_predictions import LabelsPrediction
from prunelle.runs.numbers_predictions import NumberPrediction
from prunelle.runs.retrained import Retrained
from prunelle.shown import CARDS
from prunelle.texts import Note
from prunelle.training.labels_evaluation import LabelsEvaluation
from prunelle.training.metrics import Evaluation
from prunelle.training.numbers_evaluation import NumbersEvaluation
from prunelle.transfer.recommending import Advice
from prunelle.transfer.strategies import Strategy
from prunelle.transfer.trial import Trial

MOST_BYTES = 60_000
HOSTILE = "<b onclick=x>&\"'\x1b[2J</b>"
"""The name of a class, a file, a folder."""
TAGS = {
    *("div", "style", "p", "span", "table", "thead", "tbody", "tr", "th", "td", "ul", "li"),
    *("figure", "figcaption", "img", "svg", "g", "path", "text", "circle", "b", "code", "strong", "bdi"),
}
ATTRIBUTES = {
    *(
        "class",
        "style",
        "lang",
        "src",
        "alt",
        "role",
        "aria-label",
        "viewBox",
        "fill",
        "stroke",
        "stroke-opacity",
    ),
    *("stroke-width", "stroke-dasharray", "d", "x", "y", "cx", "cy", "r", "text-anchor", "font-size"),
}

SETTINGS = {
    *("Augment", "Preprocess", "Recipe", "SeriesAugment", "SeriesPreprocess", "Strategy"),
    *("Listener", "PrunelleError"),
}
"""Types with a public name that nobody is given as a result: what is typed, and what others keep."""
NOT_SHOWN = {
    "Path": "a file",
    "Merged": "counts and conflicts, of which the terminal makes a table",
    "int": "an exit status",
    "Recipe": "settings, whose text is the Python that makes them",
    "Predictor": "a function",
    "Epochs": "the page's, which draws it",
    "Explorer": "the page's, which asks it",
    "Proposal": "the page's, which draws it",
    "Answerer": "the server's, which asks it",
}
"""Results that are shown as Python shows them, and what they are."""


def results() -> dict[str, type]:
    """Public function → the class of what it gives."""
    found = {}
    public = {name: getattr(pn, name) for name in pn.__all__} | {"nn": nn}
    for module in (pn, tasks):
        for name in module.__all__:
            home = importlib.import_module(pn._HOMES[name]) if module is pn else module
            function = getattr(home, name)  # runs, in prunelle, is a package that can be called
            if isinstance(function, type):
                if module is pn and name not in SETTINGS:
                    found[name] = function
                continue
            if not callable(function):
                continue  # a number
            own = getattr(function, "__wrapped__", function)
            given = eval(
                own.__annotations__["return"], public | vars(importlib.import_module(own.__module__))
            )
            for each in _classes(given):
                found[f"{name}: {each.__name__}"] = each
    return found


def _classes(given: Any) -> Iterator[type]:
    origin = typing.get_origin(given)
    if origin in (typing.Union, types.UnionType, list, tuple):
        for each in typing.get_args(given):
            yield from _classes(each)
    elif isinstance(given, type) and given is not type(None):
        yield given


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("cards")


@pytest.fixture(scope="module")
def run(place: Path) -> pn.Run:
    recipe = pn.Recipe(epochs=3, batch_size=128)
    data = dataclasses.replace(pn.load("digits"), classes=(HOSTILE, *"123456789"), source=None, name=HOSTILE)
    return pn.train(
        "course-mnist", data, recipe, output=place / "runs" / "a <b>&", style="quiet", language="fr"
    )


@pytest.fixture(scope="module")
def shown(run: pn.Run, place: Path) -> dict[str, Any]:
    """One of each class."""
    data = pn.from_arrays(
        np.random.default_rng(0).integers(0, 256, (60, 20, 30, 3), dtype=np.uint8),
        np.repeat(np.arange(3), 20),
        classes=(HOSTILE, "b", "c"),
    )
    picture = place / "<b>&.png"
    Image.fromarray(pn.load("digits").train.array[0][..., 0]).save(picture)
    (place / "bad<i>.png").write_text("no picture")
    predictions = pn.predict(run, [picture, place / "bad<i>.png"], style="quiet")
    right = np.arange(40) % 4 > 0
    labels = np.arange(40) % 2
    given = Evaluation("train", ("a", "b"), labels, np.eye(2)[np.where(right, labels, 1 - labels)], 0.1)
    trial = Trial(Strategy(name="features", stage="features"), given, given)
    return {
        "Run": run,
        "Runs": pn.runs(place / "runs"),
        "Data": data,
        "Split": data.train,
        "Network": pn.build("lenet5"),
        "Reclassified": pn.with_classifier(pn.build("lenet5"), 4),
        "Predictions": predictions,
        "Prediction": predictions[0],
        "Evaluation": run.judged(),
        "LabelsEvaluation": LabelsEvaluation(
            *("test", (HOSTILE, "b"), np.eye(2, dtype=bool), np.eye(2, dtype=np.float32), 0.1)
        ),
        "LabelsPrediction": LabelsPrediction(str(picture), (HOSTILE,), ((HOSTILE, 0.9), ("b", 0.2)), 2),
        "NumbersEvaluation": NumbersEvaluation(
            "test", (HOSTILE,), np.arange(12.0), np.arange(12.0) + 0.5, usual=5.0, loss=0.1
        ),
        "NumberPrediction": NumberPrediction(str(picture), HOSTILE, 3.25, 0.5),
        "Pretrained": Pretrained(pn.build("lenet5").eval(), (HOSTILE, "b"), True, data.preprocess, HOSTILE),
        "Advice": Advice(Strategy(name="full"), (trial,), 3, True, (Note(HOSTILE, HOSTILE),)),
        "Checkup": pn.check(data, output=place / "check", style="quiet"),
        "Comparison": pn.compare([run, _again(place)], output=place / "compared"),
        "Folds": pn.cross_validate(
            "course-look", data, pn.Recipe(epochs=1), folds=2, size=8, output=place / "folds", style="quiet"
        ),
        "Shots": Shots(place, HOSTILE, (("full", 5, 0, 0.5), ("full", 5, 1, 0.7), (HOSTILE, 5, 0, 0.1)), 100),
        "ConvolutionResult": pn.convolve(np.eye(7), [[1, 0], [0, 1]]),
        "Gallery": pn.look_into(run, [picture], views=["filters"], output=place / "looks", style="quiet"),
        "Description": tasks.describe("resnet50"),
        "DiskUsage": tasks.disk_usage(place / "runs")[-1],
        "Retrained": Retrained(run, run, _change()),
        "Export": _export(place),
        "Cleared": tasks.caching.Cleared(1200, (place / HOSTILE.replace("/", "|"),)),
    }


def _export(place: Path) -> Export:
    row = Row(
        entry="raw",
        n=200,
        otherwise=(HOSTILE,),
        tied=1,
        apart=0.01,
        milliseconds=1.0,
        network_milliseconds=2.0,
    )
    found = Check(rows=(row,), origin=Note(HOSTILE, HOSTILE), lost=0.001, labelled=500)
    return Export(path=place / "a<b>.onnx", files=(place / "a<b>.onnx", place / "a<b>.md"), check=found)


def _change() -> Change:
    answers, labels = np.arange(40) % 4, np.arange(40) % 3
    given = Answers(labels, np.eye(4)[labels]), Answers(answers, np.eye(4)[answers])
    relabelled = Relabelled(labels, answers, np.arange(40) >= 3)
    return Change.measured(HOSTILE, "test", "class", given, relabelled)


def _again(place: Path) -> pn.Run:
    recipe = pn.Recipe(epochs=1, batch_size=512, seed=1)
    data = dataclasses.replace(pn.load("digits"), classes=(HOSTILE, *"123456789"), source=None, name=HOSTILE)
    return pn.train("dense", data, recipe, output=place / "runs" / "b", style="quiet")


def test_every_public_result_shows_itself(shown: dict[str, Any]) -> None:
    of = {type(each) for each in shown.values()}
    silent = {}
    for name, found in results().items():
        if found is nn.Module:
            continue  # those that build makes: below
        if found.__name__ not in NOT_SHOWN and not (hasattr(found, "_repr_html_") and found in of):
            silent[name] = found.__name__
    assert silent == {}, "has no _repr_html_, or no example in this file: see prunelle.shown"
    assert len(results()) > 25


def test_every_card_has_who_makes_it(shown: dict[str, Any]) -> None:
    for name, module in CARDS.items():
        assert callable(getattr(importlib.import_module(module), name.lower()))
    bases = {cls.__name__ for each in shown.values() for cls in type(each).__mro__}
    assert CARDS.keys() <= bases


@pytest.mark.parametrize("name", names())
def test_every_network_of_the_zoo_shows_its_layers(name: str) -> None:
    with torch.device("meta"):
        network: Any = pn.build(name)
    html = network._repr_html_()
    check(html)
    parameters = sum(each.numel() for each in network.parameters())
    assert f"{parameters:,}" in html
    assert name in html
    assert type(network).__repr__ is nn.Module.__repr__


KINDS = [
    *("LabelsEvaluation", "LabelsPrediction", "NumbersEvaluation", "NumberPrediction"),
    *("Run", "Runs", "Data", "Split", "Network", "Reclassified", "Predictions", "Prediction", "Evaluation"),
    *(
        "Pretrained",
        "Advice",
        "Checkup",
        "Comparison",
        "Folds",
        "Shots",
        "ConvolutionResult",
        "Gallery",
        "Description",
        "DiskUsage",
    ),
    "Cleared",
    "Retrained",
    "Export",
]


def check(html: str, language: str = "en") -> ElementTree.Element:
    """What holds of every card."""
    tree = ElementTree.fromstring(html)  # well-formed, to the letter
    assert len(html.encode()) < MOST_BYTES
    assert (tree.tag, tree.get("class"), tree.get("lang")) == ("div", "prunelle-card", language)
    assert {each.tag for each in tree.iter()} <= TAGS
    assert {name for each in tree.iter() for name in each.attrib} <= ATTRIBUTES
    for each in tree.iter():
        for value in each.attrib.values():
            assert not re.search(r"\w+://|//\w|javascript:|url\(|@import", value.partition("base64,")[0])
        assert each.get("src", "data:image/").startswith("data:image/")
    (style,) = tree.iter("style")
    assert style.text == ElementTree.fromstring(str(card.STYLE)).text
    return tree


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("language", ["en", "fr"])
def test_a_card(kind: str, language: str, shown: dict[str, Any], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LC_ALL", "fr_FR.UTF-8" if language == "fr" else "C.UTF-8")
    html = shown[kind]._repr_html_()
    check(html, "fr" if kind == "Run" else language)  # a run has the language of its report
    assert "\x1b" not in html
    assert len(repr(shown[kind])) < 1500 or isinstance(shown[kind], nn.Module | tasks.describing.Description)


def test_every_kind_is_tried(shown: dict[str, Any]) -> None:
    assert set(KINDS) == shown.keys()


def test_names_are_texts(shown: dict[str, Any]) -> None:
    """What a class, a file or a folder is called is there to read, and is no markup."""
    seen = HOSTILE.replace("\x1b", "\\x1b")
    for kind in ("Run", "Data", "Evaluation", "Pretrained", "Advice", "Comparison", "Folds", "Shots"):
        tree = check(shown[kind]._repr_html_(), "fr" if kind == "Run" else "en")
        assert seen in "".join(tree.itertext()), kind
    assert "<b>&.png" in "".join(check(shown["Predictions"]._repr_html_()).itertext())


def test_the_style_reaches_nothing_else_and_is_of_the_page_s_own_colours() -> None:
    css = str(card.STYLE).removeprefix("<style>").removesuffix("</style>")
    css = re.sub(r"@supports \(.*?\)\)\{(.*?\})\}", r"\1", css)
    assert "@" not in css
    rules = re.findall(r"([^{}]+)\{([^{}]*)\}", css)
    assert len(rules) > 20
    for selectors, body in rules:
        for selector in re.split(r",(?![^(]*\))", selectors):
            assert selector.strip().startswith(".prunelle-card"), selector
        # Light or dark, text and ground are those of the page: none is set to one colour.
        for name, value in re.findall(r"(?:^|;)\s*(color|background|stroke|fill):([^;]*)", body):
            assert re.fullmatch(r"inherit|none|currentColor|var\(--pc-(blue|orange|line)\)", value), (
                name,
                value,
            )
    assert css.count("currentColor") >= 4


def test_figures_are_those_of_the_report(run: pn.Run) -> None:
    """The same text in the cells of the card, of the report's table, and worked out of metrics.json."""
    tree = check(run._repr_html_(), "fr")
    cells = [["".join(each.itertext()) for each in row] for row in tree.iter("tr")][1:]
    report = (run.path / "report.html").read_text(encoding="utf-8")
    table = report[report.index('class="splits"') :]
    table = table[table.index("<tbody>") : table.index("</tbody>")]
    read = [re.findall(r"<t[hd][^>]*>\s*(.*?)\s*</t[hd]>", row, re.DOTALL) for row in table.split("<tr>")[1:]]
    assert cells == [[re.sub(r"<[^>]+>", "", each) for each in row] for row in read]
    metrics = json.loads((run.path / "metrics.json").read_text())
    assert [row[2] for row in cells] == [
        f"{100 * metrics[split]['accuracy']:.1f}\xa0%".replace(".", ",")
        for split in ("train", "validation", "test")
    ]
    low, high = metrics["test"]["interval"]
    assert cells[2][3] == f"{100 * low:.1f}\xa0à\xa0{100 * high:.1f}\xa0%".replace(".", ",")


def test_a_run_that_is_not_finished_says_how_to_go_on(run: pn.Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(run.info, "status", "training")
    text = "".join(check(run._repr_html_(), "fr").itertext())
    assert f"prunelle.train(resume={str(run.path)!r})" in text


def test_a_damaged_run_is_still_shown(run: pn.Run, monkeypatch: pytest.MonkeyPatch) -> None:
    def damaged(self: object) -> None:
        raise pn.PrunelleError("metrics.json is damaged.")

    monkeypatch.setattr(type(run), "metrics", damaged)
    assert "metrics.json is damaged." in "".join(check(run._repr_html_(), "fr").itertext())


def test_counts_of_data_are_those_of_the_labels(shown: dict[str, Any]) -> None:
    data = shown["Data"]
    rows = [["".join(each.itertext()) for each in row] for row in check(data._repr_html_()).iter("tr")]
    splits = list(data.splits())
    for index, row in enumerate(rows[1:-1]):
        assert [int(each) for each in row[1:]] == [int((split.labels == index).sum()) for split in splits]
    assert [int(each) for each in rows[-1][1:]] == [len(split) for split in splits]


def test_texts_are_short_where_there_are_arrays(shown: dict[str, Any]) -> None:
    assert repr(shown["Data"]) == f"Data('{shown['Data'].name}', 3 classes, train=48, validation=6, test=6)"
    assert repr(shown["Split"]) == "Split('train', 48 examples, array)"
    evaluation = shown["Evaluation"]
    assert f"accuracy={evaluation.accuracy:.4f}" in repr(evaluation)
    assert "array(" not in "".join(repr(each) for each in shown.values() if not isinstance(each, nn.Module))
