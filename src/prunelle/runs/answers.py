"""``predictions.csv`` of a run: what was answered on the split that speaks for it, written and read back.

A row an example: its file (or position), the split, the truth, the answer with its probability, and of the truth the
probability, by which the loss beside a blind guess is judged, and the rank among the answers, by which the truth is
among the five most probable or not. Runs of before lack the last, or both. What tables of other
targets hold is in ``labels_answers`` and ``numbers_answers``.
"""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Protocol

import numpy as np

from prunelle.csv_files import read_table, table_text
from prunelle.data.targets import Target
from prunelle.disk import write_text
from prunelle.errors import DataError, RunError
from prunelle.runs import labels_answers, numbers_answers
from prunelle.runs.answer_files import files_of
from prunelle.training.metrics import Evaluation
from prunelle.training.objectives import AnyEvaluation

ANSWERS_FILE = "predictions.csv"
ANSWER_FIELDS = ("file", "split", "class", "predicted", "probability")
_OF_TRUTH, _RANK = "probability_of_class", "rank_of_class"


def text(evaluation: Evaluation) -> str:
    """The table of answers of classes; probabilities have the digits that tell a float32 from the next."""
    classes = evaluation.classes
    of_truth = evaluation.probabilities[np.arange(evaluation.n), evaluation.labels]
    ranks = evaluation.ranks
    rows = (
        (
            evaluation.files[i] if evaluation.files else i,
            evaluation.split,
            classes[evaluation.labels[i]],
            classes[evaluation.predicted[i]],
            str(evaluation.confidence[i]),
            str(of_truth[i]),
            ranks[i],
        )
        for i in range(evaluation.n)
    )
    return table_text((*ANSWER_FIELDS, _OF_TRUTH, _RANK), rows)


def read_rows(file: Path, classes: Sequence[str]) -> list[dict[str, str]]:
    """The rows as texts, at least one; truths and answers are among ``classes``.

    Raises:
        RunError: the file is not there, or damaged.
    """
    try:
        rows = read_table(file, ANSWER_FIELDS)
    except DataError as error:
        raise RunError(str(error)) from None
    if not rows:
        raise RunError(f"{file} is damaged: it has no picture.")
    known = set(classes)
    for row in rows:
        for name in (row["class"], row["predicted"]):
            if name not in known:
                raise RunError(f"{file} is damaged: {name!r} is no class of the run.")
    return rows


def read(file: Path, classes: tuple[str, ...], loss: float, target: Target) -> Evaluation:
    """The inverse of ``text``.

    Of the probabilities, those of the answer and of the truth are as they were; the rest is shared out evenly among the
    other classes, which nobody looks at: the rank of the truth is read, not counted.

    Args:
        classes: of the run, in its order.
        loss: of that split. target: a class.

    Raises:
        RunError: the file is not there, or damaged.
    """
    rows = read_rows(file, classes)
    index = {name: number for number, name in enumerate(classes)}
    try:
        labels = np.array([index[row["class"]] for row in rows], np.int64)
        predicted = np.array([index[row["predicted"]] for row in rows], np.int64)
        confidence = np.array([row["probability"] for row in rows], np.float32)
        ranks = np.array([row.get(_RANK) or 0 for row in rows], np.int64)
        right = labels == predicted
        # Runs of before do not say it; of a wrong answer's truth nothing is then known but that it has some share.
        others = (1 - confidence) / max(1, len(classes) - 1)
        of_truth = np.array(
            [
                row.get(_OF_TRUTH) or (row["probability"] if known else other)
                for row, known, other in zip(rows, right, others, strict=True)
            ],
            np.float32,
        )
    except ValueError as error:
        raise RunError(f"{file} is damaged: {error}.") from None
    rest = np.maximum(1 - confidence - np.where(right, 0, of_truth), 0)
    others_left = np.maximum(1, np.where(right, len(classes) - 1, len(classes) - 2))
    shares = np.minimum(rest / others_left, confidence * np.float32(0.999))
    probabilities = np.repeat(shares[:, np.newaxis].astype(np.float32), len(classes), axis=1)
    everyone = np.arange(len(rows))
    probabilities[everyone, labels] = of_truth
    probabilities[everyone, predicted] = confidence
    return Evaluation(
        split=rows[0]["split"],
        classes=tuple(classes),
        labels=labels,
        probabilities=probabilities,
        loss=loss,
        files=files_of(rows),
        kept_ranks=ranks,
    )


class _Table(Protocol):
    """What is written and read of a kind of target: this module for classes, another for each of the others."""

    def text(self, evaluation: Any, /) -> str:
        """The content of the file."""

    def read(self, file: Path, classes: tuple[str, ...], loss: float, target: Any, /) -> AnyEvaluation:
        """Its inverse."""


_TABLES: Mapping[str, _Table] = {
    "class": sys.modules[__name__],
    "labels": labels_answers,
    "number": numbers_answers,
}


def write_judged(path: Path, evaluation: Any, target: Target) -> None:
    """``predictions.csv`` in the folder ``path``."""
    write_text(path / ANSWERS_FILE, _TABLES[target.kind].text(evaluation))


def read_judged(path: Path, classes: Sequence[str], loss: float, target: Target) -> AnyEvaluation:
    """The inverse of ``write_judged``; ``loss`` is that of the split.

    Raises:
        RunError: the file is not there, or damaged.
    """
    return _TABLES[target.kind].read(path / ANSWERS_FILE, tuple(classes), loss, target)
