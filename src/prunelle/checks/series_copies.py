"""Series that are there more than once: in several splits, under several labels, or within a class.

Splits that Prunelle drew count as one: a training keeps copies on one side of them.
"""

from __future__ import annotations

import numpy as np

from prunelle.checks.check import EVERY_TARGET, Check
from prunelle.checks.finding import Finding
from prunelle.checks.inspected import Inspected
from prunelle.checks.words import counted, some_of
from prunelle.texts import Note


def _find(inspected: Inspected) -> list[Finding]:
    group = inspected.same
    order = np.argsort(group, kind="stable")
    members = np.split(order, np.flatnonzero(np.diff(group[order])) + 1) if len(order) else []
    several = [rows for rows in members if len(rows) > 1]
    torn = [rows for rows in several if len(set(inspected.labels[rows].tolist())) > 1]
    drawn = (*inspected.data.drawn, inspected.data.train.name)
    given = np.where(np.isin(inspected.splits, drawn), drawn[-1], inspected.splits)
    across = [rows for rows in several if len(set(given[rows].tolist())) > 1]
    told = {rows[0] for rows in (*torn, *across)}
    within = [rows for rows in several if rows[0] not in told]
    found = []
    if torn:
        found.append(_finding(inspected, torn, "copies under two labels", _TORN))
    if across:
        found.append(_finding(inspected, across, "copies across splits", _ACROSS))
    if within:
        found.append(_finding(inspected, within, "copies", _WITHIN))
    return found


def _finding(inspected: Inspected, groups: list[np.ndarray], kind: str, words: tuple[Note, Note]) -> Finding:
    rows = [int(row) for members in groups for row in members]
    number = counted(inspected, len(groups))
    pairs = some_of([" = ".join(_named(inspected, int(row)) for row in members[:2]) for members in groups])
    what, advice = words
    one = len(groups) == 1
    en, fr = ("is", "est") if one else ("are", "sont")
    return Finding(
        kind=kind,
        rows=tuple(rows),
        confidence=1.0,
        what=Note(
            f"{number.en} {en} there more than once {what.en}: {pairs.en}.",
            f"{number.fr} {fr} là plusieurs fois {what.fr} : {pairs.fr}.",
        ),
        advice=advice,
    )


def _named(inspected: Inspected, row: int) -> str:
    return f"{inspected.names[row]} ({inspected.label(row)})"


_TORN = (
    Note("under several labels", "sous plusieurs étiquettes"),
    Note(
        "One label at least is wrong: correct it, or leave them out.",
        "Une étiquette au moins est fausse : corrigez-la, ou écartez-les.",
    ),
)
_ACROSS = (
    Note("in several splits", "dans plusieurs jeux"),
    Note(
        "What is learned is then judged, which flatters the result: leave the copies out of one of the splits. In "
        "splits that Prunelle draws, it keeps them together.",
        "Ce qui est appris est alors jugé, ce qui flatte le résultat : écartez les copies de l’un des jeux. Dans les "
        "jeux que Prunelle tire, il les garde ensemble.",
    ),
)
_WITHIN = (
    Note("in one class", "dans une classe"),
    Note(
        "Each copy weighs as much as a series of its own: leave them out, unless that is meant.",
        "Chaque copie pèse autant qu’une autre série : écartez-les, sauf si c’est voulu.",
    ),
)

CHECK = Check(
    kinds={
        "copies under two labels": Note("Series under several labels", "Séries sous plusieurs étiquettes"),
        "copies across splits": Note("Series in several splits", "Séries dans plusieurs jeux"),
        "copies": Note("Series that are there more than once", "Séries en plusieurs exemplaires"),
    },
    of=("series",),
    targets=EVERY_TARGET,
    cheap=True,
    told=True,
    find=_find,
)
