"""What a training by corrected labels changed, measured at its end: two networks' answers on the same pictures."""

from __future__ import annotations

import dataclasses

import numpy as np

from prunelle.data import duplicates
from prunelle.data.pixels import Pixels
from prunelle.errors import PrunelleError, RunError
from prunelle.jobs import run_data
from prunelle.planning.request import MEMORY_BUDGET
from prunelle.runs.change import Change
from prunelle.runs.listener import Listener
from prunelle.runs.run import Run
from prunelle.texts import Note
from prunelle.training.inference import predict_logits
from prunelle.training.metrics import Evaluation


@dataclasses.dataclass(frozen=True, eq=False)
class Before:
    """What was before: a run, its answers on the split that it was judged on, and the examples of that split."""

    run: Run
    answers: Evaluation
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
    split, old = before.answers.split, before.pixels.labels
    new = _labels_now(run, split, before.pixels)
    after = np.full(len(old), -1, np.int64)
    answered = run.judged()
    if answered.split == split:
        after[new >= 0] = answered.predicted
    if len(rest := np.flatnonzero(after < 0)):
        left = dataclasses.replace(
            before.pixels,
            images=np.asarray(before.pixels.images[rest]),
            labels=old[rest],
            files=None,
            skipped=(),
        )
        logits = predict_logits(
            run.network, left, run.preprocess, len(run.classes), progress=listener.on_progress
        )
        after[rest] = logits.argmax(dim=1).numpy()
    change = Change.measured(
        str(before.run.path.absolute()), split, before=before.answers.predicted, after=after, old=old, new=new
    )
    change.write(run.path)


def write_change_again(run: Run, listener: Listener) -> None:
    """The same for a retraining that was stopped and gone on with: what was before is looked up again.

    Where that cannot be, the person is told, and there is no ``change.json``.
    """
    try:
        earlier = Run.open(run.info["decisions"]["of"])
        name = earlier.judged().split
        split = next(split for split in run_data.data_of(earlier, listener).splits() if split.name == name)
        in_memory = split.decoded_bytes(earlier.preprocess) <= MEMORY_BUDGET
        pixels = split.decode(earlier.preprocess, in_memory=in_memory, progress=listener.on_progress)
        write_change(run, Before.of(earlier, pixels), listener)
    except PrunelleError as error:
        listener.on_note(
            Note(
                f"What the corrected labels changed cannot be told any more: {error}",
                f"On ne peut plus dire ce que les étiquettes corrigées ont changé : {error}",
            )
        )


def _labels_now(run: Run, split: str, pixels: Pixels) -> np.ndarray:
    """``(N,)`` the label that each example of ``pixels`` has in ``run``, by what it holds; -1 where it was left out.

    What is left stands in the order in which it stood.
    """
    placed = run.placed()
    assert placed is not None
    assert placed.contents is not None
    rows = placed.rows(split)
    digests = [placed.contents.digests[row] for row in rows]
    labels = np.full(len(pixels), -1, np.int64)
    at = 0
    for position, digest in enumerate(duplicates.contents_of(pixels).digests):
        if at < len(rows) and digest == digests[at]:
            labels[position] = placed.labels[rows[at]]
            at += 1
    if at < len(rows):
        raise RunError(f"{run.path} has {split} examples that the run before it has not.")
    return labels
