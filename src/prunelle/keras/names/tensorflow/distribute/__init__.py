"""``tf.distribute``: strategies. There is one device, which is said once; programs run on it as they are."""

from __future__ import annotations

import contextlib
import sys
from collections.abc import Callable, Iterator
from typing import Any

_said: list[bool] = []


class Strategy:
    """Where a program's model is made and trained: on the one device that Prunelle takes."""

    num_replicas_in_sync = 1

    def __init__(self, *args: Any, **given: Any) -> None:
        if not _said:
            _said.append(True)
            print(
                f"tf.distribute.{type(self).__name__}: Prunelle trains a program on one device.",
                file=sys.stderr,
            )

    @contextlib.contextmanager
    def scope(self) -> Iterator[Strategy]:
        """A context that changes nothing."""
        yield self

    def run(self, fn: Callable[..., Any], args: Any = (), kwargs: Any = None, options: Any = None) -> Any:
        """What the function gives."""
        return fn(*args, **(kwargs or {}))

    experimental_run_v2 = run

    def reduce(self, reduce_op: Any, value: Any, axis: Any = None) -> Any:
        """The value, over an axis where one is given: there is one copy of it."""
        if axis is None:
            return value
        from prunelle.keras.names.tensorflow import math

        functions: dict[str, Any] = vars(math)
        return functions["reduce_mean" if "mean" in str(reduce_op).lower() else "reduce_sum"](
            value, axis=axis
        )

    def experimental_distribute_dataset(self, dataset: Any, options: Any = None) -> Any:
        """The data set itself."""
        return dataset

    def distribute_datasets_from_function(self, dataset_fn: Any, options: Any = None) -> Any:
        """The data set that a function of an ``InputContext`` gives."""
        return dataset_fn(InputContext())

    experimental_distribute_datasets_from_function = distribute_datasets_from_function

    def experimental_local_results(self, value: Any) -> tuple[Any, ...]:
        """The value alone."""
        return (value,)

    def gather(self, value: Any, axis: int) -> Any:
        """The value."""
        return value


class MirroredStrategy(Strategy):
    """TensorFlow's for several GPUs of a machine."""


class OneDeviceStrategy(Strategy):
    """TensorFlow's for one device."""


class MultiWorkerMirroredStrategy(Strategy):
    """TensorFlow's for several machines."""


class TPUStrategy(Strategy):
    """TensorFlow's for TPUs."""


class InputContext:
    """Which part of the data a worker takes: all of it."""

    num_input_pipelines, input_pipeline_id, num_replicas_in_sync = 1, 0, 1

    def get_per_replica_batch_size(self, global_batch_size: int) -> int:
        """The whole batch."""
        return global_batch_size


class ReduceOp:
    """How copies become one."""

    SUM, MEAN = "sum", "mean"


class ReplicaContext:
    """Inside a strategy's ``run``."""

    num_replicas_in_sync, replica_id_in_sync_group = 1, 0

    def all_reduce(self, reduce_op: Any, value: Any, options: Any = None) -> Any:
        """The value: there is one copy."""
        return value


class _Default(Strategy):
    def __init__(self) -> None:
        """Nothing is said: the program asked for no strategy."""


def get_strategy() -> Strategy:
    """The one that changes nothing."""
    return _Default()


def has_strategy() -> bool:
    """No."""
    return False


def in_cross_replica_context() -> bool:
    """No."""
    return False


def get_replica_context() -> ReplicaContext:
    """The only one."""
    return ReplicaContext()


class ReductionToOneDevice:
    """How copies are brought together: there is one."""

    def __init__(self, *args: Any, **given: Any) -> None:
        """Nothing is kept."""


NcclAllReduce = HierarchicalCopyAllReduce = ReductionToOneDevice
__all__ = [
    *("HierarchicalCopyAllReduce", "InputContext", "MirroredStrategy", "MultiWorkerMirroredStrategy"),
    *("NcclAllReduce", "OneDeviceStrategy", "ReduceOp", "ReductionToOneDevice", "ReplicaContext", "Strategy"),
    *("TPUStrategy", "get_replica_context", "get_strategy", "has_strategy", "in_cross_replica_context"),
]
