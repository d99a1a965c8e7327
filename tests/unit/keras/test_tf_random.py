"""``tf.random``: what repeats and what does not, types and shapes, distributions."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from prunelle.errors import ArgumentError
from prunelle.keras import compat


def _program() -> list[Any]:
    with compat("tf2"):
        import tensorflow as tf

        seeded = [tf.random.uniform((2,), seed=1).numpy() for _ in range(2)]
        other = tf.random.uniform((2,), seed=2).numpy()
        free = tf.random.normal((2,)).numpy()
        return [*seeded, other, free]


def test_a_seed_of_a_function_repeats_its_sequence_from_the_programs_beginning() -> None:
    """As TensorFlow has it: A1, A2 in each run; without any seed each run is another."""
    first, second = _program(), _program()
    assert first[0].tolist() == second[0].tolist()
    assert first[1].tolist() == second[1].tolist()
    assert first[0].tolist() != first[1].tolist()
    assert first[0].tolist() != first[2].tolist()
    assert first[3].tolist() != second[3].tolist()


def test_set_seed_repeats_everything(tf_keras: None) -> None:
    import tensorflow as tf

    def drawn() -> list[Any]:
        tf.random.set_seed(7)
        layer = tf.keras.layers.Dense(3)
        layer.build((None, 2))
        parts = [tf.random.normal((3,)), tf.random.uniform((3,), seed=1), tf.random.shuffle(tf.range(20))]
        parts += [tf.image.random_hue(np.ones((2, 2, 3), np.float32) * [0.2, 0.5, 0.9], 0.4), layer.kernel]
        return [np.asarray(each).tolist() for each in parts]

    assert drawn() == drawn()
    tf.random.set_seed(8)
    assert tf.random.normal((3,)).numpy().tolist() != drawn()[0]


def test_set_seed_leaves_numpy_alone(tf_keras: None) -> None:
    import tensorflow as tf

    np.random.seed(1)
    expected = np.random.rand(2)
    np.random.seed(1)
    first = np.random.rand()
    tf.random.set_seed(5)
    assert [first, np.random.rand()] == expected.tolist()


def test_stateless_functions_follow_from_their_seed_alone(tf_keras: None) -> None:
    import tensorflow as tf

    first = tf.random.stateless_normal((4,), seed=(1, 2)).numpy()
    tf.random.normal((9,))
    assert tf.random.stateless_normal((4,), seed=[1, 2]).numpy().tolist() == first.tolist()
    assert tf.random.stateless_normal((4,), seed=[2, 1]).numpy().tolist() != first.tolist()
    with pytest.raises(
        ArgumentError, match=r"seed is two whole numbers, as seed=\(1, 2\); received shape \(\)"
    ):
        tf.random.stateless_uniform((4,), seed=3)


def test_types_and_limits(tf_keras: None) -> None:
    import tensorflow as tf

    dice = tf.random.uniform((500,), 1, 7, dtype=tf.int64)
    assert dice.dtype == tf.int64
    assert set(dice.numpy().tolist()) == {1, 2, 3, 4, 5, 6}
    assert tf.random.uniform((), dtype=tf.float64).dtype == tf.float64
    with pytest.raises(ArgumentError, match="maxval is needed for numbers of int32"):
        tf.random.uniform((2,), dtype=tf.int32)
    cut = tf.random.truncated_normal((2000,), mean=3.0, stddev=0.5).numpy()
    assert cut.min() >= 2
    assert cut.max() <= 4
    assert abs(cut.mean() - 3) < 0.05
    assert tf.random.gamma((5,), [0.5, 2.0]).shape == (5, 2)
    assert tf.compat.v1.random_uniform((2, 2), seed=3).shape == (2, 2)
    assert sorted(tf.compat.v1.random_shuffle([3, 1, 2]).numpy().tolist()) == [1, 2, 3]


def test_categorical_goes_by_its_probabilities(tf_keras: None) -> None:
    import tensorflow as tf

    drawn = tf.random.categorical(tf.math.log([[0.1, 0.9], [0.5, 0.5]]), 4000)
    assert drawn.shape == (2, 4000)
    assert drawn.dtype == tf.int64
    assert drawn.numpy().mean(1) == pytest.approx([0.9, 0.5], abs=0.04)  # five deviations


def test_generators(tf_keras: None) -> None:
    import tensorflow as tf

    one, other = (tf.random.Generator.from_seed(5) for _ in range(2))
    assert one.normal((3,)).numpy().tolist() == other.normal((3,)).numpy().tolist()
    assert one.normal((3,)).numpy().tolist() != other.uniform((3,)).numpy().tolist()
    later = tf.random.Generator.from_state(one.state, alg="philox")
    assert later.normal((2,)).numpy().tolist() == one.normal((2,)).numpy().tolist()
    parts = one.split(2)
    assert parts[0].normal(()) != parts[1].normal(())
    assert tf.random.get_global_generator() is tf.random.get_global_generator()
    assert one.make_seeds(3).shape == (2, 3)
    tf.random.set_seed(3)
    first = tf.random.Generator.from_non_deterministic_state().normal((2,)).numpy().tolist()
    tf.random.set_seed(3)
    assert first == tf.random.Generator.from_non_deterministic_state().normal((2,)).numpy().tolist()
