"""What a person decided about one example: keep its label, give it another, leave it out, or not sure."""

from __future__ import annotations

import dataclasses
import getpass
import math
from collections.abc import Hashable
from datetime import datetime
from typing import Literal, get_args

from prunelle.data.targets import BETWEEN
from prunelle.errors import ArgumentError, UnknownName

Action = Literal["keep", "relabel", "leave out", "not sure"]
ACTIONS: tuple[Action, ...] = get_args(Action)


@dataclasses.dataclass(frozen=True, kw_only=True)
class Decision:
    """One decision.

    Attributes:
        file: the example: its path from the data's folder, ``/`` between names; ``train[3]`` for the fourth of the
            training split of data without files.
        label: what it is now, as ``Target.written`` writes it: a class; several labels with ``;`` between them, empty
            for none; a number. That is what was given (``keep``, ``not sure``) or what is new (``relabel``). None for
            ``leave out``.
        action: what was decided.
        was: the same of what was given before; None where nobody wrote it down, or it had none of several labels.
        by: who decided; empty where nobody knows.
        at: when, in ISO 8601 with seconds and zone; empty where nobody knows.

    Raises:
        UnknownName: there is no such action.
        ArgumentError: a label that does not go with the action, or no file.
    """

    file: str
    label: str | None
    action: Action
    was: str | None = None
    by: str = ""
    at: str = ""

    def __post_init__(self) -> None:
        if self.action not in ACTIONS:
            raise UnknownName("decision", str(self.action), ACTIONS)
        if not self.file or "\0" in self.file:
            raise ArgumentError(f"file must name an example; received {self.file!r}.")
        if self.action == "leave out" and self.label is not None:
            raise ArgumentError(f"what is left out has no label; received {self.label!r} for {self.file}.")
        if self.action != "leave out" and self.label is None:
            raise ArgumentError(
                f"label must be a class for {self.action!r} (several labels with {BETWEEN} between, '' for none of "
                f"them; or a number); received none for {self.file}."
            )

    @classmethod
    def made(
        cls, file: str, action: Action, *, was: str | None, label: str | None = None, by: str | None = None
    ) -> Decision:
        """A decision of this moment.

        Args:
            file: the example.
            action: what is decided.
            was: what it has.
            label: what it gets, of ``relabel`` alone.
            by: who decides; None for the login name.
        """
        if action in ("keep", "not sure") and label is None:
            label = was
        now = datetime.now().astimezone().isoformat(timespec="seconds")
        return cls(
            file=file,
            label=label,
            action=action,
            was=was or None,
            by=login_name() if by is None else by,
            at=now,
        )

    @property
    def answer(self) -> str | None:
        """What it comes to, whatever was before: a label, or None for an example that is left out."""
        return self.label

    @property
    def meaning(self) -> Hashable:
        """The same where the answers mean the same: labels in any order, a number however it is written."""
        if self.answer is None:
            return None
        try:
            number = float(self.answer)
        except ValueError:
            number = math.nan
        return number if math.isfinite(number) else frozenset(filter(None, self.answer.split(BETWEEN)))


def login_name() -> str:
    """Of the person whose process this is; empty where the system has no name for them."""
    try:
        return getpass.getuser()
    except (KeyError, OSError, ImportError):  # no such user in a container, no such module on Windows
        return ""
