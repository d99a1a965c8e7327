"""``merge_decisions``: what several people decided about labels, as one file."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from prunelle.jobs import merging
from prunelle.jobs.merging import Merged


def merge_decisions(files: Sequence[str | Path], output: str | Path | None = None) -> Merged:
    """The decisions of several files, and where they disagree; see ``Decisions.merged``.

    Args:
        files: of any format that ``Decisions.read`` reads.
        output: where to write what all agree on; None writes nothing.

    Raises:
        DataError: a file cannot be read, or a line of it.
        CannotWrite: the output cannot be written.
    """
    return merging.merge(files, output)
