"""What was found of near copies is known later, as long as the files are what they were."""

from __future__ import annotations

import json
import os
from pathlib import Path

import numpy as np
import pytest

from prunelle.data import known_copies


@pytest.fixture(autouse=True)
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("PRUNELLE_CACHE", str(tmp_path / "cache"))
    return tmp_path / "cache"


@pytest.fixture
def files(tmp_path: Path) -> list[str]:
    (tmp_path / "photos" / "a").mkdir(parents=True)
    (tmp_path / "photos" / "b").mkdir()
    paths = [tmp_path / "photos" / "ab"[i % 2] / f"{i}.jpg" for i in range(6)]
    for path in paths:
        path.write_bytes(path.name.encode())
    return [str(path) for path in paths]


def test_pairs_are_known_by_their_files_in_any_order(files: list[str]) -> None:
    known_copies.remember(files, [(0, 3), (1, 2)])
    assert known_copies.recall(files).tolist() == [[0, 3], [1, 2]]
    assert known_copies.recall(files[::-1]).tolist() == [[5, 2], [4, 3]]
    # A picture that was taken away, or is new, leaves the others known.
    assert known_copies.recall(files[:3]).tolist() == [[1, 2]]
    known_copies.remember(files, [])
    assert known_copies.recall(files).shape == (0, 2)


def test_a_file_that_has_changed_is_not_known(files: list[str]) -> None:
    known_copies.remember(files, [(0, 3), (1, 2)])
    Path(files[3]).write_bytes(b"another picture")
    os.utime(files[1], ns=(1, 1))
    assert not len(known_copies.recall(files))


def test_nothing_is_known_of_arrays_and_of_other_folders(files: list[str], tmp_path: Path) -> None:
    known_copies.remember(files, [(0, 1)])
    assert not len(known_copies.recall(None))
    assert not len(known_copies.recall([]))
    assert not len(known_copies.recall([str(tmp_path / "elsewhere" / "0.jpg")]))


@pytest.mark.parametrize(
    "content",
    [
        "",
        "[]",
        '{"pairs": 3}',
        '{"pairs": [[1, 2]]}',
        '{"pairs": [[["x", "y", 0], ["x", 1, 1]]]}',
        "[" * 9999,
    ],
)
def test_what_is_damaged_is_not_used(files: list[str], cache: Path, content: str) -> None:
    known_copies.remember(files, [(0, 1)])
    (file,) = cache.rglob("*.json")
    file.write_text(content)
    assert not len(known_copies.recall(files))


def test_the_same_examples_are_compared_once(cache: Path) -> None:
    digests = [f"{i:032x}" for i in range(3000)]
    calls = []

    def compare() -> np.ndarray:
        calls.append(1)
        return np.array([[3, 7], [8, 2999]])

    for _ in range(2):
        assert known_copies.compared_once(digests, compare).tolist() == [[3, 7], [8, 2999]]
    assert len(calls) == 1
    known_copies.compared_once([*digests[1:], "0"], compare)
    assert len(calls) == 2
    for content in ("no JSON", json.dumps({"pairs": [[3, 3000]]}), json.dumps({"pairs": [[-1, 2]]})):
        for file in cache.rglob("*.json"):
            file.write_text(content)
        assert known_copies.compared_once(digests, compare).tolist() == [[3, 7], [8, 2999]]
    assert len(calls) == 5
    known_copies.compared_once(digests[:50], compare)
    assert len(calls) == 6


def test_a_cache_that_cannot_be_written_is_no_failure(
    files: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("PRUNELLE_CACHE", str(tmp_path / "file"))
    known_copies.remember(files, [(0, 1)])
    assert not len(known_copies.recall(files))
    assert not len(known_copies.compared_once(["0"] * 3000, lambda: np.zeros((0, 2), np.int64)))
