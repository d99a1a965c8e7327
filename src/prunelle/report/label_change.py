"""What corrected labels changed, in words: the terminal's, the report's and the card's."""

from __future__ import annotations

from collections.abc import Iterator

from prunelle.runs.change import Change, Difference
from prunelle.texts import NO_VALUE, Note, Typography

TITLE = Note("What the corrected labels changed", "Ce que les étiquettes corrigées ont changé")
HEAD = (
    Note("Judged by", "Jugé selon"),
    Note("before", "avant"),
    Note("after", "après"),
    Note("difference (points)", "différence (points)"),
    Note("95 % interval", "intervalle à 95 %"),
    Note("examples", "exemples"),
)
"""Of a table; all columns but the first are numbers."""

_OLD = Note("the labels as they were", "les étiquettes d’avant")
_NEW = Note("the corrected labels", "les étiquettes corrigées")
_INTERVAL = Note("{low} to {high}", "{low} à {high}")
_BETTER = Note(
    "By {labels}, the network that learned from corrected labels is better: {mean} points (95 % interval {low} to "
    "{high}). It has {gained} right that the earlier one has wrong, and {lost} wrong that it has right.",
    "Selon {labels}, le réseau qui a appris des étiquettes corrigées est meilleur : {mean} points (intervalle à 95 % : "
    "{low} à {high}). Il a raison sur {gained} où le précédent a tort, et tort sur {lost} où il a raison.",
)
_WORSE = Note(
    "By {labels}, the network that learned from corrected labels is worse: {mean} points (95 % interval {low} to "
    "{high}). It has {gained} right that the earlier one has wrong, and {lost} wrong that it has right.",
    "Selon {labels}, le réseau qui a appris des étiquettes corrigées est moins bon : {mean} points (intervalle à "
    "95 % : {low} à {high}). Il a raison sur {gained} où le précédent a tort, et tort sur {lost} où il a raison.",
)
_EQUAL = Note(
    "By {labels}, {mean} points (95 % interval {low} to {high}): the interval holds 0, so these {n} examples do not "
    "tell the two networks apart.",
    "Selon {labels}, {mean} points (intervalle à 95 % : {low} à {high}) : l’intervalle contient 0, ces {n} exemples ne "
    "départagent donc pas les deux réseaux.",
)
_NONE = Note(
    "By {labels} nothing can be said: no example is left.",
    "Selon {labels}, on ne peut rien dire : il ne reste aucun exemple.",
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


def rows(change: Change, words: Typography) -> list[tuple[str, ...]]:
    """The table under ``HEAD``."""
    return [
        _row(words.note(labels), difference, words)
        for labels, difference in ((_OLD, change.old_labels), (_NEW, change.new_labels))
    ]


def _row(labels: str, difference: Difference, words: Typography) -> tuple[str, ...]:
    if not difference.n:
        return labels, NO_VALUE, NO_VALUE, NO_VALUE, NO_VALUE, words.integer(0)
    low, high = (words.points(share, digits=2, signed=True) for share in (difference.low, difference.high))
    return (
        labels,
        words.percent(difference.before, digits=2),
        words.percent(difference.after, digits=2),
        words.points(difference.mean, digits=2, signed=True),
        words.note(_INTERVAL, low=low, high=high),
        words.integer(difference.n),
    )


def sentences(change: Change, words: Typography) -> Iterator[str]:
    """What the table says, and what it does not."""
    yield words.note(
        _JUDGED,
        n=words.integer(change.old_labels.n),
        split=words.note(_SPLITS[change.split]),
        relabelled=words.integer(change.relabelled),
        left_out=words.integer(change.left_out),
    )
    touched = bool(change.relabelled or change.left_out)
    # Where no example of the split was decided about, both lines are the same.
    for labels, difference in ((_OLD, change.old_labels), (_NEW, change.new_labels))[0 if touched else 1 :]:
        yield _verdict(words.note(labels), difference, words)
    if change.relabelled:
        yield words.note(_MISTAKES)
    if change.split != "test":
        yield words.note(_CHOSEN if change.split == "validation" else _LEARNED)
    yield words.note(_ONE_SEED)


def _verdict(labels: str, difference: Difference, words: Typography) -> str:
    if not difference.n:
        return words.note(_NONE, labels=labels)
    note = _EQUAL if not difference.told_apart else _BETTER if difference.mean > 0 else _WORSE
    return words.note(
        note,
        labels=labels,
        mean=words.points(difference.mean, digits=2, signed=True),
        low=words.points(difference.low, digits=2, signed=True),
        high=words.points(difference.high, digits=2, signed=True),
        gained=words.integer(difference.gained),
        lost=words.integer(difference.lost),
        n=words.integer(difference.n),
    )
