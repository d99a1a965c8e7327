"""Validation and test drawn by whole groups: a burst, a film, a patient is on one side, whatever it holds.

Every group goes where it is missed most: to the part whose classes are furthest, in proportion, from the shares that
they should have, of examples and of groups: by examples alone, the small groups, which fit best, would all be judged
and the large ones learned. Where groups are few the order decides much, so several orders are tried and the fairest is
kept.
scikit-learn's ``StratifiedGroupKFold`` cuts into parts of equal size alone, and may leave a class with nothing to learn
from; the tests hold this draw against it.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator, Sequence

import numpy as np

_TRIED = 40_000  # groups placed, over all orders that are tried: about a second
_MOST_ORDERS = 50
_DIGITS = 9  # what is equal to so many digits is equal, on every machine


def drawn_whole(
    labels: np.ndarray, groups: np.ndarray, shares: tuple[float, float], seed: int
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Indices of train, validation and test, each ascending, no group on two sides.

    Every class keeps a group to train on. A class of at least 3 groups has one in every part that is asked for, unless
    it shares them all with a class that cannot spare them.

    Args:
        labels: ``(N,)`` int64.
        groups: ``(N,)`` str.
        shares: of validation and test.
        seed: of the orders.
    """
    numbers = np.unique(groups, return_inverse=True)[1].reshape(-1)
    table = _Table.of(labels, numbers)
    orders = int(np.clip(_TRIED // len(table.held), 1, _MOST_ORDERS))
    placed = min(
        (_Placing(table, (1 - sum(shares), *shares)).placed(_order(table, seed, k)) for k in range(orders)),
        key=lambda each: each.unfairness,
    )
    of_example = np.array(placed.part)[numbers]
    train, validation, test = (np.flatnonzero(of_example == part) for part in range(3))
    return train, validation, test


@dataclasses.dataclass(frozen=True, eq=False)
class _Table:
    """What the groups hold.

    Attributes:
        held: of each group, its classes, and how many examples of each.
        sizes: ``(G,)``.
        counts: examples of each class. groups: how many groups have some of it.
    """

    held: Sequence[Sequence[tuple[int, int]]]
    sizes: np.ndarray
    counts: Sequence[int]
    groups: Sequence[int]

    @classmethod
    def of(cls, labels: np.ndarray, numbers: np.ndarray) -> _Table:
        """Of ``(N,)`` labels and numbers of groups."""
        classes = int(labels.max()) + 1
        cells, counts = np.unique(numbers * classes + labels, return_counts=True)
        held: list[list[tuple[int, int]]] = [[] for _ in range(int(numbers.max()) + 1)]
        for cell, count in zip(cells.tolist(), counts.tolist(), strict=True):
            held[cell // classes].append((cell % classes, count))
        return cls(
            held,
            np.bincount(numbers),
            np.bincount(labels).tolist(),
            np.bincount(cells % classes, minlength=classes).tolist(),
        )


def _order(table: _Table, seed: int, attempt: int) -> list[int]:
    """Large groups tend to come first: small ones fill what is left."""
    drawn = np.random.default_rng([seed, attempt]).random(len(table.sizes))
    order: list[int] = np.argsort(-drawn * table.sizes, kind="stable").tolist()
    return order


class _Placing:
    """Groups on their way into train (0), validation (1) and test (2)."""

    def __init__(self, table: _Table, shares: Sequence[float]) -> None:
        self.table = table
        self.part = [0] * len(table.held)
        self._asked = [part for part, share in enumerate(shares) if share or not part]
        # Of each class its examples, then its groups.
        self._wanted = [[share * n for n in (*table.counts, *table.groups)] for share in shares]
        self._there = [[0] * len(wanted) for wanted in self._wanted]
        self._left = list(table.groups)  # groups of a class that are in train, or may come there

    def placed(self, order: Sequence[int]) -> _Placing:
        """Itself, with every group in its place."""
        for group in order:
            parts = self._asked if self._can_spare(group) else [0]
            self._put(group, max(parts, key=lambda part: self._gain(group, part)))
        for part in self._asked[:0:-1]:  # what cannot be judged at all is the worse loss
            self._complete(part, order)
        return self

    @property
    def unfairness(self) -> float:
        """Pearson's chi-squared of what is there against what was wanted."""
        return round(
            sum(
                (there - wanted) ** 2 / wanted
                for part in self._asked
                for there, wanted in zip(self._there[part], self._wanted[part], strict=True)
                if wanted
            ),
            _DIGITS,
        )

    def _adds(self, group: int) -> Iterator[tuple[int, int]]:
        """What a group adds to: places in ``_wanted``, and how much."""
        for k, n in self.table.held[group]:
            yield k, n
            yield k + len(self.table.counts), 1

    def _gain(self, group: int, part: int) -> float:
        """By how much ``unfairness`` falls."""
        wanted, there = self._wanted[part], self._there[part]
        return round(
            sum(n * (2 * (wanted[at] - there[at]) - n) / wanted[at] for at, n in self._adds(group)), _DIGITS
        )

    def _can_spare(self, group: int) -> bool:
        """Whether train can do without it."""
        return all(self._left[k] > 1 for k, _ in self.table.held[group])

    def _put(self, group: int, part: int) -> None:
        self.part[group] = part
        for at, n in self._adds(group):
            self._there[part][at] += n
        if part:
            for k, _ in self.table.held[group]:
                self._left[k] -= 1

    def _complete(self, part: int, order: Sequence[int]) -> None:
        """A group for each class that has three and none in this part: of those in train, the smallest."""
        lacking = {k for k, groups in enumerate(self.table.groups) if groups > 2 and not self._there[part][k]}
        for group in sorted(order, key=lambda group: int(self.table.sizes[group])) if lacking else ():
            classes = {k for k, _ in self.table.held[group]}
            if classes & lacking and not self.part[group] and self._can_spare(group):
                for at, n in self._adds(group):
                    self._there[0][at] -= n
                self._put(group, part)
                lacking -= classes
