"""What corrected labels changed, in words: the terminal's, the report's and the card's."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Callable, Iterator, Mapping

from prunelle.runs.change import Change, Difference, Measure
from prunelle.texts import NO_VALUE, Note, Typography

TITLE = Note("What the corrected labels changed", "Ce que les étiquettes corrigées ont changé")

_OLD = Note("the labels as they were", "les étiquettes d’avant")
_NEW = Note("the corrected labels", "les étiquettes corrigées")
_INTERVAL = Note("{low} to {high}", "{low} à {high}")
_BETTER = Note(
    "By {labels}, the network that learned from corrected labels is better: {mean} (95 % interval {low} to {high}). "
    "{counts}",
    "Selon {labels}, le réseau qui a appris des étiquettes corrigées est meilleur : {mean} (intervalle à 95 % : {low} "
    "à {high}). {counts}",
)
_WORSE = Note(
    "By {labels}, the network that learned from corrected labels is worse: {mean} (95 % interval {low} to {high}). "
    "{counts}",
    "Selon {labels}, le réseau qui a appris des étiquettes corrigées est moins bon : {mean} (intervalle à 95 % : {low} "
    "à {high}). {counts}",
)
_EQUAL = Note(
    "By {labels}, {mean} (95 % interval {low} to {high}): the interval holds 0, so these {n} examples do not "
    "tell the two networks apart.",
    "Selon {labels}, {mean} (intervalle à 95 % : {low} à {high}) : l’intervalle contient 0, ces {n} exemples ne "
    "départagent donc pas les deux réseaux.",
)
_NONE = Note(
    "By {labels} nothing can be said: no example is left.",
    "Selon {labels}, on ne peut rien dire : il ne reste aucun exemple.",
)
_UNKNOWN = Note(
    "By {labels} nothing can be said: these {n} examples are too few, or none has any label.",
    "Selon {labels}, on ne peut rien dire : ces {n} exemples sont trop peu, ou aucun n’a d’étiquette.",
)
_JUDGED = Note(
    "Of the {n} {split} examples, another label now: {relabelled}; left out: {left_out}.",
    "Sur les {n} exemples {split}, autre étiquette à présent : {relabelled} ; écartés : {left_out}.",
)
_MISTAKES = Note(
    "The labels as they were hold the mistakes that were corrected since: by them, a better network may look worse.",
    "Les étiquettes d’avant contiennent les erreurs corrigées depuis : selon elles, un réseau meilleur peut paraître "
    "moins bon.",
)
_ONE_SEED = Note(
    "The intervals are over these examples, for these two trainings; with another seed both networks are others, and "
    "so is the difference.",
    "Les intervalles portent sur ces exemples, pour ces deux entraînements ; avec une autre graine, les deux réseaux "
    "sont autres, et la différence aussi.",
)
_CHOSEN = Note(
    "There is no test split: these examples also chose the epoch of each network.",
    "Il n’y a pas de jeu de test : ces exemples ont aussi choisi l’époque de chaque réseau.",
)
_LEARNED = Note(
    "There is neither a test nor a validation split: both networks have learned these examples, so this says nothing "
    "of new ones.",
    "Il n’y a ni jeu de test ni jeu de validation : les deux réseaux ont appris ces exemples, ce qui ne dit rien de "
    "nouveaux exemples.",
)
_SPLITS = {
    "test": Note("test", "de test"),
    "validation": Note("validation", "de validation"),
    "train": Note("training", "d’entraînement"),
}


@dataclasses.dataclass(frozen=True, kw_only=True)
class _Told:
    """How the figures of a measure are written, and what is said of them.

    Attributes:
        columns: what heads before, after, and their difference.
        figure, gap: a figure, and a difference in the unit of ``columns``.
        unit: a difference in a sentence: ``{gap}`` with its unit.
        counts: what was gained, and what lost.
        explained: what the figures are, where their name does not say it.
    """

    columns: tuple[Note, Note, Note]
    figure: Callable[[Typography, float], str]
    gap: Callable[[Typography, float], str]
    unit: Note
    counts: Note
    explained: Note | None = None


def _points(words: Typography, gap: float) -> str:
    return words.points(gap, digits=2, signed=True)


def _share(words: Typography, share: float) -> str:
    return words.percent(share, digits=2)


def _signed(words: Typography, number: float) -> str:
    return ("+" if number > 0 else "") + words.number(number)


_BEFORE, _AFTER = Note("before", "avant"), Note("after", "après")
_SHARES = (_BEFORE, _AFTER, Note("difference (points)", "différence (points)"))
_POINTS = Note("{gap} points", "{gap} points")
_TOLD: Mapping[Measure, _Told] = {
    "accuracy": _Told(
        columns=_SHARES,
        figure=_share,
        gap=_points,
        unit=_POINTS,
        counts=Note(
            "It has {gained} right that the earlier one has wrong, and {lost} wrong that it has right.",
            "Il a raison sur {gained} où le précédent a tort, et tort sur {lost} où il a raison.",
        ),
    ),
    "mean_average_precision": _Told(
        columns=_SHARES,
        figure=_share,
        gap=_points,
        unit=_POINTS,
        counts=Note(
            "Of single answers, one an example and label, it has {gained} right that the earlier one has wrong, and "
            "{lost} wrong that it has right.",
            "De toutes les réponses, une par exemple et étiquette, il a raison sur {gained} où le précédent a tort, et "
            "tort sur {lost} où il a raison.",
        ),
        explained=Note(
            "The figures are mean average precisions over the labels.",
            "Les chiffres sont des précisions moyennes, moyennées sur les étiquettes (mAP).",
        ),
    ),
    "mean_absolute_error": _Told(
        columns=(_BEFORE, _AFTER, Note("difference", "différence")),
        figure=lambda words, error: words.number(error),
        gap=_signed,
        unit=Note("{gap}", "{gap}"),
        counts=Note(
            "It is nearer to {gained} examples, and farther from {lost}.",
            "Il est plus près pour {gained} exemples, et plus loin pour {lost}.",
        ),
        explained=Note(
            "The figures are mean absolute errors: less is better.",
            "Les chiffres sont des erreurs absolues moyennes : moins vaut mieux.",
        ),
    ),
}


def head(change: Change) -> tuple[Note, ...]:
    """Of the table of ``rows``; all columns but the first are numbers."""
    return (
        Note("Judged by", "Jugé selon"),
        *_TOLD[change.measure].columns,
        Note("95 % interval", "intervalle à 95 %"),
        Note("examples", "exemples"),
    )


def rows(change: Change, words: Typography) -> list[tuple[str, ...]]:
    """The table under ``head``."""
    return [
        _row(words.note(labels), difference, _TOLD[change.measure], words)
        for labels, difference in ((_OLD, change.old_labels), (_NEW, change.new_labels))
    ]


def _row(labels: str, difference: Difference, told: _Told, words: Typography) -> tuple[str, ...]:
    if not difference.n:
        return labels, NO_VALUE, NO_VALUE, NO_VALUE, NO_VALUE, words.integer(0)
    low, high = (told.gap(words, end) for end in (difference.low, difference.high))
    return (
        labels,
        told.figure(words, difference.before),
        told.figure(words, difference.after),
        told.gap(words, difference.mean),
        NO_VALUE if math.isnan(difference.low) else words.note(_INTERVAL, low=low, high=high),
        words.integer(difference.n),
    )


def sentences(change: Change, words: Typography) -> Iterator[str]:
    """What the table says, and what it does not."""
    told = _TOLD[change.measure]
    yield words.note(
        _JUDGED,
        n=words.integer(change.old_labels.n),
        split=words.note(_SPLITS[change.split]),
        relabelled=words.integer(change.relabelled),
        left_out=words.integer(change.left_out),
    )
    if told.explained is not None:
        yield words.note(told.explained)
    touched = bool(change.relabelled or change.left_out)
    # Where no example of the split was decided about, both lines are the same.
    for labels, difference in ((_OLD, change.old_labels), (_NEW, change.new_labels))[0 if touched else 1 :]:
        yield _verdict(words.note(labels), difference, change, words)
    if change.relabelled:
        yield words.note(_MISTAKES)
    if change.split != "test":
        yield words.note(_CHOSEN if change.split == "validation" else _LEARNED)
    yield words.note(_ONE_SEED)


def _verdict(labels: str, difference: Difference, change: Change, words: Typography) -> str:
    n = words.integer(difference.n)
    if not difference.n:
        return words.note(_NONE, labels=labels)
    if math.isnan(difference.low) or math.isnan(difference.mean):
        return words.note(_UNKNOWN, labels=labels, n=n)
    told = _TOLD[change.measure]
    better = (difference.mean > 0) != change.less_is_better
    note = _EQUAL if not difference.told_apart else _BETTER if better else _WORSE
    return words.note(
        note,
        labels=labels,
        mean=words.note(told.unit, gap=told.gap(words, difference.mean)),
        low=told.gap(words, difference.low),
        high=told.gap(words, difference.high),
        counts=words.note(
            told.counts, gained=words.integer(difference.gained), lost=words.integer(difference.lost)
        ),
        n=n,
    )
