"""What a report says of a network that tells several labels."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from markupsafe import Markup
from matplotlib.figure import Figure

from prunelle.drawing.files import svg_element
from prunelle.report import labels_figures, labels_words
from prunelle.report.answers import Answers
from prunelle.report.content import ReportContent
from prunelle.report.words import Words
from prunelle.runs import judging
from prunelle.texts import NO_VALUE, Note
from prunelle.training.labels_evaluation import LabelsEvaluation
from prunelle.training.thresholds import LEAST

MOST_WRONG, WRONG_PX, MOST_PAIRS, MOST_LINES = 24, 160, 15, 1000

_SPLITS = ("train", "validation", "test")


def _context(content: ReportContent, words: Words) -> dict[str, Any]:
    evaluation: LabelsEvaluation = content.evaluation
    figures = content.metrics[evaluation.split]
    wrong = most_wrong(evaluation)
    return {
        "headline": _headline(content, evaluation, words),
        "caveats": _caveats(content, evaluation, words),
        "split_heads": [
            words("mean_average_precision"),
            words("interval"),
            words("exact_match"),
            words("micro_f1"),
            words("macro_f1"),
            words("loss"),
        ],
        "splits": _splits(content, words),
        "said": [*labels_words.others(figures, words), *_thresholds(content, words)],
        "label_heads": [words.note(head) for head in labels_words.HEADS],
        "label_rows": [
            labels_words.row(score, words)
            for score in labels_words.worst_first(figures["per_label"])[:MOST_LINES]
        ],
        "label_figure": Markup(svg_element(labels_figures.by_label(figures["per_label"], words), "by-label")),
        "label_pairs": evaluation.taken_for(MOST_PAIRS),
        "label_wrong": _wrong(content, evaluation, wrong, words),
        "label_wrong_text": words("labels_wrong_text", n=words.integer(int((~evaluation.right).sum()))),
    }


def _headline(content: ReportContent, evaluation: LabelsEvaluation, words: Words) -> Markup:
    return Markup(words.template(f"labels_result_{evaluation.split}")).format(
        network=Markup("<bdi>{}</bdi>").format(content.network_name),
        value=Markup("<strong>{}</strong>").format(words.percent(evaluation.mean_average_precision)),
        n=words.integer(evaluation.n),
        interval=words.interval(*evaluation.intervals["mean_average_precision"]),
        tail=""
        if not evaluation.labels.any()
        else labels_words.blind(content.metrics[evaluation.split], words),
    )


def _caveats(content: ReportContent, evaluation: LabelsEvaluation, words: Words) -> list[str]:
    """What keeps the figures from meaning what they seem to."""
    learned = judging.learned_note(content.metrics[evaluation.split])
    caveats = [] if learned is None else [words.note(learned)]
    return caveats if evaluation.split == "test" else [*caveats, words(f"caveat_{evaluation.split}")]


def _thresholds(content: ReportContent, words: Words) -> Sequence[str]:
    if content.thresholds is None:
        return ()
    entries = [(each.label, each.kept) for each in content.thresholds]
    n = (content.metrics.get("validation") or {}).get("n", 0)
    return tuple(labels_words.thresholds(entries, n, LEAST, words))


def _splits(content: ReportContent, words: Words) -> list[dict[str, Any]]:
    return [
        {
            "name": words(split),
            "pictures": metrics["n"],
            "cells": [
                words.percent(metrics["mean_average_precision"]),
                NO_VALUE
                if metrics["mean_average_precision"] is None
                else words.interval(*metrics["mean_average_precision_interval"]),
                words.percent(metrics["accuracy"]),
                words.percent(metrics["micro_f1"]),
                words.percent(metrics["macro_f1"]),
                words.decimal(metrics["loss"], 4),
            ],
        }
        for split in _SPLITS
        if (metrics := content.metrics.get(split))
    ]


def most_wrong(evaluation: LabelsEvaluation, most: int = MOST_WRONG) -> list[int]:
    """Rows of the examples with a wrong label whose truth the network finds least probable, the worst first."""
    given = np.clip(evaluation.probabilities.astype(np.float64), 1e-38, 1 - 1e-12)
    surprise = -np.where(evaluation.labels, np.log(given), np.log1p(-given)).sum(axis=1)
    wrong = np.flatnonzero(~evaluation.right)
    return [int(row) for row in wrong[np.argsort(-surprise[wrong], kind="stable")][:most]]


def _wrong(
    content: ReportContent, evaluation: LabelsEvaluation, rows: Sequence[int], words: Words
) -> list[dict[str, Any]]:
    """A card an example: what was missed, what was invented, what was right."""
    images = content.images
    source = None if images is None else content.shown.writer([images], len(rows), WRONG_PX)
    cards = []
    for row in rows:
        truth, answered = evaluation.labels[row], evaluation.predicted[row]
        file = evaluation.files[row] if evaluation.files else words("index", n=row)
        missed, invented, right = (
            [
                (evaluation.classes[k], words.percent(float(evaluation.probabilities[row, k])))
                for k in np.flatnonzero(which)
            ]
            for which in (truth & ~answered, answered & ~truth, truth & answered)
        )
        cards.append(
            {
                "source": "" if source is None or images is None else source(images[row]),
                "missed": missed,
                "invented": invented,
                "right": [name for name, _ in right],
                "file": file,
                "short_file": "/".join(re.split(r"[/\\]", file)[-2:]),
            }
        )
    return cards


def _figures(content: ReportContent, words: Words) -> Mapping[str, Figure]:
    figures = content.metrics[content.evaluation.split]
    return {"by_label": labels_figures.by_label(figures["per_label"], words)}


ANSWERS = Answers(
    template="labels_answers.html",
    sections=("by_label", "labels_together", "labels_wrong"),
    context=_context,
    figures=_figures,
    texts={
        "classes_count": Note("{n} labels", "{n} étiquettes"),
        "examples": Note("What each label looks like", "À quoi ressemble chaque étiquette"),
        "accuracy": Note("all labels right", "étiquettes toutes justes"),
        "accuracy_by_epoch": Note(
            "All labels right (from one half on), by epoch",
            "Étiquettes toutes justes (à partir de un demi), par époque",
        ),
    },
)
