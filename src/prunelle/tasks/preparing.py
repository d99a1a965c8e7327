"""A training made ready: data decoded, weights read, the network built, what is frozen found; new, or resumed."""

from __future__ import annotations

import copy
import dataclasses
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import torch
from torch import nn

from prunelle import data as datasets
from prunelle import networks
from prunelle.data.batches import derive_seed
from prunelle.data.examples import Data
from prunelle.data.kinds import AnyPreprocess, kind_of
from prunelle.data.pixels import Pixels
from prunelle.data.preprocess import Fit, Preprocess
from prunelle.data.series.preprocess import Normalisation, SeriesFit
from prunelle.errors import ArgumentError, RunError
from prunelle.networks.summary import LayerRow, count_parameters, summarise
from prunelle.networks.weights import Weights
from prunelle.plain import plain
from prunelle.runs.listener import Listener, Quiet
from prunelle.runs.run import Run, build_network
from prunelle.tasks import entry, finding, loading, reusing
from prunelle.tasks.choosing import choose_network, choose_preprocess, choose_recipe
from prunelle.tasks.loading import Examples
from prunelle.tasks.resuming import state_of
from prunelle.tasks.weights import fetch_weights, outputs_note, prepared_for
from prunelle.texts import Note, shown
from prunelle.training.engine import Training
from prunelle.training.recipe import Recipe
from prunelle.transfer import learning
from prunelle.transfer.advice import Advice, advise
from prunelle.transfer.learning import Learning
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
        whole = {f"{_NETWORK}{name}": tensor for name, tensor in self.network.state_dict().items()}
        tensors, progress = self.training.state()
        run.states.save(whole | tensors, progress)

    def load_state(self, tensors: Mapping[str, torch.Tensor], progress: dict[str, Any]) -> None:
        """Goes back to where ``save_state`` was called, bit for bit."""
        mine = {f"{_NETWORK}{name}" for name in self.training.network.state_dict()}
        self.training.load_state(
            {name: t for name, t in tensors.items() if name in mine or not name.startswith(_NETWORK)},
            progress,
        )


_NETWORK = "network."  # before the names of its weights in a state


@dataclasses.dataclass(frozen=True, eq=False)
class Started:
    """What a new training begins with, before anything is kept or learned."""

    examples: Examples
    network: nn.Module
    """With its first weights."""
    start: Weights | None
    """To put in them."""
    preprocess: AnyPreprocess
    description: dict[str, Any]
    recipe_of: Callable[[Strategy | None], Recipe]


def started(
    network: nn.Module | str | None,
    data: Data,
    recipe: Recipe | Callable[..., Recipe] | None,
    epochs: int | None,
    size: int | tuple[int, int] | None,
    fit: Fit | SeriesFit | None,
    normalisation: Normalisation | None,
    options: Mapping[str, Any],
    weights: str | Path | None,
    strategy: Strategy | None,
    mean: tuple[float, ...] | None,
    std: tuple[float, ...] | None,
    memory_budget: int,
    listener: Listener,
) -> Started:
    """Chooses what was not said, reads weights, decodes pictures, builds the network; see ``train``."""
    if weights is not None and (Path(weights) / "run.json").is_file():
        described = Run.open(weights).info["network"]
        if network is None or network in (described["name"], *_aliases(described["name"])):
            network, options = described["name"], options or described["options"]
    options = {key: plain(value) for key, value in options.items()}
    if isinstance(network, str):
        network = networks.ALIASES.get(network, network)

    def recipe_of(strategy: Strategy | None) -> Recipe:
        found = recipe
        if not isinstance(found, Recipe):
            chosen = found or choose_recipe
            found = chosen(data) if strategy is None else chosen(data, strategy)
        wanted = kind_of(data.preprocess).augmentations
        if found.augment and not isinstance(found.augment, wanted):
            raise ArgumentError(
                f"augment must be of {wanted.__name__} for such data; received {found.augment!r}."
            )
        return found if epochs is None else found.lasting(epochs)

    seed = recipe_of(strategy).seed
    if network is None:
        network = choose_network(data, size)
        listener.on_note(
            Note(
                f"No network was named: {network} suits data like these.",
                f"Aucun réseau n'est nommé : {network} convient à de telles données.",
            )
        )
    preprocess = choose_preprocess(data, network, size, fit, normalisation)
    start = None
    if weights is not None:
        start = fetch_weights(weights, _name_of(network), listener)
        # Series keep mean and std of their own: those of another set are in other units.
        if isinstance(preprocess, Preprocess):
            preprocess = prepared_for(
                start,
                preprocess,
                size=size,
                fit=preprocess.fit if fit else None,
                mean=mean,
                std=std,
                keep_crop=False,
            )
    elif mean is not None or std is not None:
        if mean is None or std is None:
            raise ArgumentError(f"mean and std go together; received mean={mean}, std={std}.")
        preprocess = dataclasses.replace(preprocess, mean=mean, std=std)
    examples = loading.decode_apart(data, preprocess, memory_budget, listener)
    if start is not None and not (strategy is not None and strategy.name == "scratch"):
        notes = finding.learned_before(start.source, examples.data, listener)
        for note in notes:
            listener.on_note(note)
        noted = dataclasses.replace(examples.data, notes=(*examples.data.notes, *notes))
        examples = dataclasses.replace(examples, data=noted)
    data = examples.data
    if not preprocess.mean:
        preprocess = preprocess.with_statistics(examples.pixels["train"].images)
    if isinstance(network, str):
        description = entry.network_entry(
            network, {**options, **preprocess.network_options}, data, preprocess
        )
        network = _seeded_network(description, seed)
    elif options:
        raise ArgumentError("options are for a network by name; a module of your own has its own.")
    else:
        if strategy is None or strategy.classifier is None:
            entry.try_out(network, preprocess.input_shape, len(data.classes))
        description = entry.module_entry(network, data, preprocess)
    return Started(examples, network, start, preprocess, description, recipe_of)


def advised(begun: Started, memory_budget: int, listener: Listener) -> Advice:
    """Tries strategies, and says nothing of what came out; ``begun.network`` keeps its first weights."""
    classes = begun.examples.data.classes
    seed = begun.recipe_of(None).seed
    return advise(
        reusing.reuse(copy.deepcopy(begun.network), begun.start, None, len(classes), seed, Quiet()),
        begun.network,
        begun.examples.pixels["train"],
        classes,
        begun.preprocess,
        begun.recipe_of,
        memory_budget=memory_budget,
        progress=listener.on_progress,
    )


def new(begun: Started, strategy: Strategy | None, memory_budget: int, listener: Listener) -> Prepared:
    advice = None
    if strategy is not None and strategy.name == "auto":
        advice = advised(begun, memory_budget, listener)
        for note in advice.notes:
            listener.on_note(note)
        strategy = reusing.followed(advice.strategy, strategy)
    data, preprocess, description = begun.examples.data, begun.preprocess, begun.description
    recipe = begun.recipe_of(strategy)
    if strategy is not None and (strategy.views or 0) > 1 and not recipe.augment:
        listener.on_note(
            Note(
                f"views={strategy.views}: nothing changes the pictures (--augment), so that they have one view.",
                f"views={strategy.views} : rien ne change les images (--augment), qui n’ont donc qu’une vue.",
            )
        )
    network = reusing.reuse(begun.network, begun.start, strategy, len(data.classes), recipe.seed, listener)
    if strategy is not None and strategy.classifier is not None:
        description = entry.module_entry(network, data, preprocess)
    if begun.start is not None and not (strategy is not None and strategy.name == "scratch"):
        description["weights"] = begun.start.source
        if (strategy is None or strategy.classifier is None) and _keeps_outputs(network, begun.start):
            outputs = outputs_note(begun.start.source, begun.start.classes, data.classes)
            if outputs is not None:
                listener.on_note(outputs)
    description["parameters"] = count_parameters(network)
    return _prepared(
        begun.examples,
        network,
        preprocess,
        recipe,
        description,
        strategy,
        advice,
        memory_budget,
        listener,
    )


def _keeps_outputs(network: nn.Module, start: Weights) -> bool:
    """Whether the last layer is that of the weights too, as it has as many outputs."""
    own = network.state_dict()
    return all(own[name].shape == tensor.shape for name, tensor in start.tensors.items() if name in own)


def _prepared(
    examples: Examples,
    network: nn.Module,
    preprocess: AnyPreprocess,
    recipe: Recipe,
    description: Mapping[str, Any],
    strategy: Strategy | None,
    advice: Advice | None,
    memory_budget: int,
    listener: Listener,
) -> Prepared:
    layers = summarise(network, preprocess.input_shape)
    begun = learning.begin(
        network,
        examples.pixels,
        examples.data.classes,
        preprocess,
        recipe,
        strategy,
        memory_budget=memory_budget,
        progress=listener.on_progress,
    )
    transfer = reusing.transfer_entry(strategy, network, begun, advice)
    told = () if transfer is None else (reusing.told(transfer), *begun.notes, *begun.told)
    for note in (*told, *begun.training.notes):
        listener.on_note(note)
    return Prepared(examples, network, preprocess, recipe, begun, description, transfer, layers)


def _aliases(name: str) -> list[str]:
    """Second names of a network."""
    return [alias for alias, listed in networks.ALIASES.items() if listed == name]


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


def resumed(
    run: Run,
    network: nn.Module | str | None,
    data: Data | str | Path | None,
    recipe: Recipe,
    memory_budget: int,
    listener: Listener,
    data_root: str | Path | None = None,
) -> Prepared:
    """The training of ``run`` as it was when its state was last saved; ``data``, ``data_root`` as ``train``."""
    if isinstance(data, Data):
        if data.classes != run.classes:
            raise RunError(f"{run.path} was trained on the classes {shown(run.classes)}, not on these.")
        data = finding.as_trained(run, data, listener, memory_budget)
    elif data is not None and str(data) in datasets.NAMED:
        raise ArgumentError("--resume goes on with the run's own data; give no other.")
    elif data is not None and data_root is not None:
        raise ArgumentError("data and data_root both say where the data are; give one of them.")
    else:
        data = finding.data_of(run, listener, data_root=data if data_root is None else data_root)
    pixels = loading.decode_all(data, run.preprocess, memory_budget, listener)
    if loading.digest(pixels) != run.info["data"]["digest"]:
        raise RunError(
            f"the pictures of {run.path} have changed since it was trained (files added, removed or edited). "
            f"Resuming would not be the same training; start a new one."
        )
    examples = loading.Examples(data, pixels)
    if not isinstance(network, nn.Module):
        name = run.info["network"]["name"]
        if not networks.is_known(name):
            raise RunError(
                f"{run.path} trains a network of your own ({name}); pass it: train(network, resume=…)."
            )
        network = _seeded_network(run.info["network"], recipe.seed)
    run.attach(network)
    state, progress = state_of(run, listener)
    strategy = None
    if "transfer" in run.info:
        strategy = Strategy.from_json(run.info["transfer"]["strategy"])
        if state is not None:
            # What is frozen must be there before its features are looked for.
            network.load_state_dict(
                {n.removeprefix(_NETWORK): t for n, t in state.items() if n.startswith(_NETWORK)}
            )
        strategy.apply(network)
    prepared = _prepared(
        examples,
        network,
        run.preprocess,
        recipe,
        run.info["network"],
        strategy,
        None,
        memory_budget,
        listener,
    )
    if state is not None:
        prepared.load_state(state, progress)
        listener.on_note(_where(run, prepared.training))
    return prepared


def _where(run: Run, training: Training) -> Note:
    at = training.progress
    return Note(
        f"Going on with {run.path}: {at.epoch} of {training.recipe.epochs} epochs done, step {at.step} of "
        f"{training.steps_per_epoch} in the next.",
        f"Reprise de {run.path} : {at.epoch} époques sur {training.recipe.epochs} faites, pas {at.step} sur "
        f"{training.steps_per_epoch} dans la suivante.",
    )
