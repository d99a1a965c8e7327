"""What an export gives back."""

from __future__ import annotations

import dataclasses
from pathlib import Path

from prunelle.exports.checking import Check


@dataclasses.dataclass(frozen=True, kw_only=True)
class Export:
    """Files that were written and checked.

    Attributes:
        files: the one that was asked for first.
        check: what was seen of its answers; also in the ``.json`` beside it.
    """

    files: tuple[Path, ...]
    check: Check

    @property
    def path(self) -> Path:
        """The file that was asked for."""
        return self.files[0]
