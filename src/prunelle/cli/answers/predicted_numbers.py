"""What ``prunelle predict`` prints of networks that tell a number."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from prunelle.cli.output import spoken
from prunelle.texts import Note, visible

if TYPE_CHECKING:
    from prunelle.runs.numbers_predictions import NumberPrediction


_BETWEEN = Note("{low} to {high}", "{low} à {high}")


def lines(answers: Sequence[NumberPrediction]) -> list[str]:
    """What is measured, the number, and the interval that holds the truth of 90 % of such examples."""
    from prunelle.report.numbers_words import written
    from prunelle.trust.widths import SHOWN

    words, said = spoken(), []
    for answer in answers:
        if answer.number is None:
            said.append("")
            continue
        error = answer.typical or 0.0
        line = f"{visible(answer.name)} {written(answer.number, error, words)}"
        if answer.interval is not None:
            low, high = (written(end, error, words) for end in answer.interval)
            between = words.note(_BETWEEN, low=low, high=high)
            line += f"   {words.percent(SHOWN, digits=0)}: {between}"
        said.append(line)
    return said


def rows(answers: Sequence[NumberPrediction]) -> tuple[Sequence[str], list[tuple[object, ...]]]:
    """``(heads, rows)``: a row a file; ``low`` and ``high`` of the interval, empty where there is none."""
    table: list[tuple[object, ...]] = [
        (answer.file, answer.number, *(answer.interval or (None, None)), answer.error) for answer in answers
    ]
    name = next((answer.name for answer in answers if answer.name), "number")
    return ("file", name, "low", "high", "error"), table
