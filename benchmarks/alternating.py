"""Contestants in processes of their own that take turns: a machine whose speed drifts slows all of them.

A contestant is a Python program that answers every line on its standard input with one line of JSON: a figure
(pictures a second), or a list of them. ``serve`` is the contestant's side, ``Contestant`` the other.
"""

from __future__ import annotations

import json
import os
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Callable
from typing import Any


def serve(prepare: Callable[[], Callable[[str], Any]]) -> None:
    """Prepares, then answers requests until the input ends.

    Args:
        prepare: imports, builds, and gives the function that answers one line. What libraries print goes to
            standard error.
    """
    replies = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)
    answer = prepare()
    for line in sys.stdin:
        print(json.dumps(answer(line.strip())), file=replies, flush=True)


class Contestant:
    """A program under test.

    Args:
        command: starts it; it then calls ``serve``.
        environment: of its process, where it is not this one's.
    """

    def __init__(self, *command: str, environment: dict[str, str] | None = None) -> None:
        self.command = command
        self._complaints = tempfile.TemporaryFile("w+")  # noqa: SIM115
        self._process = subprocess.Popen(
            command,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self._complaints,
            text=True,
            env=environment,
        )

    def ask(self, request: str) -> Any:
        """Its answer to one line."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(request + "\n")
        self._process.stdin.flush()
        answer = self._process.stdout.readline()
        if not answer:
            self._complaints.seek(0)
            raise RuntimeError(f"{' '.join(self.command)} ended: {self._complaints.read()[-2000:]}")
        return json.loads(answer)


def ratio(ours: list[float], theirs: list[float]) -> str:
    """``1.31 (1.25 to 1.40)``: of the medians, and the least and largest of the turns."""
    turns = [a / b for a, b in zip(ours, theirs, strict=True)]
    median = statistics.median(ours) / statistics.median(theirs)
    return f"{median:.2f} ({min(turns):.2f} to {max(turns):.2f})"
