"""Frames there and back; what is none is refused before anything of it is believed."""

from __future__ import annotations

import json
import random
import struct

import numpy as np
import pytest

from prunelle.page.wire import BadFrame, Frame, Message, decode, encode


def test_a_frame_is_as_the_module_says() -> None:
    maps = np.arange(6, dtype=np.uint8).reshape(2, 3)
    values = np.array([1.5, -2.0], dtype=np.float32)
    data = encode(Frame("look", 7, Message({"maps": {"array": 0}, "é": [1, None]}, [maps, values])))
    (length,) = struct.unpack("<I", data[:4])
    header = json.loads(data[4 : 4 + length])
    assert header == {
        "panel": "look",
        "id": 7,
        "content": {"maps": {"array": 0}, "é": [1, None]},
        "buffers": [{"shape": [2, 3], "dtype": "uint8"}, {"shape": [2], "dtype": "float32"}],
    }
    start = 4 + length
    assert start % 4 == 0  # or a browser could not read float32 where it lies
    assert data[start : start + 6] == bytes(range(6))
    assert struct.unpack("<2f", data[start + 8 : start + 16]) == (1.5, -2.0)


def test_there_and_back() -> None:
    arrays = [
        np.float32(np.random.default_rng(0).normal(size=(3, 1, 5))),
        np.zeros((0, 4), np.uint8),
        np.uint8([1]),
    ]
    back = decode(encode(Frame("x", None, Message({"a": 1}, [*arrays, arrays[0].T]))))
    assert (back.panel, back.id, dict(back.message.content)) == ("x", None, {"a": 1})
    for sent, came in zip([*arrays, arrays[0].T], back.message.arrays, strict=True):
        assert came.dtype == sent.dtype
        np.testing.assert_array_equal(came, sent)


def test_other_numbers_are_refused() -> None:
    with pytest.raises(TypeError, match="float64"):
        encode(Frame("x", 1, Message({}, [np.zeros(2)])))
    with pytest.raises(ValueError, match="not JSON compliant"):
        encode(Frame("x", 1, Message({"loss": float("nan")})))


def test_half_characters_of_names_of_files_are_sent() -> None:
    assert decode(encode(Frame("x", 1, Message({"name": "a\udce9b"})))).message.content["name"] == "a?b"


@pytest.mark.parametrize(
    "header",
    [
        {},
        {"panel": 1, "id": 1, "content": {}, "buffers": []},
        {"panel": "x", "id": True, "content": {}, "buffers": []},
        {"panel": "x", "id": 1, "content": [], "buffers": []},
        {"panel": "x", "id": 1, "content": {}, "buffers": {}},
        {"panel": "x", "id": 1, "content": {}, "buffers": [{}]},
        {"panel": "x", "id": 1, "content": {}, "buffers": [{"shape": [-1], "dtype": "uint8"}]},
        {"panel": "x", "id": 1, "content": {}, "buffers": [{"shape": [1.5], "dtype": "uint8"}]},
        {"panel": "x", "id": 1, "content": {}, "buffers": [{"shape": [2**62, 8], "dtype": "float32"}]},
        {"panel": "x", "id": 1, "content": {}, "buffers": [{"shape": [1] * 5, "dtype": "uint8"}]},
        {"panel": "x", "id": 1, "content": {}, "buffers": [{"shape": [1], "dtype": "object"}]},
        {"panel": "x", "id": 1, "content": {}, "buffers": [{"shape": [0], "dtype": "uint8"}] * 5000},
    ],
)
def test_a_header_of_other_types_is_refused(header: dict[str, object]) -> None:
    text = json.dumps(header).encode()
    with pytest.raises(BadFrame):
        decode(len(text).to_bytes(4, "little") + text + bytes(16))


def test_any_bytes_are_a_frame_or_refused() -> None:
    chance = random.Random(0)
    good = encode(Frame("look", 7, Message({"a": {"array": 0}}, [np.zeros((2, 3), np.float32)])))
    for _ in range(3000):
        data = bytearray(good)
        for _ in range(chance.randint(1, 6)):
            data[chance.randrange(len(data))] = chance.randrange(256)
        if chance.random() < 0.3:
            data = data[: chance.randrange(len(data))]
        try:
            frame = decode(bytes(data))
        except BadFrame:
            continue
        assert all(array.nbytes <= len(data) for array in frame.message.arrays)
