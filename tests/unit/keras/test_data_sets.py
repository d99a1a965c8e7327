"""``tf.data``: expected values are what TensorFlow 2.21 gave for the same lines, unless a comment says otherwise."""

from __future__ import annotations

import collections
import threading
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from prunelle.keras.eager.errors import (
    DataLossError,
    FailedPreconditionError,
    InvalidArgumentError,
    OutOfRangeError,
)

pytestmark = pytest.mark.usefixtures("tf_keras")


def listed(dataset: Any) -> list[Any]:
    """The elements as Python's numbers and texts."""

    def plain(value: Any) -> Any:
        if isinstance(value, tuple):
            return tuple(map(plain, value))
        if isinstance(value, dict):
            return {key: plain(each) for key, each in value.items()}
        return value.tolist() if hasattr(value, "tolist") else value

    return [plain(each) for each in dataset.as_numpy_iterator()]


def test_rows_of_structures() -> None:
    import tensorflow as tf

    made = tf.data.Dataset.from_tensor_slices({"z": [1, 2], "a": (["x", "y"], [1.0, 2.5])})
    assert listed(made) == [{"z": 1, "a": (b"x", 1.0)}, {"z": 2, "a": (b"y", 2.5)}]
    assert repr(made.element_spec) == (
        "{'z': TensorSpec(shape=(), dtype=tf.int32, name=None), 'a': "
        "(TensorSpec(shape=(), dtype=tf.string, name=None), TensorSpec(shape=(), dtype=tf.float32, name=None))}"
    )
    first = next(iter(made))
    assert isinstance(first["z"], tf.Tensor)
    assert first["z"].dtype == tf.int32
    assert len(made) == int(made.cardinality()) == 2
    Pair = collections.namedtuple("Pair", "x y")
    pair = next(iter(tf.data.Dataset.from_tensor_slices(Pair(np.arange(2), np.ones(2)))))
    assert isinstance(pair, Pair)
    with pytest.raises(InvalidArgumentError, match="same number of rows"):
        tf.data.Dataset.from_tensor_slices(([1, 2], [1, 2, 3]))
    with pytest.raises(InvalidArgumentError, match="takes tensors with rows"):
        tf.data.Dataset.from_tensor_slices(3)
    with pytest.raises(InvalidArgumentError, match="from_generator, or give it to fit"):
        tf.data.Dataset.from_tensor_slices(tf.keras.utils.Sequence())


def test_order_of_everything_together() -> None:
    import tensorflow as tf

    numbers = tf.data.Dataset.range(10)
    assert listed(numbers.batch(4)) == [[0, 1, 2, 3], [4, 5, 6, 7], [8, 9]]
    assert listed(numbers.skip(2).take(5).shard(2, 1).repeat(2)) == [3, 5, 3, 5]
    assert [listed(w) for w in numbers.window(4, 3, 2)] == [[0, 2, 4, 6], [3, 5, 7, 9], [6, 8], [9]]
    pairs = tf.data.Dataset.zip({"a": numbers, "b": (numbers.skip(8), numbers)}).enumerate(start=3)
    assert listed(pairs) == [(3, {"a": 0, "b": (8, 0)}), (4, {"a": 1, "b": (9, 1)})]
    counted = numbers.take(4).interleave(
        lambda x: tf.data.Dataset.from_tensors(x).repeat(x + 1), cycle_length=3, block_length=2
    )
    assert listed(counted) == [0, 1, 1, 2, 2, 3, 3, 2, 3, 3]
    grouped = numbers.group_by_window(lambda x: x % 3, lambda key, window: window.batch(3), window_size=3)
    assert listed(grouped) == [[0, 3, 6], [1, 4, 7], [2, 5, 8], [9]]
    rows = numbers.take(5).map(lambda x: tf.fill([x % 4], x))
    assert listed(rows.padded_batch(3)) == [[[0, 0], [1, 0], [2, 2]], [[3, 3, 3], [0, 0, 0]]]
    assert listed(rows.padded_batch(2, [4], np.int64(-1), drop_remainder=True)) == [
        [[-1, -1, -1, -1], [1, -1, -1, -1]],
        [[2, 2, -1, -1], [3, 3, 3, -1]],
    ]
    lengths = rows.bucket_by_sequence_length(
        lambda x: tf.shape(x)[0], [2, 4], [2, 1, 1], pad_to_bucket_boundary=True
    )
    assert listed(lengths) == [[[0], [1]], [[2, 2, 0]], [[3, 3, 3]], [[0]]]
    assert listed(numbers.batch(4).rebatch([3, 1])) == [[0, 1, 2], [3], [4, 5, 6], [7], [8, 9]]
    assert listed(numbers.scan(np.int64(0), lambda s, x: (s + x, s))) == [0, 0, 1, 3, 6, 10, 15, 21, 28, 36]
    assert int(numbers.reduce(np.int64(0), lambda s, x: s + x)) == 45
    with pytest.raises(TypeError, match="one type; received"):
        numbers.reduce(0, lambda s, x: s + x)


def test_functions_get_and_give_what_tensorflow_has() -> None:
    import tensorflow as tf

    numbers = tf.data.Dataset.range(2)
    assert listed(numbers.map(lambda x: [x, x])) == [(0, 0), (1, 1)]
    made = numbers.map(lambda x: {"b": x, "a": 1.5})
    assert listed(made) == [{"b": 0, "a": 1.5}, {"b": 1, "a": 1.5}]
    assert made.element_spec["a"] == tf.TensorSpec((), tf.float32)
    assert listed(numbers.map(lambda x: (x, "t")).map(lambda x, text: text + "!")) == [b"t!", b"t!"]
    lengths = tf.data.Dataset.range(5).batch(3).map(lambda x: tf.reshape(tf.cast(x, tf.float32), (-1, 1)))
    assert lengths.element_spec == tf.TensorSpec((None, 1), tf.float32)
    assert listed(tf.data.Dataset.range(5).filter(lambda x: x % 2 == 0)) == [0, 2, 4]
    with pytest.raises(TypeError, match="predicate must give one truth"):
        list(numbers.filter(lambda x: x))
    with pytest.raises(TypeError, match="map_func must be a function; received 3"):
        numbers.map(3)


def test_generators() -> None:
    import tensorflow as tf

    made = tf.data.Dataset.from_generator(
        lambda n: ((i, [i] * 2) for i in range(n)), (tf.int64, tf.float32), ((), (2,)), args=[2]
    )
    assert listed(made) == [(0, [0.0, 0.0]), (1, [1.0, 1.0])]
    assert listed(made) == listed(made)
    assert repr(tf.data.Dataset.from_generator(lambda: iter([1]), tf.int32).element_spec) == (
        "TensorSpec(shape=<unknown>, dtype=tf.int32, name=None)"
    )
    with pytest.raises(InvalidArgumentError, match=r"an element of shape \(2,\); the program says \(1,\)"):
        list(
            tf.data.Dataset.from_generator(
                lambda: iter([[1], [1, 2]]), output_signature=tf.TensorSpec((1,), tf.int32)
            )
        )
    with pytest.raises(InvalidArgumentError, match=r"gave 1\.5 where the program says"):
        list(tf.data.Dataset.from_generator(lambda: iter([1.5]), tf.int32))
    with pytest.raises(TypeError, match="not a generator itself"):
        tf.data.Dataset.from_generator((i for i in range(3)), tf.int32)


def test_how_many_there_are() -> None:
    import tensorflow as tf

    r = tf.data.Dataset.range(10)
    known = {
        3: r.batch(3, drop_remainder=True), 5: r.window(3, shift=2), 4: r.repeat().take(4), 0: r.repeat(0),
        -1: r.filter(lambda x: True).repeat(), -2: r.flat_map(lambda x: r),
        9: r.batch(3, drop_remainder=True).unbatch(),
        10: r.scan(np.int64(0), lambda s, x: (s, x)),
    }  # fmt: skip
    assert {int(each.cardinality()) for each in known.values()} == set(known)
    for number, each in known.items():
        assert int(each.cardinality()) == number
    with pytest.raises(TypeError, match="The dataset is infinite"):
        len(r.repeat())
    with pytest.raises(TypeError, match="The dataset length is unknown"):
        len(r.filter(lambda x: True))
    with pytest.raises(FailedPreconditionError, match="said to have 3 elements; it has more"):
        list(r.apply(tf.data.experimental.assert_cardinality(3)))


def test_what_is_drawn_by_lot() -> None:
    """The distribution is TensorFlow's: what leaves first is one of the first three, each as likely; a place behind
    the buffer cannot be reached. (TensorFlow's order for a seed is another.)
    """
    import tensorflow as tf

    for elements in (tf.data.Dataset.range(8), tf.data.Dataset.range(8).map(lambda x: x)):
        firsts = collections.Counter(listed(elements.shuffle(3, seed=i).take(1))[0] for i in range(600))
        assert set(firsts) == {0, 1, 2}
        assert min(firsts.values()) > 150
        found = listed(elements.shuffle(3, seed=1).repeat(40))
        for i in range(0, len(found), 8):
            assert sorted(found[i : i + 8]) == list(range(8))
            assert all(place >= number - 2 for place, number in enumerate(found[i : i + 8]))
        seconds = [found[i + 1] for i in range(0, len(found), 8)]
        assert set(seconds) == {0, 1, 2, 3}
        again = elements.shuffle(8, seed=5)
        first, second = listed(again), listed(again)
        assert first != second
        assert listed(elements.shuffle(8, seed=5)) == first
        same = elements.shuffle(8, reshuffle_each_iteration=False)
        assert listed(same) == listed(same)
        kept = elements.shuffle(8).cache()
        assert listed(kept) == listed(kept)
    tf.random.set_seed(3)
    once = listed(tf.data.Dataset.range(50).shuffle(50))
    tf.random.set_seed(3)
    assert listed(tf.data.Dataset.range(50).shuffle(50)) == once
    lot = tf.data.Dataset.sample_from_datasets(
        [tf.data.Dataset.range(300), tf.data.Dataset.range(1000, 1900)], weights=[0.25, 0.75], seed=1
    )
    drawn = listed(lot)
    assert sorted(drawn) == [*range(300), *range(1000, 1900)]
    assert 60 < sum(each < 300 for each in drawn[:400]) < 140


def test_one_pass_at_a_time() -> None:
    import tensorflow as tf

    passing = iter(tf.data.Dataset.range(2))
    assert isinstance(passing, tf.data.Iterator)
    assert int(next(passing)) == 0
    assert int(passing.get_next()) == 1
    with pytest.raises(OutOfRangeError, match="End of sequence"):
        passing.get_next()
    assert not passing.get_next_as_optional().has_value()
    with pytest.raises(InvalidArgumentError, match="this has more than one element"):
        tf.data.Dataset.range(2).get_single_element()


def test_kept_in_memory_and_in_files(tmp_path: Path) -> None:
    import tensorflow as tf

    calls: list[int] = []
    made = tf.data.Dataset.range(4).map(lambda x: (x, {"t": "é"}) if calls.append(1) is None else x)
    expected = [(i, {"t": "é".encode()}) for i in range(4)]
    for kept in (made.cache(), made.cache(str(tmp_path / "kept"))):
        calls.clear()
        assert next(iter(kept)) is not None  # a pass that does not come to its end keeps nothing
        assert listed(kept) == listed(kept) == expected
        assert len(calls) == 5
    assert listed(made.cache(str(tmp_path / "kept"))) == expected
    assert len(calls) == 5
    made.save(str(tmp_path / "saved"))
    loaded = tf.data.Dataset.load(str(tmp_path / "saved"))
    assert listed(loaded) == expected
    assert len(loaded) == 4
    file = tmp_path / "saved" / "elements"
    file.write_bytes(file.read_bytes()[:-20])
    with pytest.raises(DataLossError, match="cut short"):
        tf.data.Dataset.load(str(tmp_path / "saved"))


def test_work_is_done_ahead_in_another_thread() -> None:
    import tensorflow as tf

    names: set[str] = set()
    made = tf.data.Dataset.range(6).map(lambda x: (names.add(threading.current_thread().name), x)[1])
    passing = iter(made.prefetch(tf.data.AUTOTUNE))
    assert [int(next(passing)) for _ in range(3)] == [0, 1, 2]
    assert names == {"prunelle-read-ahead"}
    del passing
    assert not [each for each in threading.enumerate() if each.name == "prunelle-read-ahead"]


def test_files_by_a_pattern(tmp_path: Path) -> None:
    import tensorflow as tf

    for name in ("b.txt", "a.txt", "c.png"):
        (tmp_path / name).write_text(name)
    names = [str(tmp_path / name).encode() for name in ("a.txt", "b.txt")]
    assert listed(tf.data.Dataset.list_files(str(tmp_path / "*.txt"), shuffle=False)) == names
    assert sorted(listed(tf.data.Dataset.list_files(tmp_path / "*.txt"))) == names
    with pytest.raises(InvalidArgumentError, match=r"no files matched pattern: \['/nowhere/\*'\]"):
        tf.data.Dataset.list_files("/nowhere/*")


def network(tf: Any) -> Any:
    """Two numbers to three classes."""
    model = tf.keras.Sequential([tf.keras.layers.Dense(3, activation="softmax", input_shape=(2,))])
    model.compile("sgd", "sparse_categorical_crossentropy", metrics=["accuracy"])
    return model


def test_training_on_data_sets(capsys: pytest.CaptureFixture[str]) -> None:
    """As on the same arrays, to the bit: the faces come off before the step."""
    import tensorflow as tf

    x, y = np.random.RandomState(0).rand(20, 2).astype("float32"), np.arange(20) % 3
    weight = np.linspace(0, 1, 20, dtype="float32")
    data = tf.data.Dataset.from_tensor_slices((x, y)).batch(5)
    weighted = tf.data.Dataset.from_tensor_slices((x, y, weight)).batch(5)
    for given, like in (
        ((data, {}), ((x, y), {})),
        ((weighted, {}), ((x, y), {"sample_weight": weight})),
        (
            (data, {"class_weight": {0: 1.0, 1: 2.0, 2: 0.5}}),
            ((x, y), {"class_weight": {0: 1.0, 1: 2.0, 2: 0.5}}),
        ),
        ((data.repeat(), {"steps_per_epoch": 4}), ((x, y), {})),
        ((data.map(lambda x, y: (x, y)).prefetch(2), {}), ((x, y), {})),
    ):
        one, other = network(tf), network(tf)
        other.set_weights(one.get_weights())
        found = one.fit(given[0], epochs=2, verbose=0, **given[1]).history["loss"]
        expected = other.fit(*like[0], batch_size=5, shuffle=False, epochs=2, verbose=0, **like[1]).history[
            "loss"
        ]
        assert found == expected
    one.fit(data, validation_data=data.take(2), verbose=1)
    assert "4/4" in capsys.readouterr().out
    assert one.evaluate(data, verbose=0) == pytest.approx(one.evaluate(x, y, verbose=0), rel=1e-6)
    np.testing.assert_array_equal(
        one.predict(data.map(lambda x, y: x), verbose=0), one.predict(x, batch_size=5, verbose=0)
    )
    with pytest.raises(ValueError, match=r"steps_per_epoch must be given with a data set without end"):
        one.fit(data.repeat())


def test_inputs_by_name() -> None:
    import tensorflow as tf

    left, right = tf.keras.Input((2,), name="left"), tf.keras.Input((1,), name="right")
    out = tf.keras.layers.Dense(1)(tf.keras.layers.Concatenate()([left, right]))
    model = tf.keras.Model({"left": left, "right": right}, out)
    model.compile("sgd", "mse")
    parts = {"right": np.ones((6, 1), "float32"), "left": np.arange(12, dtype="float32").reshape(6, 2)}
    data = tf.data.Dataset.from_tensor_slices((parts, np.zeros((6, 1), "float32"))).batch(4)
    assert model.evaluate(data, verbose=0) == pytest.approx(
        model.evaluate(parts, np.zeros((6, 1)), verbose=0)
    )


def test_an_error_names_the_line_of_the_program() -> None:
    import tensorflow as tf

    def wrong(x):  # type: ignore[no-untyped-def]
        return tf.reshape(x, (2, 2))

    with pytest.raises(InvalidArgumentError) as caught:
        list(tf.data.Dataset.from_tensor_slices(np.ones((2, 3))).map(wrong).prefetch(1))
    lines = [entry.frame.code.name for entry in caught.traceback]
    assert "wrong" in lines


def test_a_batch_of_rows_is_a_view_where_it_can_be() -> None:
    """No copy of what follows each other; what is drawn is copied once."""
    from prunelle.keras.pipeline.dataset import Dataset

    table = torch.arange(12.0).reshape(6, 2)
    batches = list(Dataset.from_tensor_slices(table).batch(3).elements())
    assert batches[1].data_ptr() == table[3:].data_ptr()


def test_the_next_element_by_its_old_name() -> None:
    import tensorflow as tf

    elements = tf.data.Dataset.from_tensor_slices([1, 2]).as_numpy_iterator()
    assert (elements.next(), next(elements)) == (1, 2)
    with pytest.raises(StopIteration):
        elements.next()
