"""What a report says of a network that tells several labels."""

from __future__ import annotations

from typing import Any

from markupsafe import Markup

from prunelle.report.answers import Answers
from prunelle.report.content import ReportContent
from prunelle.report.words import Words
from prunelle.training.labels_evaluation import LabelsEvaluation

_SPLITS = ("train", "validation", "test")


def _context(content: ReportContent, words: Words) -> dict[str, Any]:
    evaluation: LabelsEvaluation = content.evaluation
    return {
        "headline": _headline(content, evaluation, words),
        "caveats": [],
        "split_heads": [
            words("mean_average_precision"),
            words("exact_match"),
            words("interval"),
            words("loss"),
        ],
        "splits": _splits(content, words),
    }


def _headline(content: ReportContent, evaluation: LabelsEvaluation, words: Words) -> Markup:
    return Markup(words.template(f"labels_result_{evaluation.split}")).format(
        network=Markup("<bdi>{}</bdi>").format(content.network_name),
        value=Markup("<strong>{}</strong>").format(words.percent(evaluation.mean_average_precision)),
        n=words.integer(evaluation.n),
    )


def _splits(content: ReportContent, words: Words) -> list[dict[str, Any]]:
    return [
        {
            "name": words(split),
            "pictures": metrics["n"],
            "cells": [
                words.percent(metrics["mean_average_precision"]),
                words.percent(metrics["accuracy"]),
                words.interval(*metrics["interval"]),
                words.decimal(metrics["loss"], 4),
            ],
        }
        for split in _SPLITS
        if (metrics := content.metrics.get(split))
    ]


ANSWERS = Answers(template="labels_answers.html", sections=(), context=_context)
