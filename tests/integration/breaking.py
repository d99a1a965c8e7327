"""Commands in processes of their own that are killed, or refused something by the system, at a chosen moment.

A moment is the number of a call that changes something on the disk under a folder, as Python's audit hooks tell them
(open to write, mkdir, rename, remove), or of an fsync. What reports show is stubbed, so that a training takes a moment.
"""

from __future__ import annotations

import dataclasses
import os
import signal
from pathlib import Path
from typing import Any, Literal

from tests.integration.trainings import spawn, without_pictures

CHANGES = ("os.mkdir", "os.rename", "os.remove", "os.rmdir", "os.truncate")


@dataclasses.dataclass(frozen=True)
class Break:
    """What happens at the ``number``-th change under ``folder`` (or, of ``fsync``, anywhere).

    ``refuse`` and ``fsync`` raise an OSError of ``number_of_error`` there once; ``full`` from there on; ``count`` only
    counts.
    """

    how: Literal["count", "kill", "interrupt", "refuse", "full", "fsync"]
    folder: str
    number: int = 0
    error: int = 0


def command(arguments: list[str], written: str, broken: Break) -> None:
    """``prunelle <arguments>``, its streams in the file ``written``."""
    import sys

    import torch

    from prunelle.cli.main import main

    torch.set_num_threads(1)
    signal.signal(signal.SIGINT, signal.default_int_handler)
    descriptor = os.open(written, os.O_WRONLY | os.O_CREAT | os.O_TRUNC)
    os.dup2(descriptor, 1)
    os.dup2(descriptor, 2)
    without_pictures()
    count = 0
    inside = False

    def happens() -> None:
        nonlocal count, inside
        count += 1
        if inside:
            return
        inside = True
        try:
            if broken.how == "count":
                Path(f"{written}.count").write_text(str(count))
            elif count == broken.number and broken.how == "kill":
                os.kill(os.getpid(), signal.SIGKILL)
            elif count == broken.number and broken.how == "interrupt":
                os.kill(os.getpid(), signal.SIGINT)
            elif count == broken.number or (count > broken.number and broken.how == "full"):
                raise OSError(broken.error, os.strerror(broken.error), broken.folder)
        finally:
            inside = False

    def hook(event: str, arguments: tuple[Any, ...]) -> None:
        if broken.how == "fsync" or inside or not arguments:
            return
        changes = event in CHANGES or (
            event == "open" and isinstance(arguments[2], int) and arguments[2] & (os.O_WRONLY | os.O_RDWR)
        )
        named = isinstance(arguments[0], str | bytes | os.PathLike)
        if changes and named and os.fsdecode(arguments[0]).startswith(broken.folder):
            happens()

    fsync = os.fsync

    def watched(number: int) -> None:
        happens()
        fsync(number)

    if broken.how == "fsync":
        os.fsync = watched
    sys.addaudithook(hook)
    sys.argv = ["prunelle", *arguments]
    main()


def run(arguments: list[str], written: Path, broken: Break | None = None) -> int:
    """The exit status; negative where a signal ended it."""
    process = spawn(command, arguments, str(written), broken or Break("kill", str(written.parent), -1))
    process.join()
    return int(process.exitcode)


def changes_of(arguments: list[str], written: Path, folder: Path) -> int:
    """How many changes under ``folder`` the command makes, undisturbed."""
    assert run(arguments, written, Break("count", str(folder))) == 0, written.read_text()
    return int(Path(f"{written}.count").read_text())
