"""What a report and the console say of outcomes whose truth is known, read in both languages."""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Callable

import numpy as np
import pytest

from prunelle.cli.evaluate import _show
from prunelle.report import html, judgement
from prunelle.report.closing_lines import finished_text
from prunelle.report.content import ReportContent
from prunelle.training.metrics import Evaluation
from prunelle.training.verdicts import summary
from tests.unit.report.test_html import Page, plain
from tests.unit.training.test_verdicts import evaluation_of

K = 4


def answers(n: int, right: float, confidence: float, split: str, seed: int = 0) -> Evaluation:
    """``right`` of n answers of K classes, all as confident; the truth in turn, so that chance is 25 %."""
    labels = np.arange(n) % K
    correct = np.random.default_rng(seed).permutation(n) < round(right * n)
    found = evaluation_of(labels, np.where(correct, labels, (labels + 1) % K), confidence, K)
    return dataclasses.replace(found, split=split)


def one_class(n: int) -> Evaluation:
    labels = np.full(n, 2)
    return evaluation_of(labels, labels, 0.97, K)


OUTCOMES = {
    "right": (answers(4000, 0.95, 0.95, "train"), answers(2000, 0.945, 0.95, "test")),
    "underfitted": (answers(1000, 0.26, 0.27, "train"), answers(124, 0.27, 0.27, "test")),
    "overfitted": (answers(1000, 1.0, 0.99, "train"), answers(500, 0.6, 0.95, "test")),
    "by chance": (answers(1000, 0.99, 0.9, "train"), answers(124, 0.27, 0.9, "test")),
    "leaking": (answers(1000, 0.9, 0.9, "train"), answers(200, 1.0, 0.99, "test")),
    "tiny test": (answers(1000, 0.9, 0.9, "train"), answers(8, 0.5, 0.7, "test")),
    "one class": (answers(1000, 0.9, 0.9, "train"), one_class(60)),
    "perfect": (answers(1000, 1.0, 0.999, "train"), answers(1000, 1.0, 0.999, "test")),
}
CHANCE = ("no better than chance", "pas mieux que le hasard")
SENTENCES = {
    # What must be said of an outcome, and of no other than those named.
    CHANCE: {"underfitted", "by chance", "tiny test"},
    ("it has not learned", "il n’a pas appris"): {"underfitted"},
    ("(overfitting)", "(surapprentissage)"): {"overfitted", "by chance", "tiny test"},
    ("they are easier", "ils sont plus faciles"): {"leaking", "one class"},
    ("all of one class", "toutes d’une seule classe"): {"one class"},
    ("no better than the", "ne vaut pas mieux que celle d’une réponse à l’aveugle"): {
        "underfitted",
        "by chance",
        "overfitted",
        "tiny test",
    },
    ("too sure of itself", "trop sûr de lui"): {"overfitted", "by chance"},
    ("about as sure as it should be", "à peu près aussi sûr"): {"right", "perfect", "leaking"},
    ("so few answers only tell", "si peu de réponses disent seulement"): {
        "underfitted",
        "tiny test",
        "one class",
    },
    ("Not a single mistake", "Pas une seule erreur"): {"one class", "leaking", "perfect"},
}


@pytest.fixture
def report(content: ReportContent) -> Callable[[str, str], str]:
    """The text of an outcome's report."""

    def make(outcome: str, language: str) -> str:
        train, test = OUTCOMES[outcome]
        whole = dataclasses.replace(
            content,
            evaluation=test,
            images=np.zeros((test.n, 8, 8, 1), np.uint8),
            examples={name: np.zeros((1, 8, 8, 1), np.uint8) for name in test.classes},
            counts={"train": [train.n // K] * K, "test": np.bincount(test.labels, minlength=K).tolist()},
            metrics={"train": summary(train), "test": summary(test)},
        )
        page = Page(html.render(whole, language))
        # The general explanation of the curves speaks of overfitting too.
        return plain(page.text.replace(page.sections["curves"], ""))

    return make


@pytest.mark.parametrize("language", ["en", "fr"])
@pytest.mark.parametrize("outcome", OUTCOMES)
def test_each_sentence_where_it_is_true_and_nowhere_else(
    report: Callable[[str, str], str], outcome: str, language: str
) -> None:
    text = report(outcome, language)
    for sentence, outcomes in SENTENCES.items():
        said = sentence[language == "fr"] in text
        assert said == (outcome in outcomes), (sentence, outcome)


def test_chance_is_in_the_first_sentence(report: Callable[[str, str], str]) -> None:
    english, french = (report("underfitted", language) for language in ("en", "fr"))
    assert (
        "lenet5 recognises 26.6 % of 124 test pictures it never saw (95 % interval 19.6–35.0 %), which is no better "
        "than chance as far as so many answers can tell: always answering a is right for 25.0 %." in english
    )
    assert "répondre toujours a est juste pour 25,0 %" in french


def test_a_class_named_with_braces_and_tags_stays_text(content: ReportContent) -> None:
    _, test = OUTCOMES["by chance"]
    hostile = dataclasses.replace(
        content,
        counts={"test": [31] * K},
        evaluation=dataclasses.replace(test, classes=("{0} <b>&", "b", "c", "d")),
        images=np.zeros((test.n, 8, 8, 1), np.uint8),
        examples={},
        metrics={},
    )
    page = html.render(hostile, "en")
    assert "always answering <bdi>{0} &lt;b&gt;&amp;</bdi> is right" in page


@pytest.mark.parametrize(
    ("outcome", "at_chance"), [("underfitted", True), ("right", False), ("one class", False)]
)
def test_the_console_says_it_too(outcome: str, at_chance: bool, capsys: pytest.CaptureFixture[str]) -> None:
    train, test = OUTCOMES[outcome]
    after_training = finished_text({"train": summary(train), "test": summary(test)})
    _show(test)
    evaluated = capsys.readouterr().out
    for text in (after_training, evaluated):
        assert (CHANCE[0] in text) == at_chance
        assert ("all of one class" in text) == (outcome == "one class")
    assert ("no better than the 1.3863" in evaluated) == at_chance
    assert "mean confidence" in evaluated


def test_metrics_of_an_older_run_say_less() -> None:
    _, test = OUTCOMES["underfitted"]
    text = finished_text({"test": test.summary()})
    assert text.endswith("on 124 examples")


@pytest.mark.parametrize(
    "notes",
    [
        judgement._TAILS,
        judgement._SURE,
        {n: getattr(judgement, n) for n in ("_ERROR", "_BY_HEART", "_EASIER")},
    ],
    ids=["tails", "sure", "others"],
)
def test_both_languages_fill_the_same_places(notes: dict[str, object]) -> None:
    for note in notes.values():
        assert sorted(re.findall(r"{(\w+)}", note.en)) == sorted(re.findall(r"{(\w+)}", note.fr))


def rows(*pairs: tuple[float, float]) -> list[dict[str, float | None]]:
    """Training and validation accuracy of each epoch; the losses leave no doubt."""
    return [
        {"train_accuracy": ours, "val_accuracy": theirs, "train_loss": 1.0, "val_loss": 1.5}
        for ours, theirs in pairs
    ]


def test_validation_above_training_is_explained_where_it_is_so_and_by_what_is_so() -> None:
    told = judgement.validation_ahead
    assert told(rows((0.8, 0.7), (0.9, 0.9)), n=100, dropout=True, augmented=True) is None
    once = told(rows((0.5, 0.8), (0.9, 0.7)), n=1000, dropout=False, augmented=False)
    assert once is not None
    assert "in 1 of 2 epochs" in once.en
    assert "à 1 des 2 époques" in once.fr
    for absent in ("dropout", "augmented", "luck"):
        assert absent not in once.en
    always = told(rows((0.7, 0.75), (0.8, 0.85)), n=20, dropout=True, augmented=True)
    assert always is not None
    assert "in every epoch" in always.en
    assert "with dropout on and on augmented examples" in always.en
    # 17 of 20: Wilson's interval is 64.0 to 94.8 %.
    assert "With 20 validation examples, luck alone moves their accuracy by ±15.4 points." in always.en
    assert "±15,4 points" in always.fr
    without = [{"train_accuracy": 0.5, "val_accuracy": None, "train_loss": 1.0, "val_loss": None}]
    assert told(without, n=0, dropout=True, augmented=False) is None


def test_the_curves_say_it_of_what_this_training_did(content: ReportContent) -> None:
    def curves(results: list[dict[str, float | None]], kind: str) -> str:
        changed = [{**row, **new} for row, new in zip(content.results, results, strict=True)]
        layers = [dataclasses.replace(content.layers[0], kind=kind), *content.layers[1:]]
        whole = dataclasses.replace(content, results=changed, layers=layers)
        return plain(Page(html.render(whole, "en")).sections["curves"])

    below, above = rows((0.5, 0.4), (0.7, 0.6), (0.9, 0.8)), rows((0.5, 0.6), (0.7, 0.8), (0.9, 0.8))
    assert "looks better" not in curves(below, "Dropout")
    assert "in 2 of 3 epochs" in curves(above, "Dropout")
    assert "with dropout on and on augmented examples" in curves(above, "Dropout")
    assert "still learning, on augmented examples" in curves(above, "Conv2d")


@pytest.mark.parametrize("outcome", OUTCOMES)
def test_a_network_at_chance_accuses_no_label(report: Callable[[str, str], str], outcome: str) -> None:
    said = "A wrong label in the data" in report(outcome, "en")
    assert said == (outcome in ("right", "overfitted"))
