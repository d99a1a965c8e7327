"""What is said of a network that tells several labels: the same on the page, on the console, in a notebook."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from prunelle.texts import NO_VALUE, Note, Typography, visible

_SPLITS = {
    "test": Note("Test: ", "Test : "),
    "validation": Note("Validation: ", "Validation : "),
    "train": Note("Training examples: ", "Exemples d’entraînement : "),
}
_PRECISE = Note(
    "mean average precision of {k} labels {value} (95 % interval {low} to {high}), on {judged}",
    "précision moyenne (mAP) de {k} étiquettes {value} (intervalle à 95 % : {low} à {high}), sur {judged}",
)
_EXAMPLES = Note("{n} examples", "{n} exemples")
_BETTER = Note(
    "; without looking it would be {value}, which is surely worse",
    " ; sans regarder ce serait {value}, ce qui est sûrement pire",
)
_WITHIN = Note(
    "; without looking it would be {value}: no sure difference",
    " ; sans regarder ce serait {value} : pas de différence sûre",
)
_UNKNOWN = Note(
    "none of the {k} labels is among {judged}: nothing can be told of their order",
    "aucune des {k} étiquettes n’est parmi {judged} : on ne peut rien dire de leur ordre",
)
_EXACT = Note(
    "All labels are right for {value} of examples (exact match; 95 % interval {low} to {high}); always giving the "
    "commonest labels would be right for {blind}.",
    "Toutes les étiquettes sont justes pour {value} des exemples (correspondance exacte ; intervalle à 95 % : {low} à "
    "{high}) ; donner toujours les étiquettes les plus courantes le serait pour {blind}.",
)
_F1 = Note(
    "F1 of all answers together (micro) {micro} ({micro_low} to {micro_high}), mean F1 of the labels (macro) {macro} "
    "({macro_low} to {macro_high}); of all answers, one an example and label, {wrong} are wrong.",
    "F1 de toutes les réponses ensemble (micro) {micro} ({micro_low} à {micro_high}), moyenne des F1 des étiquettes "
    "(macro) {macro} ({macro_low} à {macro_high}) ; de toutes les réponses, une par exemple et étiquette, {wrong} sont "
    "fausses.",
)
_LOSS = Note(
    "Loss {loss}; without looking {blind} (each label’s own share, for all).",
    "Perte {loss} ; sans regarder {blind} (la part de chaque étiquette, pour tous).",
)
_LEFT_OUT = Note(
    "No example here has {names}: means over labels leave them out.",
    "Aucun exemple ici n’a {names} : les moyennes sur les étiquettes n’en tiennent pas compte.",
)
HEADS = (
    Note("label", "étiquette"),
    Note("average precision", "précision moyenne"),
    Note("F1", "F1"),
    Note("95 % interval", "intervalle à 95 %"),
    Note("precision", "précision"),
    Note("recall", "rappel"),
    Note("threshold", "seuil"),
    Note("examples", "exemples"),
    Note("missed", "oubliée"),
    Note("invented", "inventée"),
)
"""Of the table by label."""

_WHY = {
    "no validation": Note(
        "Each label is answered from one half on: there were no validation examples to choose thresholds by.",
        "Chaque étiquette est répondue à partir de un demi : il n’y avait pas d’exemples de validation pour choisir "
        "des seuils.",
    ),
    "few": Note(
        "{names}: answered from one half on, as fewer than {least} validation examples have the label, or lack it.",
        "{names} : à partir de un demi, car moins de {least} exemples de validation ont l’étiquette, ou ne l’ont pas.",
    ),
    "untold": Note(
        "{names}: answered from one half on, as the network does not tell the validation examples with the label from "
        "the others.",
        "{names} : à partir de un demi, car le réseau ne distingue pas, en validation, les exemples qui ont "
        "l’étiquette des autres.",
    ),
}
_CHOSEN = Note(
    "From which probability a label is answered was chosen for each on {n} validation examples: where its F1 is "
    "highest.",
    "La probabilité à partir de laquelle une étiquette est répondue a été choisie, pour chacune, sur {n} exemples de "
    "validation : là où son F1 est le plus haut.",
)


def precise(
    figures: Mapping[str, Any], words: Typography, *, k: int, split: str = "", judged: str = ""
) -> str:
    """The first sentence, without its full stop, beside a blind answer.

    Args:
        figures: of one split, as ``metrics.json`` has them.
        k: how many labels some example has, or all where none is.
        split: named at the beginning; or judged: says what the examples are.
    """
    judged = judged or words.note(_EXAMPLES, n=words.integer(figures["n"]))
    value = figures["mean_average_precision"]
    if value is None:
        said = words.note(_UNKNOWN, k=words.integer(k), judged=judged)
    else:
        low, high = figures["mean_average_precision_interval"]
        said = words.note(
            _PRECISE,
            k=words.integer(k),
            value=words.percent(value),
            low=words.percent(low),
            high=words.percent(high),
            judged=judged,
        ) + blind(figures, words)
    return words.note(_SPLITS[split]) + said if split else said[0].upper() + said[1:]


def blind(figures: Mapping[str, Any], words: Typography) -> str:
    """``; without looking it would be 21.3 %, which is surely worse``: the mean share of the labels."""
    theirs = figures["blind"]["mean_average_precision"]
    surely = figures["mean_average_precision_interval"][0] > theirs
    return words.note(_BETTER if surely else _WITHIN, value=words.percent(theirs))


def num_told(figures: Mapping[str, Any]) -> int:
    """How many labels the mean is over; all where no example has any."""
    return (len(figures["per_label"]) - len(figures["left_out"])) or len(figures["per_label"])


def others(figures: Mapping[str, Any], words: Typography) -> Iterator[str]:
    """A sentence each: exact matches, F1, loss, the labels that are left out."""
    low, high = figures["interval"]
    yield words.note(
        _EXACT,
        value=words.percent(figures["accuracy"]),
        low=words.percent(low),
        high=words.percent(high),
        blind=words.percent(figures["blind"]["accuracy"]),
    )
    if figures["mean_average_precision"] is not None:
        (micro_low, micro_high), (macro_low, macro_high) = (
            map(words.percent, figures[f"{name}_f1_interval"]) for name in ("micro", "macro")
        )
        yield words.note(
            _F1,
            micro=words.percent(figures["micro_f1"]),
            micro_low=micro_low,
            micro_high=micro_high,
            macro=words.percent(figures["macro_f1"]),
            macro_low=macro_low,
            macro_high=macro_high,
            wrong=words.percent(figures["hamming_loss"]),
        )
    yield words.note(
        _LOSS, loss=words.decimal(figures["loss"], 4), blind=words.decimal(figures["blind"]["loss"], 4)
    )
    if figures["left_out"]:
        yield words.note(_LEFT_OUT, names=words.listed(figures["left_out"]))


def row(score: Mapping[str, Any], words: Typography) -> tuple[str, ...]:
    """A line of the table by label, under ``HEADS``; ``score`` is one of ``per_label`` in ``metrics.json``."""
    there, answered = score["support"], score["answered"]
    return (
        visible(score["name"]),
        words.percent(score["average_precision"]),
        words.percent(score["f1"]) if there or answered else NO_VALUE,
        words.interval(*score["f1_interval"]) if there else NO_VALUE,
        words.percent(score["precision"]) if answered else NO_VALUE,
        words.percent(score["recall"]) if there else NO_VALUE,
        words.decimal(score["threshold"], 2),
        words.integer(there),
        words.integer(there - score["right"]),
        words.integer(answered - score["right"]),
    )


def worst_first(per_label: Sequence[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
    """By average precision; those that no example has come last."""
    return sorted(
        per_label, key=lambda score: (score["average_precision"] is None, score["average_precision"] or 0.0)
    )


def thresholds(
    entries: Sequence[tuple[str, str | None]], n: int, least: int, words: Typography
) -> Iterator[str]:
    """How thresholds were chosen, and which were not.

    Args:
        entries: ``(label, why it kept one half)`` of each, as ``training.thresholds.Threshold`` has them.
        n: validation examples. least: examples with a label, or without it, by which a threshold is chosen.
    """
    kept: dict[str, list[str]] = {}
    for name, why in entries:
        if why is not None:
            kept.setdefault(why, []).append(name)
    if len(kept.get("no validation", ())) == len(entries):
        yield words.note(_WHY["no validation"])
        return
    yield words.note(_CHOSEN, n=words.integer(n))
    for why, names in kept.items():
        yield words.note(_WHY[why], names=words.listed(names), least=least)
