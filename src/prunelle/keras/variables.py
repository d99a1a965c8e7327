"""A number that programs read and change in place: a learning rate, what ``backend.variable`` gives."""

from __future__ import annotations

import operator
from collections.abc import Callable
from typing import Any

import numpy as np


class Variable:
    """A value with ``assign``, ``numpy``, ``float()`` and arithmetic.

    Args:
        value: a number or an array.
        name: shown.
    """

    def __init__(self, value: Any, name: str | None = None) -> None:
        self.name = name
        self.value: Any = None
        self.assign(value)

    def __repr__(self) -> str:
        return f"<Variable {self.name or ''} {self.value!r}>"

    def __format__(self, spec: str) -> str:
        return format(self.value, spec)

    def assign(self, value: Any) -> None:
        """Takes another value."""
        array = np.asarray(value)
        self.value = array.item() if array.ndim == 0 else np.array(array)

    def numpy(self) -> Any:
        """The value as NumPy's float32 or array."""
        return np.float32(self.value) if np.ndim(self.value) == 0 else np.array(self.value)

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> np.ndarray:
        return np.asarray(self.value, dtype)

    @property
    def shape(self) -> tuple[int, ...]:
        """``()`` for a number."""
        return np.shape(self.value)

    def __float__(self) -> float:
        return float(self.value)

    def __int__(self) -> int:
        return int(self.value)

    def __bool__(self) -> bool:
        return bool(self.value)

    def __eq__(self, other: object) -> Any:
        return self.value == _value(other)

    __hash__ = object.__hash__


def _value(other: Any) -> Any:
    return other.value if isinstance(other, Variable) else other


def _arithmetic(function: Callable[[Any, Any], Any], *, swap: bool = False) -> Callable[[Variable, Any], Any]:
    if swap:
        return lambda self, other: function(_value(other), self.value)
    return lambda self, other: function(self.value, _value(other))


for _name in ("add", "sub", "mul", "truediv", "pow"):
    setattr(Variable, f"__{_name}__", _arithmetic(getattr(operator, _name)))
    setattr(Variable, f"__r{_name}__", _arithmetic(getattr(operator, _name), swap=True))
for _name in ("lt", "le", "gt", "ge"):
    setattr(Variable, f"__{_name}__", _arithmetic(getattr(operator, _name)))
