"""The report as one HTML file that needs nothing else: no script, no font, no picture from outside.

This module chooses and writes out what the page shows; ``templates/`` arranges it. Every text that comes from
users (names of classes and files) is escaped by the template engine.
"""

from __future__ import annotations

import dataclasses
import functools
import re
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import jinja2
import numpy as np
from markupsafe import Markup

from prunelle.data.targets import UNLABELLED
from prunelle.look.policy import content_policy
from prunelle.report import (
    beside,
    costs,
    figures,
    judgement,
    label_change,
    labels_answers,
    numbers_answers,
    trust,
)
from prunelle.report.answers import Answers
from prunelle.report.content import ReportContent
from prunelle.report.pictures import data_uri
from prunelle.report.words import TEXTS, Words
from prunelle.runs import judging
from prunelle.runs.change import Change
from prunelle.texts import Language, visible
from prunelle.training.metrics import Evaluation
from prunelle.training.recipe import Recipe
from prunelle.training.verdicts import against_chance, calibration

MOST_WRONG = 24
MOST_EXAMPLES = 8
MOST_CLASSES_SHOWN = 40
"""Classes of which there are examples."""
MOST_LINES = 1000
"""Lines of a table of classes or of files; a page is to stay below 20 MB whatever there is."""
WRONG_PX, EXAMPLE_PX = 160, 96
"""Sides of those JPEGs: about twice what is shown, for fine screens."""


def render(content: ReportContent, language: Language) -> str:
    """The whole page in ``language``, to be written as UTF-8."""
    words = words_of(content, language)
    examples = _examples(content, words)
    told = OTHER_ANSWERS.get(content.target.kind)
    page = template("report.html").render(
        told=told,
        **(_of_classes(content, words) if told is None else told.context(content, words)),
        facts=_facts(content, words),
        curves=_curves(content, words),
        curves_text=_curves_text(content, words),
        change=None if content.change is None else _change(content.change, words),
        looks=_looks(content, words),
        filters=_filters(content, words),
        inside_text=_inside_text(content, words),
        trust=_trust(content, words),
        examples=examples,
        examples_text=_examples_text(content, len(examples), words),
        **frame(content, words),
    )
    return writable(page)


OTHER_ANSWERS: Mapping[str, Answers] = {
    "labels": labels_answers.ANSWERS,
    "number": numbers_answers.ANSWERS,
}
"""Where what is told is no class: by the kind of target."""


def frame(content: ReportContent, words: Words) -> dict[str, Any]:
    """What any page about answers takes, and how to do it again."""
    return {
        "t": words,
        "content": content,
        "evaluation": content.evaluation,
        "most_lines": MOST_LINES,
        "crisp": content.shown.is_crisp(content.preprocess),
        "reasons": Counter(picture.reason for picture in content.skipped).most_common(),
        "recipe": recipe_rows(content.recipe, content.own),
        "preprocess": content.preprocess.to_json(),
        "host": host_rows(content.host, words),
    }


def words_of(content: ReportContent, language: Language) -> Words:
    """The page's texts, as they are of this kind of data and of what is told of it."""
    words, told = content.words(language), OTHER_ANSWERS.get(content.target.kind)
    return words if told is None else words.saying(told.texts)


def _of_classes(content: ReportContent, words: Words) -> dict[str, Any]:
    """What the page says of answers that are classes."""
    return {
        "headline": _headline(content, words),
        "caveats": _caveats(content, words),
        "split_heads": [
            words("accuracy"),
            words("interval"),
            *(words(text) for _, text in _beside(content)),
            words("loss"),
        ],
        "splits": _splits(content, words),
        **answers_of_classes(content, words),
    }


def answers_of_classes(content: ReportContent, words: Words) -> dict[str, Any]:
    """Confusion, classes, the worst mistakes, calibration; whoever gave the answers."""
    return {
        "confusion": _confusion(content, words),
        "pairs": _pairs(content),
        "scores": _scores(content),
        "wrong": wrong_cards(content, words),
        "wrong_text": _wrong_text(content.evaluation, words),
        "reliability": _reliability(content, words),
        "costs": costs.section(content.metrics.get(content.evaluation.split) or {}, content.costs, words),
    }


def _change(change: Change, words: Words) -> dict[str, Any]:
    """The table and the sentences of the section on corrected labels."""
    return {
        "title": words.note(label_change.TITLE),
        "head": [words.note(column) for column in label_change.head(change)],
        "rows": label_change.rows(change, words),
        "sentences": list(label_change.sentences(change, words)),
    }


def writable(page: str) -> str:
    """With what names hold and HTML has no place for made visible: control characters, bytes that are no text."""
    return visible(page, keep="\n\t")


@functools.cache
def template(name: str) -> jinja2.Template:
    """A page of ``templates/``, which escapes whatever it is given."""
    environment = jinja2.Environment(
        loader=jinja2.PackageLoader("prunelle.report"),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.globals["policy"] = Markup(content_policy(beside=name == "gallery.html"))
    return environment.get_template(name)


def _headline(content: ReportContent, words: Words) -> Markup:
    evaluation = content.evaluation
    # A given test split may hold copies of what was learned.
    seen = "_seen" if evaluation.split == "test" and "learned" in content.metrics.get("test", {}) else ""
    return Markup(words.template(f"result_{evaluation.split}{seen}")).format(
        network=Markup("<bdi>{}</bdi>").format(content.network_name),
        accuracy=Markup("<strong>{}</strong>").format(words.percent(evaluation.accuracy)),
        n=words.integer(evaluation.n),
        interval=words.interval(*evaluation.interval),
        tail=chance_tail(evaluation, words),
    )


def chance_tail(evaluation: Evaluation, words: Words) -> Markup:
    """What the accuracy is beside chance, and over unbalanced classes."""
    chance = against_chance(evaluation)
    if chance is None:
        return Markup("")
    note, values = beside.balanced_tail(evaluation.summary(), chance, words)
    tail = Markup(words.note(judgement.chance_tail(chance)) + words.note(note))
    named = {"name": Markup("<bdi>{}</bdi>").format(chance.name), "share": words.percent(chance.accuracy)}
    return tail.format(**values | named)


def _caveats(content: ReportContent, words: Words) -> list[str]:
    """What keeps the figures from meaning what they seem to."""
    evaluation, judged = content.evaluation, content.evaluation.split
    learned = judging.learned_note(content.metrics.get(judged, {}))
    caveats = [] if learned is None else [words.note(learned)]
    if judged != "test":
        last = judged == "validation" and not content.chose_by_validation
        caveats.append(words("caveat_last" if last else f"caveat_{judged}"))
    # Of a program of one's own, training figures are of the network while it learned.
    of_one_network = isinstance(content.recipe, Recipe)
    notes = (
        content.few,
        judgement.blind_loss(evaluation.loss, against_chance(evaluation)),
        judgement.not_learned(content.metrics, judged) if of_one_network else None,
        judgement.by_heart(content.metrics, judged) if of_one_network else None,
    )
    return caveats + [words.note(note) for note in notes if note is not None]


def _facts(content: ReportContent, words: Words) -> list[tuple[str, str, str]]:
    """``(what, value, detail)`` for the top of the page."""
    evaluation = content.evaluation
    classes = words("classes_count", n=words.integer(len(evaluation.classes)))
    if content.target.kind == "number":
        classes = evaluation.classes[0]
    kept = "best_epoch" if content.chose_by_validation else "kept_epoch"
    facts = [
        (
            words("data"),
            content.data_name,
            f"{classes}, {content.shown.input_text(content.preprocess, words)}",
        ),
        (words("network"), content.network_name, ""),
        (words("parameters"), words.integer(content.num_parameters), ""),
        (words("training_time"), words.duration(content.seconds), words.date(content.started)),
        (
            words("epochs"),
            words.integer(len(content.results)),
            words(kept, n=words.integer(content.best_epoch)) if len(content.results) > 1 else "",
        ),
    ]
    if content.target.exclusive and (chance := against_chance(evaluation)):
        detail = words("baseline_detail", name=chance.name)
        facts.append((words("baseline"), words.percent(chance.accuracy), detail))
    if content.target.exclusive and (top_5 := evaluation.top_5) is not None:
        detail = words("top_5_detail", interval=words.interval(*top_5[1]))
        facts.append((words("top_5"), words.percent(top_5[0]), detail))
    return facts


def _splits(content: ReportContent, words: Words) -> list[dict[str, Any]]:
    """A line a split: the number of pictures, and the metrics where they are known."""
    lines = []
    for split in ("train", "validation", "test"):
        metrics = content.metrics.get(split) or {}
        if not metrics and split not in content.counts:
            continue
        interval = metrics.get("interval")
        lines.append(
            {
                "name": words(split),
                "pictures": metrics.get("n", sum(content.counts.get(split, ()))),
                "cells": [
                    words.percent(metrics.get("accuracy")),
                    words.interval(*interval) if interval else "–",
                    *(words.percent(metrics.get(figure)) for figure, _ in _beside(content)),
                    words.decimal(metrics.get("loss"), 4),
                ],
            }
        )
    return lines


def _beside(content: ReportContent) -> list[tuple[str, str]]:
    """``(entry of metrics.json, text)`` of the figures that the table of splits has besides the accuracy."""
    judged = content.metrics.get(content.evaluation.split) or {}
    columns = [("top_5_accuracy", "top_5")] if "top_5_accuracy" in judged else []
    return [*columns, ("balanced_accuracy", "balanced")] if "per_class" in judged else columns


def _with_validation(content: ReportContent) -> bool:
    return any(row.get("val_loss") is not None for row in content.results)


def _curves_text(content: ReportContent, words: Words) -> str:
    """How to read the curves that there are."""
    if not _with_validation(content):
        return words("curves_alone" if len(content.results) > 1 else "curves_point")
    parts = [words("curves_text" if len(content.results) > 1 else "curves_point")]
    if note := judgement.validation_ahead(
        content.results,
        n=(content.metrics.get("validation") or {}).get("n", sum(content.counts.get("validation", ()))),
        dropout=any("Dropout" in row.kind for row in content.layers),
        augmented=isinstance(content.recipe, Recipe) and bool(content.recipe.augment),
    ):
        parts.append(words.note(note))
    return " ".join(parts)


def _curves(content: ReportContent, words: Words) -> list[tuple[str, str, Markup]]:
    """``(title, text for who cannot see it, svg)``. Nothing from users is in these figures' text."""
    drawn = []
    for name, svg in (
        ("loss", figures.loss_svg(content, words)),
        ("accuracy", figures.accuracy_svg(content, words) if figures.has_accuracy(content) else None),
        ("learning_rate", figures.learning_rate_svg(content, words)),
    ):
        if svg is None:
            continue
        title = words(f"{name}_by_epoch")
        column = name if name == "learning_rate" else f"train_{name}"
        if any(row.get(f"val_{name}") is not None for row in content.results):
            column = f"val_{name}"
        first, last = (content.results[end].get(column) for end in (0, -1))
        alt = words(
            "curve_alt",
            title=title,
            first=words.percent(first) if name == "accuracy" else words.decimal(first, 4),
            last=words.percent(last) if name == "accuracy" else words.decimal(last, 4),
        )
        drawn.append((title, alt, Markup(svg)))
    return drawn + other_curves(content.results, words)


def other_curves(
    results: Sequence[Mapping[str, float | None]], words: Words, *, loss_too: bool = False
) -> list[tuple[str, str, Markup]]:
    """The same of what a program measured besides; the arguments are those of ``figures.other_curves``."""
    drawn = []
    for name, values, svg in figures.other_curves(results, words, loss_too=loss_too):
        key = f"{name}_by_epoch"
        title = words(key) if key in TEXTS else words("figure_by_epoch", name=name)
        first, last = (
            words.percent(v) if name == "accuracy" else words.decimal(v, 4) for v in values[[0, -1]]
        )
        drawn.append((title, words("curve_alt", title=title, first=first, last=last), Markup(svg)))
    return drawn


def _confusion(content: ReportContent, words: Words) -> dict[str, Any]:
    """Rows of cells up to ``figures.MOST_NUMBERED`` classes, a heat map beyond."""
    evaluation = content.evaluation
    if len(evaluation.classes) > figures.MOST_NUMBERED:
        cell = figures.classes_a_cell(len(evaluation.classes))
        return {
            "svg": Markup(figures.confusion_svg(evaluation, words)),
            "rows": [],
            "cell": words("confusion_cells", n=cell) if cell > 1 else "",
        }
    counts = evaluation.confusion
    shares = figures.row_shares(counts)
    strength = figures.confusion_strength(shares)
    rows = []
    for i, truth in enumerate(evaluation.classes):
        cells = []
        for j, predicted in enumerate(evaluation.classes):
            count, share = words.integer(int(counts[i, j])), words.percent(float(shares[i, j]))
            title = words("confusion_cell", truth=truth, predicted=predicted, count=count, share=share)
            cells.append(
                {
                    "count": count if counts[i, j] else "",
                    "share": share,
                    "title": title,
                    "colour": "blue" if i == j else "orange",
                    "strength": round(float(strength[i, j]) * 100),
                }
            )
        rows.append((truth, cells))
    return {"rows": rows, "with_shares": len(counts) <= 12}


def _pairs(content: ReportContent) -> list[tuple[str, str, int, float]]:
    """``(truth, answer, count, share of the truth's pictures)``, the commonest first."""
    evaluation = content.evaluation
    counts = np.bincount(evaluation.labels, minlength=len(evaluation.classes)).tolist()
    support = dict(zip(evaluation.classes, counts, strict=True))
    return [
        (truth, answer, count, count / support[truth])
        for truth, answer, count in content.evaluation.most_confused()
    ]


def _scores(content: ReportContent) -> list[dict[str, Any]]:
    """The per-class table, worst recall first; classes without a picture to judge by come last."""
    learned = content.counts.get("train")
    lines = [
        {**dataclasses.asdict(score), "number": index, "learned": learned[index] if learned else None}
        for index, score in enumerate(content.evaluation.per_class())
    ]
    return sorted(lines, key=lambda line: (line["support"] == 0, line["recall"]))


def most_wrong(content: ReportContent, most: int = MOST_WRONG) -> list[int]:
    """Indices into the evaluation's pictures of the mistakes, the most confident first."""
    evaluation = content.evaluation
    wrong = np.flatnonzero(evaluation.predicted != evaluation.labels)
    order = np.argsort(-evaluation.confidence[wrong], kind="stable")[:most]
    return [int(index) for index in wrong[order]]


def _better_than_chance(evaluation: Evaluation) -> bool:
    """For sure, or at least not blind: what is said of its confidence and its looks is of something learned."""
    chance = against_chance(evaluation)
    return chance is not None and (chance.verdict == "above" or chance.informed)


def _wrong_text(evaluation: Evaluation, words: Words) -> str:
    n = evaluation.n - evaluation.correct
    text = words("wrong_text_one") if n == 1 else words("wrong_text", n=words.integer(n))
    # One that has learned nothing is as sure of true labels as of false ones.
    return f"{text} {words('wrong_labels')}" if _better_than_chance(evaluation) else text


def _inside_text(content: ReportContent, words: Words) -> str:
    if content.insight is None:
        return ""
    method = {"grad-cam": "Grad-CAM", "hires-cam": "HiRes-CAM"}[content.insight.method]
    key = "inside_learned" if _better_than_chance(content.evaluation) else "inside_chance"
    return f"{words('inside_text', method=method)} {words(key)}"


def wrong_cards(content: ReportContent, words: Words) -> list[dict[str, str]]:
    """Of each of the worst mistakes, what is shown."""
    evaluation, images = content.evaluation, content.images
    source = _source(content, WRONG_PX)
    cards = []
    for index in most_wrong(content):
        truth = evaluation.classes[evaluation.labels[index]]
        predicted = evaluation.classes[evaluation.predicted[index]]
        confidence = words.percent(float(evaluation.confidence[index]))
        file = evaluation.files[index] if evaluation.files else words("index", n=index)
        cards.append(
            {
                "source": "" if images is None else source(images[index]),
                "truth": truth,
                "predicted": predicted,
                "confidence": confidence,
                "file": file,
                # The folders above the class's are the same for all.
                "short_file": "/".join(re.split(r"[/\\]", file)[-2:]),
                "alt": words("wrong_alt", file=file, truth=truth, predicted=predicted, confidence=confidence),
            }
        )
    return cards


def _looks(content: ReportContent, words: Words) -> list[dict[str, str]]:
    """For a few pictures, the picture and where the network looked in it."""
    images = content.images
    if content.insight is None or images is None:
        return []
    evaluation = content.evaluation
    cards = []
    for index, looked in content.insight.looks.items():
        truth = evaluation.classes[evaluation.labels[index]]
        predicted = evaluation.classes[evaluation.predicted[index]]
        cards.append(
            {
                "picture": data_uri(images[index], WRONG_PX),
                "look": data_uri(looked, WRONG_PX),
                "truth": truth,
                "predicted": predicted,
                "confidence": words.percent(float(evaluation.confidence[index])),
                "picture_alt": words("look_picture_alt", truth=truth),
                "alt": words("look_alt", truth=truth, predicted=predicted),
            }
        )
    return cards


def _filters(content: ReportContent, words: Words) -> dict[str, Any]:
    """The first layer's filters as small pictures."""
    insight = content.insight
    if insight is None or insight.layer is None:
        return {}
    text = words(
        "filters_colour" if insight.colour else "filters_signed",
        shown=words.integer(len(insight.filters)),
        n=words.integer(insight.num_filters),
        layer=insight.layer,
    )
    return {"text": text, "pictures": [data_uri(one, WRONG_PX) for one in insight.filters]}


def _trust(content: ReportContent, words: Words) -> dict[str, Any] | None:
    if not content.target.exclusive:  # what is told of another target says so itself
        return None
    found = trust.section(content.trust, words)
    return None if found is None else {**found, "svg": Markup(found["svg"])}


def _reliability(content: ReportContent, words: Words) -> dict[str, Any]:
    evaluation = content.evaluation
    estimate = calibration(evaluation)
    if estimate is None:
        return {}
    bins = evaluation.reliability()
    groups = "; ".join(f"{words.percent(b.confidence)} → {words.percent(b.accuracy)}" for b in bins)
    notes = judgement.sureness(estimate, float(evaluation.confidence.mean()), evaluation.accuracy)
    return {
        "svg": Markup(figures.reliability_svg(evaluation, words)),
        "text": " ".join([words("reliability_text"), *map(words.note, notes)]),
        "alt": words("reliability_alt", n=len(bins), groups=groups),
    }


def classes_shown(names: Sequence[str]) -> list[str]:
    """Of many classes, as many as a report shows examples of, evenly spread."""
    if len(names) <= MOST_CLASSES_SHOWN:
        return list(names)
    return [names[i * len(names) // MOST_CLASSES_SHOWN] for i in range(MOST_CLASSES_SHOWN)]


def _examples(content: ReportContent, words: Words) -> list[tuple[str, list[str]]]:
    """``(class, pictures)``; of many classes, as many as are shown, evenly spread."""
    names = [*content.evaluation.classes, UNLABELLED]
    names = classes_shown([name for name in names if len(content.examples.get(name, ()))])
    # Twenty classes of eight and forty of four weigh the same.
    shown_per_class = MOST_EXAMPLES if len(names) <= 20 else MOST_EXAMPLES // 2
    source = _source(content, EXAMPLE_PX)
    return [
        (
            words("no_label") if name == UNLABELLED else name,
            [source(example) for example in content.examples[name][:shown_per_class]],
        )
        for name in names
    ]


def _examples_text(content: ReportContent, shown: int, words: Words) -> str:
    """What the examples are, and what of them is not shown."""
    there = len(content.evaluation.classes)
    parts = [words("examples_of_numbers" if content.target.kind == "number" else "examples_text")]
    parts += content.shown.left_out(content.preprocess, words)
    if shown < there:
        parts.append(words("examples_sample", shown=shown, n=words.integer(there)))
    return " ".join(parts)


def _source(content: ReportContent, largest_px: int) -> Callable[[np.ndarray], str]:
    """What writes an example as a ``data:`` address: its pixels, or the drawing of its series."""
    drawings = MOST_WRONG + sum(
        len(content.examples[name][:MOST_EXAMPLES]) for name in classes_shown(list(content.examples))
    )
    examples = [*([] if content.images is None else [content.images]), *content.examples.values()]
    if not examples:
        return lambda one: ""  # nothing is shown
    return content.shown.writer(examples, drawings, largest_px)


def recipe_rows(
    recipe: Recipe | Mapping[str, str], own: Mapping[str, str] | None = None
) -> list[tuple[str, str, str, bool]]:
    """``(setting, value, default, whether they differ)``, as one would write them in Python.

    Args:
        own: names of parts that are the caller's own, which stand for what the recipe has; see ``training.own``.
    """
    if not isinstance(recipe, Recipe):
        return [(name, value, "", False) for name, value in recipe.items()]

    def written(value: object) -> str:
        if dataclasses.is_dataclass(value):
            # What an augmentation leaves at its default it does not do.
            parts = [
                (part.name, getattr(value, part.name), part.default) for part in dataclasses.fields(value)
            ]
            return ", ".join(f"{name}={part}" for name, part, usual in parts if part != usual) or "none"
        return str(value)

    default = Recipe()
    names = [field.name for field in dataclasses.fields(recipe)]
    settings = [(name, getattr(recipe, name), getattr(default, name)) for name in names]
    own = own or {}
    idle = {name for part, names in _DECIDED_BY.items() if part in own for name in names}
    rows = [
        (name, written(value), written(usual), value != usual)
        for name, value, usual in settings
        if name not in idle
    ]
    return rows + [(name, each, "", True) for name, each in own.items()]


_DECIDED_BY = {
    "loss": ("label_smoothing", "balance"),
    "optimizer": ("optimizer", "learning_rate", "momentum", "nesterov", "weight_decay"),
    "schedule": ("schedule", "warmup_epochs"),
}
"""What of a recipe has no say where a part is the caller's own."""


def host_rows(host: Mapping[str, str], words: Words) -> dict[str, str]:
    """``host`` with the names of its usual entries in the reader's language."""
    return {words(key) if (key := f"host_{name}") in TEXTS else name: value for name, value in host.items()}
