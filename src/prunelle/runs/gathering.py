"""What finished runs of several networks reached, read and held together: a ``Comparison``."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from prunelle.data.kinds import AnyPreprocess
from prunelle.errors import RunError
from prunelle.runs.answers import ANSWERS_FILE
from prunelle.runs.comparison import Comparison, Contestant, Outcome, Standing
from prunelle.runs.run import Run
from prunelle.texts import quoted
from prunelle.training.objectives import AnyEvaluation
from prunelle.training.yardsticks import yardstick_of


def seed_of(run: Run) -> int:
    """Of its recipe; 0 of a program's training, which is one of one."""
    return run.recipe.seed if run.has_recipe else 0


def gather(
    path: Path, info: Mapping[str, Any], trained: Sequence[tuple[Contestant, Sequence[Run]]]
) -> Comparison:
    """Reads what finished (and diverged) runs reached.

    Raises:
        RunError: runs that are not finished, that were judged on other pictures, that tell something else of them, or
            all of whose trainings diverged.
    """
    reference: tuple[Run, AnyEvaluation] | None = None
    standings = []
    for contestant, runs in trained:
        outcomes = []
        diverged = [seed_of(run) for run in runs if run.info["status"] == "diverged"]
        for run in runs:
            if run.info["status"] == "diverged":
                continue
            metrics = run.metrics()
            if not run.finished or not metrics:
                raise RunError(
                    f"{run.path} is not finished; go on with it first: prunelle train --resume {quoted(run.path)}"
                )
            answers = _answers(run, metrics)
            if reference is None:
                reference = (run, answers)
            _check_alike(*reference, run, answers)
            outcomes.append(
                Outcome(
                    seed=seed_of(run),
                    path=run.path,
                    answers=answers,
                    results=_epochs(run, metrics),
                    seconds=float(metrics["seconds"]),
                    others=yardstick_of(answers.kind).others_of(metrics[answers.split]),
                )
            )
        if not outcomes:
            raise RunError(
                f"every training of {contestant.label} diverged, so there is nothing to compare. Try a learning "
                f"rate ten times smaller (--lr), a warm-up (--warmup 1) or gradient clipping (--clip-norm 1)."
            )
        standings.append(Standing(contestant=contestant, outcomes=outcomes, diverged=diverged))
    assert reference is not None
    answers = reference[1]
    return Comparison(path=path, info=info, split=answers.split, n=answers.n, standings=standings)


def _check_alike(one: Run, ours: AnyEvaluation, other: Run, theirs: AnyEvaluation) -> None:
    """Raises:
    RunError: they tell something else, or of other pictures.
    """
    if ours.kind != theirs.kind:
        raise RunError(
            f"{other.path} is of task {other.target.task} and {one.path} of task {one.target.task}, so the two cannot "
            f"be compared. Name runs of one task."
        )
    if not _alike(one, ours, other, theirs):
        raise RunError(
            f"{other.path} was judged on other pictures than {one.path}, so the two cannot be compared. Train them on "
            f"the same data with the same split."
        )


def _alike(one: Run, ours: AnyEvaluation, other: Run, theirs: AnyEvaluation) -> bool:
    """Whether two runs were judged on the same pictures, by what these hold; by their names where nobody knows it."""
    if ours.split != theirs.split or _told(one, ours) != _told(other, theirs):
        return False
    contents = [_contents(run, split) for run, split in ((one, ours.split), (other, theirs.split))]
    if None in contents or _shown(one) != _shown(other):
        return ours.files == theirs.files
    return contents[0] == contents[1]


def _told(run: Run, answers: AnyEvaluation) -> list[str]:
    """The truths in words: runs may have their classes in another order."""
    return [run.target.written(label, answers.classes) for label in answers.labels]


def _contents(run: Run, split: str) -> tuple[str, ...] | None:
    placed = run.placed()
    if placed is None or placed.contents is None:
        return None
    return placed.contents.take(placed.rows(split)).digests


def _shown(run: Run) -> AnyPreprocess:
    """What a picture becomes, but for the numbers of its training pictures."""
    return dataclasses.replace(run.preprocess, mean=(), std=())


def _answers(run: Run, metrics: Mapping[str, Any]) -> AnyEvaluation:
    """From ``predictions.csv``.

    Raises:
        RunError: it is damaged: it has other classes than the run, or says something else than ``metrics.json``.
    """
    answers: AnyEvaluation = run.judged()
    yardstick = yardstick_of(answers.kind)
    told = metrics.get(answers.split, {}).get(yardstick.figure)
    found = yardstick.value(answers)
    if told is None or not math.isclose(found, told, rel_tol=1e-6, abs_tol=1e-6):
        raise RunError(
            f"{run.path / ANSWERS_FILE} is damaged, or {run.path / 'metrics.json'} is: by the one, the "
            f"{yardstick.figure.replace('_', ' ')} of the {answers.n:,} answers to the split {answers.split!r} is "
            f"{found:.6g}, the other says otherwise."
        )
    return answers


def _epochs(run: Run, metrics: Mapping[str, Any]) -> list[dict[str, float | None]]:
    """The lines of ``results.csv``: as many as ``metrics.json`` says.

    Raises:
        RunError: it is damaged.
    """
    results = run.results()
    if len(results) != metrics["epochs"] or not results:
        raise RunError(
            f"{run.path / 'results.csv'} is damaged: it has {len(results):,} epochs, and metrics.json says otherwise."
        )
    return results
