"""All checks, in the order in which their findings are told."""

from __future__ import annotations

from prunelle.checks import labels, near_copies, unreadable
from prunelle.checks.check import Check
from prunelle.texts import Note

CHECKS: tuple[Check, ...] = (unreadable.CHECK, near_copies.CHECK, labels.CHECK)

KINDS: dict[str, Note] = {kind: title for check in CHECKS for kind, title in check.kinds.items()}
"""Of findings, and what each is called."""
