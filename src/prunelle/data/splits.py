"""Taking validation and test pictures out of what was given: stratified, seeded, the same on every machine."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence, Sized

import numpy as np

from prunelle.errors import ArgumentError
from prunelle.texts import Note


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


PICTURES, SERIES = Note("the pictures", "des images"), Note("the series", "des séries")


def drawn_note(
    shares: Shares, drawn: Sequence[Sized], *, seed: int, from_train: bool, examples: Note = PICTURES
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
        f"{'train' if from_train else examples.en}, class by class, seed {seed}.{none_en}",
        fr=f"Pas de division de {names_fr} donnée : {drawn_fr} ont été tirés "
        f"{'de train' if from_train else examples.fr}, classe par classe, graine {seed}.{none_fr}",
    )
