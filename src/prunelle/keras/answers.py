"""What a model answered while it was trained or evaluated, kept for the report: nothing is computed twice."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import torch

from prunelle.keras.feeding import Batch
from prunelle.training.metrics import Evaluation

EXAMPLES = 8


class Answers:
    """The answers of one pass over labelled examples of classes.

    Args:
        picture_bytes: memory for pictures that are kept to be shown.

    Attributes:
        pictures: ``(n, H, W, C)`` uint8 of the first examples, as many as the memory allows; empty where inputs
            are no pictures.
    """

    def __init__(self, picture_bytes: int) -> None:
        self._labels: list[np.ndarray] = []
        self._probabilities: list[np.ndarray] = []
        self._pictures: list[np.ndarray] = []
        self._room = picture_bytes
        self._range: tuple[float, float] | None = None
        self.usable = True

    def add(self, batch: Batch, predictions: Sequence[torch.Tensor]) -> None:
        """Adds a batch; what is no classification by one output makes the whole unusable."""
        if not self.usable:
            return
        labels, probabilities = _of_classes(batch, predictions)
        if labels is None or probabilities is None:
            self.usable = False
            return
        self._labels.append(labels)
        self._probabilities.append(probabilities)
        x = batch.x[0]
        pictures = len(batch.x) == 1 and x.ndim == 4 and x.shape[-1] in (1, 3)
        if pictures and self._room > 0:
            shown = self._as_bytes(x.detach().cpu().numpy())
            self._pictures.append(shown)
            self._room -= shown.nbytes

    def _as_bytes(self, x: np.ndarray) -> np.ndarray:
        """Pictures scaled to [0, 1], in [0, 255], or otherwise, as bytes; the first batch tells which."""
        if self._range is None:
            low, high = float(x.min()), float(x.max())
            if low >= 0 and high <= 255:
                low, high = 0.0, 1.0 if high <= 1.001 else 255.0
            self._range = (low, max(high, low + 1e-6))
        low, high = self._range
        return np.clip((x - low) * (255 / (high - low)), 0, 255).round().astype(np.uint8)

    @property
    def pictures(self) -> np.ndarray:
        return np.concatenate(self._pictures) if self._pictures else np.empty((0, 1, 1, 1), np.uint8)

    @property
    def labels(self) -> np.ndarray:
        """``(N,)`` int64"""
        return np.concatenate(self._labels) if self._labels else np.empty(0, np.int64)

    @property
    def num_classes(self) -> int:
        """Two, where one output tells two apart."""
        return self._probabilities[0].shape[1] if self._probabilities else 0

    def evaluation(self, split: str, classes: tuple[str, ...], most: int | None = None) -> Evaluation:
        """All answers, or the first ``most``."""
        labels, probabilities = self.labels[:most], np.concatenate(self._probabilities)[:most]
        given = probabilities[np.arange(len(labels)), labels].astype(np.float64)
        loss = float(-np.log(np.clip(given, 1e-7, None)).mean())
        return Evaluation(split, classes, labels, probabilities, loss)

    def examples(self, classes: Sequence[str]) -> dict[str, np.ndarray]:
        """Up to eight pictures of each class."""
        pictures = self.pictures
        labels = self.labels[: len(pictures)]
        return {
            name: pictures[np.flatnonzero(labels == number)[:EXAMPLES]] for number, name in enumerate(classes)
        }


def _of_classes(
    batch: Batch, predictions: Sequence[torch.Tensor]
) -> tuple[np.ndarray | None, np.ndarray | None]:
    """``(n,)`` labels and ``(n, K)`` probabilities, or None where the outputs are none of classes."""
    if len(predictions) != 1 or len(batch.y) != 1:
        return None, None
    outputs: Any = predictions[0].detach().float().cpu().numpy()
    labels = batch.y[0].detach().cpu().numpy()
    if outputs.ndim != 2 or outputs.min(initial=0) < 0 or outputs.max(initial=0) > 1.001:
        return None, None
    if outputs.shape[1] == 1:
        outputs = np.concatenate([1 - outputs, outputs], axis=1)
        labels = labels.reshape(len(labels), -1)[:, 0]
    elif labels.ndim == 2 and labels.shape[1] == outputs.shape[1]:
        labels = labels.argmax(1)
    labels = labels.reshape(len(labels), -1)[:, 0]
    whole = labels.astype(np.int64)
    if (whole != labels).any() or whole.min(initial=0) < 0 or whole.max(initial=0) >= outputs.shape[1]:
        return None, None
    return whole, outputs
