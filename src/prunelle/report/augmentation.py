"""A sheet of random changes: one row a change, one column a draw, for choosing them by eye."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence

import numpy as np
from matplotlib.figure import Figure

from prunelle.drawing.figures import exact_figure, place, write
from prunelle.drawing.palette import MUTED
from prunelle.drawing.pixels import to_bytes
from prunelle.texts import Language, Note

_CELL_IN, _GAP_IN, _LABEL_IN = 1.05, 0.05, 3.1  # inches
_SIDE_IN = _CELL_IN - _GAP_IN

EXPLAINED = {
    "original": Note("the pictures, fitted", "les images, mises à la taille"),
    "flip": Note("left and right, one time in two", "gauche et droite, une fois sur deux"),
    "vertical_flip": Note("top and bottom, one time in two", "haut et bas, une fois sur deux"),
    "shift": Note("up to this fraction of the side", "jusqu’à cette fraction du côté"),
    "rotation": Note("up to this angle, in degrees", "jusqu’à cet angle, en degrés"),
    "zoom": Note("in or out, by up to this fraction", "en avant ou en arrière, jusqu’à cette fraction"),
    "crop": Note("a part, of at least this area", "une partie, d’au moins cette surface"),
    "elastic": Note("a rubber sheet, bent", "une feuille élastique, déformée"),
    "blur": Note("Gaussian, σ up to this many pixels", "gaussien, σ jusqu’à tant de pixels"),
    "contrast": Note("of each colour channel", "de chaque canal de couleur"),
    "colour": Note("brightness, saturation, hue", "luminosité, saturation, teinte"),
    "noise": Note("Gaussian, in units of [0, 1]", "gaussien, en unités de [0, 1]"),
    "erase": Note("a rectangle, one time in two", "un rectangle, une fois sur deux"),
    "mixup": Note("two pictures blended, labels too", "deux images fondues, étiquettes aussi"),
    "cutmix": Note("a part of another, labels by area", "une part d’une autre, étiquettes à la surface"),
    "light": Note("policy: a little of the geometry", "politique : un peu de géométrie"),
    "strong": Note("policy: geometry, colour, noise, holes", "politique : géométrie, couleur, bruit, trous"),
    "together": Note("all of the above at once", "tout ce qui précède à la fois"),
}
"""What each row of a sheet says under its name."""


@dataclasses.dataclass(frozen=True, eq=False)
class Row:
    """One change.

    Attributes:
        name: a key of ``EXPLAINED``.
        title: as ``--augment`` would spell it: ``rotation=15``.
        images: ``(n, H, W, C)`` uint8, a draw each.
    """

    name: str
    title: str
    images: np.ndarray


def draw_sheet(rows: Sequence[Row], language: Language) -> Figure:
    """The rows from top to bottom, as many columns as a row has pictures."""
    columns = max(len(row.images) for row in rows)
    width, height = _LABEL_IN + columns * _CELL_IN, len(rows) * _CELL_IN + 0.1
    figure = exact_figure(width, height)
    for i, row in enumerate(rows):
        bottom = height - 0.05 - (i + 1) * _CELL_IN
        explained = EXPLAINED[row.name]
        text = explained.fr if language == "fr" else explained.en
        write(figure, 0.15, bottom + 0.57, row.title, size=12, bold=True, align="left")
        write(figure, 0.15, bottom + 0.38, text, size=8.5, colour=MUTED, align="left")
        for j, image in enumerate(row.images):
            axes = place(figure, _LABEL_IN + j * _CELL_IN, bottom + _GAP_IN / 2, _SIDE_IN, _SIDE_IN)
            axes.imshow(to_bytes(image), interpolation="nearest" if len(image) < 48 else None)
    return figure
