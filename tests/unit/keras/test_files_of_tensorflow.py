"""``tf.io``, ``tf.io.gfile`` and ``TextLineDataset``: values are what TensorFlow 2.21 gave, or Python's files."""

from __future__ import annotations

import gzip
from pathlib import Path

import numpy as np
import pytest

from prunelle.keras.eager.errors import AlreadyExistsError, DataLossError, InvalidArgumentError, NotFoundError

pytestmark = pytest.mark.usefixtures("tf_keras")


def test_files_are_written_read_and_found(tmp_path: Path) -> None:
    import tensorflow as tf

    name = str(tmp_path / "a" / "b.txt")
    tf.io.write_file(name, tf.constant("é"))
    assert tf.io.read_file(name).numpy() == "é".encode()
    assert tf.io.matching_files(str(tmp_path / "*" / "*.txt")).numpy().tolist() == [name.encode()]
    gfile = tf.io.gfile
    assert gfile.exists(name)
    assert gfile.listdir(str(tmp_path)) == ["a"]
    with gfile.GFile(name) as file:
        assert file.read() == "é"
    with pytest.raises(AlreadyExistsError, match="overwrite=True"):
        gfile.copy(name, name)
    gfile.remove(name)
    assert not tf.gfile.Exists(name)
    for missing in (tf.io.read_file, gfile.GFile, gfile.remove):
        with pytest.raises(NotFoundError, match=r"b\.txt"):
            missing(name)


def test_bytes_as_numbers_and_letters() -> None:
    import tensorflow as tf

    assert tf.io.decode_raw(tf.constant([b"\x01\x00\x02\x00"]), tf.int16).numpy().tolist() == [[1, 2]]
    assert tf.io.decode_raw(b"\x00\x01", tf.uint16, little_endian=False).numpy().tolist() == [1]
    with pytest.raises(InvalidArgumentError, match=r"multiple of 4 bytes for float32; received \[3\]"):
        tf.io.decode_raw(b"abc", tf.float32)
    assert tf.io.encode_base64(tf.constant("ab?>")).numpy() == b"YWI_Pg"
    assert tf.io.decode_base64(tf.constant([b"YWI_Pg"])).numpy().tolist() == [b"ab?>"]


def test_lines_of_files(tmp_path: Path) -> None:
    import tensorflow as tf

    (tmp_path / "a").write_bytes(b"one\r\ntwo\n\nlast")
    (tmp_path / "b").write_bytes(gzip.compress(b"three\n"))
    lines = tf.data.TextLineDataset(str(tmp_path / "a"))
    assert list(lines.skip(1).as_numpy_iterator()) == [b"two", b"", b"last"]
    packed = tf.data.TextLineDataset([str(tmp_path / "b")] * 2, compression_type="GZIP")
    assert list(packed.as_numpy_iterator()) == [b"three", b"three"]
    with pytest.raises(DataLossError, match="not compressed by GZIP"):
        list(tf.data.TextLineDataset(str(tmp_path / "a"), "GZIP"))
    with pytest.raises(NotFoundError, match="Look at the name"):
        list(tf.data.TextLineDataset(str(tmp_path / "c")))


def test_lines_of_a_table_are_decoded_in_a_map(tmp_path: Path) -> None:
    import tensorflow as tf

    (tmp_path / "t.csv").write_text("x,y\n1,2\n3,4\n")

    def parsed(line):  # type: ignore[no-untyped-def]
        return tf.strings.to_number(tf.strings.split(line, ","))

    rows = tf.data.TextLineDataset(str(tmp_path / "t.csv")).skip(1).map(parsed).batch(2)
    np.testing.assert_array_equal(next(iter(rows)), [[1, 2], [3, 4]])
