"""Decisions of several people as one file."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from prunelle.data.decisions import Conflict, Decisions


@dataclasses.dataclass(frozen=True, eq=False)
class Merged:
    """What several people decided.

    Attributes:
        people: each one's, by the file, and by the person where a file has several people's of one picture.
        merged: what all agree on.
        conflicts: what they do not.
    """

    people: Mapping[str, Decisions]
    merged: Decisions
    conflicts: Sequence[Conflict]

    def to_json(self) -> dict[str, Any]:
        """Counts and conflicts, plain values."""
        return {
            "files": {name: theirs.counts() for name, theirs in self.people.items()},
            "merged": self.merged.counts(),
            "conflicts": [conflict.to_json() for conflict in self.conflicts],
        }


def merge(files: Sequence[str | Path], output: str | Path | None) -> Merged:
    """The decisions of ``files``; see ``prunelle.tasks.merge_decisions``."""
    people: dict[str, Decisions] = {}
    for file in files:
        parts = Decisions.read_each(file)
        for part in parts:
            people[str(file) if len(parts) == 1 else f"{file} ({next(iter(part.values())).by})"] = part
    merged, conflicts = Decisions().merged(people.values())
    if output is not None:
        merged.write(output)
    return Merged(people, merged, conflicts)
