"""The cards of what networks answer that tell several labels."""

from __future__ import annotations

from collections.abc import Iterator

from prunelle.cards.answered import AnswersTable, answered_picture
from prunelle.drawing import card
from prunelle.report import labels_words
from prunelle.report.words import Words
from prunelle.runs import judging
from prunelle.runs.labels_predictions import LabelsPrediction
from prunelle.texts import Note, default_language, visible
from prunelle.training.labels_evaluation import LabelsEvaluation

_EVALUATION = Note("Evaluation", "Évaluation")
_LABELS = Note("Labels", "Étiquettes")
_MOST_PROBABLE = Note("Most probable", "La plus probable")

MOST_LABELS = 20


def labelsprediction(shown: LabelsPrediction) -> str:
    """The picture, the labels answered, and how probable each is."""
    words = Words(default_language())
    if shown.error is not None:
        parts = [card.sentence(words.reason(shown.error), strong=True)]
    else:
        rows = [(name, share, words.percent(share)) for name, share in shown.shown]
        parts = [
            card.sentence(_said(shown, words), strong=True),
            card.row([answered_picture(shown.file, ""), card.shares(rows)]),
        ]
    return card.card(shown.file, parts, words.language)


def labelsevaluation(shown: LabelsEvaluation) -> str:
    """The sentences of ``prunelle evaluate``, and the table by label."""
    words = Words(default_language())
    return card.card(
        words.note(_EVALUATION), _evaluated(shown, words), words.language, kind=words(shown.split)
    )


def _evaluated(shown: LabelsEvaluation, words: Words) -> Iterator[str]:
    figures, judged = shown.summary(), words.note(judging.judged_on(shown))
    first = labels_words.precise(figures, words, k=labels_words.num_told(figures), judged=judged)
    yield card.sentence(f"{first}.")
    notes = [words.note(note) for note in judging.notes_of(shown)]
    yield card.listed([*notes, *labels_words.others(figures, words)])
    heads = [words.note(head) for head in labels_words.HEADS]
    rows = [
        labels_words.row(score, words)
        for score in labels_words.worst_first(figures["per_label"])[:MOST_LABELS]
    ]
    yield card.table(heads, rows, numbers=range(1, len(heads)))


def _said(shown: LabelsPrediction, words: Words) -> str:
    return ", ".join(map(visible, shown.labels)) or words("no_label")


def _head(words: Words) -> list[str]:
    return [words("file"), words.note(_LABELS), words.note(_MOST_PROBABLE), words("confidence")]


def _row(shown: LabelsPrediction, words: Words) -> tuple[str, ...]:
    name, share = shown.probabilities[0]
    return shown.file, _said(shown, words), name, words.percent(share)


TABLE = AnswersTable(caption=_said, head=_head, row=_row, numbers=(3,))
