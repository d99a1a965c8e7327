"""The engine's records consumed: shown, written, saved; a training that is stopped leaves its state."""

from __future__ import annotations

import dataclasses
import signal
import time

import torch

from prunelle.data.kinds import kind_of
from prunelle.errors import Diverged, Interrupted
from prunelle.jobs import machine
from prunelle.jobs.preparing import Prepared
from prunelle.runs.listener import Listener
from prunelle.runs.run import Run
from prunelle.training.engine import Training
from prunelle.training.records import EpochRecord


def fit(
    run: Run, prepared: Prepared, listener: Listener, save_every_s: float, *, until: int | None = None
) -> None:
    """Consumes the engine's records: shows, writes, saves, stops; at the end, or after ``until`` epochs."""
    training = prepared.training
    if not run.states.any():
        prepared.save_state(run)
    saved, cost = time.monotonic(), 0.0
    # Weights of the last finished epoch, and of the best one, that are not on disk yet.
    last: dict[str, torch.Tensor] = {}
    best: dict[str, torch.Tensor] = {}

    def save() -> None:
        """Weights first, state last: a kill in between repeats what came after the state before, to the same end."""
        nonlocal saved, cost
        begin = time.monotonic()
        if last:
            run.write_results(training.progress.rows)
            run.save_weights("last", last)
        if best:
            run.save_weights("best", best)
        last.clear()
        best.clear()
        prepared.save_state(run)
        saved = time.monotonic()
        cost = saved - begin

    unit = kind_of(run.preprocess).unit
    with machine.stop_on_signals() as received:
        try:
            for record in training.run():
                if isinstance(record, EpochRecord):
                    listener.on_epoch(dataclasses.replace(record, unit=unit))
                else:
                    listener.on_step(dataclasses.replace(record, unit=unit))
                since = time.monotonic() - saved
                due = bool(received) or since > save_every_s
                if isinstance(record, EpochRecord):
                    last.update(prepared.weights())
                    if record.improved:
                        best.update(last)
                    if training.own.keep is not None and training.own.keep(record.row()):
                        run.save_weights(f"epoch-{record.epoch}", last)
                    # An epoch on features takes a moment, and the whole network is written each time.
                    last_one = training.finished or training.progress.epoch == until
                    due = due or last_one or since > 10 * cost
                if due:
                    save()
                if received:
                    raise _interrupted(training, received[0])
                if training.progress.epoch == until:
                    return
        except Diverged as error:
            if best:
                run.write_results(training.progress.rows)
                run.save_weights("best", best)
            run.update(status="diverged")
            epoch = training.progress.best_epoch
            kept = (
                f"The best weights so far, of epoch {epoch}, are in {run.path / 'weights'}."
                if epoch
                else "No epoch was finished, so there are no weights to keep."
            )
            raise Diverged(f"{error} {kept}") from None


def _interrupted(training: Training, number: int) -> Interrupted:
    at = training.progress
    where = (
        "after the last epoch, before the report"
        if training.finished
        else f"in epoch {at.epoch + 1}, after step {at.step} of {training.steps_per_epoch}"
    )
    return Interrupted(
        f"Stopped by {signal.Signals(number).name} {where}. All is saved;", exit_code=128 + number
    )
