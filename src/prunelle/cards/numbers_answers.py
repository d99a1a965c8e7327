"""The cards of what networks answer that tell a number."""

from __future__ import annotations

from prunelle.cards.answered import AnswersTable
from prunelle.report.words import Words
from prunelle.runs.numbers_predictions import NumberPrediction


def _caption(shown: NumberPrediction, words: Words) -> str:
    return "" if shown.number is None else words.number(shown.number, 4)


def _head(words: Words) -> list[str]:
    return [words("file"), words("answer")]


def _row(shown: NumberPrediction, words: Words) -> tuple[str, ...]:
    return shown.file, _caption(shown, words)


TABLE = AnswersTable(caption=_caption, head=_head, row=_row, numbers=(1,))
