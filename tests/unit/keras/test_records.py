"""TFRecord files and ``tf.train.Example``: bytes of TensorFlow 2.21, and files that are damaged."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from prunelle.keras.eager.errors import DataLossError, InvalidArgumentError, NotFoundError

pytestmark = pytest.mark.usefixtures("tf_keras")

# What TensorFlow wrote: a file of the record b"hello"; an Example with a = [1, -2]; the tensor [[1, 2]] of float32.
HELLO = bytes.fromhex("0500000000000000eab2043e68656c6c6fbb1f1c19")
EXAMPLE = bytes.fromhex("0a160a140a0161120f1a0d0a0b01feffffffffffffffff01")
TENSOR = bytes.fromhex("08011208120208011202080222080000803f00000040")


def example(tf: Any, number: int) -> bytes:
    def feature(**given: Any) -> Any:
        return tf.train.Feature(**given)

    made = tf.train.Example(
        features=tf.train.Features(
            feature={
                "picture": feature(bytes_list=tf.train.BytesList(value=[bytes([number]) * 4])),
                "label": feature(int64_list=tf.train.Int64List(value=[number])),
                "scores": feature(float_list=tf.train.FloatList(value=[0.5] * number)),
            }
        )
    )
    return made.SerializeToString()  # type: ignore[no-any-return]


@pytest.mark.parametrize("compression", [None, "GZIP", "ZLIB"])
def test_what_was_written_is_read(tmp_path: Path, compression: str | None) -> None:
    import tensorflow as tf

    path = str(tmp_path / "a.tfrecord")
    with tf.io.TFRecordWriter(path, compression) as writer:
        for number in range(1, 4):
            writer.write(example(tf, number))
    described = {
        "picture": tf.io.FixedLenFeature([], tf.string),
        "label": tf.io.FixedLenFeature([], tf.int64),
        "weight": tf.io.FixedLenFeature([], tf.float32, default_value=2.0),
        "scores": tf.io.VarLenFeature(tf.float32),
    }

    def parsed(record: Any) -> Any:
        found = tf.io.parse_single_example(record, described)
        return tf.io.decode_raw(found["picture"], tf.uint8), found["label"], found["weight"]

    data = tf.data.TFRecordDataset(path, compression_type=compression)
    pictures, labels, weights = next(iter(data.map(parsed).batch(3)))
    assert pictures.numpy().tolist() == [[1] * 4, [2] * 4, [3] * 4]
    assert labels.numpy().tolist() == [1, 2, 3]
    assert labels.dtype == tf.int64
    assert weights.numpy().tolist() == [2.0, 2.0, 2.0]
    together = tf.io.parse_example(next(iter(data.batch(3))), described)
    assert together["scores"].numpy().tolist() == [[0.5, 0, 0], [0.5, 0.5, 0], [0.5, 0.5, 0.5]]
    assert len(list(tf.data.TFRecordDataset([path, path], compression))) == 6


def test_the_bytes_are_tensorflow_s(tmp_path: Path) -> None:
    import tensorflow as tf

    path = tmp_path / "hello.tfrecord"
    with tf.io.TFRecordWriter(str(path)) as writer:
        writer.write(b"hello")
    assert path.read_bytes() == HELLO
    feature = tf.train.Feature(int64_list=tf.train.Int64List(value=[1, -2]))
    made = tf.train.Example(features=tf.train.Features(feature={"a": feature}))
    assert made.SerializeToString() == EXAMPLE
    assert tf.train.Example.FromString(EXAMPLE).features.feature["a"].int64_list.value == [1, -2]
    assert tf.io.serialize_tensor(tf.constant([[1.0, 2.0]])).numpy() == TENSOR


def test_a_damaged_file_is_told_with_its_place(tmp_path: Path) -> None:
    import tensorflow as tf

    def read(content: bytes) -> list[Any]:
        (tmp_path / "a").write_bytes(content)
        return list(tf.data.TFRecordDataset(str(tmp_path / "a")))

    assert [record.numpy() for record in read(HELLO * 2)] == [b"hello", b"hello"]
    changed = bytearray(HELLO * 2)
    changed[len(HELLO) + 14] ^= 1
    with pytest.raises(DataLossError, match=r"a is damaged: the record at byte 21 is not what was written"):
        read(bytes(changed))
    with pytest.raises(DataLossError, match=r"is cut short: the record at byte 21 has 5 bytes"):
        read((HELLO * 2)[:-2])
    with pytest.raises(DataLossError, match=r"no TFRecord file, or damaged at byte 0.*'GZIP'"):
        read(b"these are other bytes")
    with pytest.raises(DataLossError, match=r"not compressed by GZIP"):
        list(tf.data.TFRecordDataset(str(tmp_path / "a"), "GZIP"))
    with pytest.raises(NotFoundError, match=r"none"):
        list(tf.data.TFRecordDataset(str(tmp_path / "none")))
    with pytest.raises(
        InvalidArgumentError, match=r"compression_type is None, 'GZIP' or 'ZLIB'; received 'BZ2'"
    ):
        tf.data.TFRecordDataset("a", "BZ2")


def test_what_an_example_has_not_is_told() -> None:
    import tensorflow as tf

    record = example(tf, 2)
    cases = {
        r"no feature 'age'": {"age": tf.io.FixedLenFeature([], tf.int64)},
        r"'label' is a int64_list; its description says float32": {
            "label": tf.io.FixedLenFeature([], tf.float32)
        },
        r"'scores' has 2 values; its description says shape \(3,\)": {
            "scores": tf.io.FixedLenFeature([3], tf.float32)
        },
        r"holds int64, float32 and string; received int32": {"label": tf.io.FixedLenFeature([], tf.int32)},
    }
    for said, described in cases.items():
        with pytest.raises(InvalidArgumentError, match=said):
            tf.io.parse_single_example(record, described)
    with pytest.raises(InvalidArgumentError, match=r"no tf\.train\.Example"):
        tf.io.parse_single_example(b"\xff\xff\xff", {})


@pytest.mark.parametrize(
    "value", [np.arange(6.0).reshape(2, 3), np.uint8(3), np.array([b"a", b"bc"], dtype=object)]
)
def test_a_tensor_as_bytes(value: Any) -> None:
    import tensorflow as tf

    tensor = tf.constant(value)
    back = tf.io.parse_tensor(tf.io.serialize_tensor(tensor), tensor.dtype)
    assert back.dtype == tensor.dtype
    assert np.array_equal(back.numpy(), tensor.numpy())
    with pytest.raises(InvalidArgumentError, match=r"out_type says int16"):
        tf.io.parse_tensor(tf.io.serialize_tensor(tensor), tf.int16)
