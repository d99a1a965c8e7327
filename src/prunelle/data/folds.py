"""Folds: every example is in one, in which it is judged by a network that learned from the others.

scikit-learn divides: class by class as far as possible, and by whole groups where examples belong together. Copies
belong together as groups do: a network that has learned one knows the other.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from prunelle.data import near_copies
from prunelle.data.group_splits import drawn_whole
from prunelle.data.splits import Shares, stratified
from prunelle.errors import ArgumentError
from prunelle.texts import EN, shown


def belonging(groups: np.ndarray | None, copies: np.ndarray | None, n: int) -> np.ndarray:
    """``(n,)`` int64, the same number for examples that must not be divided.

    Args:
        groups: ``(n,)`` str, see ``Split``; None where nothing was said of any.
        copies: ``(n,)`` int64, the same number for copies of one another, -1 for what is there once, as
            ``Contents.near``; None where nobody has compared them.
    """
    pairs = [np.zeros((0, 2), np.int64)]
    for members in (groups, copies):
        if members is None:
            continue
        rows = np.flatnonzero(members >= 0) if members is copies else np.arange(n)
        for joined in near_copies.members(np.unique(members[rows], return_inverse=True)[1].reshape(-1)):
            pairs.append(np.stack([np.full(len(joined) - 1, rows[joined[0]]), rows[joined[1:]]], axis=1))
    return near_copies.joined(np.arange(n), np.concatenate(pairs))


def folds(labels: np.ndarray, groups: np.ndarray, k: int, seed: int, *, classes: Sequence[str]) -> np.ndarray:
    """The fold of each example, ``(N,)`` int64 in [0, k).

    Args:
        labels: ``(N,)`` int64.
        groups: ``(N,)`` int64, from ``belonging``: what has the same number is in the same fold.
        k: how many folds.
        seed: of the draw.
        classes: their names, for the error.

    Raises:
        ArgumentError: k is below 2, or a class has fewer than k examples that can be divided: some fold would have none
            of it to judge.
    """
    check_number(k)
    separate = separable(labels, groups, len(classes))
    if short := np.flatnonzero(separate < k).tolist():
        counts = np.bincount(labels, minlength=len(classes))
        named = [
            f"{classes[label]} has {EN.integer(int(counts[label]))}"
            + ("" if counts[label] == separate[label] else f", of which {separate[label]} can be divided")
            for label in short
        ]
        fewest = int(separate.min())
        fewer = f"Ask for fewer (--folds {fewest}), or add some" if fewest >= 2 else "Add some"
        raise ArgumentError(
            f"folds must be at most the examples of the rarest class, so that each fold has one to judge; received "
            f"{k}, and {shown(named)}. {fewer}."
        )
    from sklearn.model_selection import StratifiedGroupKFold, StratifiedKFold

    whole = len(np.unique(groups)) == len(groups)
    divide = (StratifiedKFold if whole else StratifiedGroupKFold)(n_splits=k, shuffle=True, random_state=seed)
    fold = np.empty(len(labels), np.int64)
    parts = divide.split(np.zeros(len(labels)), labels, None if whole else groups)
    for number, (_, judged) in enumerate(parts):
        fold[judged] = number
    return fold


def check_number(k: int) -> None:
    """Raises an ``ArgumentError`` where so many folds make no sense."""
    if k < 2:
        raise ArgumentError(
            f"folds must be at least 2, so that there is something to learn from while one is judged; received {k}."
        )


def separable(labels: np.ndarray, groups: np.ndarray, num_classes: int) -> np.ndarray:
    """``(K,)`` int64: in how many parts that must not be divided each class lies."""
    pairs = np.unique(np.stack([groups, labels], axis=1), axis=0)
    return np.bincount(pairs[:, 1], minlength=num_classes)


def set_apart(
    labels: np.ndarray, groups: np.ndarray, share: float, seed: int
) -> tuple[np.ndarray, np.ndarray]:
    """Rows to learn from and rows to validate on, each ascending; no group is in both.

    Args:
        labels: ``(N,)`` int64. groups: as of ``folds``.
        share: of the validation; 0 for none.
        seed: of the draw.
    """
    if len(np.unique(groups)) == len(groups):
        learned, validated, _ = stratified(labels, Shares(share, 0), seed)
    elif share:
        learned, validated, _ = drawn_whole(labels, groups, (share, 0), seed)
    else:
        learned, validated = np.arange(len(labels)), np.zeros(0, np.int64)
    return learned, validated
