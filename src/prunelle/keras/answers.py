"""What a model answered while it was trained or evaluated, kept for its run: nothing is computed twice."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import torch

from prunelle.training.metrics import Evaluation


class Answers:
    """The answers of one pass over labelled examples of classes.

    Args:
        room: how many numbers of examples are kept.
        logits: the outputs are logits, as the loss takes them.

    Attributes:
        usable: whether they are answers of one output that tells classes apart.
        seen: examples so far.
        pictures: the last batch of outputs that are pictures, ``(n, H, W, 1 or 3)``.
    """

    def __init__(self, room: int, logits: bool = False) -> None:
        self._labels: list[np.ndarray] = []
        self._probabilities: list[np.ndarray] = []
        self._examples: list[np.ndarray] = []
        self._room, self._logits = room, logits
        self.usable = True
        self.seen = 0
        self.pictures: torch.Tensor | None = None

    def add(self, inputs: Sequence[Any], labels: Sequence[Any], outputs: Sequence[torch.Tensor]) -> None:
        """Adds a batch, a tensor for each input and output; what is no classification by one makes all unusable.

        There may be no inputs where there is no room for them.
        """
        self.seen += len((inputs or outputs)[0])
        if len(outputs) == 1 and are_pictures(outputs[0]):
            self.pictures = outputs[0].detach()
        if not self.usable:
            return
        numbers, probabilities = _of_classes(labels, outputs, self._logits)
        if numbers is None or probabilities is None:
            self.usable = False
            return
        self._labels.append(numbers)
        self._probabilities.append(probabilities)
        if len(inputs) == 1 and self._room > 0:
            # A copy: a batch may be a view of memory that the program writes to again.
            self._examples.append(np.array(_array(inputs[0])))
            self._room -= self._examples[-1].size

    @property
    def has_room(self) -> bool:
        """Whether it keeps examples of the next batch."""
        return self._room > 0

    @property
    def examples(self) -> np.ndarray:
        """``(n, …)``, the first examples as they were fed, as many as there is room for."""
        return np.concatenate(self._examples) if self._examples else np.empty((0,))

    def have(self, x: Any) -> bool:
        """Whether one of the examples that are kept is among ``x``, ``(N, …)``."""
        examples = self.examples
        array = _array(x) if torch.is_tensor(x) or isinstance(x, np.ndarray) else np.empty(())
        if not len(examples) or array.shape[1:] != examples.shape[1:]:
            return False
        known = {row.tobytes() for row in examples}
        return any(row.astype(examples.dtype).tobytes() in known for row in array)

    @property
    def labels(self) -> np.ndarray:
        """``(N,)`` int64"""
        return np.concatenate(self._labels) if self._labels else np.empty(0, np.int64)

    @property
    def num_classes(self) -> int:
        """Two, where one output tells two apart."""
        return self._probabilities[0].shape[1] if self._probabilities else 0

    def evaluation(self, split: str, classes: tuple[str, ...]) -> Evaluation:
        """All answers."""
        labels, probabilities = self.labels, np.concatenate(self._probabilities)
        given = probabilities[np.arange(len(labels)), labels].astype(np.float64)
        loss = float(-np.log(np.clip(given, 1e-7, None)).mean())
        return Evaluation(split, classes, labels, probabilities, loss)


def are_pictures(output: Any) -> bool:
    """Whether an output is a batch of pictures."""
    return torch.is_tensor(output) and output.ndim == 4 and int(output.size(3)) in (1, 3)


def _array(value: Any) -> np.ndarray:
    return np.asarray(value.detach().cpu() if torch.is_tensor(value) else value)


def _of_classes(
    given: Sequence[Any], predictions: Sequence[torch.Tensor], logits: bool
) -> tuple[np.ndarray | None, np.ndarray | None]:
    """``(n,)`` labels and ``(n, K)`` probabilities, or None where the outputs are none of classes."""
    if len(predictions) != 1 or len(given) != 1:
        return None, None
    found = predictions[0].detach().float().cpu()
    if logits and found.ndim == 2:
        found = found.sigmoid() if found.shape[1] == 1 else found.softmax(1)
    outputs: Any = found.numpy()
    labels = _array(given[0])
    if outputs.ndim != 2 or outputs.min(initial=0) < 0 or outputs.max(initial=0) > 1.001:
        return None, None
    if outputs.shape[1] == 1:
        outputs = np.concatenate([1 - outputs, outputs], axis=1)
        labels = labels.reshape(len(labels), -1)[:, 0]
    elif labels.ndim == 2 and labels.shape[1] == outputs.shape[1]:
        if (np.abs(labels.sum(axis=1) - 1) > 0.01).any():
            return None, None  # several classes at once
        labels = labels.argmax(1)
    labels = labels.reshape(len(labels), -1)[:, 0]
    whole = labels.astype(np.int64)
    if (whole != labels).any() or whole.min(initial=0) < 0 or whole.max(initial=0) >= outputs.shape[1]:
        return None, None
    return whole, outputs
