"""What a network's outputs are, for each kind of target: the loss, the figures, which epoch is best.

``objective.py`` is the contract; ``objective_of`` gives the member for a target.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from prunelle.data.targets import Target
from prunelle.training.objectives.number import NumberObjective
from prunelle.training.objectives.objective import AnyEvaluation, Objective
from prunelle.training.objectives.one_class import ClassObjective
from prunelle.training.objectives.several_labels import LabelsObjective

__all__ = ["OBJECTIVES", "AnyEvaluation", "Objective", "objective_of"]

OBJECTIVES: Mapping[str, Callable[[Any, tuple[str, ...]], Objective]] = {
    "class": ClassObjective,
    "labels": LabelsObjective,
    "number": NumberObjective,
}
"""By the kind of target."""


def objective_of(target: Target, classes: tuple[str, ...]) -> Objective:
    """The member for ``target``, whose outputs are named ``classes``."""
    return OBJECTIVES[target.kind](target, classes)
