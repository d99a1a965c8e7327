"""Labels as they were written, understood for what is to be told: several labels in a cell, or a number.

A class is a text as it is; ``folder`` and ``series.assemble`` see to those.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Mapping, Sequence

import numpy as np

from prunelle.data.labels import near_classes
from prunelle.data.series.text import number_or_none
from prunelle.data.targets import BETWEEN, Number, SeveralLabels, Target, TargetKind
from prunelle.errors import DataError
from prunelle.texts import composed, shown

SEPARATORS = (BETWEEN, "|", ",")
"""Between several labels in one cell; of those that a table has, the first here."""

YES = ("1", "1.0", "true", "yes", "y", "x", "oui", "o", "vrai")
NO = ("0", "0.0", "false", "no", "n", "", "non", "faux")
"""What a column of one label holds, without capitals."""


@dataclasses.dataclass(frozen=True, eq=False)
class Told:
    """What is told of examples.

    Attributes:
        target: with what the training split says of it.
        classes: names of the outputs.
        labels: by split, as ``target`` has them.
    """

    target: Target
    classes: tuple[str, ...]
    labels: Mapping[str, np.ndarray]


def told(kind: TargetKind, texts: Mapping[str, Sequence[str]], column: str, *, learned: bool = True) -> Told:
    """Of each split's ``texts``, ``train`` among them: its labels.

    Args:
        kind: labels, whose texts are those of ``written``, or a number.
        column: what a number is called.
        learned: they will be learned from, so that there must be something to learn.

    Raises:
        DataError: a text that is no number; a label that the training split lacks; nothing to learn.
    """
    if kind == "number":
        numbers = {split: _numbers(given, column) for split, given in texts.items()}
        return Told(Number.of(numbers["train"]) if learned else Number(), (column,), numbers)
    names = {split: [names_in(text, BETWEEN) for text in given] for split, given in texts.items()}
    classes = tuple(sorted({name for row in names["train"] for name in row}))
    if not classes:
        raise DataError("no example of the training split has any label; there must be one at least.")
    labels = {split: _marked(rows, classes, split) for split, rows in names.items()}
    if learned and labels["train"].all():
        raise DataError(
            f"every example of the training split has every label ({shown(list(classes))}), so that there is nothing "
            f"to tell apart. Examples that lack one are needed too; an empty cell is none."
        )
    return Told(SeveralLabels(), classes, labels)


def written(cells: Sequence[str]) -> list[str]:
    """Cells of several labels each, as ``told`` reads them, whatever stands between theirs."""
    separator = separator_of(cells)
    return [BETWEEN.join(names_in(cell, separator)) for cell in cells]


def separator_of(texts: Iterable[str]) -> str:
    """What stands between labels in these cells."""
    seen = {mark for text in texts for mark in SEPARATORS if mark in text}
    return next((mark for mark in SEPARATORS if mark in seen), BETWEEN)


def names_in(text: str, separator: str) -> tuple[str, ...]:
    """The labels in a cell, each once; none of an empty one."""
    return tuple(dict.fromkeys(composed(name.strip()) for name in text.split(separator) if name.strip()))


def is_yes(text: str) -> bool | None:
    """What a cell in a column of one label says; None where it says neither yes nor no."""
    plain = text.strip().casefold()
    return True if plain in YES else False if plain in NO else None


def _marked(rows: Sequence[Sequence[str]], classes: Sequence[str], split: str) -> np.ndarray:
    """``(N, K)`` bool."""
    index = {name: number for number, name in enumerate(classes)}
    unknown = sorted({name for row in rows for name in row} - set(classes))
    if unknown:
        raise DataError(
            f"the {split} split has labels that the training split lacks: {shown(unknown)}."
            f"{near_classes(unknown, classes)} Training has: {shown(list(classes))}."
        )
    labels = np.zeros((len(rows), len(classes)), bool)
    for at, row in enumerate(rows):
        labels[at, [index[name] for name in row]] = True
    return labels


def _numbers(texts: Sequence[str], column: str) -> np.ndarray:
    """``(N,)`` float64; decimal commas do as well."""
    numbers = np.empty(len(texts))
    for row, text in enumerate(texts):
        plain = text.strip()
        number = number_or_none(plain if "." in plain else plain.replace(",", ".", 1))
        if number is None or not np.isfinite(number):
            raise DataError(
                f"{column} must be a number for each example (--task regression); received {text!r}. Where these are "
                f"classes, leave --task out; examples without a number are to be taken out."
            )
        numbers[row] = number
    return numbers
