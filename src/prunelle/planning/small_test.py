"""What is said of a test so small that its accuracy says little, and what would say more: folds."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from prunelle.data.datasets import NAMED
from prunelle.data.examples import Data
from prunelle.data.kinds import kind_of
from prunelle.planning.request import DataSource
from prunelle.runs.folds import fold_of
from prunelle.runs.run import JUDGED_BY, Run
from prunelle.texts import EN, FR, Note, Typography
from prunelle.training.intervals import wilson_interval

FEW = 300
"""Examples below which a test is small: nine in ten right are then known to 3.4 points at best."""

_FOLDS = 5
_SPLITS = {
    "test": (Note("The test", "Le test"), Note("test", "de test")),
    "validation": (Note("The validation", "La validation"), Note("validation", "de validation")),
}


def note_before(source: DataSource, data: Data) -> Note | None:
    """Before a training: that its test will say little. None where it will, and of examples that are no user's files.

    Args:
        source: as it was asked for; what comes loaded is somebody's part of the whole.
        data: split.
    """
    if not _is_users(source.data) or not data.target.exclusive:
        return None
    judged = next(split for split in (data.test, data.validation, data.train) if split is not None)
    k = _folds([split.labels for split in data.splits()], len(data.classes))
    if judged.name == "train" or len(judged) >= FEW or k < 2:
        return None
    what, (who, _) = kind_of(data.preprocess).many, _SPLITS[judged.name]
    n, low_high = len(judged), wilson_interval(round(0.9 * len(judged)), len(judged))
    return Note(
        f"{who.en} has {EN.integer(n)} {what.en}: nine in ten right would be known to ±{_half(low_high, EN)} points. "
        f"--folds {k} judges all {what.en}.",
        f"{who.fr} a {FR.integer(n)} {what.fr} : neuf bonnes réponses sur dix ne seraient connues qu’à "
        f"±{_half(low_high, FR)} points près. --folds {k} juge toutes les {what.fr}.",
    )


def note_after(run: Run) -> Note | None:
    """After it: how little. None where the test was large enough, and of a fold."""
    source = run.info["data"]["source"]
    if (
        source is None
        or not run.has_recipe
        or not run.target.exclusive
        or not _is_users(source["data"])
        or fold_of(run.path)
    ):
        return None
    metrics = run.metrics()
    judged = next(split for split in JUDGED_BY if split in metrics)
    placed = run.placed()
    if judged == "train" or placed is None or metrics[judged]["n"] >= FEW:
        return None
    k = _folds([placed.labels], len(run.classes))
    if k < 2:
        return None
    what, (_, of) = kind_of(run.preprocess).many, _SPLITS[judged]
    figures: Mapping[str, Any] = metrics[judged]
    interval = tuple(figures["interval"])
    return Note(
        f"{EN.integer(figures['n'])} {of.en} {what.en} tell an accuracy only to ±{_half(interval, EN)} points. The "
        f"same command with --folds {k} judges all {what.en}, each by a network that never saw it.",
        f"{FR.integer(figures['n'])} {what.fr} {of.fr} ne donnent une exactitude qu’à ±{_half(interval, FR)} points "
        f"près. La même commande avec --folds {k} juge toutes les {what.fr}, chacune par un réseau qui ne l’a jamais "
        f"vue.",
    )


def _is_users(data: object) -> bool:
    """Whether it is a folder or a file; named sets have splits by which all are compared."""
    return isinstance(data, str | Path) and str(data) not in NAMED


def _folds(labels: Sequence[np.ndarray], num_classes: int) -> int:
    """How many the rarest class allows."""
    return min(_FOLDS, int(np.bincount(np.concatenate(labels), minlength=num_classes).min()))


def _half(interval: Sequence[float], words: Typography) -> str:
    low, high = interval
    return words.points((high - low) / 2, digits=0)
