"""``Checkup``: what all checks found in some data."""

from __future__ import annotations

import dataclasses
from collections import Counter
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from prunelle.checks.check import Check
from prunelle.checks.finding import Finding
from prunelle.checks.inspected import Inspected
from prunelle.checks.list import CHECKS, KINDS
from prunelle.shown import Shown
from prunelle.texts import EN, FR, Note, visible

PAGE = "check.html"
_SHOWN = 3

FILES_AT_START = 2000
"""Whose headers are read before a training: of small pictures, that takes as long as to decode them."""


@dataclasses.dataclass(frozen=True, eq=False, repr=False)
class Checkup(Shown):
    """Findings, and the examples that they are of.

    Attributes:
        inspected: the examples.
        findings: in the order of ``checks.list``, the surest of a kind first.
        not_asked: kinds of findings that were not looked for, since there were no features.
        folder: with ``check.html``, ``findings.json`` and ``findings.csv``; None where nothing was written.
    """

    inspected: Inspected
    findings: tuple[Finding, ...]
    not_asked: tuple[str, ...] = ()
    folder: Path | None = None

    def __repr__(self) -> str:
        return f"Checkup({self.inspected.data.name!r}, {len(self.inspected)} examples, {len(self.findings)} findings)"

    @property
    def counts(self) -> Mapping[str, int]:
        """Findings of each kind that there is any of."""
        return Counter(finding.kind for finding in self.findings)

    @property
    def page(self) -> Path | None:
        """What a person reads."""
        return None if self.folder is None else self.folder / PAGE

    def of_kind(self, kind: str) -> list[Finding]:
        """Those of a kind, the surest first."""
        return [finding for finding in self.findings if finding.kind == kind]

    def summary(self) -> list[Note]:
        """A line a kind: how many findings, and the first examples."""
        lines = []
        for kind, count in self.counts.items():
            title, some = KINDS[kind], self.of_kind(kind)[:_SHOWN]
            names = ", ".join(visible(self.name_of(finding)) for finding in some if self.name_of(finding))
            rest = ", …" if names and count > _SHOWN else ""
            lines.append(
                Note(
                    f"{EN.integer(count)} × {title.en}{f': {names}{rest}' if names else ''}",
                    f"{FR.integer(count)} × {title.fr}{f' : {names}{rest}' if names else ''}",
                )
            )
        return lines

    def sentences(self) -> list[Note]:
        """A few of each kind in full, and how many more there are."""
        told = []
        for kind, count in self.counts.items():
            told += [
                Note(f"{finding.what.en} {finding.advice.en}", f"{finding.what.fr} {finding.advice.fr}")
                for finding in self.of_kind(kind)[:_SHOWN]
            ]
            if count > _SHOWN:
                title = KINDS[kind]
                told.append(
                    Note(
                        f"… and {EN.integer(count - _SHOWN)} more ({title.en}); prunelle check shows them.",
                        f"… et {FR.integer(count - _SHOWN)} de plus ({title.fr}) ; prunelle check les montre.",
                    )
                )
        return told

    def name_of(self, finding: Finding) -> str:
        """The short name of the example that it is most about; empty where it is of the data as a whole."""
        if finding.rows:
            return self.inspected.names[finding.rows[0]]
        return finding.unread[0] if finding.unread else ""

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


def checkup(inspected: Inspected, *, at_start: bool = False) -> Checkup:
    """Asks every check that there is something to ask of.

    Args:
        inspected: the examples.
        at_start: only what a training says before it begins.
    """

    def suits(check: Check) -> bool:
        wanted = not at_start or (check.cheap and not check.told)
        return wanted and inspected.kind.name in check.of and inspected.data.target.kind in check.targets

    if at_start:
        inspected = dataclasses.replace(inspected, files_asked=FILES_AT_START)
    findings: list[Finding] = []
    not_asked: list[str] = []
    for check in filter(suits, CHECKS):
        if check.needs_features and inspected.features is None:
            not_asked += check.kinds
        else:
            findings += check.find(inspected)
    return Checkup(inspected, tuple(findings), tuple(not_asked))
