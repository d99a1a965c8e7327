"""``tf.linalg``."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

from tensorflow_functions.cases import ALL, Case, Entry, T, by_types, case, numbers

FLOATING = ("float32", "float64", "complex64")
REAL = ("float32", "float64")
Tensors = Callable[..., T]
LAPACK = "another library's order of sums"


def matrices(
    make: Callable[[Callable[..., T]], list[Case]], dtypes: tuple[str, ...] = FLOATING, **options: Any
) -> Entry:
    """Matrices far from having no inverse: ``make`` is given ``m(*shape)`` and, with ``positive=True``, ``A @ A.T``."""

    def cases(rng: np.random.Generator) -> Iterator[Case]:
        for dtype in dtypes:

            def m(*shape: int, positive: bool = False, dtype: str = dtype) -> T:
                x = numbers(rng, dtype, shape, -1, 1)
                if len(shape) > 1 and shape[-1] == shape[-2] and shape[-1]:
                    x = x + 2 * np.eye(shape[-1], dtype=dtype)
                    if positive:
                        x = x @ np.conj(np.swapaxes(x, -1, -2))
                return T(x.astype(dtype))

            yield from make(m)

    return Entry(cases, **({"loose": 20, "why": LAPACK} | options))


def _square(*rest: Any, positive: bool = False) -> Callable[[Tensors], list[Case]]:
    shapes = ((3, 3), (1, 1), (2, 4, 4), (2, 1, 3, 3), (0, 3, 3), (3, 4), (3,))
    return lambda m: [case(m(*shape, positive=positive), *rest) for shape in shapes]


def _with_sides(*options: dict[str, Any], positive: bool = False) -> Callable[[Tensors], list[Case]]:
    def make(m: Tensors) -> list[Case]:
        return [
            Case((m(*shape, positive=positive), m(*side)), given)
            for shape, side in (((3, 3), (3, 2)), ((2, 4, 4), (2, 4, 1)), ((3, 3), (4, 2)), ((3, 3), (3,)))
            for given in (options or ({},))
        ]

    return make


def _norms(rng: np.random.Generator) -> Iterator[Case]:
    for dtype in (*FLOATING, "int32"):
        x = numbers(rng, dtype, (2, 3, 4))
        for order in ("euclidean", "fro", 1, 2, 3, 2.5, np.inf, 0, -1, "nuc"):
            for axis in (None, 0, -1, [1], (0, 1), [-2, -1], (0, 0), (0, 1, 2), 5):
                yield case(T(x), order, axis)
        yield case(T(x), keepdims=True)
        yield case(T(x), 1, (1, 2), True)
        yield case(T(np.zeros((0,), dtype)))
        yield case(T(np.array(2, dtype)))
    yield case([3.0, 4.0])
    yield case([3, 4])


def _svd(tf: Any, x: Any, **given: Any) -> Any:
    found = tf.linalg.svd(x, **given)
    if not isinstance(found, tuple):
        return found
    s, u, v = found
    size = s.shape[-1]
    again = tf.matmul(u[..., :size] * tf.cast(s, u.dtype)[..., None, :], v[..., :size], adjoint_b=True)
    return [s, tf.shape(u), tf.shape(v), again]


def _eigh(tf: Any, x: Any) -> Any:
    values, vectors = tf.linalg.eigh(x)
    return [values, tf.matmul(vectors * values[..., None, :], vectors, adjoint_b=True)]


def _eig(tf: Any, x: Any) -> Any:
    values, vectors = tf.linalg.eig(x)
    order = tf.argsort(tf.math.real(values), axis=-1)
    return [tf.gather(values, order, batch_dims=values.shape.rank - 1), tf.shape(vectors)]


def _qr(tf: Any, x: Any, **given: Any) -> Any:
    q, r = tf.linalg.qr(x, **given)
    return [tf.abs(q), tf.abs(r), tf.matmul(q, r)]


def _eigvals(tf: Any, x: Any) -> Any:
    return tf.sort(tf.math.real(tf.linalg.eigvals(x)), axis=-1)


def _symmetric(m: Tensors) -> list[Case]:
    return [case(m(*shape, positive=True)) for shape in ((3, 3), (1, 1), (2, 4, 4), (3, 4))]


def _diagonals(m: Tensors) -> list[Case]:
    found = [case(m(*shape), k=k) for shape in ((3,), (2, 4), (1,), ()) for k in (0, 1, -2)]
    found += [
        case(m(3), num_rows=5),
        case(m(3), num_cols=4),
        case(m(3), num_rows=2),
        case(m(3), num_rows=4, num_cols=4),
    ]
    return [*found, case(m(3), padding_value=7, k=1)]


def _on_diagonals(m: Tensors) -> list[Case]:
    return [case(m(*shape), k=k) for shape in ((3, 3), (2, 3, 5), (4, 2), (3,)) for k in (0, 1, -1, 4, -4)]


ENTRIES: dict[str, Entry] = {
    "matmul": by_types(
        lambda t: [
            case(t(2, 3), t(3, 4)),
            case(t(5, 2, 3), t(3, 4)),
            case(t(2, 1, 2, 3), t(4, 3, 2)),
            case(t(3, 2), t(3, 4), transpose_a=True),
            case(t(3, 2), t(4, 2), False, True),
            case(t(3, 2), t(3, 4), adjoint_a=True),
            case(t(3, 2), t(4, 2), adjoint_b=True),
            case(t(3, 2), t(4, 2), transpose_a=True, adjoint_a=True),
            case(t(2, 3), t(2, 4)),
            case(t(3), t(3, 4)),
            case(t(0, 3), t(3, 4)),
        ],
        ALL,
        gradient=True,
    ),
    "matvec": by_types(
        lambda t: [
            case(t(2, 3), t(3)),
            case(t(5, 2, 3), t(3)),
            case(t(5, 2, 3), t(5, 3)),
            case(t(3, 2), t(3), transpose_a=True),
            case(t(3, 2), t(3), adjoint_a=True),
            case(t(2, 3), t(2)),
            case(t(3), t(3)),
        ],
        ALL,
    ),
    "norm": Entry(_norms),
    "norm (gradient)": by_types(
        lambda t: [case(t(3, 4), order, axis) for order in ("euclidean", 1, 3, np.inf) for axis in (None, 1)],
        REAL,
        gradient=True,
        run=lambda tf, *args: tf.norm(*args),
    ),
    "normalize": by_types(
        lambda t: [case(t(2, 3)), case(t(2, 3), axis=1), case(t(2, 3), 1, 0), case(t(2, 3), np.inf, (0, 1))], REAL
    ),
    "l2_normalize": by_types(
        lambda t: [case(t(2, 3)), case(t(2, 3), 1), case(t(2, 3), [0, 1], 100.0)], REAL, gradient=True
    ),
    "global_norm": by_types(lambda t: [case([t(2, 3), t(4)]), case([t(2), None])], REAL),
    "det": matrices(_square(), gradient=True),
    "slogdet": matrices(_square()),
    "logdet": matrices(_square(positive=True)),
    "inv": matrices(lambda m: [*_square()(m), *_square(True)(m), case(T(np.ones((2, 2), "float32")))], gradient=True),
    "pinv": matrices(lambda m: [case(m(3, 3)), case(m(2, 3, 5)), case(m(5, 2)), case(m(3, 3), 0.5), case(m(3))], REAL),
    "matrix_rank": matrices(
        lambda m: [case(m(3, 3)), case(m(2, 3, 5)), case(m(3, 3), 1.0), case(T(np.ones((3, 3), "float32")))], REAL
    ),
    "solve": matrices(_with_sides({}, {"adjoint": True}), gradient=True),
    "triangular_solve": matrices(_with_sides({}, {"lower": False}, {"adjoint": True}), gradient=True),
    "lstsq": matrices(
        lambda m: [
            Case((m(*shape), m(*side)), given)
            for shape, side in (((5, 3), (5, 2)), ((3, 5), (3, 1)), ((2, 4, 4), (2, 4, 1)), ((3, 3), (4, 1)))
            for given in ({}, {"l2_regularizer": 0.3}, {"fast": False})
        ],
        REAL,
        loose=200,
        why="of normal equations",
    ),
    "cholesky": matrices(
        lambda m: [*_square(positive=True)(m), case(T(np.array([[1, 2], [2, 1]], "float32")))],
        gradient=True,
        why="a matrix that is not positive definite: NaN there",
    ),
    "cholesky_solve": matrices(_with_sides()),
    "qr": matrices(
        lambda m: [
            Case((m(*shape),), given)
            for shape in ((3, 3), (5, 3), (3, 5), (2, 4, 2), (3,))
            for given in ({}, {"full_matrices": True})
        ],
        REAL,
        run=_qr,
    ),
    "svd": matrices(
        lambda m: [
            Case((m(*shape),), given)
            for shape in ((3, 3), (5, 3), (3, 5), (2, 4, 2), (3,))
            for given in ({}, {"full_matrices": True}, {"compute_uv": False})
        ],
        REAL,
        run=_svd,
    ),
    "eigh": matrices(_symmetric, REAL, run=_eigh),
    "eigvalsh": matrices(_symmetric),
    "eig": matrices(_symmetric, REAL, run=_eig),
    "eigvals": matrices(_symmetric, REAL, run=_eigvals),
    "lu": matrices(lambda m: [case(m(3, 3)), case(m(2, 4, 4)), case(m(3, 4)), case(m(3, 3), "int64")], REAL),
    "expm": matrices(_square(), REAL),
    "logm": matrices(_square(positive=True), ("complex64", "float32"), loose=100),
    "sqrtm": matrices(_square(positive=True), FLOATING, loose=100),
    "trace": by_types(lambda t: [case(t(3, 3)), case(t(2, 3, 5)), case(t(3))], ALL),
    "cross": by_types(lambda t: [case(t(3), t(3)), case(t(2, 3), t(2, 3)), case(t(3), t(2, 3)), case(t(2), t(2))], ALL),
    "matrix_transpose": by_types(lambda t: [case(t(2, 3)), case(t(4, 2, 3), conjugate=True), case(t(3))], ALL),
    "adjoint": by_types(lambda t: [case(t(2, 3)), case(t(4, 2, 3)), case(t(3))], ALL),
    "diag": by_types(_diagonals, ALL),
    "diag_part": by_types(_on_diagonals, ALL),
    "set_diag": by_types(
        lambda t: [
            case(t(3, 3), t(3)), case(t(2, 3, 4), t(2, 3)), case(t(3, 3), t(2), k=1), case(t(3, 3), t(2)),
            case(t(3), t(3)),
        ],
        ALL,
    ),
    "tensor_diag": by_types(lambda t: [case(t(3)), case(t(2, 3)), case(t())], ("float32", "int32", "complex64")),
    "tensor_diag_part": by_types(
        lambda t: [case(t(3, 3)), case(t(2, 3, 2, 3)), case(t(3, 2)), case(t(3))], ("float32", "int32", "complex64")
    ),
    "band_part": by_types(
        lambda t: [
            case(t(*shape), low, high)
            for shape in ((4, 4), (2, 3, 5), (3,))
            for low, high in ((0, 0), (1, 0), (-1, 1), (0, -1), (-1, -1), (9, 0))
        ],
        ALL,
    ),
}  # fmt: skip
