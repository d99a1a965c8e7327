"""What a network is not for, in plain words: each sentence stands there because of a fact."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from prunelle.exports.model_card.markdown import listed, text
from prunelle.exports.subject import Facts, Subject
from prunelle.planning.small_test import FEW
from prunelle.report.judgement import SPLITS
from prunelle.texts import Note, Typography

FEW_OF_A_CLASS = 50
"""Training examples of a class below which it is said to have few."""
FEW_JUDGED = 20
"""Examples of a class below which its own figure says little: nine in ten right are then known to 14 points at best."""
UNBALANCED = 3.0
"""Times as many examples in the most common class as in the rarest."""
WEAK = 0.5
"""Of recall: a class of which fewer are found is named."""

_NONE_OF_THESE = {
    "class": Note(
        "It answers one of its {k} classes to anything at all: it has no “none of these”, and a high probability does "
        "not say that the example is of any of them.",
        "Il répond une de ses {k} classes à n’importe quoi : il n’a pas de « aucune de celles-ci », et une forte "
        "probabilité ne dit pas que l’exemple soit de l’une d’elles.",
    ),
    "labels": Note(
        "It knows its {k} labels and nothing else: what is unlike all that it learned may get any of them.",
        "Il connaît ses {k} étiquettes et rien d’autre : ce qui ne ressemble à rien d’appris peut en recevoir "
        "n’importe lesquelles.",
    ),
    "number": Note(
        "It answers a number to anything at all. Half of what it learned is below {median}, and beyond the numbers "
        "that it learned (mean {mean}, standard deviation {std}) nothing can be expected of it.",
        "Il répond un nombre à n’importe quoi. La moitié de ce qu’il a appris est sous {median}, et au-delà des "
        "nombres appris (moyenne {mean}, écart-type {std}) on ne peut rien en attendre.",
    ),
}
_REFUSES = Note(
    "Where it was trained, prunelle predict --unlike and --unsure can say “none of these” and “I don’t know”; this "
    "file cannot.",
    "Là où il a été entraîné, prunelle predict --unlike et --unsure savent dire « aucune de celles-ci » et « je ne "
    "sais pas » ; ce fichier ne le sait pas.",
)
_OTHERS = Note(
    "Its figures are of examples like those of {data}. Of others (another camera, place, season, people) nothing was "
    "measured: measure it on yours before relying on it.",
    "Ses résultats sont ceux d’exemples comme ceux de {data}. Sur d’autres (appareil, lieu, saison, personnes), rien "
    "n’a été mesuré : mesurez-le sur les vôtres avant de vous y fier.",
)
_UNMEASURED = Note(
    "Nothing was measured of it on any data: measure it on yours before relying on it.",
    "Rien n’en a été mesuré sur des données : mesurez-le sur les vôtres avant de vous y fier.",
)
_SMALL = Note(
    "It was judged on {n} {split} examples only, so that its figure is known to ±{points} points.",
    "Il n’a été jugé que sur {n} exemples de {split} : son résultat n’est connu qu’à ±{points} points près.",
)
_CHOSE = Note(
    "There was no test split: the examples that judge it also chose which epoch is kept, which flatters it a little.",
    "Il n’y avait pas de jeu de test : les exemples qui le jugent ont aussi choisi l’époque gardée, ce qui le flatte "
    "un peu.",
)
_LEARNED = Note(
    "It was judged on the examples that it learned from: that says nothing of new ones.",
    "Il a été jugé sur les exemples mêmes qu’il a appris : cela ne dit rien de nouveaux exemples.",
)
_FEW = Note(
    "Few examples were there to learn from (fewer than {least}): {names}.",
    "Peu d’exemples pour apprendre (moins de {least}) : {names}.",
)
_FEW_JUDGED = Note(
    "Few examples were there to judge by (fewer than {least}), so that the class's own figures say little: {names}.",
    "Peu d’exemples pour juger (moins de {least}), si bien que les résultats propres à la classe disent peu : {names}.",
)
_UNBALANCED = Note(
    "Classes are unbalanced: {most} has {n} training examples, {least} has {m}. What is rare is found less often.",
    "Les classes sont déséquilibrées : {most} a {n} exemples d’entraînement, {least} en a {m}. Le rare est moins "
    "souvent trouvé.",
)
_WEAK = Note(
    "Less than half of these are found: {names}.", "Moins de la moitié de celles-ci est trouvée : {names}."
)
_CHANCE = Note(
    "It is not surely better than answering without looking: do not use it.",
    "Il n’est pas sûrement meilleur qu’une réponse sans regarder : ne l’utilisez pas.",
)
_TEMPERATURE = Note(
    "Its probabilities are as the network gives them. Calibrated ones are softmax(ln p / {temperature}).",
    "Ses probabilités sont celles du réseau telles quelles. Calibrées, ce sont softmax(ln p / {temperature}).",
)
_UNDECIDED = Note(
    "No label is the answer where all probabilities are below their thresholds: that is an answer, not a doubt.",
    "Aucune étiquette n’est répondue quand toutes les probabilités sont sous leurs seuils : c’est une réponse, pas un "
    "doute.",
)
_SOMEBODY = Note("its training", "son entraînement")


def limits(subject: Subject, words: Typography) -> str:
    """A line each."""
    return listed(
        [
            *_of_kind(subject, words),
            *_of_measure(subject, words),
            *(_of_classes(subject, words) if subject.target.kind != "number" else ()),
        ]
    )


def _of_kind(subject: Subject, words: Typography) -> Iterator[str]:
    target: Any = subject.target
    values = {"k": words.integer(len(subject.classes))}
    if target.kind == "number":
        values = {name: words.number(getattr(target, name)) for name in ("median", "mean", "std")}
    yield words.note(_NONE_OF_THESE[target.kind], **values)
    if target.kind == "labels":
        yield words.note(_UNDECIDED)
    promised = subject.facts.trust
    if target.kind == "class" and promised is not None and promised.get("temperature"):
        yield words.note(_REFUSES)
        yield words.note(_TEMPERATURE, temperature=words.number(promised["temperature"], 4))


def _of_measure(subject: Subject, words: Typography) -> Iterator[str]:
    facts = subject.facts
    if facts.judged is None:
        yield words.note(_UNMEASURED)
        return
    of = facts.figures[facts.judged]
    if _like_chance(facts):
        yield words.note(_CHANCE)
    if facts.judged == "train":
        yield words.note(_LEARNED)
    elif facts.judged == "validation":
        yield words.note(_CHOSE)
    if of["n"] < FEW and subject.target.exclusive:
        low, high = of["interval"]
        yield words.note(
            _SMALL,
            n=words.integer(of["n"]),
            split=words.note(SPLITS[facts.judged]),
            points=words.points((high - low) / 2, digits=0),
        )
    data = words.note(_SOMEBODY) if facts.data is None else f"**{text(facts.data)}**"
    yield words.note(_OTHERS, data=data)


def _like_chance(facts: Facts) -> bool:
    """Whether answers are no better than one that is always the same."""
    assert facts.judged is not None
    of = facts.figures[facts.judged]
    if (chance := of.get("chance")) is not None:
        return chance["verdict"] in ("within", "below") and not chance["informed"]
    blind = of.get("blind") or {}
    if "verdict" in blind:
        return bool(blind["verdict"] != "better")
    interval = of.get("mean_average_precision_interval")
    return bool(interval and blind and interval[0] <= blind["mean_average_precision"])


def _of_classes(subject: Subject, words: Typography) -> Iterator[str]:
    facts = subject.facts
    train = facts.class_counts.get("train", ())
    if len(train):
        named = dict(zip(subject.classes, train, strict=True))
        if few := [name for name, n in named.items() if n < FEW_OF_A_CLASS]:
            yield words.note(_FEW, least=words.integer(FEW_OF_A_CLASS), names=_names(few, words))
        rarest, commonest = min(named, key=named.__getitem__), max(named, key=named.__getitem__)
        if named[commonest] >= UNBALANCED * max(1, named[rarest]):
            yield words.note(
                _UNBALANCED,
                most=text(commonest),
                n=words.integer(named[commonest]),
                least=text(rarest),
                m=words.integer(named[rarest]),
            )
    if few := [part["name"] for part in facts.parts if part["support"] < FEW_JUDGED]:
        yield words.note(_FEW_JUDGED, least=words.integer(FEW_JUDGED), names=_names(few, words))
    if weak := [part["name"] for part in facts.parts if part["support"] and part["recall"] < WEAK]:
        yield words.note(_WEAK, names=_names(weak, words))


def _names(names: Sequence[str], words: Typography) -> str:
    return text(words.listed(names))
