"""``predictions.csv`` of a run that tells several labels: a row an example, a column of probability a label.

``labels`` and ``predicted`` hold names with ``;`` between them, and are empty for none. ``probability of NAME`` is what
the network gives each label.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np

from prunelle.csv_files import read_table, table_text
from prunelle.data.targets import SeveralLabels
from prunelle.errors import DataError, RunError
from prunelle.runs.answer_files import files_of
from prunelle.training.labels_evaluation import LabelsEvaluation

FIELDS = ("file", "split", "labels", "predicted")
_PROBABILITY = "probability of "


def text(evaluation: LabelsEvaluation) -> str:
    """The content of the file; probabilities have the digits that tell a float32 from the next."""
    classes, target = evaluation.classes, SeveralLabels()
    rows = (
        (
            evaluation.files[i] if evaluation.files else i,
            evaluation.split,
            target.written(evaluation.labels[i], classes),
            target.written(evaluation.predicted[i], classes),
            *map(str, evaluation.probabilities[i]),
        )
        for i in range(evaluation.n)
    )
    return table_text((*FIELDS, *(f"{_PROBABILITY}{name}" for name in classes)), rows)


def read(file: Path, classes: tuple[str, ...], loss: float, target: SeveralLabels) -> LabelsEvaluation:
    """The inverse of ``text``.

    Raises:
        RunError: the file is not there, or damaged.
    """
    columns = [f"{_PROBABILITY}{name}" for name in classes]
    try:
        rows = read_table(file, (*FIELDS, *columns))
        labels = target.read([row["labels"] for row in rows], classes)
        probabilities = np.array([[row[column] for column in columns] for row in rows], np.float32)
    except (DataError, ValueError) as error:
        raise RunError(f"{file} is damaged: {error}") from None
    if not rows:
        raise RunError(f"{file} is damaged: it has no example.")
    return LabelsEvaluation(
        split=rows[0]["split"],
        classes=classes,
        labels=labels,
        probabilities=probabilities.reshape(len(rows), len(classes)),
        loss=loss,
        thresholds=target.answered_from(len(classes)),
        files=files_of(rows),
    )
