"""What is said of a network that tells a number: the same on the page, on the console, in a notebook."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from prunelle.texts import NO_VALUE, Note, Typography, visible
from prunelle.training.numbers_evaluation import NumbersEvaluation
from prunelle.trust.widths import SHOWN

_SPLITS = {
    "test": Note("Test: ", "Test : "),
    "validation": Note("Validation: ", "Validation : "),
    "train": Note("Training examples: ", "Exemples d’entraînement : "),
}
_OFF = Note(
    "{name} is off by {value} on average (mean absolute error; 95 % interval {low} to {high}), on {judged}",
    "{name} est à {value} près en moyenne (erreur absolue moyenne ; intervalle à 95 % : {low} à {high}), "
    "sur {judged}",
)
_EXAMPLES = Note("{n} examples", "{n} exemples")
_BLIND = {
    "better": Note(
        "; always answering {answer} would be off by {value}, which is surely worse",
        " ; répondre toujours {answer} se tromperait de {value}, ce qui est sûrement pire",
    ),
    "within": Note(
        "; always answering {answer} would be off by {value}: no sure difference",
        " ; répondre toujours {answer} se tromperait de {value} : pas de différence sûre",
    ),
    "worse": Note(
        "; always answering {answer} would be off by {value}, which is surely better",
        " ; répondre toujours {answer} se tromperait de {value}, ce qui est sûrement meilleur",
    ),
}
_HALF = Note(
    "Half of the answers are within {median} ({low} to {high}).",
    "La moitié des réponses sont à {median} près ({low} à {high}).",
)
_ROOT = Note(
    "Root mean squared error: {value} ({low} to {high}).",
    "Racine de l’erreur quadratique moyenne : {value} ({low} à {high}).",
)
_R2 = Note("R²: {value} ({low} to {high}).", "R² : {value} ({low} à {high}).")
_WIDTH = Note(
    "Within {width} on either side of an answer is the truth of {share} of such examples, by {n} validation examples",
    "À {width} de part et d’autre d’une réponse se trouve la vérité de {share} de tels exemples, d’après {n} "
    "exemples de validation",
)
_HELD = Note(
    "; of the {n} test examples it was {held} (95 % interval {low} to {high}).",
    " ; pour les {n} exemples de test ce fut {held} (intervalle à 95 % : {low} à {high}).",
)
_TO = Note("{low} to {high}", "{low} à {high}")


def written(value: float, error: float, words: Typography) -> str:
    """``value`` in as many digits as an answer that is off by ``error`` on average deserves: two of the error's.

    ``written(41.7261, 3.2, EN)`` → ``41.7``; off by 320 on average ``41726`` is ``41,730``.
    """
    if not (math.isfinite(value) and math.isfinite(error)) or error <= 0:
        return words.number(value, 6)
    decimals = 1 - math.floor(math.log10(error))
    if decimals <= 0 and abs(value) < 1e15:
        return words.decimal(round(value, decimals), 0)
    if decimals <= 6:
        return words.decimal(value, decimals)
    return words.number(value, max(3, math.floor(math.log10(max(abs(value), error) / error)) + 2))


def end(value: float | None, words: Typography, digits: int = 3) -> str:
    """Of an interval in ``metrics.json``, where None is a bound that nobody knows."""
    return NO_VALUE if value is None else words.number(value, digits)


def interval(ends: Sequence[float | None], words: Typography) -> str:
    """``2.9 to 3.6``."""
    low, high = ends
    return words.note(_TO, low=end(low, words), high=end(high, words))


def signed(value: float, words: Typography) -> str:
    """With a sign before what is positive, too."""
    return ("+" if value > 0 else "") + words.number(value)


def off(figures: Mapping[str, Any], words: Typography, *, split: str = "", judged: str = "") -> str:
    """The first sentence, without its full stop, beside a blind answer.

    Args:
        figures: of one split, as ``metrics.json`` has them.
        split: named at the beginning; or judged: says what the examples are.
    """
    low, high = figures["interval"]
    said = words.note(
        _OFF,
        name=visible(figures["number"]),
        value=words.number(figures["mean_absolute_error"]),
        low=end(low, words),
        high=end(high, words),
        judged=judged or words.note(_EXAMPLES, n=words.integer(figures["n"])),
    )
    return (words.note(_SPLITS[split]) if split else "") + said + blind(figures, words)


def blind(figures: Mapping[str, Any], words: Typography) -> str:
    """``; always answering 12 would be off by 9.1, which is surely worse``."""
    theirs = figures["blind"]
    if theirs is None:
        return ""
    error = theirs["mean_absolute_error"]
    answer = words.number(theirs["answer"], 4)
    return words.note(_BLIND[theirs["verdict"]], answer=answer, value=words.number(error))


def others(figures: Mapping[str, Any], words: Typography) -> Iterator[str]:
    """A sentence each: the median, the root mean squared error, R²."""
    low, high = figures["median_interval"]
    median = words.number(figures["median_absolute_error"])
    yield words.note(_HALF, median=median, low=end(low, words), high=end(high, words))
    low, high = figures["root_interval"]
    value = words.number(figures["root_mean_squared_error"])
    yield words.note(_ROOT, value=value, low=end(low, words), high=end(high, words))
    if figures["r2"] is not None:
        low, high = figures["r2_interval"]
        value = words.number(figures["r2"])
        yield words.note(_R2, value=value, low=end(low, words), high=end(high, words))


def ranges(evaluation: NumbersEvaluation, words: Typography) -> list[list[str]]:
    """``from, to, examples, mean error, interval, bias`` of each range of the truth."""
    error = evaluation.mean_absolute_error
    return [
        [
            written(each.low, error, words),
            written(each.high, error, words),
            words.integer(each.n),
            words.number(each.mean_absolute_error),
            interval(each.interval, words),
            signed(each.mean_error, words),
        ]
        for each in evaluation.by_range()
    ]


def widths(record: Mapping[str, Any] | None, words: Typography) -> Iterator[str]:
    """How wide an interval around an answer is to hold the truth, of ``errors.json``."""
    for each in [] if record is None else record["widths"]:
        if each["share"] != SHOWN or each["width"] is None or record is None:
            continue
        said = words.note(
            _WIDTH,
            width=words.number(each["width"]),
            share=words.percent(each["share"], digits=0),
            n=words.integer(record["chosen_on"]["n"]),
        )
        held = each["test"]
        if held is None:
            yield f"{said}."
            continue
        low, high = held["interval"]
        yield said + words.note(
            _HELD,
            n=words.integer(held["n"]),
            held=words.percent(held["held"] / held["n"]),
            low=words.percent(low),
            high=words.percent(high),
        )
