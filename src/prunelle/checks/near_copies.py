"""The same picture more than once: copied, or nearly (``data.near_copies``); in one split, in several, in two classes.

Splits that Prunelle drew count as one: a training keeps near copies on one side of them.
"""

from __future__ import annotations

import dataclasses
import itertools
from collections.abc import Iterable, Iterator

import numpy as np

from prunelle.checks.check import EVERY_TARGET, Check
from prunelle.checks.finding import Finding
from prunelle.checks.inspected import Inspected
from prunelle.data import near_copies
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
_SUREST = 0.99  # of what is not the very same
_LAID = {
    "upright": Note("", ""),
    "mirrored": Note(" (mirrored)", " (en miroir)"),
    "upside down": Note(" (upside down)", " (tête en bas)"),
    "turned": Note(" (turned)", " (tournée)"),
}


@dataclasses.dataclass(frozen=True)
class _Pair:
    """Two examples, how sure it is that they are copies, and how one lies on the other; None of the very same."""

    one: int
    other: int
    confidence: float = 1.0
    laid: str | None = None


def _find(inspected: Inspected) -> list[Finding]:
    same, near, group = inspected.same, inspected.near, inspected.copies
    splits = _given_splits(inspected)
    pairs: dict[int, list[_Pair]] = {}
    for pair in _pairs(same, near):
        pairs.setdefault(int(group[pair.one]), []).append(pair)
    found: dict[str, list[Finding]] = {kind: [] for kind in _KINDS}
    for members in near_copies.members(group):
        for kind, of in _kinds_of(splits[members], inspected.labels[members]):
            between = dict(zip(members.tolist(), of.tolist(), strict=True))
            # One that tears the group, and of these the surest: it is what a person sees first.
            pair = max(
                pairs[int(group[members[0]])],
                key=lambda each: (between[each.one] != between[each.other], each.confidence),
            )
            # The splits are in the order train, validation, test: the later is the one that leaks.
            ahead = (pair.other, pair.one) if kind == "near copies across splits" else (pair.one, pair.other)
            rows = (*ahead, *(row for row in members.tolist() if row not in ahead))
            found[kind].append(
                Finding(
                    kind=kind,
                    rows=rows,
                    confidence=pair.confidence,
                    what=_said(inspected, rows, pair.laid, kind),
                    advice=_ADVICE[kind],
                )
            )
    for findings in found.values():
        findings.sort(key=lambda finding: -finding.confidence)
    return [finding for findings in found.values() for finding in findings]


def _pairs(same: np.ndarray, near: near_copies.Pairs) -> Iterator[_Pair]:
    """All that are copies, directly: the very same, in order, then the near ones."""
    for members in near_copies.members(same):
        for one, other in itertools.pairwise(members.tolist()):
            yield _Pair(one, other)
    for rows, confidence, turn in zip(
        near.rows.tolist(), near.confidence.tolist(), near.turned.tolist(), strict=True
    ):
        if same[rows[0]] != same[rows[1]]:
            yield _Pair(rows[0], rows[1], min(confidence, _SUREST), near_copies.TURNS[turn])


def pairs_of(findings: Iterable[Finding]) -> list[tuple[int, int]]:
    """The rows that these say are copies: each with the first of its finding."""
    return [
        (finding.rows[0], row) for finding in findings if finding.kind in _KINDS for row in finding.rows[1:]
    ]


def _given_splits(inspected: Inspected) -> np.ndarray:
    """``(N,)``: those that were drawn from the training split are it still."""
    splits = inspected.splits.astype(object)
    splits[np.isin(inspected.splits, inspected.data.drawn)] = "train"
    return splits.astype(str)


def _kinds_of(splits: np.ndarray, labels: np.ndarray) -> Iterator[tuple[str, np.ndarray]]:
    """What a group is of; and what tears it, ``(M,)``."""
    torn = False
    for kind, of in (("near copies across splits", splits), ("near copies under two labels", labels)):
        if len(np.unique(of)) > 1:
            torn = True
            yield kind, of
    if not torn:
        yield "near copies", splits


def _said(inspected: Inspected, rows: tuple[int, ...], laid: str | None, kind: str) -> Note:
    one, other = rows[:2]
    first, second = (visible(inspected.names[row]) for row in (one, other))
    if kind == "near copies under two labels":
        first, second = (
            f"{name} ({visible(inspected.label(row))})"
            for name, row in zip((first, second), (one, other), strict=True)
        )
    more = len(rows) - 2
    also = Note("", "")
    if more:
        also = Note(f", and {EN.integer(more)} more with them", f", et {FR.integer(more)} de plus avec elles")
    if laid is None:
        return Note(
            f"{first} is the same picture as {second}{also.en}.",
            f"{first} est la même image que {second}{also.fr}.",
        )
    how = _LAID[laid]
    return Note(
        f"{first} is nearly {second}{how.en}{also.en}.",
        f"{first} est presque {second}{how.fr}{also.fr}.",
    )


CHECK = Check(kinds=_KINDS, of=("pictures",), targets=EVERY_TARGET, cheap=True, told=True, find=_find)
