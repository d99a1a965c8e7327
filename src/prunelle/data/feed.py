"""Training examples that a dataset of the caller's gives anew in every epoch: others, or in another order.

What is known of a split before the first step (its labels, the examples of the report, what is compared with other
splits) is what the dataset gave when it was asked first, and is in the split as all examples are. A ``Feed`` beside it
says what each epoch takes instead.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
import torch


class Feed(ABC):
    """What the epochs of a training take.

    Attributes:
        anew: the examples themselves are asked for in each epoch; else their order alone is the caller's.
        exact: the same seed, epoch and step give the same again, so that a training goes on to the bit.
        examples: so many an epoch.
    """

    anew: bool
    exact: bool
    examples: int

    @abstractmethod
    def take(self, rows: np.ndarray) -> Feed:
        """Of those ``rows: (n,)`` of the split alone."""

    @abstractmethod
    def joined(self, others: Sequence[Feed]) -> Feed:
        """Of this split with others of the same dataset behind it."""

    @abstractmethod
    def prepared(self, preprocess: Any) -> Feed:
        """The same, prepared as the training wants examples."""

    @abstractmethod
    def order(self, seed: int, epoch: int) -> torch.Tensor | None:
        """The rows of an epoch, ``(examples,)`` int64; None for each row once, in an order of the training's."""

    @abstractmethod
    def batches(
        self, orders: Sequence[torch.Tensor], first: int, seed: int, epoch: int
    ) -> Iterator[tuple[torch.Tensor, torch.Tensor]]:
        """The batches of an epoch from number ``first`` on, asked for anew.

        Args:
            orders: the rows of every batch of the epoch.

        Yields:
            ``(n, C, H, W)``, of bytes or as the network takes them; labels ``(n,)`` int64, or a distribution over
            the classes ``(n, num_classes)`` float32.
        """
