"""``tf.nn``."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from typing import Any

import numpy as np

from tensorflow_functions.cases import (
    FLOATS,
    Case,
    Entry,
    T,
    by_types,
    calls,
    case,
    ints,
    numbers,
    unary,
)

MOST = ("float32", "float64", "float16")


def _convolution(sizes: int, kind: str) -> Entry:
    """Convolutions of pictures of one, two or three axes: padding, strides, dilations, order of axes."""

    def cases(rng: np.random.Generator) -> Iterator[Case]:
        for padding, stride, dilation, kernel in itertools.product(
            ("SAME", "VALID"), (1, 2, 3), (1, 2), (1, 2, 3)
        ):
            if stride > 1 and dilation > 1:
                continue
            x = T(numbers(rng, "float32", (2, *(9, 8, 7)[:sizes], 3)))
            shape = (kernel, *(3, 2)[: sizes - 1])
            if kind == "depthwise":
                kernels = T(numbers(rng, "float32", (*shape, 3, 2)))
                yield case(x, kernels, [1, stride, stride, 1], padding, dilations=[dilation] * 2)
                continue
            kernels = T(numbers(rng, "float32", (*shape, 3, 4)))
            whole = [1, *[stride] * sizes, 1] if sizes == 3 else stride
            more: dict[str, Any] = (
                {} if dilation == 1 else {"dilations": [1, *[dilation] * 3, 1] if sizes == 3 else dilation}
            )
            if kind == "convolution":
                yield case(
                    x,
                    kernels,
                    strides=stride if sizes == 1 else [stride] * sizes,
                    padding=padding,
                    dilations=None if dilation == 1 else [dilation] * sizes,
                )
                continue
            yield case(x, kernels, whole, padding, **more)
        x, k = (
            numbers(rng, "float32", (2, *(6, 5, 4)[:sizes], 4)),
            numbers(rng, "float32", (*(3, 2, 2)[:sizes], 2, 6)),
        )
        if kind == "conv" and sizes < 3:
            yield case(T(x), T(k), 1, "SAME")  # groups
        if kind == "conv":
            # TensorFlow's process ends at whole numbers, and at the gradient of a picture without its batch.
            moved = T(np.moveaxis(x, -1, 1))
            one = [1] * 5 if sizes == 3 else 1
            for dtype in FLOATS:
                yield case(
                    T(numbers(rng, dtype, (2, *(6, 5, 4)[:sizes], 2))),
                    T(numbers(rng, dtype, (*(3, 2, 2)[:sizes], 2, 3))),
                    one,
                    "SAME",
                )
            yield case(moved, T(numbers(rng, "float32", (*(3, 2, 2)[:sizes], 3, 6))), one, "VALID")
            yield case(T(x), T(numbers(rng, "float32", (*(3, 2, 2)[:sizes], 5, 6))), one, "VALID")
            yield case(T(x), T(k), one, "OTHER")
        if kind == "conv" and sizes == 2:
            yield case(T(x), T(k), [1, 2, 1, 1], "SAME")
            yield case(T(x), T(k), (2, 1), "VALID")
            yield case(T(x), T(k), 1, [[0, 0], [1, 2], [0, 1], [0, 0]])
            yield case(x, k, 1, "SAME")
            yield case(
                T(x), T(k), strides=[1, 1, 1, 1], padding="SAME", data_format="NHWC", dilations=[1, 2, 2, 1]
            )
            yield case(T(x), T(numbers(rng, "float32", (7, 7, 4, 1))), 1, "VALID")
            yield case(T(x[:0]), T(numbers(rng, "float32", (2, 2, 4, 1))), 1, "VALID")

    return Entry(cases, gradient=True, loose=4)


def _transposed(sizes: int) -> Entry:
    def cases(rng: np.random.Generator) -> Iterator[Case]:
        for padding, stride, kernel in itertools.product(("SAME", "VALID"), (1, 2, 3), (1, 2, 3)):
            shape = (4, 5, 3)[:sizes]
            x = T(numbers(rng, "float32", (2, *shape, 3)))
            kernels = T(numbers(rng, "float32", (*[kernel] * sizes, 4, 3)))
            for more in (0, 1):
                out = [
                    n * stride - (more if stride > 1 else 0)
                    if padding == "SAME"
                    else (n - 1) * stride + kernel + (more if stride > 1 else 0)
                    for n in shape
                ]
                strides = [1, *[stride] * 3, 1] if sizes == 3 else stride
                yield case(x, kernels, [2, *out, 4], strides, padding)
        x = T(numbers(rng, "float32", (2, *(4, 5, 3)[:sizes], 3)))
        yield case(
            x,
            T(numbers(rng, "float32", (*[3] * sizes, 4, 2))),
            [2, *[8] * sizes, 4],
            [1] * (sizes + 2),
            "SAME",
        )
        yield case(
            x,
            T(numbers(rng, "float32", (*[3] * sizes, 4, 3))),
            [2, *[40] * sizes, 4],
            [1] * (sizes + 2),
            "SAME",
        )

    return Entry(cases, gradient=True, loose=4)


def _pooling(sizes: int, whole: bool = False) -> Entry:
    def cases(rng: np.random.Generator) -> Iterator[Case]:
        for padding, size, stride in itertools.product(("SAME", "VALID"), (1, 2, 3), (1, 2, 3)):
            x = T(numbers(rng, "float32", (2, *(9, 8, 7)[:sizes], 3)))
            if whole:
                yield case(x, [size] * sizes, [stride] * sizes, padding)
                yield case(x, [1, *[size] * sizes, 1], [1, *[stride] * sizes, 1], padding)
            else:
                yield case(x, size, stride, padding)
        for dtype in (*FLOATS, "int32"):
            yield case(T(numbers(rng, dtype, (1, *(6, 5, 4)[:sizes], 2))), 2, 2, "SAME")
        yield case(T(np.full((1, *[4] * sizes, 1), 2.0, "float32")), 2, 2, "VALID")  # ties
        yield case(T(numbers(rng, "float32", (1, *[3] * sizes, 1))), 5, 1, "VALID")
        yield case(T(numbers(rng, "float32", (1, *[3] * sizes, 1))), 2, 1, "OTHER")
        if sizes == 2:
            yield case(T(numbers(rng, "float32", (1, 6, 5, 2))), [2, 3], [1, 2], "SAME")
            yield case(T(numbers(rng, "float32", (1, 6, 5, 2))), (1, 2, 3, 1), (1, 2, 1, 1), "SAME")

    return Entry(cases, gradient=True)


def _crossed(kind: str) -> Entry:
    def cases(rng: np.random.Generator) -> Iterator[Case]:
        for dtype in FLOATS:
            for shape in ((3, 4), (4,), (2, 3, 4)):
                logits = T(numbers(rng, dtype, shape, -5, 5))
                if kind == "sparse":
                    yield case(labels=T(rng.integers(0, 4, shape[:-1]).astype("int32")), logits=logits)
                    yield case(T(rng.integers(0, 4, shape[:-1])), logits)
                    continue
                shares = numbers(rng, dtype, shape, 0, 1)
                labels = T((shares / shares.sum(-1, keepdims=True)).astype(dtype))
                more = {"pos_weight": 2.0} if kind == "weighted" else {}
                yield case(labels=labels, logits=logits, **more)
                if kind == "softmax" and len(shape) == 2:
                    yield case(labels, logits, 0)
        big = T(
            np.array([[100.0, -100.0, 0.0], [np.nan, 1.0, 1.0], [np.inf, 1, 2], [-np.inf, 0, 1]], "float32")
        )
        if kind == "sparse":
            yield case(labels=[0, 1, 2, 0], logits=big)
            yield case(labels=[0, 5], logits=[[1.0, 2.0], [3.0, 4.0]])
            yield case(labels=[-1, 1], logits=[[1.0, 2.0], [3.0, 4.0]])
            yield case(labels=[[0], [1]], logits=[[1.0, 2.0], [3.0, 4.0]])
            yield case(labels=[0.0, 1.0], logits=[[1.0, 2.0], [3.0, 4.0]])
            yield case(labels=T(np.zeros(0, "int32")), logits=T(np.zeros((0, 3), "float32")))
        else:
            more = {"pos_weight": 2.0} if kind == "weighted" else {}
            yield case(labels=[[1.0, 0.0, 0.0]] * 4, logits=big, **more)
            yield case(labels=[[1.0, 0.0]], logits=[[1.0, 2.0]], **more)
            yield case(labels=[[1, 0]], logits=[[1.0, 2.0]], **more)
            yield case(labels=[1.0, 0.0], logits=[[1.0, 2.0], [2.0, 1.0]], **more)
            yield case(labels=[1.0, 0.0, 0.0], logits=[[1.0, 2.0], [2.0, 1.0]], **more)
            yield case(labels=T(np.ones((1, 2))), logits=T(np.ones((1, 2), "float32")), **more)
            yield case(labels=T(np.zeros((0, 3), "float32")), logits=T(np.zeros((0, 3), "float32")), **more)

    return Entry(cases, gradient=True)


def _moments(rng: np.random.Generator) -> Iterator[Case]:
    for dtype in (*FLOATS, "int32"):
        for axes, keep in itertools.product(([0], [0, 1], [-1], 1, [0, 1, 2], []), (False, True)):
            yield case(T(numbers(rng, dtype, (2, 3, 4))), axes, keepdims=keep)


def _weighted_moments(rng: np.random.Generator) -> Iterator[Case]:
    for axes, keep in itertools.product(([0], [0, 1], [-1]), (False, True)):
        x = T(numbers(rng, "float32", (2, 3)))
        yield case(x, axes if axes != [-1] else [1], T(numbers(rng, "float32", (2, 3), 0, 1)), keepdims=keep)
        yield case(x, [0], T(numbers(rng, "float32", (2, 1), 0, 1)), keepdims=keep)
        yield case(x, [0], 2.0)


def _normalization(rng: np.random.Generator) -> Iterator[Case]:
    for dtype in FLOATS:
        x, m, v = (T(numbers(rng, dtype, shape, 0.1, 3)) for shape in ((2, 3, 4), (4,), (4,)))
        yield case(x, m, v, m, v, 1e-3)
        yield case(x, m, v, None, None, 1e-3)
        yield case(x, m, v, m, None, 1e-3)
        yield case(x, mean=m, variance=v, offset=None, scale=v, variance_epsilon=0.1)


def _embedding(rng: np.random.Generator) -> Iterator[Case]:
    table = T(numbers(rng, "float32", (5, 3)))
    yield case(table, [0, 4, 2])
    yield case(table, ints([[1, 2], [3, 4]], dtype="int64"))
    yield case(table, 3)
    yield case(table, [0, 4], max_norm=1.0)
    yield case(table, [7])
    yield case(table, [-1])
    yield case([table], [0, 1])
    yield case(table, [])


def _ctc(rng: np.random.Generator) -> Iterator[Case]:
    logits = numbers(rng, "float32", (6, 2, 5))
    labels, lengths, times = [[1, 2, 2], [3, 1, 0]], [3, 2], [6, 5]
    yield case(labels, T(logits), lengths, times, blank_index=0)
    yield case(
        ints(labels),
        T(logits.swapaxes(0, 1).copy()),
        ints(lengths),
        ints(times),
        logits_time_major=False,
        blank_index=0,
    )
    yield case(labels, T(logits), lengths, times, blank_index=4)
    yield case(labels, T(logits), lengths, times, blank_index=-1)


def _blocks(rng: np.random.Generator) -> Iterator[Case]:
    for size in (1, 2, 3):
        yield case(T(numbers(rng, "float32", (2, 6, 6, 36))), size)
        yield case(T(numbers(rng, "int32", (1, 6, 12, 4))), size)
    yield case(T(numbers(rng, "float32", (2, 6, 36, 36))), 2, data_format="NCHW")
    yield case(T(numbers(rng, "float32", (2, 5, 5, 3))), 2)


def _dropped(tf: Any, x: Any, rate: Any, **given: Any) -> Any:
    """Random: of what is kept, the size; and whether something was dropped."""
    out = tf.nn.dropout(x, rate, **given)
    kept = tf.boolean_mask(out, tf.not_equal(out, 0))
    return [tf.shape(out), out.dtype.name, tf.reduce_max(kept) if rate != 1 else 0.0]


def _isotonic(t: Any) -> list[Case]:
    return [case(t(5)), case(t(2, 5)), case(t(2, 5), False)]


ENTRIES: dict[str, Entry] = {
    **{
        name: unary(gradient=True)
        for name in (
            "relu",
            "relu6",
            "elu",
            "selu",
            "leaky_relu",
            "crelu",
            "silu",
            "swish",
            "gelu",
            "softplus",
            "softsign",
            "tanh",
            "sigmoid_cross_entropy_with_logits",
            "l2_loss",
        )
    },
    "leaky_relu (alpha)": by_types(
        lambda t: [case(t(4), 0.1), case(t(4), alpha=0.0), case(t(4), alpha=1.5)],
        gradient=True,
        run=lambda tf, *a, **k: tf.nn.leaky_relu(*a, **k),
    ),
    "gelu (approximate)": by_types(
        lambda t: [case(t(9), True), case(t(9), approximate=False), case([0.5])],
        gradient=True,
        run=lambda tf, *a, **k: tf.nn.gelu(*a, **k),
    ),
    "silu (beta)": by_types(
        lambda t: [case(t(9), 2.0), case(t(9), beta=0.5)],
        gradient=True,
        run=lambda tf, *a, **k: tf.nn.silu(*a, **k),
    ),
    "crelu (axis)": by_types(
        lambda t: [case(t(2, 3), axis=0), case(t(2, 3), axis=1)],
        gradient=True,
        run=lambda tf, *a, **k: tf.nn.crelu(*a, **k),
    ),
    **{
        name: by_types(
            lambda t: [
                case(t(2, 3)),
                case(t(4)),
                case(t(2, 3), axis=0),
                case(t(2, 3, 2), axis=1),
                case(t()),
                case(t(2, 0)),
                case(t(2), axis=2),
                case([1.0, 2.0]),
                case([1, 2]),
            ],
            (*FLOATS, "int32"),
            gradient=True,
        )
        for name in ("softmax", "log_softmax")
    },
    "softmax_cross_entropy_with_logits": _crossed("softmax"),
    "sparse_softmax_cross_entropy_with_logits": _crossed("sparse"),
    "sigmoid_cross_entropy_with_logits": _crossed("sigmoid"),
    "weighted_cross_entropy_with_logits": _crossed("weighted"),
    "log_poisson_loss": by_types(
        lambda t: [
            case(t(4, low=0), t(4)),
            case(t(4, low=0), t(4), compute_full_loss=True),
            case(t(4), t(3)),
        ],
        gradient=True,
    ),
    "conv1d": _convolution(1, "conv"),
    "conv2d": _convolution(2, "conv"),
    "conv3d": _convolution(3, "conv"),
    "convolution": _convolution(2, "convolution"),
    "depthwise_conv2d": _convolution(2, "depthwise"),
    "conv1d_transpose": _transposed(1),
    "conv2d_transpose": _transposed(2),
    "conv3d_transpose": _transposed(3),
    "conv_transpose": by_types(
        lambda t: [
            case(t(2, 4, 4, 3), t(3, 3, 5, 3), [2, 8, 8, 5], 2),
            case(t(2, 4, 3), t(3, 5, 3), [2, 9, 5], 2, "VALID"),
        ],
        ("float32",),
        gradient=True,
    ),
    "separable_conv2d": by_types(
        lambda t: (
            [
                case(t(2, 6, 5, 3), t(3, 3, 3, 2), t(1, 1, 6, 4), [1, s, s, 1], p)
                for s in (1, 2)
                for p in ("SAME", "VALID")
            ]
            + [
                case(t(2, 6, 5, 3), t(3, 3, 3, 2), t(1, 1, 6, 4), [1, 1, 1, 1], "SAME", dilations=[2, 2]),
                case(t(2, 6, 5, 3), t(3, 3, 3, 2), t(1, 1, 5, 4), [1, 1, 1, 1], "SAME"),
            ]
        ),
        ("float32",),
        gradient=True,
        loose=8,
    ),
    "atrous_conv2d": by_types(
        lambda t: [case(t(2, 9, 8, 3), t(3, 3, 3, 2), r, p) for r in (1, 2, 3) for p in ("SAME", "VALID")],
        ("float32", "float64"),
        gradient=True,
        loose=4,
    ),
    "max_pool1d": _pooling(1),
    "max_pool2d": _pooling(2),
    "max_pool3d": _pooling(3),
    "max_pool": _pooling(2, True),
    "avg_pool1d": _pooling(1),
    "avg_pool2d": _pooling(2),
    "avg_pool3d": _pooling(3),
    "avg_pool": _pooling(2, True),
    "max_pool_with_argmax": by_types(
        lambda t: [
            case(t(2, 6, 5, 2), k, s, p, include_batch_in_index=b)
            for k in (2, 3)
            for s in (1, 2)
            for p in ("SAME", "VALID")
            for b in (False, True)
        ],
        ("float32",),
    ),
    "pool": by_types(
        lambda t: (
            [
                case(t(2, 9, 8, 3), [2, 3], kind, [1, 2], p)
                for kind in ("MAX", "AVG")
                for p in ("SAME", "VALID")
            ]
            + [
                case(t(2, 9, 8, 3), [2, 3], "MAX", padding="SAME", dilations=[2, 2]),
                case(t(2, 9, 3), [2], "AVG"),
                case(t(2, 9, 8, 3), 2, "MAX", 2),
            ]
        ),
        ("float32",),
        gradient=True,
    ),
    "dilation2d": by_types(
        lambda t: [
            case(t(2, 7, 6, 3), t(3, 2, 3), [1, s, s, 1], p, "NHWC", [1, r, r, 1])
            for s, r in ((1, 1), (2, 1), (1, 2))
            for p in ("SAME", "VALID")
        ],
        ("float32", "float64"),
        gradient=True,
    ),
    "erosion2d": by_types(
        lambda t: [
            case(t(2, 7, 6, 3), t(3, 2, 3), [1, s, s, 1], p, "NHWC", [1, r, r, 1])
            for s, r in ((1, 1), (2, 1), (1, 2))
            for p in ("SAME", "VALID")
        ],
        ("float32",),
        gradient=True,
    ),
    "bias_add": by_types(
        lambda t: [
            case(t(2, 3), t(3)),
            case(t(2, 4, 5, 3), t(3)),
            case(t(2, 3, 4, 5), t(3), data_format="NCHW"),
            case(t(2, 3, 4), t(3), "NC..."),
            case(t(2, 3), t(2)),
            case(t(3), t(3)),
            case(t(2, 3), t(1, 3)),
        ],
        (*FLOATS, "int32"),
        gradient=True,
    ),
    "batch_normalization": Entry(_normalization, gradient=True, loose=4),
    "moments": Entry(_moments, gradient=True, loose=4),
    "weighted_moments": Entry(_weighted_moments, gradient=True),
    "sufficient_statistics": by_types(
        lambda t: [case(t(2, 3), [0]), case(t(2, 3), [0, 1], keepdims=True), case(t(2, 3), [1], shift=1.0)],
        ("float32",),
    ),
    "normalize_moments": by_types(
        lambda t: [case(4.0, t(3), t(3, low=20, high=30), None), case(4.0, t(3), t(3, low=20, high=30), 0.5)],
        ("float32",),
    ),
    "local_response_normalization": by_types(
        lambda t: [
            case(t(2, 3, 4, 7)),
            case(t(2, 3, 4, 7), 2, 1.5, 0.5, 0.75),
            case(t(2, 3, 4, 7), depth_radius=1, alpha=0.1),
            case(t(2, 3)),
        ],
        ("float32",),
        gradient=True,
    ),
    "lrn": by_types(lambda t: [case(t(2, 3, 4, 7))], ("float32",)),
    "l2_normalize": by_types(
        lambda t: [
            case(t(2, 3)),
            case(t(2, 3), 0),
            case(t(2, 3), [0, 1]),
            case(t(2, 3), axis=-1, epsilon=10.0),
            case(t(0)),
        ],
        (*FLOATS, "int32"),
        gradient=True,
    ),
    "embedding_lookup": Entry(_embedding, gradient=True, loose=1),
    "ctc_loss": Entry(_ctc, gradient=True, loose=8),
    "collapse_repeated": calls(
        case([[1, 1, 2, 2, 1], [3, 3, 3, 0, 0]], [5, 3]), case(ints([[1, 1, 2]]), ints(3))
    ),
    "depth_to_space": Entry(_blocks, gradient=True),
    "space_to_depth": Entry(_blocks, gradient=True),
    "space_to_batch": by_types(
        lambda t: [
            case(t(2, 4, 6, 3), [2, 3], [[0, 0], [0, 0]]),
            case(t(2, 3, 4, 1), [2, 2], [[1, 0], [1, 1]]),
            case(t(1, 3, 4, 1), [2, 2], [[0, 0], [0, 0]]),
        ],
        (*FLOATS, "int32"),
        gradient=True,
    ),
    "scale_regularization_loss": calls(case(2.0), case(T(np.float32(3)))),
    "compute_average_loss": calls(
        case(T(np.array([1.0, 2.0, 3.0], "float32"))),
        case([1.0, 2.0], global_batch_size=4),
        case([1.0, 2.0], sample_weight=[1.0, 0.5]),
    ),
    "zero_fraction": by_types(lambda t: [case(t(2, 3, low=0, high=1)), case(t(0))], (*FLOATS, "int32")),
    "top_k": by_types(lambda t: [case(t(5)), case(t(2, 5), 3), case(t(5), k=0)], (*FLOATS, "int32")),
    "in_top_k": calls(case([0, 2], [[0.5, 0.1, 0.4], [0.1, 0.2, 0.7]], 1)),
    "dropout": by_types(
        lambda t: (
            [case(t(4, 5, low=1, high=1), r) for r in (0.0, 0.5, 0.25, 1.0, 1.5, -0.1)]
            + [
                case(t(50, 2, low=1, high=1), rate=0.5, seed=1),
            ]
        ),
        (*FLOATS, "int32"),
        run=_dropped,
    ),
    "isotonic_regression": by_types(_isotonic, ("float32",)),
    "fractional_max_pool": by_types(
        lambda t: [case(t(1, 8, 8, 1), [1.0, 1.5, 1.5, 1.0])], ("float32",), values=False
    ),
    "fractional_avg_pool": by_types(
        lambda t: [case(t(1, 8, 8, 1), [1.0, 1.5, 1.5, 1.0])], ("float32",), values=False
    ),
}
