"""What a function is called with: made the same in both processes, from NumPy and a fixed seed alone.

A case is what stands between the brackets of a call. ``T(array)`` becomes a tensor on either side; everything else
(numbers, lists, arrays, names of types) is given as it is.
"""

from __future__ import annotations

import itertools
import zlib
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any

import numpy as np

FLOATS = ("float16", "float32", "float64")
INTS = ("int8", "int16", "int32", "int64", "uint8")
COMPLEX = ("complex64",)
ALL = (*FLOATS, *INTS, "bool", *COMPLEX)
SHAPES: tuple[tuple[int, ...], ...] = ((), (0,), (5,), (2, 3), (2, 0, 3), (2, 3, 2))
SPECIAL = (np.nan, np.inf, -np.inf, 0.0, -0.0, 1.0, -1.0, 0.5, -0.5, 2.0, 3.5, 1e-3, 30.0, -30.0)
"""NaN, the infinities, both zeros, and where functions have their edges."""


@dataclass(frozen=True)
class T:
    """An array that becomes a tensor."""

    array: Any


@dataclass(frozen=True)
class Case:
    """The arguments of a call."""

    args: tuple[Any, ...]
    kwargs: dict[str, Any] = field(default_factory=dict)

    def __str__(self) -> str:
        words = [shown(each) for each in self.args]
        return ", ".join([*words, *(f"{name}={shown(each)}" for name, each in self.kwargs.items())])


@dataclass(frozen=True)
class Entry:
    """A function of ``tf`` and its cases.

    Args:
        cases: makes them from a generator of numbers.
        gradient: gradients by all tensors of floating-point numbers are compared too.
        run: what is done instead of calling the function: ``run(tf, *args, **kwargs)``.
        values: false where numbers are random: types and shapes are compared alone.
        loose: how many times the tolerance, and ``why`` says why.
        why: why it differs, for the table.
    """

    cases: Callable[[np.random.Generator], Iterable[Case]]
    gradient: bool = False
    run: Callable[..., Any] | None = None
    values: bool = True
    loose: float = 1
    why: str = ""

    def made(self, name: str) -> list[Case]:
        """The cases of this entry, always the same ones."""
        return list(self.cases(np.random.default_rng(zlib.crc32(name.encode()))))


def shown(value: Any) -> str:
    """A short word for an argument."""
    if isinstance(value, T):
        return f"{value.array.dtype.name}{list(value.array.shape)}"
    if isinstance(value, np.ndarray):
        return f"array {value.dtype.name}{list(value.shape)}"
    return repr(value)[:60]


def numbers(
    rng: np.random.Generator, dtype: str, shape: tuple[int, ...] = (2, 3), low: float = -3, high: float = 3
) -> np.ndarray:
    """Numbers of a type within limits; those of a type without a sign are not negative."""
    if dtype == "bool":
        return np.asarray(rng.integers(0, 2, shape).astype(bool))
    if dtype.startswith("complex"):
        return np.asarray((rng.uniform(low, high, shape) + 1j * rng.uniform(low, high, shape)).astype(dtype))
    if dtype.startswith(("int", "uint")):
        least = int(np.ceil(max(low, 0) if dtype.startswith("u") else low))
        return np.asarray(rng.integers(least, max(least, int(np.floor(high))) + 1, shape).astype(dtype))
    return np.asarray(rng.uniform(low, high, shape).astype(dtype))


def unary(
    dtypes: Iterable[str] = ALL, low: float = -3, high: float = 3, gradient: bool = False, **options: Any
) -> Entry:
    """Functions of one tensor, by element: every type and shape, the edges, what is no tensor yet."""

    def cases(rng: np.random.Generator) -> Iterator[Case]:
        for dtype, shape in itertools.product(dtypes, SHAPES):
            yield Case((T(numbers(rng, dtype, shape, low, high)),))
        for dtype in (each for each in dtypes if each.startswith("float")):
            yield Case((T(np.array(SPECIAL, dtype)),))
        yield Case((1.5,))
        yield Case((2,))
        yield Case((True,))
        yield Case(([1.0, 0.5, -2.0],))
        yield Case(([[1, 2], [3, 4]],))
        yield Case((numbers(rng, "float64", (3,), low, high),))
        yield Case((numbers(rng, "int64", (3,), low, high),))
        yield Case(("text",))
        yield Case((None,))

    return Entry(cases, gradient, **options)


def binary(
    dtypes: Iterable[str] = ALL, low: float = -3, high: float = 3, gradient: bool = False, **options: Any
) -> Entry:
    """Functions of two tensors, by element: types together and apart, broadcasting, edges, Python's numbers."""
    pairs = (
        ((3,), (3,)),
        ((2, 3), (3,)),
        ((2, 1), (3,)),
        ((), (2, 3)),
        ((2, 3), ()),
        ((0,), (1,)),
        ((2, 3), (2,)),
        ((2, 0), (2, 1)),
    )

    def cases(rng: np.random.Generator) -> Iterator[Case]:
        for dtype, (first, second) in itertools.product(dtypes, pairs):
            yield Case((T(numbers(rng, dtype, first, low, high)), T(numbers(rng, dtype, second, low, high))))
        for dtype in (each for each in dtypes if each.startswith("float")):
            x, y = np.meshgrid(np.array(SPECIAL[:10], dtype), np.array(SPECIAL[:10], dtype))
            yield Case((T(x.reshape(-1)), T(y.reshape(-1))))
        for one, other in itertools.permutations(
            ("float32", "float64", "int32", "int64", "uint8", "bool"), 2
        ):
            yield Case((T(numbers(rng, one, (3,), low, high)), T(numbers(rng, other, (3,), low, high))))
        for dtype in ("float32", "float64", "int32", "uint8", "bool"):
            tensor = T(numbers(rng, dtype, (3,), low, high))
            others: tuple[Any, ...] = (2, 2.5, True, [1, 2, 3], [1.5, 2.5, 2.0], np.float32(2), np.int64(2))
            for each in (*others, numbers(rng, "float64", (3,), low, high), np.array([1, 2, 3])):
                yield Case((tensor, each))
                yield Case((each, tensor))
        yield Case((2, 3))
        yield Case((2.0, 3))
        yield Case((2, 3.0))
        yield Case(([1, 2], [3.0, 4.0]))
        yield Case(([1.0, 2.0], np.array([3.0, 4.0])))
        yield Case((None, 2.0))

    return Entry(cases, gradient, **options)


def reduction(
    dtypes: Iterable[str] = ALL, low: float = -3, high: float = 3, gradient: bool = False, **options: Any
) -> Entry:
    """Functions over axes: all axes, each, several, none, those that are not there; empty tensors; edges; ties."""

    def cases(rng: np.random.Generator) -> Iterator[Case]:
        for dtype in dtypes:
            yield Case((T(numbers(rng, dtype, (), low, high)),))
            yield Case((T(numbers(rng, dtype, (), low, high)),), {"axis": 0})
            for shape in ((5,), (2, 3), (2, 3, 2), (0,), (2, 0), (0, 3)):
                for axis in (None, 0, -1, [0], [0, -1], [], (1,)):
                    for keepdims in (False, True):
                        tensor = T(numbers(rng, dtype, shape, low, high))
                        yield Case((tensor,), {"axis": axis, "keepdims": keepdims})
        for dtype in (each for each in dtypes if each.startswith("float")):
            yield Case((T(np.array(SPECIAL, dtype)),))
            yield Case(
                (T(np.array([[1, np.inf, 2], [np.nan, 1, 1], [-np.inf, 2, 2], [0, 0, 0]], dtype)),),
                {"axis": 1},
            )
            yield Case((T(np.full((2, 3), -np.inf, dtype)),), {"axis": 1})
        for axis in (5, -3, [0, 0], 1.0, T(np.array(1)), T(np.array([0, 1]))):
            yield Case((T(numbers(rng, "float32", (2, 3), low, high)),), {"axis": axis})
        yield Case(([[1.0, 2.0], [3.0, 4.0]],), {"axis": 0})
        yield Case(([[1, 2], [3, 4]],))
        yield Case((numbers(rng, "float64", (2, 3), low, high), 1))
        yield Case((2.5,))

    return Entry(cases, gradient, **options)


def calls(*made: Case, **options: Any) -> Entry:
    """Cases that are written out."""
    return Entry(lambda _: made, **options)


def by_types(
    make: Callable[[Callable[..., T]], Iterable[Case]], dtypes: Iterable[str] = FLOATS, **options: Any
) -> Entry:
    """The same cases for each of some types: ``make`` is given ``t(*shape)``, a tensor of such numbers."""

    def cases(rng: np.random.Generator) -> Iterator[Case]:
        for dtype in dtypes:

            def t(*shape: int, low: float = -3, high: float = 3, dtype: str = dtype) -> T:
                return T(numbers(rng, dtype, shape, low, high))

            yield from make(t)

    return Entry(cases, **options)


def case(*args: Any, **kwargs: Any) -> Case:
    """A case as one writes the call."""
    return Case(args, kwargs)


def ints(*values: Any, dtype: str = "int32") -> T:
    """A tensor of whole numbers, written out."""
    return T(np.array(values[0] if len(values) == 1 else values, dtype))
