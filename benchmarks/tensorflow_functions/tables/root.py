"""Functions of ``tf`` itself; those that are of ``tf.math`` are there."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from typing import Any

import numpy as np

from tensorflow_functions.cases import (
    ALL,
    FLOATS,
    INTS,
    SPECIAL,
    Case,
    Entry,
    T,
    by_types,
    calls,
    case,
    numbers,
    unary,
)

MOST = (*FLOATS, "int32", "int64", "uint8", "bool", "complex64")
KINDS = (
    "float16",
    "float32",
    "float64",
    "bfloat16",
    "int8",
    "int16",
    "int32",
    "int64",
    "uint8",
    "uint16",
    "uint32",
    "uint64",
    "bool",
    "complex64",
    "complex128",
)


def _values() -> list[Any]:
    return [
        *(
            2,
            2.5,
            True,
            2**31,
            -(2**31),
            2**40,
            1 + 2j,
            "text",
            b"bytes",
            None,
            [],
            [[]],
            [1, 2],
            [1, 2.5],
            [True, 2],
        ),
        *(
            [[1, 2], [3]],
            ["a", "b"],
            ["a", 1],
            (1, 2),
            np.float32(2),
            np.int64(2),
            np.array([1.0, 2.0]),
            np.array([1, 2]),
        ),
        *(
            np.array([True]),
            np.array([1, 2], "uint8"),
            np.array(["a"]),
            np.array([1.0], "float16"),
            [np.float64(1), 2],
        ),
        *(
            [np.array([1, 2]), np.array([3, 4])],
            range(3),
            np.zeros((0, 2), "float32"),
            [1, None],
            {"a": 1},
            float("nan"),
        ),
        *(
            [2**40],
            [2**31 - 1],
            np.array([1, 2], "uint32"),
            np.array(2),
            [np.int32(1), np.int32(2)],
            [True, False],
        ),
    ]


def _constants(rng: np.random.Generator) -> Iterator[Case]:
    for value in _values():
        yield case(value)
        for kind in ("float32", "int32", "uint8", "bool", "float64", "string"):
            yield case(value, dtype=kind)
    yield case(3, shape=(2, 3))
    yield case([1, 2, 3, 4], shape=[2, 2])
    yield case([1, 2, 3], shape=[2, 2])


def _conversions(rng: np.random.Generator) -> Iterator[Case]:
    for value in _values():
        yield case(value)
        yield case(value, dtype="float32")
        yield case(value, dtype_hint="float32")
        yield case(value, dtype_hint="int32")
    for kind in ("float32", "float64", "int32"):
        yield case(T(np.array([1, 2], "int32")), dtype=kind)
    yield case([T(np.float32(1)), T(np.float32(2))])
    yield case([T(np.float32(1)), 2.0])
    yield case([T(np.float32(1)), T(np.int32(2))])
    yield case([T(np.ones(2)), T(np.ones(3))])


def _casts(rng: np.random.Generator) -> Iterator[Case]:
    for source, target in itertools.product(ALL, KINDS):
        yield case(T(numbers(rng, source, (2, 3), 0, 3)), target)
    for target in ("float16", "float32", "float64", "bool", "complex64"):
        yield case(T(np.array(SPECIAL, "float64")), target)
    for source, target in itertools.product(
        ("int32", "int64", "float32"), ("uint8", "int8", "int16", "bool")
    ):
        yield case(T(np.array([-300, -1, 0, 1, 127, 128, 255, 256, 1000]).astype(source)), target)
    yield case(2.7, "int32")
    yield case([1.2, -2.7], "int64")
    yield case(np.array([1.2, -2.7]), "int32")
    yield case(True, "float32")
    yield case("1", "int32")
    yield case([1, 2], "nothing")


def _saturated(rng: np.random.Generator) -> Iterator[Case]:
    for source, target in itertools.product(
        ("int32", "int64", "float32", "float64"),
        ("uint8", "int8", "int16", "int32", "float16", "float32", "int64"),
    ):
        yield case(T(np.array([-3e5, -300, -1, 0, 1.7, 127, 128, 255, 256, 1e6]).astype(source)), target)


def _shapes(*args: Any) -> Entry:
    """The same further arguments for tensors of many types and shapes."""

    def cases(rng: np.random.Generator) -> Iterator[Case]:
        for dtype, shape in itertools.product(MOST, ((), (4,), (2, 3), (2, 0, 3), (2, 2, 3))):
            for each in args:
                more, named = (each, {}) if isinstance(each, tuple) else ((), each)
                yield Case((T(numbers(rng, dtype, shape)), *more), named)
        for each in args:
            more, named = (each, {}) if isinstance(each, tuple) else ((), each)
            yield Case(([[1, 2], [3, 4]], *more), named)

    return Entry(cases, gradient=True)


def _ranges(rng: np.random.Generator) -> Iterator[Case]:
    yield from (
        case(5),
        case(2, 8),
        case(2, 8, 3),
        case(8, 2, -2),
        case(0),
        case(-3),
        case(5, 2),
        case(1.0, 2.0, 0.25),
        case(5.0),
    )
    yield from (
        case(1, 3, 0.5),
        case(0, 5, dtype="float32"),
        case(0, 5, 1, "int64"),
        case(5, delta=2),
        case(0, 1, 0.1),
        case(0, 5, 0),
    )
    yield from (
        case(T(np.int32(5))),
        case(T(np.int64(5))),
        case(0, T(np.float32(3))),
        case(start=1, limit=4),
        case(T(np.float64(1)), 4.0),
    )
    yield from (
        case(T(np.int32(0)), T(np.int64(3))),
        case([1, 2]),
        case(0, 1, 0.3, dtype="float64"),
        case(np.int64(4)),
        case(2.5, 6),
    )


def _lines(rng: np.random.Generator) -> Iterator[Case]:
    yield from (
        case(0.0, 1.0, 5),
        case(0, 10, 5),
        case(1.0, 1.0, 3),
        case(1.0, 0.0, 1),
        case(0.0, 1.0, 0),
        case([0.0, 1.0], [1.0, 3.0], 4),
    )
    yield from (
        case([0.0, 1.0], [1.0, 3.0], 4, axis=-1),
        case(T(np.float64(0)), T(np.float64(1)), 7),
        case(0.0, 1.0, num=T(np.int32(3))),
        case(-5, 5, 11),
        case(0, 1.0, 3),
    )


def _gathers(rng: np.random.Generator) -> Iterator[Case]:
    for dtype in ("float32", "int64", "bool"):
        x = T(numbers(rng, dtype, (4, 3, 2)))
        yield case(x, [0, 2])
        yield case(x, 1)
        yield case(x, [[0, 1], [3, 3]], axis=0)
        yield case(x, [0, 2], axis=1)
        yield case(x, [1], axis=-1)
        yield case(x, T(np.array([[0, 1], [2, 0], [1, 1], [0, 0]])), axis=1, batch_dims=1)
        yield case(x, T(np.array([[0, 1], [2, 0], [1, 1], [0, 0]], "int32")), batch_dims=1)
        yield case(x, T(np.array([0, 1, 2, 0])), axis=1, batch_dims=1)
        yield case(x, T(np.zeros((4, 3), "int32")), batch_dims=2)
        yield case(x, T(np.zeros((0,), "int32")))
    x = T(numbers(rng, "float32", (4, 3)))
    yield from (
        case(x, [4]),
        case(x, [-1]),
        case(x, [0], axis=2),
        case(x, 0.0),
        case([1, 2, 3], [2, 0]),
        case(["a", "b"], [1, 0]),
        case(2.0, [0]),
    )


def _gathers_nd(rng: np.random.Generator) -> Iterator[Case]:
    x = T(numbers(rng, "float32", (4, 3, 2)))
    yield from (
        case(x, [[0, 1], [3, 2]]),
        case(x, [[0], [1]]),
        case(x, [[0, 1, 1]]),
        case(x, [0, 1]),
        case(x, [[[0, 1]], [[1, 2]]]),
        case(x, [[5, 0]]),
        case(x, [[-1, 0]]),
    )
    yield from (
        case(x, [[0], [1], [2], [0]], batch_dims=1),
        case(x, T(np.zeros((0, 2), "int32"))),
        case([[1, 2], [3, 4]], [[1, 1]]),
        case(x, T(np.zeros((2, 0), "int32"))),
    )


def _hot(rng: np.random.Generator) -> Iterator[Case]:
    for kind in ("int32", "int64", "uint8"):
        yield case(T(np.array([0, 2, 1], kind)), 3)
        yield case(T(np.array([[0, 2], [1, 3]], kind)), 4, axis=0)
    yield from (
        case([0, -1, 5], 3),
        case(1, 3),
        case([0, 1], 2, 5.0, -1.0),
        case([0, 1], 2, on_value=True, off_value=False),
        case([0, 1], 2, dtype="int64"),
    )
    yield from (
        case([0, 1], 2, axis=1),
        case([[0, 1]], 3, axis=1),
        case([0, 1], 0),
        case([], 3),
        case([0.0, 1.0], 2),
        case([0, 1], 2, on_value=3, dtype="float32"),
        case([0, 1], T(np.int32(3))),
    )
    yield from (
        case([0, 1], 2, on_value=5),
        case([0, 1], 2, off_value=1.5),
        case([0, 1], 2, on_value=5, off_value=0.5),
        case([0, 1], 2, axis=3),
    )


def _wheres(rng: np.random.Generator) -> Iterator[Case]:
    for dtype in MOST:
        x, y = T(numbers(rng, dtype, (2, 3))), T(numbers(rng, dtype, (2, 3)))
        yield case(T(numbers(rng, "bool", (2, 3))), x, y)
        yield case(T(numbers(rng, "bool", (3,))), x, y)
        yield case(T(numbers(rng, "bool", (2, 1))), x, T(numbers(rng, dtype, (3,))))
        yield case(x)
    c = T(np.array([True, False]))
    yield from (
        case(c),
        case(c, 1.0, 2.0),
        case(c, 1, 2.0),
        case(c, [1.0, 2.0], 0),
        case(c, T(np.ones(2, "float32")), 0),
        case(c, 0, T(np.ones(2, "float32"))),
        case(c, T(np.ones(2, "float32")), 0.5),
    )
    yield from (
        case(True, 1, 2),
        case([1, 0], [1, 2], [3, 4]),
        case(c, T(np.ones(2, "int32")), T(np.ones(2, "float32"))),
        case(c, [1.0, 2.0, 3.0], 0.0),
        case(c, x=1.0),
        case(c, "a", "b"),
    )
    nan = np.array([np.nan, 1.0], "float32")
    yield from (case(T(~np.isnan(nan)), T(nan), T(np.zeros(2, "float32"))), case(T(np.zeros((2, 0), bool))))


def _sorts(rng: np.random.Generator) -> Iterator[Case]:
    for dtype, axis, direction in itertools.product((*FLOATS, *INTS), (-1, 0), ("ASCENDING", "DESCENDING")):
        yield Case((T(numbers(rng, dtype, (4, 5))), axis, direction))
    yield from (
        case([3, 1, 2]),
        case([3.0, 1.0, 2.0], direction="DESCENDING"),
        case([1], direction="OTHER"),
        case(2.0),
        case([1.0, 2.0], axis=3),
    )
    yield from (
        case(T(np.array([1.0, np.nan, -np.inf, 0.0], "float32"))),
        case(T(np.zeros((0,), "float32"))),
        case([2, 2, 1, 1]),
        case(T(np.array([True, False]))),
    )


def _searches(rng: np.random.Generator) -> Iterator[Case]:
    line = np.array([0, 1, 1, 2, 5])
    for kind, side in itertools.product(("float32", "int32", "int64", "float64"), ("left", "right")):
        yield case(T(line.astype(kind)), T(np.array([-1, 0, 1, 3, 9]).astype(kind)), side=side)
    yield case(
        T(np.stack([line, line + 1]).astype("float32")), T(np.array([[1.0, 3.0], [1.0, 2.0]], "float32"))
    )
    yield from (
        case([1, 2, 3], [2, 4]),
        case([1.0, 2.0], [1.5], out_type="int64"),
        case([1.0, 2.0], [1]),
        case([1, 2], [1], side="middle"),
    )


def _uniques(rng: np.random.Generator) -> Iterator[Case]:
    for kind in ("int32", "int64", "float32", "uint8"):
        yield case(T(numbers(rng, kind, (9,)).round()))
    yield from (
        case([3, 1, 3]),
        case(["b", "a", "b"]),
        case([]),
        case([[1, 2]]),
        case([1, 1], out_idx="int64"),
        case(T(np.array([np.nan, np.nan, 1], "float32"))),
    )


def _pads(rng: np.random.Generator) -> Iterator[Case]:
    for dtype, mode in itertools.product(
        (*FLOATS, "int32", "uint8", "bool"), ("CONSTANT", "REFLECT", "SYMMETRIC")
    ):
        yield case(T(numbers(rng, dtype, (3, 4))), [[1, 2], [0, 1]], mode)
        yield case(T(numbers(rng, dtype, (3,))), T(np.array([[1, 1]])), mode)
    x = T(numbers(rng, "float32", (3, 4)))
    yield from (
        case(x, [[1, 1], [2, 2]], constant_values=5),
        case(x, [[1, 1], [2, 2]], constant_values=5.5),
        case(x, [[3, 3], [0, 0]], "REFLECT"),
        case(x, [[3, 3], [0, 0]], "SYMMETRIC"),
    )
    yield from (
        case(x, [[4, 0], [0, 0]], "SYMMETRIC"),
        case(x, [[1, 1]]),
        case(x, [[-1, 0], [0, 0]]),
        case(x, [[1, 1], [1, 1]], "OTHER"),
        case(x, [[0, 0], [0, 0]]),
        case(T(numbers(rng, "int32", (3,))), [[1, 1]], constant_values=1.5),
    )
    yield from (case(x, [[1, 1], [1, 1]], "reflect"), case([1, 2, 3], [[1, 1]]), case(2.0, []))


def _concats(rng: np.random.Generator) -> Iterator[Case]:
    for dtype, axis in itertools.product(MOST, (0, 1, -1)):
        yield case([T(numbers(rng, dtype, (2, 3))), T(numbers(rng, dtype, (2, 3)))], axis)
    x, y, z = (T(numbers(rng, "float32", shape)) for shape in ((2, 3), (1, 3), (2,)))
    yield from (
        case([x, y], 0),
        case([x, y], 1),
        case([x, z], 0),
        case([x], 0),
        case([x, x], 2),
        case([[1, 2], [3]], 0),
        case([z, [1, 2]], 0),
        case([z, T(np.ones(2))], 0),
        case([1, 2], 0),
    )
    yield from (
        case([T(np.zeros((0, 3), "float32")), x], 0),
        case([], 0),
        case(x, 0),
        case(["a"], 0),
        case([["a"], ["b", "c"]], 0),
        case([z, np.array([1.0, 2.0])], axis=0),
        case([[1, 2], [3.5]], 0),
        case([x, x], axis=T(np.int32(1))),
    )


def _stacks(rng: np.random.Generator) -> Iterator[Case]:
    for dtype, axis in itertools.product(MOST, (0, 1, -1, 2)):
        yield case([T(numbers(rng, dtype, (2, 3))), T(numbers(rng, dtype, (2, 3)))], axis)
    x, z = T(numbers(rng, "float32", (2, 3))), T(numbers(rng, "float32", (2,)))
    yield from (
        case([x, z]),
        case([1, 2, 3]),
        case([1.0, 2]),
        case([x, x], 4),
        case([z, [1, 2]]),
        case([z, T(np.ones(2))]),
        case([]),
        case(["a", "b"]),
        case(x),
        case([x, x], axis=-3),
    )


def _splits(rng: np.random.Generator) -> Iterator[Case]:
    for dtype in MOST:
        yield case(T(numbers(rng, dtype, (4, 6))), 2)
        yield case(T(numbers(rng, dtype, (4, 6))), [1, 2, 3], 1)
    x = T(numbers(rng, "float32", (4, 6)))
    yield from (
        case(x, 3),
        case(x, 3, axis=-1),
        case(x, [1, -1], 1),
        case(x, [1, -1, -1], 1),
        case(x, [1, 2], 1),
        case(x, 0),
        case(x, 2, axis=2),
        case(x, 1),
        case([1, 2, 3, 4], 2),
        case(x, [-1, 4], 1),
        case(x, [2, 2], 0, num=2),
    )


def _scatters(rng: np.random.Generator) -> Iterator[Case]:
    for dtype in (*FLOATS, "int32", "int64"):
        x = T(numbers(rng, dtype, (5,)))
        yield case(x, [[1], [3]], T(numbers(rng, dtype, (2,))))
        yield case(T(numbers(rng, dtype, (4, 3))), [[1], [0]], T(numbers(rng, dtype, (2, 3))))
        yield case(T(numbers(rng, dtype, (4, 3))), [[1, 2], [0, 0]], T(numbers(rng, dtype, (2,))))
        yield case(x, [[1], [1], [1]], T(numbers(rng, dtype, (3,), 1, 1)))
    x = T(numbers(rng, "float32", (5,)))
    yield from (
        case(x, [[7]], [1.0]),
        case(x, [[-1]], [1.0]),
        case(x, [[1]], [1.0, 2.0]),
        case(x, [[1]], [1]),
        case(x, T(np.zeros((0, 1), "int32")), T(np.zeros(0, "float32"))),
        case([1, 2, 3], [[0]], [9]),
    )


def _scattered(rng: np.random.Generator) -> Iterator[Case]:
    for dtype in (*FLOATS, "int32", "int64", "uint8"):
        yield case([[1], [3]], T(numbers(rng, dtype, (2,))), [5])
        yield case([[1], [1]], T(numbers(rng, dtype, (2, 3))), [4, 3])
    yield from (
        case([[7]], [1.0], [5]),
        case([[0, 1]], [2.0], T(np.array([2, 2]))),
        case([[-1]], [1.0], [5]),
        case([[0]], [True], [2]),
        case(T(np.array([[0]])), T(np.ones(1, "float32")), T(np.array([3]))),
    )


def _tensordots(t: Any) -> list[Case]:
    return [
        case(t(2, 3), t(3, 4), 1),
        case(t(2, 3), t(2, 3), 2),
        case(t(2), t(3), 0),
        case(t(2, 3, 4), t(4, 3, 5), [[1, 2], [1, 0]]),
        case(t(2, 3), t(4, 3), [[1], [1]]),
        case(t(2, 3), t(4, 3), [1, 1]),
        case(t(2, 3), t(4, 3), 1),
        case(t(3), t(3), 1),
        case(t(2, 3), [[1.0], [2.0], [3.0]], axes=1),
    ]


def _einsums(tf: Any, equation: str, *tensors: Any) -> Any:
    return tf.einsum(equation, *tensors)


def _einsum_cases(t: Any) -> list[Case]:
    return [
        case("ij,jk->ik", t(2, 3), t(3, 4)),
        case("ij->ji", t(2, 3)),
        case("ij->", t(2, 3)),
        case("bij,bjk->bik", t(2, 3, 4), t(2, 4, 5)),
        case("i,j->ij", t(2), t(3)),
        case("ii->i", t(3, 3)),
        case("...ij,...jk->...ik", t(2, 2, 3), t(2, 3, 2)),
        case("ij,jk", t(2, 3), t(3, 4)),
        case("i j, j k -> i k", t(2, 3), t(3, 4)),
        case("ij,jk->ik", t(2, 3), t(2, 4)),
        case("bhwc,hwc->b", t(2, 3, 3, 2), t(3, 3, 2)),
        case("ij,ij->i", t(2, 3), t(2, 3)),
        case("ijk->kij", t(2, 3, 4)),
    ]


def _clips(t: Any) -> list[Case]:
    return [
        case(t(2, 3), -1, 1),
        case(t(2, 3), 0, 2),
        case(t(5), clip_value_min=1, clip_value_max=2),
        case(t(2, 3), t(3, low=-3, high=-1), 2),
        case(t(2, 3), -1.0, 1.0),
        case(t(0), 0, 1),
    ]


def _repeats(t: Any) -> list[Case]:
    return [
        case(t(3), 2),
        case(t(2, 3), 2),
        case(t(2, 3), 2, axis=0),
        case(t(2, 3), [1, 2, 3], axis=1),
        case(t(2, 3), [1, 2], axis=0),
        case(t(2, 3), [1, 2], axis=1),
        case(t(2), 0),
        case(t(), 3),
        case(t(2, 3), [2], axis=-1),
        case(t(3), [1, 0, 2]),
    ]


def _masks(t: Any) -> list[Case]:
    m = np.array([True, False])
    return [
        case(t(2, 3), T(m)),
        case(t(2, 3), m),
        case(t(2, 3), [True, False]),
        case(t(2, 3), T(np.array([[True, False, True], [False, True, False]]))),
        case(t(3, 2), T(m), axis=1),
        case(t(3, 2), T(m)),
        case(t(2), [1, 0]),
    ]


def _normed(t: Any) -> list[Case]:
    return [
        case(t(2, 3)),
        case(t(2, 3), "euclidean", 0),
        case(t(2, 3), 1),
        case(t(2, 3), np.inf, axis=1),
        case(t(2, 3), 2, axis=1, keepdims=True),
        case(t(4), 3),
        case(t(2, 3), "fro", axis=[0, 1]),
        case(t(0)),
    ]


def _indexings(tf: Any, x: Any, what: str) -> Any:
    return eval(f"x[{what}]", {"x": x, "tf": tf, "np": np})


def _index_cases(rng: np.random.Generator) -> Iterator[Case]:
    for what in (
        "0",
        "-1",
        "1:",
        ":, 0",
        "..., 0",
        "0, 1, 1",
        "tf.newaxis",
        ":, tf.newaxis",
        "::2",
        "::-1",
        ":, ::-1",
        "1:1",
        "5:",
        "-2:",
        "5",
        "0, 0, 0, 0",
        "tf.constant(1)",
        "tf.constant(0):tf.constant(2)",
        "..., tf.newaxis",
        ":, 1:2, ::-1",
        "np.int64(1)",
        "1.0",
        "[0, 1]",
        "(0, 1)",
        "True",
        "None, 0, ..., None",
        "::0",
        "3:0:-1",
        "0, ...",
        "..., 0, ...",
        ":, :, -1",
        "tf.constant([0, 1])",
        "tf.constant(1.0)",
        "-5",
        ":-1, 1:",
    ):
        yield case(T(numbers(rng, "float32", (4, 3, 2))), what)


OPERATORS = (
    "x + y",
    "x - y",
    "x * y",
    "x / y",
    "x // y",
    "x % y",
    "x ** y",
    "x @ y",
    "x < y",
    "x <= y",
    "x > y",
    "x >= y",
    "x == y",
    "x != y",
    "x & y",
    "x | y",
    "x ^ y",
)


def _operators(tf: Any, x: Any, y: Any, what: str) -> Any:
    return eval(what, {"x": x, "y": y})


def _operator_cases(rng: np.random.Generator) -> Iterator[Case]:
    for what in OPERATORS:
        for dtype in ("float32", "float64", "int32", "int64", "uint8", "bool", "complex64"):
            x = T(numbers(rng, dtype, (2, 2), 1, 3))
            for y in (
                T(numbers(rng, dtype, (2, 2), 1, 3)),
                T(numbers(rng, dtype, (2,), 1, 3)),
                2,
                2.5,
                True,
                [1, 2],
                np.array([1.0, 2.0]),
                np.array([1, 2]),
                np.float32(2),
                np.int32(2),
                "a",
                None,
                T(np.float32(2)),
                T(np.int32(2)),
                T(numbers(rng, dtype, (3,), 1, 3)),
            ):
                yield case(x, y, what)
                if not isinstance(y, (T, str)) and y is not None:
                    yield case(y, x, what)


def _signs(tf: Any, x: Any, what: str) -> Any:
    return eval(what, {"x": x})


ENTRIES: dict[str, Entry] = {
    "Tensor[…]": Entry(_index_cases, gradient=True, run=_indexings),
    "Tensor (operators)": Entry(_operator_cases, run=_operators),
    "Tensor (signs)": by_types(
        lambda t: [
            case(t(3), w)
            for w in (
                "-x",
                "+x",
                "abs(x)",
                "~x",
                "len(x)",
                "float(x[0])",
                "int(x[0])",
                "bool(x[0])",
                "bool(x)",
                "list(x)",
                "x.shape",
                "x.dtype.name",
                "x.ndim",
                "x.numpy()",
            )
        ],
        ALL,
        run=_signs,
    ),
    "constant": Entry(_constants),
    "convert_to_tensor": Entry(_conversions),
    "cast": Entry(_casts),
    "saturate_cast": Entry(_saturated),
    "zeros": calls(
        *[
            case(s, **k)
            for s in ((), 3, (2, 3), [2, 3], T(np.array([2, 3])), (0, 2), [T(np.int32(2)), 3], -1, 2.0)
            for k in ({}, {"dtype": "int32"}, {"dtype": "bool"}, {"dtype": "float64"})
        ]
    ),
    "ones": calls(
        *[
            case(s, **k)
            for s in ((), 3, (2, 3), [2, 3], T(np.array([2, 3])), (0, 2))
            for k in ({}, {"dtype": "int32"}, {"dtype": "bool"}, {"dtype": "float64"})
        ]
    ),
    "fill": calls(
        case([2, 3], 5),
        case((2,), 1.5),
        case([], 2),
        case([2], True),
        case([2], "a"),
        case(T(np.array([2, 2])), T(np.float64(2))),
        case([-1], 2),
        case([2], [1, 2]),
    ),
    "zeros_like": _shapes({}, {"dtype": "float64"}, {"dtype": "int32"}),
    "ones_like": _shapes({}, {"dtype": "float64"}, {"dtype": "bool"}),
    "eye": calls(
        case(3),
        case(2, 3),
        case(2, batch_shape=[2]),
        case(2, dtype="int32"),
        case(0),
        case(2, 3, [1, 2], "float64"),
        case(2, dtype="bool"),
    ),
    "range": Entry(_ranges),
    "linspace": Entry(_lines, gradient=False),
    "shape": _shapes({}, {"out_type": "int64"}),
    "size": _shapes({}),
    "rank": _shapes({}),
    "identity": _shapes({}),
    "stop_gradient": _shapes({}),
    "shape_n": by_types(lambda t: [case([t(2, 3), t(4)])]),
    "ensure_shape": _shapes(([None, 3],), ([4],)),
    "reshape": _shapes(
        ([-1],), ([3, -1],), ([2, 3],), ([],), ([1, -1, 1],), ([-1, -1],), (T(np.array([-1])),), (-1,)
    ),
    "transpose": _shapes(
        {}, ([1, 0],), {"perm": [0, 2, 1]}, {"conjugate": True}, ([0],), ([1, 1],), ([-1, 0],)
    ),
    "expand_dims": _shapes((0,), (-1,), (1,), (5,), {"axis": 2}),
    "squeeze": Entry(
        lambda rng: [
            Case((T(numbers(rng, d, s)),), k)
            for d in MOST
            for s in ((1, 3, 1), (1,), (), (2, 3))
            for k in ({}, {"axis": 0}, {"axis": -1}, {"axis": [0, 2]}, {"axis": []})
        ],
        gradient=True,
    ),
    "broadcast_to": _shapes(([4],), ([2, 3],), ([3, 2, 3],), ([5, 4],), ([],)),
    "tile": _shapes(([2],), ([2, 1],), ([1, 0, 2],), ([],)),
    "repeat": by_types(_repeats, (*FLOATS, "int32", "bool"), gradient=True),
    "pad": Entry(_pads, gradient=True),
    "concat": Entry(_concats),
    "stack": Entry(_stacks),
    "split": Entry(_splits),
    "unstack": _shapes({}, {"axis": 1}, {"axis": -1}, {"num": 2}, {"axis": 5}),
    "parallel_stack": by_types(lambda t: [case([t(2), t(2)])]),
    "meshgrid": by_types(
        lambda t: [
            case(t(3), t(2)),
            case(t(3), t(2), indexing="ij"),
            case(t(3)),
            case(t(2), t(3), t(2)),
            case(t(2, 2), t(3)),
            case([1, 2], [3, 4, 5]),
        ],
        (*FLOATS, "int32"),
    ),
    "gather": Entry(_gathers, gradient=False),
    "gather_nd": Entry(_gathers_nd, gradient=True),
    "boolean_mask": by_types(_masks, MOST, gradient=True),
    "slice": by_types(
        lambda t: [
            case(t(4, 3), [1, 0], [2, 2]),
            case(t(4, 3), [1, 1], [-1, -1]),
            case(t(4, 3), [0, 0], [5, 1]),
            case(t(4), [1], [2]),
            case(t(4), T(np.array([1])), T(np.array([2]))),
            case(t(4, 3), [0], [1]),
            case(t(4), [2], [0]),
            case(t(4), [-1], [1]),
        ],
        (*FLOATS, "int32"),
        gradient=True,
    ),
    "strided_slice": by_types(
        lambda t: [
            case(t(4, 3), [0, 0], [4, 3], [2, 1]),
            case(t(4, 3), [1], [3]),
            case(t(4), [3], [0], [-1]),
            case(t(4), [-2], [4]),
            case(t(4, 3), [0, 1], [2, 2], [1, 1], shrink_axis_mask=2),
            case(t(4, 3), [1, 1], [2, 2], begin_mask=1, end_mask=2),
        ],
        (*FLOATS, "int32"),
        gradient=True,
    ),
    "where": Entry(_wheres, gradient=True),
    "reverse": _shapes(([0],), ([-1],), ([0, 1],), ([5],), ([],)),
    "roll": _shapes((1, 0), ({"shift": 2, "axis": -1}), ([1, 2], [0, 1]), ([1], [5])),
    "sort": Entry(_sorts),
    "argsort": Entry(_sorts),
    "searchsorted": Entry(_searches),
    "unique": Entry(_uniques),
    "unique_with_counts": Entry(_uniques),
    "one_hot": Entry(_hot),
    "sequence_mask": calls(
        case([1, 3, 2]),
        case([1, 3, 2], 5),
        case([1, 3, 2], 2, dtype="float32"),
        case(3),
        case([[1, 2], [0, 3]]),
        case([]),
        case(T(np.array([1, 2])), maxlen=T(np.int32(4))),
    ),
    **{
        f"tensor_scatter_nd_{n}": Entry(_scatters, gradient=True)
        for n in ("update", "add", "sub", "max", "min")
    },
    "scatter_nd": Entry(_scattered, gradient=True),
    "clip_by_value": by_types(_clips, (*FLOATS, *INTS), gradient=True),
    "clip_by_norm": by_types(
        lambda t: [
            case(t(2, 3), 1.0),
            case(t(2, 3), 100.0),
            case(t(2, 3), 1.0, axes=[1]),
            case(t(2, 3), 1),
            case(t(0), 1.0),
            case(t(2, 3, low=0, high=0), 1.0),
        ],
        (*FLOATS, "int32"),
        gradient=True,
    ),
    "linalg.global_norm": by_types(lambda t: [case([t(2), t(3)]), case([t(2), None]), case([]), case([t()])]),
    "clip_by_global_norm": by_types(
        lambda t: [
            case([t(2), t(3)], 1.0),
            case([t(2), None], 100.0),
            case([t(2), t(3)], 1.0, use_norm=5.0),
            case([t(2)], 0.0),
            case([T(np.array([np.inf, 1], "float32"))], 1.0),
        ]
    ),
    "tensordot": by_types(_tensordots, (*FLOATS, "int32", "complex64"), gradient=True, loose=4),
    "einsum": by_types(_einsum_cases, (*FLOATS, "int32"), run=_einsums, gradient=True, loose=4),
    "matmul": by_types(
        lambda t: [
            case(t(2, 3), t(3, 4)),
            case(t(2, 3), t(2, 4), transpose_a=True),
            case(t(2, 3), t(4, 3), transpose_b=True),
            case(t(5, 2, 3), t(5, 3, 2)),
            case(t(2, 3), t(2, 3)),
            case(t(3), t(3)),
            case(t(2, 3), t(3)),
            case(t(5, 2, 3), t(3, 2)),
            case(t(2, 0), t(0, 3)),
            case(t(2, 3), t(2, 3), adjoint_b=True),
            case(t(2, 3), [[1.0], [2.0], [3.0]]),
        ],
        (*FLOATS, "int32", "int64", "uint8", "complex64"),
        gradient=True,
        loose=4,
    ),
    "norm": by_types(_normed, gradient=True, loose=4),
    "bitcast": calls(
        case(T(np.array([1.0, 2.0], "float32")), "int32"),
        case(T(np.array([1.0, 2.0], "float32")), "uint8"),
        case(T(np.array([1, 2], "int64")), "float64"),
        case(T(np.array([[1, 2], [3, 4]], "int16")), "int32"),
        case(T(np.ones(4, "uint8")), "float32"),
    ),
    "complex": by_types(
        lambda t: [case(t(3), t(3)), case(t(2, 3), t(3)), case(1.0, t(2)), case(1.0, 2.0), case(1, 2)],
        ("float32", "float64", "int32"),
    ),
    "truncatediv": calls(
        *[
            case(T(np.array([7, -7, 7, -7], d)), T(np.array([2, 2, -2, -2], d)))
            for d in ("int32", "int64", "int8")
        ],
        case([1, 2], [0, 1]),
        case(T(np.array([7.5])), T(np.array([2.0]))),
    ),
    "truncatemod": calls(
        *[
            case(T(np.array([7, -7, 7, -7], d)), T(np.array([2, 2, -2, -2], d)))
            for d in ("int32", "int64", "float32", "float64")
        ],
        case([1, 2], [0, 1]),
    ),
    "realdiv": by_types(lambda t: [case(t(3), t(3))]),
    "add_n": by_types(lambda t: [case([t(2, 3), t(2, 3)])]),
    "broadcast_static_shape": calls(
        *[case(a, b) for a, b in (((2, 3), (3,)), ((2, 1), (1, 3)), ((2,), (3,)), ((), (2,)))],
        run=lambda tf, a, b: tf.broadcast_static_shape(tf.TensorShape(a), tf.TensorShape(b)),
    ),
    "broadcast_dynamic_shape": calls(case([2, 3], [3]), case([2, 1], [1, 3]), case([2], [3])),
    "dynamic_stitch": by_types(
        lambda t: [
            case([[0, 2], [1, 3]], [t(2, 3), t(2, 3)]),
            case([[0, 1], [1, 0]], [t(2), t(2)]),
            case([[2]], [t(1)]),
        ],
        (*FLOATS, "int32"),
    ),
    "dynamic_partition": by_types(
        lambda t: [
            case(t(5), [0, 1, 0, 2, 1], 3),
            case(t(3, 2), [1, 1, 0], 2),
            case(t(3), [0, 1, 5], 2),
            case(t(2, 2), [[0, 1], [1, 0]], 2),
        ],
        (*FLOATS, "int32"),
    ),
    "extract_volume_patches": by_types(
        lambda t: [
            case(t(1, 4, 4, 4, 2), [1, 2, 2, 2, 1], [1, s, s, s, 1], p)
            for s in (1, 2)
            for p in ("SAME", "VALID")
        ],
        ("float32",),
    ),
    "reverse_sequence": by_types(
        lambda t: [
            case(t(3, 4), [1, 4, 0], seq_axis=1),
            case(t(3, 4, 2), [1, 4, 2], 1, 0),
            case(t(4, 3), [1, 4, 2], seq_axis=0, batch_axis=1),
            case(t(3, 4), [1, 5, 0], seq_axis=1),
        ],
        (*FLOATS, "int32"),
        gradient=True,
    ),
    "batch_to_space": by_types(
        lambda t: [
            case(t(4, 2, 3, 1), [2, 2], [[0, 0], [0, 0]]),
            case(t(8, 2, 3, 2), [2, 2], [[1, 0], [0, 1]]),
        ],
        gradient=True,
    ),
    "space_to_batch": by_types(lambda t: [case(t(2, 4, 6, 3), [2, 3], [[0, 0], [0, 0]])], gradient=True),
    "space_to_batch_nd": by_types(
        lambda t: [case(t(2, 4, 6, 3), [2, 3], [[0, 0], [0, 0]]), case(t(2, 4, 3), [2], [[1, 1]])]
    ),
    "required_space_to_batch_paddings": calls(case([4, 5], [2, 3]), case([4, 5], [2, 2], [[0, 1], [1, 0]])),
    "unravel_index": calls(
        case([5, 7], [3, 4]), case(5, [3, 4]), case(T(np.array([3])), T(np.array([2, 2])))
    ),
    "histogram_fixed_width": calls(
        case([0.0, 0.5, 1.0, -2.0, 9.0], [0.0, 1.0], 4),
        case([1, 2, 3], [0, 4], 4),
        case(T(np.array([0.1, 0.9])), T(np.array([0.0, 1.0])), nbins=3, dtype="int64"),
    ),
    "histogram_fixed_width_bins": calls(
        case([0.0, 0.5, 1.0, -2.0, 9.0], [0.0, 1.0], 4), case([1, 2, 3], [0, 4], 4)
    ),
    "identity_n": by_types(lambda t: [case([t(2), t(3)])]),
    "tuple": by_types(lambda t: [case([t(2), t(3)])]),
    "guarantee_const": by_types(lambda t: [case(t(2))]),
    "scalar_mul": by_types(lambda t: [case(2.0, t(3)), case(t(), t(3)), case(t(2), t(2))]),
    "map_fn": by_types(
        lambda t: [case(t(3, 2)), case(t(0, 2)), case([t(2), t(2)])],
        run=lambda tf, x: tf.map_fn(
            lambda r: r[0] * r[1] if isinstance(x, list) else r * 2, x, fn_output_signature=x[0].dtype
        ),
    ),
    "vectorized_map": by_types(
        lambda t: [case(t(3, 2))], run=lambda tf, x: tf.vectorized_map(lambda r: r * 2, x)
    ),
    "scan": by_types(
        lambda t: [case(t(4)), case(t(4, 2))],
        run=lambda tf, x: [
            tf.scan(lambda a, r: a + r, x),
            tf.scan(lambda a, r: a * r, x, initializer=x[0], reverse=True),
        ],
    ),
    "foldl": by_types(
        lambda t: [case(t(4))],
        run=lambda tf, x: [
            tf.foldl(lambda a, r: a - r, x),
            tf.foldr(lambda a, r: a - r, x),
            tf.foldl(lambda a, r: a - r, x, x[1]),
        ],
    ),
    "while_loop": calls(
        case(5), run=lambda tf, n: tf.while_loop(lambda i, s: i < n, lambda i, s: (i + 1, s + i), [0, 0])
    ),
    "cond": calls(
        case(True),
        case(False),
        run=lambda tf, p: tf.cond(tf.constant(p), lambda: tf.constant(1), lambda: tf.constant(2.0)),
    ),
    "case": calls(
        case(1),
        case(5),
        run=lambda tf, x: tf.case([(tf.less(x, 3), lambda: tf.constant(1))], default=lambda: tf.constant(2)),
    ),
    "switch_case": calls(
        case(0),
        case(1),
        case(7),
        run=lambda tf, x: tf.switch_case(tf.constant(x), [lambda: tf.constant(1), lambda: tf.constant(2)]),
    ),
    "nest": calls(
        case({"b": [1, (2, 3)], "a": 4}),
        case([]),
        case((1, [2])),
        case(5),
        run=lambda tf, x: [
            tf.nest.flatten(x),
            tf.nest.map_structure(lambda v: v * 2, x),
            tf.nest.is_nested(x),
        ],
    ),
    **{
        f"bitwise.{n}": Entry(
            lambda rng: [
                case(T(numbers(rng, d, (4,), -9, 9)), T(numbers(rng, d, (4,), 0, 5)))
                for d in (*INTS, "bool", "float32")
            ]
        )
        for n in ("bitwise_and", "bitwise_or", "bitwise_xor", "left_shift", "right_shift")
    },
    "bitwise.invert": unary((*INTS, "bool", "float32")),
    **{
        f"debugging.{n}": calls(
            *[
                case(a, b)
                for a, b in (
                    (1, 1),
                    ([1, 2], [1, 2]),
                    ([1, 2], [1, 3]),
                    ([1.0, 2.0], [1.0, 2.0]),
                    ([1, 5], [0, 6]),
                    ([1, 2], 1),
                    ([2, 3], 1),
                    ([0, 0], 1),
                    ([1, 2], [1, 2, 3]),
                )
            ]
        )
        for n in (
            "assert_equal",
            "assert_none_equal",
            "assert_less",
            "assert_less_equal",
            "assert_greater",
            "assert_greater_equal",
            "assert_near",
        )
    },
    **{
        f"debugging.{n}": calls(*[case(a) for a in (1, [1, 2], [0, 1], [-1, 2], [-1, -2], [1.0], [], 0.0)])
        for n in (
            "assert_positive",
            "assert_negative",
            "assert_non_negative",
            "assert_non_positive",
            "assert_integer",
            "assert_scalar",
        )
    },
    "debugging.assert_rank": calls(*[case(a, r) for a in (1, [1, 2], [[1]]) for r in (0, 1, 2)]),
    "debugging.assert_rank_at_least": calls(*[case(a, r) for a in (1, [1, 2], [[1]]) for r in (0, 1, 2)]),
    "debugging.assert_rank_in": calls(*[case(a, (0, 2)) for a in (1, [1, 2], [[1]])]),
    "debugging.assert_type": calls(
        case(T(np.ones(2)), "float64"),
        case(T(np.ones(2)), "float32"),
        run=lambda tf, x, d: tf.debugging.assert_type(x, tf.as_dtype(d)),
    ),
    "debugging.check_numerics": by_types(
        lambda t: [
            case(t(3), "message"),
            case(T(np.array([np.nan, 1], "float32")), "message"),
            case(T(np.array([np.inf, 1], "float32")), "message"),
        ],
        gradient=True,
    ),
    "debugging.assert_all_finite": by_types(
        lambda t: [case(t(3), "message"), case(T(np.array([np.nan, 1], "float32")), "message")]
    ),
    "debugging.is_numeric_tensor": by_types(
        lambda t: [case(t(3)), case(2), case([1])], (*FLOATS, "bool", "int32", "complex64")
    ),
    "debugging.assert_shapes": calls(
        case(),
        run=lambda tf: tf.debugging.assert_shapes([(tf.ones([2, 3]), ("N", "D")), (tf.ones([3]), ("D",))]),
    ),
    "debugging.assert_shapes (wrong)": calls(
        case(), run=lambda tf: tf.debugging.assert_shapes([(tf.ones([2, 3]), ("N", "N"))])
    ),
    "recompute_grad": by_types(
        lambda t: [case(t(3))], run=lambda tf, x: tf.recompute_grad(lambda v: tf.sin(v) * v)(x), gradient=True
    ),
    "grad_pass_through": by_types(
        lambda t: [case(t(3))], run=lambda tf, x: tf.grad_pass_through(tf.round)(x), gradient=True
    ),
    "custom_gradient": by_types(
        lambda t: [case(t(3))],
        run=lambda tf, x: tf.custom_gradient(lambda v: (v * 2, lambda up: up * 7))(x),
        gradient=True,
    ),
    "autodiff.ForwardAccumulator": by_types(
        lambda t: [case(t(3), t(3))], ("float32", "float64"), run=lambda tf, x, v: _forward(tf, x, v)
    ),
    "quantization.fake_quant_with_min_max_args": by_types(
        lambda t: [case(t(9, low=-9, high=9)), case(t(9), -2, 2, 4)], ("float32",), gradient=True
    ),
}


def _forward(tf: Any, x: Any, v: Any) -> Any:
    with tf.autodiff.ForwardAccumulator(x, v) as accumulator:
        y = tf.reduce_sum(tf.sin(x) * x)
    return [y, accumulator.jvp(y)]
