"""``tf.Variable``, and what Keras's own variables (the weights of layers) have of it: ``assign``, slices, operators."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

import numpy as np
import torch

from prunelle.errors import ArgumentError
from prunelle.keras.eager import boundary, watching
from prunelle.keras.eager.dtypes import DType, as_dtype
from prunelle.keras.eager.errors import WrongType
from prunelle.keras.eager.functions import sizes
from prunelle.keras.eager.shapes import TensorShape
from prunelle.keras.eager.tensor import (
    COMPARISONS,
    OPERATORS,
    EagerTensor,
    Reference,
    convert,
    indexed,
    wrap,
)
from prunelle.keras.floor import keras
from prunelle.keras.overlay import Overlay, like

_Own: Any = keras.Variable


class Variable(_Own):  # type: ignore[misc]
    """Numbers that ``assign``, ``assign_add`` and ``assign_sub`` change.

    Args:
        initial_value: a tensor, numbers, an array, or a function that gives one.
        trainable: whether tapes and optimisers learn it; whole numbers are not.
        dtype: None: that of the value, float32 for Python's numbers.
        shape: must fit the value's.
    """

    def __init__(
        self,
        initial_value: Any = None,
        trainable: bool | None = None,
        validate_shape: bool = True,
        caching_device: Any = None,
        name: str | None = None,
        dtype: Any = None,
        constraint: Any = None,
        shape: Any = None,
        **ignored: Any,
    ) -> None:
        value = initial_value
        if callable(value) and not isinstance(value, torch.Tensor):
            value = value()
        if value is None:
            raise ArgumentError(
                "tf.Variable needs its first value: tf.Variable(0.0) or tf.Variable(tf.zeros(shape))."
            )
        kind = as_dtype(dtype) if dtype is not None else None
        tensor = convert(value, hint=kind)
        if not isinstance(tensor, torch.Tensor):
            raise WrongType("variables are of numbers here, not of texts.")
        if kind is not None and tensor.dtype != kind.torch:
            tensor = convert(value, dtype=kind)
        if shape is not None:
            TensorShape(sizes(shape)).assert_is_compatible_with(tensor.shape)
        floats = tensor.is_floating_point() or tensor.is_complex()
        learns = floats if trainable is None else bool(trainable) and floats
        with keras.name_scope("variables"):
            super().__init__(
                tensor.detach().clone(),
                trainable=learns,
                dtype=as_dtype(tensor.dtype).name,
                name=(name or "Variable").replace("/", "_"),
            )
        if constraint is not None:
            self.constraint = constraint

    @property
    def name(self) -> str:
        """``Variable:0``."""
        return f"{self._name}:0"


def lay(overlay: Overlay) -> None:
    """What TensorFlow's variables have, on Keras's."""
    base = _Own
    for name in (*OPERATORS, *COMPARISONS):
        for spelling in (f"__{name}__", f"__r{name}__") if name in OPERATORS else (f"__{name}__",):
            original = getattr(base, spelling, None)
            if original is not None:
                overlay.put(base, spelling, _operator(spelling, original))
    overlay.put(base, "__neg__", _of_program(base.__neg__, lambda self: -wrap(self.value)))
    overlay.put(base, "__abs__", _of_program(base.__abs__, lambda self: abs(wrap(self.value))))
    overlay.put(base, "__getitem__", _of_program(base.__getitem__, _slice))
    overlay.put(base, "__iter__", lambda self: iter(wrap(self.value)))
    overlay.put(base, "__len__", lambda self: len(wrap(self.value)))
    overlay.put(base, "__format__", lambda self, spec: format(wrap(self.value), spec))
    overlay.put(base, "__index__", lambda self: wrap(self.value).__index__())
    overlay.put(base, "read_value", _read)
    overlay.put(base, "initialized_value", _read)
    overlay.put(base, "is_initialized", lambda self: True)
    overlay.put(base, "get_shape", lambda self: TensorShape(self.shape))
    overlay.put(base, "ref", Reference)
    overlay.put(base, "experimental_ref", Reference)
    overlay.put(base, "numpy", lambda self: _read(self).numpy())
    overlay.put(base, "eval", lambda self, session=None: _read(self).numpy())
    # Where ``value`` is a method.
    overlay.put(torch.nn.Parameter, "__call__", lambda self: wrap(self.clone()))
    for name in ("assign", "assign_add", "assign_sub"):
        overlay.put(base, name, _assigning(getattr(base, name)))
    for name, change in _SCATTERED.items():
        overlay.put(base, name, change)
    overlay.put(Variable, "__repr__", _shown)
    overlay.put(Variable, "dtype", property(lambda self: as_dtype(base.dtype.fget(self))))
    overlay.put(Variable, "shape", property(lambda self: TensorShape(base.shape.fget(self))))


def _read(self: Any) -> Any:
    """As it is now: what is assigned later does not change it."""
    return wrap(self.value.clone())


def _of_program(original: Callable[..., Any], own: Callable[..., Any]) -> Callable[..., Any]:
    @functools.wraps(original)
    def call(self: Any, *args: Any) -> Any:
        return own(self, *args) if boundary.of_program() else original(self, *args)

    return call


def _operator(name: str, original: Callable[..., Any]) -> Callable[..., Any]:
    def own(self: Any, other: Any) -> Any:
        if other is None and name in ("__eq__", "__ne__"):
            return name == "__ne__"
        return getattr(wrap(self.value), name)(other)

    return _of_program(original, own)


def _assigning(original: Callable[..., Any]) -> Any:
    """TensorFlow's arguments; what it gives is the variable."""
    subtracts = original.__name__ == "assign_sub"

    @like(original)
    def assign(
        self: Any, value: Any, use_locking: Any = None, name: Any = None, read_value: bool = True
    ) -> Any:
        kind = as_dtype(_Own.dtype.fget(self))
        if not isinstance(value, torch.Tensor):
            value = convert(value, hint=kind)
        if subtracts and (watcher := watching.watcher) is not None and boundary.at_the_top():
            watcher.applied(None, [self])
        original(self, boundary.undress(value))
        return self

    return assign


class _Slice(EagerTensor):
    """A part of a variable, which can be assigned to."""

    _of: tuple[Any, Any]

    def assign(self, value: Any, **_: Any) -> Any:
        """The variable, with other numbers at this place."""
        return self._changed(lambda part, given: given.expand_as(part), value)

    def assign_add(self, value: Any, **_: Any) -> Any:
        """The variable, with more at this place."""
        return self._changed(torch.add, value)

    def assign_sub(self, value: Any, **_: Any) -> Any:
        """The variable, with less at this place."""
        return self._changed(torch.sub, value)

    def _changed(self, change: Callable[..., torch.Tensor], value: Any) -> Any:
        variable, key = self._of
        numbers = variable.value.detach().clone()
        places = torch.arange(numbers.numel()).reshape(numbers.shape)
        chosen = indexed(places, key).as_subclass(torch.Tensor)
        part = numbers.reshape(-1)[chosen]
        given = convert(value, hint=as_dtype(numbers.dtype)).to(numbers.dtype)
        flat = numbers.reshape(-1)
        flat[chosen] = change(part, given)
        variable.assign(flat.reshape(numbers.shape))
        return variable


def _slice(self: Any, key: Any) -> Any:
    part = indexed(self.value, key).clone().as_subclass(_Slice)
    part._of = self, key
    return part


def _scattered(change: Callable[..., torch.Tensor], rows: bool) -> Callable[..., Any]:
    def scatter(self: Any, indices: Any, updates: Any = None, name: Any = None, **_: Any) -> Any:
        if updates is None:  # tf.IndexedSlices(values, indices)
            indices, updates = indices.indices, indices.values
        where, what = convert(indices).long(), convert(updates, hint=as_dtype(self.value.dtype))
        value = self.value.detach().clone()
        places = (where,) if rows else tuple(where.unbind(-1))
        self.assign(change(value, places, what.to(value.dtype)))
        return self

    return scatter


_SCATTERED = {
    "scatter_nd_update": _scattered(lambda x, at, v: x.index_put(at, v), rows=False),
    "scatter_nd_add": _scattered(lambda x, at, v: x.index_put(at, v, accumulate=True), rows=False),
    "scatter_nd_sub": _scattered(lambda x, at, v: x.index_put(at, -v, accumulate=True), rows=False),
    "scatter_update": _scattered(lambda x, at, v: x.index_put(at, v), rows=True),
    "scatter_add": _scattered(lambda x, at, v: x.index_put(at, v, accumulate=True), rows=True),
    "scatter_sub": _scattered(lambda x, at, v: x.index_put(at, -v, accumulate=True), rows=True),
}


def _shown(self: Any) -> str:
    values = wrap(self.value).numpy()
    text = repr(values) if isinstance(values, np.ndarray) else str(values)
    line = "\n" if "\n" in text else ""
    kind: DType = self.dtype
    return f"<tf.Variable '{self.name}' shape={self.shape} dtype={kind.name}, numpy={line}{text}>"
