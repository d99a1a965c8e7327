"""Faults at system calls: ``shim.c`` compiled, loaded with ``LD_PRELOAD``, armed in the process that is to suffer."""

from __future__ import annotations

import ctypes
import dataclasses
import errno
import mmap
import shutil
import subprocess
import sys
from pathlib import Path

KINDS = {
    "open-read": 1,
    "open-write": 2,
    "write": 4,
    "truncate": 8,
    "rename": 16,
    "unlink": 32,
    "mkdir": 64,
    "sync": 128,
    "close": 256,
    "link": 512,
    "read": 1024,
    "chmod": 2048,
    "streams": 4096,
    "map": 8192,
}
"""Calls that touch files; ``streams`` are writes to standard output and error."""

CHANGES = ("open-write", "write", "truncate", "rename", "unlink", "mkdir", "sync", "close", "link", "chmod")
"""Those between which the disk differs: a kill anywhere else leaves what a kill at the next of these leaves."""

ACTIONS = ("nothing", "kill-before", "kill-after", "kill-half", "fail", "short", "signal")


@dataclasses.dataclass(frozen=True)
class Fault:
    """What happens at the ``at``-th call (from 1) of these kinds.

    ``number`` is the error (``fail``) or the signal; ``sticky`` is from that call on.
    """

    action: str = "nothing"
    at: int = 0
    kinds: tuple[str, ...] = CHANGES
    number: int = 0
    sticky: bool = False

    def __str__(self) -> str:
        name = errno.errorcode.get(self.number, "") if self.action == "fail" else str(self.number or "")
        return f"{self.action} {name}{' from' if self.sticky else ' at'} call {self.at}".replace("  ", " ")


class _Shared(ctypes.Structure):
    _fields_ = (
        ("calls", ctypes.c_long),
        ("fired", ctypes.c_long),
        ("name", ctypes.c_char * 32),
        ("path", ctypes.c_char * 480),
    )


class Board:
    """Memory that the armed process and its parent share: how many calls there were, and where the fault struck."""

    def __init__(self) -> None:
        self._memory = mmap.mmap(-1, mmap.PAGESIZE)
        self._shared = _Shared.from_buffer(self._memory)

    def arm(self, root: Path, fault: Fault) -> None:
        """To be called in the process that is to suffer; counts from now, under the folder ``root``."""
        ctypes.CDLL(None).torture_arm(
            ctypes.byref(self._shared),
            str(root).encode(),
            ctypes.c_uint(sum(KINDS[kind] for kind in fault.kinds)),
            ctypes.c_long(fault.at),
            ACTIONS.index(fault.action),
            fault.number,
            int(fault.sticky),
        )

    def clear(self) -> None:
        """Forgets the process before."""
        ctypes.memset(ctypes.byref(self._shared), 0, ctypes.sizeof(_Shared))

    @property
    def calls(self) -> int:
        """How many calls counted."""
        return int(self._shared.calls)

    @property
    def struck(self) -> str:
        """The call and the file where the fault struck; empty where it did not."""
        if not self._shared.fired:
            return ""
        name, path = (bytes(text).decode(errors="replace") for text in (self._shared.name, self._shared.path))
        return f"{name} {path}"


def loaded() -> bool:
    """This process was started under the shim."""
    return hasattr(ctypes.CDLL(None), "torture_arm")


def compile_shim(folder: Path) -> tuple[Path | None, str]:
    """``(library, "")``, or ``(None, why not)``."""
    compiler = shutil.which("cc") or shutil.which("gcc") or shutil.which("clang")
    if not sys.platform.startswith("linux"):
        return None, "faults at system calls need Linux (LD_PRELOAD)"
    if compiler is None:
        return None, "faults at system calls need a C compiler (cc)"
    target = folder / "shim.so"
    source = Path(__file__).with_name("shim.c")
    done = subprocess.run(
        [compiler, "-shared", "-fPIC", "-O1", "-o", str(target), str(source), "-ldl"],
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        return None, f"shim.c does not compile here: {done.stderr.strip().splitlines()[-1:]}"
    return target, ""
