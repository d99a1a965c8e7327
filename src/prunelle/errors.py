"""Every error that a user can cause, in one tree.

::

    PrunelleError
    ├── ArgumentError            a value that breaks a rule: which argument, the rule, what came, what next
    │   └── UnknownName          a name that does not exist, with the nearest that do
    ├── DataError                pictures or labels that cannot be used
    │   ├── MissingData          files that are not there and could not be fetched
    │   ├── BadPicture           one picture that cannot be read; ``.reason`` says why
    │   └── BadPictures          too many of them, or a class left with none
    ├── WeightsError             weights that cannot be had, read, or fitted to a network
    ├── RunError                 a run folder that cannot be made, read or resumed
    │   ├── Damaged              a file whose content is not what was written
    │   └── CannotWrite          a file that the system does not let be written; what was saved before stays as it was
    │       └── DiskFull         for want of room
    ├── ExportError              a file for elsewhere that cannot be written, or does not answer as the network does
    ├── OutOfMemory              the machine's memory, or the GPU's, is not enough
    └── TrainingStopped          a training that ended early; what it learned is saved
        ├── Diverged             its loss became NaN or infinite
        └── Interrupted          SIGINT or SIGTERM; ``.exit_code`` is 130 or 143

The command line prints the message of a ``PrunelleError`` and no traceback. Messages name the argument,
the rule, what was received, and the next step. Where that step is a line to type, who knows it adds it with ``then``.
"""

from __future__ import annotations

import difflib
import unicodedata
from collections.abc import Iterable, Sized
from typing import Self

# Of the names that there are, all are said up to so many (networks, layers of a small one), else the first few.
_MOST_KNOWN, _FEW_KNOWN = 100, 10


class PrunelleError(Exception):
    """The root: catch this to catch whatever Prunelle raises on purpose."""

    exit_code = 1
    next_line: str | None = None
    """What ``then`` was given."""
    _how = ""

    def then(self, how: str, line: str) -> Self:
        """Ends the message with a line that can be typed, in place of one that was there; gives the error itself.

        Whoever does a larger work replaces the line of the part that stopped by its own.
        """
        self._how, self.next_line = how, line
        return self

    @property
    def message(self) -> str:
        """Without that line."""
        return super().__str__()

    def __str__(self) -> str:
        return self.message if self.next_line is None else f"{self.message} {self._how}:\n  {self.next_line}"


class ArgumentError(PrunelleError, ValueError):
    """An argument breaks a rule."""

    exit_code = 2


class UnknownName(ArgumentError):
    """A name that does not exist."""

    def __init__(self, kind: str, name: str, known: Iterable[str]) -> None:
        known = sorted(known)
        listed = ", ".join(known if len(known) <= _MOST_KNOWN else known[:_FEW_KNOWN])
        more = f" and {len(known) - _FEW_KNOWN} more" if len(known) > _MOST_KNOWN else ""
        super().__init__(f"unknown {kind} {name!r}.{did_you_mean(name, known)} Known: {listed}{more}.")


class DataError(PrunelleError):
    """Pictures or labels that cannot be used."""


class MissingData(DataError):
    """Files that are not there and could not be fetched."""


class BadPicture(DataError):
    """One picture cannot be read.

    Args:
        file: where it is.
        reason: why, in a few words that follow "file: " (``"empty file"``).
    """

    def __init__(self, file: str, reason: str) -> None:
        super().__init__(f"{file}: {reason}")
        self.file = file
        self.reason = reason


class BadPictures(DataError):
    """Too many pictures cannot be read, or a class is left with none."""


class WeightsError(PrunelleError):
    """Weights cannot be had, cannot be read, or do not fit the network."""


class RunError(PrunelleError):
    """A run folder cannot be made, read or resumed."""


class Damaged(RunError):
    """A file whose content is not what was written."""


class CannotWrite(RunError):
    """The system does not let a file be written; what was saved before is untouched."""


class DiskFull(CannotWrite):
    """No room to write."""


class ExportError(PrunelleError):
    """A network cannot be written in a format, or what was written does not answer as it does."""


class OutOfMemory(PrunelleError):
    """The machine's memory, or the GPU's, is not enough; what was saved before is untouched."""


class TrainingStopped(PrunelleError):
    """A training ended early."""


class Diverged(TrainingStopped):
    """The loss became NaN or infinite."""


class Interrupted(TrainingStopped):
    """A signal asked the training to stop; it saved its state first."""

    def __init__(self, message: str, exit_code: int) -> None:
        super().__init__(message)
        self.exit_code = exit_code

    def _render_traceback_(self) -> list[str]:
        """What IPython shows of it: who stopped a kernel on purpose asked for no list of files."""
        return [f"{type(self).__name__}: {self}"]


def refuse_given(why: str, **given: object) -> None:
    """For arguments that would have no effect: silence would let one believe otherwise.

    Args:
        why: what follows their names: "is for pictures, and the run is on series".
        given: by name; None, False and what is empty was not given.

    Raises:
        ArgumentError: one was given.
    """
    refused = [
        name
        for name, value in given.items()
        if not (value is None or value is False or (isinstance(value, Sized) and len(value) == 0))
    ]
    if refused:
        raise ArgumentError(f"{', '.join(refused)} {why}; leave it out.")


def a_kind(value: object) -> str:
    """What was received in place of something else: ``a list``, ``an ndarray``."""
    name = type(value).__name__
    return f"{'an' if name[0] in 'aeiouAEIOU' or name.startswith('nd') else 'a'} {name}"


def did_you_mean(name: str, known: Iterable[str]) -> str:
    """`` Did you mean 'lenet5'?``, with a space before it, or nothing when no known name is close."""
    by_fold: dict[str, list[str]] = {}
    for candidate in known:
        by_fold.setdefault(folded(candidate), []).append(candidate)
    close = difflib.get_close_matches(folded(name), by_fold, n=3, cutoff=0.6)
    if not close:
        return ""
    # Of names that differ by their capitals alone, the nearest; all of them where nothing else is wrong.
    offered = [
        one
        for match in close
        for one in (
            by_fold[match]
            if match == folded(name)
            else difflib.get_close_matches(name, by_fold[match], n=1, cutoff=0.0)
        )
    ]
    return f" Did you mean {' or '.join(map(repr, offered))}?"


def folded(name: str) -> str:
    """What two names share that a reader takes for the same."""
    return " ".join(unicodedata.normalize("NFKC", name).casefold().split())
