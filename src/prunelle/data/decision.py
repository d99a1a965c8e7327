"""What a person decided about one example: keep its class, give it another, leave it out, or not sure."""

from __future__ import annotations

import dataclasses
import getpass
from datetime import datetime
from typing import Literal, get_args

from prunelle.errors import ArgumentError, UnknownName

Action = Literal["keep", "relabel", "leave out", "not sure"]
ACTIONS: tuple[Action, ...] = get_args(Action)


@dataclasses.dataclass(frozen=True, kw_only=True)
class Decision:
    """One decision.

    Attributes:
        file: the example: its path from the data's folder, ``/`` between names; ``train[3]`` for the fourth of the
            training split of data without files.
        label: the class it has now: the one that was given (``keep``, ``not sure``), the new one (``relabel``), None
            (``leave out``).
        action: what was decided.
        was: the class that it was given before; None where nobody wrote it down.
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
        if self.action != "leave out" and not self.label:
            raise ArgumentError(f"label must be a class for {self.action!r}; received none for {self.file}.")

    @classmethod
    def made(
        cls, file: str, action: Action, *, was: str | None, label: str | None = None, by: str | None = None
    ) -> Decision:
        """A decision of this moment.

        Args:
            file: the example.
            action: what is decided.
            was: the class that it has.
            label: the new class, of ``relabel`` alone.
            by: who decides; None for the login name.
        """
        if action in ("keep", "not sure") and label is None:
            label = was
        now = datetime.now().astimezone().isoformat(timespec="seconds")
        return cls(
            file=file, label=label, action=action, was=was, by=login_name() if by is None else by, at=now
        )

    @property
    def answer(self) -> str | None:
        """What it comes to, whatever was before: a class, or None for an example that is left out."""
        return self.label


def login_name() -> str:
    """Of the person whose process this is; empty where the system has no name for them."""
    try:
        return getpass.getuser()
    except (KeyError, OSError, ImportError):  # no such user in a container, no such module on Windows
        return ""
