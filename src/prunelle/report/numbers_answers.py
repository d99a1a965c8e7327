"""What a report says of a network that tells a number."""

from __future__ import annotations

from typing import Any

from markupsafe import Markup

from prunelle.report.answers import Answers
from prunelle.report.content import ReportContent
from prunelle.report.words import Words
from prunelle.training.numbers_evaluation import NumbersEvaluation

_SPLITS = ("train", "validation", "test")


def _context(content: ReportContent, words: Words) -> dict[str, Any]:
    evaluation: NumbersEvaluation = content.evaluation
    return {
        "headline": _headline(content, evaluation, words),
        "caveats": [],
        "split_heads": [words("mean_absolute_error"), words("interval"), words("r2"), words("loss")],
        "splits": _splits(content, words),
    }


def _headline(content: ReportContent, evaluation: NumbersEvaluation, words: Words) -> Markup:
    return Markup(words.template(f"number_result_{evaluation.split}")).format(
        network=Markup("<bdi>{}</bdi>").format(content.network_name),
        number=Markup("<bdi>{}</bdi>").format(evaluation.classes[0]),
        value=Markup("<strong>{}</strong>").format(words.number(evaluation.mean_absolute_error)),
        n=words.integer(evaluation.n),
    )


def _splits(content: ReportContent, words: Words) -> list[dict[str, Any]]:
    return [
        {
            "name": words(split),
            "pictures": metrics["n"],
            "cells": [
                words.number(metrics["mean_absolute_error"]),
                " – ".join(words.number(end) for end in metrics["interval"]),
                words.decimal(metrics["r2"], 3),
                words.decimal(metrics["loss"], 4),
            ],
        }
        for split in _SPLITS
        if (metrics := content.metrics.get(split))
    ]


ANSWERS = Answers(template="numbers_answers.html", sections=(), context=_context)
