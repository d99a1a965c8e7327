"""What a report says of a network that tells a number."""

from __future__ import annotations

from typing import Any

from markupsafe import Markup

from prunelle.drawing.files import svg_element
from prunelle.report import numbers_figures, numbers_words
from prunelle.report.answers import Answers
from prunelle.report.content import ReportContent
from prunelle.report.words import Words
from prunelle.runs import judging
from prunelle.texts import NO_VALUE, visible
from prunelle.training.numbers_evaluation import NumbersEvaluation

MOST_FAR = 24
"""Examples that are farthest off."""
FAR_PX = 160

_SPLITS = ("train", "validation", "test")


def _context(content: ReportContent, words: Words) -> dict[str, Any]:
    evaluation: NumbersEvaluation = content.evaluation
    return {
        "headline": _headline(content, evaluation, words),
        "caveats": _caveats(content, evaluation, words),
        "split_heads": [
            words(head)
            for head in ("mean_absolute_error", "interval", "median_error", "root_error", "r2", "loss")
        ],
        "splits": _splits(content, words),
        "drawings": {
            name: (words(f"{name}_drawn"), words(f"{name}_read"), Markup(svg_element(figure, name)))
            for name, figure in numbers_figures.drawn(evaluation, words).items()
        },
        "others": list(numbers_words.others(evaluation.summary(), words)),
        "ranges": numbers_words.ranges(evaluation, words),
        "far": _far(content, evaluation, words),
        "widths": list(numbers_words.widths(content.trust, words)),
    }


def _headline(content: ReportContent, evaluation: NumbersEvaluation, words: Words) -> Markup:
    figures = evaluation.summary()
    said = Markup(words.template(f"number_result_{evaluation.split}")).format(
        network=Markup("<bdi>{}</bdi>").format(content.network_name),
        number=Markup("<bdi>{}</bdi>").format(evaluation.classes[0]),
        value=Markup("<strong>{}</strong>").format(words.number(evaluation.mean_absolute_error)),
        interval=numbers_words.interval(figures["interval"], words),
        n=words.integer(evaluation.n),
    )
    return said + Markup("{}.").format(numbers_words.blind(figures, words))


def _caveats(content: ReportContent, evaluation: NumbersEvaluation, words: Words) -> list[str]:
    """What keeps the figures from meaning what they seem to."""
    learned = judging.learned_note(content.metrics.get(evaluation.split, {}))
    caveats = [] if learned is None else [words.note(learned)]
    if evaluation.split == "validation":
        caveats.append(words("caveat_validation" if content.chose_by_validation else "caveat_last"))
    elif evaluation.split == "train":
        caveats.append(words("caveat_train"))
    return caveats


def _splits(content: ReportContent, words: Words) -> list[dict[str, Any]]:
    return [
        {
            "name": words(split),
            "pictures": metrics["n"],
            "cells": [
                words.number(metrics["mean_absolute_error"]),
                numbers_words.interval(metrics["interval"], words),
                words.number(metrics["median_absolute_error"]),
                words.number(metrics["root_mean_squared_error"]),
                words.decimal(metrics["r2"], 3),
                words.decimal(metrics["loss"], 4),
            ],
        }
        for split in _SPLITS
        if (metrics := content.metrics.get(split))
    ]


def _far(content: ReportContent, evaluation: NumbersEvaluation, words: Words) -> list[dict[str, str]]:
    """The examples whose answers are farthest off."""
    images, error = content.images, evaluation.mean_absolute_error
    write = None if images is None else content.shown.writer([images], MOST_FAR, FAR_PX)
    cards = []
    for row in evaluation.farthest(MOST_FAR):
        file = "" if evaluation.files is None else visible(str(evaluation.files[row]))
        answer, truth = (
            numbers_words.written(float(each[row]), error, words)
            for each in (evaluation.predicted, evaluation.labels)
        )
        cards.append(
            {
                "source": "" if write is None or images is None else write(images[row]),
                "file": file,
                "short_file": file.rpartition("/")[2] or f"{NO_VALUE} {row}",
                "answer": answer,
                "truth": truth,
                "off": numbers_words.signed(float(evaluation.errors[row]), words),
            }
        )
    return cards


ANSWERS = Answers(
    template="numbers_answers.html", sections=("answers_to_truths", "by_range", "farthest"), context=_context
)
