"""What is said of a check, on the console, in a notebook and on the model card: one table, a few sentences."""

from __future__ import annotations

from collections.abc import Iterator

from prunelle.exports.checking import Check, Row
from prunelle.texts import Note, Typography

HEADS = (
    Note("examples", "exemples"),
    Note("number", "nombre"),
    Note("other answers", "autres réponses"),
    Note("apart", "écart"),
    Note("ms each", "ms l’un"),
    Note("PyTorch, ms", "PyTorch, ms"),
)
"""Of the table: the first line is what the file takes, the last two are times."""

_ENTRIES = {
    "batch of 1": Note("prepared, one by one", "préparés, un par un"),
    "batch": Note("prepared, 32 together", "préparés, par 32"),
    "raw": Note("as decoded", "comme décodés"),
}
_CHECKED = Note("Checked on {origin}.", "Vérifié sur {origin}.")
_LOST = Note(
    "int8 costs {lost} points of accuracy on {n} labelled examples.",
    "int8 coûte {lost} points d’exactitude sur {n} exemples étiquetés.",
)
_TIED = Note(
    "Of the other answers, {n} are ties of the network's own, which holds both for as probable.",
    "Parmi les autres réponses, {n} sont des égalités du réseau lui-même, pour qui les deux se valent.",
)
_OTHERWISE = Note("Answered otherwise, {entry}: {names}", "Autre réponse, {entry} : {names}")


def row(each: Row, words: Typography) -> tuple[str, ...]:
    """A line under ``HEADS``."""
    return (
        words.note(_ENTRIES[each.entry]),
        words.integer(each.n),
        words.integer(len(each.otherwise)),
        words.number(each.apart, 2),
        words.decimal(each.milliseconds, 2),
        words.decimal(each.network_milliseconds, 2),
    )


def sentences(check: Check, words: Typography) -> Iterator[str]:
    """What it was done on, what int8 costs, how many differences are none."""
    yield words.note(_CHECKED, origin=words.note(check.origin))
    if check.lost is not None:
        yield words.note(_LOST, lost=words.points(check.lost), n=words.integer(check.labelled))
    if tied := max(each.tied for each in check.rows):
        yield words.note(_TIED, n=words.integer(tied))


def otherwise(check: Check, words: Typography) -> Iterator[str]:
    """Which examples are answered otherwise, by their names: for who has them."""
    for each in check.rows:
        if each.otherwise:
            entry = words.note(_ENTRIES[each.entry])
            yield words.note(_OTHERWISE, entry=entry, names=words.listed(each.otherwise))
