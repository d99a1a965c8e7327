"""What a view computed, as JSON and arrays, and back: to be kept, sent, or drawn by something else than Python."""

from __future__ import annotations

import dataclasses
import math
import types
import typing
from collections.abc import Sequence
from typing import Any, Literal, TypeVar

import numpy as np

ResultT = TypeVar("ResultT")

_ARRAY = "array"


def to_plain(result: Any) -> tuple[dict[str, Any], list[np.ndarray]]:
    """A view's dataclass → an object that ``json.dumps`` writes, and the arrays it speaks of.

    Arrays stand as ``{"array": index}``, dataclasses as objects of their fields, tuples as lists.

    Raises:
        TypeError: a field holds something else than arrays, finite numbers, texts, None, tuples and dataclasses.

    Example:
        >>> to_plain(SpaceFound(how="pca", points=np.zeros((3, 2)), share=0.5, …))
        ({'how': 'pca', 'points': {'array': 0}, 'share': 0.5, …}, [array([[0., 0.], …]), …])
    """
    arrays: list[np.ndarray] = []
    plain: dict[str, Any] = _plain(result, arrays)
    return plain, arrays


def from_plain(kind: type[ResultT], plain: Any, arrays: Sequence[np.ndarray]) -> ResultT:
    """The dataclass again, from what ``to_plain`` gave."""
    made: ResultT = _typed(kind, plain, arrays)
    return made


def _plain(value: Any, arrays: list[np.ndarray]) -> Any:
    if isinstance(value, np.ndarray):
        arrays.append(value)
        return {_ARRAY: len(arrays) - 1}
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return {field.name: _plain(getattr(value, field.name), arrays) for field in dataclasses.fields(value)}
    if isinstance(value, tuple):
        return [_plain(one, arrays) for one in value]
    # JSON knows no NaN; and numbers of numpy are none of Python's, but for float64.
    if value is None or type(value) in (bool, int, str) or (type(value) is float and math.isfinite(value)):
        return value
    raise TypeError(
        f"what a view finds is made of arrays, finite numbers, texts, None, tuples and dataclasses of these; "
        f"received {value!r} of type {type(value).__name__}."
    )


def _typed(kind: Any, plain: Any, arrays: Sequence[np.ndarray]) -> Any:
    origin, parameters = typing.get_origin(kind), typing.get_args(kind)
    if origin in (types.UnionType, typing.Union):
        if plain is None:
            return None
        (inner,) = (one for one in parameters if one is not type(None))
        return _typed(inner, plain, arrays)
    if origin is tuple:
        kinds = parameters[:1] * len(plain) if parameters[1:] == (...,) else parameters
        return tuple(_typed(one, value, arrays) for one, value in zip(kinds, plain, strict=True))
    if kind is np.ndarray:
        return arrays[plain[_ARRAY]]
    if dataclasses.is_dataclass(kind):
        hints = typing.get_type_hints(kind)
        return kind(**{name: _typed(hints[name], value, arrays) for name, value in plain.items()})  # type: ignore[operator]
    return plain if kind in (bool, int, str) or origin is Literal else kind(plain)
