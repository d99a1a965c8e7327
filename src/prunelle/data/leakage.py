"""Copies of one example in several splits or under several labels: which are moved, and what is said of the others.

Where examples have groups that must not be divided, a copy takes its whole group with it.
"""

from __future__ import annotations

import dataclasses
import functools
import os
from collections.abc import Mapping, Sequence

import numpy as np

from prunelle.data import duplicates, known_copies, near_copies
from prunelle.data.duplicates import Contents
from prunelle.data.examples import Data, Split
from prunelle.data.kinds import kind_of
from prunelle.data.pixels import Pixels, Progress
from prunelle.texts import EN, FR, Note, visible

MOST_COMPARED = 100_000
"""Pictures in which near copies are looked for: the time it takes grows with the square of their number."""

_SHOWN = 5
_LISTED = 1000  # in run.json


@dataclasses.dataclass(frozen=True, eq=False)
class Copies:
    """Examples that are there more than once.

    Attributes:
        splits: names, in the order of ``split``.
        split: ``(N,)`` the split of each readable example, as it was given or drawn. rows: ``(N,)`` its row there.
        labels: ``(N,)`` int64, the same number for the same label, and called: what each number is called.
        group: ``(N,)``, the same for the same example, or for near copies. same: ``(N,)``, for the same example alone.
        kept: ``(N,)`` as ``split``, so that no copies are on both sides of a split that was drawn.
        contents: of all.
        groups: ``(N,)`` str, what each belongs to that must not be divided; None where nobody said.
    """

    splits: tuple[str, ...]
    split: np.ndarray
    rows: np.ndarray
    labels: np.ndarray
    called: Mapping[int, str]
    group: np.ndarray
    same: np.ndarray
    kept: np.ndarray
    contents: Contents
    groups: np.ndarray | None = None

    @property
    def moved(self) -> np.ndarray:
        """Which examples change their split."""
        return np.flatnonzero(self.kept != self.split)

    def order(self, number: int) -> np.ndarray:
        """The examples of split ``number`` once they are moved: those that stay, then those that come."""
        there = np.flatnonzero(self.kept == number)
        return there[np.argsort(self.split[there] != number, kind="stable")]


def find_copies(data: Data, pixels: Mapping[str, Pixels], progress: Progress | None = None) -> Copies:
    """All copies and near copies in the decoded splits of ``data``, and where each example goes.

    Where a group of copies lies on both sides of a split that was drawn, one of them, chosen by the content, decides
    for all: so the shares stay what they were drawn as. Splits that were given stay as they are, and every class keeps
    an example to train on. What must not be divided otherwise (``Split.groups``) goes with its copies.

    Near copies are looked for among pictures from files, up to ``MOST_COMPARED``.
    """
    names = tuple(pixels)
    split = np.concatenate([np.full(len(part), i) for i, part in enumerate(pixels.values())])
    at_row = np.concatenate([np.arange(len(part)) for part in pixels.values()])
    given = np.concatenate([part.labels for part in pixels.values()])
    labels, called = codes_of(given, data)
    contents = Contents.joined([duplicates.contents_of(part) for part in pixels.values()])
    same = duplicates.groups(contents)
    group = _with_near_copies(same, contents, pixels, progress)
    contents = dataclasses.replace(contents, near=np.where(np.bincount(group)[group] > 1, group, -1))
    kept = split.copy()
    train = names.index("train")
    free = {train, *(names.index(name) for name in data.drawn if name in names)}
    groups = groups_of(data, pixels)
    together = group if groups is None else near_copies.joined(group, _pairs_of(groups))
    undecided = [rows for rows in near_copies.members(together) if len(set(split[rows].tolist()) & free) > 1]
    for rows in undecided:
        here = split[rows].tolist()
        movable = [int(member) for member, at in zip(rows, here, strict=True) if at in free]
        if set(here) <= free:
            chosen = movable[int(contents.digests[rows[0]], 16) % len(movable)]
            kept[movable] = split[chosen]
        else:
            kept[movable] = train  # beside a given split that holds them too
    for label in np.setdiff1d(labels, labels[kept == train]) if data.target.exclusive else ():
        # Its examples to train on all have copies elsewhere.
        for rows in undecided:
            if (labels[rows] == label).any():
                kept[[int(member) for member in rows if split[member] in free]] = train
    return Copies(
        splits=names,
        split=split,
        rows=at_row,
        labels=labels,
        called=called,
        group=group,
        same=same,
        kept=kept,
        contents=contents,
        groups=groups,
    )


def codes_of(labels: np.ndarray, data: Data) -> tuple[np.ndarray, dict[int, str]]:
    """``labels`` of examples of ``data``: ``(N,)`` int64, the same number for the same label; what each is called."""
    codes = data.target.codes(labels)
    numbers, first = np.unique(codes, return_index=True)
    return codes, {
        int(number): data.target.written(labels[row], data.classes)
        for number, row in zip(numbers, first, strict=True)
    }


def groups_of(data: Data, pixels: Mapping[str, Pixels]) -> np.ndarray | None:
    """``(N,)`` str: the groups of what could be read, split by split; None where a split has none."""
    found = []
    for split in data.splits():
        if split.name not in pixels:
            continue
        if split.groups is None:
            return None
        found.append(split.groups[readable_rows(split, pixels[split.name])])
    groups: np.ndarray = np.concatenate(found)
    return groups


def _pairs_of(groups: np.ndarray) -> np.ndarray:
    """``(P, 2)`` int64: rows that are of one group, each with the next."""
    numbers = np.unique(groups, return_inverse=True)[1].reshape(-1)
    order = np.argsort(numbers, kind="stable")
    same = np.flatnonzero(np.diff(numbers[order]) == 0)
    return np.stack([order[same], order[same + 1]], axis=1)


def _with_near_copies(
    same: np.ndarray, contents: Contents, pixels: Mapping[str, Pixels], progress: Progress | None
) -> np.ndarray:
    """``same: (N,)`` with the groups of near copies made one: of those found here, and of those that a check found."""
    parts = list(pixels.values())
    if not all(part.images.dtype == np.uint8 and part.files is not None for part in parts):
        return same
    group = near_copies.joined(
        same, known_copies.recall([file for part in parts for file in part.files or ()])
    )
    if len(same) > MOST_COMPARED:
        return group
    what = Note("comparing near copies", "comparaison des quasi-copies")
    told = None if progress is None else functools.partial(progress, what)

    def compare() -> np.ndarray:
        return near_copies.near_copies([part.images for part in parts], progress=told).rows

    return near_copies.joined(group, known_copies.compared_once(contents.digests, compare))


def moved(data: Data, pixels: Mapping[str, Pixels], copies: Copies) -> Data:
    """``data`` with the examples in the splits that ``copies`` says; those that could not be read stay."""
    given = {split.name: split for split in data.splits()}
    readable = {name: readable_rows(given[name], part) for name, part in pixels.items()}
    made: dict[str, Split | None] = {}
    for number, name in enumerate(copies.splits):
        leave = copies.rows[(copies.split == number) & (copies.kept != number)]
        stay = np.setdiff1d(np.arange(len(given[name])), readable[name][leave])
        parts = [given[name].take(stay)]
        for other, its_name in enumerate(copies.splits):
            come = copies.rows[(copies.split == other) & (copies.kept == number) & (other != number)]
            if len(come):
                parts.append(given[its_name].take(readable[its_name][come]))
        made[name] = _joined(name, parts) if sum(map(len, parts)) else None
    return dataclasses.replace(data, **made)  # type: ignore[arg-type]


def readable_rows(split: Split, pixels: Pixels) -> np.ndarray:
    """The rows of ``split`` that ``pixels`` holds, in order."""
    bad = {skipped.file for skipped in pixels.skipped}
    if split.files is None or not bad:
        return np.arange(len(split))
    return np.array([row for row, file in enumerate(split.files) if str(file) not in bad], np.int64)


def _joined(name: str, parts: Sequence[Split]) -> Split:
    return parts[0] if len(parts) == 1 else Split.joined(name, parts)


def names_of(pixels: Mapping[str, Pixels]) -> list[str]:
    """A short name of every example: its path from the folder that holds them all, or ``test[3]``."""
    files = [file for part in pixels.values() for file in part.files or ()]
    if files:
        try:
            above = os.path.commonpath({os.path.dirname(file) for file in files})
        except ValueError:
            return files  # on several disks, or some from here and some from the root
        return [file[len(above) :].lstrip("/\\") for file in files]
    return [f"{name}[{row}]" for name, part in pixels.items() for row in range(len(part))]


def notes_of(copies: Copies, names: Sequence[str], data: Data) -> list[Note]:
    """What a person should know before training: what was moved, what is in two given splits, under two classes."""
    what = kind_of(data.preprocess).many
    groups = near_copies.members(copies.group)
    notes = []
    changed = set(copies.moved.tolist())
    if changed:
        shown = _listed(_pairs(groups, copies, names, changed))
        nearly = _nearly(copies, [rows for rows in groups if changed & set(rows.tolist())])
        whole = Note("", "")
        if copies.groups is not None:
            whole = Note(", with all of their groups", ", avec tout leur groupe")
        notes.append(
            Note(
                f"Some {what.en} are there more than once{nearly.en}. So that none is both learned and judged, "
                f"{EN.integer(len(changed))} of them went to the split of their copies{whole.en}: {shown.en}",
                f"Certaines {what.fr} sont là plusieurs fois{nearly.fr}. Pour qu’aucune ne soit à la fois apprise et "
                f"jugée, "
                f"{FR.integer(len(changed))} d’entre elles ont rejoint le jeu de leurs copies{whole.fr} : {shown.fr}",
            )
        )
    for one, other in (("train", "test"), ("train", "validation"), ("validation", "test")):
        if one in copies.splits and other in copies.splits:
            notes += _across(copies, groups, names, one=one, other=other, what=what)
    notes += _two_classes(copies, near_copies.members(copies.same), names, what)
    notes += _nearly_in_two_classes(copies, groups, names, what)
    return notes


def listed(copies: Copies, names: Sequence[str]) -> list[list[dict[str, str]]]:
    """For ``run.json``: the copies that are in several splits or classes, or were moved; at most 1,000 groups."""
    groups = [
        members
        for members in near_copies.members(copies.group)
        if len(set(copies.split[members].tolist())) > 1 or len(set(copies.labels[members].tolist())) > 1
    ]
    return [
        [
            {
                "file": names[i],
                "split": copies.splits[copies.kept[i]],
                "class": copies.called[copies.labels[i]],
            }
            for i in members.tolist()
        ]
        for members in groups[:_LISTED]
    ]


_FLATTERED = {
    ("train", "test"): Note(
        "the network learns them, so the test figure is flattered",
        "le réseau les apprend : le résultat de test est donc flatté",
    ),
    ("train", "validation"): Note(
        "the network learns them, so validation sees less of what it has learned by heart, and may keep another epoch",
        "le réseau les apprend : la validation voit donc moins le surapprentissage, et peut garder une autre époque",
    ),
    ("validation", "test"): Note(
        "validation chooses the epoch that is kept, so the test figure is a little flattered",
        "la validation choisit l’époque gardée : le résultat de test est donc un peu flatteur",
    ),
}
_FRENCH_SPLITS = {"train": "d’entraînement", "validation": "de validation", "test": "de test"}


def _across(
    copies: Copies, groups: Sequence[np.ndarray], names: Sequence[str], one: str, other: str, what: Note
) -> list[Note]:
    first, second = copies.splits.index(one), copies.splits.index(other)
    both = [members for members in groups if {first, second} <= set(copies.kept[members].tolist())]
    if not both:
        return []
    count = sum(int((copies.kept[members] == second).sum()) for members in both)
    total = int((copies.kept == second).sum())
    why, nearly = _FLATTERED[one, other], _nearly(copies, both)
    shown = _listed(
        [
            tuple(names[members[copies.kept[members] == split][0]] for split in (first, second))
            for members in both
        ]
    )
    return [
        Note(
            f"{EN.integer(count)} of the {EN.integer(total)} {other} {what.en} {'is' if count == 1 else 'are'} in "
            f"the {one} "
            f"split too{nearly.en}; {why.en}. {shown.en}",
            f"{FR.integer(count)} des {FR.integer(total)} {what.fr} {_FRENCH_SPLITS[other]} "
            f"{'est' if count == 1 else 'sont'} aussi parmi celles {_FRENCH_SPLITS[one]}{nearly.fr} ; {why.fr}. "
            f"{shown.fr}",
        )
    ]


def _nearly(copies: Copies, groups: Sequence[np.ndarray]) -> Note:
    """That some of these are only nearly the same."""
    if all(len(np.unique(copies.same[rows])) == 1 for rows in groups):
        return Note("", "")
    return Note(
        ", or nearly (mirrored, rescaled, cropped…)", ", ou presque (en miroir, redimensionnées, rognées…)"
    )


def _two_classes(
    copies: Copies, groups: Sequence[np.ndarray], names: Sequence[str], what: Note
) -> list[Note]:
    torn = [members for members in groups if len(set(copies.labels[members].tolist())) > 1]
    if not torn:
        return []
    pairs = []
    for members in torn:
        firsts = [members[copies.labels[members] == label][0] for label in np.unique(copies.labels[members])]
        pairs.append(tuple(f"{names[i]} ({copies.called[copies.labels[i]]})" for i in firsts))
    shown = _listed(pairs)
    en, fr = (
        (f"One of the {what.en} stands", f"Une des {what.fr} est")
        if len(torn) == 1
        else (f"{EN.integer(len(torn))} {what.en} stand", f"{FR.integer(len(torn))} {what.fr} sont")
    )
    return [
        Note(
            f"{en} under several classes: one label at least is wrong, and no network can be right on both. {shown.en}",
            f"{fr} sous plusieurs classes : une étiquette au moins est fausse, et aucun réseau ne peut avoir raison "
            f"sur les deux. {shown.fr}",
        )
    ]


def _nearly_in_two_classes(
    copies: Copies, groups: Sequence[np.ndarray], names: Sequence[str], what: Note
) -> list[Note]:
    pairs = []
    for rows in groups:
        labels, first = np.unique(copies.labels[rows], return_index=True)
        same = copies.same[rows]
        # What is the very same under two classes is told by itself.
        if len(labels) > 1 and len(np.unique(same)) == len(
            np.unique(np.stack([same, copies.labels[rows]]), axis=1).T
        ):
            pairs.append(tuple(f"{names[i]} ({copies.called[copies.labels[i]]})" for i in rows[first]))
    if not pairs:
        return []
    shown = _listed(pairs)
    return [
        Note(
            f"Some {what.en} are nearly the same, and of several classes: one label may be wrong. {shown.en}",
            f"Certaines {what.fr} sont presque les mêmes, et de plusieurs classes : une étiquette est peut-être "
            f"fausse. {shown.fr}",
        )
    ]


def _pairs(
    groups: Sequence[np.ndarray], copies: Copies, names: Sequence[str], changed: set[int]
) -> list[tuple[str, ...]]:
    """Of each group that was moved: one that was moved, and one that was there."""
    pairs = []
    for members in groups:
        gone = [i for i in members.tolist() if i in changed]
        if gone:
            at = copies.kept[gone[0]]
            there = [i for i in members.tolist() if i not in changed and copies.kept[i] == at]
            pairs.append((names[gone[0]], *(names[i] for i in there[:1])))
    return pairs


def _listed(pairs: Sequence[tuple[str, ...]]) -> Note:
    text = "; ".join(" = ".join(visible(name) for name in pair) for pair in pairs[:_SHOWN])
    more = len(pairs) - _SHOWN
    if more <= 0:
        return Note(f"{text}.", f"{text.replace(';', ' ;')}.")
    return Note(
        f"{text}; and {EN.integer(more)} more, in run.json.",
        f"{text.replace(';', ' ;')} ; et {FR.integer(more)} de plus, dans run.json.",
    )
