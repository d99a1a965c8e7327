"""Headers of safetensors files by hand: each fault is told in a sentence, wherever such a file is read."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from safetensors.torch import save_file

from prunelle.errors import PrunelleError
from prunelle.networks.weights import read_file
from prunelle.tensors import read_tensors, write_tensors
from prunelle.training.checkpoint import load_tensors

READERS = (read_tensors, read_file, load_tensors)


def entry(begin: int = 0, end: int = 8, shape: object = (2,), dtype: object = "F32") -> dict[str, object]:
    return {"dtype": dtype, "shape": shape, "data_offsets": [begin, end]}


def file(header: object, data: int = 8, length: int | None = None) -> bytes:
    text = header if isinstance(header, bytes) else json.dumps(header).encode()
    return (len(text) if length is None else length).to_bytes(8, "little") + text + b"\0" * data


TWICE = json.dumps({"a": entry(), "b": entry(8, 16)}).replace('"b"', '"a"').encode()
FAULTS: dict[str, tuple[bytes, str]] = {
    "a header beyond the file": (file({"a": entry()}, length=1_000_000), "header would be of 1,000,000 bytes"),
    "a header of 2^63": (file({"a": entry()}, length=2**63), "header would be of 9,223,372,036,854,775,808 bytes"),
    "no JSON": (file(b'{"a":{'), "no JSON that can be read"),
    "no UTF-8": (file(b'{"\xff":1}'), "no JSON that can be read"),
    "deep": (file(b'{"a":' + b"[" * 100_000), "no JSON that can be read"),
    "a name twice": (file(TWICE, 16), "'a' is there twice"),
    "overlapping": (file({"a": entry(), "b": entry(4, 12)}, 12), "tensor 'b' does not begin where the one before"),
    "a hole": (file({"a": entry(), "b": entry(12, 20)}, 20), "tensor 'b' does not begin where the one before"),
    "too short": (file({"a": entry()}, 4), "take 8 bytes, and there are 4"),
    "too long": (file({"a": entry()}, 80), "take 8 bytes, and there are 80"),
    "another type": (file({"a": entry(dtype="X9")}), "is of type 'X9'"),
    "a type without a name": (file({"a": entry(dtype=[1])}), "is of type [1]"),
    "bits": (file({"a": entry(0, 3, [4], "F6_E2M3")}, 3), "is of type 'F6_E2M3'"),
    "another size": (file({"a": entry(shape=[3])}), ""),
    "a negative side": (file({"a": entry(shape=[-2])}), "a shape that no tensor can have"),
    "a side of 2^63": (file({"a": entry(0, 0, [0, 2**63])}, 0), "a shape that no tensor can have"),
    "sides beyond 2^63": (file({"a": entry(0, 0, [0, 2**40, 2**40])}, 0), "a shape that no tensor can have"),
    "sides by the thousand": (file({"a": entry(shape=[1] * 10_000 + [2])}), "a shape that no tensor can have"),
    "true as a side": (file({"a": entry(shape=[True])}), "a shape that no tensor can have"),
    "a shape that is a word": (file({"a": entry(shape="2")}), "a shape that no tensor can have"),
    "backwards": (file({"a": entry(8, 0)}), "has no place"),
    "no entry": (file({"a": 3}), "not described by"),
    "more in an entry": (file({"a": entry() | {"more": 1}}), "not described by"),
    "metadata of numbers": (file({"__metadata__": {"x": 3}, "a": entry()}), "metadata are not texts"),
    "metadata as a list": (file({"__metadata__": [3], "a": entry()}), "metadata are not texts"),
    "escapes in a name": (file({"\x1b[2J": 3}), r"\x1b[2J"),
    "a header of 20 MB": (file(b'{"__metadata__":{"x":"' + b"y" * 20_000_000 + b'"}}', 0), "header is of 20,000,0"),
    "many empty tensors": (
        file({str(i): entry(0, 0, [0], "U8") for i in range(100_001)}, 0),
        "it names 100,001 tensors",
    ),
}  # fmt: skip


@pytest.mark.parametrize("read", READERS, ids=lambda read: read.__name__)
@pytest.mark.parametrize("fault", FAULTS)
def test_a_fault_is_a_sentence(fault: str, read: Callable[[Path], Any], tmp_path: Path) -> None:
    content, words = FAULTS[fault]
    path = tmp_path / "w.safetensors"
    path.write_bytes(content)
    with pytest.raises(PrunelleError) as caught:
        read(path)
    assert str(path) in str(caught.value)
    assert words in str(caught.value)
    assert "\x1b" not in str(caught.value)


SAID = {
    "a list": {"prunelle": "[1, 2]"},
    "a number": {"prunelle": "3"},
    "preprocess as a number": {"prunelle": '{"preprocess": 3}'},
    "mean as an object": {"mean": "{}"},
    "no JSON": {"std": "0.5,0.5"},
    "deep": {"classes": "[" * 100_000},
}


@pytest.mark.parametrize("said", SAID)
def test_metadata_that_say_something_else_are_a_sentence(said: str, tmp_path: Path) -> None:
    save_file({"a": torch.ones(2)}, tmp_path / "w.safetensors", metadata=SAID[said])
    with pytest.raises(PrunelleError, match=r"the metadata of .* should be JSON lists"):
        read_file(tmp_path / "w.safetensors")


def test_a_state_is_an_object(tmp_path: Path) -> None:
    for text in ("[1]", "3", "[" * 100_000):
        save_file({"a": torch.ones(2)}, tmp_path / "s.safetensors", metadata={"prunelle": text})
        with pytest.raises(PrunelleError, match=r"s\.safetensors cannot be read as safetensors"):
            load_tensors(tmp_path / "s.safetensors")


def test_what_the_library_writes_is_read_and_the_other_way_round(tmp_path: Path) -> None:
    """Every type, no side, an empty one, none at all, long names: the library is the oracle."""
    tensors = {
        str(dtype): torch.arange(6).reshape(2, 3).to(dtype)
        for dtype in (
            torch.float32,
            torch.float64,
            torch.float16,
            torch.bfloat16,
            torch.int64,
            torch.uint8,
            torch.bool,
        )
    }
    tensors |= {
        "scalar": torch.tensor(3.0),
        "empty": torch.empty(0, 5),
        "é" * 300: torch.ones(1),
        "": torch.ones(1),
    }
    for chosen in (tensors, {}):
        save_file(chosen, tmp_path / "theirs", metadata={"x": "y"})
        found, metadata = read_tensors(tmp_path / "theirs")
        assert metadata == {"x": "y"}
        assert found.keys() == chosen.keys()
        assert all(torch.equal(found[name], chosen[name]) for name in chosen)
        write_tensors(tmp_path / "ours", chosen, {"x": "y"})
        again, _ = read_tensors(tmp_path / "ours")
        assert all(torch.equal(again[name], chosen[name]) for name in chosen)


def test_damaged_headers_never_end_in_a_traceback(tmp_path: Path) -> None:
    write_tensors(tmp_path / "whole", {"a": torch.ones(3), "b": torch.ones(2, 2)}, {"x": "y"})
    whole = (tmp_path / "whole").read_bytes()
    random = np.random.default_rng(0)
    path = tmp_path / "damaged"
    for _ in range(300):
        damaged = bytearray(whole)
        for place in random.integers(0, len(whole) - 28, random.integers(1, 4)):
            damaged[place] = random.integers(0, 256)
        path.write_bytes(damaged)
        try:
            read_tensors(path)
        except PrunelleError:
            continue
