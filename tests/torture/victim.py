"""A command of Prunelle in a process forked from one that has imported everything: what a user sees of how it ends."""

from __future__ import annotations

import dataclasses
import os
import pickle
import resource
import select
import shlex
import signal
import sys
import tempfile
import time
import traceback
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TypeVar

from tests.torture.shim import Board, Fault

_Made = TypeVar("_Made")

WALL_S = 300
"""A command that takes longer hangs (two cores, and tiny inputs)."""
CPU_S = 90


@dataclasses.dataclass(frozen=True)
class Outcome:
    """How a command ended.

    ``code`` is the exit status, negative for a signal; ``cpu_s`` and ``peak_mb`` are the process's own.
    """

    argv: tuple[str, ...]
    code: int
    out: str
    err: str
    cpu_s: float
    peak_mb: float
    calls: int = 0
    struck: str = ""
    hung: bool = False

    @property
    def command(self) -> str:
        """As typed."""
        return shlex.join(["prunelle", *self.argv])

    @property
    def said(self) -> str:
        """Both streams."""
        return self.out + self.err


def apart(make: Callable[[], _Made]) -> _Made:
    """What ``make()`` gives, made in a process of its own: this one's memory does not grow, nor that of its forks."""
    with tempfile.TemporaryFile() as file:
        pid = os.fork()
        if pid == 0:
            try:
                pickle.dump(make(), file)
                file.flush()
                os._exit(0)
            finally:
                traceback.print_exc()
                os._exit(70)
        if os.waitpid(pid, 0)[1]:
            raise RuntimeError("what was to be made could not be made; the worker's log says why")
        file.seek(0)
        made: _Made = pickle.load(file)
        return made


class Stage:
    """Where victims run: a folder, and the environment they see there."""

    def __init__(self, folder: Path, root: Path) -> None:
        self.folder = folder
        """The working folder of the commands."""
        self.root = root
        """Calls on what lies below are counted."""
        self._board = Board()

    def run(
        self,
        argv: Sequence[str],
        fault: Fault | None = None,
        *,
        environment: Mapping[str, str] | None = None,
        memory_mb: int | None = None,
    ) -> Outcome:
        """``prunelle ARGV`` in a process of its own.

        Args:
            argv: after ``prunelle``.
            fault: what befalls it; None counts nothing.
            environment: beside this process's own.
            memory_mb: it is ended when it holds more: what is wrong then is known, and the machine is spared.
        """
        streams = [self.folder.parent / f"{self.folder.name}.{name}" for name in ("out", "err")]
        self._board.clear()
        pid = os.fork()
        if pid == 0:
            try:
                self._become(argv, streams, fault, environment or {})
            finally:
                os._exit(70)
        status, usage, hung = _wait(pid, memory_mb)
        out, err = (stream.read_bytes().decode("utf-8", "replace") for stream in streams)
        return Outcome(
            tuple(argv),
            os.waitstatus_to_exitcode(status),
            out,
            err,
            usage.ru_utime + usage.ru_stime,
            usage.ru_maxrss / 1024,
            self._board.calls,
            self._board.struck,
            hung,
        )

    def _become(
        self,
        argv: Sequence[str],
        streams: Sequence[Path],
        fault: Fault | None,
        environment: Mapping[str, str],
    ) -> None:
        """In the child: what a shell and a fresh interpreter would have set up, then the command; never returns."""
        from prunelle.cli.main import main

        os.setsid()
        os.chdir(self.folder)
        for number, stream in ((1, streams[0]), (2, streams[1])):
            opened = os.open(stream, os.O_WRONLY | os.O_CREAT | os.O_TRUNC)
            os.dup2(opened, number)
            os.close(opened)
        null = os.open(os.devnull, os.O_RDONLY)
        os.dup2(null, 0)
        sys.stdin, sys.stdout, sys.stderr = (
            open(number, mode, encoding="utf-8", closefd=False)  # noqa: SIM115
            for number, mode in ((0, "r"), (1, "w"), (2, "w"))
        )
        os.environ.update(environment)
        # What is started in the background ignores SIGINT, and so would its children.
        signal.signal(signal.SIGINT, signal.default_int_handler)
        signal.signal(signal.SIGTERM, signal.SIG_DFL)
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
        resource.setrlimit(resource.RLIMIT_CPU, (CPU_S, CPU_S + 5))
        sys.argv = ["prunelle", *argv]
        if fault is not None:
            self._board.arm(self.root, fault)
        code = 0
        try:
            main()
        except SystemExit as ended:
            code = ended.code if isinstance(ended.code, int) else int(ended.code is not None)
        except BaseException:
            traceback.print_exc()
            code = 1
        for stream in (sys.stdout, sys.stderr):
            try:
                if stream is not None:
                    stream.flush()
            except OSError:
                code = code or 120  # as the interpreter at its exit
        os._exit(code)


def _wait(pid: int, memory_mb: int | None) -> tuple[int, resource.struct_rusage, bool]:
    watched, end, hung = os.pidfd_open(pid), time.monotonic() + WALL_S, False
    resident = Path(f"/proc/{pid}/statm")
    try:
        while not select.select([watched], [], [], 0.05 if memory_mb else WALL_S)[0]:
            hung = time.monotonic() > end
            held = int(resident.read_text().split()[1]) * resource.getpagesize() if memory_mb else 0
            if hung or held > (memory_mb or 0) * 2**20:
                os.kill(pid, signal.SIGKILL)
                break
    finally:
        os.close(watched)
    _, status, usage = os.wait4(pid, 0)
    return status, usage, hung or os.WTERMSIG(status) == signal.SIGXCPU
