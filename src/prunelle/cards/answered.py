"""What the cards of answers to files have in common, whatever is told of examples."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from prunelle.data.decode import read_file
from prunelle.data.preprocess import Preprocess
from prunelle.drawing import card
from prunelle.errors import PrunelleError
from prunelle.report.pictures import data_uri
from prunelle.report.words import Words

SIDE_PX = 72


@dataclasses.dataclass(frozen=True, kw_only=True)
class AnswersTable:
    """How answers of a kind of target are told: below a picture, and as a row of a table.

    Attributes:
        caption: of an answer without an error. head: of the table. row: likewise. numbers: which columns are.
    """

    caption: Callable[[Any, Words], str]
    head: Callable[[Words], list[str]]
    row: Callable[[Any, Words], tuple[str, ...]]
    numbers: Sequence[int]


def answered_picture(file: str, caption: str) -> str:
    """Where the file is a picture that is still there."""
    try:
        pixels = read_file(Path(file), Preprocess(size=(2 * SIDE_PX, 2 * SIDE_PX), fit="pad"))
    except (PrunelleError, OSError, ValueError):  # a series, a row of an array, a name that no system takes
        return ""
    return card.picture(data_uri(pixels, 2 * SIDE_PX), caption, side_px=SIDE_PX, alt=file)
