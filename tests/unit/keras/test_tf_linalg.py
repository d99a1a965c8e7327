"""``tf.linalg``: the values are what TensorFlow 2.21 gave, or are worked by hand."""

from __future__ import annotations

import numpy as np
import pytest

from prunelle.errors import ArgumentError
from prunelle.keras.eager.errors import InvalidArgumentError

MATRIX = np.array([[4, 1], [2, 3]], np.float32)
TALL = [[1.0, 2.0], [3.0, 4.0], [5.0, 6.0]]


def test_lengths(tf_keras: None) -> None:
    import tensorflow as tf

    asked = (
        ("euclidean", None, 5.4772258),
        (1, None, 10.0),
        (1, (0, 1), 6.0),
        (np.inf, (0, 1), 5.0),
        (2, (0, 1), 5.116673),
        ("fro", (0, 1), 5.4772258),
    )
    for order, axis, expected in asked:
        assert float(tf.norm(MATRIX, order, axis)) == pytest.approx(expected, abs=1e-5)
    assert tf.linalg.norm(MATRIX, axis=1, keepdims=True).shape == (2, 1)
    with pytest.raises(ArgumentError, match=r"ord of matrices is 'euclidean'.*received 3"):
        tf.norm(MATRIX, 3, (0, 1))
    with pytest.raises(ArgumentError, match=r"received int32: tf\.cast\(x, tf\.float32\)"):
        tf.norm([3, 4])
    parts, length = tf.linalg.normalize([3.0, 4.0])
    assert parts.numpy().tolist() == pytest.approx([0.6, 0.8])
    assert length.numpy().tolist() == [5.0]


def test_decompositions_have_tensorflows_order(tf_keras: None) -> None:
    import tensorflow as tf

    s, u, v = tf.linalg.svd(TALL)
    assert s.numpy() == pytest.approx([9.525518, 0.5142999], abs=1e-5)
    assert (u.numpy() * s.numpy()) @ v.numpy().T == pytest.approx(np.array(TALL), abs=1e-5)
    q, r = tf.linalg.qr(MATRIX)
    assert q.numpy() == pytest.approx(np.array([[-0.8944271, -0.4472136], [-0.4472136, 0.8944272]]), abs=1e-6)
    assert r.numpy() == pytest.approx(np.array([[-4.472136, -2.236068], [0, 2.236068]]), abs=1e-5)
    values, vectors = tf.linalg.eigh([[2.0, 1.0], [1.0, 2.0]])
    assert values.numpy() == pytest.approx([1, 3])
    assert abs(vectors.numpy()) == pytest.approx(0.70710678)
    lower = tf.linalg.cholesky([[4.0, 2.0], [2.0, 5.0]])
    assert lower.numpy().tolist() == [[2, 0], [1, 2]]
    with pytest.raises(InvalidArgumentError, match="not positive-definite"):
        tf.linalg.cholesky([[1.0, 2.0], [2.0, 1.0]])


def test_equations(tf_keras: None) -> None:
    import tensorflow as tf

    assert float(tf.linalg.det(MATRIX)) == pytest.approx(10)
    assert tf.linalg.inv(MATRIX).numpy() == pytest.approx(np.array([[0.3, -0.1], [-0.2, 0.4]]), abs=1e-6)
    assert tf.linalg.solve(MATRIX, [[1.0], [2.0]]).numpy() == pytest.approx(
        np.array([[0.1], [0.6]]), abs=1e-6
    )
    lower = [[2.0, 9.0], [1.0, 4.0]]  # what is above the diagonal does not count
    assert tf.linalg.triangular_solve(lower, [[2.0], [5.0]]).numpy().ravel().tolist() == [1, 1]
    rows, side = [[1.0, 1.0], [1.0, 2.0], [1.0, 4.0]], [[1.0], [3.0], [2.0]]
    assert tf.linalg.lstsq(rows, side).numpy().ravel() == pytest.approx([1.5, 0.2142857], abs=1e-4)
    heavy = tf.linalg.lstsq(rows, side, l2_regularizer=0.5).numpy().ravel()
    assert heavy == pytest.approx([0.9142855, 0.4000001], abs=1e-4)
    sign, logarithm = tf.linalg.slogdet(-MATRIX[::-1])
    assert float(sign) == -1
    assert float(logarithm) == pytest.approx(np.log(10), abs=1e-6)
    five, two = np.exp(5), np.exp(2)  # its eigenvalues
    expected = np.array([[2 * five + two, five - two], [2 * five - 2 * two, five + 2 * two]]) / 3
    assert tf.linalg.expm(MATRIX).numpy() == pytest.approx(expected, rel=1e-5)
    with pytest.raises(InvalidArgumentError, match=r"takes square matrices .*received shape \(3, 2\)"):
        tf.linalg.inv(TALL)


def test_diagonals(tf_keras: None) -> None:
    import tensorflow as tf

    assert tf.linalg.diag([1, 2], k=1).numpy().tolist() == [[0, 1, 0], [0, 0, 2], [0, 0, 0]]
    assert tf.linalg.diag_part(MATRIX).numpy().tolist() == [4, 3]
    assert tf.linalg.band_part(tf.ones((3, 3)), 1, 0).numpy().tolist() == [[1, 0, 0], [1, 1, 0], [0, 1, 1]]
    assert tf.linalg.set_diag(tf.zeros((2, 3)), [7.0, 8.0]).numpy().tolist() == [[7, 0, 0], [0, 8, 0]]
    assert float(tf.linalg.trace(MATRIX)) == 7
    assert tf.linalg.tensor_diag([1, 2]).numpy().tolist() == [[1, 0], [0, 2]]
    with pytest.raises(ArgumentError, match=r"of one diagonal here; received k=\(0, 1\)"):
        tf.linalg.diag_part(MATRIX, k=(0, 1))


def test_products(tf_keras: None) -> None:
    import tensorflow as tf

    assert tf.linalg.matvec(MATRIX, [1.0, 1.0]).numpy().tolist() == [5, 5]
    assert tf.linalg.cross([1, 0, 0], [0, 1, 0]).numpy().tolist() == [0, 0, 1]
    x = tf.Variable(MATRIX)
    with tf.GradientTape() as tape:
        y = tf.linalg.logdet(tf.matmul(x, x, transpose_b=True))
    # d log det(X Xᵀ) / dX = 2 X⁻ᵀ
    assert tape.gradient(y, x).numpy() == pytest.approx(np.array([[0.6, -0.4], [-0.2, 0.8]]), abs=1e-5)
    with pytest.raises(ArgumentError, match="not multiplied in int8"):
        tf.matmul(tf.ones((2, 2), tf.int8), tf.ones((2, 2), tf.int8))
    with pytest.raises(AttributeError, match=r"Prunelle has no tf\.linalg\.LinearOperatorDiag"):
        _ = tf.linalg.LinearOperatorDiag
