"""The functions of ``keras.backend`` that course programs use, on torch tensors in Keras's order.

Inside ``Lambda`` layers, losses and metrics of one's own they take and give torch tensors.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import torch

from prunelle.errors import ArgumentError
from prunelle.keras import absent, activations, losses
from prunelle.keras.models import Model
from prunelle.keras.naming import forget_names
from prunelle.keras.tensors import KerasTensor, flat
from prunelle.keras.variables import Variable


def clear_session(free_memory: bool = True) -> None:
    """Names of layers begin again (``conv2d``, ``conv2d_1``…)."""
    forget_names()


def backend() -> str:
    """``torch``: what computes."""
    return "torch"


def image_data_format() -> str:
    """``channels_last``: arrays are ``(N, H, W, C)``."""
    return "channels_last"


def image_dim_ordering() -> str:
    """``tf``: Keras 1's name for ``channels_last``."""
    return "tf"


def set_image_data_format(data_format: str) -> None:
    """Accepts ``channels_last`` alone."""
    if data_format not in ("channels_last", "tf"):
        raise ArgumentError(f"arrays are channels_last here; received {data_format!r}.")


def set_image_dim_ordering(ordering: str) -> None:
    """``set_image_data_format``, by its name of Keras 1."""
    set_image_data_format(ordering)


def set_learning_phase(value: Any) -> None:
    """Accepted: layers know by themselves whether they train."""


def learning_phase() -> int:
    """0: outside ``fit`` nothing trains."""
    return 0


def floatx() -> str:
    """``float32``: the type of all weights."""
    return "float32"


def set_floatx(value: str) -> None:
    """Accepts ``float32`` alone."""
    if value != "float32":
        raise ArgumentError(f"everything is float32 here; received {value!r}.")


def epsilon() -> float:
    """1e-7"""
    return losses.EPSILON


def function(
    inputs: Any, outputs: Any, updates: Any = None, **ignored: Any
) -> Callable[..., list[np.ndarray]]:
    """A function from arrays for ``inputs`` to a list of arrays for ``outputs``: what layers see.

    Called on a list of arrays, one for each input; ``learning_phase()`` among the inputs is passed over.
    """
    wanted = [tensor for tensor in flat(inputs) if isinstance(tensor, KerasTensor)]
    model = Model(wanted, flat(outputs))

    def run(arrays: Any) -> list[np.ndarray]:
        given = [np.asarray(array) for array in flat(arrays) if np.ndim(array)]
        found = model.predict(given if len(given) > 1 else given[0])
        return found if isinstance(found, list) else [found]

    return run


def _apply(run: Callable[..., Any], x: Any) -> Any:
    """On a symbolic tensor it becomes a layer; on anything else it is computed now."""
    if isinstance(x, KerasTensor):
        from prunelle.keras.layers.core import Lambda

        return Lambda(run, kind=getattr(run, "__name__", "lambda").strip("_<>"))(x)
    if isinstance(x, Variable):
        x = x.value
    return run(x if torch.is_tensor(x) else torch.as_tensor(np.asarray(x)))


def _reduction(over: Callable[..., torch.Tensor], name: str, doc: str) -> Callable[..., Any]:
    def reduce(x: Any, axis: int | Sequence[int] | None = None, keepdims: bool = False) -> Any:
        def run(t: torch.Tensor) -> torch.Tensor:
            t = t if t.is_floating_point() else t.float()
            axes = tuple(range(t.ndim)) if axis is None else axis
            return over(t, axes if isinstance(axes, int) else tuple(axes), keepdims)

        run.__name__ = name
        return _apply(run, x)

    reduce.__name__, reduce.__doc__ = name, doc
    return reduce


mean = _reduction(lambda t, a, k: t.mean(a, keepdim=k), "mean", "The mean along axes.")
sum = _reduction(lambda t, a, k: t.sum(a, keepdim=k), "sum", "The sum along axes.")
max = _reduction(lambda t, a, k: t.amax(a, keepdim=k), "max", "The maximum along axes.")
min = _reduction(lambda t, a, k: t.amin(a, keepdim=k), "min", "The minimum along axes.")
std = _reduction(
    lambda t, a, k: t.std(a, correction=0, keepdim=k), "std", "The standard deviation along axes."
)
var = _reduction(lambda t, a, k: t.var(a, correction=0, keepdim=k), "var", "The variance along axes.")


def _elementwise(over: Callable[[torch.Tensor], torch.Tensor], name: str) -> Callable[[Any], Any]:
    def apply(x: Any) -> Any:
        def run(t: torch.Tensor) -> torch.Tensor:
            return over(t)

        run.__name__ = name
        return _apply(run, x)

    apply.__name__, apply.__doc__ = name, f"``{name}``, value by value."
    return apply


abs = _elementwise(torch.abs, "abs")
square = _elementwise(torch.square, "square")
sqrt = _elementwise(lambda t: t.clamp(min=0).sqrt(), "sqrt")
exp = _elementwise(torch.exp, "exp")
log = _elementwise(torch.log, "log")
round = _elementwise(torch.round, "round")
sign = _elementwise(torch.sign, "sign")
sigmoid = _elementwise(activations.sigmoid, "sigmoid")
tanh = _elementwise(activations.tanh, "tanh")


def relu(x: Any, alpha: float = 0.0, max_value: float | None = None, threshold: float = 0.0) -> Any:
    """max(x, 0)"""
    return _apply(lambda t: activations.relu(t, alpha, max_value, threshold), x)


def softmax(x: Any, axis: int = -1) -> Any:
    """exp(x) divided by its sum along ``axis``."""
    return _apply(lambda t: activations.softmax(t, axis), x)


def argmax(x: Any, axis: int = -1) -> Any:
    """The place of the largest along ``axis``."""
    return _apply(lambda t: t.argmax(axis), x)


def argmin(x: Any, axis: int = -1) -> Any:
    """The place of the smallest along ``axis``."""
    return _apply(lambda t: t.argmin(axis), x)


def clip(x: Any, min_value: float, max_value: float) -> Any:
    """Values kept within limits."""
    return _apply(lambda t: t.clamp(min_value, max_value), x)


def pow(x: Any, a: float) -> Any:
    """xᵃ"""
    return _apply(lambda t: t**a, x)


def cast(x: Any, dtype: str) -> Any:
    """Another type."""
    return _apply(lambda t: t.to(getattr(torch, "bool" if dtype == "bool" else str(dtype))), x)


def flatten(x: Any) -> Any:
    """All axes as one."""
    return _apply(lambda t: t.reshape(-1), x)


def batch_flatten(x: Any) -> Any:
    """All axes but the first as one."""
    return _apply(lambda t: t.reshape(t.shape[0], -1), x)


def reshape(x: Any, shape: Sequence[int]) -> Any:
    """Another shape, the batch included."""
    return _apply(lambda t: t.reshape(*shape), x)


def expand_dims(x: Any, axis: int = -1) -> Any:
    """One more axis, of size 1."""
    return _apply(lambda t: t.unsqueeze(axis), x)


def squeeze(x: Any, axis: int) -> Any:
    """Without an axis of size 1."""
    return _apply(lambda t: t.squeeze(axis), x)


def permute_dimensions(x: Any, pattern: Sequence[int]) -> Any:
    """Axes in another order."""
    return _apply(lambda t: t.permute(*pattern), x)


def concatenate(tensors: Sequence[Any], axis: int = -1) -> Any:
    """One after the other along ``axis``."""
    if any(isinstance(tensor, KerasTensor) for tensor in tensors):
        from prunelle.keras.layers.merging import Concatenate

        return Concatenate(axis)(list(tensors))
    return torch.cat([torch.as_tensor(tensor) for tensor in tensors], axis)


def equal(x: Any, y: Any) -> torch.Tensor:
    """Where both are the same."""
    return torch.as_tensor(x) == torch.as_tensor(y)


def greater(x: Any, y: Any) -> torch.Tensor:
    """Where the first is larger."""
    return torch.as_tensor(x) > torch.as_tensor(y)


def maximum(x: Any, y: Any) -> torch.Tensor:
    """The larger, value by value."""
    return torch.maximum(torch.as_tensor(x), torch.as_tensor(y))


def minimum(x: Any, y: Any) -> torch.Tensor:
    """The smaller, value by value."""
    return torch.minimum(torch.as_tensor(x), torch.as_tensor(y))


def dot(x: Any, y: Any) -> torch.Tensor:
    """The matrix product."""
    return torch.as_tensor(x) @ torch.as_tensor(y)


def binary_crossentropy(target: Any, output: Any, from_logits: bool = False) -> torch.Tensor:
    """-log of the probability given to the truth, value by value."""
    target, output = torch.as_tensor(target), torch.as_tensor(output)
    return losses.binary_crossentropy(target[..., None], output[..., None], from_logits)


def categorical_crossentropy(
    target: Any, output: Any, from_logits: bool = False, axis: int = -1
) -> torch.Tensor:
    """-Σ true · log(pred) along ``axis``."""
    return losses.categorical_crossentropy(
        torch.as_tensor(target), torch.as_tensor(output), from_logits, axis=axis
    )


def int_shape(x: Any) -> tuple[int | None, ...]:
    """The shape, with None where it is not known."""
    return tuple(x.shape)


def shape(x: Any) -> tuple[int | None, ...]:
    """The shape."""
    return tuple(x.shape)


def ndim(x: Any) -> int:
    """The number of axes."""
    return len(x.shape)


def variable(value: Any, dtype: Any = None, name: str | None = None) -> Variable:
    """A value that can be changed in place."""
    return Variable(value, name)


def constant(value: Any, dtype: Any = None, shape: Any = None, name: str | None = None) -> torch.Tensor:
    """A tensor."""
    return torch.as_tensor(np.asarray(value, np.float32))


def zeros(shape: Sequence[int], dtype: Any = None, name: str | None = None) -> torch.Tensor:
    """A tensor of 0."""
    return torch.zeros(*shape)


def ones(shape: Sequence[int], dtype: Any = None, name: str | None = None) -> torch.Tensor:
    """A tensor of 1."""
    return torch.ones(*shape)


def eval(x: Any) -> Any:
    """The value as an array."""
    return get_value(x)


def get_value(x: Any) -> Any:
    """The value of a variable, a weight or a tensor as a number or an array."""
    if hasattr(x, "numpy") and not torch.is_tensor(x):
        return x.numpy()
    return x.detach().cpu().numpy() if torch.is_tensor(x) else x


def set_value(x: Any, value: Any) -> None:
    """Gives a variable or a weight another value: ``K.set_value(model.optimizer.lr, 0.001)``."""
    if not hasattr(x, "assign"):
        raise ArgumentError(f"set_value changes variables and weights; received {type(x).__name__}.")
    x.assign(value)


def batch_set_value(pairs: Sequence[tuple[Any, Any]]) -> None:
    """``set_value`` of several."""
    for x, value in pairs:
        set_value(x, value)


__all__ = [
    *(
        "abs",
        "argmax",
        "argmin",
        "backend",
        "batch_flatten",
        "batch_set_value",
        "binary_crossentropy",
        "cast",
    ),
    *("categorical_crossentropy", "clear_session", "clip", "concatenate", "constant", "dot", "epsilon"),
    *("equal", "eval", "exp", "expand_dims", "flatten", "floatx", "function", "get_value", "greater"),
    *(
        "image_data_format",
        "image_dim_ordering",
        "int_shape",
        "learning_phase",
        "log",
        "max",
        "maximum",
        "mean",
    ),
    *(
        "min",
        "minimum",
        "ndim",
        "ones",
        "permute_dimensions",
        "pow",
        "relu",
        "reshape",
        "round",
        "set_floatx",
    ),
    *(
        "set_image_data_format",
        "set_image_dim_ordering",
        "set_learning_phase",
        "set_value",
        "shape",
        "sigmoid",
    ),
    *("sign", "softmax", "sqrt", "square", "squeeze", "std", "sum", "tanh", "var", "variable", "zeros"),
]

__getattr__ = absent.reporter(__name__)
