"""The classes of series: one name for each, however a file writes it, and whether they are classes at all."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable, Sequence

from prunelle.data.series.text import number_or_none
from prunelle.texts import composed

_FEW = 10  # series, below which any number of classes may be meant
_MOST_QUANTITIES = 20
_SHOWN = 3


def named(labels: Iterable[str]) -> tuple[str, ...]:
    """Labels as classes are called: whole numbers without decimals or exponent, ``1.0000000e+00`` → ``1``.

    Only where all are numbers: among words, ``1.0`` is a word. ``01`` stays ``01``: zeros in front are names, of
    files or of persons, more often than numbers. Accents are one sign each, however a file writes them.
    """
    labels = tuple(map(composed, labels))
    short = {label: _short(label) for label in set(labels)}
    if any(one is None for one in short.values()):
        return labels
    return tuple(short[label] or label for label in labels)


def _short(label: str) -> str | None:
    """None for what is no number."""
    value = number_or_none(label)
    if value is None or not math.isfinite(value):
        return None
    if not value.is_integer() or abs(value) >= 2**53 or label.strip().lstrip("-").isdigit():
        return label.strip()
    return str(int(value))


def index_of(label: str, classes: Sequence[str]) -> int | None:
    """Which of ``classes`` a label is: by its name, else the only one of the same value (``1.0``, ``1``, ``01``)."""
    if label in classes:
        return classes.index(label)
    value = number_or_none(label)
    if value is None:
        return None
    same = [i for i, name in enumerate(classes) if number_or_none(name) == value]
    return same[0] if len(same) == 1 else None


def in_order(labels: Iterable[str]) -> tuple[str, ...]:
    """By value where all are numbers (10 after 9), else as strings."""
    labels = set(labels)
    values = {label: number_or_none(label) for label in labels}
    if None in values.values():
        return tuple(sorted(labels))
    return tuple(sorted(labels, key=lambda label: (values[label] or 0.0, label)))


def why_no_classes(labels: Sequence[str], *, sure: bool) -> str:
    """What makes labels no classes, in words that follow "the labels "; empty where they may be.

    Args:
        labels: of the training series.
        sure: whether the format or the user says that these are the labels; then only quantities are refused.
    """
    counts = Counter(labels)
    shown = ", ".join(in_order(counts)[:_SHOWN]) + (", …" if len(counts) > _SHOWN else "")
    values = [number_or_none(label) for label in counts]
    quantities = None not in values and any(value is not None and not value.is_integer() for value in values)
    few = len(labels) < _FEW
    if quantities and (len(counts) > _MOST_QUANTITIES or (len(counts) > len(labels) / 2 and not few)):
        return (
            f"are {len(counts):,} different numbers in {len(labels):,} series ({shown}): quantities, not classes. "
            f"Regression is not offered; cut them into ranges, and name those"
        )
    if not sure and not few and len(counts) > len(labels) / 2:
        return f"are {len(counts):,} different ones in {len(labels):,} series ({shown})"
    return ""
