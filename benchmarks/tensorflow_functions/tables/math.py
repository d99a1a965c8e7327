"""``tf.math``."""

from __future__ import annotations

import itertools
from collections.abc import Iterator

import numpy as np

from tensorflow_functions.cases import (
    ALL,
    COMPLEX,
    FLOATS,
    INTS,
    Case,
    Entry,
    T,
    binary,
    by_types,
    calls,
    case,
    ints,
    numbers,
    reduction,
    unary,
)

FLOATING = (
    "abs",
    "acos",
    "acosh",
    "asin",
    "asinh",
    "atan",
    "atanh",
    "bessel_i0",
    "bessel_i0e",
    "bessel_i1",
    "bessel_i1e",
    "cos",
    "cosh",
    "digamma",
    "erf",
    "erfc",
    "erfcinv",
    "erfinv",
    "exp",
    "expm1",
    "lgamma",
    "log",
    "log1p",
    "log_sigmoid",
    "ndtri",
    "reciprocal",
    "reciprocal_no_nan",
    "rsqrt",
    "sigmoid",
    "sign",
    "sin",
    "sinh",
    "softplus",
    "softsign",
    "sqrt",
    "square",
    "tan",
    "tanh",
    "negative",
    "ceil",
    "floor",
    "rint",
    "round",
)
BY_TWO = (
    "add",
    "subtract",
    "multiply",
    "divide",
    "truediv",
    "divide_no_nan",
    "multiply_no_nan",
    "floordiv",
    "floormod",
    "mod",
    "maximum",
    "minimum",
    "pow",
    "squared_difference",
    "xdivy",
    "xlogy",
    "xlog1py",
    "atan2",
    "scalar_mul",
)


def _cumulative(dtypes: tuple[str, ...] = (*FLOATS, *INTS), flags: bool = True) -> Entry:
    def cases(rng: np.random.Generator) -> Iterator[Case]:
        for dtype, axis in itertools.product(dtypes, (0, -1, 1)):
            for exclusive, reverse in itertools.product((False, True), repeat=2):
                more = {"exclusive": exclusive, "reverse": reverse}
                yield Case((T(numbers(rng, dtype, (3, 4))),), {"axis": axis, **more})
                yield Case((T(numbers(rng, dtype, (2, 0))),), {"axis": axis, **more})
        yield case([1.0, 2.0, 3.0])
        yield case([1, 2, 3])
        yield case(T(np.array([1.0, np.nan, 2, np.inf], "float32")))
        yield case(T(np.array([True, False])))
        yield case(2.0)
        yield case([1.0], axis=3)

    return Entry(cases, gradient=True)


def _segments(sorted_ids: bool) -> Entry:
    def cases(rng: np.random.Generator) -> Iterator[Case]:
        for dtype, shape in itertools.product(
            (*FLOATS, "int32", "int64", "uint8"), ((5,), (5, 2), (5, 2, 2))
        ):
            for given in ([0, 0, 1, 1, 2], [0, 0, 0, 3, 3], [0, 1, 2, 3, 4]):
                data = T(numbers(rng, dtype, shape))
                if sorted_ids:
                    yield case(data, ints(given))
                else:
                    yield case(data, ints(given), 5)
                    yield case(data, ints(given[::-1], dtype="int64"), num_segments=4)
                    yield case(data, ints([-1, 0, 1, 1, 0]), num_segments=3)
        if not sorted_ids:
            yield case(T(numbers(rng, "float32", (2, 3))), ints([[0, 1, 0], [1, 1, 0]]), 2)
        else:
            yield case(T(numbers(rng, "float32", (3,))), ints([1, 0, 2]))
        yield case(T(numbers(rng, "float32", (3,))), ints([0, 1]), *([] if sorted_ids else [2]))
        yield case([1.0, 2.0, 3.0], [0, 0, 1], *([] if sorted_ids else [2]))
        yield case(T(np.zeros((0, 2), "float32")), T(np.zeros(0, "int32")), *([] if sorted_ids else [2]))

    return Entry(cases, gradient=True)


def _places(rng: np.random.Generator) -> Iterator[Case]:
    for dtype, axis in itertools.product(ALL, (None, 0, 1, -1)):
        yield Case((T(numbers(rng, dtype, (3, 4), 0, 2)),), {"axis": axis})
    yield case(T(np.array([1.0, np.nan, 2.0], "float32")))
    yield case(T(np.array([np.nan, np.nan], "float32")))
    yield case(T(np.array([np.inf, np.inf, 1], "float32")))
    yield case(T(np.zeros((0,), "float32")))
    yield case(T(np.zeros((0, 2), "float32")), axis=1)
    yield case(T(np.zeros((2, 0), "float32")), axis=0)
    yield case(2.0)
    yield case([1.0, 3.0, 2.0])
    yield case([[1, 3, 2]], axis=1, output_type="int32")
    yield case([[1, 3, 2]], axis=2)


def _top(rng: np.random.Generator) -> Iterator[Case]:
    for dtype, k in itertools.product((*FLOATS, "int32", "int64", "uint8"), (0, 1, 3, 5)):
        yield Case((T(numbers(rng, dtype, (4,), 0, 3)), k))
        yield Case((T(numbers(rng, dtype, (2, 4), 0, 3)),), {"k": k})
    yield case([1.0, 5.0, 3.0])
    yield case(2.0)
    yield case(T(np.array([1.0, np.nan, np.inf, -np.inf], "float32")), 2)
    yield case([1, 2, 3], k=2, sorted=True)


def _confusion(rng: np.random.Generator) -> Iterator[Case]:
    labels, answers = rng.integers(0, 3, 9), rng.integers(0, 3, 9)
    for kind in ("int32", "int64", "uint8"):
        yield case(T(labels.astype(kind)), T(answers.astype(kind)))
    yield case(list(map(int, labels)), list(map(int, answers)), num_classes=5)
    yield case(labels, answers, weights=rng.uniform(0, 1, 9).astype("float32"), dtype="float32")
    yield case(labels, answers, num_classes=2)
    yield case([0, -1], [0, 1])
    yield case([], [])
    yield case([0, 1], [0, 1, 1])
    yield case([0.0, 1.0], [0.0, 1.0])
    yield case([0, 1], [0, 1], dtype="float64")


def _bins(rng: np.random.Generator) -> Iterator[Case]:
    values = rng.integers(0, 6, 10).astype("int32")
    yield case(T(values))
    yield case(T(values), minlength=9)
    yield case(T(values), maxlength=3)
    yield case(T(values), weights=T(rng.uniform(0, 1, 10).astype("float32")))
    yield case(T(values), dtype="int64")
    yield case(T(values.reshape(2, 5)))
    yield case(T(values.reshape(2, 5)), axis=-1)
    yield case(T(values.reshape(2, 5)), axis=-1, minlength=8, binary_output=True)
    yield case([])
    yield case([1, 1, 3])
    yield case([-1, 2])
    yield case(T(values), binary_output=True)
    yield case(T(values.astype("int64")), weights=T(rng.uniform(0, 1, 10)))


def _in_top(rng: np.random.Generator) -> Iterator[Case]:
    answers = rng.uniform(0, 1, (5, 4)).astype("float32")
    for k in (1, 2, 4):
        yield case(T(rng.integers(0, 4, 5).astype("int32")), T(answers), k)
    yield case([0, 1], [[0.5, 0.5], [0.5, 0.5]], 1)
    yield case([0, 1], [[np.nan, 0.5], [0.5, np.inf]], 1)
    yield case([5, 1], [[0.1, 0.5], [0.7, 0.5]], 1)


def _powers() -> Entry:
    return by_types(
        lambda t: [case([t(3), t(3), t(3)], t(4)), case([t(3)], t(3)), case([], t(3)), case([1.0, 2.0], t(2))]
    )


ENTRIES: dict[str, Entry] = {
    **{name: unary(gradient=True) for name in FLOATING},
    **{
        f"special.{name}": unary((*FLOATS, "int32"), gradient=True)
        for name in (
            "bessel_i0",
            "bessel_i0e",
            "bessel_i1",
            "bessel_i1e",
            "bessel_j0",
            "bessel_j1",
            "bessel_k0",
            "bessel_k0e",
            "bessel_k1",
            "bessel_k1e",
            "bessel_y0",
            "bessel_y1",
            "dawsn",
            "expint",
            "fresnel_cos",
            "fresnel_sin",
            "spence",
        )
    },
    **{
        name: unary()
        for name in (
            "is_finite",
            "is_inf",
            "is_nan",
            "logical_not",
            "angle",
            "conj",
            "imag",
            "real",
            "is_non_decreasing",
            "is_strictly_increasing",
        )
    },
    **{name: binary(gradient=True) for name in BY_TWO},
    **{
        name: binary()
        for name in (
            "equal",
            "not_equal",
            "less",
            "less_equal",
            "greater",
            "greater_equal",
            "logical_and",
            "logical_or",
            "logical_xor",
            "nextafter",
            "truediv",
        )
    },
    **{name: binary((*FLOATS, "int32"), 0.25, 4) for name in ("igamma", "igammac", "zeta", "polygamma")},
    **{
        name: reduction(gradient=True)
        for name in (
            "reduce_sum",
            "reduce_mean",
            "reduce_max",
            "reduce_min",
            "reduce_prod",
            "reduce_std",
            "reduce_variance",
            "reduce_logsumexp",
            "reduce_euclidean_norm",
        )
    },
    **{name: reduction() for name in ("reduce_all", "reduce_any", "count_nonzero")},
    "argmax": Entry(_places),
    "argmin": Entry(_places),
    "cumsum": _cumulative(),
    "cumprod": _cumulative(),
    "cumulative_logsumexp": _cumulative(FLOATS),
    "top_k": Entry(_top, gradient=False),
    "in_top_k": Entry(_in_top),
    "confusion_matrix": Entry(_confusion),
    "bincount": Entry(_bins),
    **{f"segment_{name}": _segments(True) for name in ("sum", "mean", "max", "min", "prod")},
    **{
        f"unsorted_segment_{name}": _segments(False)
        for name in ("sum", "mean", "max", "min", "prod", "sqrt_n")
    },
    "add_n": by_types(
        lambda t: [
            case([t(2, 3), t(2, 3)]),
            case([t(2)]),
            case(t(2)),
            case([]),
            case([t(2), t(3)]),
            case([t(), 2.0]),
            case((t(2), t(2), t(2))),
        ],
        (*FLOATS, *INTS, *COMPLEX),
    ),
    "accumulate_n": by_types(lambda t: [case([t(2, 3), t(2, 3)]), case([t(2)]), case([t(2), t(3)])]),
    "betainc": by_types(lambda t: [case(t(3, low=0.5, high=3), t(3, low=0.5, high=3), t(3, low=0, high=1))]),
    "lbeta": by_types(lambda t: [case(t(2, 3, low=0.5, high=3)), case(t(3, low=0.5, high=3)), case(t(0))]),
    "l2_normalize": reduction(FLOATS, gradient=True),
    "zero_fraction": unary((*FLOATS, *INTS), 0, 1),
    "softmax": by_types(
        lambda t: [
            case(t(2, 3)),
            case(t(4)),
            case(t(2, 3), axis=0),
            case(t(2, 3, 2), axis=1),
            case(t()),
            case(t(2, 0)),
            case(t(2), axis=2),
        ],
        (*FLOATS, "int32"),
        gradient=True,
    ),
    "log_softmax": by_types(
        lambda t: [case(t(2, 3)), case(t(4)), case(t(2, 3), axis=0), case(t(2, 3, 2), axis=1)],
        (*FLOATS, "int32"),
        gradient=True,
    ),
    "invert_permutation": calls(
        case([2, 0, 1]), case(ints(0, 1, 2, dtype="int64")), case([0, 0, 1]), case([]), case([5, 0])
    ),
    "polyval": _powers(),
    "sobol_sample": calls(case(2, 5), case(3, 4, skip=2), case(1, 8, dtype="float64")),
    "approx_max_k": by_types(lambda t: [case(t(8), 3), case(t(2, 8), 2)], ("float32",)),
    "approx_min_k": by_types(lambda t: [case(t(8), 3), case(t(2, 8), 2)], ("float32",)),
}
