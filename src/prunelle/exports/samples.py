"""Real examples that an export is checked on: as a colleague decodes them, and as Prunelle prepares them."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
import torch

from prunelle.data.kinds import AnyPreprocess
from prunelle.texts import Note


@dataclasses.dataclass(frozen=True, kw_only=True, eq=False)
class Samples:
    """N examples.

    Attributes:
        names: what each is called in what is said of it: a file's name, without its folders, or a position.
        prepared: ``(N, …, C)`` as Prunelle decodes them; not normalised.
        raw: N sources of the same: a file, or an array ``(…, C)``.
        labels: ``(N, …)`` as the subject's target has them; None where nobody knows.
        origin: what they are, in words.
    """

    names: Sequence[str]
    prepared: np.ndarray
    raw: Sequence[Any]
    labels: np.ndarray | None
    origin: Note

    def __len__(self) -> int:
        return len(self.names)

    def take(self, rows: np.ndarray) -> Samples:
        """Those of ``rows: (n,)``."""
        return dataclasses.replace(
            self,
            names=[self.names[row] for row in rows],
            prepared=self.prepared[rows],
            raw=[self.raw[row] for row in rows],
            labels=None if self.labels is None else self.labels[rows],
        )

    @classmethod
    def joined(cls, parts: Sequence[Samples]) -> Samples:
        """One after the other; labels where all have some."""
        first, *others = parts
        if not others:
            return first
        labels = [part.labels for part in parts if part.labels is not None]
        return cls(
            names=[name for part in parts for name in part.names],
            prepared=np.concatenate(_of_one_length([part.prepared for part in parts])),
            raw=[each for part in parts for each in part.raw],
            labels=np.concatenate(labels) if len(labels) == len(parts) else None,
            origin=Note(
                ", ".join(part.origin.en for part in parts), ", ".join(part.origin.fr for part in parts)
            ),
        )

    def batches(self, preprocess: AnyPreprocess, size: int) -> Iterator[np.ndarray]:
        """``(n, C, …)`` float32, normalised, n at most ``size``, in order."""
        for start in range(0, len(self), size):
            part = torch.from_numpy(np.ascontiguousarray(self.prepared[start : start + size]))
            yield preprocess.normalise(part.movedim(-1, 1)).contiguous().numpy()


def _of_one_length(parts: Sequence[np.ndarray]) -> list[np.ndarray]:
    """``(N, T, C)`` series that were padded, each part to its own longest: to the longest of all, with NaN."""
    if parts[0].ndim != 3 or len({part.shape[1] for part in parts}) == 1:
        return list(parts)
    longest = max(part.shape[1] for part in parts)
    return [
        np.pad(part, ((0, 0), (0, longest - part.shape[1]), (0, 0)), constant_values=np.nan) for part in parts
    ]
