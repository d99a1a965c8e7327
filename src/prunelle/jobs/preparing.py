"""A plan carried out up to the first step: data decoded, the network built, weights put in, features computed."""

from __future__ import annotations

import copy
import dataclasses
from collections.abc import Mapping
from typing import Any

import torch
from torch import nn

from prunelle import networks
from prunelle.checks.checkup import checkup
from prunelle.checks.inspected import Inspected
from prunelle.data.batches import derive_seed
from prunelle.data.examples import Data
from prunelle.data.kinds import AnyPreprocess
from prunelle.data.pixels import Pixels
from prunelle.errors import ArgumentError
from prunelle.jobs import decoding, pretrained, run_data
from prunelle.jobs.decoding import Examples
from prunelle.networks.summary import LayerRow, count_parameters, summarise
from prunelle.networks.weights import Weights
from prunelle.planning import network_description
from prunelle.planning.choosing import asks_for_steps
from prunelle.planning.plan import TrainingPlan, recipe_for
from prunelle.planning.request import Limits
from prunelle.planning.weights import outputs_note
from prunelle.report.transfer import strategy_note
from prunelle.runs.listener import Listener, Quiet
from prunelle.runs.run import Run, build_network
from prunelle.texts import Note
from prunelle.training.engine import Training
from prunelle.training.objectives import objective_of
from prunelle.training.own import NOTHING, Own
from prunelle.training.recipe import Recipe
from prunelle.transfer import learning
from prunelle.transfer.advice import advise
from prunelle.transfer.learning import Learning
from prunelle.transfer.recommending import Advice
from prunelle.transfer.strategies import Strategy


@dataclasses.dataclass(frozen=True, eq=False)
class Prepared:
    """Everything a training needs, decoded and built."""

    examples: Examples
    network: nn.Module
    """Whole; ``training`` may be of its end alone."""
    preprocess: AnyPreprocess
    recipe: Recipe
    learning: Learning
    description: Mapping[str, Any]
    """The ``network`` entry of ``run.json``."""
    transfer: Mapping[str, Any] | None
    """The ``transfer`` entry of ``run.json``."""
    layers: list[LayerRow]
    """The network's table."""

    @property
    def data(self) -> Data:
        """As it is learned, with its notes."""
        return self.examples.data

    @property
    def pixels(self) -> Mapping[str, Pixels]:
        """The decoded splits."""
        return self.examples.pixels

    @property
    def training(self) -> Training:
        """Under way."""
        return self.learning.training

    def weights(self) -> dict[str, torch.Tensor]:
        """To keep, of the whole network."""
        return self.network.state_dict() | self.training.weights()

    def save_state(self, run: Run) -> None:
        """All that ``load_state`` needs: frozen weights too, which may be nowhere else."""
        whole = {f"{NETWORK}{name}": tensor for name, tensor in self.network.state_dict().items()}
        tensors, progress = self.training.state()
        run.states.save(whole | tensors, progress)

    def load_state(self, tensors: Mapping[str, torch.Tensor], progress: dict[str, Any]) -> None:
        """Goes back to where ``save_state`` was called, bit for bit."""
        mine = {f"{NETWORK}{name}" for name in self.training.network.state_dict()}
        self.training.load_state(
            {name: t for name, t in tensors.items() if name in mine or not name.startswith(NETWORK)},
            progress,
        )


NETWORK = "network."  # before the names of its weights in a state


@dataclasses.dataclass(frozen=True, eq=False)
class Setup:
    """Whatever a training begins or goes on with, its network's weights in place."""

    examples: Examples
    network: nn.Module
    preprocess: AnyPreprocess
    recipe: Recipe
    description: Mapping[str, Any]
    own: Own = NOTHING
    reuse: Note | None = None
    """Why weights are reused that nobody asked for."""

    def begin(
        self, strategy: Strategy | None, advice: Advice | None, limits: Limits, listener: Listener
    ) -> Prepared:
        layers = summarise(self.network, self.preprocess.input_shape)
        learner = learning.begin(
            self.network,
            self.examples.pixels,
            objective_of(self.examples.data.target, self.examples.data.classes),
            preprocess=self.preprocess,
            recipe=self.recipe,
            strategy=strategy,
            memory_budget=limits.memory_budget,
            progress=listener.on_progress,
        )
        if self.own:
            learner.training.use(self.own)
        transfer = pretrained.transfer_info(strategy, self.network, learner, advice=advice, why=self.reuse)
        reused = () if transfer is None else (strategy_note(transfer), *learner.notes, *learner.feature_notes)
        for note in (*reused, *learner.training.notes):
            listener.on_note(note)
        return Prepared(
            examples=self.examples,
            network=self.network,
            preprocess=self.preprocess,
            recipe=self.recipe,
            learning=learner,
            description=self.description,
            transfer=transfer,
            layers=layers,
        )


@dataclasses.dataclass(frozen=True, eq=False, kw_only=True)
class Built:
    """A plan carried out up to the network with its first weights; no others are put in yet, and nothing is learned."""

    plan: TrainingPlan
    examples: Examples
    network: nn.Module
    preprocess: AnyPreprocess
    """With mean and std."""
    description: dict[str, Any]
    """The ``network`` entry of ``run.json``."""

    def recipe(self, strategy: Strategy | None) -> Recipe:
        """How to train under a strategy."""
        return recipe_for(self.plan.request, self.examples.data, strategy)

    def with_weights(
        self, network: nn.Module, strategy: Strategy | None, seed: int, listener: Listener
    ) -> nn.Module:
        """``network`` with the weights and the classifier that ``strategy`` wants of ``plan.start``."""
        return pretrained.reuse(
            network,
            self.plan.start,
            strategy,
            num_classes=len(self.examples.data.classes),
            seed=seed,
            listener=listener,
        )


def build(plan: TrainingPlan, listener: Listener) -> Built:
    """Decodes the examples and builds the network."""
    request, strategy = plan.request, plan.request.strategy
    examples = decoding.decode_apart(plan.data, plan.preprocess, request.limits.memory_budget, listener)
    notes = checkup(Inspected(data=examples.data, pixels=examples.pixels), at_start=True).sentences()
    for note in notes:
        listener.on_note(note)
    noted = dataclasses.replace(examples.data, notes=(*examples.data.notes, *notes))
    examples = dataclasses.replace(examples, data=noted)
    if plan.start is not None and plan.keeps_weights:
        notes = run_data.learned_before(plan.start.source, examples.data, listener)
        for note in notes:
            listener.on_note(note)
        noted = dataclasses.replace(examples.data, notes=(*examples.data.notes, *notes))
        examples = dataclasses.replace(examples, data=noted)
    data, preprocess, network = examples.data, plan.preprocess, plan.network
    if not preprocess.mean:
        preprocess = preprocess.with_statistics(examples.pixels["train"].images)
    if isinstance(network, str):
        options = {**plan.options, **preprocess.network_options}
        if not data.target.exclusive and networks.takes(network, "signed"):
            options["signed"] = True
        description = network_description.network_info(network, options, data, preprocess)
        network = seeded_network(description, plan.seed)
    elif plan.options:
        raise ArgumentError("options are for a network by name; a module of your own has its own.")
    else:
        if strategy is None or strategy.classifier is None:
            network_description.try_out(network, preprocess.input_shape, len(data.classes))
        description = network_description.module_info(network, data, preprocess)
    return Built(
        plan=plan, examples=examples, network=network, preprocess=preprocess, description=description
    )


def try_strategies(built: Built, listener: Listener) -> Advice:
    """Tries strategies, and says nothing of what came out; ``built.network`` keeps its first weights."""
    data = built.examples.data
    return advise(
        built.with_weights(copy.deepcopy(built.network), None, built.recipe(None).seed, Quiet()),
        built.network,
        built.examples.pixels["train"],
        objective_of(data.target, data.classes),
        preprocess=built.preprocess,
        recipe_of=built.recipe,
        memory_budget=built.plan.request.limits.memory_budget,
        progress=listener.on_progress,
    )


def prepare(built: Built, listener: Listener) -> Prepared:
    """The training of a network that was built, by the strategy that was asked for or is found to suit."""
    plan, strategy, advice = built.plan, built.plan.request.strategy, None
    if strategy is not None and strategy.name == "auto":
        advice = try_strategies(built, listener)
        for note in advice.notes:
            listener.on_note(note)
        strategy = pretrained.followed(advice.strategy, strategy)
    data, description = built.examples.data, built.description
    network = built.with_weights(built.network, strategy, plan.seed, listener)
    if strategy is not None and strategy.name == "features" and strategy.head is None:
        strategy = _with_head(built, network, strategy)
    recipe = built.recipe(strategy)
    if strategy is not None and (strategy.views or 0) > 1 and not recipe.augment:
        listener.on_note(
            Note(
                f"views={strategy.views}: nothing changes the pictures (--augment), so that they have one view.",
                f"views={strategy.views} : rien ne change les images (--augment), qui n’ont donc qu’une vue.",
            )
        )
    if strategy is not None and strategy.classifier is not None:
        description = network_description.module_info(network, data, built.preprocess)
    start = plan.start
    if start is not None and not (strategy is not None and strategy.name == "scratch"):
        description["weights"] = start.source
        if (strategy is None or strategy.classifier is None) and _keeps_outputs(network, start):
            outputs = outputs_note(start.source, start.classes, data.classes)
            if outputs is not None:
                listener.on_note(outputs)
    description["parameters"] = count_parameters(network)
    own = plan.request.own
    setup = Setup(
        built.examples,
        network,
        built.preprocess,
        recipe,
        description=description,
        own=own,
        reuse=plan.reuse,
    )
    return setup.begin(strategy, advice, plan.request.limits, listener)


def _with_head(built: Built, network: nn.Module, strategy: Strategy) -> Strategy:
    """``strategy`` with a head that learns in steps where something was said of steps; else with the usual one."""
    data = built.examples.data
    usual = objective_of(data.target, data.classes).solved_head
    if asks_for_steps(built.plan.request, data) or strategy.views == 0:
        return dataclasses.replace(strategy, head="linear")
    strategy = dataclasses.replace(strategy, head=usual)  # type: ignore[arg-type]
    recipe = built.recipe(dataclasses.replace(strategy, views=None))
    if learning.is_solvable(network, built.examples.pixels, built.preprocess, recipe, strategy):
        return strategy
    return dataclasses.replace(strategy, head="linear")


def _keeps_outputs(network: nn.Module, start: Weights) -> bool:
    """Whether the last layer is that of the weights too, as it has as many outputs."""
    own = network.state_dict()
    return all(own[name].shape == tensor.shape for name, tensor in start.tensors.items() if name in own)


def seeded_network(description: Mapping[str, Any], seed: int) -> nn.Module:
    """The seed alone decides the first weights; the caller's random numbers stay as they were."""
    with torch.random.fork_rng(devices=[]):
        torch.default_generator.manual_seed(derive_seed(seed, "weights"))
        return build_network(description)
