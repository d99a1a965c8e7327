"""``train``: from labelled pictures to a finished run, through kills, signals and full disks."""

from __future__ import annotations

import contextlib
import dataclasses
import functools
from collections.abc import Callable
from datetime import datetime
from pathlib import Path

from prunelle.data import leakage
from prunelle.data.targets import ONE_CLASS
from prunelle.errors import ArgumentError, RunError, refuse_given
from prunelle.jobs import decoding, finishing, label_change, machine, run_data
from prunelle.jobs.fitting import fit
from prunelle.jobs.preparing import Prepared, build, prepare
from prunelle.jobs.recovery import resume_call, resume_command, resume_hint
from prunelle.jobs.resuming import prepare_resumed
from prunelle.planning.plan import TrainingPlan, check_request, plan_training
from prunelle.planning.request import ResumeRequest, TrainingRequest
from prunelle.runs.folder import RUN, claimed, new_run_path
from prunelle.runs.folds import again, is_folds, read_info
from prunelle.runs.listener import Failed, Finished, Listener, Started
from prunelle.runs.run import Run
from prunelle.runs.splits import Placed
from prunelle.texts import Note
from prunelle.training.recipe import Recipe

TENSORS = {
    "how": "unknown",
    "note": {
        "en": "Its network learned from tensors that a dataset of a program prepared, nobody knows how.",
        "fr": "Son réseau a appris de tenseurs qu’un jeu de données d’un programme a préparés, on ne sait comment.",
    },
}
"""The ``scaling`` of such data in ``run.json``: no file can be prepared for the network."""

_KEPT = "All that was saved is kept"


def train(request: TrainingRequest, listener: Listener) -> Run:
    """A new training: planned, prepared, run to its end; see ``prunelle.train``."""
    return carry_out(request, plan_training, listener)


def carry_out(
    request: TrainingRequest,
    plan_of: Callable[[TrainingRequest, Listener], TrainingPlan],
    listener: Listener,
    conclude: Callable[[Run], None] | None = None,
) -> Run:
    """``train`` by a plan of the caller's; ``conclude`` as ``finishing.finish``."""
    with contextlib.ExitStack() as claim:
        with resume_hint("start again with", lambda: request.command, "Nothing was begun"):
            check_request(request)
            plan = plan_of(request, listener)
            prepared = prepare(build(plan, listener), listener)
            now = datetime.now().astimezone()
            path = _run_path(request, prepared, now)
            claim.enter_context(claimed(path, RUN, made=request.destination.output is None))
            run = _create(prepared, path, now, plan)
        with resume_hint("go on with", lambda: resume_command(run), _KEPT):
            _to_the_end(run, prepared, request, listener, conclude)
    return run


def resume_from_request(
    run: Run | str | Path, request: TrainingRequest, data_root: str | Path | None, listener: Listener
) -> Run:
    """Goes on with a run, if the request asks for nothing that only a new one can have.

    Raises:
        ArgumentError: it does.
    """
    if request.weights is not None or request.strategy is not None:
        raise ArgumentError(
            "--resume goes on with the run's own weights and strategy; leave --weights and --strategy out."
        )
    if is_folds(run):
        call = again(Path(run), read_info(Path(run))["command"])
        raise RunError(f"{run} is a cross-validation, which the same call goes on with:\n  {call}")
    if not isinstance(run, Run):
        run = Run.open(run)
    _refuse_new_settings(request, run)
    resumed = ResumeRequest(
        run=run,
        network=request.network,
        data=request.source.data,
        data_root=data_root,
        epochs=request.epochs,
        own=request.own,
        limits=request.limits,
        language=request.language,
    )
    return resume(resumed, listener)


def _refuse_new_settings(request: TrainingRequest, run: Run) -> None:
    """A run that goes on has its own; silence would let one believe otherwise.

    Raises:
        ArgumentError: something is asked for that only a new run can have.
    """
    recipe, folder = request.recipe, request.destination.folder
    # The run's own recipe, but for the number of epochs, says nothing new.
    own_recipe = isinstance(recipe, Recipe) and recipe.lasting(run.recipe.epochs) == run.recipe
    refuse_given(
        "is of a new run, and resume goes on with one that has its own",
        recipe=None if own_recipe else recipe,
        output=None if folder is None or folder.absolute() == run.path.absolute() else folder,
        name=request.destination.name,
        size=request.preparation.size,
        fit=request.preparation.fit,
        normalisation=request.preparation.normalisation,
        options=request.options,
        mean=request.preparation.mean,
        std=request.preparation.std,
        labels=request.source.labels,
        task=request.source.task,
        data_dir=request.source.data_dir,
        validation=request.source.validation,
        test=request.source.test,
        decisions=request.source.decisions,
        costs=request.costs,
    )


def resume(request: ResumeRequest, listener: Listener) -> Run:
    """A training that was stopped, or is to be extended, gone on with to its end."""
    run = request.run
    with resume_hint("go on with", lambda: resume_command(run, request.epochs), _KEPT), run.locked():
        _go_on(request, listener)
    return run


def _go_on(request: ResumeRequest, listener: Listener) -> None:
    """The rest of a training, and of its folder; the run is held."""
    run = request.run
    run.read_again()
    recipe = run.recipe if request.epochs is None else _extended(run, request.epochs)
    if run.finished and recipe == run.recipe and not run.needs_repair():
        listener.on_note(
            Note(
                f"{run.path} is finished ({run.recipe.epochs} epochs). --epochs N extends it.",
                f"{run.path} est terminé ({run.recipe.epochs} époques). --epochs N le prolonge.",
            )
        )
        return
    done = _epochs_done(run)
    prepared = prepare_resumed(request, recipe, listener)
    run_data.record_data(run, prepared.data, prepared.pixels)
    if recipe != run.recipe:
        if prepared.training.progress.epoch < done:
            # From an older state to where it was, as it was then: another number of epochs is another schedule.
            request = dataclasses.replace(request, data=prepared.data, data_root=None)  # where it is now
            prepared = prepare_resumed(request, run.recipe, listener)
            fit(run, prepared, listener, request.limits.save_every_s, until=done)
            prepared = prepare_resumed(request, recipe, listener)
        # Both states that are kept are then of this moment, whichever recipe a kill leaves in run.json.
        prepared.save_state(run)
        extended = [*run.info.get("extended", []), {"epochs": recipe.epochs, "whole": run.finished}]
        run.update(status="training", recipe=recipe.to_json(), extended=extended)
    retrained = "of" in run.info.get("decisions", {})
    again = functools.partial(label_change.write_change_again, listener=listener)
    _to_the_end(run, prepared, request, listener, again if retrained else None)


def _to_the_end(
    run: Run,
    prepared: Prepared,
    request: TrainingRequest | ResumeRequest,
    listener: Listener,
    conclude: Callable[[Run], None] | None,
) -> None:
    """Trains and writes the rest of the folder; the listener hears of its beginning and its end."""
    progress = prepared.training.progress
    listener.on_started(
        Started(
            path=run.path,
            network=str(prepared.description["name"]),
            data=prepared.data.name,
            epochs=prepared.training.recipe.epochs,
            epoch=progress.epoch,
            steps=prepared.training.steps_per_epoch,
            layers=prepared.layers,
            examples=prepared.pixels["train"],
        )
    )
    try:
        fit(run, prepared, listener, request.limits.save_every_s)
        finishing.finish(run, prepared, listener, request.language, conclude)
    except BaseException as error:
        listener.on_failed(Failed(run.path, error, go_on=resume_call(run, error)))
        raise
    listener.on_finished(Finished(run.path, run.metrics()))


def _run_path(request: TrainingRequest, prepared: Prepared, now: datetime) -> Path:
    """The folder that is named, or a new one of a name that says what is in it."""
    destination = request.destination
    if destination.folder is not None:
        return destination.folder
    name = destination.name or f"{prepared.description['name']}-{prepared.data.name}"
    return new_run_path(Path(destination.runs), name, now)


def _create(prepared: Prepared, path: Path, now: datetime, plan: TrainingPlan) -> Run:
    """The run folder, with all that is known before the first step; its first state too, so that it can go on."""
    data, training, request = prepared.data, prepared.training, plan.request
    network_name = str(prepared.description["name"])
    info = {
        "status": "training",
        "created": now.isoformat(timespec="seconds"),
        "language": request.language,
        "command": request.command or f"prunelle.train({network_name!r}, {data.name!r}, {prepared.recipe!r})",
        "data": {
            "name": data.name,
            "source": data.source,
            "counts": {split: len(pixels) for split, pixels in prepared.pixels.items()},
            "digest": decoding.digest(prepared.pixels),
            "notes": [dataclasses.asdict(note) for note in (*data.notes, *training.notes)],
            **({} if data.target == ONE_CLASS else {"target": data.target.to_json()}),
            **({"moved": data.moved} if data.moved else {}),
            **({"scaling": TENSORS} if data.preprocess.mean else {}),
            **({"copies": prepared.examples.copies} if prepared.examples.copies else {}),
        },
        **({} if data.decisions is None else {"decisions": dict(data.decisions)}),
        **({} if plan.costs is None else {"costs": plan.costs.to_json()}),
        "network": prepared.description,
        "recipe": prepared.recipe.to_json(),
        **({"own": own} if (own := training.own.to_json()) else {}),
        **({} if prepared.transfer is None else {"transfer": prepared.transfer}),
        "skipped": [
            {"split": split, **dataclasses.asdict(skipped)}
            for split, pixels in prepared.pixels.items()
            for skipped in pixels.skipped
        ],
        "versions": machine.versions(),
        "host": machine.host(training.device),
    }

    def before(run: Run) -> None:
        groups = leakage.groups_of(data, prepared.pixels)
        Placed.of(prepared.pixels, prepared.examples.contents, groups).write(
            run.path, run.classes, run.target
        )
        # The first weights of a module of one's own, or from elsewhere, cannot be drawn again.
        prepared.save_state(run)

    return Run.create(
        path, info, data.classes, preprocess=prepared.preprocess, network=prepared.network, before=before
    )


def _extended(run: Run, epochs: int) -> Recipe:
    """The recipe with another number of epochs, for a run that is there."""
    done = _epochs_done(run)
    if epochs < done:
        raise ArgumentError(
            f"--epochs must be at least the {done} that {run.path} has done; received {epochs}."
        )
    return run.recipe.lasting(epochs)


def _epochs_done(run: Run) -> int:
    """By its lines of results."""
    return len(run.results()) if (run.path / "results.csv").is_file() else 0
