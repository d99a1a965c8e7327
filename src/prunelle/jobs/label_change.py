"""What a training by corrected labels changed, measured at its end: two networks' answers on the same pictures."""

from __future__ import annotations

import contextlib
import dataclasses

import numpy as np

from prunelle.data import duplicates
from prunelle.data.decisions import Decisions
from prunelle.data.examples import Data
from prunelle.data.pixels import Pixels
from prunelle.errors import PrunelleError, RunError
from prunelle.jobs import run_data
from prunelle.planning.loading import decided_data
from prunelle.planning.request import MEMORY_BUDGET
from prunelle.runs.change import Answers, Change, Relabelled
from prunelle.runs.listener import Listener
from prunelle.runs.run import Run
from prunelle.texts import Note
from prunelle.training.inference import predict_logits
from prunelle.training.objectives import AnyEvaluation, objective_of


@dataclasses.dataclass(frozen=True, eq=False)
class Before:
    """What was before: a run, its answers on the split that it was judged on, and the examples of that split."""

    run: Run
    answers: AnyEvaluation
    pixels: Pixels

    @classmethod
    def of(cls, run: Run, pixels: Pixels) -> Before:
        """Of a finished run and what its judged split holds.

        Raises:
            RunError: it is not finished, or these are other examples.
        """
        answers = run.judged()
        if not np.array_equal(answers.labels, pixels.labels):
            raise RunError(
                f"{run.path} / predictions.csv is not of the {answers.split} examples that the run has now, so what "
                f"would change could not be told. Were they added to, or taken away?"
            )
        return cls(run, answers, pixels)


def write_change(run: Run, before: Before, listener: Listener) -> None:
    """``change.json`` of a run whose answers (``predictions.csv``) are there."""
    split = before.answers.split
    labels = _labels_now(run, split, before.pixels)
    earlier = Answers(before.answers.predicted, before.answers.scores)
    after = Answers(np.empty_like(earlier.predicted), np.empty_like(earlier.scores))
    asked = np.ones(len(labels.kept), bool)
    answered = run.judged()
    if answered.split == split:
        after.predicted[labels.kept], after.scores[labels.kept] = answered.predicted, answered.scores
        asked = ~labels.kept
    if len(rest := np.flatnonzero(asked)):
        left = dataclasses.replace(
            before.pixels,
            images=np.asarray(before.pixels.images[rest]),
            labels=labels.old[rest],
            files=None,
            skipped=(),
        )
        logits = predict_logits(
            run.network, left, run.preprocess, len(run.classes), progress=listener.on_progress
        )
        told = objective_of(run.target, run.classes).evaluation(logits, left.labels, split, files=None)
        after.predicted[rest], after.scores[rest] = told.predicted, told.scores
    of = str(before.run.path.absolute())
    Change.measured(of, split, run.target.kind, (earlier, after), labels).write(run.path)


def write_change_again(run: Run, listener: Listener) -> None:
    """The same for a retraining that was stopped and gone on with: what was before is looked up again.

    Where that cannot be, the person is told, and there is no ``change.json``. What is settled is, where the decisions
    are in their file as they were.
    """
    try:
        earlier = Run.open(run.info["decisions"]["of"])
        name = earlier.judged().split
        data = run_data.data_of(earlier, listener)
        split = next(split for split in data.splits() if split.name == name)
        in_memory = split.decoded_bytes(earlier.preprocess) <= MEMORY_BUDGET
        pixels = split.decode(earlier.preprocess, in_memory=in_memory, progress=listener.on_progress)
        write_change(run, Before.of(earlier, pixels), listener)
        _settle_again(run, data)
    except PrunelleError as error:
        listener.on_note(
            Note(
                f"What the corrected labels changed cannot be told any more: {error}",
                f"On ne peut plus dire ce que les étiquettes corrigées ont changé : {error}",
            )
        )


def _settle_again(run: Run, data: Data) -> None:
    with contextlib.suppress(PrunelleError):
        decisions = Decisions.read(run.info["decisions"]["file"])
        if decisions.digest() == run.info["decisions"]["digest"]:
            run.decide(*decided_data(data, decisions).settled.values())


def _labels_now(run: Run, split: str, pixels: Pixels) -> Relabelled:
    """The label that each example of ``pixels`` has in ``run``, by what it holds, and which were left out.

    What is left stands in the order in which it stood.
    """
    placed = run.placed()
    assert placed is not None
    assert placed.contents is not None
    rows = placed.rows(split)
    digests = [placed.contents.digests[row] for row in rows]
    labels, kept = pixels.labels.copy(), np.zeros(len(pixels), bool)
    at = 0
    for position, digest in enumerate(duplicates.contents_of(pixels).digests):
        if at < len(rows) and digest == digests[at]:
            labels[position], kept[position] = placed.labels[rows[at]], True
            at += 1
    if at < len(rows):
        raise RunError(f"{run.path} has {split} examples that the run before it has not.")
    return Relabelled(pixels.labels, labels, kept)
