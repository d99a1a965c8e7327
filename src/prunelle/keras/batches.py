"""Arrays, and what generators give, as tensors; batches made ahead of their use."""

from __future__ import annotations

import math
import queue
import threading
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np
import torch

from prunelle.errors import ArgumentError

READER = "prunelle-read-ahead"
"""The name of a thread that makes batches."""


def read_ahead(data: Iterator[Any], number: int = 2) -> Iterator[Any]:
    """The same, with the next ``number`` batches made in another thread while one is used."""
    ready: queue.Queue[Any] = queue.Queue(maxsize=number)
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

    thread = threading.Thread(target=work, name=READER, daemon=True)
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


def class_weights(
    labels: torch.Tensor, class_weight: Mapping[int, float], *, every: bool = False
) -> torch.Tensor:
    """``(N,)``: for each example the weight of its class; 1 for classes without one.

    Raises:
        ArgumentError: a class has none, and ``every`` class must have one.
    """
    if labels.ndim > 1:
        labels = labels.argmax(-1) if labels.shape[-1] != 1 else labels.squeeze(-1)
    table = {int(number): float(weight) for number, weight in dict(class_weight).items()}
    without = {int(label) for label in labels.round()} - set(table) if every else set()
    if without:
        raise ArgumentError(
            f"class_weight must have a weight for each class of the labels; there is none for "
            f"{', '.join(map(str, sorted(without)))}."
        )
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
