"""The cards of what networks answer that tell a number."""

from __future__ import annotations

from collections.abc import Iterator

from prunelle.cards.answered import AnswersTable, answered_picture
from prunelle.drawing import card
from prunelle.report import numbers_words
from prunelle.report.words import Words
from prunelle.runs import judging
from prunelle.runs.numbers_predictions import NumberPrediction
from prunelle.texts import Note, default_language, visible
from prunelle.training.numbers_evaluation import NumbersEvaluation

_EVALUATION = Note("Evaluation", "Évaluation")
_BETWEEN = Note(
    "between {low} and {high}, as for 90 % of such examples",
    "entre {low} et {high}, comme pour 90 % de tels exemples",
)
_FROM, _TO = Note("{name} from", "{name} de"), Note("to", "à")
_COUNT, _OFF = Note("examples", "exemples"), Note("mean error", "erreur moyenne")


def numberprediction(shown: NumberPrediction) -> str:
    """The picture, the number, and between which it surely is where that is known."""
    words = Words(default_language())
    if shown.error is not None or shown.number is None:
        parts = [card.sentence(words.reason(shown.error or ""), strong=True)]
    else:
        parts = [
            card.sentence(f"{visible(shown.name)}: {_caption(shown, words)}", strong=True),
            card.row([answered_picture(shown.file, "")]),
        ]
        if shown.interval is not None:
            low, high = (words.number(end, 4) for end in shown.interval)
            parts.append(card.sentence(words.note(_BETWEEN, low=low, high=high)))
    return card.card(shown.file, parts, words.language)


def numbersevaluation(shown: NumbersEvaluation) -> str:
    """The sentences of ``prunelle evaluate``, and the errors by range of the truth."""
    words = Words(default_language())
    return card.card(
        words.note(_EVALUATION), _evaluated(shown, words), words.language, kind=words(shown.split)
    )


def _evaluated(shown: NumbersEvaluation, words: Words) -> Iterator[str]:
    figures = shown.summary()
    yield card.sentence(f"{numbers_words.off(figures, words, judged=words.note(judging.judged_on(shown)))}.")
    notes = [words.note(note) for note in judging.notes_of(shown)]
    yield card.listed([*notes, *numbers_words.others(figures, words)])
    heads = [words.note(_FROM, name=visible(shown.classes[0])), *map(words.note, (_TO, _COUNT, _OFF))]
    rows = [row[: len(heads)] for row in numbers_words.ranges(shown, words)]
    yield card.table(heads, rows, numbers=range(len(heads)))


def _caption(shown: NumberPrediction, words: Words) -> str:
    return "" if shown.number is None else words.number(shown.number, 4)


def _head(words: Words) -> list[str]:
    return [words("file"), words("answer")]


def _row(shown: NumberPrediction, words: Words) -> tuple[str, ...]:
    return shown.file, _caption(shown, words)


TABLE = AnswersTable(caption=_caption, head=_head, row=_row, numbers=(1,))
