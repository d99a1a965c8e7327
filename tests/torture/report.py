"""What a trial found."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from typing import Any

from tests.torture.judging import differences
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

    def compare(self, results: Callable[[], dict[str, Any]], wanted: dict[str, Any], complaint: str) -> None:
        """Reads what a command left and says, behind ``complaint``, what is not as it should be."""
        try:
            found = results()
        except Exception as error:
            self.fault(f"what it leaves cannot be read: {error!r}")
            return
        for each in differences(wanted, found):
            self.fault(f"{complaint}: {each}")

    def to_json(self) -> dict[str, Any]:
        """For the other process, without the files."""
        values = dataclasses.asdict(self)
        del values["inputs"]
        return values
