"""``tf.strings``: the values are what TensorFlow 2.21 gave."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from prunelle.errors import ArgumentError, UnknownName
from prunelle.keras.eager.errors import InvalidArgumentError
from prunelle.keras.eager.text import Text
from prunelle.keras.names.tensorflow import strings

TEXTS = Text(["Hé Llo, wörld!", "  a  b ", ""])
FOUR = [["a", "b"], ["c", "d"]]


def texts(tensor: Any) -> Any:
    """As Python's."""
    found = np.asarray(tensor.numpy(), dtype=object)
    return np.vectorize(lambda one: one.decode(), otypes=[object])(found).tolist() if found.size else []


@pytest.mark.parametrize(
    ("found", "expected"),
    [
        (strings.lower(TEXTS), ["hé llo, wörld!", "  a  b ", ""]),
        (strings.upper("é a"), "é A"),
        (strings.upper("é a", encoding="utf-8"), "É A"),
        (strings.lower("É A", encoding="utf-8"), "é a"),
        (strings.strip(TEXTS), ["Hé Llo, wörld!", "a  b", ""]),
        (strings.regex_replace(TEXTS, "[!,]", ""), ["Hé Llo wörld", "  a  b ", ""]),
        (strings.regex_replace(TEXTS, r"(\w+)", r"<\1>"), ["<H>é <Llo>, <w>ö<rld>!", "  <a>  <b> ", ""]),
        (strings.regex_replace("aaa", "a", r"[\0]", replace_global=False), "[a]aa"),
        (strings.split("a,b,,c", ","), ["a", "b", "", "c"]),
        (strings.split("a b c", maxsplit=1), ["a", "b c"]),
        (strings.split(TEXTS).to_tensor("-"), [["Hé", "Llo,", "wörld!"], ["a", "b", "-"], ["-", "-", "-"]]),
        (strings.unicode_split("hé!", "UTF-8"), ["h", "é", "!"]),
        (strings.bytes_split("ab"), ["a", "b"]),
        (strings.substr("hello", 1, 3), "ell"),
        (strings.substr("hello", -3, 2), "ll"),
        (strings.substr("hé!", 1, 1, unit="UTF8_CHAR"), "é"),
        (strings.join([["a", "b"], "-", ["c", "d"]]), ["a-c", "b-d"]),
        (strings.join(["a", "b"], separator=", "), "a, b"),
        (strings.reduce_join(FOUR, axis=1, separator="+"), ["a+b", "c+d"]),
        (strings.reduce_join(FOUR), "abcd"),
        (strings.reduce_join(FOUR, axis=0, keepdims=True), [["ac", "bd"]]),
        (strings.as_string([1, 20]), ["1", "20"]),
        (strings.as_string([1.5]), ["1.500000"]),
        (strings.as_string([3.14159], precision=2), ["3.14"]),
        (strings.as_string(True), "true"),
        (strings.as_string([7], width=3, fill="0"), ["007"]),
        (strings.as_string([7], width=3), ["  7"]),
    ],
)
def test_texts_from_texts(found: Any, expected: Any) -> None:
    assert texts(found) == expected


def test_numbers_from_texts() -> None:
    assert strings.split(TEXTS).to_list() == [["Hé".encode(), b"Llo,", "wörld!".encode()], [b"a", b"b"], []]
    assert strings.length(TEXTS).numpy().tolist() == [16, 7, 0]
    characters = strings.length(TEXTS, unit="UTF8_CHAR")
    assert (characters.numpy().tolist(), characters.dtype.name) == ([14, 7, 0], "int32")
    assert strings.regex_full_match(["ab", "abc"], "ab.").numpy().tolist() == [False, True]
    assert strings.to_number(["1.5", "-2"]).numpy().tolist() == [1.5, -2.0]
    assert strings.to_number("7", out_type="int32").dtype.name == "int32"
    assert texts(strings.lower(strings.split(["A b", "C"]))[0]) == ["a", "b"]


def test_what_cannot_be() -> None:
    with pytest.raises(InvalidArgumentError, match="must be numbers of type float32; received b'x'"):
        strings.to_number("x")
    with pytest.raises(InvalidArgumentError, match="within the text b'ab'; received 3"):
        strings.substr("ab", 3, 1)
    with pytest.raises(ArgumentError, match="must be a regular expression"):
        strings.regex_replace("a", "(", "")
    with pytest.raises(ArgumentError, match=r"received shape \(1, 1\)"):
        strings.split([["a"]])
    with pytest.raises(UnknownName, match="UTF8_CHAR"):
        strings.length("a", unit="CHAR")
