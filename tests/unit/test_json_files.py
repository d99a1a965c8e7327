"""JSON from a disk: of the types that are expected, or an error that says which is not."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from prunelle.disk import write_json
from prunelle.errors import RunError
from prunelle.json_files import UNKNOWN, mismatch, read_json, sealed
from tests.integration.test_damage import misspelt

SHAPE: dict[str, Any] = {
    "name": str,
    "sizes": [int],
    "source": (None, {"path": str}),
    "share?": float,
    "whole?": bool,
}
GOOD = {"name": "x", "sizes": [1, 2], "source": None}


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({}, None),
        ({"source": {"path": "y", "more": 3}, "share": 0.5, "whole": True}, None),
        ({"sizes": []}, None),
        ({"name": 3}, "name must be text; received 3"),
        ({"sizes": 3}, "sizes must be a list; received 3"),
        ({"sizes": [1, "2"]}, 'sizes[1] must be a whole number; received "2"'),
        ({"sizes": [True]}, "sizes[0] must be a whole number; received true"),
        ({"whole": 1}, "whole must be true or false; received 1"),
        ({"source": {}}, "source.path is missing"),
        ({"source": {"path": None}}, "source.path must be text; received null"),
        ({"share": "x" * 100}, 'share must be a number; received "' + "x" * 39 + "…"),
    ],
)
def test_what_differs(change: dict[str, Any], said: str | None) -> None:
    assert mismatch(GOOD | change, SHAPE) == said


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "cannot be read: Expecting value"),
        (b"{", "cannot be read"),
        (b"[" * 100_000, "nested too deeply"),
        (b'{"a' + b"\xff", "cannot be read: 'utf-8' codec"),
        (b"[]", "is not as Prunelle writes it: it must be an object; received []"),
        (b'{"name": 3}', "is not as Prunelle writes it: name must be text; received 3"),
    ],
)
def test_a_file_of_anything(tmp_path: Path, content: bytes, said: str) -> None:
    file = tmp_path / "run.json"
    file.write_bytes(content)
    with pytest.raises(RunError) as raised:
        read_json(file, SHAPE)
    assert str(raised.value).startswith(f"{file} ")
    assert said in str(raised.value)


def test_what_is_no_file(tmp_path: Path) -> None:
    with pytest.raises(RunError, match=r"run\.json is not there"):
        read_json(tmp_path / "run.json")
    with pytest.raises(RunError, match="it is a folder, not a file"):
        read_json(tmp_path)
    (tmp_path / "a.json").write_text(json.dumps(GOOD))
    assert read_json(tmp_path / "a.json", SHAPE) == GOOD


SEALED: dict[str, Any] = {
    "a": 0.1,
    "rows": [{"é": None, 3: (1, 2)}],
    "name": "x\udce9",
    "deep": {"10": 1, "9": 2},
}


def test_a_seal_is_taken_off_and_holds_every_value(tmp_path: Path) -> None:
    file = tmp_path / "it.json"
    write_json(file, sealed(SEALED))
    assert read_json(file) == json.loads(json.dumps(SEALED))
    whole = file.read_text()
    for place, changed in misspelt(json.loads(whole)):
        file.write_text(json.dumps(changed))
        if place == ".content_sha256" and "content_sha256" not in changed:
            continue
        with pytest.raises(RunError, match=r"is not what was written .by its SHA-256"):
            read_json(file)
    for old, new in (("0.1", "0.2"), ("x", "y"), ("null", "true"), ('"10"', '"11"')):
        assert whole.count(old) >= 1
        file.write_text(whole.replace(old, new, 1))
        with pytest.raises(RunError, match="take out its entry content_sha256"):
            read_json(file)


def test_a_file_without_a_seal_is_of_before(tmp_path: Path) -> None:
    file = tmp_path / "it.json"
    write_json(file, SEALED)
    assert read_json(file) == json.loads(json.dumps(SEALED))


@pytest.mark.parametrize("name", ["b", "a?", "*"])
def test_entries_that_nothing_writes(name: str) -> None:
    shape: dict[str, Any] = {"a?": int, "*": UNKNOWN}
    assert mismatch({"a": 1}, shape) is None
    assert mismatch({"a": 1, name: 2}, shape) == f"nothing is known of {name}"
    assert mismatch({name: "x"}, {"a?": int, "*": str}) is None
    assert mismatch({name: 2}, {"a?": int, "*": str}) == f"{name} must be text; received 2"
