"""``predictions.csv`` of a run that tells a number: a row an example, with the number and what was answered."""

from __future__ import annotations

from pathlib import Path

from prunelle.csv_files import read_table, table_text
from prunelle.data.targets import Number
from prunelle.errors import DataError, RunError
from prunelle.runs.answer_files import files_of
from prunelle.training.numbers_evaluation import NumbersEvaluation

FIELDS = ("file", "split", "truth", "predicted")


def text(evaluation: NumbersEvaluation) -> str:
    """The content of the file; numbers have all digits that float64 has."""
    rows = (
        (
            evaluation.files[i] if evaluation.files else i,
            evaluation.split,
            float(evaluation.labels[i]),
            float(evaluation.predicted[i]),
        )
        for i in range(evaluation.n)
    )
    return table_text(FIELDS, rows)


def read(file: Path, classes: tuple[str, ...], loss: float, target: Number) -> NumbersEvaluation:
    """The inverse of ``text``.

    Raises:
        RunError: the file is not there, or damaged.
    """
    try:
        rows = read_table(file, FIELDS)
        labels = target.read([row["truth"] for row in rows], classes)
        predicted = target.read([row["predicted"] for row in rows], classes)
    except DataError as error:
        raise RunError(f"{file} is damaged: {error}") from None
    if not rows:
        raise RunError(f"{file} is damaged: it has no example.")
    return NumbersEvaluation(
        split=rows[0]["split"],
        classes=classes,
        labels=labels,
        predicted=predicted,
        usual=target.median,
        loss=loss,
        files=files_of(rows),
    )
