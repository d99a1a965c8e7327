"""What wrong answers cost where some are worse than others: read, put in the order of classes, and weighed.

A matrix has what each answer costs by the truth. With it an answer can be chosen otherwise than by what is most
probable: by what is expected to cost least, the sum over classes of their probability times that cost (Elkan 2001).
"""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, TypeAlias

import numpy as np

from prunelle.data.labels import near_classes
from prunelle.errors import ArgumentError, DataError
from prunelle.texts import EN, FR, Note, composed, shown, visible
from prunelle.training.intervals import mean_interval

_ORIGIN = "costs"
"""What errors name where costs were given as values."""


@dataclasses.dataclass(frozen=True, eq=False)
class Costs:
    """What answers cost, in whatever unit.

    Attributes:
        classes: K names.
        matrix: ``(K, K)`` float64, finite and at least 0: row the truth, column the answer.
        file: where they were read, or None.

    Raises:
        ArgumentError: they are not such, or every answer costs the same whatever the truth.
    """

    classes: tuple[str, ...]
    matrix: np.ndarray
    file: str | None = None

    def __post_init__(self) -> None:
        k, where = len(self.classes), self.file or _ORIGIN
        if self.matrix.shape != (k, k):
            raise ArgumentError(f"{where} must have a cost for each of {k} × {k} truths and answers.")
        for wrong, rule in (
            (~np.isfinite(self.matrix), "a finite number"),
            (self.matrix < 0, "at least 0 (the same added to a whole row changes no choice)"),
        ):
            if wrong.any():
                truth, answer = np.argwhere(wrong)[0]
                raise ArgumentError(
                    f"{where}: each cost must be {rule}; the truth {self.classes[truth]!r} answered by "
                    f"{self.classes[answer]!r} has {self.matrix[truth, answer]:g}."
                )
        if k and (self.matrix == self.matrix[:, :1]).all():
            raise ArgumentError(
                f"{where}: every answer costs the same whatever the truth, so no answer is better than another."
            )

    def aligned(self, classes: Sequence[str]) -> Costs:
        """The same for ``classes``, in their order.

        Raises:
            DataError: costs and classes do not have the same names.
        """
        index = {composed(name): place for place, name in enumerate(self.classes)}
        where = self.file or _ORIGIN
        known = {composed(name) for name in classes}
        if unknown := [name for name in self.classes if composed(name) not in known]:
            raise DataError(
                f"{where} has costs of {unknown[0]!r}, and the classes have no such name."
                f"{near_classes(unknown, classes)} They are: {shown(list(classes))}."
            )
        if missing := [name for name in classes if composed(name) not in index]:
            raise DataError(
                f"{where} must have the costs of every class; it lacks {shown(missing)}. Give each a row (the truth) "
                f"and a column (the answer)."
            )
        order = [index[composed(name)] for name in classes]
        return Costs(tuple(classes), self.matrix[np.ix_(order, order)], self.file)

    @property
    def notes(self) -> list[Note]:
        """What is odd about them: a right answer that is not the cheapest."""
        right = np.diag(self.matrix)
        odd = np.flatnonzero(right > self.matrix.min(axis=1))
        if not len(odd):
            return []
        truth = int(odd[0])
        answer = int(self.matrix[truth].argmin())
        names = visible(self.classes[truth]), visible(self.classes[answer])
        costs = float(right[truth]), float(self.matrix[truth, answer])
        more = len(odd) - 1
        return [
            Note(
                f"A right answer is not the cheapest: for the truth {names[0]}, {names[0]} costs "
                f"{EN.number(costs[0])} and {names[1]} {EN.number(costs[1])}"
                + (f"; so for {EN.integer(more)} more. " if more else ". ")
                + "Rows are the truth, columns the answer.",
                f"Une réponse juste n’est pas la moins chère : quand la vérité est {names[0]}, {names[0]} coûte "
                f"{FR.number(costs[0])} et {names[1]} {FR.number(costs[1])}"
                + (f" ; de même pour {FR.integer(more)} autres. " if more else ". ")
                + "Les lignes sont la vérité, les colonnes la réponse.",
            )
        ]

    def to_json(self) -> dict[str, Any]:
        """The entry of ``run.json``, in the order of the run's classes."""
        return {"file": self.file, "matrix": self.matrix.tolist()}

    @staticmethod
    def from_json(values: Mapping[str, Any], classes: Sequence[str]) -> Costs:
        """The inverse of ``to_json``."""
        return Costs(tuple(classes), np.asarray(values["matrix"], np.float64), values["file"])

    def expected(self, probabilities: np.ndarray) -> np.ndarray:
        """``(N, K)`` float64: what each answer is expected to cost, by ``(N, K)`` probabilities."""
        return np.asarray(np.asarray(probabilities, np.float64) @ self.matrix)


GivenCosts: TypeAlias = Costs | str | Path | Mapping[str, Mapping[str, float]]
"""As a caller has them: a file (``cost_files``), or ``{truth: {answer: cost}}``; a right answer may be left out, and
costs nothing then."""


@dataclasses.dataclass(frozen=True)
class Cost:
    """What some answers cost on average, with the 95 % interval (see ``intervals.mean_interval``)."""

    mean: float
    interval: tuple[float, float]


@dataclasses.dataclass(frozen=True)
class CostFigures:
    """What a network's answers cost on labelled examples.

    Attributes:
        answers: its most probable classes.
        constant: the class that costs least where it is always the answer. constant_mean: what that costs.
        over_constant: what ``answers`` cost more than that, picture by picture.
        cheapest: the answers of least expected cost.
        changed: how many of these are other classes than the most probable.
        over_answers: what ``cheapest`` costs more than ``answers``.
        temperature: that the probabilities were calibrated with; None where they were taken as they are.
    """

    answers: Cost
    constant: str
    constant_mean: float
    over_constant: Cost
    cheapest: Cost
    changed: int
    over_answers: Cost
    temperature: float | None

    def to_json(self) -> dict[str, Any]:
        """The entry ``costs`` of a split in ``metrics.json``."""
        return dataclasses.asdict(self)

    @staticmethod
    def from_json(values: Mapping[str, Any]) -> CostFigures:
        """The inverse of ``to_json``."""
        parts: dict[str, Any] = {
            name: Cost(value["mean"], (value["interval"][0], value["interval"][1]))
            if isinstance(value, Mapping)
            else value
            for name, value in values.items()
        }
        return CostFigures(**parts)


def judged(
    costs: Costs, labels: np.ndarray, probabilities: np.ndarray, temperature: float | None
) -> CostFigures:
    """What answers cost on N ≥ 1 examples.

    Args:
        costs: of the K classes in their order.
        labels: ``(N,)`` int64, the truth.
        probabilities: ``(N, K)``, as the network gives them.
        temperature: to calibrate them with before expected costs are reckoned; see ``trust.temperature``.
    """
    matrix, there = costs.matrix, np.unique(labels)
    told = probabilities.argmax(axis=1)
    cheapest = costs.expected(tempered(probabilities, temperature)).argmin(axis=1)
    constants = matrix[labels].mean(axis=0)
    constant = int(constants.argmin())
    # Of the classes that are there: the most and the least that any answer could cost, or be better by.
    possible = matrix[there]
    over_constant = possible - possible[:, [constant]]
    swing = float((possible.max(axis=1) - possible.min(axis=1)).max())

    def cost(values: np.ndarray, low: float, high: float) -> Cost:
        return Cost(float(values.mean()), mean_interval(values, low, high))

    of_told, of_cheapest = matrix[labels, told], matrix[labels, cheapest]
    changed = int((told != cheapest).sum())
    return CostFigures(
        answers=cost(of_told, float(possible.min()), float(possible.max())),
        constant=costs.classes[constant],
        constant_mean=float(constants[constant]),
        over_constant=cost(
            of_told - matrix[labels, constant], float(over_constant.min()), float(over_constant.max())
        ),
        cheapest=cost(of_cheapest, float(possible.min()), float(possible.max())),
        changed=changed,
        over_answers=cost(of_cheapest - of_told, -swing, swing) if changed else Cost(0.0, (0.0, 0.0)),
        temperature=temperature,
    )


def tempered(probabilities: np.ndarray, temperature: float | None) -> np.ndarray:
    """Probabilities as the same logits give them at a temperature; as they are where there is none."""
    if temperature is None:
        return probabilities
    # What is 0 in float32 was below 1e-38, and the logarithm must be finite.
    logits = np.log(np.maximum(probabilities.astype(np.float64), 1e-38)) / temperature
    powers = np.exp(logits - logits.max(axis=1, keepdims=True))
    return np.asarray(powers / powers.sum(axis=1, keepdims=True))
