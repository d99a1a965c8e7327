"""``keras.utils`` of Keras 1 and 2, with what stood in its modules."""

from __future__ import annotations

import math
import warnings
from typing import Any

import numpy as np

from prunelle.errors import ArgumentError
from prunelle.keras.drawing import plot_model
from prunelle.keras.files import get_file
from prunelle.keras.floor import keras, private
from prunelle.keras.pipeline.of_keras import split_dataset, timeseries_dataset_from_array
from prunelle.keras.preprocessing.from_directory import image_dataset_from_directory
from prunelle.keras.preprocessing.pictures import array_to_img, img_to_array, load_img, save_img
from prunelle.keras.sequences import Sequence

__all__ = [
    "AUCCurve",
    "AUCSummationMethod",
    "CustomObjectScope",
    "Sequence",
    "array_to_img",
    "conv_output_length",
    "convert_all_kernels_in_model",
    "convert_kernel",
    "get_file",
    "get_source_inputs",
    "has_arg",
    "image_dataset_from_directory",
    "img_to_array",
    "load_img",
    "make_batches",
    "multi_gpu_model",
    "normalize_padding",
    "normalize_tuple",
    "plot_model",
    "print_summary",
    "save_img",
    "slice_arrays",
    "split_dataset",
    "timeseries_dataset_from_array",
    "to_categorical",
    "to_list",
    "unpack_singleton",
]

_metrics = private("metrics.metrics_utils")
AUCCurve, AUCSummationMethod = _metrics.AUCCurve, _metrics.AUCSummationMethod
CustomObjectScope = keras.utils.CustomObjectScope


def to_categorical(
    y: Any, num_classes: int | None = None, dtype: str = "float32", nb_classes: int | None = None
) -> Any:
    """``(N,)`` or ``(N, 1)`` numbers of classes → ``(N, num_classes)``, 1 at the class.

    Raises:
        ArgumentError: a number that is none of the classes.
    """
    numbers = np.asarray(y).astype(int)
    count = num_classes or nb_classes or (int(numbers.max()) + 1 if numbers.size else 0)
    if numbers.size and not 0 <= numbers.min() <= numbers.max() < count:
        raise ArgumentError(
            f"y must be numbers of classes from 0 to {count - 1}, for num_classes={count}; received "
            f"{numbers.min()} to {numbers.max()}."
        )
    return np.asarray(keras.utils.to_categorical(numbers, count), dtype)


def multi_gpu_model(model: Any, gpus: Any = None, **ignored: Any) -> Any:
    """The model itself: one device is enough here."""
    warnings.warn("multi_gpu_model gives the model as it is: it is trained on one device here.", stacklevel=2)
    return model


def has_arg(fn: Any, name: str, accept_all: bool = False) -> bool:
    """Whether a function takes an argument of that name."""
    import inspect

    parameters = inspect.signature(fn).parameters
    if accept_all and any(p.kind is p.VAR_KEYWORD for p in parameters.values()):
        return True
    return name in parameters and parameters[name].kind in (
        inspect.Parameter.POSITIONAL_OR_KEYWORD,
        inspect.Parameter.KEYWORD_ONLY,
    )


def to_list(x: Any, allow_tuple: bool = False) -> list[Any]:
    """A list of it, unless it is one."""
    return x if isinstance(x, list) else list(x) if allow_tuple and isinstance(x, tuple) else [x]


def unpack_singleton(x: Any) -> Any:
    """What a list of one holds."""
    return x[0] if len(x) == 1 else x


def slice_arrays(arrays: Any, start: Any = None, stop: Any = None) -> Any:
    """Rows of each array."""
    if arrays is None:
        return [None]
    rows = slice(start, stop) if not hasattr(start, "__len__") else start
    return [None if a is None else a[rows] for a in arrays] if isinstance(arrays, list) else arrays[rows]


def make_batches(size: int, batch_size: int) -> list[tuple[int, int]]:
    """The first and the last row (not of it) of each batch."""
    return [(i * batch_size, min(size, (i + 1) * batch_size)) for i in range(math.ceil(size / batch_size))]


def normalize_tuple(value: Any, n: int, name: str) -> tuple[int, ...]:
    """``n`` whole numbers."""
    found = (value,) * n if isinstance(value, int) else tuple(value)
    if len(found) != n:
        raise ValueError(f"The `{name}` argument must be a tuple of {n} integers. Received: {value}")
    return tuple(int(each) for each in found)


def normalize_padding(value: str) -> str:
    """In lower case."""
    if value.lower() not in ("valid", "same", "causal"):
        raise ValueError(
            f'The `padding` argument must be one of "valid", "same" (or "causal"). Received: {value}'
        )
    return value.lower()


def convert_kernel(kernel: np.ndarray) -> np.ndarray:
    """Theano's kernels are TensorFlow's turned around."""
    if not 3 <= kernel.ndim <= 5:
        raise ValueError("Invalid kernel shape:", kernel.shape)
    return np.copy(kernel[tuple([slice(None, None, -1)] * (kernel.ndim - 2) + [slice(None)] * 2)])


def convert_all_kernels_in_model(model: Any) -> None:
    """``convert_kernel`` of all convolutions."""
    for layer in model.layers:
        if type(layer).__name__ in ("Conv1D", "Conv2D", "Conv3D", "Conv2DTranspose"):
            kernel, *rest = layer.get_weights()
            layer.set_weights([convert_kernel(kernel), *rest])


def conv_output_length(
    input_length: int | None, filter_size: int, padding: str, stride: int, dilation: int = 1
) -> int | None:
    """The length after a convolution."""
    if input_length is None:
        return None
    reach = filter_size + (filter_size - 1) * (dilation - 1)
    length = {"valid": input_length - reach + 1, "full": input_length + reach - 1}.get(padding, input_length)
    return (length + stride - 1) // stride


def get_source_inputs(tensor: Any, layer: Any = None, node_index: Any = None) -> list[Any]:
    """The inputs that a symbolic tensor is made from."""
    found: list[Any] = keras.utils.get_source_inputs(tensor)
    return found


def print_summary(model: Any, **given: Any) -> None:
    """``model.summary()``"""
    model.summary(**given)


def convert_dense_weights_data_format(*given: Any) -> None:
    """Not here."""
    raise ArgumentError(
        "convert_dense_weights_data_format is for weights of Theano's pictures; there is none here."
    )
