"""``tf.random``: types and shapes, and what is refused; the numbers are not TensorFlow's."""

from __future__ import annotations

from typing import Any

import numpy as np

from tensorflow_functions.cases import Entry, T, calls, case

_LOGITS = T(np.log(np.array([[0.2, 0.8], [0.5, 0.5], [0.9, 0.1]], "float32")))
_ALPHA = T(np.array([0.5, 2.0], "float32"))


def drawn(*cases: Any, **options: Any) -> Entry:
    """Numbers that differ."""
    return calls(*cases, values=False, why="the numbers are not TensorFlow's", **options)


def _twice(tf: Any, seed: Any) -> Any:
    """Whether the same program gives the same numbers, and calls of one seed each others."""
    tf.random.set_seed(seed)
    first = [tf.random.normal((3,)), tf.random.uniform((3,), seed=1), tf.random.uniform((3,), seed=1)]
    tf.random.set_seed(seed)
    again = [tf.random.normal((3,)), tf.random.uniform((3,), seed=1), tf.random.uniform((3,), seed=1)]
    same = [bool(np.array_equal(a.numpy(), b.numpy())) for a, b in zip(first, again, strict=True)]
    return [np.array(same), np.array(bool(np.array_equal(first[1].numpy(), first[2].numpy())))]


def _generator(tf: Any, seed: Any) -> Any:
    made = tf.random.Generator.from_seed(seed)
    parts = made.split(2)
    return [
        made.normal((2, 3)),
        made.uniform((2,), 1, 5, dtype=tf.int64),
        made.truncated_normal((2,), dtype=tf.float64),
        made.uniform_full_int((3,)),
        made.make_seeds(4),
        parts[0].normal(()),
    ]


ENTRIES: dict[str, Entry] = {
    "set_seed": calls(case(1), case(7), run=_twice),
    "uniform": drawn(
        case((2, 3)), case([4], 1, 5), case((), dtype="float64"), case((2,), -1.0, 1.0, "float16"),
        case((2,), 0, 9, "int32"), case((2,), 0, 9, "int64"), case((2,), dtype="int32"), case((2,), 5, 3, "int32"),
        case((2,), 0, 9, "uint8"), case(T(np.array([2, 3]))), case((2,), 0.0, 9.0, "int32"), case((-1,)),
    ),
    "normal": drawn(
        case((2, 3)), case([2], 1.0, 2.0), case((2,), dtype="float64"), case((2,), dtype="int32"),
        case((2, 2), T(np.array([1, 2], "float32"))), case(()), case((0, 3)),
    ),
    "truncated_normal": drawn(
        case((2, 3)), case([2], 1.0, 2.0), case((2,), dtype="float64"), case((2,), dtype="int32"),
    ),
    "shuffle": drawn(case(T(np.arange(6).reshape(3, 2))), case([1, 2, 3]), case(3), case(["a", "b"])),
    "categorical": drawn(
        case(_LOGITS, 5), case(_LOGITS, 5, "int32"), case(T(np.zeros(3, "float32")), 5), case(_LOGITS, 0),
    ),
    "gamma": drawn(case((3,), _ALPHA), case((), _ALPHA), case([2, 2], 0.5, 2.0), case((2,), 0.5, dtype="float64")),
    "poisson": drawn(case((3,), _ALPHA), case((), 3.0), case([2, 2], [0.5, 2.0], "int32")),
    "stateless_uniform": drawn(
        case((2, 3), (1, 2)), case((2,), [1, 2], 0, 9, "int32"), case((2,), (1,)), case((2,), [1, 2], dtype="int32")
    ),
    "stateless_normal": drawn(case((2, 3), (1, 2)), case((2,), [1, 2], 5.0, 0.1, "float64"), case((2,), 1)),
    "stateless_truncated_normal": drawn(case((2, 3), (1, 2)), case((2,), [1, 2], 5.0, 0.1, "float64")),
    "stateless_categorical": drawn(case(_LOGITS, 5, (1, 2)), case(_LOGITS, 5, (1, 2), "int32")),
    "stateless_gamma": drawn(case((3, 2), (1, 2), _ALPHA), case((3,), (1, 2), _ALPHA), case((2,), (1, 2), 0.5, 2.0)),
    "stateless_poisson": drawn(case((3, 2), (1, 2), _ALPHA), case((3,), (1, 2), 2.0, "float32")),
    "stateless_binomial": drawn(case((3, 2), (1, 2), [5.0, 6.0], 0.5), case((3,), (1, 2), 10.0, 0.1, "float32")),
    "split": drawn(case((1, 2)), case([1, 2], 5)),
    "fold_in": drawn(case((1, 2), 3)),
    "Generator": drawn(case(3), run=_generator),
    "experimental.stateless_shuffle": drawn(case([1, 2, 3, 4], (1, 2))),
    "experimental.stateless_split": drawn(case((1, 2), 3)),
    "experimental.stateless_fold_in": drawn(case((1, 2), 3)),
}  # fmt: skip
