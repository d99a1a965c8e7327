"""``Check``: a question that is asked of examples; the contract of this room's modules."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable

from prunelle.checks.finding import Finding
from prunelle.checks.inspected import Inspected
from prunelle.texts import Note

EVERY_TARGET = ("class", "labels", "number")


@dataclasses.dataclass(frozen=True, kw_only=True)
class Check:
    """A question.

    Attributes:
        kinds: of findings that it can give, with what each is called.
        of: kinds of data that it is asked of, by name. targets: kinds of targets, likewise; classes alone unless given.
        cheap: it takes a small part of the time that decoding does; it is asked at the start of every training.
        told: not there, since reading the data, or splitting them, tells of it anyway.
        needs_features: it is asked where there are some.
        find: gives what it finds, the surest first.
    """

    kinds: dict[str, Note]
    of: tuple[str, ...]
    targets: tuple[str, ...] = ("class",)
    cheap: bool
    told: bool = False
    needs_features: bool = False
    find: Callable[[Inspected], list[Finding]]
