"""Names that suggest groups (``data.name_habits``) which splits divide: bursts, frames of a film, photos of a patient.

Names that say so in words, or as cameras number a burst, are believed. Two numbers may stand for anything: they are
believed where pictures whose names agree look more alike than others of their class do. What all pictures of a class
share tells of no group, and neither do numbers that a camera or a list gave one by one.
"""

from __future__ import annotations

import dataclasses
from collections import Counter
from collections.abc import Sequence
from pathlib import PurePath

import numpy as np

from prunelle.checks.check import EVERY_TARGET, Check
from prunelle.checks.finding import Finding
from prunelle.checks.inspected import Inspected
from prunelle.checks.words import counted
from prunelle.data.name_habits import Habit, groups_of_names, is_subject
from prunelle.texts import EN, FR, Note, composed, visible

KIND = "groups in names"
_FEWEST, _SHARE = 4, 0.02  # pictures in groups, and their share of all: a copy or two of a file are no habit
_PAIRS = 300
_AUC, _DEVIATIONS = 0.7, 4.0
_SURE, _LIKELY = 0.9, 0.75
_SHOWN = 3


@dataclasses.dataclass(frozen=True, eq=False)
class _Suspected:
    """Groups that names suggest.

    Attributes:
        groups: ``(N,)`` int64, -1 of what is of none.
        names: of the groups.
        option: what keeps them together.
        confidence: see ``Finding``.
    """

    groups: np.ndarray
    names: Sequence[str]
    option: str
    confidence: float


def _find(inspected: Inspected) -> list[Finding]:
    if inspected.files is None or any(split.groups is not None for split in inspected.data.splits()):
        return []
    files = [PurePath(file) for file in inspected.files]
    folders = [_below_class(file, inspected.label(row)) for row, file in enumerate(files)]
    for habits, option in ((folders, "folder"), (groups_of_names(files), "name")):
        suspected = _suspected(inspected, habits, option)
        if suspected is not None and (found := _told(inspected, suspected)) is not None:
            return [found]
    return []


def _below_class(file: PurePath, label: str) -> Habit | None:
    """The folder directly below the class's, of a file that lies in one."""
    parts = [composed(part) for part in file.parent.parts]
    if label not in parts:
        return None
    at = len(parts) - 1 - parts[::-1].index(label)
    return Habit(parts[at + 1], is_subject(parts[at + 1])) if at + 1 < len(parts) else None


def _suspected(inspected: Inspected, habits: Sequence[Habit | None], option: str) -> _Suspected | None:
    """What ``habits`` say, where that is to be believed."""
    names = [None if habit is None else habit.group for habit in habits]
    classes = _classes(inspected)
    for label in np.unique(classes):
        rows = np.flatnonzero(classes == label).tolist()
        if len({names[row] for row in rows} - {None}) < 2:  # what a class is called
            for row in rows:
                names[row] = None
    counts = Counter(name for name in names if name is not None)
    number = {name: i for i, name in enumerate(name for name, count in counts.items() if count > 1)}
    groups = np.array([-1 if name is None else number.get(name, -1) for name in names])
    sure = np.array([habit is not None and habit.sure for habit in habits])
    if _many(sure & (groups >= 0)):
        return _Suspected(np.where(sure, groups, -1), list(number), option, _SURE)
    if _many(groups >= 0) and _look_alike(inspected, groups):
        return _Suspected(groups, list(number), option, _LIKELY)
    return None


def _classes(inspected: Inspected) -> np.ndarray:
    """``(N,)``; one for all where an example may have several labels, or a number."""
    return inspected.labels if inspected.data.target.exclusive else np.zeros(len(inspected), np.int64)


def _many(rows: np.ndarray) -> bool:
    return int(rows.sum()) >= max(_FEWEST, _SHARE * len(rows))


def _look_alike(inspected: Inspected, groups: np.ndarray) -> bool:
    """Whether pictures of a group are nearer than others of one class, by far more often than by chance."""
    rng = np.random.default_rng(0)
    rows = rng.permutation(np.flatnonzero(groups >= 0))[: 4 * _PAIRS].tolist()
    classes = _classes(inspected)
    siblings: list[tuple[int, int]] = []
    others: list[tuple[int, int]] = []
    for row in rows:
        same_class = classes == classes[row]
        for kept, wanted in ((siblings, groups == groups[row]), (others, groups != groups[row])):
            mates = np.flatnonzero(same_class & wanted)
            mates = mates[mates != row]
            if len(mates) and len(kept) < _PAIRS:
                kept.append((row, int(rng.choice(mates))))
    if not siblings or not others:
        return False
    near, far = (np.array([_distance(inspected, *pair) for pair in pairs]) for pairs in (siblings, others))
    less = (near[:, None] < far[None, :]).mean() + (near[:, None] == far[None, :]).mean() / 2
    # The standard deviation of Mann and Whitney's statistic where nothing tells the two apart.
    deviation = np.sqrt((len(near) + len(far) + 1) / (12 * len(near) * len(far)))
    return bool(less >= _AUC and less - 0.5 >= _DEVIATIONS * deviation)


def _distance(inspected: Inspected, one: int, other: int) -> float:
    """Mean difference of two pictures in 8×8 parts, in levels."""
    parts = [_parts(inspected.example(row)) for row in (one, other)]
    return float(np.abs(parts[0] - parts[1]).mean())


def _parts(image: np.ndarray) -> np.ndarray:
    """``(H, W, C)`` → ``(8, 8, C)``, or as many as there are pixels."""
    starts = [np.unique(np.linspace(0, side, 8, endpoint=False).astype(int)) for side in image.shape[:2]]
    sums = np.add.reduceat(np.add.reduceat(image.astype(np.float64), starts[0], axis=0), starts[1], axis=1)
    sides = [np.diff(np.append(start, side)) for start, side in zip(starts, image.shape[:2], strict=True)]
    return np.asarray(sums / np.outer(*sides)[..., None])


def _told(inspected: Inspected, suspected: _Suspected) -> Finding | None:
    """The finding; None where splits divide none of the groups."""
    groups, splits = suspected.groups, inspected.splits
    members = np.bincount(groups[groups >= 0])
    number = Note(EN.integer(int((members > 1).sum())), FR.integer(int((members > 1).sum())))
    judged = next((split for split in ("test", "validation") if (splits == split).any()), None)
    if judged is None:
        rows = np.flatnonzero(groups >= 0).tolist()
        rows.sort(key=lambda row: (-members[groups[row]], groups[row], row))
        whole = counted(inspected, len(rows))
        examples = _examples(inspected, suspected, rows)
        what = Note(
            f"By their names, {whole.en} are of {number.en} groups (a burst, a film, a patient): {examples.en}. A "
            f"split drawn one by one puts pictures of a group on both sides.",
            f"D’après leurs noms, {whole.fr} sont de {number.fr} groupes (une rafale, un film, un patient) : "
            f"{examples.fr}. Un tirage image par image en met des deux côtés d’une séparation.",
        )
        return _finding(suspected, rows, what)
    learned = np.isin(groups, groups[(splits == "train") & (groups >= 0)]) & (groups >= 0)
    leaking = np.flatnonzero(learned & (splits == judged)).tolist()
    if not leaking:
        return None
    rows = []
    for row in leaking:
        rows += [row, int(np.flatnonzero((splits == "train") & (groups == groups[row]))[0])]
    rows = list(dict.fromkeys(rows))
    there = counted(inspected, int((splits == judged).sum()))
    french = {"test": "de test", "validation": "de validation"}[judged]
    examples = _examples(inspected, suspected, leaking)
    what = Note(
        f"By their names, {EN.integer(len(leaking))} of the {there.en} of the {judged} split have siblings in train (a "
        f"burst, a film, a patient): {examples.en}. If so, the {judged} figure is flattered.",
        f"D’après leurs noms, {FR.integer(len(leaking))} des {there.fr} {french} ont des voisines dans train (une "
        f"rafale, un film, un patient) : {examples.fr}. Si c’est bien cela, le résultat {french} est flatté.",
    )
    return _finding(suspected, rows, what)


def _examples(inspected: Inspected, suspected: _Suspected, rows: Sequence[int]) -> Note:
    """The first groups, each with two of its pictures."""
    listed = []
    for group in list(dict.fromkeys(suspected.groups[rows].tolist()))[:_SHOWN]:
        of = [row for row in rows if suspected.groups[row] == group][:1]
        of += [row for row in np.flatnonzero(suspected.groups == group).tolist() if row not in of]
        # A training picture beside one that is judged, where there is one.
        of[1:] = sorted(of[1:], key=lambda row: str(inspected.splits[row]) != "train")
        listed.append(" – ".join(visible(inspected.names[row]) for row in of[:2]))
    return Note("; ".join(listed), " ; ".join(listed))


def _finding(suspected: _Suspected, rows: Sequence[int], what: Note) -> Finding:
    option = f"--groups {suspected.option}"
    return Finding(
        kind=KIND,
        rows=tuple(rows),
        confidence=suspected.confidence,
        what=what,
        advice=Note(
            f'{option} (or "name:PATTERN", a column, a CSV) keeps them on one side of splits that are drawn; given '
            f"ones, put together first. If names mean nothing here, never mind.",
            f'{option} (ou "name:MOTIF", une colonne, un CSV) les garde d’un seul côté des divisions tirées ; '
            f"réunissez d’abord celles qui sont données. Si les noms ne veulent rien dire ici, passez outre.",
        ),
    )


CHECK = Check(
    kinds={KIND: Note("Names of one group on both sides of a split", "Noms d’un même groupe des deux côtés")},
    of=("pictures",),
    targets=EVERY_TARGET,
    cheap=True,
    find=_find,
)
