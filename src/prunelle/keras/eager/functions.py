"""``function``: how a function of PyTorch's tensors becomes one of ``tf``.

What it takes becomes plain tensors of one type by TensorFlow's rules; what it gives has TensorFlow's face. Of a
symbolic tensor (``keras.Input``, what a layer gave of one) the same function is an operation of the graph: Keras asks
it for its shapes with tensors without values, and calls it with those of a batch.
"""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable
from typing import Any

import torch

from prunelle.keras.eager.dtypes import as_dtype
from prunelle.keras.eager.errors import InvalidArgumentError, WrongType
from prunelle.keras.eager.tensor import convert, matched, plain, wrap
from prunelle.keras.eager.text import Text
from prunelle.keras.floor import keras, private

_RENAMED = {
    "keep_dims": "keepdims",
    "reduction_indices": "axis",
    "dim": "axis",
    "dimension": "axis",
    "squeeze_dims": "axis",
}
"""Names of arguments until TensorFlow 1, and today's."""

_FUNCTIONS: dict[str, Callable[..., Any]] = {}
"""Each by its name (``tf.math.exp``), for graphs that are read from a file."""


def function(
    tensors: str = "", *, numbers: str = "any", alone: str = "", lists: str = ""
) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Decorates a function of plain tensors, which is called with converted arguments.

    Args:
        tensors: names of arguments that are tensors of one type.
        numbers: of what these may be: ``"any"``, ``"float"`` (floating-point or complex), ``"real"`` (no truths, no
            complex ones), ``"count"`` (all but truths), ``"bool"``, ``"int"``.
        alone: names of arguments that are tensors too, each of its own type (indices, masks); None stays None.
        lists: names of arguments that are lists of tensors of one type.

    Example:
        >>> @function("x", numbers="float")
        ... def exp(x, name=None):
        ...     return torch.exp(x)
    """

    def decorate(original: Callable[..., Any]) -> Callable[..., Any]:
        title = f"{_module(original)}.{original.__name__}"
        parameters = inspect.signature(original).parameters
        places = {name: place for place, name in enumerate(parameters)}
        same, single, several = tensors.split(), alone.split(), lists.split()
        known = set(parameters)
        needed = [
            name for name in (*same, *single, *several) if parameters[name].default is inspect.Parameter.empty
        ]

        @functools.wraps(original)
        def call(*args: Any, **given: Any) -> Any:
            if any(map(_is_symbolic, args)) or any(map(_is_symbolic, given.values())):
                return Operation(title)(*args, **given)
            values = list(args)
            for old in given.keys() - known:
                if _RENAMED.get(old) in known:
                    given[_RENAMED[old]] = given.pop(old)
            for name in needed:
                if _at(values, given, places, name, otherwise=...) is None:
                    raise WrongType(
                        f"{title} needs a tensor; its argument {name} is None. A gradient is None where nothing leads "
                        f"from it to what was computed inside the tape."
                    )
            if same and any(isinstance(each, Text) for each in (*values, *given.values())):
                return _of_texts(original.__name__, title, *values, **given)
            if same:
                _put(values, given, places, same, lambda found: matched(*found, name=title))
                if numbers != "any":
                    _check(_at(values, given, places, same[0]), numbers, title)
            for name in single:
                _put(values, given, places, [name], lambda found: [convert(found[0])])
            for name in several:
                _put(values, given, places, [name], lambda found: [_of_one_type(found[0], title)])
            try:
                return _faced(original(*values, **given))
            except (RuntimeError, IndexError) as error:
                raise InvalidArgumentError(f"{title}: {_first_line(error)}") from error

        call._of_tensorflow = title  # type: ignore[attr-defined]
        _FUNCTIONS[title] = call
        return call

    return decorate


def _module(original: Callable[..., Any]) -> str:
    """``tf.nn`` of a function in ``names/tensorflow/nn.py`` or in a file of ``eager/nn/``."""
    path = original.__module__
    inside = path.removeprefix("prunelle.keras.names.tensorflow").strip(".")
    if inside == path:
        inside = path.removeprefix("prunelle.keras.eager.").rpartition(".")[0]
    return f"tf.{inside}".rstrip(".")


def _of_texts(name: str, title: str, x: Any, y: Any = None, **_: Any) -> Any:
    """Texts can be compared and joined."""
    first = x if isinstance(x, Text) else Text(x)
    if name in ("equal", "not_equal", "add"):
        return {"equal": first.__eq__, "not_equal": first.__ne__, "add": first.__add__}[name](y)
    raise WrongType(f"{title} takes numbers; received texts. tf.strings has functions of texts.")


def _is_symbolic(value: Any) -> bool:
    if isinstance(value, (list, tuple)):
        return any(map(_is_symbolic, value))
    return isinstance(value, keras.KerasTensor)


def _at(
    values: list[Any], given: dict[str, Any], places: dict[str, int], name: str, otherwise: Any = None
) -> Any:
    return values[places[name]] if places[name] < len(values) else given.get(name, otherwise)


def _put(
    values: list[Any],
    given: dict[str, Any],
    places: dict[str, int],
    names: list[str],
    made: Callable[[list[Any]], list[Any]],
) -> None:
    """The arguments of these names, those that were given and are not None, as ``made`` makes them."""
    there = [name for name in names if _at(values, given, places, name) is not None]
    if not there:
        return
    found = made([_at(values, given, places, name) for name in there])
    for name, value in zip(there, found, strict=True):
        if places[name] < len(values):
            values[places[name]] = value
        else:
            given[name] = value


def _of_one_type(value: Any, title: str) -> list[Any]:
    """A list of tensors, or the rows of one; texts stay texts."""
    if not isinstance(value, (list, tuple)):
        return list(convert(value).unbind(0))
    if any(map(_is_text, value)):
        return [convert(each) for each in value]
    return matched(*value, name=title)


def _is_text(value: Any) -> bool:
    if isinstance(value, (list, tuple)):
        return any(map(_is_text, value))
    return isinstance(value, (str, bytes, Text))


_KINDS: dict[str, tuple[str, Callable[[torch.dtype], bool]]] = {
    "float": ("floating-point numbers", lambda kind: kind.is_floating_point or kind.is_complex),
    "real": ("numbers", lambda kind: kind != torch.bool and not kind.is_complex),
    "count": ("numbers", lambda kind: kind != torch.bool),
    "bool": ("truths", lambda kind: kind == torch.bool),
    "int": (
        "whole numbers",
        lambda kind: not (kind.is_floating_point or kind.is_complex or kind == torch.bool),
    ),
}
_NEXT = {
    "float": "tf.float32",
    "real": "tf.float32",
    "count": "tf.float32",
    "bool": "tf.bool",
    "int": "tf.int32",
}


def _check(tensor: Any, numbers: str, title: str) -> None:
    what, fits = _KINDS[numbers]
    if not fits(tensor.dtype):
        raise WrongType(
            f"{title} takes tensors of {what}; received {as_dtype(tensor.dtype).name}. Convert it: tf.cast(x, "
            f"{_NEXT[numbers]})."
        )


def _first_line(error: BaseException) -> str:
    return str(error).strip().split("\n")[0]


def _faced(value: Any) -> Any:
    if isinstance(value, torch.Tensor):
        return wrap(value)
    if type(value) in (tuple, list):
        return type(value)(_faced(each) for each in value)
    if isinstance(value, tuple) and hasattr(value, "_fields"):
        return type(value)(*(_faced(each) for each in value))
    return value


def sizes(shape: Any) -> tuple[int, ...]:
    """A shape that a program gave: a number, a list, a tensor, with tensors in it.

    Raises:
        InvalidArgumentError: a size that is unknown.
    """
    if isinstance(shape, int):
        return (shape,)
    if isinstance(shape, torch.Tensor):
        return tuple(int(each) for each in plain(shape).reshape(-1))
    if shape is None or any(each is None for each in shape):
        raise InvalidArgumentError(
            f"each size of a shape must be known here; received {shape}. Inside a layer the size of a batch is "
            f"tf.shape(x)[0]."
        )
    return tuple(int(each) for each in shape)


def axes(axis: Any, ndim: int, title: str = "axis") -> tuple[int, ...]:
    """The axes that a number, a list or a tensor of them means; all of them for None.

    Raises:
        InvalidArgumentError: one that is not there.
    """
    if axis is None:
        return tuple(range(ndim))
    if isinstance(axis, torch.Tensor):
        axis = plain(axis).tolist()
    found = tuple(int(each) for each in (axis if isinstance(axis, (list, tuple, range)) else (axis,)))
    for each in found:
        if not -ndim <= each < ndim:
            raise InvalidArgumentError(
                f"{title}={each}: a tensor of {ndim} axes has those of {-ndim} to {ndim - 1}."
            )
    return tuple(each % ndim for each in found)


def kind_of(dtype: Any, otherwise: str = "float32") -> torch.dtype:
    """PyTorch's type of what a program named."""
    return as_dtype(otherwise if dtype is None else dtype).torch


def offered(namespace: dict[str, Any], *others: str) -> list[str]:
    """The ``__all__`` of a module of ``tf``: the functions that ``function`` made, and others by name."""
    made = (name for name, value in namespace.items() if hasattr(value, "_of_tensorflow"))
    return sorted({*(name for name in made if not name.startswith("_")), *others})


@keras.saving.register_keras_serializable(package="prunelle", name="TFOpLambda")
class Operation(keras.Operation):  # type: ignore[misc]
    """A function of ``tf`` in a graph of layers: TensorFlow's own Keras calls it a ``TFOpLambda``.

    Args:
        function: as ``tf.reduce_mean``.
    """

    def __init__(self, function: str, name: str | None = None) -> None:
        super().__init__(name=name or _numbered(function))
        self.function = function

    def call(self, *args: Any, **given: Any) -> Any:
        """The function's value for tensors."""
        return _unfaced(_FUNCTIONS[self.function](*args, **given))

    def compute_output_spec(self, *args: Any, **given: Any) -> Any:
        """Shape and type of what it gives."""
        return keras.src.backend.compute_output_spec(self.call, *args, **given)

    def get_config(self) -> dict[str, Any]:
        """For a file of the model."""
        return {"function": self.function, "name": self.name}

    @classmethod
    def from_config(cls, config: dict[str, Any]) -> Operation:
        """From a file of the model."""
        return cls(**config)


def _numbered(function: str) -> str:
    name: str = private("utils.naming").uniquify(function)
    return name


def _unfaced(value: Any) -> Any:
    if isinstance(value, torch.Tensor):
        return plain(value)
    if isinstance(value, Text):
        raise WrongType("texts are no part of a graph of layers.")
    if isinstance(value, (tuple, list)) and not hasattr(value, "_fields"):
        return type(value)(_unfaced(each) for each in value)
    return value
