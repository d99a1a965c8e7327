"""``train``: from labelled pictures to a finished run, through kills, signals and full disks."""

from __future__ import annotations

import dataclasses
import shlex
import signal
import time
from collections.abc import Callable, Mapping
from datetime import datetime
from pathlib import Path
from typing import Any

import torch
from torch import nn

from prunelle import networks
from prunelle.data.batches import derive_seed
from prunelle.data.examples import Data, Pixels
from prunelle.data.preprocess import Fit
from prunelle.errors import ArgumentError, Diverged, Interrupted, RunError
from prunelle.networks.summary import LayerRow, count_parameters, summarise
from prunelle.networks.weights import Weights, load_weights
from prunelle.report.console import Listener, Style, make_listener
from prunelle.report.run import Run, build_network, new_run_path, refuse_occupied
from prunelle.tasks import entry, finishing, loading, machine
from prunelle.tasks.choosing import choose_network, choose_preprocess, choose_recipe
from prunelle.tasks.loading import MEMORY_BUDGET
from prunelle.tasks.weights import fetch_weights, prepared_for
from prunelle.texts import Language, Note, default_language
from prunelle.training.checkpoint import load_tensors, save_tensors
from prunelle.training.engine import Training
from prunelle.training.recipe import Recipe
from prunelle.training.records import EpochRecord

SAVE_EVERY_S = 120.0
"""Seconds between two saves of the state within an epoch; each epoch ends with one too."""


def train(
    network: nn.Module | str | None = None,
    data: Data | str | Path | None = None,
    recipe: Recipe | Callable[[Data], Recipe] | None = None,
    *,
    resume: Run | str | Path | None = None,
    output: str | Path | None = None,
    runs: str | Path = "runs",
    name: str | None = None,
    size: int | tuple[int, int] | None = None,
    fit: Fit | None = None,
    options: Mapping[str, Any] | None = None,
    weights: str | Path | None = None,
    mean: tuple[float, ...] | None = None,
    std: tuple[float, ...] | None = None,
    epochs: int | None = None,
    labels: str | None = None,
    data_dir: str | Path | None = None,
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
        recipe: how; a function of the data that gives one; None for ``choose_recipe``.
        resume: a run to go on with instead; of all the rest only ``epochs``, ``network`` and ``data`` (those
            of your own), ``language``, ``style``, ``memory_budget`` and ``save_every_s`` count then.
        output: the run folder itself; None makes a new one under ``runs``.
        name: goes into the new folder's name in place of network and data.
        size: of the network's input in pixels; None for the network's own, or the data's.
        fit: how pictures of other shapes get there.
        options: of a network by name (``{"hidden": (128,)}``).
        weights: to start from: a published set (``imagenet``), a file, or a run. Another number of classes than
            theirs gives a new last layer. Pictures are then prepared as the weights want them.
        mean, std: per channel, in units of [0, 1]; None for the weights' own, or for those of the training
            pictures when no weights are given.
        epochs: in place of the recipe's; with ``resume``, extends the training to this many.
        labels, data_dir, validation, test: as ``prunelle.load``.
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
    try:
        if resume is not None:
            if weights is not None:
                raise ArgumentError("--resume goes on with the run's own weights; leave --weights out.")
            run = resume if isinstance(resume, Run) else Run.open(resume)
            recipe = run.recipe if epochs is None else _extended(run, epochs)
            if run.finished and recipe == run.recipe:
                listener.note(
                    Note(
                        f"{run.path} is finished ({run.recipe.epochs} epochs). --epochs N extends it.",
                        f"{run.path} est terminé ({run.recipe.epochs} époques). --epochs N le prolonge.",
                    )
                )
                return run
            prepared = _resumed(run, network, data, recipe, memory_budget, listener)
        else:
            # What can be known to be wrong is said before anything is fetched or decoded.
            if isinstance(network, str):
                networks.variant(network)
            if output is not None:
                refuse_occupied(Path(output))
            prepared = _new(
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
                options or {},
                weights,
                mean,
                std,
                memory_budget,
                listener,
            )
            run = _create(prepared, Path(output) if output is not None else None, Path(runs), name, command)
        try:
            with run.locked():
                if prepared.training.recipe != run.recipe:
                    run.update(status="training", recipe=prepared.training.recipe.to_json())
                _fit(run, prepared, listener, save_every_s)
                finishing.finish(run, prepared, listener, language or default_language())
        except KeyboardInterrupt:
            raise Interrupted(
                f"Interrupted. All that was saved is kept; go on with:\n  {_resume_command(run)}", 130
            ) from None
        return run
    finally:
        listener.close()


@dataclasses.dataclass(frozen=True, eq=False)
class Prepared:
    """Everything a training needs, decoded and built."""

    data: Data
    pixels: Mapping[str, Pixels]
    training: Training
    description: Mapping[str, Any]
    """The ``network`` entry of ``run.json``."""
    layers: list[LayerRow]
    """The network's table."""


def _new(
    network: nn.Module | str | None,
    data: Data,
    recipe: Recipe | Callable[[Data], Recipe] | None,
    epochs: int | None,
    size: int | tuple[int, int] | None,
    fit: Fit | None,
    options: Mapping[str, Any],
    weights: str | Path | None,
    mean: tuple[float, ...] | None,
    std: tuple[float, ...] | None,
    memory_budget: int,
    listener: Listener,
) -> Prepared:
    if network is None and weights is not None and (Path(weights) / "run.json").is_file():
        described = Run.open(weights).info["network"]
        network, options = described["name"], options or described["options"]
    if isinstance(network, str):
        network = networks.ALIASES.get(network, network)
    recipe = recipe if isinstance(recipe, Recipe) else (recipe or choose_recipe)(data)
    if epochs is not None:
        recipe = dataclasses.replace(recipe, epochs=epochs)
    if network is None:
        network = choose_network(data, size)
        listener.note(
            Note(
                f"No network was named: {network} suits pictures like these.",
                f"Aucun réseau n'est nommé : {network} convient à de telles images.",
            )
        )
    preprocess = choose_preprocess(data, network, size, fit)
    start = None
    if weights is not None:
        start = fetch_weights(weights, _name_of(network), listener)
        preprocess = prepared_for(start, preprocess, size=size, fit=fit, mean=mean, std=std, keep_crop=False)
    elif mean is not None or std is not None:
        if mean is None or std is None:
            raise ArgumentError(f"mean and std go together; received mean={mean}, std={std}.")
        preprocess = dataclasses.replace(preprocess, mean=mean, std=std)
    pixels = loading.decode_all(data, preprocess, memory_budget, listener)
    if not preprocess.mean:
        preprocess = preprocess.with_statistics(pixels["train"].images)
    if isinstance(network, str):
        description = entry.network_entry(network, options, data, preprocess)
        network = _seeded_network(description, recipe.seed)
    elif options:
        raise ArgumentError("options are for a network by name; a module of your own has its own.")
    else:
        entry.try_out(network, preprocess.input_shape, len(data.classes))
        description = entry.module_entry(network, data, preprocess)
    if start is not None:
        _start_from(start, network, description, listener)
    description["parameters"] = count_parameters(network)
    layers = summarise(network, preprocess.input_shape)
    training = Training(network, pixels["train"], pixels.get("validation"), data.classes, preprocess, recipe)
    return Prepared(data, pixels, training, description, layers)


def _seeded_network(description: Mapping[str, Any], seed: int) -> nn.Module:
    """The seed alone decides the first weights; the caller's random numbers stay as they were."""
    with torch.random.fork_rng(devices=[]):
        torch.default_generator.manual_seed(derive_seed(seed, "weights"))
        return build_network(description)


def _name_of(network: nn.Module | str) -> str | None:
    """By which ``prunelle.networks`` knows it, if it does."""
    if isinstance(network, str):
        return network
    built_as: tuple[str, Any] | None = getattr(network, "built_as", None)
    return None if built_as is None else built_as[0]


def _start_from(
    weights: Weights, network: nn.Module, description: dict[str, Any], listener: Listener
) -> None:
    for note in load_weights(network, weights):
        listener.note(note)
    description["weights"] = weights.source


def _create(
    prepared: Prepared, output: Path | None, runs: Path, name: str | None, command: str | None
) -> Run:
    """The run folder, with all that is known before the first step."""
    data, training = prepared.data, prepared.training
    now = datetime.now().astimezone()
    network_name = str(prepared.description["name"])
    if output is None:
        output = new_run_path(runs, name or f"{network_name}-{data.name}", now)
    info = {
        "status": "training",
        "created": now.isoformat(timespec="seconds"),
        "command": command or f"prunelle.train({network_name!r}, {data.name!r}, {training.recipe!r})",
        "data": {
            "name": data.name,
            "source": data.source,
            "counts": {split: len(pixels) for split, pixels in prepared.pixels.items()},
            "digest": loading.digest(prepared.pixels),
            "notes": [dataclasses.asdict(note) for note in data.notes],
        },
        "network": prepared.description,
        "recipe": training.recipe.to_json(),
        "skipped": [
            {"split": split, **dataclasses.asdict(skipped)}
            for split, pixels in prepared.pixels.items()
            for skipped in pixels.skipped
        ],
        "versions": machine.versions(),
        "host": machine.host(training.device),
    }
    run = Run.create(output, info, data.classes, training.preprocess, training.network)
    loading.write_splits(run, prepared.pixels)
    return run


def _extended(run: Run, epochs: int) -> Recipe:
    """The recipe with another number of epochs, for a run that is there."""
    done = len(run.results()) if (run.path / "results.csv").is_file() else 0
    if epochs < done:
        raise ArgumentError(
            f"--epochs must be at least the {done} that {run.path} has done; received {epochs}."
        )
    return dataclasses.replace(run.recipe, epochs=epochs)


def _resumed(
    run: Run,
    network: nn.Module | str | None,
    data: Data | str | Path | None,
    recipe: Recipe,
    memory_budget: int,
    listener: Listener,
) -> Prepared:
    """The training of ``run`` as it was when its state was last saved."""
    if isinstance(data, Data):
        if data.classes != run.classes:
            raise RunError(f"{run.path} was trained on the classes {', '.join(run.classes)}, not on these.")
    elif data is not None:
        raise ArgumentError("--resume goes on with the run's own data; give no other.")
    else:
        data = loading.data_of(run, listener)
    pixels = loading.decode_all(data, run.preprocess, memory_budget, listener)
    if loading.digest(pixels) != run.info["data"]["digest"]:
        raise RunError(
            f"the pictures of {run.path} have changed since it was trained (files added, removed or edited). "
            f"Resuming would not be the same training; start a new one."
        )
    if not isinstance(network, nn.Module):
        name = run.info["network"]["name"]
        if not networks.is_known(name):
            raise RunError(
                f"{run.path} trains a network of your own ({name}); pass it: train(network, resume=…)."
            )
        network = _seeded_network(run.info["network"], recipe.seed)
    run.attach(network)
    training = Training(
        network, pixels["train"], pixels.get("validation"), run.classes, run.preprocess, recipe
    )
    if run.state_file.is_file():
        training.load_state(*load_tensors(run.state_file))
        listener.note(_where(run, training))
    layers = summarise(network, run.preprocess.input_shape)
    return Prepared(data, pixels, training, run.info["network"], layers)


def _where(run: Run, training: Training) -> Note:
    at = training.progress
    return Note(
        f"Going on with {run.path}: {at.epoch} of {training.recipe.epochs} epochs done, step {at.step} of "
        f"{training.steps_per_epoch} in the next.",
        f"Reprise de {run.path} : {at.epoch} époques sur {training.recipe.epochs} faites, pas {at.step} sur "
        f"{training.steps_per_epoch} dans la suivante.",
    )


def _fit(run: Run, prepared: Prepared, listener: Listener, save_every_s: float) -> None:
    """Consumes the engine's records: shows, writes, saves, stops."""
    training = prepared.training
    if not run.state_file.is_file():
        # The first weights of a module of one's own cannot be drawn again.
        save_tensors(run.state_file, *training.state())
    saved = time.monotonic()
    with machine.stop_on_signals() as received:
        try:
            for record in training.run():
                listener.record(record)
                epoch_done = isinstance(record, EpochRecord)
                if isinstance(record, EpochRecord):
                    # Weights first, state last: a kill in between repeats this epoch, to the same end.
                    run.write_results(training.progress.rows)
                    weights = training.weights()
                    run.save_weights("last", weights)
                    if record.improved:
                        run.save_weights("best", weights)
                if epoch_done or received or time.monotonic() - saved > save_every_s:
                    save_tensors(run.state_file, *training.state())
                    saved = time.monotonic()
                if received and not training.finished:
                    raise _interrupted(run, training, received[0])
        except Diverged as error:
            run.update(status="diverged")
            best = training.progress.best_epoch
            kept = (
                f"The best weights so far, of epoch {best}, are in {run.path / 'weights'}."
                if best
                else "No epoch was finished, so there are no weights to keep."
            )
            raise Diverged(f"{error} {kept}") from None


def _interrupted(run: Run, training: Training, number: int) -> Interrupted:
    at = training.progress
    return Interrupted(
        f"Stopped by {signal.Signals(number).name} in epoch {min(at.epoch + 1, training.recipe.epochs)}, after step "
        f"{at.step} of {training.steps_per_epoch}. All is saved; go on with:\n"
        f"  {_resume_command(run)}",
        exit_code=128 + number,
    )


def _resume_command(run: Run) -> str:
    """For the shell; in Python where the network or the data are the caller's own."""
    own = [] if networks.is_known(run.info["network"]["name"]) else ["network=…"]
    if run.info["data"]["source"] is None:
        own.append("data=…")
    if own:
        return f"prunelle.train({', '.join(own)}, resume={str(run.path)!r})"
    return f"prunelle train --resume {shlex.quote(str(run.path))}"
