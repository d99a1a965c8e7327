"""What a training by corrected labels changed: ``change.json`` of its run.

Two networks that answered the same pictures are compared twice. By the labels as they were: all pictures of the split,
those that were left out since among them. By the labels as they were corrected: those that are left. The interval is of
these two networks over the pictures; another seed would give others.
"""

from __future__ import annotations

import dataclasses
import math
from pathlib import Path
from typing import Any

import numpy as np

from prunelle.disk import write_json
from prunelle.errors import RunError
from prunelle.json_files import Shape, read_json, sealed
from prunelle.training.paired import over_pictures

CHANGE_FILE = "change.json"

_NUMBER = (float, int, None)
_DIFFERENCE: Shape = {
    **dict.fromkeys(("before", "after", "mean", "low", "high"), _NUMBER),
    "n": int,
    "gained": int,
    "lost": int,
}
_SHAPE: Shape = {
    "of": str,
    "split": str,
    "relabelled": int,
    "left_out": int,
    "old_labels": _DIFFERENCE,
    "new_labels": _DIFFERENCE,
}


@dataclasses.dataclass(frozen=True, kw_only=True)
class Difference:
    """Two networks on the same pictures.

    Attributes:
        before, after: accuracies, in [0, 1]; NaN of no picture.
        mean: ``after - before``.
        low, high: the 95 % interval of ``mean`` over pictures.
        n: how many pictures.
        gained, lost: how many only the later network has right, and only the earlier one.
    """

    before: float
    after: float
    mean: float
    low: float
    high: float
    n: int
    gained: int
    lost: int

    @classmethod
    def of(cls, before: np.ndarray, after: np.ndarray) -> Difference:
        """Of ``(N,)`` bool each, whether each picture was right."""
        n = len(before)
        low, high = over_pictures(after[None], before[None]) if n else (-1.0, 1.0)
        shares = (float(before.mean()), float(after.mean())) if n else (math.nan, math.nan)
        return cls(
            before=shares[0],
            after=shares[1],
            mean=shares[1] - shares[0],
            low=low,
            high=high,
            n=n,
            gained=int((after & ~before).sum()),
            lost=int((before & ~after).sum()),
        )

    @property
    def told_apart(self) -> bool:
        """The interval does not hold 0: these pictures tell the two networks apart."""
        return not self.low <= 0 <= self.high

    def to_json(self) -> dict[str, Any]:
        """Plain values; None for NaN, which JSON has not."""
        return {
            name: None if isinstance(value, float) and math.isnan(value) else value
            for name, value in dataclasses.asdict(self).items()
        }

    @classmethod
    def from_json(cls, values: dict[str, Any]) -> Difference:
        """The inverse of ``to_json``."""
        filled: dict[str, Any] = {
            name: math.nan if value is None else value for name, value in values.items()
        }
        return cls(**filled)


@dataclasses.dataclass(frozen=True, kw_only=True)
class Change:
    """What a training by corrected labels changed.

    Attributes:
        of: the run that was before; its folder.
        split: on which both were judged.
        relabelled, left_out: pictures of that split that have another label, or are no more in it.
        old_labels: on all of its pictures, by the labels that the earlier run had.
        new_labels: on those that are left, by the labels as they are now.
    """

    of: str
    split: str
    relabelled: int
    left_out: int
    old_labels: Difference
    new_labels: Difference

    @classmethod
    def measured(
        cls, of: str, split: str, *, before: np.ndarray, after: np.ndarray, old: np.ndarray, new: np.ndarray
    ) -> Change:
        """Of answers and labels.

        Args:
            of: the run that was before.
            split: on which.
            before, after: ``(N,)`` int64, the classes that the networks answered.
            old, new: ``(N,)`` int64, the labels; -1 in ``new`` for pictures that were left out.
        """
        kept = new >= 0
        return cls(
            of=of,
            split=split,
            relabelled=int((kept & (new != old)).sum()),
            left_out=int((~kept).sum()),
            old_labels=Difference.of(before == old, after == old),
            new_labels=Difference.of((before == new)[kept], (after == new)[kept]),
        )

    def to_json(self) -> dict[str, Any]:
        """The content of ``change.json``."""
        labels = {"old_labels": self.old_labels.to_json(), "new_labels": self.new_labels.to_json()}
        return {name: getattr(self, name) for name in ("of", "split", "relabelled", "left_out")} | labels

    def write(self, run: Path) -> None:
        """``change.json`` in the folder ``run``."""
        write_json(run / CHANGE_FILE, sealed(self.to_json()))

    @classmethod
    def read(cls, run: Path) -> Change | None:
        """What ``write`` wrote; None where there is none.

        Raises:
            RunError: it is damaged.
        """
        file = run / CHANGE_FILE
        if not file.is_file():
            return None
        values = read_json(file, _SHAPE)
        try:
            old, new = (Difference.from_json(values.pop(f"{labels}_labels")) for labels in ("old", "new"))
            return cls(**values, old_labels=old, new_labels=new)
        except TypeError as error:
            raise RunError(f"{file} is not as prunelle retrain writes it ({error}).") from error
