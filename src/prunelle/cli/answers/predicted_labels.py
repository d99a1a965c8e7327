"""What ``prunelle predict`` prints of networks that tell several labels."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from prunelle.cli.output import spoken
from prunelle.texts import Note, visible

if TYPE_CHECKING:
    from prunelle.runs.labels_predictions import LabelsPrediction

_NONE = Note("no label", "aucune étiquette")
_ELSE = Note("not: {others}", "sinon : {others}")


def lines(answers: Sequence[LabelsPrediction]) -> list[str]:
    """The labels answered, each with its probability; behind them, in brackets, others that were nearest."""
    return [_line(answer) for answer in answers]


def _line(answer: LabelsPrediction) -> str:
    words = spoken()

    def named(answered: bool) -> list[str]:
        return [
            f"{visible(name)} {words.percent(share):>7}"
            for name, share in answer.shown
            if (name in answer.labels) is answered
        ]

    told = "   ".join(named(True)) or words.note(_NONE)
    others = ", ".join(" ".join(other.split()) for other in named(False))
    return f"{told}   ({words.note(_ELSE, others=others)})" if others else told


def rows(answers: Sequence[LabelsPrediction]) -> tuple[Sequence[str], list[tuple[object, ...]]]:
    """``(heads, rows)`` as ``predictions.csv`` of a run has them: a row a file, a column of probability a label."""
    from prunelle.data.targets import BETWEEN

    names = sorted({name for answer in answers for name, _ in answer.probabilities})
    table: list[tuple[object, ...]] = []
    for answer in answers:
        shares = dict(answer.probabilities)
        given = [f"{shares[name]:.6f}" if shares else None for name in names]
        table.append(
            (answer.file, None if answer.error else BETWEEN.join(answer.labels), *given, answer.error)
        )
    return ("file", "labels", *(f"probability of {name}" for name in names), "error"), table
