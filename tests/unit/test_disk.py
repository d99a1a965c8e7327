"""Files that are whole or not there: what a system refuses late."""

from __future__ import annotations

import concurrent.futures
import errno
import fcntl
import json
import os
import threading
from pathlib import Path
from typing import Any, BinaryIO

import pytest

from prunelle import disk
from prunelle.errors import CannotWrite, RunError


class _RefusedAtClose:
    """A file that is closed, and says that it could not be."""

    def __init__(self, file: BinaryIO) -> None:
        self._file = file

    def __getattr__(self, name: str) -> Any:
        return getattr(self._file, name)

    def close(self) -> None:
        self._file.close()
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))


@pytest.fixture
def refused_at_close(monkeypatch: pytest.MonkeyPatch) -> None:
    own = disk._create_temporary

    def wrapped(target: Path) -> tuple[Path, Any]:
        path, file = own(target)
        return path, _RefusedAtClose(file)

    monkeypatch.setattr(disk, "_create_temporary", wrapped)


@pytest.mark.usefixtures("refused_at_close")
def test_a_refusal_to_close_loses_nothing(tmp_path: Path) -> None:
    """All is on the disk by then: who were told of a failure would do again what is done."""
    disk.write_text(tmp_path / "a.txt", "whole")
    assert [(each.name, each.read_text()) for each in tmp_path.iterdir()] == [("a.txt", "whole")]


@pytest.mark.usefixtures("refused_at_close")
def test_what_failed_before_is_what_is_said(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text("before")

    def half() -> None:
        with disk.replacing(tmp_path / "a.txt") as file:
            file.write(b"half")
            raise OSError(errno.EIO, os.strerror(errno.EIO))

    with pytest.raises(CannotWrite, match="sound"):
        half()
    assert [(each.name, each.read_text()) for each in tmp_path.iterdir()] == [("a.txt", "before")]


def test_whether_a_process_has_a_lock(tmp_path: Path) -> None:
    lock = tmp_path / "lock"
    assert not disk.is_held(lock)
    assert not lock.exists()  # looking makes nothing
    with disk.held(lock, "busy"):
        assert disk.is_held(lock)
        with pytest.raises(RunError, match="busy"), disk.held(lock, "busy"):
            pass
    assert not disk.is_held(lock)


def test_who_looks_is_waited_for(tmp_path: Path) -> None:
    """A process that looks has the lock for a moment; who wants it in that moment gets it."""
    lock = tmp_path / "lock"
    with disk.held(lock, "busy"):
        pass
    looking = open(lock)  # noqa: SIM115
    fcntl.flock(looking, fcntl.LOCK_EX)
    threading.Timer(0.03, looking.close).start()
    with disk.held(lock, "busy"):
        assert disk.is_held(lock)


def test_threads_that_write_one_file_do_not_sweep_each_other(tmp_path: Path) -> None:
    """A temporary file that was just made, and is not locked yet, is nobody's who was killed."""
    target = tmp_path / "one.json"
    with concurrent.futures.ThreadPoolExecutor(4) as pool:
        done = [pool.submit(disk.write_json, target, {"number": number}) for number in range(1200)]
    for one in done:
        one.result()
    assert set(json.loads(target.read_text())) == {"number"}
    assert [file.name for file in tmp_path.iterdir()] == ["one.json"]
