"""Taking validation and test pictures out of what was given: stratified, seeded, the same on every machine; where
examples belong together, by whole groups (``group_splits``)."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence, Sized

import numpy as np

from prunelle.data.group_splits import drawn_whole
from prunelle.data.targets import CLASS_BY_CLASS, ONE_CLASS, Target
from prunelle.errors import ArgumentError, DataError
from prunelle.texts import EN, FR, Note


@dataclasses.dataclass(frozen=True)
class Shares:
    """Fractions of the pictures that become validation and test; 0 for none."""

    validation: float
    test: float

    def __post_init__(self) -> None:
        for name in ("validation", "test"):
            if not 0 <= getattr(self, name) < 1:
                raise ArgumentError(
                    f"{name} must be a share of the pictures, at least 0 and below 1; received "
                    f"{getattr(self, name)}."
                )
        if self.validation + self.test >= 1:
            raise ArgumentError(
                "validation and test together must leave something to train on; received "
                f"{self.validation} and {self.test}."
            )


@dataclasses.dataclass(frozen=True, kw_only=True, eq=False)
class Drawn:
    """Which examples go where.

    Attributes:
        train, validation, test: ``(n,)`` int64, ascending.
        notes: what a person should know of it.
    """

    train: np.ndarray
    validation: np.ndarray
    test: np.ndarray
    notes: tuple[Note, ...]

    def items(self) -> tuple[tuple[str, np.ndarray], ...]:
        """``validation`` and ``test`` with their rows."""
        return ("validation", self.validation), ("test", self.test)


PICTURES, SERIES = Note("pictures", "images"), Note("series", "séries")


def draw(
    labels: np.ndarray,
    groups: np.ndarray | None,
    shares: Shares,
    *,
    target: Target = ONE_CLASS,
    seed: int,
    classes: Sequence[str],
    from_train: bool,
    examples: Note = PICTURES,
) -> Drawn:
    """Validation and test, drawn by whole groups where there are some, else one by one; every class, and every label,
    keeps an example to be learned from.

    Args:
        labels: of N examples, as ``target`` has them.
        groups: ``(N,)`` str, or None.
        shares: of both.
        target: what is told of an example.
        seed: of the draw.
        classes: names, for the notes.
        from_train: other splits are given, for the notes.
        examples: what they are, for the notes.

    Raises:
        DataError: all examples are one group, of which nothing can be set apart.
    """
    strata = target.strata(labels)
    if groups is None:
        train, validation, test = stratified(strata, shares, seed)
        note = drawn_note(
            shares, (validation, test), seed=seed, from_train=from_train, examples=examples, by=target.by
        )
        drawn = Drawn(train=train, validation=validation, test=test, notes=(note,) if note else ())
    else:
        parts = _whole_groups(strata, groups, shares, seed)
        names = target.strata_names(classes)
        notes = _group_notes(
            strata, groups, shares, parts=parts, seed=seed, classes=names, examples=examples, by=target.by
        )
        drawn = Drawn(train=parts[0], validation=parts[1], test=parts[2], notes=tuple(notes))
    if target.exclusive:
        return drawn  # each class has one in train already
    kept = np.zeros(len(labels), bool)
    kept[drawn.train] = True
    for rows in target.rows_of_each(labels, classes).values():
        if len(rows) and not kept[rows].any():
            kept |= np.arange(len(labels)) == rows[0] if groups is None else groups == groups[rows[0]]
    return dataclasses.replace(
        drawn,
        train=np.flatnonzero(kept),
        validation=drawn.validation[~kept[drawn.validation]],
        test=drawn.test[~kept[drawn.test]],
    )


def _whole_groups(
    strata: np.ndarray, groups: np.ndarray, shares: Shares, seed: int
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Indices of train, validation and test, no group on two sides."""
    if not (shares.validation or shares.test):
        return np.arange(len(strata)), np.zeros(0, np.int64), np.zeros(0, np.int64)
    if (groups == groups[0]).all():
        raise DataError(
            f"all {len(groups):,} examples are of one group, {str(groups[0])!r}, of which no validation or test can be "
            f"set apart. Say groups that are smaller, or draw none (--validation 0 --test 0)."
        )
    return drawn_whole(strata, groups, (shares.validation, shares.test), seed)


def stratified(labels: np.ndarray, shares: Shares, seed: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Indices of train, validation and test, each ascending.

    Every class gives its share, rounded so that the totals are right too (largest remainders). A class of at
    least 3 pictures has one in every split that is asked for; every class keeps one to train on.

    Args:
        labels: ``(N,)`` int64.
        seed: of the draw. One class's draw does not depend on the others.
    """
    counts = np.bincount(labels)
    num_test = _counts(counts, shares.test)
    num_validation = _counts(counts, shares.validation)
    # A class too small for all three keeps one to train on, then one to validate on.
    num_test = np.minimum(num_test, np.maximum(counts - 1 - (num_validation > 0), 0))
    num_validation = np.minimum(num_validation, np.maximum(counts - 1 - num_test, 0))
    parts: tuple[list[np.ndarray], ...] = ([], [], [])
    for label in np.flatnonzero(counts):
        members = np.random.default_rng([seed, int(label)]).permutation(np.flatnonzero(labels == label))
        first, second = num_validation[label], num_validation[label] + num_test[label]
        for part, chosen in zip(
            parts, (members[second:], members[:first], members[first:second]), strict=True
        ):
            part.append(chosen)
    train, validation, test = (np.sort(np.concatenate(part)) for part in parts)
    return train, validation, test


def _counts(counts: np.ndarray, share: float) -> np.ndarray:
    """How many of each class, for ``share`` of all."""
    exact = counts * share
    whole = np.floor(exact).astype(np.int64)
    # Halves are rounded up, and equal remainders go to the first class, whatever the machine.
    missing = int(np.floor(exact.sum() + 0.5)) - int(whole.sum())
    order = np.argsort(-np.round(exact - whole, 9), kind="stable")
    whole[order[:missing]] += 1
    return np.where((counts >= 3) & (share > 0), np.maximum(whole, 1), whole)


def drawn_note(
    shares: Shares,
    drawn: Sequence[Sized],
    *,
    seed: int,
    from_train: bool,
    examples: Note = PICTURES,
    by: Note = CLASS_BY_CLASS,
) -> Note | None:
    """The sentence that says what was drawn, from train or from all examples; None if nothing was.

    Args:
        drawn: what became validation, and what became test.
    """
    parts = [
        (name, share, count)
        for name, share, count in (
            ("validation", shares.validation, len(drawn[0])),
            ("test", shares.test, len(drawn[1])),
        )
        if share
    ]
    if not parts:
        return None
    names_en, names_fr = " or ".join(part[0] for part in parts), " ni de ".join(part[0] for part in parts)
    drawn_en = " and ".join(f"{share * 100:g} % ({count}) for {name}" for name, share, count in parts)
    drawn_fr = " et ".join(f"{share * 100:g} % ({count}) pour {name}" for name, share, count in parts)
    without = [name for name, _, count in parts if not count]
    none_en = f" That is too few for any: there is no {' and no '.join(without)} split." if without else ""
    none_fr = f" C’est trop peu : il n’y a pas de jeu de {' ni de '.join(without)}." if without else ""
    return Note(
        en=f"No {names_en} split was given: {drawn_en} were drawn from "
        f"{'train' if from_train else f'the {examples.en}'}, {by.en}, seed {seed}.{none_en}",
        fr=f"Pas de division de {names_fr} donnée : {drawn_fr} ont été tirés "
        f"{'de train' if from_train else f'des {examples.fr}'}, {by.fr}, graine {seed}.{none_fr}",
    )


def _group_notes(
    labels: np.ndarray,
    groups: np.ndarray,
    shares: Shares,
    *,
    parts: Sequence[np.ndarray],
    seed: int,
    classes: Sequence[str],
    examples: Note,
    by: Note,
) -> list[Note]:
    """What was drawn by whole groups, what became of the shares, and which classes had too few groups for it."""
    asked = [
        (name, french, share, rows)
        for name, french, share, rows in (
            ("validation", "la validation", shares.validation, parts[1]),
            ("test", "le test", shares.test, parts[2]),
        )
        if share
    ]
    if not asked:
        return []
    en, fr = [], []
    for name, french, share, rows in asked:
        of, got = len(np.unique(groups[rows])), len(rows) / len(labels)
        wanted = EN.number(share * 100), FR.number(share * 100)
        en.append(
            f"{name} has {EN.integer(len(rows))} of {EN.integer(of)} group{'s' * (of != 1)}, {EN.percent(got)} where "
            f"{wanted[0]} % was asked for"
            if of
            else f"{name} has none, where {wanted[0]} % was asked for"
        )
        fr.append(
            f"{french} en a {FR.integer(len(rows))} de {FR.integer(of)} groupe{'s' * (of > 1)}, {FR.percent(got)} pour "
            f"{wanted[1]} % demandés"
            if of
            else f"{french} n’en a aucune, pour {wanted[1]} % demandés"
        )
    names, french_names = (" and ".join(each[0] for each in asked), " et ".join(each[1] for each in asked))
    total = len(np.unique(groups))
    notes = [
        Note(
            f"No {names.replace(' and ', ' or ')} split was given: of {EN.integer(len(labels))} {examples.en} in "
            f"{EN.integer(total)} groups, {names} were drawn by whole groups, {by.en} as far as these allow, "
            f"seed {seed}: {'; '.join(en)}.",
            f"Pas de division donnée pour {french_names} : parmi {FR.integer(len(labels))} {examples.fr} en "
            f"{FR.integer(total)} groupes, le tirage s’est fait par groupes entiers, {by.fr} autant que "
            f"possible, graine {seed} : {' ; '.join(fr)}.",
        )
    ]
    of_class = [len(np.unique(groups[labels == k])) for k in range(len(classes))]
    lacking: dict[tuple[int, ...], list[tuple[str, str]]] = {}
    for name, french, _, rows in asked:
        there = np.bincount(labels[rows], minlength=len(classes))
        without = tuple(k for k in range(len(classes)) if not there[k] and of_class[k])
        lacking.setdefault(without, []).append((name, french))
    for without, names_of in lacking.items():
        if without:
            listed = [f"{classes[k]} ({of_class[k]})" for k in without]
            where = (" and ".join(name for name, _ in names_of), " et ".join(name for _, name in names_of))
            notes.append(
                Note(
                    f"Classes with too few groups to be in {where[0]} too, where nothing judges them (groups in "
                    f"brackets): {EN.listed(listed)}. A class needs a group for each split.",
                    f"Classes de trop peu de groupes pour être aussi dans {where[1]}, où rien ne les juge (groupes "
                    f"entre parenthèses) : {FR.listed(listed)}. Il faut à une classe un groupe par division.",
                )
            )
    return notes
