"""What ``prunelle.retrain`` gives: the new run, the one before, and what changed between them."""

from __future__ import annotations

import dataclasses

from prunelle.runs.change import Change
from prunelle.runs.run import Run
from prunelle.shown import Shown


@dataclasses.dataclass(frozen=True, eq=False)
class Retrained(Shown):
    """A training by corrected labels, and what it changed.

    Attributes:
        run: the new one.
        before: the one that it was made of.
        change: on the same pictures, by the old labels and by the new ones.
    """

    run: Run
    before: Run
    change: Change

    def __repr__(self) -> str:
        old, new = self.change.old_labels.mean, self.change.new_labels.mean
        return f"Retrained({str(self.run.path)!r}, old labels {old:+.4f}, new labels {new:+.4f})"
