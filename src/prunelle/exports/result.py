"""What an export gives back."""

from __future__ import annotations

import dataclasses
from pathlib import Path

from prunelle.exports.checking import Check
from prunelle.shown import Shown


@dataclasses.dataclass(frozen=True, kw_only=True)
class Export(Shown):
    """Files that were written and checked.

    Attributes:
        path: the file that was asked for; of a bundle its folder.
        files: all that were written, the network's own first.
        check: what was seen of its answers; also in the ``.json`` beside it.
    """

    path: Path
    files: tuple[Path, ...]
    check: Check
