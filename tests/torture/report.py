"""What a trial found."""

from __future__ import annotations

import dataclasses
from typing import Any

from tests.torture.victim import Outcome


@dataclasses.dataclass
class Verdict:
    """What befell whom, how each command ended, and what was wrong with it."""

    what: str
    faults: list[str] = dataclasses.field(default_factory=list)
    outcomes: list[Outcome] = dataclasses.field(default_factory=list)
    answered: int = 0
    """Files that were taken."""
    refused: int = 0
    """Files that were skipped or refused with a sentence."""
    slow: list[str] = dataclasses.field(default_factory=list)
    inputs: dict[str, bytes] = dataclasses.field(default_factory=dict)
    """The files that made it fail, by name."""

    def add(self, outcome: Outcome, faults: list[str]) -> None:
        """One more command, and what was wrong with it."""
        self.outcomes.append(outcome)
        self.faults += [f"{outcome.command}: {fault}" for fault in faults]

    def fault(self, text: str) -> None:
        """Something that is wrong with the whole."""
        self.faults.append(text)

    def to_json(self) -> dict[str, Any]:
        """For the other process, without the files."""
        values = dataclasses.asdict(self)
        del values["inputs"]
        return values
