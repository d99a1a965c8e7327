"""The process and the machine it runs on: signals that ask it to stop, versions, names."""

from __future__ import annotations

import os
import platform
import signal
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.metadata import version
from pathlib import Path
from types import FrameType
from typing import Any

import torch


@contextmanager
def stop_on_signals() -> Iterator[list[int]]:
    """Inside, SIGINT and SIGTERM add their number to the list instead of ending the process.

    A second one ends it at once, as does any in a thread other than the main one, where Python allows no
    handler.
    """
    received: list[int] = []
    if threading.current_thread() is not threading.main_thread():
        yield received
        return
    before: dict[int, Any] = {}

    def restore() -> None:
        for number, handler in before.items():
            signal.signal(number, handler)

    def handle(number: int, _frame: FrameType | None) -> None:
        received.append(number)
        restore()

    for number in (signal.SIGINT, signal.SIGTERM):
        before[number] = signal.signal(number, handle)
    try:
        yield received
    finally:
        restore()


def versions() -> dict[str, str]:
    """Of what decides the numbers of a training."""
    packages = ["prunelle", "torch", "numpy", "pillow"]
    packages += [library for library in ("timm", "torchvision") if library in sys.modules]
    return {"python": platform.python_version()} | {package: version(package) for package in packages}


def host(device: torch.device) -> dict[str, str]:
    """The machine, and the part of it that trains."""
    return {
        "system": platform.platform(terse=True),
        "processor": _processor(),
        "threads": str(torch.get_num_threads()),
        "device": str(device),
    }


def _processor() -> str:
    """The processor's name where the system tells it."""
    if Path("/proc/cpuinfo").is_file():
        for line in Path("/proc/cpuinfo").read_text(errors="replace").splitlines():
            if line.startswith("model name"):
                return f"{line.partition(':')[2].strip()}, {os.cpu_count()} cores"
    return f"{platform.processor() or platform.machine()}, {os.cpu_count()} cores"
