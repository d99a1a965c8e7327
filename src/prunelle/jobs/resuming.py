"""What a training that was stopped goes on from, and what is done where that is damaged."""

from __future__ import annotations

import dataclasses
from typing import Any

import torch
from torch import nn

from prunelle import data as datasets
from prunelle import networks
from prunelle.data.examples import Data
from prunelle.data.from_dataset import is_dataset
from prunelle.errors import ArgumentError, RunError
from prunelle.jobs import decoding, run_data
from prunelle.jobs.decoding import Examples
from prunelle.jobs.preparing import NETWORK, Prepared, Setup, seeded_network
from prunelle.planning.loading import load_data
from prunelle.planning.request import DataSource, ResumeRequest
from prunelle.runs.listener import Listener
from prunelle.runs.run import Run
from prunelle.texts import Note, quoted, shown
from prunelle.training.engine import Training
from prunelle.training.recipe import Recipe
from prunelle.transfer.strategies import Strategy


def prepare_resumed(request: ResumeRequest, recipe: Recipe, listener: Listener) -> Prepared:
    """The training of ``request.run`` as it was when its state was last saved, by ``recipe``."""
    run = request.run
    request.own.check_same(run.path, run.info.get("own", {}))
    examples = _examples_of(request, listener)
    network = request.network
    if not isinstance(network, nn.Module):
        name = run.info["network"]["name"]
        if not networks.is_known(name):
            raise RunError(
                f"{run.path} trains a network of your own ({name}); pass it: train(network, resume=…)."
            )
        network = seeded_network(run.info["network"], recipe.seed)
    run.attach(network)
    state, progress = state_of(run, listener)
    strategy = None
    if "transfer" in run.info:
        strategy = Strategy.from_json(run.info["transfer"]["strategy"])
        if state is not None:
            # What is frozen must be there before its features are looked for.
            network.load_state_dict(
                {n.removeprefix(NETWORK): t for n, t in state.items() if n.startswith(NETWORK)}
            )
        strategy.apply(network)
    setup = Setup(examples, network, run.preprocess, recipe, description=run.info["network"], own=request.own)
    prepared = setup.begin(strategy, None, request.limits, listener)
    if state is not None:
        prepared.load_state(state, progress)
        listener.on_note(_where(run, prepared.training))
    return prepared


def _examples_of(request: ResumeRequest, listener: Listener) -> Examples:
    """The examples that a run was trained on, decoded.

    Raises:
        RunError: they are others now.
    """
    run, data, limits = request.run, request.data, request.limits
    if is_dataset(data):
        data = load_data(DataSource(data=data), listener)
    if isinstance(data, Data):
        if data.classes != run.classes:
            raise RunError(f"{run.path} was trained on the classes {shown(run.classes)}, not on these.")
        data = run_data.as_trained(run, data, listener, limits.memory_budget)
    elif data is not None and str(data) in datasets.NAMED:
        raise ArgumentError("--resume goes on with the run's own data; give no other.")
    elif data is not None and request.data_root is not None:
        raise ArgumentError("data and data_root both say where the data are; give one of them.")
    else:
        root = data if request.data_root is None else request.data_root
        data = run_data.data_of(run, listener, data_root=root)
    pixels = decoding.decode_all(data, run.preprocess, limits.memory_budget, listener)
    if decoding.digest(pixels) != run.info["data"]["digest"]:
        raise RunError(
            f"the pictures of {run.path} have changed since it was trained (files added, removed or edited). "
            f"Resuming would not be the same training; start a new one."
        )
    return Examples(data, pixels)


def _where(run: Run, training: Training) -> Note:
    at = training.progress
    return Note(
        f"Going on with {run.path}: {at.epoch} of {training.recipe.epochs} epochs done, step {at.step} of "
        f"{training.steps_per_epoch} in the next.",
        f"Reprise de {run.path} : {at.epoch} époques sur {training.recipe.epochs} faites, pas {at.step} sur "
        f"{training.steps_per_epoch} dans la suivante.",
    )


def state_of(run: Run, listener: Listener) -> tuple[dict[str, torch.Tensor] | None, dict[str, Any]]:
    """What a training goes on from, and a word about what is damaged; None for its beginning.

    What it saved after an older state is made again, to the same bits; so is everything from the beginning, where
    the seed alone decides the first weights.

    Raises:
        RunError: there is no state, and the first weights are nowhere else.
    """
    saved = run.states.load()
    damage = list(saved.damaged)
    if saved.tensors is not None and saved.progress["best_epoch"]:
        # At the end they are needed; an epoch that is done again may not write them anew.
        try:
            run.best_weights()
        except RunError as error:
            damage.append(error.message)
            saved = dataclasses.replace(saved, tensors=None)
    if saved.tensors is None:
        if not networks.is_known(run.info["network"]["name"]) or "weights" in run.info["network"]:
            why = " ".join(damage) or f"{run.path} was stopped before it had saved anything."
            raise _cannot_go_on(run, why)
        run.states.forget()
        if damage:
            listener.on_note(
                Note(
                    f"{' '.join(damage)} The training begins again, from its first step.",
                    f"{' '.join(damage)} L’entraînement recommence à son premier pas.",
                )
            )
    elif damage:
        listener.on_note(
            Note(
                f"{' '.join(damage)} Going on from the state before it, to the same end.",
                f"{' '.join(damage)} Reprise de l’état précédent, pour arriver au même point.",
            )
        )
    return saved.tensors, saved.progress


def _cannot_go_on(run: Run, why: str) -> RunError:
    """That only a new training helps, with its line where there is one."""
    error = RunError(f"{why} It can only be trained anew, in another folder")
    command = str(run.info.get("command", ""))
    if not command.startswith("prunelle train "):
        return RunError(f"{why} It can only be trained anew, in another folder.")
    number = 2
    while (other := run.path.with_name(f"{run.path.name}-{number}")).exists():
        number += 1
    # The last --output counts.
    return error.then("by", f"{command} --output {quoted(other)}")
