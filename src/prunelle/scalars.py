"""Numbers as people have them, made Python's own: NumPy's and torch's scalars, arrays of no dimension, lists.

Taken is what can mean one thing only: a truth value is no number, a text neither, and a list of one number is a list.
What is stored (``run.json``) then holds plain numbers, whatever came in.
"""

from __future__ import annotations

import dataclasses
import functools
import inspect
import numbers
import re
from collections.abc import Callable, Iterable
from typing import Any, ParamSpec, TypeVar

from prunelle.errors import ArgumentError

P = ParamSpec("P")
R = TypeVar("R")

_WORDS = {
    "int": "a whole number",
    "float": "a number",
    "bool": "True or False",
    "tuple[int, int]": "a height and a width in pixels, as (32, 32)",
    "tuple[int, ...]": "whole numbers",
    "Sequence[int]": "whole numbers",
    "tuple[float, ...]": "numbers",
}
"""Annotations that are understood, and what they are called in errors."""


def plain(value: Any) -> Any:
    """A number, or a list, tuple or array of numbers (then a tuple), of Python's own; anything else as it is."""
    try:
        return _tuple(value, _number) if _is_list(value) else _number(value)
    except TypeError:
        return value


def plain_fields(instance: Any) -> None:
    """Makes the numbers in a frozen dataclass plain, in place, each as its annotation says.

    Raises:
        ArgumentError: a field is no number of its kind.
    """
    for field in dataclasses.fields(instance):
        value = getattr(instance, field.name)
        object.__setattr__(instance, field.name, _as(str(field.type), field.name, value))


def plain_arguments(function: Callable[P, R]) -> Callable[P, R]:
    """The function, given its numbers plain, each as its annotation says.

    Raises:
        ArgumentError: an argument is no number of its kind.
    """
    signature = inspect.signature(function)

    @functools.wraps(function)
    def called(*args: P.args, **kwargs: P.kwargs) -> R:
        try:
            bound = signature.bind(*args, **kwargs)
        except TypeError:
            return function(*args, **kwargs)  # says itself what is wrong
        for name, value in bound.arguments.items():
            bound.arguments[name] = _as(str(signature.parameters[name].annotation), name, value)
        return function(*bound.args, **bound.kwargs)

    return called


def _as(annotation: str, name: str, value: Any) -> Any:
    """``value`` as the annotation wants it, where that is of numbers."""
    parts = [part.strip() for part in re.split(r"\|(?![^\[]*\])", annotation)]
    known = [part for part in parts if part in _WORDS]
    if not known or (value is None and "None" in parts) or isinstance(value, str | bytes):
        if known and isinstance(value, str | bytes) and set(parts) <= {*_WORDS, "None"}:
            raise _wrong(name, known, value)
        return value
    for part in known:
        try:
            return _KINDS[part](value)
        except TypeError:
            continue
    if set(parts) <= {*_WORDS, "None"}:
        raise _wrong(name, known, value)
    return value


def _wrong(name: str, known: list[str], value: object) -> ArgumentError:
    return ArgumentError(f"{name} must be {' or '.join(_WORDS[part] for part in known)}; received {value!r}.")


def _number(value: Any) -> int | float:
    """An int where it is one of its kind, else a float."""
    value = _item(value)
    if isinstance(value, numbers.Integral):
        return int(value)
    if isinstance(value, numbers.Real):
        return float(value)
    raise TypeError


def _whole(value: Any) -> int:
    value = _item(value)
    if isinstance(value, numbers.Integral):
        return int(value)
    raise TypeError


def _truth(value: Any) -> bool:
    if getattr(value, "shape", None) == () and hasattr(value, "item"):
        value = value.item()
    if isinstance(value, bool) or (isinstance(value, int) and value in (0, 1)):
        return bool(value)
    raise TypeError


def _item(value: Any) -> Any:
    """Out of an array or a tensor of no dimension; truth values are no numbers."""
    if getattr(value, "shape", None) == () and hasattr(value, "item"):
        value = value.item()
    if isinstance(value, bool):
        raise TypeError
    return value


def _is_list(value: Any) -> bool:
    return isinstance(value, list | tuple | range) or getattr(value, "ndim", None) == 1


def _tuple(value: Any, kind: Callable[[Any], Any]) -> tuple[Any, ...]:
    if not _is_list(value):
        raise TypeError
    values: Iterable[Any] = value
    return tuple(kind(each) for each in values)


def _pair(value: Any) -> tuple[Any, ...]:
    pair = _tuple(value, _whole)
    if len(pair) != 2:
        raise TypeError
    return pair


_KINDS: dict[str, Callable[[Any], Any]] = {
    "int": _whole,
    "float": _number,
    "bool": _truth,
    "tuple[int, int]": _pair,
    "tuple[int, ...]": lambda value: _tuple(value, _whole),
    "Sequence[int]": lambda value: _tuple(value, _whole),
    "tuple[float, ...]": lambda value: _tuple(value, _number),
}
