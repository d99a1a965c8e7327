"""How a network was made: what it began with, under which licence, by which recipe, with which programs."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from prunelle.exports.model_card.markdown import listed, text
from prunelle.exports.subject import Facts
from prunelle.texts import Note, Typography

_NETWORK = Note("Network: {name}, {n} weights.", "Réseau : {name}, {n} poids.")
_BEGAN = Note("It began with {weights}{strategy}.", "Il est parti de {weights}{strategy}.")
_HAS = Note("Its weights: {weights}.", "Ses poids : {weights}.")
_STRATEGY = Note(" (strategy {name})", " (stratégie {name})")
_NOTHING = Note("It began with random weights.", "Il est parti de poids tirés au hasard.")
_LICENCES = {
    "given": Note(
        "Licence: {name}, as whoever exported it says.", "Licence : {name}, selon qui l’a exporté."
    ),
    "weights": Note(
        "Licence: {name}, that of the weights it began with; the data may have terms of their own.",
        "Licence : {name}, celle des poids de départ ; les données peuvent avoir leurs propres conditions.",
    ),
}
_NO_LICENCE = Note(
    "Licence: nobody said. Ask whoever gave it to you before you pass it on.",
    "Licence : personne ne l’a dite. Demandez à qui vous l’a donné avant de le transmettre.",
)
_RECIPE = Note(
    "Recipe: epochs: {epochs}; batches of {batch}, {optimizer} at {rate} ({schedule}), {augmented}, seed {seed}.",
    "Recette : époques : {epochs} ; lots de {batch}, {optimizer} à {rate} ({schedule}), {augmented}, graine {seed}.",
)
_AUGMENTED = Note("examples changed at random ({names})", "exemples modifiés au hasard ({names})")
_PLAIN = Note("examples as they are", "exemples tels quels")
_TRAINED = Note(
    "Trained on {day} with Prunelle {prunelle}, {others}.",
    "Entraîné le {day} avec Prunelle {prunelle}, {others}.",
)


def made(facts: Facts, words: Typography) -> str:
    """A line each."""
    return listed(map(text, _said(facts, words)))


def _said(facts: Facts, words: Typography) -> Iterator[str]:
    yield words.note(_NETWORK, name=facts.network, n=words.integer(facts.parameters))
    if facts.weights is not None:
        trained = facts.judged is not None or facts.recipe is not None
        strategy = "" if facts.strategy is None else words.note(_STRATEGY, name=facts.strategy)
        yield words.note(_BEGAN if trained else _HAS, weights=facts.weights, strategy=strategy)
    elif facts.recipe is not None:
        yield words.note(_NOTHING)
    if facts.licence is None:
        yield words.note(_NO_LICENCE)
    else:
        yield words.note(_LICENCES[str(facts.licence_of)], name=facts.licence)
    if facts.recipe is not None:
        yield _recipe(facts.recipe, words)
    if facts.created is not None and facts.versions:
        others = ", ".join(
            f"{name} {version}" for name, version in facts.versions.items() if name != "prunelle"
        )
        yield words.note(
            _TRAINED, day=facts.created, prunelle=facts.versions.get("prunelle", "?"), others=others
        )


def _recipe(recipe: Mapping[str, Any], words: Typography) -> str:
    usual = {"crop": 1.0, "slicing": 1.0}
    names = [
        name.replace("_", " ")
        for name, value in recipe["augment"].items()
        if value and value != usual.get(name)
    ]
    augmented = words.note(_AUGMENTED, names=", ".join(names)) if names else words.note(_PLAIN)
    return words.note(
        _RECIPE,
        epochs=words.integer(recipe["epochs"]),
        batch=words.integer(recipe["batch_size"]),
        optimizer=recipe["optimizer"],
        rate=words.number(recipe["learning_rate"]),
        schedule=recipe["schedule"],
        augmented=augmented,
        seed=recipe["seed"],
    )
