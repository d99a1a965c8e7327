"""``keras.backend`` of Keras 1 and 2: functions of tensors, symbolic or not, on ``keras.ops``."""

from __future__ import annotations

import builtins
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import torch

from prunelle.errors import ArgumentError
from prunelle.keras.floor import keras, private
from prunelle.keras.graphs import (
    LEARNING_PHASE,
    Function,
    Sizes,
    gradients,
    is_symbolic,
    placeholder,
    training_now,
)

ops: Any = keras.ops

__all__ = ["function", "gradients", "placeholder"]


def _listed(name: str | None = None) -> Callable[[Any], Any]:
    def add(function_: Any) -> Any:
        __all__.append(name or function_.__name__)
        return function_

    return add


def _tensor(x: Any) -> Any:
    """A tensor of numbers, lists, arrays and variables; symbolic ones as they are."""
    if is_symbolic(x):
        return x
    if isinstance(x, Sizes):
        return x.tensor()
    if isinstance(x, keras.Variable):
        return x.value
    if isinstance(x, np.ndarray) and x.dtype == np.float64:
        x = x.astype(keras.config.floatx())
    return ops.convert_to_tensor(x)


# What there is.


@_listed()
def backend() -> str:
    """``tensorflow``: what the programs that ask were written for."""
    return "tensorflow"


for _name in ("epsilon", "floatx", "image_data_format", "set_epsilon", "set_floatx", "set_image_data_format"):
    globals()[_name] = _listed()(getattr(keras.config, _name))


@_listed()
def image_dim_ordering() -> str:
    """``tf`` or ``th``: Keras 1's names for ``channels_last`` and ``channels_first``."""
    return "th" if keras.config.image_data_format() == "channels_first" else "tf"


@_listed()
def set_image_dim_ordering(dim_ordering: str) -> None:
    """``set_image_data_format`` by its name of Keras 1."""
    keras.config.set_image_data_format({"tf": "channels_last", "th": "channels_first"}[dim_ordering])


@_listed()
def normalize_data_format(value: str | None) -> str:
    """``value`` in lower case, or the default.

    Raises:
        ValueError: neither ``channels_first`` nor ``channels_last``.
    """
    found = (value or keras.config.image_data_format()).lower()
    if found not in ("channels_first", "channels_last"):
        raise ValueError(
            f'The `data_format` argument must be one of "channels_first", "channels_last". Received: {value}'
        )
    return found


@_listed()
def cast_to_floatx(x: Any) -> np.ndarray:
    """An array of Keras's type of numbers."""
    return np.asarray(x, dtype=keras.config.floatx())


@_listed()
def clear_session(free_memory: bool = True) -> None:
    """Names of layers begin again, and no learning phase is set."""
    LEARNING_PHASE.value = None
    keras.utils.clear_session(free_memory=free_memory)


@_listed()
def get_uid(prefix: str = "") -> int:
    """The next number for a name."""
    return private("utils.naming").get_uid(prefix)  # type: ignore[no-any-return]


@_listed()
def reset_uids() -> None:
    """Numbers of names begin again."""
    private("utils.naming").reset_uids()


@_listed()
def learning_phase() -> Any:
    """What stands for "training or not" among the inputs of ``function``."""
    return LEARNING_PHASE


@_listed()
def set_learning_phase(value: Any) -> None:
    """0 or 1: whether layers called from here on take it that they are trained, where nothing says so."""
    LEARNING_PHASE.value = bool(value)


@_listed()
def manual_variable_initialization(value: bool) -> None:
    """Variables have their values from the start here."""


@_listed()
def get_session() -> Any:
    """There are no sessions here; what programs ask of one is done at once."""
    return _Session()


@_listed()
def set_session(session: Any) -> None:
    """There are no sessions here."""


class _Session:
    """What a program does with a session before it goes on."""

    def run(self, fetches: Any, feed_dict: Any = None) -> Any:
        """The values of tensors that are there."""
        return keras.tree.map_structure(eval, fetches) if fetches is not None else None

    def close(self) -> None:
        """Nothing is open."""

    graph = None


# Tensors and variables.


@_listed()
def variable(value: Any, dtype: Any = None, name: str | None = None, constraint: Any = None) -> Any:
    """A value that can be changed in place."""
    found = np.asarray(value if not is_symbolic(value) else eval(value))
    kind = keras.backend.standardize_dtype(dtype or keras.config.floatx())
    made = keras.Variable(found, dtype=kind, trainable="float" in kind, name=name)
    made.constraint = constraint
    return made


@_listed()
def constant(
    value: Any, dtype: Any = None, shape: Sequence[int] | None = None, name: str | None = None
) -> Any:
    """A tensor of ``value``, spread over ``shape``."""
    found = np.asarray(value, dtype or keras.config.floatx())
    if shape is not None:
        found = found.reshape(shape) if found.size == np.prod(shape) else np.broadcast_to(found, shape).copy()
    return ops.convert_to_tensor(found)


@_listed()
def is_keras_tensor(x: Any) -> bool:
    """Whether it came out of an ``Input`` or a layer."""
    if not isinstance(x, (torch.Tensor, keras.Variable, keras.KerasTensor)):
        raise ValueError(
            f"Unexpectedly found an instance of type `{type(x)}`. Expected a symbolic tensor instance."
        )
    return is_symbolic(x)


@_listed()
def is_tensor(x: Any) -> bool:
    """Whether it is a tensor, with values or symbolic."""
    return isinstance(x, (torch.Tensor, keras.KerasTensor))


@_listed()
def is_variable(x: Any) -> bool:
    """Whether it is a variable."""
    return isinstance(x, keras.Variable)


@_listed()
def is_placeholder(x: Any) -> bool:
    """Whether it is an input of a graph."""
    return is_symbolic(x) and isinstance(x._keras_history.operation, keras.layers.InputLayer)


@_listed()
def is_sparse(tensor: Any) -> bool:
    """Sparse tensors are not there with PyTorch."""
    return False


@_listed()
def to_dense(tensor: Any) -> Any:
    """The same: all are."""
    return tensor


@_listed()
def shape(x: Any) -> Any:
    """The shape; in a graph, a number that is not known yet is None, and the whole can be made a tensor of."""
    found = ops.shape(_tensor(x))
    return Sizes(found, x) if is_symbolic(x) else found


@_listed()
def int_shape(x: Any) -> tuple[int | None, ...] | None:
    """The shape, with None where it is not known before the data."""
    found = getattr(x, "shape", None)
    return tuple(None if size is None else int(size) for size in found) if found is not None else None


get_variable_shape = _listed("get_variable_shape")(int_shape)


@_listed()
def ndim(x: Any) -> int:
    """The number of axes."""
    return len(x.shape)


@_listed()
def size(x: Any, name: str | None = None) -> Any:
    """The number of values."""
    return ops.size(_tensor(x))


@_listed()
def dtype(x: Any) -> str:
    """The name of the type."""
    return str(keras.backend.standardize_dtype(x.dtype))


@_listed()
def count_params(x: Any) -> int:
    """The number of values of a variable."""
    return int(np.prod(int_shape(x) or ()))


@_listed()
def eval(x: Any) -> Any:
    """The value as an array."""
    return get_value(x)


@_listed()
def get_value(x: Any) -> Any:
    """The value of a variable or a tensor as an array, of one number as a number of NumPy's."""
    if is_symbolic(x):
        from prunelle.keras.graphs import evaluated

        x = evaluated(x)
    if isinstance(x, (torch.Tensor, keras.Variable)):
        found = ops.convert_to_numpy(x)
        return found[()] if found.ndim == 0 else found
    return x


@_listed()
def batch_get_value(ops: Sequence[Any]) -> list[Any]:
    """``get_value`` of several."""
    return [get_value(x) for x in ops]


@_listed()
def set_value(x: Any, value: Any) -> None:
    """Another value for a variable.

    Raises:
        ArgumentError: it is none.
    """
    if not hasattr(x, "assign"):
        raise ArgumentError(f"set_value changes variables and weights; received {type(x).__name__}.")
    x.assign(value)


@_listed()
def batch_set_value(tuples: Sequence[tuple[Any, Any]]) -> None:
    """``set_value`` of several."""
    for x, value in tuples:
        set_value(x, value)


@_listed()
def update(x: Any, new_x: Any) -> Any:
    """``set_value``, and the variable."""
    x.assign(new_x)
    return x


@_listed()
def update_add(x: Any, increment: Any) -> Any:
    """Adds to a variable."""
    x.assign_add(_tensor(increment))
    return x


@_listed()
def update_sub(x: Any, decrement: Any) -> Any:
    """Subtracts from a variable."""
    x.assign_sub(_tensor(decrement))
    return x


@_listed()
def moving_average_update(x: Any, value: Any, momentum: float) -> Any:
    """``momentum`` of the old value and the rest of the new."""
    x.assign(x * momentum + _tensor(value) * (1 - momentum))
    return x


def _filled(make: Callable[..., Any], doc: str, name_: str) -> None:
    def filled(shape: Sequence[int], dtype: Any = None, name: str | None = None) -> Any:
        return variable(ops.convert_to_numpy(make(tuple(shape))), dtype, name)

    filled.__name__, filled.__doc__ = name_, doc
    globals()[name_] = _listed()(filled)


_filled(ops.zeros, "A variable of 0.", "zeros")
_filled(ops.ones, "A variable of 1.", "ones")


@_listed()
def eye(size: int | Sequence[int], dtype: Any = None, name: str | None = None) -> Any:
    """A variable: 1 on the diagonal, else 0."""
    rows, columns = size if isinstance(size, (list, tuple)) else (size, size)
    return variable(np.eye(rows, columns), dtype, name)


@_listed()
def zeros_like(x: Any, dtype: Any = None, name: str | None = None) -> Any:
    """0 in the shape of ``x``."""
    return ops.zeros_like(_tensor(x), dtype=dtype)


@_listed()
def ones_like(x: Any, dtype: Any = None, name: str | None = None) -> Any:
    """1 in the shape of ``x``."""
    return ops.ones_like(_tensor(x), dtype=dtype)


@_listed()
def identity(x: Any, name: str | None = None) -> Any:
    """The same values."""
    return _tensor(x) + 0 if not is_symbolic(x) else ops.add(x, 0)


@_listed()
def random_uniform_variable(
    shape: Any, low: float, high: float, dtype: Any = None, name: Any = None, seed: Any = None
) -> Any:
    """A variable of numbers between ``low`` and ``high``."""
    return variable(
        ops.convert_to_numpy(keras.random.uniform(tuple(shape), low, high, seed=_seed(seed))), dtype, name
    )


@_listed()
def random_normal_variable(
    shape: Any, mean: float, scale: float, dtype: Any = None, name: Any = None, seed: Any = None
) -> Any:
    """A variable of normal numbers."""
    return variable(
        ops.convert_to_numpy(keras.random.normal(tuple(shape), mean, scale, seed=_seed(seed))), dtype, name
    )


def _seed(seed: Any) -> int:
    # NumPy's global generator: a program that seeds it alone, as courses of 2017 do, repeats these numbers.
    return int(np.random.randint(2**31 - 1)) if seed is None else int(seed)


def _sizes(shape: Any) -> tuple[int, ...]:
    return tuple(int(size) for size in shape)


@_listed()
def random_normal(
    shape: Any,
    mean: float = 0.0,
    stddev: float = 1.0,
    dtype: Any = None,
    seed: Any = None,
    std: float | None = None,
) -> Any:
    """Normal numbers. ``std`` is Keras 1's name of ``stddev``."""
    stddev = stddev if std is None else std
    return keras.random.normal(_sizes(shape), mean, stddev, dtype=dtype, seed=_seed(seed))


@_listed()
def random_uniform(
    shape: Any, minval: float = 0.0, maxval: float = 1.0, dtype: Any = None, seed: Any = None
) -> Any:
    """Numbers between two."""
    return keras.random.uniform(_sizes(shape), minval, maxval, dtype=dtype, seed=_seed(seed))


@_listed()
def random_binomial(shape: Any, p: float = 0.0, dtype: Any = None, seed: Any = None) -> Any:
    """1 with probability ``p``, else 0."""
    return ops.cast(keras.random.uniform(_sizes(shape), seed=_seed(seed)) < p, dtype or keras.config.floatx())


random_bernoulli = _listed("random_bernoulli")(random_binomial)


@_listed()
def truncated_normal(
    shape: Any, mean: float = 0.0, stddev: float = 1.0, dtype: Any = None, seed: Any = None
) -> Any:
    """Normal numbers no further than two standard deviations off."""
    return keras.random.truncated_normal(_sizes(shape), mean, stddev, dtype=dtype, seed=_seed(seed))


# Arithmetic.


@_listed()
def cast(x: Any, dtype: Any) -> Any:
    """Another type, by name or as ``x.dtype`` gives it."""
    return ops.cast(_tensor(x), keras.backend.standardize_dtype(dtype))


def _reduction(name: str, over: Callable[..., Any], doc: str, *, numbers: bool = False) -> None:
    def reduce(x: Any, axis: Any = None, keepdims: bool = False) -> Any:
        x = _tensor(x)
        if numbers and str(keras.backend.standardize_dtype(x.dtype)) == "bool":
            x = ops.cast(x, keras.config.floatx())
        if isinstance(axis, list):
            axis = tuple(axis)
        return over(x, axis=axis, keepdims=keepdims)

    reduce.__name__, reduce.__doc__ = name, doc
    globals()[name] = _listed()(reduce)


for _name in ("max", "min", "sum", "prod", "any", "all"):
    _reduction(_name, getattr(ops, _name), f"``{_name}`` along axes.")
for _name in ("mean", "std", "var"):
    _reduction(_name, getattr(ops, _name), f"``{_name}`` along axes.", numbers=True)
_reduction("logsumexp", ops.logsumexp, "The logarithm of the sum of exponentials along axes.")


def _elementwise(name: str, over: Callable[..., Any], doc: str | None = None) -> None:
    def apply(x: Any) -> Any:
        return over(_tensor(x))

    apply.__name__, apply.__doc__ = name, doc or f"``{name}``, value by value."
    globals()[name] = _listed()(apply)


for _name in (
    "square",
    "abs",
    "exp",
    "log",
    "round",
    "sign",
    "sin",
    "cos",
    "tanh",
    "sigmoid",
    "softplus",
    "softsign",
):
    _elementwise(_name, getattr(ops, _name))
_elementwise("sqrt", lambda x: ops.sqrt(ops.maximum(x, 0)), "The square root; 0 for negative values.")
_elementwise("hard_sigmoid", lambda x: ops.clip(x * 0.2 + 0.5, 0.0, 1.0), "0.2 x + 0.5 within 0 and 1.")
_elementwise("flatten", lambda x: ops.reshape(x, (-1,)), "All axes as one.")
_elementwise(
    "batch_flatten",
    lambda x: ops.reshape(x, (-1, int(np.prod(x.shape[1:])))),
    "All axes but the first as one.",
)
_elementwise("transpose", ops.transpose, "Axes in reverse.")


def _of_two(name: str, over: Callable[..., Any]) -> None:
    def apply(x: Any, y: Any) -> Any:
        x, y = _tensor(x), _tensor(y)
        return over(x, y)

    apply.__name__, apply.__doc__ = name, f"``{name}``, value by value."
    globals()[name] = _listed()(apply)


for _name in ("equal", "not_equal", "greater", "greater_equal", "less", "less_equal", "maximum", "minimum"):
    _of_two(_name, getattr(ops, _name))


@_listed()
def pow(x: Any, a: Any) -> Any:
    """xᵃ"""
    return ops.power(_tensor(x), a)


@_listed()
def clip(x: Any, min_value: Any, max_value: Any) -> Any:
    """Values kept within limits."""
    if isinstance(min_value, (int, float)) and isinstance(max_value, (int, float)) and max_value < min_value:
        max_value = min_value
    x = _tensor(x)
    if min_value is None or max_value is None:
        low, high = (
            (-np.inf if min_value is None else min_value),
            (np.inf if max_value is None else max_value),
        )
        return ops.clip(x, low, high)
    return ops.clip(x, min_value, max_value)


@_listed()
def argmax(x: Any, axis: int = -1) -> Any:
    """The place of the largest along ``axis``."""
    return ops.cast(ops.argmax(_tensor(x), axis=axis), "int64")


@_listed()
def argmin(x: Any, axis: int = -1) -> Any:
    """The place of the smallest along ``axis``."""
    return ops.cast(ops.argmin(_tensor(x), axis=axis), "int64")


@_listed()
def cumsum(x: Any, axis: int = 0) -> Any:
    """Sums so far along ``axis``."""
    return ops.cumsum(_tensor(x), axis=axis)


@_listed()
def cumprod(x: Any, axis: int = 0) -> Any:
    """Products so far along ``axis``."""
    return ops.cumprod(_tensor(x), axis=axis)


@_listed()
def dot(x: Any, y: Any) -> Any:
    """The product over the last axis of ``x`` and the last but one of ``y``."""
    x, y = _tensor(x), _tensor(y)
    return ops.dot(x, y) if len(y.shape) > 2 or len(x.shape) > 2 else ops.matmul(x, y)


@_listed()
def batch_dot(x: Any, y: Any, axes: Any = None) -> Any:
    """Products over one axis of each, example by example."""
    x, y = _tensor(x), _tensor(y)
    if axes is None:
        axes = (1, 1) if len(y.shape) == 2 else (len(x.shape) - 1, len(y.shape) - 2)
    if len(x.shape) <= 3 and len(y.shape) <= 3:
        return keras.layers.Dot(axes)([x, y])
    return _batch_dot(x, y, axes)


def _batch_dot(x: Any, y: Any, axes: Any) -> Any:
    a, b = (axes, axes) if isinstance(axes, int) else axes
    x, y = ops.moveaxis(x, a, -1), ops.moveaxis(y, b, 1)
    sizes = (*x.shape[1:-1], *y.shape[2:])
    left = ops.reshape(x, (-1, int(np.prod(x.shape[1:-1])), x.shape[-1]))
    right = ops.reshape(y, (-1, y.shape[1], int(np.prod(y.shape[2:]))))
    return ops.reshape(ops.matmul(left, right), (-1, *sizes))


@_listed()
def bias_add(x: Any, bias: Any, data_format: str | None = None) -> Any:
    """``x`` and a number a channel."""
    x, bias = _tensor(x), _tensor(bias)
    if normalize_data_format(data_format) == "channels_first" and len(x.shape) > 2:
        bias = (
            ops.reshape(bias, (1, -1, *([1] * (len(x.shape) - 2))))
            if len(bias.shape) == 1
            else ops.moveaxis(bias, -1, 0)[None]
        )
    return x + bias


# Shapes.


@_listed()
def concatenate(tensors: Sequence[Any], axis: int = -1) -> Any:
    """One after the other along ``axis``."""
    return ops.concatenate([_tensor(each) for each in tensors], axis=axis)


@_listed()
def stack(x: Sequence[Any], axis: int = 0) -> Any:
    """Along a new axis."""
    return ops.stack([_tensor(each) for each in x], axis=axis)


@_listed()
def reshape(x: Any, shape: Any) -> Any:
    """Another shape, the batch included."""
    return ops.reshape(_tensor(x), tuple(-1 if size is None else size for size in shape))


@_listed()
def permute_dimensions(x: Any, pattern: Sequence[int]) -> Any:
    """Axes in another order."""
    return ops.transpose(_tensor(x), tuple(pattern))


@_listed()
def expand_dims(x: Any, axis: int = -1) -> Any:
    """One more axis, of size 1."""
    return ops.expand_dims(_tensor(x), axis)


@_listed()
def squeeze(x: Any, axis: int) -> Any:
    """Without an axis of size 1."""
    return ops.squeeze(_tensor(x), axis)


@_listed()
def repeat_elements(x: Any, rep: int, axis: int) -> Any:
    """Each value ``rep`` times along ``axis``."""
    return ops.repeat(_tensor(x), rep, axis=axis)


@_listed()
def repeat(x: Any, n: int) -> Any:
    """``(N, D)`` → ``(N, n, D)``"""
    return ops.repeat(ops.expand_dims(_tensor(x), 1), n, axis=1)


@_listed()
def arange(start: Any, stop: Any = None, step: int = 1, dtype: str = "int32") -> Any:
    """Whole numbers in a row."""
    if stop is None:
        start, stop = 0, start
    return ops.arange(start, builtins.max(start, stop) if step > 0 else stop, step, dtype=dtype)


@_listed()
def tile(x: Any, n: Any) -> Any:
    """``x`` again and again along its axes."""
    return ops.tile(_tensor(x), n)


@_listed()
def reverse(x: Any, axes: Any) -> Any:
    """Backwards along axes."""
    return ops.flip(_tensor(x), axis=axes if isinstance(axes, int) else tuple(axes))


@_listed()
def slice(x: Any, start: Any, size: Any) -> Any:
    """A part, from ``start`` and of ``size``."""
    x = _tensor(x)
    sizes = [x.shape[i] - int(start[i]) if n == -1 else int(n) for i, n in enumerate(size)]
    return x[tuple(builtins.slice(int(begin), int(begin) + n) for begin, n in zip(start, sizes, strict=True))]


@_listed()
def gather(reference: Any, indices: Any) -> Any:
    """Rows by number."""
    return ops.take(_tensor(reference), ops.cast(_tensor(indices), "int32"), axis=0)


@_listed()
def one_hot(indices: Any, num_classes: int) -> Any:
    """``(…)`` → ``(…, num_classes)``, 1 at the number."""
    return ops.one_hot(ops.cast(_tensor(indices), "int32"), num_classes)


@_listed()
def temporal_padding(x: Any, padding: tuple[int, int] = (1, 1)) -> Any:
    """Zeros before and after along axis 1."""
    return ops.pad(_tensor(x), ((0, 0), tuple(padding), (0, 0)))


@_listed()
def spatial_2d_padding(x: Any, padding: Any = ((1, 1), (1, 1)), data_format: str | None = None) -> Any:
    """Zeros around pictures."""
    first = normalize_data_format(data_format) == "channels_first"
    return ops.pad(_tensor(x), ((0, 0), (0, 0), *padding) if first else ((0, 0), *padding, (0, 0)))


spatial_3d_padding = _listed("spatial_3d_padding")(spatial_2d_padding)


@_listed()
def resize_images(
    x: Any,
    height_factor: int,
    width_factor: int,
    data_format: str | None = None,
    interpolation: str = "nearest",
) -> Any:
    """Pictures larger by whole factors."""
    layer = keras.layers.UpSampling2D(
        (height_factor, width_factor), data_format=data_format, interpolation=interpolation
    )
    return layer(_tensor(x))


@_listed()
def resize_volumes(
    x: Any, depth_factor: int, height_factor: int, width_factor: int, data_format: str | None = None
) -> Any:
    """Volumes larger by whole factors."""
    return keras.layers.UpSampling3D((depth_factor, height_factor, width_factor), data_format=data_format)(
        _tensor(x)
    )


# Networks.


@_listed()
def relu(x: Any, alpha: float = 0.0, max_value: float | None = None, threshold: float = 0.0) -> Any:
    """``x`` above the threshold, ``alpha`` of what is below it, no more than ``max_value``."""
    return keras.activations.relu(_tensor(x), negative_slope=alpha, max_value=max_value, threshold=threshold)


@_listed()
def elu(x: Any, alpha: float = 1.0) -> Any:
    """``x`` above 0, ``alpha`` · (eˣ - 1) below."""
    return ops.elu(_tensor(x), alpha)


@_listed()
def softmax(x: Any, axis: int = -1) -> Any:
    """exp(x) divided by its sum along ``axis``."""
    return ops.softmax(_tensor(x), axis=axis)


@_listed()
def dropout(x: Any, level: float, noise_shape: Any = None, seed: Any = None) -> Any:
    """0 with probability ``level``, the rest larger for it."""
    return keras.random.dropout(_tensor(x), level, noise_shape, seed=_seed(seed))


@_listed()
def l2_normalize(x: Any, axis: Any = None) -> Any:
    """Divided by its length along ``axis``."""
    x = _tensor(x)
    squares = ops.sum(ops.square(x), axis=axis, keepdims=True)
    return x / ops.sqrt(ops.maximum(squares, 1e-12))


@_listed()
def in_top_k(predictions: Any, targets: Any, k: int) -> Any:
    """Whether the target is among the ``k`` largest."""
    return ops.in_top_k(ops.cast(_tensor(targets), "int32"), _tensor(predictions), k)


def _crossentropy(name: str) -> None:
    over = getattr(ops, name)

    def crossentropy(target: Any, output: Any, from_logits: bool = False, axis: int = -1) -> Any:
        target, output = _tensor(target), _tensor(output)
        if name == "binary_crossentropy":
            return over(ops.cast(target, output.dtype), output, from_logits=from_logits)
        if name == "sparse_categorical_crossentropy":
            target = ops.cast(target, "int64")
            if len(target.shape) == len(output.shape) and target.shape[-1] == 1:
                target = ops.squeeze(target, -1)
        return over(target, output, from_logits=from_logits, axis=axis)

    crossentropy.__name__, crossentropy.__doc__ = name, "-log of the probability given to the truth."
    globals()[name] = _listed()(crossentropy)


for _name in ("binary_crossentropy", "categorical_crossentropy", "sparse_categorical_crossentropy"):
    _crossentropy(_name)


@_listed()
def batch_normalization(
    x: Any, mean: Any, var: Any, beta: Any, gamma: Any, axis: int = -1, epsilon: float = 1e-3
) -> Any:
    """``gamma · (x - mean) / √(var + epsilon) + beta``, each a number a channel."""
    x = _tensor(x)
    return ops.batch_normalization(
        x, _tensor(mean), _tensor(var), axis, offset=_tensor(beta), scale=_tensor(gamma), epsilon=epsilon
    )


@_listed()
def normalize_batch_in_training(
    x: Any, gamma: Any, beta: Any, reduction_axes: Sequence[int], epsilon: float = 1e-3
) -> Any:
    """Normalised by the batch's own mean and variance: that, the mean and the variance."""
    x = _tensor(x)
    means, variances = ops.moments(x, tuple(reduction_axes), keepdims=True)
    found = (x - means) / ops.sqrt(variances + epsilon)
    sizes = [1 if i in reduction_axes else x.shape[i] for i in range(len(x.shape))]
    if gamma is not None:
        found = found * ops.reshape(_tensor(gamma), sizes)
    if beta is not None:
        found = found + ops.reshape(_tensor(beta), sizes)
    axes = tuple(reduction_axes)
    return found, ops.squeeze(means, axes), ops.squeeze(variances, axes)


def _convolution(name: str, over: Callable[..., Any]) -> None:
    def convolve(
        x: Any,
        kernel: Any,
        strides: Any = 1,
        padding: str = "valid",
        data_format: str | None = None,
        dilation_rate: Any = 1,
    ) -> Any:
        x, kernel = _tensor(x), _tensor(kernel)
        last = normalize_data_format(data_format) == "channels_last"
        if padding == "causal":
            reach = (kernel.shape[0] - 1) * (
                dilation_rate if isinstance(dilation_rate, int) else dilation_rate[0]
            )
            x, padding = (
                ops.pad(x, ((0, 0), (reach, 0), (0, 0)) if last else ((0, 0), (0, 0), (reach, 0))),
                "valid",
            )
        return over(
            x, kernel, strides=strides, padding=padding, data_format=data_format, dilation_rate=dilation_rate
        )

    convolve.__name__, convolve.__doc__ = name, "Convolution by ``kernel: (*size, in, out)``."
    globals()[name] = _listed()(convolve)


for _name in ("conv1d", "conv2d", "conv3d"):
    _convolution(_name, ops.conv)
_convolution("depthwise_conv2d", ops.depthwise_conv)


def _separable(name: str) -> None:
    def convolve(
        x: Any, depthwise_kernel: Any, pointwise_kernel: Any, strides: Any = 1, padding: str = "valid",
        data_format: str | None = None, dilation_rate: Any = 1,
    ) -> Any:  # fmt: skip
        return ops.separable_conv(
            _tensor(x), _tensor(depthwise_kernel), _tensor(pointwise_kernel), strides=strides, padding=padding,
            data_format=data_format, dilation_rate=dilation_rate,
        )  # fmt: skip

    convolve.__name__, convolve.__doc__ = name, "A convolution of each channel, then one across channels."
    globals()[name] = _listed()(convolve)


for _name in ("separable_conv1d", "separable_conv2d"):
    _separable(_name)


def _local(
    inputs: Any, kernel: Any, kernel_size: Sequence[int], strides: Sequence[int], data_format: str | None
) -> Any:
    """A convolution with weights of its own at each place: ``kernel (places, size · channels, filters)``."""
    x, kernel = _tensor(inputs), _tensor(kernel)
    first = (data_format or keras.config.image_data_format()) == "channels_first"
    if first:
        x = ops.moveaxis(x, 1, -1)
    sizes = [(n - k) // s + 1 for n, k, s in zip(x.shape[1:-1], kernel_size, strides, strict=True)]
    window = ops.shape(x)[0], int(np.prod(kernel_size)) * x.shape[-1]
    patches = []
    for place in np.ndindex(*sizes):
        at = (builtins.slice(i * s, i * s + k) for i, s, k in zip(place, strides, kernel_size, strict=True))
        patches.append(ops.reshape(x[(builtins.slice(None), *at)], (-1, window[1])))
    found = ops.einsum("nlk,lkf->nlf", ops.stack(patches, axis=1), kernel)
    found = ops.reshape(found, (-1, *sizes, kernel.shape[-1]))
    return ops.moveaxis(found, -1, 1) if first else found


@_listed()
def local_conv1d(
    inputs: Any,
    kernel: Any,
    kernel_size: Sequence[int],
    strides: Sequence[int],
    data_format: str | None = None,
) -> Any:
    """``(N, T, C)``, ``kernel (L, size · C, F)`` → ``(N, L, F)``: weights of its own at each place."""
    return _local(inputs, kernel, kernel_size, strides, data_format)


@_listed()
def local_conv2d(
    inputs: Any,
    kernel: Any,
    kernel_size: Sequence[int],
    strides: Sequence[int],
    output_shape: Any = None,
    data_format: str | None = None,
) -> Any:
    """``(N, H, W, C)``, ``kernel (rows · columns, size · C, F)`` → ``(N, rows, columns, F)``."""
    return _local(inputs, kernel, kernel_size, strides, data_format)


@_listed()
def ctc_batch_cost(y_true: Any, y_pred: Any, input_length: Any, label_length: Any) -> Any:
    """What connectionist temporal classification costs (Graves 2006), ``(N, 1)``; the last class is the blank.

    Args:
        y_true: ``(N, longest)`` numbers of classes.
        y_pred: ``(N, T, classes)`` from softmax.
        input_length, label_length: ``(N, 1)``, how many of each are meant.
    """
    cost = ops.ctc_loss(
        ops.cast(_tensor(y_true), "int32"),
        ops.log(_tensor(y_pred) + keras.config.epsilon()),
        ops.cast(ops.squeeze(_tensor(label_length), -1), "int32"),
        ops.cast(ops.squeeze(_tensor(input_length), -1), "int32"),
        mask_index=y_pred.shape[-1] - 1,
    )
    return ops.expand_dims(cost, -1)


def _transposed(name: str) -> None:
    def convolve(
        x: Any, kernel: Any, output_shape: Any, strides: Any = 1, padding: str = "valid",
        data_format: str | None = None, dilation_rate: Any = 1,
    ) -> Any:  # fmt: skip
        return ops.conv_transpose(
            _tensor(x), _tensor(kernel), strides=strides, padding=padding, data_format=data_format,
            dilation_rate=dilation_rate,
        )  # fmt: skip

    convolve.__name__, convolve.__doc__ = name, "The transposed convolution."
    globals()[name] = _listed()(convolve)


for _name in ("conv2d_transpose", "conv3d_transpose"):
    _transposed(_name)


def _pooling(name: str) -> None:
    def pool(
        x: Any, pool_size: Any, strides: Any = 1, padding: str = "valid", data_format: str | None = None,
        pool_mode: str = "max",
    ) -> Any:  # fmt: skip
        over = {"max": ops.max_pool, "avg": ops.average_pool}.get(pool_mode)
        if over is None:
            raise ValueError(f"Invalid pool_mode: {pool_mode}")
        return over(_tensor(x), pool_size, strides=strides, padding=padding, data_format=data_format)

    pool.__name__, pool.__doc__ = name, "The maximum (or mean) of each window."
    globals()[name] = _listed()(pool)


for _name in ("pool2d", "pool3d"):
    _pooling(_name)


# Graphs and what runs them.


@_listed()
def function(inputs: Any, outputs: Any, updates: Any = None, **ignored: Any) -> Function:
    """A function from arrays for ``inputs`` to a list of arrays for ``outputs``."""
    return Function(inputs, outputs, updates or ())


@_listed()
def stop_gradient(variables: Any) -> Any:
    """The same values, constant to gradients."""
    if isinstance(variables, (list, tuple)):
        return [ops.stop_gradient(_tensor(each)) for each in variables]
    return ops.stop_gradient(_tensor(variables))


@_listed()
def switch(condition: Any, then_expression: Any, else_expression: Any) -> Any:
    """One or the other, place by place."""
    condition = _tensor(condition)
    chosen = [_tensor(each() if callable(each) else each) for each in (then_expression, else_expression)]
    while len(condition.shape) < len(chosen[0].shape):
        condition = ops.expand_dims(condition, -1)
    return ops.where(ops.cast(condition, "bool"), *chosen)


@_listed()
def in_train_phase(x: Any, alt: Any, training: Any = None) -> Any:
    """``x`` (or what it gives when called) while training, else ``alt``."""
    chosen = x if training_now(training) else alt
    return chosen() if callable(chosen) else chosen


@_listed()
def in_test_phase(x: Any, alt: Any, training: Any = None) -> Any:
    """``alt`` while training, else ``x``."""
    return in_train_phase(alt, x, training)


@_listed()
def print_tensor(x: Any, message: str = "") -> Any:
    """Prints values on their way."""
    print(message, get_value(x) if not is_symbolic(x) else x)
    return x


@_listed()
def map_fn(fn: Callable[..., Any], elems: Any, name: str | None = None, dtype: Any = None) -> Any:
    """``fn`` of each row."""
    return ops.stack([_tensor(fn(row)) for row in _tensor(elems)])


@_listed()
def foldl(fn: Callable[..., Any], elems: Any, initializer: Any = None, name: str | None = None) -> Any:
    """``fn(so far, row)`` from the first row to the last."""
    rows = list(_tensor(elems))
    so_far = rows.pop(0) if initializer is None else _tensor(initializer)
    for row in rows:
        so_far = fn(so_far, row)
    return so_far


@_listed()
def foldr(fn: Callable[..., Any], elems: Any, initializer: Any = None, name: str | None = None) -> Any:
    """``foldl`` from the last row."""
    return foldl(fn, reverse(elems, 0), initializer)


@_listed()
def name_scope(name: str) -> Any:
    """A scope of names."""
    return keras.name_scope(name)


@_listed()
def symbolic(func: Any) -> Any:
    """The function itself."""
    return func


@_listed()
def eager(func: Any) -> Any:
    """The function itself."""
    return func
