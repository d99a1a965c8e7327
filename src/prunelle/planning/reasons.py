"""Why a recipe is as it is, for who has not chosen it field by field."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Iterator

from prunelle.data.examples import Data
from prunelle.data.kinds import AnyAugment, kind_of
from prunelle.planning.choosing import choose_recipe
from prunelle.texts import EN, FR, Note
from prunelle.training.recipe import Recipe

_FEW_EPOCHS = 10


def recipe_reasons(data: Data, recipe: Recipe) -> Iterator[Note]:
    """What follows from how many examples there are, from the schedule, and from the random changes."""
    yield _length(data, recipe)
    yield _rate(recipe)
    if recipe.augment:
        changes = _spelled(recipe.augment)
        yield Note(
            f"At each epoch every example is changed a little, by chance ({changes}): the network then learns what "
            f"they have in common, and not each by heart.",
            f"À chaque époque, chaque exemple est un peu changé, au hasard ({changes}) : le réseau apprend alors ce "
            f"qu’ils ont en commun, et non chacun par cœur.",
        )
    if recipe.label_smoothing:
        yield Note(
            "Labels are smoothed: no answer is to be quite certain.",
            "Les étiquettes sont lissées : aucune réponse ne doit être tout à fait certaine.",
        )


def _spelled(augment: AnyAugment) -> str:
    """As the command line has it: ``flip,shift=0.1``."""
    set_ = [
        (field.name, value)
        for field in dataclasses.fields(augment)
        if (value := getattr(augment, field.name)) != field.default
    ]
    return ", ".join(name if value is True else f"{name}={value:g}" for name, value in set_)


def _length(data: Data, recipe: Recipe) -> Note:
    n = len(data.train)
    steps = math.ceil(n / recipe.batch_size)
    what = kind_of(data.preprocess).many
    en = (
        f"{EN.integer(n)} {what.en} to learn from, {EN.integer(recipe.batch_size)} at a time: {EN.integer(steps)} "
        f"steps an epoch, {EN.integer(steps * recipe.epochs)} in {EN.integer(recipe.epochs)} epochs."
    )
    fr = (
        f"{FR.integer(n)} {what.fr} pour apprendre, {FR.integer(recipe.batch_size)} à la fois : {FR.integer(steps)} "
        f"pas par époque, {FR.integer(steps * recipe.epochs)} en {FR.integer(recipe.epochs)} époques."
    )
    if _FEW_EPOCHS < recipe.epochs == choose_recipe(data).epochs:
        en += " Few examples are gone through more often."
        fr += " De peu d’exemples, on en fait davantage."
    return Note(en, fr)


def _rate(recipe: Recipe) -> Note:
    rate_en, rate_fr = EN.number(recipe.learning_rate), FR.number(recipe.learning_rate)
    if recipe.schedule == "constant":
        return Note(
            f"The learning rate stays at {rate_en} ({recipe.optimizer}).",
            f"Le taux d’apprentissage reste à {rate_fr} ({recipe.optimizer}).",
        )
    if recipe.schedule == "one-cycle":
        return Note(
            f"The learning rate goes up to {rate_en} and down again, along one cycle ({recipe.optimizer}): a short "
            f"training with large steps.",
            f"Le taux d’apprentissage monte à {rate_fr} puis redescend, en un seul cycle ({recipe.optimizer}) : un "
            f"entraînement court, à grands pas.",
        )
    return Note(
        f"The learning rate rises to {rate_en} at first, since the first steps are the largest, then falls along a "
        f"cosine ({recipe.optimizer}): the last steps refine.",
        f"Le taux d’apprentissage monte d’abord à {rate_fr}, car les premiers pas sont les plus grands, puis descend "
        f"le long d’un cosinus ({recipe.optimizer}) : les derniers pas affinent.",
    )
