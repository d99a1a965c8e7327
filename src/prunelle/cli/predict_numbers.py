"""What ``prunelle predict`` prints of networks that tell a number."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from prunelle.cli.output import spoken
from prunelle.texts import visible

if TYPE_CHECKING:
    from prunelle.runs.numbers_predictions import NumberPrediction


def lines(answers: Sequence[NumberPrediction]) -> list[str]:
    """What is measured, and the number."""
    return [
        "" if answer.number is None else f"{visible(answer.name)} {spoken().number(answer.number)}"
        for answer in answers
    ]


def rows(answers: Sequence[NumberPrediction]) -> tuple[Sequence[str], list[tuple[object, ...]]]:
    """``(heads, rows)``: a row a file."""
    table: list[tuple[object, ...]] = [(answer.file, answer.number, answer.error) for answer in answers]
    return ("file", next((answer.name for answer in answers if answer.name), "number"), "error"), table
