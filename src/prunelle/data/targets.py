"""What is to be told of an example: its class, which of several labels it has, or a number.

=========== ============== ======================== ==============================
kind        ``--task``     ``labels`` of N examples ``classes``
=========== ============== ======================== ==============================
``class``   classification ``(N,)`` int64           K names, at least two
``labels``  multilabel     ``(N, K)`` bool          K names, at least one
``number``  regression     ``(N,)`` float64         one name, of what is measured
=========== ============== ======================== ==============================

A network has as many outputs as there are ``classes``, whatever they are. What all kinds have is a member here, or a
module for each in a table by the kind's name (``training.objectives``: the loss, figures); what one kind alone has
(thresholds of labels, widths around numbers) is asked for by that name.
"""

from __future__ import annotations

import dataclasses
import math
from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from typing import Any, ClassVar, Literal

import numpy as np

from prunelle.errors import ArgumentError, DataError, UnknownName
from prunelle.texts import Note

TargetKind = Literal["class", "labels", "number"]

BETWEEN = ";"
"""Between the labels of an example, where they stand in one cell of a table."""

UNLABELLED = ""
"""In the place of a label's name, where examples have none."""

CLASS_BY_CLASS = Note("class by class", "classe par classe")

_STRATA = 10
_SHOWN = 8


@dataclasses.dataclass(frozen=True)
class Target(ABC):
    """The contract.

    Attributes:
        kind: in ``run.json`` and in tables by kind.
        task: what the command line calls it.
        exclusive: each example has one of the classes, and no other.
        by: how a draw goes through the strata, in words.
        each: of what a number of examples is told, behind it: examples a class.
        fewest_of: what ``fewest`` counts, behind the number.
        least_few: of ``few``, the smallest number that anything can be learned from.
        usual_few: numbers for ``few`` where none are given.
    """

    kind: ClassVar[TargetKind]
    task: ClassVar[str]
    exclusive: ClassVar[bool] = False
    by: ClassVar[Note]
    each: ClassVar[Note]
    fewest_of: ClassVar[Note]
    least_few: ClassVar[int] = 1
    usual_few: ClassVar[tuple[int, ...]] = (1, 5, 20, 100)

    @abstractmethod
    def strata(self, labels: np.ndarray) -> np.ndarray:
        """``(N,)`` int64, at least 0: a draw that takes its share of each stratum gives alike splits."""

    @abstractmethod
    def strata_names(self, classes: Sequence[str]) -> tuple[str, ...]:
        """What the strata are called."""

    @abstractmethod
    def counts(self, labels: np.ndarray, classes: Sequence[str]) -> np.ndarray:
        """``(K,)`` int64: how many examples there are of each class, with each label, or with the number."""

    def fewest(self, labels: np.ndarray, classes: Sequence[str]) -> int:
        """How many examples there are of what there are fewest of, by which they are few or many to learn from."""
        return int(self.counts(labels, classes).min())

    @abstractmethod
    def few(self, labels: np.ndarray, number: int) -> np.ndarray:
        """Which rows, ascending, make a small training set of ``number``: the first ones that do.

        Those of a smaller number are among those of a larger one.

        Args:
            labels: in an order that was drawn.
            number: of each class or label; of numbers, in all.
        """

    def most_few(self, labels: np.ndarray, classes: Sequence[str]) -> int:
        """The largest number for ``few``."""
        return self.fewest(labels, classes)

    @abstractmethod
    def rows_of_each(self, labels: np.ndarray, classes: Sequence[str]) -> dict[str, np.ndarray]:
        """Of ``(N, …)`` labels the rows of each class, of those with each label: what a page shows examples of."""

    @abstractmethod
    def written(self, label: Any, classes: Sequence[str]) -> str:
        """A row of ``labels`` as tables have it."""

    @abstractmethod
    def read(self, texts: Sequence[str], classes: Sequence[str]) -> np.ndarray:
        """The inverse, of N texts: ``labels``.

        Raises:
            DataError: a text is of no label.
        """

    @abstractmethod
    def named(self, text: str) -> tuple[str, ...]:
        """The classes that a text of ``written`` names: ``read`` must know them."""

    def fitted(self, labels: np.ndarray) -> Target:
        """As it is for a training on examples with these ``labels``."""
        return self

    def codes(self, labels: np.ndarray) -> np.ndarray:
        """``(N,)`` int64: the same number where labels are the same."""
        if not len(labels):
            return np.zeros(0, np.int64)
        return np.unique(labels, axis=0, return_inverse=True)[1].reshape(-1).astype(np.int64)

    def to_json(self) -> dict[str, Any]:
        """For ``run.json``."""
        return {"kind": self.kind, **dataclasses.asdict(self)}


@dataclasses.dataclass(frozen=True)
class OneClass(Target):
    """Each example is of one class."""

    kind: ClassVar[TargetKind] = "class"
    task: ClassVar[str] = "classification"
    exclusive: ClassVar[bool] = True
    by: ClassVar[Note] = CLASS_BY_CLASS
    each: ClassVar[Note] = Note(" a class", " par classe")
    fewest_of: ClassVar[Note] = Note("of the rarest class", "de la classe la plus rare")

    def strata(self, labels: np.ndarray) -> np.ndarray:
        return labels

    def strata_names(self, classes: Sequence[str]) -> tuple[str, ...]:
        return tuple(classes)

    def codes(self, labels: np.ndarray) -> np.ndarray:
        return labels

    def few(self, labels: np.ndarray, number: int) -> np.ndarray:
        """The first of each class."""
        return np.flatnonzero(_occurrences(labels) < number)

    def counts(self, labels: np.ndarray, classes: Sequence[str]) -> np.ndarray:
        return np.bincount(labels, minlength=len(classes))

    def rows_of_each(self, labels: np.ndarray, classes: Sequence[str]) -> dict[str, np.ndarray]:
        # Sorted once: there may be thousands of classes and a million examples.
        ends = np.cumsum(self.counts(labels, classes))[:-1]
        return dict(zip(classes, np.split(np.argsort(labels, kind="stable"), ends), strict=True))

    def written(self, label: Any, classes: Sequence[str]) -> str:
        return str(classes[label])

    def read(self, texts: Sequence[str], classes: Sequence[str]) -> np.ndarray:
        index = {name: number for number, name in enumerate(classes)}
        for text in texts:
            if text not in index:
                raise DataError(f"{text!r} is no class of the run.")
        return np.array([index[text] for text in texts], np.int64)

    def named(self, text: str) -> tuple[str, ...]:
        return (text,)


@dataclasses.dataclass(frozen=True)
class SeveralLabels(Target):
    """Each example has some of several labels: all, one, or none.

    Attributes:
        thresholds: K, the probability from which each label is answered; None for one half each, as in a training. A
            run has them in a file of their own (``runs.thresholds``), since they are chosen at its end.
    """

    kind: ClassVar[TargetKind] = "labels"
    by: ClassVar[Note] = Note("label by label", "étiquette par étiquette")
    each: ClassVar[Note] = Note(" a label", " par étiquette")
    fewest_of: ClassVar[Note] = Note("with the rarest label", "avec l’étiquette la plus rare")
    task: ClassVar[str] = "multilabel"

    thresholds: tuple[float, ...] | None = None

    def answered_from(self, num_labels: int) -> np.ndarray:
        """``(K,)`` float64, ``thresholds`` or one half each."""
        return np.full(num_labels, 0.5) if self.thresholds is None else np.array(self.thresholds)

    def to_json(self) -> dict[str, Any]:
        return {"kind": self.kind}

    def strata(self, labels: np.ndarray) -> np.ndarray:
        """Each example by the rarest label that it has, as iterative stratification begins (Sechidis, Tsoumakas and
        Vlahavas 2011); those without any are a stratum too."""
        counts = labels.sum(axis=0)
        # A label that an example lacks is as common as can be.
        commonness = np.where(labels, counts, len(labels) + 1)
        return np.where(labels.any(axis=1), commonness.argmin(axis=1), labels.shape[1]).astype(np.int64)

    def strata_names(self, classes: Sequence[str]) -> tuple[str, ...]:
        return (*classes, "–")

    def few(self, labels: np.ndarray, number: int) -> np.ndarray:
        """The first with each label, which may have others too, and as many of the first without any, if there are."""
        none = ~labels.any(axis=1, keepdims=True)
        each = np.concatenate([labels, none], axis=1)
        return np.flatnonzero((each & (np.cumsum(each, axis=0) <= number)).any(axis=1))

    def counts(self, labels: np.ndarray, classes: Sequence[str]) -> np.ndarray:
        return np.asarray(labels.sum(axis=0), np.int64)

    def written(self, label: Any, classes: Sequence[str]) -> str:
        return BETWEEN.join(name for name, has in zip(classes, label, strict=True) if has)

    def rows_of_each(self, labels: np.ndarray, classes: Sequence[str]) -> dict[str, np.ndarray]:
        rows = {name: np.flatnonzero(labels[:, k]) for k, name in enumerate(classes)}
        return {**rows, UNLABELLED: np.flatnonzero(~labels.any(axis=1))}

    def read(self, texts: Sequence[str], classes: Sequence[str]) -> np.ndarray:
        index = {name: number for number, name in enumerate(classes)}
        labels = np.zeros((len(texts), len(classes)), bool)
        for row, text in enumerate(texts):
            for name in self.named(text):
                if name not in index:
                    raise DataError(f"{name!r} is no label of the run.")
                labels[row, index[name]] = True
        return labels

    def named(self, text: str) -> tuple[str, ...]:
        return tuple(filter(None, text.split(BETWEEN)))


@dataclasses.dataclass(frozen=True)
class Number(Target):
    """Each example has a number: an age, a length, a price.

    Attributes:
        mean, std: of the training examples. What the network gives is multiplied by ``std``, and ``mean`` is added: it
            learns the number in units that suit its first weights.
        median: of the training examples: what one would answer who sees no example.
    """

    kind: ClassVar[TargetKind] = "number"
    by: ClassVar[Note] = Note("range by range", "tranche par tranche")
    each: ClassVar[Note] = Note("", "")
    fewest_of: ClassVar[Note] = Note("in each tenth of the numbers", "dans chaque dixième des nombres")
    least_few: ClassVar[int] = 2
    usual_few: ClassVar[tuple[int, ...]] = (10, 50, 200, 1000)
    task: ClassVar[str] = "regression"

    mean: float = 0.0
    std: float = 1.0
    median: float = 0.0

    @classmethod
    def of(cls, labels: np.ndarray) -> Number:
        """For training examples with these numbers.

        Raises:
            DataError: they are all the same.
        """
        mean, std = float(np.mean(labels)), float(np.std(labels))
        if not std > 1e-12 * max(1.0, abs(mean)):
            raise DataError(
                f"the numbers of the training examples must differ for anything to be learned; all are {mean:g}."
            )
        return cls(mean=mean, std=std, median=float(np.median(labels)))

    def fitted(self, labels: np.ndarray) -> Number:
        return self if self == Number() else Number.of(labels)

    def strata(self, labels: np.ndarray) -> np.ndarray:
        """Ten ranges of as many examples each, fewer of fewer examples."""
        bins = max(1, min(_STRATA, len(labels) // _STRATA))
        ranks = np.argsort(np.argsort(labels, kind="stable"), kind="stable")
        return (ranks * bins // max(1, len(labels))).astype(np.int64)

    def strata_names(self, classes: Sequence[str]) -> tuple[str, ...]:
        return tuple(f"{classes[0]}, {10 * k}–{10 * k + 10} %" for k in range(_STRATA))

    def counts(self, labels: np.ndarray, classes: Sequence[str]) -> np.ndarray:
        return np.array([len(labels)])

    def fewest(self, labels: np.ndarray, classes: Sequence[str]) -> int:
        """A tenth of them: numbers are in ranges as classes are."""
        return len(labels) // _STRATA

    def few(self, labels: np.ndarray, number: int) -> np.ndarray:
        """So many in all, of each range of ``strata`` in turn."""
        in_turn = np.argsort(_occurrences(self.strata(labels)), kind="stable")
        return np.sort(in_turn[:number])

    def most_few(self, labels: np.ndarray, classes: Sequence[str]) -> int:
        return len(labels)

    def rows_of_each(self, labels: np.ndarray, classes: Sequence[str]) -> dict[str, np.ndarray]:
        """From the smallest to the largest number, evenly: under the name of what is measured."""
        order = np.argsort(labels, kind="stable")
        return {classes[0]: order[:: max(1, len(order) // _SHOWN)]}

    def written(self, label: Any, classes: Sequence[str]) -> str:
        return repr(float(label))

    def read(self, texts: Sequence[str], classes: Sequence[str]) -> np.ndarray:
        try:
            numbers = np.array([float(text) for text in texts], np.float64)
        except ValueError as error:
            raise DataError(f"{str(error).rpartition(': ')[2]} is no number.") from None
        if not np.isfinite(numbers).all():
            raise DataError("a number is infinite or missing.")
        return numbers

    def named(self, text: str) -> tuple[str, ...]:
        return ()


def _occurrences(strata: np.ndarray) -> np.ndarray:
    """``(N,)`` int64: how many before it are of the same stratum."""
    order = np.argsort(strata, kind="stable")
    ordered = strata[order]
    occurrences = np.empty(len(strata), np.int64)
    occurrences[order] = np.arange(len(strata)) - np.searchsorted(ordered, ordered)
    return occurrences


ONE_CLASS = OneClass()

TARGETS: Mapping[str, type[Target]] = {"class": OneClass, "labels": SeveralLabels, "number": Number}
"""By the kind's name."""

TASKS: Mapping[str, TargetKind] = {target.task: target.kind for target in TARGETS.values()}
"""The kind that each word of ``--task`` asks for."""


@dataclasses.dataclass(frozen=True)
class Task:
    """What is asked to be told of examples, and which columns of a table say it: ``--task``.

    =========================  =====================================================================================
    ``classification``         a class: what is told unless anything else is asked
    ``multilabel``             some of several labels: in one cell with ``;``, ``|`` or commas between, over several
                               lines of one file, or a column a label that says yes or no
    ``regression``             a number
    ``regression:age``         the number of that column; of ``multilabel``, several: ``multilabel:cat,dog``
    =========================  =====================================================================================

    Attributes:
        kind: of target.
        columns: of a table; empty for those whose names say so.
    """

    kind: TargetKind = "class"
    columns: tuple[str, ...] = ()

    @classmethod
    def parse(cls, text: str | None) -> Task:
        """Of the command line's words.

        Raises:
            UnknownName: no such task.
            ArgumentError: a colon and no column behind it.
        """
        if text is None:
            return cls()
        word, colon, rest = text.partition(":")
        if word not in TASKS:
            raise UnknownName("task", word, tuple(TASKS))
        columns = tuple(name.strip() for name in rest.split(",") if name.strip())
        if colon and not columns:
            raise ArgumentError(f"task {word}:COLUMN needs the name of a column; received {text!r}.")
        if TASKS[word] != "labels" and len(columns) > 1:
            raise ArgumentError(f"task {word} takes one column; received {', '.join(columns)}.")
        return cls(TASKS[word], columns)


A_CLASS = Task()
"""What is told unless anything else is asked."""


def target_from_json(entry: Mapping[str, Any] | None) -> Target:
    """The inverse of ``Target.to_json``; None, as runs of before have it, is a class.

    Raises:
        ArgumentError: it is of no kind that is known.
    """
    if entry is None:
        return ONE_CLASS
    fields = dict(entry)
    kind = fields.pop("kind", None)
    if kind not in TARGETS:
        raise ArgumentError(f"target must be of one of {', '.join(TARGETS)}; received {kind!r}.")
    target = TARGETS[kind](**fields)
    if isinstance(target, Number) and not (
        all(math.isfinite(each) for each in (target.mean, target.std, target.median)) and target.std > 0
    ):
        raise ArgumentError(
            f"the target's mean, std and median must be finite, std above 0; received {fields}."
        )
    return target


def refuse_other_than_classes(target: Target, verb: str) -> None:
    """For what makes sense of classes alone, or knows them alone.

    Args:
        verb: what was asked for: ``advise``.

    Raises:
        ArgumentError: something else is told.
    """
    if not target.exclusive:
        raise ArgumentError(
            f"{verb} is for examples of one class each, and these are of another task ({target.task}). prunelle train, "
            f"advise, shots, compare, evaluate, predict, look and report know that task."
        )
