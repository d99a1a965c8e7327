"""A training planned: data found, network, preprocessing and first weights chosen, and said; nothing is decoded yet."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from torch import nn

from prunelle import networks
from prunelle.data.examples import Data
from prunelle.data.kinds import AnyPreprocess, kind_of
from prunelle.errors import ArgumentError, refuse_given
from prunelle.networks.weights import Weights
from prunelle.planning.choosing import (
    choose_network,
    choose_preprocess,
    choose_recipe,
    preprocess_with_weights,
)
from prunelle.planning.few_pictures import reuse_for_few
from prunelle.planning.loading import load_data
from prunelle.planning.request import TrainingRequest
from prunelle.planning.small_test import note_before
from prunelle.planning.weights import fetch_weights
from prunelle.runs.folder import refuse_occupied
from prunelle.runs.listener import Listener
from prunelle.runs.rebuild import refuse_as_start
from prunelle.runs.run import Run
from prunelle.scalars import plain
from prunelle.texts import Note
from prunelle.training.cost_files import costs_for, costs_of
from prunelle.training.costs import Costs
from prunelle.training.recipe import Recipe
from prunelle.transfer.strategies import Strategy


@dataclasses.dataclass(frozen=True, kw_only=True, eq=False)
class TrainingPlan:
    """What a request comes to, before a picture is decoded.

    Attributes:
        request: as it was made; where few pictures are better off with weights that are on this machine, with these.
        data: found and split.
        network: a module of the caller's, or the name of the network to build.
        options: of a network by name.
        preprocess: mean and std are unset where the training pictures decide them.
        start: the weights to start from, read; None for none.
        seed: of the first weights.
        reuse: why weights are reused that nobody asked for; None where somebody did.
        costs: of answers, in the order of the classes of ``data``; None where nobody says.
    """

    request: TrainingRequest
    data: Data
    network: nn.Module | str
    options: Mapping[str, Any]
    preprocess: AnyPreprocess
    start: Weights | None
    seed: int
    reuse: Note | None = None
    costs: Costs | None = None

    @property
    def keeps_weights(self) -> bool:
        """Whether something of ``start`` is kept; the strategy ``scratch`` keeps nothing."""
        strategy = self.request.strategy
        return self.start is not None and (strategy is None or strategy.name != "scratch")


def check_request(request: TrainingRequest) -> None:
    """What can be known to be wrong is said before anything is fetched or decoded.

    Raises:
        ArgumentError: no such network, a strategy without weights, or costs that are none.
        RunError: the folder is somebody's.
    """
    if isinstance(request.network, str):
        networks.variant(request.network)
    check_weights(request.strategy, request.network, request.weights)
    if request.costs is not None:
        costs_of(request.costs)
    if request.destination.folder is not None:
        refuse_given(
            "goes into the name of a new folder, and output names the folder", name=request.destination.name
        )
        refuse_occupied(request.destination.folder)


def check_weights(strategy: Strategy | None, network: nn.Module | str | None, weights: object) -> None:
    """Whether there is something to reuse.

    Raises:
        ArgumentError: there is not.
    """
    if (
        strategy is None
        or strategy.name == "scratch"
        or weights is not None
        or isinstance(network, nn.Module)
    ):
        return
    raise ArgumentError(
        f"strategy {strategy.name} starts from weights; give them: --weights imagenet, a file, or a run. Without any, "
        f"train from scratch."
    )


def plan_training(request: TrainingRequest, listener: Listener) -> TrainingPlan:
    """Finds the data, chooses what was not said, reads the weights to start from; the listener is told."""
    data = load_data(request.source, listener)
    if (few := note_before(request.source, data)) is not None:
        listener.on_note(few)
    reuse = reuse_for_few(request, data)
    request = reuse.request
    costs = None if request.costs is None else costs_for(request.costs, data.target, data.classes)
    for odd in costs.notes if costs is not None else ():
        listener.on_note(odd)
    network, options = _network_of_run(request)
    if isinstance(network, str):
        network = networks.ALIASES.get(network, network)
    seed = recipe_for(request, data, request.strategy).seed
    if (note := batches_note(request, data)) is not None:
        listener.on_note(note)
    if network is None:
        network = choose_network(data, request.preparation)
        listener.on_note(
            Note(
                f"No network was named: {network} suits data like these.",
                f"Aucun réseau n’est nommé : {network} convient à de telles données.",
            )
        )
    if reuse.note is not None:
        listener.on_note(reuse.note)
    preprocess = choose_preprocess(data, network, request.preparation)
    start = None
    if request.weights is not None:
        start = fetch_weights(request.weights, _name_of(network), listener)
        preprocess = preprocess_with_weights(data, preprocess, start, request.preparation)
    elif request.preparation.mean is not None and request.preparation.std is not None:
        preprocess = dataclasses.replace(
            preprocess, mean=request.preparation.mean, std=request.preparation.std
        )
    return TrainingPlan(
        request=request,
        data=data,
        network=network,
        options=options,
        preprocess=preprocess,
        start=start,
        seed=seed,
        reuse=reuse.note if reuse.taken else None,
        costs=costs,
    )


def recipe_for(request: TrainingRequest, data: Data, strategy: Strategy | None) -> Recipe:
    """The recipe that is asked for, or what suits ``data`` and ``strategy``, lasting as long as is asked for.

    Where a loader gave the data, its size of batches holds.

    Raises:
        ArgumentError: it changes pictures where the data are series, or the reverse.
    """
    recipe = request.recipe
    if not isinstance(recipe, Recipe):
        make = recipe or choose_recipe
        recipe = make(data) if strategy is None else make(data, strategy)
    suited = kind_of(data.preprocess).augmentations
    if recipe.augment and not isinstance(recipe.augment, suited):
        raise ArgumentError(
            f"augment must be of {suited.__name__} for such data; received {recipe.augment!r}."
        )
    if data.batch_size is not None:
        recipe = dataclasses.replace(recipe, batch_size=data.batch_size)
    return recipe if request.epochs is None else recipe.lasting(request.epochs)


def batches_note(request: TrainingRequest, data: Data) -> Note | None:
    """That a loader's size of batches holds, where the recipe that was given has another."""
    recipe = request.recipe
    if not isinstance(recipe, Recipe) or data.batch_size in (None, recipe.batch_size):
        return None
    return Note(
        f"Batches are of {data.batch_size}, as the loader makes them, not of the recipe's {recipe.batch_size}.",
        f"Les lots sont de {data.batch_size}, comme le chargeur les fait, et non de {recipe.batch_size} comme dans la "
        f"recette.",
    )


def _network_of_run(request: TrainingRequest) -> tuple[nn.Module | str | None, Mapping[str, Any]]:
    """The network and its options; those of the run whose weights are taken, where no other network is named."""
    network, options = request.network, request.options
    if request.weights is not None and (Path(request.weights) / "run.json").is_file():
        described = Run.open(request.weights).info["network"]
        refuse_as_start(request.weights, described)
        aliases = [alias for alias, name in networks.ALIASES.items() if name == described["name"]]
        if network is None or network in (described["name"], *aliases):
            network, options = described["name"], options or described["options"]
    return network, {key: plain(value) for key, value in options.items()}


def _name_of(network: nn.Module | str) -> str | None:
    """By which ``prunelle.networks`` knows it, if it does."""
    if isinstance(network, str):
        return network
    built_as: tuple[str, Any] | None = getattr(network, "built_as", None)
    return None if built_as is None else built_as[0]
