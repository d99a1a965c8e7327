"""Functions of a program, called with elements."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import torch

from prunelle.errors import ArgumentError
from prunelle.keras.eager import boundary
from prunelle.keras.eager.control import TensorSpec
from prunelle.keras.eager.errors import InvalidArgumentError, WrongType
from prunelle.keras.eager.shapes import TensorShape
from prunelle.keras.eager.tensor import convert, wrap
from prunelle.keras.eager.text import Text
from prunelle.keras.pipeline.structure import (
    common,
    faced,
    flatten,
    is_structure,
    mapped,
    matches,
    packed,
    plain_element,
    spec_of,
    stand_in,
)


class NotCallable(ArgumentError, TypeError):
    """Something else in the place of a function."""


_TRIED = 3
"""Elements that a function is called with to know what it gives."""


def of_elements(function: Callable[..., Any], name: str = "map_func") -> Callable[..., Any]:
    """A program's function: it gets the parts of a tuple as its arguments, and its numbers become tensors.

    Raises:
        NotCallable: no function.
    """
    values = of_values(function, name)

    def call(element: Any) -> Any:
        return values(*element) if type(element) is tuple else values(element)

    return call


def of_values(function: Callable[..., Any], name: str) -> Callable[..., Any]:
    """A program's function of several elements."""
    if not callable(function):
        raise NotCallable(f"{name} must be a function; received {function!r}.")
    own = boundary.from_keras(lambda *args: function(*args))

    def call(*elements: Any) -> Any:
        with torch.no_grad():
            found = own(*map(faced, elements))
            return plain_element(tuple(found) if isinstance(found, list) else found)

    return call


def truth(value: Any, name: str) -> bool:
    """What a condition gave.

    Raises:
        WrongType: no truth.
    """
    if not isinstance(value, torch.Tensor) or value.dtype != torch.bool or value.ndim:
        raise WrongType(f"{name} must give one truth, as x > 0 does; received {value!r}.")
    return bool(value)


def check_state(before: Any, after: Any, name: str) -> None:
    """Raises: Unlike: a state that is of another structure or type than before."""
    common(spec_of(before), spec_of(after), f"{name}: the states before and after an element")


def without_errors(elements: Iterator[Any]) -> Iterator[Any]:
    """Without those that end in an error."""
    while True:
        try:
            yield next(elements)
        except StopIteration:
            return
        except Exception:  # that is what is asked for
            continue


def spec_after(
    call: Callable[[Any], Any], upstream: Callable[[], Iterator[Any]], spec: Callable[[], Any]
) -> Any:
    """What is known of what a function gives: it is called with the first elements, and with a longer one.

    Where the lengths of what it is given are not known before, they are not known of what depends on them.
    """
    before = spec()
    element, *others = list(itertools.islice(upstream(), _TRIED)) or [stand_in(before, 2)]
    found = spec_of(call(element))
    for each in others:
        found = common(found, spec_of(call(each)))
    if any(
        isinstance(leaf, TensorSpec) and (leaf.shape is None or None in leaf.shape)
        for leaf in flatten(before)
    ):
        try:
            found = common(found, spec_of(call(mapped(_longer, element, before))))
        except Exception:  # of a length that the function does not take
            return found
    return found


def _longer(leaf: Any, spec: Any) -> Any:
    if not isinstance(spec, TensorSpec) or spec.shape is None:
        return leaf
    for axis, size in enumerate(spec.shape):
        if size is None and leaf.shape[axis]:
            if isinstance(leaf, Text):
                array = np.asarray(leaf)
                leaf = Text.of(np.concatenate([array, array.take([0], axis)], axis))
            else:
                leaf = torch.cat([leaf, leaf.narrow(axis, 0, 1)], axis)
    return leaf


# Generators of Python's.


def signature(output_types: Any, output_shapes: Any, output_signature: Any) -> Any:
    """What a program says of a generator's elements, as specs.

    Raises:
        ArgumentError: it says nothing, or says it twice.
    """
    if output_signature is not None:
        if output_types is not None or output_shapes is not None:
            raise ArgumentError("output_signature stands alone, without output_types and output_shapes.")
        return output_signature
    if output_types is None:
        raise ArgumentError(
            "from_generator needs output_signature=tf.TensorSpec(shape, dtype), one for each part of an element."
        )
    types = tuple(output_types) if isinstance(output_types, list) else output_types
    if output_shapes is None:
        return mapped(lambda kind: TensorSpec(None, kind), types)
    shapes = _shapes_like(types, output_shapes)
    return packed(
        types, [TensorSpec(shape, kind) for kind, shape in zip(flatten(types), shapes, strict=True)]
    )


def _shapes_like(types: Any, shapes: Any) -> list[Any]:
    """The shape of each leaf; a shape may be a tuple itself."""
    if isinstance(types, dict):
        return [found for key in sorted(types) for found in _shapes_like(types[key], shapes[key])]
    if is_structure(types):
        return [
            found for kind, shape in zip(types, shapes, strict=True) for found in _shapes_like(kind, shape)
        ]
    return [None if shapes is None else TensorShape(shapes)]


def generated(generator: Callable[..., Any], args: Any, spec: Any) -> Callable[[], Iterator[Any]]:
    """What a generator's function gives, as elements.

    Raises:
        InvalidArgumentError: at an element that is not what the program said of it.
    """
    if not callable(generator):
        raise NotCallable(
            "generator must be a function that begins a new generator, not a generator itself: a data set is gone "
            f"through more than once. Give it without its brackets, or lambda: …; received {generator!r}."
        )
    values = [wrap(convert(each)).numpy() for each in args or ()]

    def elements() -> Iterator[Any]:
        for value in boundary.from_keras(lambda: generator(*values))():
            yield _as_said(value, spec)

    return elements


def _as_said(value: Any, spec: Any) -> Any:
    given = tuple(value) if isinstance(value, list) and isinstance(spec, tuple) else value
    leaves, specs = _leaves_up_to(spec, given), flatten(spec)
    if len(leaves) != len(specs):
        raise InvalidArgumentError(
            f"the generator gave an element of {len(leaves)} parts; the program says {spec}."
        )
    found = []
    for leaf, known in zip(leaves, specs, strict=True):
        if not isinstance(known, TensorSpec):
            found.append(leaf)
            continue
        try:
            tensor = convert(leaf, hint=known.dtype)
        except (InvalidArgumentError, ArgumentError) as error:
            raise InvalidArgumentError(
                f"the generator gave {leaf!r} where the program says {known}: {error}"
            ) from None
        if not matches(tensor, known):
            raise InvalidArgumentError(
                f"the generator gave an element of shape {tuple(tensor.shape)}; the program says {known.shape}."
            )
        found.append(tensor)
    return packed(spec, found)


def _leaves_up_to(spec: Any, value: Any) -> list[Any]:
    """The parts of a value that a structure has; a part may be a tuple itself, of numbers."""
    if isinstance(spec, dict):
        if not isinstance(value, dict) or set(value) != set(spec):
            raise InvalidArgumentError(f"the generator gave {value!r}; the program says {spec}.")
        return [leaf for key in sorted(spec) for leaf in _leaves_up_to(spec[key], value[key])]
    if is_structure(spec):
        if not isinstance(value, (tuple, list)) or len(value) != len(spec):
            raise InvalidArgumentError(f"the generator gave {value!r}; the program says {spec}.")
        return [leaf for each, part in zip(spec, value, strict=True) for leaf in _leaves_up_to(each, part)]
    return [value]
