"""``retrain``: a run trained again, by the labels that people have corrected, and what that changed."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from torch import nn

from prunelle import networks
from prunelle.data.decisions import Decisions
from prunelle.data.examples import Data
from prunelle.data.from_dataset import is_dataset
from prunelle.data.pixels import Pixels
from prunelle.errors import ArgumentError, RunError
from prunelle.jobs import label_change, run_data
from prunelle.jobs.label_change import Before
from prunelle.jobs.training import carry_out
from prunelle.networks.weights import given_as
from prunelle.planning.loading import decided_data
from prunelle.planning.plan import TrainingPlan
from prunelle.planning.request import DataSource, Destination, Limits, TrainingRequest
from prunelle.planning.weights import fetch_weights
from prunelle.runs.listener import Listener
from prunelle.runs.retrained import Retrained
from prunelle.runs.run import Run
from prunelle.texts import Language, Note, default_language, quoted, shown
from prunelle.transfer.strategies import Strategy

_OF_CLASSIFIER = ("stage", "classifier", "average")
"""Options of a network in ``run.json`` that its strategy has put there."""


@dataclasses.dataclass(frozen=True, kw_only=True, eq=False)
class RetrainRequest:
    """A run to train again; everything that is not here is the run's own.

    Attributes:
        run: finished.
        decisions: what people decided, or the file that says it; None for the run's own.
        network: a fresh module, if the run trained one of the caller's.
        data: of the caller's own, or where the run's are now.
        epochs: in place of the run's.
        limits: of memory and time.
        destination: of the new run; a new folder beside the old one where nothing is said.
        language: of the report.
        command: the shell command that asked; None says it in Python.
    """

    run: Run
    decisions: Decisions | str | Path | None = None
    network: nn.Module | None = None
    data: Data | str | Path | None = None
    epochs: int | None = None
    limits: Limits
    destination: Destination
    language: Language = dataclasses.field(default_factory=default_language)
    command: str | None = None


def retrain(request: RetrainRequest, listener: Listener) -> Retrained:
    """The same training of the same splits, with the decisions applied; see ``prunelle.retrain``.

    Who reviews the new run finds decided what is settled: nobody is asked twice.
    """
    run = request.run
    decisions = _decisions(request)
    strategy = _strategy(run)
    network = _network(request, strategy)
    data = _data(request, listener)
    decided = decided_data(data, decisions)
    listener.on_note(decided.note)
    counts = decided.counts
    if not counts["relabelled"] + counts["left out"] + counts["not sure"]:
        raise RunError(
            f"these decisions keep every label that {run.path} has, so the same training would give the same network."
        )
    before = Before.of(run, _judged_pixels(request, data, listener))
    info = {**(decided.data.decisions or {}), "of": str(run.path.absolute())}

    def conclude(made: Run) -> None:
        label_change.write_change(made, before, listener)
        made.decide(*decided.settled.values())

    training = TrainingRequest(
        source=DataSource(data=dataclasses.replace(decided.data, decisions=info)),
        network=network,
        weights=None if (weights := run.info["network"].get("weights")) is None else given_as(weights),
        strategy=strategy,
        recipe=run.recipe,
        epochs=request.epochs,
        costs=run.costs,
        limits=request.limits,
        destination=request.destination,
        language=request.language,
        command=request.command or f"prunelle.retrain({str(run.path)!r})",
    )
    again = carry_out(
        training,
        lambda asked, told: _plan(run, asked, told),
        listener,
        conclude=conclude,
    )
    change = again.change()
    assert change is not None
    return Retrained(again, run, change)


def _decisions(request: RetrainRequest) -> Decisions | str | Path:
    """Those that are given, or the run's own.

    Raises:
        RunError: there are none.
    """
    if request.decisions is not None:
        return request.decisions
    own = request.run.decisions_file
    if not own.is_file() or not len(request.run.decisions()):
        raise RunError(
            f"nobody has decided anything about the examples of {request.run.path} yet. Do so with prunelle review "
            f"{quoted(request.run.path)}, or name the file that says it: --decisions FILE."
        )
    return own


def _strategy(run: Run) -> Strategy | None:
    """By which the run was trained.

    Raises:
        RunError: with parts of the caller's own, which no run keeps.
    """
    if own := run.info.get("own"):
        raise RunError(
            f"{run.path} was trained with parts of your own ({shown(list(own))}), which it does not keep. Train again "
            f"in your program: prunelle.train(…, decisions={str(run.decisions_file)!r})."
        )
    return None if "transfer" not in run.info else Strategy.from_json(run.info["transfer"]["strategy"])


def _network(request: RetrainRequest, strategy: Strategy | None) -> nn.Module | str:
    """The module that is given, or the name of the run's network."""
    name = str(request.run.info["network"]["name"])
    if networks.is_known(name):
        if request.network is not None:
            raise ArgumentError(
                f"network is for a run that trained one of your own; {request.run.path} has {name}."
            )
        return name
    if request.network is None:
        raise RunError(
            f"{request.run.path} trained a network of your own ({name}); pass a fresh one: "
            f"prunelle.retrain({str(request.run.path)!r}, network=…)."
        )
    return request.network


def _data(request: RetrainRequest, listener: Listener) -> Data:
    """The run's own, split and labelled as it had them."""
    run, data = request.run, request.data
    if is_dataset(data):
        raise ArgumentError(
            "data must be what prunelle.load, from_arrays or from_series gave, or where the run's are now; decisions "
            "go with examples whose labels Prunelle holds."
        )
    if isinstance(data, Data):
        if data.classes != run.classes:
            raise RunError(f"{run.path} was trained on the classes {shown(run.classes)}, not on these.")
        data = run_data.as_trained(run, data, listener, request.limits.memory_budget)
    else:
        data = run_data.data_of(run, listener, data_root=data)
    if run.info["data"].get("scaling") is not None:
        return data
    # The run's mean and standard deviation are in its plan; data that have some are tensors of a program.
    return dataclasses.replace(data, preprocess=dataclasses.replace(data.preprocess, mean=(), std=()))


def _judged_pixels(request: RetrainRequest, data: Data, listener: Listener) -> Pixels:
    """What the split holds on which the run was judged."""
    run = request.run
    name = run.judged().split
    split = next(split for split in data.splits() if split.name == name)
    return split.decode(
        run.preprocess,
        in_memory=split.decoded_bytes(run.preprocess) <= request.limits.memory_budget,
        progress=listener.on_progress,
    )


def _plan(run: Run, request: TrainingRequest, listener: Listener) -> TrainingPlan:
    """As the run was: its preprocessing too, so that what changes is the labels alone."""
    data, network, described = request.source.data, request.network, run.info["network"]
    assert isinstance(data, Data)
    assert network is not None
    options: Mapping[str, Any] = {}
    if isinstance(network, str):
        reclassified = request.strategy is not None and request.strategy.classifier is not None
        options = {
            name: value
            for name, value in described["options"].items()
            if not (reclassified and name in _OF_CLASSIFIER)
        }
    start = None
    if request.weights is not None:
        start = fetch_weights(request.weights, network if isinstance(network, str) else None, listener)
    listener.on_note(
        Note(
            f"Training {run.path} again: {described['name']}, seed {run.recipe.seed}, the same splits.",
            f"Nouvel entraînement de {run.path} : {described['name']}, graine {run.recipe.seed}, mêmes divisions.",
        )
    )
    return TrainingPlan(
        request=request,
        data=data,
        network=network,
        options=options,
        preprocess=run.preprocess,
        start=start,
        seed=run.recipe.seed,
        costs=run.costs,
    )
