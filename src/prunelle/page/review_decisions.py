"""The file of a run's decisions, as one window changes it: each decision is on the disk before it is answered.

What a browser says of a new label is read here, too, for each kind of target.
"""

from __future__ import annotations

import math
import threading
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np

from prunelle.data.decisions import Action, Decision, Decisions, changed, login_name
from prunelle.data.targets import TargetKind
from prunelle.errors import ArgumentError
from prunelle.page.questions import Asked


def _a_class(asked: Asked, num_classes: int) -> int:
    index = asked.whole("label")
    if not 0 <= index < num_classes:
        raise ArgumentError(f"label must be the index of a class; received {index}.")
    return index


def _labels(asked: Asked, num_classes: int) -> np.ndarray:
    given = asked.content.get("labels")
    if not isinstance(given, list) or not all(
        type(each) is int and 0 <= each < num_classes for each in given
    ):
        raise ArgumentError(f"labels must be indices of labels, 0 to {num_classes - 1}; received {given!r}.")
    return np.isin(np.arange(num_classes), given)


def _a_number(asked: Asked, num_classes: int) -> float:
    number = asked.number("number")
    if not math.isfinite(number):
        raise ArgumentError(f"number must be finite; received {number}.")
    return number


NEW_LABELS: Mapping[TargetKind, Callable[[Asked, int], Any]] = {
    "class": _a_class,
    "labels": _labels,
    "number": _a_number,
}
"""By the kind of target: a row of labels, from a question and how many classes there are."""


class DecisionsFile:
    """One window's hold on it. Others may change it too: nothing of theirs is written over.

    Attributes:
        path: the file; it need not be there yet.
        by: who decides here.
        decisions: those that were read or written last.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self.by = login_name()
        self.decisions = Decisions()
        self._made: list[tuple[str, Decision | None, Decision | None]] = []
        self._stamp: tuple[int, int, int] | None = None
        self._guard = threading.Lock()

    def read(self) -> Decisions:
        """As they are now.

        Raises:
            DataError: the file is damaged.
        """
        with self._guard:
            self._stamp = self._stamped()
            self.decisions = Decisions.read(self.path) if self._stamp is not None else Decisions()
            return self.decisions

    def has_changed(self) -> bool:
        """Whether another than this window has written it since it was last read or written here."""
        with self._guard:
            return self._stamped() != self._stamp

    def decide(self, file: str, action: Action, *, was: str, label: str | None) -> None:
        """One decision, in place of what was decided about ``file`` before.

        Raises:
            DataError: the file is damaged, and stays as it is.
            CannotWrite: the system refuses.
        """
        made = Decision.made(file, action, was=was, label=label, by=self.by)
        self._change(file, made)

    def forget(self, file: str) -> None:
        """As if nobody had decided about ``file``.

        Raises:
            ArgumentError: nobody has.
        """
        if file not in self.decisions:
            raise ArgumentError("nothing is decided about that any more.")
        self._change(file, None)

    def undo(self) -> str | None:
        """Takes back what was done here last; the file's name in it, None where nothing is left to take back.

        Raises:
            ArgumentError: another person has decided about it since.
        """
        if not self._made:
            return None
        file, before, after = self._made.pop()

        def back(now: Decisions) -> Decisions:
            if now.get(file) != after:
                raise ArgumentError(f"{file} was decided anew elsewhere since; see the list of decisions.")
            return now.without(file) if before is None else now.with_one(before)

        self._write(back)
        return file

    def _change(self, file: str, made: Decision | None) -> None:
        before: list[Decision | None] = []

        def change(now: Decisions) -> Decisions:
            before.append(now.get(file))
            return now.without(file) if made is None else now.with_one(made)

        self._write(change)
        self._made.append((file, before[0], made))

    def _write(self, change: Callable[[Decisions], Decisions]) -> None:
        with self._guard:
            known = self._stamped() == self._stamp
            self.decisions = changed(self.path, change)
            # What another has written meanwhile is told by ``has_changed``.
            self._stamp = self._stamped() if known else None

    def _stamped(self) -> tuple[int, int, int] | None:
        try:
            about = self.path.stat()
        except OSError:
            return None
        return about.st_mtime_ns, about.st_size, about.st_ino
