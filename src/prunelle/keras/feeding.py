"""From whatever a program gives ``fit`` to batches of tensors.

Arrays, generators, ``Sequence`` objects and data sets all become a ``Source``: an epoch of it is an iterator of
``Batch``. Arrays are not copied: a batch is rows of the caller's own memory, in Keras's order, and is seen in
PyTorch's by a change of strides.
"""

from __future__ import annotations

import dataclasses
import math
import queue
import threading
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np
import torch

from prunelle.errors import ArgumentError
from prunelle.keras.seeds import next_seed


@dataclasses.dataclass
class Batch:
    """Inputs, labels and weights, a tensor for each of the model's inputs and outputs, in Keras's order."""

    x: list[torch.Tensor]
    y: list[torch.Tensor]
    weights: list[torch.Tensor] | None = None

    def __len__(self) -> int:
        return len(self.x[0])


class Source:
    """Batches, epoch after epoch.

    Attributes:
        steps: batches an epoch; None where nobody knows before the end.
    """

    steps: int | None

    def epoch(self) -> Iterator[Batch]:
        """The batches of the next epoch."""
        raise NotImplementedError


class Arrays(Source):
    """Arrays in memory; the last batch of an epoch may be smaller."""

    def __init__(
        self,
        x: Sequence[torch.Tensor],
        y: Sequence[torch.Tensor],
        weights: Sequence[torch.Tensor] | None,
        batch_size: int,
        *,
        shuffle: bool,
        steps: int | None = None,
    ) -> None:
        self.x, self.y, self.weights = list(x), list(y), weights
        self.batch_size, self.shuffle = batch_size, shuffle
        self._all_steps = math.ceil(self.length / batch_size)
        self._asked = steps
        self.steps = steps or self._all_steps
        self._rest: Iterator[torch.Tensor | slice] | None = None

    @property
    def length(self) -> int:
        """The number of examples."""
        return len(self.x[0])

    def epoch(self) -> Iterator[Batch]:
        if self._asked is None:
            for rows in self._rows():
                yield self._batch(rows)
            return
        # With steps_per_epoch an epoch goes on where the last one stopped, as Keras's does.
        for _ in range(self._asked):
            following = next(self._rest, None) if self._rest is not None else None
            if following is None:
                self._rest = self._rows()
                following = next(self._rest)
            yield self._batch(following)

    def _rows(self) -> Iterator[torch.Tensor | slice]:
        size = self.batch_size
        if not self.shuffle:
            yield from (slice(start, start + size) for start in range(0, self.length, size))
            return
        order = torch.randperm(self.length, generator=torch.Generator().manual_seed(next_seed()))
        yield from (order[start : start + size] for start in range(0, self.length, size))

    def _batch(self, rows: torch.Tensor | slice) -> Batch:
        return Batch(
            [tensor[rows] for tensor in self.x],
            [tensor[rows] for tensor in self.y],
            None if self.weights is None else [tensor[rows] for tensor in self.weights],
        )


class Iterated(Source):
    """Batches that something else makes: a ``Sequence``, a data set, a generator.

    Args:
        data: with ``__len__`` and ``__getitem__``, else with ``__iter__``, else with ``__next__``.
        steps: batches an epoch; needed where ``data`` never ends.
        shuffle: take a ``Sequence``'s batches in another order at each epoch.
        class_weight: weight of each class, by its number.
    """

    def __init__(
        self,
        data: Any,
        steps: int | None,
        *,
        shuffle: bool = False,
        class_weight: Mapping[int, float] | None = None,
    ) -> None:
        self._data, self._class_weight = data, class_weight
        self._sequence = hasattr(data, "__getitem__") and hasattr(data, "__len__")
        self._endless = not self._sequence and hasattr(data, "__next__")
        self._shuffle = shuffle and self._sequence and not hasattr(data, "shuffle")
        length: int | None = None
        if hasattr(data, "__len__"):
            length = len(data)
        self.steps = steps or length
        self._asked = steps
        self._running: Iterator[Any] | None = None

    def epoch(self) -> Iterator[Batch]:
        ahead = self._steps()
        if not self._endless and getattr(self._data, "prefetchable", True):
            ahead = read_ahead(ahead)
        for data in ahead:
            yield to_batch(data, self._class_weight)

    def _steps(self) -> Iterator[Any]:
        if self._asked is None and not self._endless:
            yield from self._once()
            return
        taken = 0
        while self._asked is None or taken < self._asked:
            if self._running is None:
                self._running = self._data if self._endless else self._once()
            try:
                data = next(self._running)
            except StopIteration:
                self._running = None
                if self._endless or (taken == 0 and self._asked is None):
                    return
                continue
            taken += 1
            yield data

    def _once(self) -> Iterator[Any]:
        if not self._sequence:
            yield from self._data
            return
        order: Sequence[int] = range(len(self._data))
        if self._shuffle:
            generator = torch.Generator().manual_seed(next_seed())
            order = torch.randperm(len(order), generator=generator).tolist()
        for index in order:
            yield self._data[index]
        if hasattr(self._data, "on_epoch_end"):
            self._data.on_epoch_end()


def read_ahead(data: Iterator[Any]) -> Iterator[Any]:
    """The same, with the next batch made in another thread while this one is used."""
    ready: queue.Queue[Any] = queue.Queue(maxsize=2)
    stop = threading.Event()
    end = object()

    def put(item: Any) -> None:
        while not stop.is_set():
            try:
                ready.put(item, timeout=0.1)
            except queue.Full:
                continue
            return

    def work() -> None:
        try:
            for item in data:
                put((item, None))
                if stop.is_set():
                    return
            put((end, None))
        except BaseException as error:  # handed over: it is raised where the batch is wanted
            put((end, error))

    thread = threading.Thread(target=work, name="prunelle-read-ahead", daemon=True)
    thread.start()
    try:
        while True:
            item, error = ready.get()
            if error is not None:
                raise error
            if item is end:
                return
            yield item
    finally:
        stop.set()
        thread.join()


def make_source(
    x: Any,
    y: Any = None,
    weights: Any = None,
    *,
    input_names: Sequence[str],
    output_names: Sequence[str],
    batch_size: int | None = None,
    steps: int | None = None,
    shuffle: bool = False,
    class_weight: Mapping[int, float] | None = None,
) -> Source:
    """What suits ``x``.

    Raises:
        ArgumentError: lengths that differ, or something that gives no batches.
    """
    if not is_arrays(x):
        if y is not None:
            raise ArgumentError(
                f"y must be left out when x is a generator or a data set ({type(x).__name__}): its batches bring "
                f"their labels."
            )
        if not any(hasattr(x, name) for name in ("__getitem__", "__iter__", "__next__")):
            raise ArgumentError(
                f"data must be arrays, a generator or a data set; received {type(x).__name__}."
            )
        return Iterated(x, steps, shuffle=shuffle, class_weight=class_weight)
    inputs = tensors(x, input_names, "x")
    labels = [] if y is None else tensors(y, output_names, "y")
    lengths = {len(tensor) for tensor in (*inputs, *labels)}
    if len(lengths) > 1:
        raise ArgumentError(
            f"all arrays must have the same number of examples; received x of "
            f"{', '.join(str(len(t)) for t in inputs)} and y of {', '.join(str(len(t)) for t in labels)}."
        )
    if lengths == {0}:
        raise ArgumentError("the arrays hold no example: their first axis is 0.")
    each = None if weights is None else tensors(weights, output_names, "sample_weight")
    if class_weight is not None and labels:
        by_class = class_weights(labels[0], class_weight)
        each = [by_class] if each is None else [weight * by_class for weight in each]
    if batch_size is not None and int(batch_size) < 1:
        raise ArgumentError(f"batch_size must be a positive integer; received {batch_size!r}.")
    return Arrays(inputs, labels, each, int(batch_size or 32), shuffle=bool(shuffle), steps=steps)


def is_arrays(x: Any) -> bool:
    """An array, a tensor, or a list or dictionary of them."""
    if _is_array(x):
        return True
    if isinstance(x, Mapping):
        return all(is_arrays(each) for each in x.values())
    return isinstance(x, list | tuple) and all(_is_array(each) or _is_numbers(each) for each in x)


def _is_array(x: Any) -> bool:
    return isinstance(x, np.ndarray) or torch.is_tensor(x) or hasattr(x, "iloc")


def _is_numbers(x: Any) -> bool:
    """A number, or lists of them; a list of batches is something else."""
    if isinstance(x, list | tuple):
        return all(_is_numbers(each) for each in x)
    return isinstance(x, int | float | np.number)


def tensors(values: Any, names: Sequence[str], what: str) -> list[torch.Tensor]:
    """A tensor for each name, on the caller's memory where its type allows.

    Raises:
        ArgumentError: another number of arrays, or unknown names.
    """
    if isinstance(values, Mapping):
        if not set(names) <= set(values):
            raise ArgumentError(
                f"{what} must have the keys {', '.join(names)}; received {', '.join(map(str, values))}."
            )
        values = [values[name] for name in names]
    elif isinstance(values, list | tuple) and (len(names) > 1 or all(np.ndim(each) for each in values)):
        if len(names) == 1 and len(values) != 1:  # a list of examples
            values = [np.asarray(values)]
    else:
        values = [values]
    if names and len(values) != len(names):
        raise ArgumentError(
            f"{what} must be {len(names)} arrays ({', '.join(names)}); received {len(values)}."
        )
    return [tensor(value) for value in values]


def tensor(value: Any) -> torch.Tensor:
    """An array as a tensor; numbers that PyTorch has no type for become float32 or int64."""
    if torch.is_tensor(value):
        return value.detach()
    if hasattr(value, "to_numpy"):
        value = value.to_numpy()
    array = np.asarray(value)
    if array.dtype == object or array.dtype.kind in "SU":
        raise ArgumentError(f"arrays must hold numbers; received an array of {array.dtype}.")
    if array.dtype.kind == "u" and array.dtype.itemsize > 1:
        array = array.astype(np.int64)
    if array.dtype == np.float16 or array.dtype.kind == "b":
        array = array.astype(np.float32)
    if not array.flags.writeable or any(stride < 0 for stride in array.strides):
        array = array.copy()
    return torch.from_numpy(np.ascontiguousarray(array)) if array.ndim else torch.from_numpy(array.reshape(1))


def to_batch(data: Any, class_weight: Mapping[int, float] | None = None) -> Batch:
    """``x``, ``(x, y)`` or ``(x, y, weights)``, as a generator gives them."""
    x, y, weights = split(data)

    def each(values: Any) -> list[torch.Tensor]:
        if values is None:
            return []
        if isinstance(values, Mapping):
            values = list(values.values())
        several = isinstance(values, list | tuple) and values and np.ndim(values[0])
        return [tensor(value) for value in values] if several else [tensor(values)]

    batch = Batch(each(x), each(y), each(weights) or None)
    if class_weight is not None and batch.y:
        by_class = class_weights(batch.y[0], class_weight)
        batch.weights = [by_class] if batch.weights is None else [w * by_class for w in batch.weights]
    return batch


def split(data: Any) -> tuple[Any, Any, Any]:
    """``x``, ``(x, y)`` or ``(x, y, weights)`` → all three."""
    if isinstance(data, tuple) or (isinstance(data, list) and len(data) in (2, 3)):
        if len(data) > 3:
            raise ArgumentError(
                f"data must be x, (x, y) or (x, y, weights); received a tuple of {len(data)}."
            )
        x, y, weights = (*data, None, None)[:3]
        return x, y, weights
    return data, None, None


def class_weights(labels: torch.Tensor, class_weight: Mapping[int, float]) -> torch.Tensor:
    """``(N,)``: for each example the weight of its class; 1 for classes without one."""
    if labels.ndim > 1:
        labels = labels.argmax(-1) if labels.shape[-1] != 1 else labels.squeeze(-1)
    table = {int(number): float(weight) for number, weight in dict(class_weight).items()}
    return torch.tensor([table.get(int(label), 1.0) for label in labels.round().long()])


def validation_split(
    x: Any, y: Any, weights: Any, share: float
) -> tuple[tuple[Any, Any, Any], tuple[Any, Any, Any]]:
    """The last ``share`` of the examples apart, in their order, as Keras takes them.

    Raises:
        ArgumentError: no arrays, or nothing left on one side.
    """
    if not is_arrays(x):
        raise ArgumentError("validation_split needs arrays; a generator is given its own validation_data.")
    if not 0 < share < 1:
        raise ArgumentError(f"validation_split must be between 0 and 1; received {share!r}.")
    lengths = [len(t) for t in tensors(x, list(x) if isinstance(x, Mapping) else [], "x")]
    at = math.floor(lengths[0] * (1 - share))
    if at in (0, lengths[0]):
        raise ArgumentError(
            f"{lengths[0]} examples cannot be split with validation_split={share}: one side is empty."
        )

    def cut(values: Any, rows: slice) -> Any:
        if values is None:
            return None
        if isinstance(values, Mapping):
            return {key: each[rows] for key, each in values.items()}
        if isinstance(values, list | tuple) and all(np.ndim(each) for each in values):
            return [each[rows] for each in values]
        return values.iloc[rows] if hasattr(values, "iloc") else values[rows]

    return (
        tuple(cut(values, slice(None, at)) for values in (x, y, weights)),
        tuple(cut(values, slice(at, None)) for values in (x, y, weights)),
    )
