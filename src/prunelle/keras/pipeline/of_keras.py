"""Data sets that ``keras.utils`` makes of arrays: windows of a series, the two sides of a split."""

from __future__ import annotations

import random
from typing import Any

import numpy as np
import torch

from prunelle.errors import ArgumentError
from prunelle.keras.eager.control import TensorSpec
from prunelle.keras.eager.dtypes import as_dtype
from prunelle.keras.eager.tensor import convert
from prunelle.keras.pipeline.dataset import Dataset
from prunelle.keras.pipeline.rows import Made, Rows, counted


def timeseries_dataset_from_array(
    data: Any,
    targets: Any,
    sequence_length: int,
    sequence_stride: int = 1,
    sampling_rate: int = 1,
    batch_size: int | None = 128,
    shuffle: bool = False,
    seed: int | None = None,
    start_index: int | None = None,
    end_index: int | None = None,
) -> Dataset:
    """Windows ``(n, sequence_length, …)`` of a series ``(T, …)``, with the target of the step where each begins.

    Args:
        targets: ``(T, …)``, or None for windows alone.
        sequence_stride: steps between the beginnings of windows.
        sampling_rate: steps between the steps of a window.
        batch_size: None gives single windows.
        start_index, end_index: the steps to use, the second not among them.

    Raises:
        ArgumentError: numbers that fit no window.
    """
    series = convert(data)
    start, end = start_index or 0, len(series) if end_index is None else end_index
    if not 0 <= start < len(series) or not start < end <= len(series):
        raise ArgumentError(
            f"start_index and end_index must lie within the series of {len(series)} steps, in this order; "
            f"received {start_index} and {end_index}."
        )
    for name, number in (
        ("sequence_length", sequence_length),
        ("sampling_rate", sampling_rate),
        ("sequence_stride", sequence_stride),
    ):
        if not 0 < number < len(series):
            raise ArgumentError(
                f"{name} must be from 1 to below the {len(series)} steps of data; received {number}."
            )
    number = end - start - (sequence_length - 1) * sampling_rate
    if targets is not None:
        number = min(number, len(targets))
    starts = np.arange(0, number, sequence_stride)
    if shuffle:
        seed = int(np.random.randint(10**6)) if seed is None else seed
        np.random.RandomState(seed).shuffle(starts)
    begins, steps = torch.from_numpy(starts), torch.arange(sequence_length) * sampling_rate
    used = series[start:end]
    columns: list[tuple[int, Any]] = [(0, Made(lambda places: used[begins[places][:, None] + steps]))]
    spec: Any = TensorSpec((None, *used.shape[1:]), as_dtype(used.dtype))
    if targets is not None:
        truths = convert(targets)[start:end]
        columns.append((0, Made(lambda places: truths[begins[places]])))
        spec = spec, TensorSpec(tuple(truths.shape[1:]), as_dtype(truths.dtype))
    rows = Rows((None, None) if targets is not None else None, tuple(columns), 1, counted(len(starts)))
    found = Dataset(rows.elements, spec, len(starts), of_rows=rows)
    if shuffle:
        found = found.shuffle(1024 if batch_size is None else batch_size * 8, seed)
    return found if batch_size is None else found.batch(batch_size)


def split_dataset(
    dataset: Any,
    left_size: Any = None,
    right_size: Any = None,
    shuffle: bool = False,
    seed: int | None = None,
    preferred_backend: Any = None,
) -> tuple[Dataset, Dataset]:
    """The first and the last elements of a data set, of arrays or of a tuple of them.

    Args:
        left_size, right_size: shares between 0 and 1, or numbers of elements; one of them is enough.

    Raises:
        ArgumentError: sizes that are none, or too large.
    """
    if isinstance(dataset, list):
        dataset = tuple(dataset)
    whole = dataset if isinstance(dataset, Dataset) else Dataset.from_tensor_slices(dataset)
    elements = list(whole.elements())
    if shuffle:
        random.Random(seed).shuffle(elements)
    total = len(elements)
    left, right = (_number(size, total) for size in (left_size, right_size))
    if left is None and right is None:
        raise ArgumentError("left_size or right_size must be given, a share or a number of elements.")
    left = total - (right or 0) if left is None else left
    right = total - left if right is None else right
    if not left or not right or left + right > total:
        raise ArgumentError(
            f"left_size and right_size must leave elements on both sides of {total}; received {left_size} and "
            f"{right_size}."
        )
    return whole._of_these(elements[:left]), whole._of_these(elements[total - right :])


def _number(size: Any, total: int) -> int | None:
    return None if size is None else round(size * total) if isinstance(size, float) else int(size)
