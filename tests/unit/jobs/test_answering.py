"""Which files and which pictures are meant."""

from __future__ import annotations

import os
from pathlib import Path
from types import SimpleNamespace

import pytest

from prunelle.data.pictures import Pictures
from prunelle.errors import ArgumentError
from prunelle.jobs import answering


def touch(path: Path) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(b"")
    return path


def test_folders_are_opened_where_they_stand(tmp_path: Path) -> None:
    for name in (
        "b/2.jpg",
        "b/10.jpg",
        "b/deep/1.png",
        "b/notes.txt",
        "b/labels.csv",
        "b/.hidden.jpg",
        "b/raw",
    ):
        touch(tmp_path / name)
    first, last = touch(tmp_path / "z.txt"), str(tmp_path / "a.jpg")
    found = answering.expand_files([first, tmp_path / "b", last], Pictures().list_files)
    inside = [tmp_path / "b" / name for name in ("10.jpg", "2.jpg", "deep/1.png", "raw")]
    # Named files always are, even if they are no pictures, or not there.
    assert found == [first, *inside, last]


def test_names_stay_as_they_were_given(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    assert answering.expand_files(["./a.jpg", "x//b.jpg"], Pictures().list_files) == ["./a.jpg", "x//b.jpg"]


def test_nothing_to_predict(tmp_path: Path) -> None:
    touch(tmp_path / "empty" / "notes.txt")
    with pytest.raises(ArgumentError, match="empty has no file that this network reads"):
        answering.expand_files([tmp_path / "empty"], Pictures().list_files)
    with pytest.raises(ArgumentError, match="at least one file or folder"):
        answering.expand_files([], Pictures().list_files)


@pytest.mark.parametrize(
    ("data", "labels", "own"),
    [
        ("pets", None, True),
        ("./pets", None, True),
        ("ABSOLUTE/pets", None, True),
        ("pets", "labels.csv", True),
        ("pets", "other.csv", False),
        ("pets", "filename", False),
        ("others", None, False),
        ("digits", None, False),
    ],
)
def test_what_a_run_was_trained_on(
    data: str, labels: str | None, own: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    here = Path(os.getcwd())
    table = touch(here / "pets" / "labels.csv")
    touch(here / "other.csv")
    source = {"data": str(here / "pets"), "labels": str(table), "validation": None, "test": None, "seed": 0}
    run = SimpleNamespace(info={"data": {"source": source}})
    assert answering.is_own(run, data.replace("ABSOLUTE", str(here)), labels) == own  # type: ignore[arg-type]


def test_arrays_are_nobodys_folder(tmp_path: Path) -> None:
    run = SimpleNamespace(info={"data": {"source": None}})
    assert not answering.is_own(run, tmp_path, None)  # type: ignore[arg-type]
