"""A split's examples, judged: whose labels seem wrong, by what a network, or cross-validation, says of them.

``part.py`` is the contract; ``PARTS`` has the member for each kind of target.
"""

from __future__ import annotations

from collections.abc import Mapping

from prunelle.data.targets import TargetKind
from prunelle.jobs.judged.number import NumberPart
from prunelle.jobs.judged.one_class import ClassPart
from prunelle.jobs.judged.part import How, Kin, Part
from prunelle.jobs.judged.several_labels import LabelsPart

__all__ = ["PARTS", "ClassPart", "How", "Kin", "LabelsPart", "NumberPart", "Part"]

PARTS: Mapping[TargetKind, type[Part]] = {"class": ClassPart, "labels": LabelsPart, "number": NumberPart}
"""By the kind of target."""
