"""Copies of one example in several splits or under several labels: which are moved, and what is said of the others."""

from __future__ import annotations

import dataclasses
import os
from collections.abc import Mapping, Sequence

import numpy as np

from prunelle.data import duplicates
from prunelle.data.duplicates import Contents
from prunelle.data.examples import Data, Split
from prunelle.data.kinds import kind_of
from prunelle.data.pixels import Pixels
from prunelle.texts import EN, FR, Note, visible

_SHOWN = 5
_LISTED = 1000  # in run.json


@dataclasses.dataclass(frozen=True, eq=False)
class Copies:
    """Examples that are there more than once.

    Attributes:
        splits: names, in the order of ``split``.
        split: ``(N,)`` the split of each readable example, as it was given or drawn. rows: ``(N,)`` its row there.
        labels: ``(N,)``. group: ``(N,)``, the same for the same example.
        kept: ``(N,)`` as ``split``, so that no copies are on both sides of a split that was drawn.
        contents: of all.
    """

    splits: tuple[str, ...]
    split: np.ndarray
    rows: np.ndarray
    labels: np.ndarray
    group: np.ndarray
    kept: np.ndarray
    contents: Contents

    @property
    def moved(self) -> np.ndarray:
        """Which examples change their split."""
        return np.flatnonzero(self.kept != self.split)

    def order(self, number: int) -> np.ndarray:
        """The examples of split ``number`` once they are moved: those that stay, then those that come."""
        there = np.flatnonzero(self.kept == number)
        return there[np.argsort(self.split[there] != number, kind="stable")]


def find_copies(data: Data, pixels: Mapping[str, Pixels]) -> Copies:
    """All copies in the decoded splits of ``data``, and where each example goes.

    Where a group of copies lies on both sides of a split that was drawn, one of them, chosen by the content, decides
    for all: so the shares stay what they were drawn as. Splits that were given stay as they are, and every class keeps
    an example to train on.
    """
    names = tuple(pixels)
    split = np.concatenate([np.full(len(part), i) for i, part in enumerate(pixels.values())])
    rows = np.concatenate([np.arange(len(part)) for part in pixels.values()])
    labels = np.concatenate([part.labels for part in pixels.values()])
    contents = Contents.joined([duplicates.contents_of(part) for part in pixels.values()])
    group = duplicates.groups(contents)
    kept = split.copy()
    train = names.index("train")
    free = {train, *(names.index(name) for name in data.drawn if name in names)}
    undecided = [members for members in _members(group) if len(set(split[members].tolist()) & free) > 1]
    for members in undecided:
        here = split[members].tolist()
        movable = [int(member) for member, at in zip(members, here, strict=True) if at in free]
        if set(here) <= free:
            chosen = movable[int(contents.digests[members[0]], 16) % len(movable)]
            kept[movable] = split[chosen]
        else:
            kept[movable] = train  # beside a given split that holds them too
    for label in np.setdiff1d(labels, labels[kept == train]):
        # Its examples to train on all have copies elsewhere.
        for members in undecided:
            if (labels[members] == label).any():
                kept[[int(member) for member in members if split[member] in free]] = train
    return Copies(
        splits=names, split=split, rows=rows, labels=labels, group=group, kept=kept, contents=contents
    )


def _members(group: np.ndarray) -> list[np.ndarray]:
    """The rows of each group of at least two."""
    order = np.argsort(group, kind="stable")
    bounds = np.flatnonzero(np.diff(group[order])) + 1
    return [members for members in np.split(order, bounds) if len(members) > 1]


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
    groups = _members(copies.group)
    notes = []
    changed = set(copies.moved.tolist())
    if changed:
        shown = _listed(_pairs(groups, copies.split, copies.kept, names, changed))
        notes.append(
            Note(
                f"Some {what.en} are there more than once. So that none is both learned and judged, "
                f"{EN.integer(len(changed))} of them went to the split of their copies: {shown.en}",
                f"Certaines {what.fr} sont là plusieurs fois. Pour qu’aucune ne soit à la fois apprise et jugée, "
                f"{FR.integer(len(changed))} d’entre elles ont rejoint le jeu de leurs copies : {shown.fr}",
            )
        )
    for one, other in (("train", "test"), ("train", "validation"), ("validation", "test")):
        if one in copies.splits and other in copies.splits:
            notes += _across(copies, groups, names, one=one, other=other, what=what)
    notes += _two_classes(copies, groups, names, data.classes, what)
    return notes


def listed(copies: Copies, names: Sequence[str], classes: Sequence[str]) -> list[list[dict[str, str]]]:
    """For ``run.json``: the copies that are in several splits or classes, or were moved; at most 1,000 groups."""
    groups = [
        members
        for members in _members(copies.group)
        if len(set(copies.split[members].tolist())) > 1 or len(set(copies.labels[members].tolist())) > 1
    ]
    return [
        [
            {"file": names[i], "split": copies.splits[copies.kept[i]], "class": classes[copies.labels[i]]}
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
    why = _FLATTERED[one, other]
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
            f"split too; {why.en}. {shown.en}",
            f"{FR.integer(count)} des {FR.integer(total)} {what.fr} {_FRENCH_SPLITS[other]} "
            f"{'est' if count == 1 else 'sont'} aussi parmi celles {_FRENCH_SPLITS[one]} ; {why.fr}. {shown.fr}",
        )
    ]


def _two_classes(
    copies: Copies, groups: Sequence[np.ndarray], names: Sequence[str], classes: Sequence[str], what: Note
) -> list[Note]:
    torn = [members for members in groups if len(set(copies.labels[members].tolist())) > 1]
    if not torn:
        return []
    pairs = []
    for members in torn:
        firsts = [members[copies.labels[members] == label][0] for label in np.unique(copies.labels[members])]
        pairs.append(tuple(f"{names[i]} ({classes[copies.labels[i]]})" for i in firsts))
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


def _pairs(
    groups: Sequence[np.ndarray], split: np.ndarray, kept: np.ndarray, names: Sequence[str], changed: set[int]
) -> list[tuple[str, ...]]:
    """Of each group that was moved: one that was moved, and one that was there."""
    pairs = []
    for members in groups:
        gone = [i for i in members.tolist() if i in changed]
        if gone:
            there = [i for i in members.tolist() if i not in changed and kept[i] == kept[gone[0]]]
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
