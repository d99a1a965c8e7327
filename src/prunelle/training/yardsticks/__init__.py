"""By what networks are compared that answered the same examples, for each kind of target.

``yardstick.py`` is the contract; ``yardstick_of`` gives the member.
"""

from __future__ import annotations

from collections.abc import Mapping

from prunelle.data.targets import TargetKind
from prunelle.training.yardsticks.absolute_error import MeanAbsoluteError
from prunelle.training.yardsticks.accuracy import Accuracy
from prunelle.training.yardsticks.precision import MeanAveragePrecision
from prunelle.training.yardsticks.yardstick import Yardstick

__all__ = ["YARDSTICKS", "Yardstick", "yardstick_of"]

YARDSTICKS: Mapping[str, Yardstick] = {
    "class": Accuracy(),
    "labels": MeanAveragePrecision(),
    "number": MeanAbsoluteError(),
}
"""By the kind of target."""


def yardstick_of(kind: TargetKind) -> Yardstick:
    """The member for a kind of target."""
    return YARDSTICKS[kind]
