"""Groups that are known (``data.groups``) and that splits which were given divide."""

from __future__ import annotations

import numpy as np

from prunelle.checks.check import EVERY_TARGET, Check
from prunelle.checks.finding import Finding
from prunelle.checks.inspected import Inspected
from prunelle.data.groups import divided_notes
from prunelle.data.leakage import groups_of
from prunelle.texts import Note

_KIND = "groups across splits"


def _find(inspected: Inspected) -> list[Finding]:
    groups = groups_of(inspected.data, inspected.pixels)
    if groups is None:
        return []
    learned = inspected.splits == "train"
    found = []
    for split in ("validation", "test"):
        there = inspected.splits == split
        leaking = there & np.isin(groups, groups[learned])
        if split in inspected.data.drawn or not leaking.any():
            continue
        (what,) = divided_notes({"train": groups[learned], split: groups[there]}, inspected.kind.many)
        rows: list[int] = []
        for row in np.flatnonzero(leaking).tolist():
            rows += [row, int(np.flatnonzero(learned & (groups == groups[row]))[0])]
        found.append(
            Finding(
                kind=_KIND,
                rows=tuple(dict.fromkeys(rows)),
                confidence=1.0,
                what=what,
                advice=Note(
                    "Put each group on one side, or put all into one and let them be drawn (--groups).",
                    "Mettez chaque groupe d’un seul côté, ou réunissez tout et laissez tirer (--groups).",
                ),
            )
        )
    return found


CHECK = Check(
    kinds={_KIND: Note("A group on both sides of a split", "Un groupe des deux côtés d’une séparation")},
    of=("pictures", "series"),
    targets=EVERY_TARGET,
    cheap=True,
    told=True,
    find=_find,
)
