"""A training of a network whose front is frozen: on the front's features, computed once."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Mapping, Sequence

from torch import nn

from prunelle.data.kinds import AnyPreprocess
from prunelle.data.pixels import Pixels, Progress
from prunelle.errors import ArgumentError
from prunelle.networks.freezing import count_frozen
from prunelle.networks.trunk import split_frozen
from prunelle.texts import EN, FR, Note
from prunelle.training import speed
from prunelle.training.engine import Training
from prunelle.training.inference import Normaliser
from prunelle.training.objectives import Objective
from prunelle.training.recipe import Recipe
from prunelle.transfer.features import FeatureStore, NoNormalisation, View, output_shape
from prunelle.transfer.solvers import solver_of
from prunelle.transfer.solving import Solving
from prunelle.transfer.strategies import Strategy

FEATURES_BUDGET = 8 << 30
"""Bytes of features, all splits and views together, beyond which the trunk runs in each step instead."""
SOLVABLE = 10**9
"""Examples, in all their views, times weights of the classifier, beyond which the usual head is not solved but learned
in steps: cross-validation goes through them a few thousand times."""


@dataclasses.dataclass(frozen=True, eq=False)
class Learning:
    """A training, and what its network sees.

    Attributes:
        training: of the whole network, or of what comes after its frozen trunk.
        inputs: by split, what ``training.network`` takes: pixels, or features.
        normaliser: what batches of ``inputs`` go through before it.
        views: of each training picture whose features were kept; 0 where the whole network runs in each step.
        notes: what a person should know of it.
        feature_notes: what a person should know of how its features were found, this time.
    """

    training: Training
    inputs: Mapping[str, Pixels]
    normaliser: Normaliser
    views: int
    notes: tuple[Note, ...] = ()
    feature_notes: tuple[Note, ...] = ()


@dataclasses.dataclass(frozen=True, eq=False)
class _Front:
    """A frozen front whose features can be kept.

    Attributes:
        stores: a view each.
        rest: the network after it.
    """

    stores: Sequence[FeatureStore]
    rest: nn.Module


def begin(
    network: nn.Module,
    pixels: Mapping[str, Pixels],
    objective: Objective,
    preprocess: AnyPreprocess,
    recipe: Recipe,
    strategy: Strategy | None,
    *,
    memory_budget: int,
    progress: Progress | None = None,
) -> Learning:
    """The training of ``network``, which runs no frozen trunk twice where that can be helped.

    Args:
        network: with its frozen modules marked (see ``freeze``); it moves to the recipe's device.
        pixels: decoded splits.
        objective, preprocess, recipe: of the training.
        strategy: None for a network that learns whole.
        memory_budget: bytes of features kept in memory.
        progress: told how far the features are.

    Raises:
        ArgumentError: a classifier to be solved, and features that cannot be kept.
        DiskFull: no room for the features.
    """

    def whole(*notes: Note) -> Learning:
        training = Training(
            network=network,
            train=pixels["train"],
            validation=pixels.get("validation"),
            classes=objective.classes,
            preprocess=preprocess,
            recipe=recipe,
            target=objective.target,
        )
        return Learning(training, pixels, preprocess, 0, notes)

    if strategy is None or not count_frozen(network):
        return whole()
    if strategy.head is not None and strategy.solved:
        solver_of(objective, strategy.head)  # before features are computed
    front = _front(network, pixels, preprocess, recipe, strategy)
    if isinstance(front, Note):
        if strategy.solved:
            raise ArgumentError(
                f"head {strategy.head} needs the trunk's features, and they cannot be kept: {front.en}. Take --head "
                f"linear."
            )
        return whole(
            Note(
                f"The frozen front runs in each step: {front.en}.",
                f"La partie gelée est recalculée à chaque pas : {front.fr}.",
            )
        )
    inputs = {
        name: front.stores[0].take(split, name, memory_budget=memory_budget, progress=progress)
        for name, split in pixels.items()
    }
    train = [inputs["train"]] + [
        store.take(pixels["train"], f"train, view {number}", memory_budget=memory_budget, progress=progress)
        for number, store in enumerate(front.stores[1:], 2)
    ]
    # The views hold the augmentation; nothing is left to change in a step.
    stepping = dataclasses.replace(recipe, augment=type(recipe.augment)())
    validation, normaliser = inputs.get("validation"), NoNormalisation()
    training: Training
    if strategy.head is not None and strategy.solved:
        stepping = dataclasses.replace(stepping, ema_decay=None)  # there are no steps to average
        training = Solving(
            front.rest,
            train,
            validation,
            objective,
            preprocess=normaliser,
            recipe=stepping,
            head=strategy.head,
        )
    else:
        training = Training(
            front.rest,
            train,
            validation,
            classes=objective.classes,
            preprocess=normaliser,
            recipe=stepping,
            target=objective.target,
        )
    feature_notes = tuple(note for split in (*inputs.values(), *train[1:]) for note in split.notes)
    return Learning(training, inputs, NoNormalisation(), len(train), feature_notes=feature_notes)


def is_solvable(
    network: nn.Module,
    pixels: Mapping[str, Pixels],
    preprocess: AnyPreprocess,
    recipe: Recipe,
    strategy: Strategy,
) -> bool:
    """Whether the features that a strategy's head is solved on can be kept, and solving takes no minutes.

    Args:
        network: with its frozen modules marked, and a linear classifier.
        pixels, preprocess, recipe: as ``begin``; the recipe is that of a solved head.
        strategy: ``features``.
    """
    front = _front(network, pixels, preprocess, recipe, strategy)
    if isinstance(front, Note):
        return False
    layers = [module for module in front.rest.modules() if isinstance(module, nn.Linear)]
    examples = len(front.stores) * len(pixels["train"])
    return len(layers) == 1 and examples * layers[0].weight.numel() <= SOLVABLE


def _front(
    network: nn.Module,
    pixels: Mapping[str, Pixels],
    preprocess: AnyPreprocess,
    recipe: Recipe,
    strategy: Strategy,
) -> _Front | Note:
    """What of ``network`` runs once, or why it has to run in each step; it moves to the recipe's device."""
    views = strategy.num_views(recipe.augment)
    speed.prepare(network, speed.choose_device(recipe.device))
    if not views:
        return Note(
            "--views 0 asks for new changes in each step",
            "--views 0 veut de nouveaux changements à chaque pas",
        )
    if recipe.augment.mixes:
        return Note("mixed pictures are new in each step", "les images mélangées sont nouvelles à chaque pas")
    if pixels["train"].feed is not None:
        return Note(
            "the dataset, or its loader, decides in every epoch what is learned",
            "le jeu de données, ou son chargeur, décide à chaque époque de ce qui est appris",
        )
    halves = split_frozen(network)
    if halves is None:
        return Note(
            "this network has no place where its frozen front ends for training too",
            "ce réseau n’a pas d’endroit où sa partie gelée s’arrête aussi pendant l’entraînement",
        )
    trunk, rest = halves
    settings = json.dumps(preprocess.to_json())
    shape = output_shape(trunk, preprocess.input_shape)
    stores = [
        FeatureStore(trunk, preprocess, settings, shape, View(recipe.augment, recipe.seed, number))
        for number in range(views)
    ]
    examples = sum(map(len, pixels.values())) + (views - 1) * len(pixels["train"])
    size = examples * stores[0].row_bytes
    if size > FEATURES_BUDGET:
        return Note(
            f"its features would take {EN.size(size)}, more than {EN.size(FEATURES_BUDGET)}",
            f"ses sorties prendraient {FR.size(size)}, plus de {FR.size(FEATURES_BUDGET)}",
        )
    return _Front(stores, rest)
