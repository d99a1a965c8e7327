"""``Sequence``: batches by index, a base class for a program's own."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any


class Sequence:
    """Batches by index: a class of one's own has ``__len__`` and ``__getitem__``, and perhaps ``on_epoch_end``.

    Keyword arguments are those of Keras's (``workers``, ``use_multiprocessing``, ``max_queue_size``), accepted without
    effect.
    """

    def __init__(self, **kwargs: Any) -> None:
        pass

    def __getitem__(self, index: int) -> Any:
        """One batch, ``(x, y)`` or ``(x, y, sample_weight)``."""
        raise NotImplementedError

    def __len__(self) -> int:
        """How many batches an epoch has."""
        raise NotImplementedError

    def on_epoch_end(self) -> None:
        """Called after every epoch."""

    def __iter__(self) -> Iterator[Any]:
        for index in range(len(self)):
            yield self[index]


PyDataset = Sequence
