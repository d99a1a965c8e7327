"""``Checkup``: what all checks found in some data."""

from __future__ import annotations

import dataclasses
from collections import Counter
from collections.abc import Mapping
from typing import Any

from prunelle.checks.check import Check
from prunelle.checks.finding import Finding
from prunelle.checks.inspected import Inspected
from prunelle.checks.list import CHECKS


@dataclasses.dataclass(frozen=True, eq=False)
class Checkup:
    """Findings, and the examples that they are of.

    Attributes:
        inspected: the examples.
        findings: in the order of ``checks.list``, the surest of a kind first.
        not_asked: kinds of findings that were not looked for, since there were no features.
    """

    inspected: Inspected
    findings: tuple[Finding, ...]
    not_asked: tuple[str, ...] = ()

    def __repr__(self) -> str:
        return f"Checkup({self.inspected.data.name!r}, {len(self.inspected)} examples, {len(self.findings)} findings)"

    @property
    def counts(self) -> Mapping[str, int]:
        """Findings of each kind that there is any of."""
        return Counter(finding.kind for finding in self.findings)

    def files_of(self, finding: Finding) -> list[str]:
        """The names of its examples, paths where they have one; then those that could not be read."""
        names = self.inspected.files or self.inspected.names
        return [*(names[row] for row in finding.rows), *finding.unread]

    def to_json(self) -> list[dict[str, Any]]:
        """A list of findings: ``kind``, ``files``, ``labels``, ``splits``, ``confidence``, ``what``, ``advice``,
        ``suggested``."""
        inspected = self.inspected
        return [
            {
                "kind": finding.kind,
                "files": self.files_of(finding),
                "labels": [inspected.label(row) for row in finding.rows],
                "splits": [str(inspected.splits[row]) for row in finding.rows],
                "confidence": round(finding.confidence, 4),
                "what": dataclasses.asdict(finding.what),
                "advice": dataclasses.asdict(finding.advice),
                "suggested": finding.suggested,
            }
            for finding in self.findings
        ]


def checkup(inspected: Inspected, *, cheap: bool = False) -> Checkup:
    """Asks every check that there is something to ask of.

    Args:
        inspected: the examples.
        cheap: only those that take little time.
    """

    def suits(check: Check) -> bool:
        return inspected.kind.name in check.of and (check.cheap or not cheap)

    findings: list[Finding] = []
    not_asked: list[str] = []
    for check in filter(suits, CHECKS):
        if check.needs_features and inspected.features is None:
            not_asked += check.kinds
        else:
            findings += check.find(inspected)
    return Checkup(inspected, tuple(findings), tuple(not_asked))
