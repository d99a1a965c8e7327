"""Which strategy suits these pictures, found by trying quickly.

At several depths, a linear classifier on the network's features (the one that is solved for such a target) is
cross-validated: where it is best tells how far the network's knowledge fits these pictures. Then, where a few minutes
are enough, parts of the network are trained on three quarters of the pictures, and compared on the fourth with the best
of those classifiers. The cheapest strategy that nothing beats by more than chance is recommended; where there are many
pictures, that nothing beats at all.
"""

from __future__ import annotations

import copy
import dataclasses
import math
from collections.abc import Callable

import numpy as np
import torch
from torch import nn

from prunelle.data import duplicates
from prunelle.data.kinds import AnyPreprocess
from prunelle.data.pixels import Pixels, Progress
from prunelle.data.targets import Target
from prunelle.networks.classifier import last_features, with_classifier
from prunelle.networks.freezing import freeze, unfreeze
from prunelle.networks.summary import summarise
from prunelle.networks.trunk import Stage, stages
from prunelle.texts import Note
from prunelle.training.inference import predict_logits
from prunelle.training.objectives import Objective
from prunelle.training.recipe import Recipe
from prunelle.transfer.learning import begin
from prunelle.transfer.recommending import MANY, Advice, recommended, untried
from prunelle.transfer.solvers import solver_of
from prunelle.transfer.strategies import Strategy
from prunelle.transfer.trial import Trial

DEPTHS = 4
"""Stages that are probed."""
MOST_PICTURES = 2000
"""A larger training split is sampled."""
AFFORDABLE = 4e12
"""Multiply-adds of one trial of fine-tuning: a minute or two on two cores."""
MOST_EPOCHS, FEWEST_EPOCHS, ENOUGH_STEPS = 30, 3, 300

RecipeOf = Callable[[Strategy], Recipe]


def advise(
    network: nn.Module,
    untrained: nn.Module,
    train: Pixels,
    objective: Objective,
    preprocess: AnyPreprocess,
    recipe_of: RecipeOf,
    *,
    memory_budget: int,
    progress: Progress | None = None,
) -> Advice:
    """Tries strategies on the training split, and recommends one.

    Args:
        network: with the weights to start from, and a classifier for the objective's classes; it is as before at the
            end.
        untrained: the same with random weights, for training from scratch.
        train: decoded.
        objective, preprocess: of the training.
        recipe_of: the recipe that would be taken for a strategy.
        memory_budget: bytes of features kept in memory.
        progress: told how far it is.
    """
    seed = recipe_of(Strategy(name="full")).seed
    target, classes = objective.target, objective.classes
    fewest = target.fewest(train.labels, classes)
    train = _sample(train, target, seed)
    left_out = _quarter(target.strata(train.labels), seed)
    learned = _without_copies(train, target, left_out)
    trials: list[Trial] = []
    picks = depths(network, preprocess.input_shape)
    solver = solver_of(objective, objective.solved_head)
    for stage in picks:
        made = with_classifier(network, len(classes), stage=stage.name)
        strategy = Strategy(name="features", stage=stage.name, head=objective.solved_head)  # type: ignore[arg-type]
        try:
            freeze(made, "features")
            learning = begin(
                made, {"train": train}, objective,
                preprocess=preprocess, recipe=_still(recipe_of(strategy), 1), strategy=strategy,
                memory_budget=memory_budget, progress=progress,
            )  # fmt: skip
        finally:
            unfreeze(network)
        images = learning.inputs["train"].images.reshape(len(train), -1)
        left = solver.left_out(images, train.labels, objective, seed=seed)
        if len(left):
            judged, validated = (
                objective.evaluation(torch.from_numpy(left[rows]), train.labels[rows], "train", files=None)
                for rows in (left_out, slice(None))
            )
            trials.append(Trial(strategy, judged, validated))
        if progress is not None:
            progress(Note("probing stages", "essai des étapes"), picks.index(stage) + 1, len(picks))
    probes = [trial for trial in trials if trial.probe]
    trainings = [Strategy(name="partial", freeze=picks[len(picks) // 2 - 1].name), Strategy(name="full")]
    if fewest >= MANY:
        trainings.append(Strategy(name="scratch"))
    unaffordable = []
    for strategy in trainings if probes else ():
        recipe = recipe_of(strategy)
        epochs = _epochs(network, strategy, recipe, int(learned.sum()), preprocess)
        if epochs < FEWEST_EPOCHS:
            unaffordable.append(strategy)
            continue
        learner = copy.deepcopy(untrained if strategy.name == "scratch" else network)
        strategy.apply(learner)
        learning = begin(
            learner, {"train": _rows(train, learned)}, objective,
            preprocess=preprocess, recipe=_still(recipe, epochs), strategy=strategy,
            memory_budget=memory_budget, progress=progress,
        )  # fmt: skip
        steps = epochs * learning.training.steps_per_epoch
        # Epochs are reported among the steps, so the count runs a little ahead of them.
        for done, _ in enumerate(learning.training.run(), 1):
            if progress is not None:
                progress(
                    Note(f"trying {strategy.name}", f"essai de {strategy.name}"), min(done, steps), steps
                )
        outputs = predict_logits(learner, _rows(train, left_out), preprocess, len(classes))
        answers = objective.evaluation(outputs, train.labels[left_out], "train", files=None)
        trials.append(Trial(strategy, answers))
    return recommended(trials, unaffordable, fewest, target) if probes else untried(picks[-1].name, fewest)


def depths(network: nn.Module, input_shape: tuple[int, ...]) -> list[Stage]:
    """Up to ``DEPTHS`` stages, evenly spaced in the order of layers, the last features last."""
    cuts = stages(network, input_shape)
    last = last_features(network, cuts)
    # Of the places between two layers with weights, the last: after pooling.
    by_weights = {stage.parameters: stage for stage in cuts[: cuts.index(last) + 1] if stage.parameters}
    steps = list(by_weights.values())
    places = sorted({round(len(steps) * (i + 1) / DEPTHS) - 1 for i in range(DEPTHS)} - {-1})
    return [steps[place] for place in places]


def _epochs(network: nn.Module, strategy: Strategy, recipe: Recipe, n: int, preprocess: AnyPreprocess) -> int:
    """Of a trial: enough steps to learn something, within what is affordable."""
    rows = summarise(network, preprocess.input_shape)
    names = [row.name for row in rows]
    start = 0
    if isinstance(strategy.freeze, str):
        inside = [i for i, name in enumerate(names) if f"{name}.".startswith(f"{strategy.freeze}.")]
        start = inside[-1] + 1
    # Forward, and twice as much backward.
    epoch_cost = 3 * sum(row.multiply_adds for row in rows[start:]) * n
    steps = math.ceil(n / recipe.batch_size)
    return min(
        MOST_EPOCHS, max(FEWEST_EPOCHS, math.ceil(ENOUGH_STEPS / steps)), int(AFFORDABLE / max(epoch_cost, 1))
    )


def _still(recipe: Recipe, epochs: int) -> Recipe:
    """A short training with neither validation nor end before time."""
    return dataclasses.replace(
        recipe,
        epochs=epochs,
        warmup_epochs=min(recipe.warmup_epochs, epochs / 10),
        patience=None,
        unfreeze_epochs=0,
    )


def _sample(train: Pixels, target: Target, seed: int) -> Pixels:
    if len(train) <= MOST_PICTURES:
        return train
    from sklearn.model_selection import train_test_split

    strata = target.strata(train.labels)
    counts = np.bincount(strata)
    # What is there once can be in one part alone; it goes with the commonest.
    strata = np.where(counts[strata] < 2, counts.argmax(), strata)
    rows = np.arange(len(train))
    kept, _ = train_test_split(rows, train_size=MOST_PICTURES, stratify=strata, random_state=seed % 2**32)
    chosen = np.zeros(len(train), bool)
    chosen[kept] = True
    return _rows(train, chosen)


def _quarter(strata: np.ndarray, seed: int) -> np.ndarray:
    """``(N,)`` bool: a quarter of each stratum, at least one."""
    rng = np.random.default_rng(seed)
    left_out = np.zeros(len(strata), bool)
    for stratum in np.unique(strata):
        rows = rng.permutation(np.flatnonzero(strata == stratum))
        left_out[rows[: max(1, len(rows) // 4)]] = True
    return left_out


def _without_copies(train: Pixels, target: Target, left_out: np.ndarray) -> np.ndarray:
    """``(N,)`` bool: what is learned, no copies of what is left out; but each stratum keeps something to learn from."""
    group, strata = duplicates.groups(duplicates.contents_of(train)), target.strata(train.labels)
    learned = ~left_out & ~np.isin(group, group[left_out])
    lost = np.setdiff1d(strata[~left_out], strata[learned])
    return np.asarray(learned | (~left_out & np.isin(strata, lost)))


def _rows(pixels: Pixels, chosen: np.ndarray) -> Pixels:
    return Pixels(np.asarray(pixels.images[chosen]), pixels.labels[chosen])
