"""All checks, in the order in which their findings are told."""

from __future__ import annotations

from prunelle.checks import (
    balance,
    colours,
    contrast,
    group_names,
    group_splits,
    labels,
    near_copies,
    outliers,
    series_copies,
    series_values,
    sizes,
    tell_tale,
    unreadable,
)
from prunelle.checks.check import Check
from prunelle.texts import Note

CHECKS: tuple[Check, ...] = (
    unreadable.CHECK,
    near_copies.CHECK,
    group_splits.CHECK,
    group_names.CHECK,
    balance.CHECK,
    tell_tale.CHECK,
    labels.CHECK,
    outliers.CHECK,
    contrast.CHECK,
    sizes.CHECK,
    colours.CHECK,
    series_copies.CHECK,
    series_values.CHECK,
)

KINDS: dict[str, Note] = {kind: title for check in CHECKS for kind, title in check.kinds.items()}
"""Of findings, and what each is called."""
