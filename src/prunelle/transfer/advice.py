"""Which strategy suits these pictures, found by trying quickly.

At several depths, a linear classifier on the network's features is cross-validated: where it is best tells how far the
network's knowledge fits these pictures. Then, where a few minutes are enough, parts of the network are trained on
three quarters of the pictures, and compared on the fourth with the best of those classifiers. The cheapest strategy
that nothing beats by more than chance is recommended; where there are many pictures, that nothing beats at all.
"""

from __future__ import annotations

import copy
import dataclasses
import math
from collections.abc import Callable
from typing import Any

import numpy as np
from torch import nn

from prunelle.data import duplicates
from prunelle.data.kinds import AnyPreprocess
from prunelle.data.pixels import Pixels, Progress
from prunelle.data.targets import ONE_CLASS
from prunelle.networks.classifier import last_features, with_classifier
from prunelle.networks.freezing import freeze, unfreeze
from prunelle.networks.summary import summarise
from prunelle.networks.trunk import Stage, stages
from prunelle.shown import Shown
from prunelle.texts import EN, FR, Note
from prunelle.training.inference import predict_logits
from prunelle.training.intervals import wilson_interval
from prunelle.training.objectives import objective_of
from prunelle.training.paired import over_pictures
from prunelle.training.recipe import Recipe
from prunelle.transfer.learning import begin
from prunelle.transfer.solving import choose_c
from prunelle.transfer.strategies import Strategy

DEPTHS = 4
"""Stages that are probed."""
MANY = 500
"""Pictures of the rarest class from which there are many: enough to change all layers and learn few by heart."""
MOST_PICTURES = 2000
"""A larger training split is sampled."""
AFFORDABLE = 4e12
"""Multiply-adds of one trial of fine-tuning: a minute or two on two cores."""
MOST_EPOCHS, FEWEST_EPOCHS, ENOUGH_STEPS = 30, 3, 300

RecipeOf = Callable[[Strategy], Recipe]


@dataclasses.dataclass(frozen=True)
class Trial:
    """A strategy, tried.

    Attributes:
        strategy: which.
        right: ``(n,)`` bool: of the quarter that is left out of every trial, in the same order for all.
        validated: ``(N,)`` bool: of all pictures, each left out once; None where it is a training.
    """

    strategy: Strategy
    right: np.ndarray
    validated: np.ndarray | None = None

    def __repr__(self) -> str:
        low, high = self.interval
        return (
            f"Trial({self.strategy!r}, n={len(self.answers)}, accuracy={self.accuracy:.4f}, "
            f"interval=({low:.4f}, {high:.4f}))"
        )

    @property
    def probe(self) -> bool:
        """It is a classifier on features, cross-validated."""
        return self.validated is not None

    @property
    def answers(self) -> np.ndarray:
        """All that there are: ``validated`` of a probe, ``right`` of a training."""
        return self.right if self.validated is None else self.validated

    @property
    def accuracy(self) -> float:
        """Of ``answers``."""
        return float(self.answers.mean())

    @property
    def interval(self) -> tuple[float, float]:
        """Wilson's, of ``accuracy``, at 95 %."""
        return wilson_interval(int(self.answers.sum()), len(self.answers))

    def as_note(self) -> Note:
        """What was tried, and what came out."""
        low, high = self.interval
        en, fr = _NAMES[self.strategy.name]
        where = self.strategy.stage or self.strategy.freeze or ""
        return Note(
            f"{en.format(where)}: {EN.percent(self.accuracy)} right "
            f"(95 % interval {EN.percent(low)} to {EN.percent(high)}).",
            f"{fr.format(where)} : {FR.percent(self.accuracy)} de bonnes réponses "
            f"(intervalle à 95 % : {FR.percent(low)} à {FR.percent(high)}).",
        )


_NAMES = {
    "features": (
        "A linear classifier put after {}",
        "Un classifieur linéaire placé après {}",
    ),
    "partial": ("Retraining what comes after {}", "Réentraîner ce qui suit {}"),
    "full": (
        "Retraining everything, lower layers more slowly",
        "Tout réentraîner, les premières couches moins vite",
    ),
    "scratch": ("Training from scratch", "Entraîner à partir de rien"),
}


_FEATURES_TRIED = (
    "nothing that was tried does clearly better, and it is the quickest",
    "rien de ce qui a été essayé ne fait nettement mieux, et c’est le plus rapide",
)
_FEATURES_ALONE = (
    "it learns least by heart, and is the quickest",
    "c’est ce qui apprend le moins par cœur, et le plus rapide",
)


@dataclasses.dataclass(frozen=True)
class Advice(Shown):
    """What to do, and why.

    Attributes:
        strategy: recommended.
        trials: probes first, from the lowest stage to the last features; then trainings.
        fewest: pictures of the rarest class in the training split.
        similar: the last features are the best, so these pictures are like those the weights were learned on.
        notes: reasons, and figures.
    """

    strategy: Strategy
    trials: tuple[Trial, ...]
    fewest: int
    similar: bool
    notes: tuple[Note, ...]

    def to_json(self) -> dict[str, Any]:
        """Plain values, for ``run.json``."""
        return {
            "strategy": self.strategy.to_json(),
            "fewest": self.fewest,
            "similar": self.similar,
            "notes": [dataclasses.asdict(note) for note in self.notes],
            "trials": [
                {
                    "strategy": trial.strategy.to_json(),
                    "probe": trial.probe,
                    "accuracy": trial.accuracy,
                    "interval": list(trial.interval),
                    "n": len(trial.answers),
                }
                for trial in self.trials
            ],
        }


def advise(
    network: nn.Module,
    untrained: nn.Module,
    train: Pixels,
    classes: tuple[str, ...],
    preprocess: AnyPreprocess,
    recipe_of: RecipeOf,
    *,
    memory_budget: int,
    progress: Progress | None = None,
) -> Advice:
    """Tries strategies on the training split, and recommends one.

    Args:
        network: with the weights to start from, and a classifier for ``classes``; it is as before at the end.
        untrained: the same with random weights, for training from scratch.
        train: decoded.
        classes, preprocess: of the training.
        recipe_of: the recipe that would be taken for a strategy.
        memory_budget: bytes of features kept in memory.
        progress: told how far it is.
    """
    seed = recipe_of(Strategy(name="full")).seed
    fewest = int(np.bincount(train.labels, minlength=len(classes)).min())
    train = _sample(train, seed)
    left_out = _quarter(train.labels, seed)
    learned = _without_copies(train, left_out)
    trials, objective = [], objective_of(ONE_CLASS, classes)
    picks = depths(network, preprocess.input_shape)
    for stage in picks:
        made = with_classifier(network, len(classes), stage=stage.name)
        strategy = Strategy(name="features", stage=stage.name, head="logistic")
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
        _, right = choose_c(images, train.labels, "logistic", len(classes), seed=seed)
        if len(right):
            trials.append(Trial(strategy, right[left_out], right))
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
        logits = predict_logits(learner, _rows(train, left_out), preprocess, len(classes))
        trials.append(Trial(strategy, logits.argmax(1).numpy() == train.labels[left_out]))
    return _judged(trials, unaffordable, fewest, picks)


def depths(network: nn.Module, input_shape: tuple[int, ...]) -> list[Stage]:
    """Up to ``DEPTHS`` stages, evenly spaced in the order of layers, the last features last."""
    cuts = stages(network, input_shape)
    last = last_features(network, cuts)
    # Of the places between two layers with weights, the last: after pooling.
    by_weights = {stage.parameters: stage for stage in cuts[: cuts.index(last) + 1] if stage.parameters}
    steps = list(by_weights.values())
    places = sorted({round(len(steps) * (i + 1) / DEPTHS) - 1 for i in range(DEPTHS)} - {-1})
    return [steps[place] for place in places]


def _judged(trials: list[Trial], unaffordable: list[Strategy], fewest: int, picks: list[Stage]) -> Advice:
    """The cheapest strategy that none clearly beats; of many pictures, that none beats."""
    probes = [trial for trial in trials if trial.probe]
    if not probes:
        # A class with a single picture: nothing can be left out to judge by.
        chosen = Strategy(name="features", stage=picks[-1].name, head="linear")
        note = Note(
            "A class has a single training picture, so nothing can be measured: a classifier on the last features is "
            "what learns least by heart.",
            "Une classe n’a qu’une image d’entraînement, on ne peut donc rien mesurer : un classifieur sur les "
            "dernières sorties est ce qui apprend le moins par cœur.",
        )
        return Advice(chosen, (), fewest, True, (note,))
    # From the last features backwards: an earlier stage must be clearly better.
    best = probes[-1]
    for probe in reversed(probes):
        if _clearly(probe, best):
            best = probe
    similar, chosen_trial = best is probes[-1], best
    many = fewest >= MANY
    for trial in trials:
        # Of many pictures, training learns more than classifiers on features do: being ahead at all is enough.
        ahead = many and trial.right.sum() > chosen_trial.right.sum()
        if not trial.probe and (ahead or _clearly(trial, chosen_trial)):
            chosen_trial = trial
    chosen = chosen_trial.strategy
    if not any(not trial.probe for trial in trials) and many:
        # Nothing could be tried, and there are pictures enough: the textbook's advice.
        chosen = next(s for s in unaffordable if s.name == ("partial" if similar else "full"))
    notes = [_case(many, best, probes[-1], fewest), _choice(chosen, chosen_trial, trials, best)]
    if unaffordable:
        names = ", ".join(strategy.name for strategy in unaffordable)
        notes.append(
            Note(
                f"Too long to try here: {names}.",
                f"Trop long à essayer ici : {names}.",
            )
        )
    return Advice(chosen, tuple(trials), fewest, similar, (*notes, *(trial.as_note() for trial in trials)))


def _clearly(one: Trial, other: Trial) -> bool:
    """``one`` beats ``other`` by more than a standard error of the difference, on the same pictures.

    McNemar's test with Edwards's correction (1948), without which a single picture would decide where there are few.
    Two classifiers on features are compared on all pictures.
    """
    both = one.probe and other.probe
    ours, theirs = (one.answers, other.answers) if both else (one.right, other.right)
    wins, losses = int((ours & ~theirs).sum()), int((theirs & ~ours).sum())
    return wins - losses - 1 > math.sqrt(wins + losses)


def _ahead(one: Trial, other: Trial) -> tuple[float, tuple[float, float]]:
    """By how much ``one`` is right more often than ``other``, with its 95 % interval over pictures."""
    both = one.probe and other.probe
    ours, theirs = (one.answers, other.answers) if both else (one.right, other.right)
    return float(ours.mean() - theirs.mean()), over_pictures(ours[None], theirs[None])


def _between(interval: tuple[float, float]) -> tuple[str, str]:
    """The interval of a gain in points, and that it may be luck where it may."""
    low, high = interval
    sure = low > 0
    return (
        f"(95 % interval {EN.points(low)} to {EN.points(high)}{'' if sure else '; it may be luck'})",
        f"(intervalle à 95 % : {FR.points(low)} à {FR.points(high)}"
        f"{'' if sure else ' ; ce peut être un hasard'})",
    )


def _case(many: bool, best: Trial, last: Trial, fewest: int) -> Note:
    amount = ("Many", "Beaucoup d’images") if many else ("Few", "Peu d’images")
    if best is last:
        return Note(
            f"{amount[0]} pictures ({EN.integer(fewest)} of the rarest class), similar to what the weights were "
            f"learned on, as "
            f"far as these tell: no earlier stage tells them apart clearly better than the last.",
            f"{amount[1]} ({FR.integer(fewest)} de la classe la plus rare), semblables à celles dont viennent les "
            f"poids, pour "
            f"autant qu’elles le disent : aucune étape plus basse ne les distingue nettement mieux que la dernière.",
        )
    gap, interval = _ahead(best, last)
    en, fr = _between(interval)
    sure = interval[0] > 0
    return Note(
        f"{amount[0]} pictures ({EN.integer(fewest)} of the rarest class), {'' if sure else 'perhaps '}different "
        f"from what the "
        f"weights were learned on: an earlier stage tells them apart better than the last, by {EN.points(gap)} "
        f"points {en}.",
        f"{amount[1]} ({FR.integer(fewest)} de la classe la plus rare), {'' if sure else 'peut-être '}différentes "
        f"de celles dont "
        f"viennent les poids : une étape plus basse les distingue mieux que la dernière, de "
        f"{FR.points(gap)} points {fr}.",
    )


def _choice(chosen: Strategy, trial: Trial, trials: list[Trial], best: Trial) -> Note:
    en, fr = _NAMES[chosen.name]
    where = chosen.stage or chosen.freeze or ""
    tried = any(not other.probe for other in trials)
    if chosen is not trial.strategy:
        why = (
            "pictures enough to do so, though it was not tried",
            "assez d’images pour cela, sans l’avoir essayé",
        )
    elif chosen.name == "features":
        why = _FEATURES_TRIED if tried else _FEATURES_ALONE
    else:
        gap, interval = _ahead(trial, best)
        en_interval, fr_interval = _between(interval)
        why = (
            f"{EN.points(gap)} points better than a classifier on features {en_interval}",
            f"{FR.points(gap)} points de mieux qu’un classifieur sur des sorties {fr_interval}",
        )
    return Note(
        f"Recommended: {chosen.options()}. {en.format(where)}: {why[0]}.",
        f"Conseil : {chosen.options()}. {fr.format(where)} : {why[1]}.",
    )


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


def _sample(train: Pixels, seed: int) -> Pixels:
    if len(train) <= MOST_PICTURES:
        return train
    from sklearn.model_selection import train_test_split

    rows = np.arange(len(train))
    kept, _ = train_test_split(
        rows, train_size=MOST_PICTURES, stratify=train.labels, random_state=seed % 2**32
    )
    chosen = np.zeros(len(train), bool)
    chosen[kept] = True
    return _rows(train, chosen)


def _quarter(labels: np.ndarray, seed: int) -> np.ndarray:
    """``(N,)`` bool: a quarter of each class, at least one."""
    rng = np.random.default_rng(seed)
    left_out = np.zeros(len(labels), bool)
    for label in np.unique(labels):
        rows = rng.permutation(np.flatnonzero(labels == label))
        left_out[rows[: max(1, len(rows) // 4)]] = True
    return left_out


def _without_copies(train: Pixels, left_out: np.ndarray) -> np.ndarray:
    """``(N,)`` bool: what is learned, no copies of what is left out; but each class keeps something to learn from."""
    group = duplicates.groups(duplicates.contents_of(train))
    learned = ~left_out & ~np.isin(group, group[left_out])
    lost = np.setdiff1d(train.labels[~left_out], train.labels[learned])
    return np.asarray(learned | (~left_out & np.isin(train.labels, lost)))


def _rows(pixels: Pixels, chosen: np.ndarray) -> Pixels:
    return Pixels(np.asarray(pixels.images[chosen]), pixels.labels[chosen])
