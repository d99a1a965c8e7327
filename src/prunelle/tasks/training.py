"""``train``: from labelled pictures to a finished run, through kills, signals and full disks."""

from __future__ import annotations

import contextlib
import dataclasses
import signal
import time
from collections.abc import Callable, Mapping
from datetime import datetime
from pathlib import Path
from typing import Any

import torch
from torch import nn

from prunelle import networks
from prunelle.console.listeners import Style, make_listener
from prunelle.data.examples import Data
from prunelle.data.preprocess import Fit
from prunelle.data.series.preprocess import Normalisation, SeriesFit, SeriesPreprocess
from prunelle.errors import ArgumentError, Diverged, Interrupted, refuse_given
from prunelle.plain import plain_arguments
from prunelle.runs.folder import RUN, claimed, new_run_path, refuse_occupied
from prunelle.runs.listener import Failed, Finished, Listener, Started
from prunelle.runs.run import Run
from prunelle.runs.splits import Placed
from prunelle.tasks import finding, finishing, loading, machine, preparing, reusing
from prunelle.tasks.going_on import going_on, resume_command
from prunelle.tasks.loading import MEMORY_BUDGET
from prunelle.tasks.preparing import Prepared
from prunelle.texts import Language, Note, default_language
from prunelle.training.engine import Training
from prunelle.training.recipe import Recipe
from prunelle.training.records import EpochRecord
from prunelle.transfer.strategies import Strategy

_KEPT = "All that was saved is kept"
SAVE_EVERY_S = 120.0
"""Seconds between two saves of the state; each epoch ends with one too, unless saving took a tenth of the time."""


@plain_arguments
def train(
    network: nn.Module | str | None = None,
    data: Data | str | Path | None = None,
    recipe: Recipe | Callable[..., Recipe] | None = None,
    *,
    resume: Run | str | Path | None = None,
    output: str | Path | None = None,
    runs: str | Path = "runs",
    name: str | None = None,
    size: int | tuple[int, int] | None = None,
    fit: Fit | SeriesFit | None = None,
    normalisation: Normalisation | None = None,
    options: Mapping[str, Any] | None = None,
    weights: str | Path | None = None,
    strategy: Strategy | str | None = None,
    mean: tuple[float, ...] | None = None,
    std: tuple[float, ...] | None = None,
    epochs: int | None = None,
    labels: str | None = None,
    data_dir: str | Path | None = None,
    data_root: str | Path | None = None,
    validation: float | None = None,
    test: float | None = None,
    memory_budget: int = MEMORY_BUDGET,
    save_every_s: float = SAVE_EVERY_S,
    language: Language | None = None,
    style: Style | Listener = "auto",
    command: str | None = None,
) -> Run:
    """Trains a network on labelled pictures and leaves a run folder.

    Args:
        network: a module of your own, a name (``prunelle.networks.names()``), or None for one that suits
            the data. A module is trained in place and ends with its best weights.
        data: what ``prunelle.load`` takes, or its result; None for the embedded digits.
        recipe: how; a function of the data, and of the strategy where there is one, that gives one; None for
            ``choose_recipe``.
        resume: a run to go on with instead; of all the rest only ``epochs``, ``network`` and ``data`` (those
            of your own), ``data_root``, ``language``, ``style``, ``memory_budget`` and ``save_every_s`` count then.
        output: the run folder itself; None makes a new one under ``runs``.
        name: goes into the new folder's name in place of network and data.
        size: of the network's input in pixels, of series in steps; None for the network's own, or the data's.
        fit: how pictures of other shapes, or series of other lengths, get there.
        normalisation: of series: see ``SeriesPreprocess``.
        options: of a network by name (``{"hidden": (128,)}``; ``{"ensemble": 5}`` trains five that answer
            together).
        weights: to start from: a published set (``imagenet``), a file, or a run. Another number of classes than
            theirs gives a new last layer. Pictures are then prepared as the weights want them.
        strategy: what is kept of the weights and what learns: ``features``, ``partial``, ``full``, ``scratch``, or
            a ``Strategy`` that says more. None: everything learns alike.
        mean, std: per channel, in units of [0, 1]; None for the weights' own, or for those of the training
            pictures when no weights are given.
        epochs: in place of the recipe's; with ``resume``, extends the training to this many.
        labels, data_dir, validation, test: as ``prunelle.load``.
        data_root: with ``resume``: where the run's data are now, if they were moved. Pictures are recognised by what
            they hold, whatever they are called. A path as ``data`` means the same.
        memory_budget: bytes of decoded pixels kept in memory.
        save_every_s: seconds between saves within an epoch.
        language: of the report; None for the locale's.
        style: what to show meanwhile, or who is told.
        command: the shell command to print in the report; None says it in Python.

    Returns:
        The run, its network loaded with the best weights.

    Raises:
        PrunelleError: see ``prunelle.errors``; ``Interrupted`` after SIGINT or SIGTERM, with the state saved.
    """
    listener = make_listener(style)
    language = language or default_language()
    try:
        if resume is not None:
            if weights is not None or strategy is not None:
                raise ArgumentError(
                    "--resume goes on with the run's own weights and strategy; leave --weights and --strategy out."
                )
            run = resume if isinstance(resume, Run) else Run.open(resume)
            refuse_given(
                "is of a new run, and resume goes on with one that has its own",
                recipe=None if recipe is None or _is_of(run, recipe) else recipe,
                output=None if output is None or Path(output).absolute() == run.path.absolute() else output,
                name=name,
                size=size,
                fit=fit,
                normalisation=normalisation,
                options=options,
                mean=mean,
                std=std,
                labels=labels,
                data_dir=data_dir,
                validation=validation,
                test=test,
            )
            with going_on("go on with", lambda: resume_command(run, epochs), _KEPT), run.locked():
                _go_on(run, network, data, data_root, epochs, memory_budget, listener, language, save_every_s)
            return run
        with contextlib.ExitStack() as claim:
            with going_on("start again with", lambda: command, "Nothing was begun"):
                if data_root is not None:
                    raise ArgumentError(
                        "data_root (--data-root) says where the data of a run that goes on are now; name the run with "
                        "resume (--resume)."
                    )
                # What can be known to be wrong is said before anything is fetched or decoded.
                if isinstance(network, str):
                    networks.variant(network)
                strategy = reusing.as_strategy(strategy)
                reusing.check_weights(strategy, network, weights)
                if output is not None:
                    refuse_given("goes into the name of a new folder, and output names the folder", name=name)
                    refuse_occupied(Path(output))
                begun = preparing.started(
                    network,
                    loading.load_data(
                        data,
                        listener,
                        labels=labels,
                        data_dir=data_dir,
                        validation=validation,
                        test=test,
                    ),
                    recipe,
                    epochs,
                    size,
                    fit,
                    normalisation,
                    options or {},
                    weights,
                    strategy,
                    mean,
                    std,
                    memory_budget,
                    listener,
                )
                prepared = preparing.new(begun, strategy, memory_budget, listener)
                now = datetime.now().astimezone()
                if output is None:
                    called = name or f"{prepared.description['name']}-{prepared.data.name}"
                    path = new_run_path(Path(runs), called, now)
                else:
                    path = Path(output)
                claim.enter_context(claimed(path, RUN, made=output is None))
                run = _create(prepared, path, now, command)
            with going_on("go on with", lambda: resume_command(run), _KEPT):
                _to_the_end(run, prepared, listener, language, save_every_s)
        return run
    finally:
        listener.close()


def _is_of(run: Run, recipe: Recipe | Callable[..., Recipe]) -> bool:
    """Whether it is the run's own, but for the number of epochs."""
    return isinstance(recipe, Recipe) and recipe.lasting(run.recipe.epochs) == run.recipe


def _go_on(
    run: Run,
    network: nn.Module | str | None,
    data: Data | str | Path | None,
    data_root: str | Path | None,
    epochs: int | None,
    memory_budget: int,
    listener: Listener,
    language: Language,
    save_every_s: float,
) -> None:
    """The rest of a training, and of its folder; the run is held."""
    run.read_again()
    recipe = run.recipe if epochs is None else _extended(run, epochs)
    if run.finished and recipe == run.recipe and not run.needs_repair():
        listener.on_note(
            Note(
                f"{run.path} is finished ({run.recipe.epochs} epochs). --epochs N extends it.",
                f"{run.path} est terminé ({run.recipe.epochs} époques). --epochs N le prolonge.",
            )
        )
        return
    done = _epochs_done(run)
    prepared = preparing.resumed(run, network, data, recipe, memory_budget, listener, data_root)
    finding.write_down(run, prepared.data, prepared.pixels)
    data = prepared.data  # where it is now
    if recipe != run.recipe:
        if prepared.training.progress.epoch < done:
            # From an older state to where it was, as it was then: another number of epochs is another schedule.
            prepared = preparing.resumed(run, network, data, run.recipe, memory_budget, listener)
            _fit(run, prepared, listener, save_every_s, until=done)
            prepared = preparing.resumed(run, network, data, recipe, memory_budget, listener)
        # Both states that are kept are then of this moment, whichever recipe a kill leaves in run.json.
        prepared.save_state(run)
        extended = [*run.info.get("extended", []), {"epochs": recipe.epochs, "whole": run.finished}]
        run.update(status="training", recipe=recipe.to_json(), extended=extended)
    _to_the_end(run, prepared, listener, language, save_every_s)


def _to_the_end(
    run: Run, prepared: Prepared, listener: Listener, language: Language, save_every_s: float
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
        )
    )
    try:
        _fit(run, prepared, listener, save_every_s)
        finishing.finish(run, prepared, listener, language)
    except BaseException as error:
        listener.on_failed(Failed(run.path, error))
        raise
    listener.on_finished(Finished(run.path, run.metrics()))


def _create(prepared: Prepared, path: Path, now: datetime, command: str | None) -> Run:
    """The run folder, with all that is known before the first step; its first state too, so that it can go on."""
    data, training = prepared.data, prepared.training
    network_name = str(prepared.description["name"])
    info = {
        "status": "training",
        "created": now.isoformat(timespec="seconds"),
        "command": command or f"prunelle.train({network_name!r}, {data.name!r}, {prepared.recipe!r})",
        "data": {
            "name": data.name,
            "source": data.source,
            "counts": {split: len(pixels) for split, pixels in prepared.pixels.items()},
            "digest": loading.digest(prepared.pixels),
            "notes": [dataclasses.asdict(note) for note in (*data.notes, *training.notes)],
            **({"moved": data.moved} if data.moved else {}),
            **({"copies": prepared.examples.copies} if prepared.examples.copies else {}),
        },
        "network": prepared.description,
        "recipe": prepared.recipe.to_json(),
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
        Placed.of(prepared.pixels, prepared.examples.contents).write(run.path, run.classes)
        # The first weights of a module of one's own, or from elsewhere, cannot be drawn again.
        prepared.save_state(run)

    return Run.create(path, info, data.classes, prepared.preprocess, prepared.network, before)


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


def _fit(
    run: Run, prepared: Prepared, listener: Listener, save_every_s: float, until: int | None = None
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

    unit = "series" if isinstance(run.preprocess, SeriesPreprocess) else "images"
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
