"""``tf.data.experimental``: what stands in ``tf.data`` by now, as functions for ``apply``."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from prunelle.keras.pipeline.dataset import INFINITE, UNKNOWN, Dataset
from prunelle.keras.pipeline.options import Options as ThreadingOptions

AUTOTUNE = -1
INFINITE_CARDINALITY, UNKNOWN_CARDINALITY = INFINITE, UNKNOWN

Apply = Callable[[Any], Any]


def cardinality(dataset: Any) -> Any:
    """How many elements there are; -1 without end, -2 where nobody knows."""
    return dataset.cardinality()


def assert_cardinality(expected_cardinality: Any) -> Apply:
    """A data set of so many elements; another number is an error at its end."""
    return lambda dataset: dataset.asserted(int(expected_cardinality))


def get_single_element(dataset: Any) -> Any:
    """The one element there is."""
    return dataset.get_single_element()


def prefetch_to_device(device: Any, buffer_size: Any = None) -> Apply:
    """Made ahead; tensors go to a device where a model takes them."""
    return lambda dataset: dataset.prefetch(-1 if buffer_size is None else buffer_size)


def copy_to_device(target_device: Any, source_device: Any = None) -> Apply:
    """The same data set: tensors go to a device where a model takes them."""
    return lambda dataset: dataset


def shuffle_and_repeat(buffer_size: Any, count: Any = None, seed: Any = None) -> Apply:
    """``shuffle(buffer_size, seed).repeat(count)``"""
    return lambda dataset: dataset.shuffle(buffer_size, seed).repeat(count)


def map_and_batch(
    map_func: Any,
    batch_size: Any,
    num_parallel_batches: Any = None,
    drop_remainder: bool = False,
    num_parallel_calls: Any = None,
) -> Apply:
    """``map(map_func).batch(batch_size)``"""
    return lambda dataset: dataset.map(map_func).batch(batch_size, drop_remainder)


def parallel_interleave(
    map_func: Any, cycle_length: Any, block_length: Any = 1, sloppy: Any = None, *ignored: Any, **given: Any
) -> Apply:
    """``interleave(map_func, cycle_length, block_length)``"""
    return lambda dataset: dataset.interleave(map_func, cycle_length, block_length)


def _method(name: str) -> Any:
    def transformation(*args: Any, **given: Any) -> Apply:
        return lambda dataset: getattr(dataset, name)(*args, **given)

    transformation.__name__ = name
    transformation.__doc__ = f"``Dataset.{name}``, for ``apply``."
    return transformation


_METHODS = {
    **{name: name for name in ("bucket_by_sequence_length", "enumerate", "group_by_window", "ignore_errors")},
    **{name: name for name in ("rejection_resample", "scan", "snapshot", "take_while", "unbatch", "unique")},
    "dense_to_ragged_batch": "ragged_batch",
}
_KEPT = {"enumerate": "enumerate_dataset"}
for _name, _of in _METHODS.items():
    globals()[_KEPT.get(_name, _name)] = _method(_of)

sample_from_datasets = Dataset.sample_from_datasets
choose_from_datasets = Dataset.choose_from_datasets
save, load = Dataset.save, Dataset.load
OptimizationOptions = DistributeOptions = ThreadingOptions
Counter = lambda start=0, step=1, dtype="int64": Dataset.range(start, None, step, output_type=dtype)  # noqa: E731

__all__ = sorted(
    {
        *("AUTOTUNE", "Counter", "DistributeOptions", "INFINITE_CARDINALITY"),
        *(
            "OptimizationOptions",
            "ThreadingOptions",
            "UNKNOWN_CARDINALITY",
            "assert_cardinality",
            "cardinality",
        ),
        *("choose_from_datasets", "copy_to_device", "get_single_element", "load", "map_and_batch"),
        *("parallel_interleave", "prefetch_to_device", "sample_from_datasets", "save", "shuffle_and_repeat"),
        *(_KEPT.get(name, name) for name in _METHODS),
    }
)
