"""A sheet of random changes: one row a change, one column a draw, for choosing them by eye."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from matplotlib.figure import Figure

from prunelle.drawing.palette import INK, MUTED, WHITE
from prunelle.texts import Language, Note

_CELL_IN, _LABEL_IN = 1.05, 3.1  # inches

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
    figure = Figure(figsize=(_LABEL_IN + columns * _CELL_IN, len(rows) * _CELL_IN + 0.1))
    grid = figure.add_gridspec(
        len(rows),
        columns + 1,
        width_ratios=[_LABEL_IN / _CELL_IN, *[1] * columns],
        left=0.0,
        right=0.995,
        top=0.995,
        bottom=0.005,
        wspace=0.05,
        hspace=0.05,
    )
    for i, row in enumerate(rows):
        label = figure.add_subplot(grid[i, 0])
        label.axis("off")
        label.text(0.06, 0.56, row.title, fontsize=12, weight="bold", color=INK, va="bottom")
        explained = EXPLAINED[row.name]
        text = explained.fr if language == "fr" else explained.en
        label.text(0.06, 0.46, text, fontsize=8.5, color=MUTED, va="top")
        for j, image in enumerate(row.images):
            axes = figure.add_subplot(grid[i, j + 1])
            axes.axis("off")
            axes.imshow(
                image.squeeze(),
                cmap="gray",
                vmin=0,
                vmax=255,
                interpolation="nearest" if len(image) < 48 else None,
            )
    return figure


def save_sheet(figure: Figure, path: Path) -> None:
    """PNG, SVG or PDF by the name's ending; 150 dots an inch."""
    figure.savefig(path, dpi=150, facecolor=WHITE)
