"""Pages of tiles of one size, numbered: filters of a first layer, maps of a layer's channels."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
from matplotlib.figure import Figure

from prunelle.drawing.maps import DIVERGING
from prunelle.drawing.palette import FAINT, INK, MUTED
from prunelle.drawing.pixels import best_grid, mosaic, pages
from prunelle.drawing.sheet import MARGIN, TALLEST, TITLE_SPACE, WIDTH, Sheet
from prunelle.texts import Note, Typography

_LABEL, _GAP = 0.2, 0.1
ROOM = WIDTH - 2 * MARGIN

PAGE_WORDS = {
    "page": Note("page {n} of {of}", "page {n} sur {of}"),
    "flat": Note("A grey number: the same value everywhere.", "Numéro grisé : même valeur partout."),
}
"""Of every view with such pages."""


def tiles_figure(
    title: str,
    text: str,
    tiles: Sequence[np.ndarray],
    labels: Sequence[str],
    words: Typography,
    *,
    limit: float | None = None,
    flat: Sequence[bool] | None = None,
    corner: np.ndarray | None = None,
) -> Figure:
    """Tiles with a label above each.

    Args:
        tiles: each ``(h, w, 3)`` uint8.
        limit: adds the scale of signed values, to this size.
        flat: which have one value everywhere: their labels are faint.
        corner: the picture they are all about.
    """
    height, width = tiles[0].shape[:2]
    aspect = width / height
    top = TITLE_SPACE + (0.35 if limit is not None or (flat is not None and any(flat)) else 0.05)
    columns, side = best_grid(len(tiles), aspect, ROOM, height=TALLEST - top - MARGIN, label=_LABEL, gap=_GAP)
    down = side / aspect
    rows = math.ceil(len(tiles) / columns)
    sheet = Sheet(title, text, max(top + rows * (down + _LABEL + _GAP) - _GAP + MARGIN, 3.0), corner)
    whole = mosaic(tiles, columns, (side, down), (_GAP, _LABEL + _GAP))
    sheet.image(
        MARGIN,
        top + _LABEL,
        columns * (side + _GAP) - _GAP,
        rows * (down + _LABEL + _GAP) - _GAP - _LABEL,
        whole,
    )
    for number, label in enumerate(labels):
        x = MARGIN + (number % columns) * (side + _GAP)
        y = top + _LABEL + (number // columns) * (down + _LABEL + _GAP) - 0.05
        grey = flat is not None and flat[number]
        sheet.text(x, y, label, 10, colour=FAINT if grey else INK, width=side)
    if limit is not None:
        sheet.scale(MARGIN, TITLE_SPACE, 3, DIVERGING, words.number(-limit), high=words.number(limit))
    elif flat is not None and any(flat):
        sheet.text(MARGIN, TITLE_SPACE + 0.12, words("flat"), 11, colour=MUTED)
    return sheet.figure


def numbered(text: str, page: int, count: int, most: int, words: Typography) -> str:
    """``text``, with which page it is where there are several."""
    number = len(pages(count, most))
    return text if number == 1 else f"{text} {words('page', n=page + 1, of=number).capitalize()}."
