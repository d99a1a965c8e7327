"""Figures over pictures: where a network looked."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence

import numpy as np

from prunelle.look.attribution import SIGNED, Attribution, Method
from prunelle.look.figures import (
    DIVERGING,
    MARGIN,
    MUTED,
    SEQUENTIAL,
    TALLEST,
    TITLE_SPACE,
    WIDTH,
    Plate,
    Sheet,
    file_name,
    mosaic,
    to_bytes,
)
from prunelle.look.words import Words
from prunelle.texts import Language

_GAP = 0.12


@dataclasses.dataclass(frozen=True, eq=False)
class Answer:
    """What a network says of one picture.

    Attributes:
        file: its name, as people know it.
        pixels: ``(H, W, C)`` uint8, as the network receives it before normalisation.
        probabilities: ``(num_classes,)``.
        classes: in the order of the outputs.
    """

    file: str
    pixels: np.ndarray
    probabilities: np.ndarray
    classes: Sequence[str]

    @property
    def predicted(self) -> int:
        """Index of the most probable class."""
        return int(self.probabilities.argmax())


def overlay(pixels: np.ndarray, found: Attribution) -> np.ndarray:
    """A picture in grey with what was found laid over it in colour.

    Args:
        pixels: ``(H, W, C)`` uint8.
        found: of the same height and width.

    Returns:
        ``(H, W, 3)`` uint8. Methods that tell for from against: orange and blue; others: viridis, stronger where more.
    """
    grey = to_bytes(pixels).mean(axis=2) / 255
    values = found.values.numpy()
    # A few extreme pixels would leave all others dark.
    top = float(np.quantile(np.abs(values), 0.995)) or float(np.abs(values).max()) or 1.0
    strength = np.clip(values / top, -1, 1)
    if found.method in SIGNED:
        coloured = DIVERGING(strength / 2 + 0.5)[..., :3] * (0.55 + 0.45 * grey[..., np.newaxis])
    else:
        share = 0.3 + 0.5 * strength[..., np.newaxis]
        coloured = (1 - share) * grey[..., np.newaxis] + share * SEQUENTIAL(strength)[..., :3]
    return to_bytes(coloured)


def where_plate(
    answer: Answer,
    found: Mapping[int, Sequence[Attribution]],
    picture: int,
    name: str,
    layer: str | None,
    language: Language,
    page: int = 0,
) -> Plate:
    """One picture, a row for each class asked for, a column for each method.

    Args:
        found: by index of class, each with the same methods in the same order; at most 3 classes.
        picture: its number, from 1, for the name of the figure.
        name: of the network.
        layer: where Grad-CAM looked.
    """
    words = Words(language)
    methods: list[Method] = [one.method for one in next(iter(found.values()))]
    title = words("where", file=answer.file)
    text = words(
        "where_text" if "grad-cam" in methods else "where_text_alone",
        name=name,
        predicted=answer.classes[answer.predicted],
        probability=words.percent(float(answer.probabilities.max())),
        layer=layer,
    )
    height, width = answer.pixels.shape[:2]
    columns = 1 + len(methods)
    top = TITLE_SPACE + 0.3
    tallest = min(2.6, (TALLEST - top - 0.65) / len(found) - 0.34)
    across = min((WIDTH - 2 * MARGIN - (columns - 1) * _GAP) / columns, 2.6, tallest * width / height)
    down = across * height / width
    step = down + 0.34
    sheet = Sheet(title, text, top + len(found) * step + 0.65)
    for number, method in enumerate(methods):
        x = MARGIN + (number + 1) * (across + _GAP)
        sheet.text(x, top - 0.08, words(method), 11, weight="bold", width=across)
    for row, (target, maps) in enumerate(found.items()):
        y = top + row * step
        probability = words.percent(float(answer.probabilities[target]))
        caption = words("for_class", name=answer.classes[target], probability=probability)
        sheet.text(MARGIN, y - 0.08, caption, 11, weight="bold", width=across)
        tiles = [to_bytes(answer.pixels), *(overlay(answer.pixels, one) for one in maps)]
        for number, one in enumerate(maps, start=1):
            if not one.values.any():
                x = MARGIN + number * (across + _GAP)
                sheet.text(x, y + down + 0.16, words("nothing"), 10, colour=MUTED, width=across)
        whole = mosaic(tiles, columns, (across, down), (_GAP, 0))
        sheet.image(MARGIN, y, columns * (across + _GAP) - _GAP, down, whole)
    _legends(sheet, methods, words)
    return Plate(
        "where", file_name("where", picture) + (f"-p{page + 1}" if page else ""), title, sheet.figure
    )


def _legends(sheet: Sheet, methods: Sequence[Method], words: Words) -> None:
    """A scale for each of the two kinds of method, with the methods it belongs to."""
    x, y = MARGIN, sheet.height - 0.42
    for colours, low, high, kind in (
        (SEQUENTIAL, "little", "much", [method for method in methods if method not in SIGNED]),
        (DIVERGING, "against", "speaks_for", [method for method in methods if method in SIGNED]),
    ):
        if kind:
            sheet.scale(x, y, 2.4, colours, words(low), words(high))
            sheet.text(
                x + 2.5, y + 0.14, ", ".join(words(method) for method in kind), 10, colour=MUTED, width=3.6
            )
            x += 6.3
