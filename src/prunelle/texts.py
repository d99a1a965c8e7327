"""Sentences in English and French, and which of the two a person reads."""

from __future__ import annotations

import dataclasses
import locale
import os
from typing import Literal

Language = Literal["en", "fr"]


@dataclasses.dataclass(frozen=True)
class Note:
    """A sentence for a person, in both languages, written where its cause is known."""

    en: str
    fr: str

    def __str__(self) -> str:
        return self.en


def default_language() -> Language:
    """French where the environment's locale is French, else English."""
    for variable in ("LC_ALL", "LC_MESSAGES", "LANG"):
        value = os.environ.get(variable)
        if value:
            return "fr" if value.lower().startswith("fr") else "en"
    # Windows sets none of these.
    return "fr" if (locale.getlocale()[0] or "").lower().startswith(("fr", "french")) else "en"
