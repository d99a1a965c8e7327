"""What turns a trained network into a finished run: figures by split, predictions, the report."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

import torch

from prunelle.jobs import run_data, thresholding, trusting
from prunelle.report.run_report import write_page
from prunelle.runs.judging import learned_in, siblings_in
from prunelle.runs.listener import Listener
from prunelle.runs.run import JUDGED_BY, Run
from prunelle.texts import Language
from prunelle.training.engine import Training
from prunelle.training.inference import evaluation_of
from prunelle.training.metrics import Evaluation
from prunelle.training.objectives import AnyEvaluation
from prunelle.trust import widths
from prunelle.trust.trust import Trust

if TYPE_CHECKING:
    from prunelle.jobs.preparing import Prepared


def finish(
    run: Run,
    prepared: Prepared,
    listener: Listener,
    language: Language,
    conclude: Callable[[Run], None] | None = None,
) -> None:
    """Evaluates the best weights on every split, writes the rest of the folder, marks the run finished.

    Args:
        conclude: writes what else there is to say, before the report says it.
    """
    training = prepared.training
    prepared.network.load_state_dict(run.best_weights())
    prepared.network.eval()
    seen = prepared.learning
    # A frozen trunk is not run again: its features are there.
    outputs = trusting.outputs_of(
        training.network.eval(), seen.inputs, seen.normaliser, len(run.classes), listener.on_progress
    )
    # Before the figures: what answers of least expected cost would cost goes by calibrated probabilities.
    trust = trusting.write(run, outputs) if run.target.exclusive else None
    if run.target.kind == "labels":
        thresholding.write(run, outputs)
    evaluations = {
        split: _weighed(
            run,
            evaluation_of(
                torch.from_numpy(outputs[split].logits), pixels, run.classes, split, target=run.target
            ),
            trust,
        )
        for split, pixels in seen.inputs.items()
    }
    judged = next(split for split in JUDGED_BY if split in evaluations)
    rows = training.progress.rows
    seconds = sum(row["seconds"] or 0.0 for row in rows)
    metrics = {
        **{
            split: training.objective.summary(evaluation) | _own(training, evaluation)
            for split, evaluation in evaluations.items()
        },
        "best_epoch": training.progress.best_epoch,
        "epochs": len(rows),
        "seconds": round(seconds, 3),
        "parameters": prepared.description["parameters"],
    }
    metrics[judged] |= _known(run, prepared, evaluations[judged], listener)
    run.write_predictions(evaluations[judged])
    run.write_metrics(metrics)
    if run.target.kind == "number":
        _write_errors(run, evaluations)
    run.attach(prepared.network)
    if conclude is not None:
        conclude(run)
    run.update(warnings=training.progress.warnings)
    write_page(run, prepared.pixels, language, listener.on_note)
    run.update(status="finished")


def _weighed(run: Run, evaluation: AnyEvaluation, trust: Trust | None) -> AnyEvaluation:
    """With the costs of answers, where the run was told any."""
    if run.costs is None or not isinstance(evaluation, Evaluation):
        return evaluation
    temperature = None if trust is None else trust.temperature
    return dataclasses.replace(evaluation, costs=run.costs, temperature=temperature)


def _write_errors(run: Run, evaluations: Mapping[str, Any]) -> None:
    """How far off told numbers may be."""
    validation, test = (
        evaluations[split].distances if split in evaluations else None for split in ("validation", "test")
    )
    run.write_errors(widths.record(validation, test))


def _own(training: Training, evaluation: AnyEvaluation) -> dict[str, Any]:
    """What metrics of the caller's own say of a split."""
    found = training.own.measured(evaluation.scores, evaluation.labels)
    return {"metrics": found} if found else {}


def _known(
    run: Run, prepared: Prepared, evaluation: AnyEvaluation, listener: Listener
) -> dict[str, dict[str, int]]:
    """Of the examples that speak for the network, those it has ``learned`` all the same: a given split may hold copies
    of training examples, or what a run learned whose weights were the first ones; and their ``siblings``, where it
    divides a group."""
    split = next(split for split in prepared.data.splits() if split.name == evaluation.split)
    placed = run.placed()
    if split.name == "train" or placed is None or placed.contents is None:
        return {}
    rows = placed.rows(split.name)
    seen = run_data.seen_by_run(run, split, placed.contents.take(rows), listener) or ()
    found = {
        "learned": learned_in(seen, evaluation),
        "siblings": siblings_in(seen, None if placed.groups is None else placed.groups[rows], evaluation),
    }
    return {name: counts for name, counts in found.items() if counts}
