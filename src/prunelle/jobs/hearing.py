"""Who is told how a training goes: the terminal or the caller's listener, and trackers."""

from __future__ import annotations

from collections.abc import Sequence

from prunelle.console.listeners import Style, make_listener
from prunelle.errors import ArgumentError, a_kind
from prunelle.runs.listener import Listener, Several, as_listener
from prunelle.texts import Language
from prunelle.trackers.chosen import trackers


def hearing(
    style: Style | Listener,
    language: Language | None,
    *,
    log: str | Sequence[str] | None = None,
    listeners: Sequence[object] = (),
) -> Listener:
    """All of them as one.

    Args:
        style: what to show, or who is told.
        language: of what is shown; None for the locale's.
        log: trackers by name.
        listeners: the caller's own.

    Raises:
        ArgumentError: a tracker that there is not, or what is no listener.
    """
    shown = make_listener(style, language)
    if not isinstance(listeners, Sequence):
        raise ArgumentError(f"listeners must be a list of them; received {a_kind(listeners)}.")
    own = [as_listener(each) for each in listeners]
    tracking = trackers(log, shown)
    # Trackers are closed first: they still have something to say.
    return Several([*tracking, *own, shown]) if tracking or own else shown
