"""``prunelle cache``: what is there is counted, caches are emptied, and nothing else is."""

from __future__ import annotations

import io
import multiprocessing
import time
from multiprocessing.synchronize import Event
from pathlib import Path

import pytest

from prunelle.disk import held
from tests.integration.command import prunelle


def keep(store: Path, ready: Event) -> None:
    with held(store / "lock", ""):
        ready.set()
        time.sleep(600)  # until it is killed; an event waited for by a killed process can never be set again


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("PRUNELLE_CACHE", str(tmp_path / "cache"))
    monkeypatch.setenv("PRUNELLE_DATA", str(tmp_path / "data"))
    monkeypatch.setenv("LC_ALL", "C")
    monkeypatch.chdir(tmp_path)
    for name, size in (
        ("cache/a.npy", 3000),
        ("cache/a.json", 100),
        ("cache/notes.txt", 50),
        ("cache/features/x/keys", 10),
        ("cache/features/x/rows", 2000),
        ("cache/features/x/lock", 0),
        ("cache/features/mine/readme", 40),
        ("data/mnist/images", 5000),
        ("runs/one/run.json", 20),
        ("runs/group/two/run.json", 30),
    ):
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(bytes(size))
    return tmp_path


def test_what_is_there(home: Path) -> None:
    done = prunelle("cache")
    assert done.code == 0, done.err
    lines = [line.split() for line in done.out.splitlines()]
    assert [line[-4:-1] for line in lines] == [
        ["1", "3.1", "kB"],
        ["1", "2.0", "kB"],
        ["1", "5.0", "kB"],
        ["2", "50", "B"],
    ]
    assert (home / "cache" / "a.npy").exists()


def test_caches_are_emptied_and_nothing_else(home: Path) -> None:
    done = prunelle("cache", "--clear", "--yes")
    assert done.code == 0, done.err
    assert done.out.endswith("Freed 5.1\xa0kB.\n")
    left = {path.relative_to(home).as_posix() for path in home.rglob("*") if path.is_file()}
    assert left == {
        *("cache/notes.txt", "cache/features/mine/readme", "data/mnist/images"),
        *("runs/one/run.json", "runs/group/two/run.json"),
    }
    assert prunelle("cache", "--clear").out.endswith("Freed 0\xa0B.\n")  # nothing to ask about


def test_it_asks_first(home: Path) -> None:
    done = prunelle("cache", "--clear")  # nobody answers
    assert done.code != 0
    assert (home / "cache" / "a.npy").exists()


@pytest.mark.parametrize(("language", "answer"), [("fr", "oui"), ("fr", "O"), ("en", "y")])
def test_yes_is_understood_in_both_languages(
    home: Path, monkeypatch: pytest.MonkeyPatch, language: str, answer: str
) -> None:
    monkeypatch.setenv("LC_ALL", f"{language}.UTF-8")
    monkeypatch.setattr("sys.stdin", io.StringIO(f"{answer}\n"))
    done = prunelle("cache", "--clear")
    assert done.code == 0, done.err
    assert ("[o/N]\xa0: " if language == "fr" else "[y/N]: ") in done.out
    assert not (home / "cache" / "a.npy").exists()


def test_no_is_no(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.stdin", io.StringIO("n\n"))
    assert prunelle("cache", "--clear").code != 0
    assert (home / "cache" / "a.npy").exists()


def test_what_another_process_has_is_left(home: Path) -> None:
    context = multiprocessing.get_context("spawn")
    ready = context.Event()
    other = context.Process(target=keep, args=(home / "cache" / "features" / "x", ready))
    other.start()
    try:
        assert ready.wait(60)
        cleared = prunelle("cache", "--clear", "--yes")
        assert "another process has it" in cleared.err
        assert (home / "cache" / "features" / "x" / "rows").exists()
        other.kill()  # its lock goes with it
        other.join()
        assert "another process" not in prunelle("cache", "--clear", "--yes").err
        assert not (home / "cache" / "features" / "x").exists()
    finally:
        other.kill()
        other.join()


def test_nothing_at_all(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PRUNELLE_CACHE", str(tmp_path / "none"))
    monkeypatch.setenv("PRUNELLE_DATA", str(tmp_path / "none"))
    monkeypatch.chdir(tmp_path)
    done = prunelle("cache", "--clear")
    assert done.code == 0
    assert done.out.endswith("Freed 0\xa0B.\n")
