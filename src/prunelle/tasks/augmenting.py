"""``augment``: what the random changes of a training do to the user's own pictures, as a sheet to look at."""

from __future__ import annotations

import contextlib
from collections.abc import Sequence
from pathlib import Path

from prunelle.console.listeners import make_listener
from prunelle.jobs import augmenting
from prunelle.jobs.augmenting import SheetRequest
from prunelle.scalars import plain_arguments
from prunelle.texts import Language, default_language


@plain_arguments
def augment(
    pictures: Sequence[str | Path],
    output: str | Path = "augment.png",
    *,
    changes: str | None = None,
    size: int | tuple[int, int] = 128,
    columns: int = 8,
    seed: int = 0,
    language: Language | None = None,
) -> Path:
    """Draws a sheet: a row a change, a column a draw, the pictures taking turns along a row.

    Args:
        pictures: files; several are needed to see what mixup and CutMix do.
        output: an ``.png``, ``.svg`` or ``.pdf`` file, written over.
        changes: as ``Augment.parse`` takes them: each alone, then all together; None for every change there is
            at its usual strength, and the policies.
        size: that the pictures are fitted to first, in pixels: that of the network, to see what it would see.
        columns: draws a row, from 1 to 24.
        seed: of the draws.
        language: of the labels; None for the locale's.

    Returns:
        The file.

    Raises:
        ArgumentError: no picture, or a wrong argument.
        BadPicture: one that cannot be read.
    """
    request = SheetRequest(
        pictures=pictures,
        output=output,
        changes=changes,
        size=size,
        columns=columns,
        seed=seed,
        language=language or default_language(),
    )
    with contextlib.closing(make_listener("auto", language)) as listener:
        return augmenting.draw(request, listener)
