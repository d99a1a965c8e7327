"""The same picture more than once: copied, or nearly (``data.near_copies``); in one split, in several, in two classes.

Splits that Prunelle drew count as one: a training keeps near copies on one side of them.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from prunelle.checks.check import Check
from prunelle.checks.finding import Finding
from prunelle.checks.inspected import Inspected
from prunelle.data import duplicates, near_copies
from prunelle.data.duplicates import Contents
from prunelle.texts import EN, FR, Note, visible

_KINDS = {
    "near copies across splits": Note(
        "The same picture on both sides of a split", "La même image des deux côtés d’une séparation"
    ),
    "near copies under two labels": Note(
        "The same picture in two classes", "La même image dans deux classes"
    ),
    "near copies": Note("The same picture more than once", "La même image plusieurs fois"),
}
_ADVICE = {
    "near copies across splits": Note(
        "What is learned cannot be judged on: keep them in one split. A training says how good it is on the test "
        "pictures that do not leak.",
        "On ne juge pas sur ce qui a été appris : gardez-les dans un seul jeu. Un entraînement dit ce qu’il vaut sur "
        "les images de test qui ne fuient pas.",
    ),
    "near copies under two labels": Note(
        "One label at least is wrong: look at them, relabel one or leave both out.",
        "Une étiquette au moins est fausse : regardez-les, corrigez-en une ou écartez les deux.",
    ),
    "near copies": Note(
        "They count as often as they are there. Leave out all but the best one, unless that is what you want.",
        "Elles comptent autant de fois qu’elles sont là. N’en gardez que la meilleure, sauf si c’est voulu.",
    ),
}
_LAID = {
    "upright": Note("", ""),
    "mirrored": Note(" (mirrored)", " (en miroir)"),
    "upside down": Note(" (upside down)", " (tête en bas)"),
    "turned": Note(" (turned)", " (tournée)"),
}


def _find(inspected: Inspected) -> list[Finding]:
    parts = tuple(inspected.pixels.values())
    contents = Contents.joined([duplicates.contents_of(part) for part in parts])
    exact = duplicates.groups(contents)
    what = Note("comparing near copies", "comparaison des quasi-copies")
    pairs = near_copies.near_copies(
        [part.images for part in parts],
        features=inspected.features,
        progress=lambda done, of: inspected.progress(what, done, of),
    )
    group = near_copies.joined(exact, pairs.rows)
    splits = _given_splits(inspected)
    laid = {
        (one, other): near_copies.TURNS[turn]
        for (one, other), turn in zip(pairs.rows.tolist(), pairs.turned.tolist(), strict=True)
    }
    sure = _least_confidence(group, exact, pairs)
    found: dict[str, list[Finding]] = {kind: [] for kind in _KINDS}
    for members in near_copies.members(group):
        confidence = sure.get(int(group[members[0]]), 1.0)
        for kind in _kinds_of(splits[members], inspected.labels[members]):
            rows = _in_order(members, splits, inspected.labels, kind)
            found[kind].append(
                Finding(
                    kind=kind,
                    rows=rows,
                    confidence=confidence,
                    what=_said(inspected, rows, laid, exact, kind),
                    advice=_ADVICE[kind],
                )
            )
    for findings in found.values():
        findings.sort(key=lambda finding: -finding.confidence)
    return [finding for findings in found.values() for finding in findings]


def _given_splits(inspected: Inspected) -> np.ndarray:
    """``(N,)``: those that were drawn from the training split are it still."""
    splits = inspected.splits.astype(object)
    splits[np.isin(inspected.splits, inspected.data.drawn)] = "train"
    return splits.astype(str)


def _least_confidence(group: np.ndarray, exact: np.ndarray, pairs: near_copies.Pairs) -> dict[int, float]:
    """Of each group, its weakest pair's: a chain is as strong as that. None of groups of exact copies."""
    least: dict[int, float] = {}
    near = exact[pairs.rows[:, 0]] != exact[pairs.rows[:, 1]]
    for number, confidence in zip(
        group[pairs.rows[near, 0]].tolist(), pairs.confidence[near].tolist(), strict=True
    ):
        least[number] = min(confidence, least.get(number, 1.0))
    return least


def _kinds_of(splits: np.ndarray, labels: np.ndarray) -> Sequence[str]:
    kinds = []
    if len(np.unique(splits)) > 1:
        kinds.append("near copies across splits")
    if len(np.unique(labels)) > 1:
        kinds.append("near copies under two labels")
    return kinds or ["near copies"]


def _in_order(members: np.ndarray, splits: np.ndarray, labels: np.ndarray, kind: str) -> tuple[int, ...]:
    """One that is judged on first, then one that is learned; or one of each class; then the others."""
    if kind == "near copies":
        return tuple(members.tolist())
    of = splits if kind == "near copies across splits" else labels
    # The splits are in the order train, validation, test: the last of them is the one that leaks.
    _, first = np.unique(of[members][::-1], return_index=True)
    ahead = sorted((len(members) - 1 - first).tolist(), reverse=kind == "near copies across splits")
    others = np.delete(members, ahead)
    return (*members[ahead].tolist(), *others.tolist())


def _said(
    inspected: Inspected,
    rows: tuple[int, ...],
    laid: dict[tuple[int, int], str],
    exact: np.ndarray,
    kind: str,
) -> Note:
    one, other = rows[:2]
    first, second = (visible(inspected.names[row]) for row in (one, other))
    if kind == "near copies under two labels":
        first, second = (
            f"{name} ({visible(inspected.label(row))})"
            for name, row in zip((first, second), (one, other), strict=True)
        )
    how = _LAID[laid.get((min(one, other), max(one, other)), "upright")]
    more = len(rows) - 2
    also = Note("", "")
    if more:
        also = Note(f", and {EN.integer(more)} more with them", f", et {FR.integer(more)} de plus avec elles")
    if exact[one] == exact[other]:
        return Note(
            f"{first} is the same picture as {second}{also.en}.",
            f"{first} est la même image que {second}{also.fr}.",
        )
    return Note(
        f"{first} is nearly {second}{how.en}{also.en}.",
        f"{first} est presque {second}{how.fr}{also.fr}.",
    )


CHECK = Check(kinds=_KINDS, of=("pictures",), cheap=True, told=True, find=_find)
