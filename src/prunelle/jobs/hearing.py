"""Who is told how a training goes: the terminal or the caller's listener, and trackers."""

from __future__ import annotations

from collections.abc import Sequence

from prunelle.console.listeners import Style, make_listener
from prunelle.runs.listener import Listener, Several
from prunelle.texts import Language
from prunelle.trackers.chosen import trackers


def hearing(
    style: Style | Listener, language: Language | None, *, log: str | Sequence[str] | None = None
) -> Listener:
    """All of them as one.

    Args:
        style: what to show, or who is told.
        language: of what is shown; None for the locale's.
        log: trackers by name.

    Raises:
        ArgumentError: a tracker that there is not.
    """
    shown = make_listener(style, language)
    tracking = trackers(log, shown)
    # Trackers are closed first: they still have something to say.
    return Several([*tracking, shown]) if tracking else shown
