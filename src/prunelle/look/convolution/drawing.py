"""What the figures on convolution share beyond the drawing kit: their width, numbers and shapes as text, headings.

Everything is placed in inches on figures of one width, so that a text's place is known before it is drawn and
nothing has to be moved apart afterwards.
"""

from __future__ import annotations

import functools
import re
from collections.abc import Sequence

import numpy as np
from matplotlib.figure import Figure

from prunelle.drawing.axes import Written
from prunelle.drawing.figures import exact_figure, frame, place, write
from prunelle.drawing.fonts import SMALL
from prunelle.drawing.grids import colours, is_colour, limits
from prunelle.drawing.palette import MUTED
from prunelle.texts import Language, Note, Typography

WIDTH = 12.8
"""Inches, of every figure: with a height of 7.2, the shape of a slide."""

PART = Note("{part} of {whole}", "{part} sur {whole}")


def say(note: Note, language: Language, **values: object) -> str:
    """The text in one language, filled, with the unbreakable spaces of French before ``: ; ? !``."""
    text = (note.fr if language == "fr" else note.en).format(**values)
    return re.sub(r" (?=[:;?!»])|(?<=«) ", "\N{NO-BREAK SPACE}", text) if language == "fr" else text


def label_width(values: np.ndarray, language: Language) -> float:
    """Inches that the longest of these numbers takes in small print, with a gap after it."""
    return (max(len(number(float(value), language)) for value in values) + 1) * 0.64 * SMALL / 72


def number(value: float, language: Language, digits: int = 4) -> str:
    """``12``, ``−0.25`` (French ``−0,25``): whole where it is whole, else in at most so many digits."""
    return Typography(language).number(value, digits)


def written(language: Language) -> Written:
    """What writes a number in that language."""
    return functools.partial(number, language=language)


def fraction(kernel: np.ndarray) -> tuple[np.ndarray, int]:
    """``kernel · n`` in whole numbers and the smallest such ``n`` up to 65,536; ``(kernel, 1)`` without one.

    Kernels read better as 1 2 1 by 1/4 than as 0.25 0.5 0.25.
    """
    flat = np.abs(kernel[kernel != 0])
    if flat.size:
        for candidate in (1, *(round(1 / float(flat.min())) * k for k in (1, 2, 3))):
            whole = kernel * candidate
            if 0 < candidate <= 65536 and np.abs(whole - np.rint(whole)).max() < 1e-9:
                return np.rint(whole), candidate
    return kernel, 1


def shape_text(values: np.ndarray) -> str:
    """``427 × 640 × 3``."""
    return " × ".join(map(str, values.shape))


def part_text(part: np.ndarray, whole: np.ndarray, language: Language) -> str:
    """``8 × 8``, or where that is only a part ``7 × 7 of 427 × 640``."""
    if part.shape == whole.shape:
        return shape_text(whole)
    return say(PART, language, part=shape_text(part), whole=shape_text(whole))


def canvas(height: float) -> Figure:
    """A white figure, ``height`` inches high."""
    return exact_figure(WIDTH, height)


def heading(figure: Figure, x: float, y: float, title: str, below: str) -> None:
    """A panel's title with a line in grey under it, centred at ``x``; ``y`` is the top of the panel."""
    write(figure, x, y + 0.38, title, bold=True)
    write(figure, x, y + 0.13, below, size=SMALL, colour=MUTED)


def scale(
    figure: Figure, middle: float, bottom: float, width: float, values: np.ndarray, language: Language
) -> None:
    """The bar of colours of a map under it, with its ends; ``≥`` where values go on beyond."""
    span = limits(values)
    width = max(width, 1.9)  # or its numbers would touch
    left = middle - width / 2
    axes = place(figure, left, bottom, width, 0.11)
    axes.imshow(colours(np.linspace(*span, 256)[None], span), extent=(0, 1, 0, 1), aspect="auto")
    frame(axes, 0, 0, 1, 1, colour=MUTED, line=0.6)
    low, high = number(span[0], language), number(span[1], language)
    ticks = [
        (0.0, f"≤ {low}" if values.min() < span[0] else low),
        (1.0, f"≥ {high}" if values.max() > span[1] else high),
    ]
    for at, text in [*ticks, *([(0.5, "0")] if span[0] < 0 else [])]:
        write(figure, left + at * width, bottom - 0.21, text, size=SMALL, colour=MUTED)


def wrapped(parts: Sequence[str]) -> str:
    """``parts`` joined by `` + ``, in lines that fit the width of a figure."""
    lines = [parts[0]]
    for part in parts[1:]:
        if len(lines[-1]) + len(part) > 84:
            lines[-1] += " +"
            lines.append(part)
        else:
            lines[-1] += f" + {part}"
    return "\n".join(lines)


def crop(
    values: np.ndarray, centre: Sequence[int], size: Sequence[int]
) -> tuple[np.ndarray, tuple[int, ...]]:
    """A piece of ``values`` around ``centre``, inside it, and where that piece starts."""
    starts = tuple(
        int(np.clip(at - length // 2, 0, whole - length))
        for at, length, whole in zip(centre, size, values.shape, strict=True)
    )
    return values[tuple(slice(a, a + n) for a, n in zip(starts, size, strict=True))], starts


def grey(values: np.ndarray) -> np.ndarray:
    """A colour picture as its luminance (ITU-R BT.601), in whole levels; other channels as their mean."""
    if values.ndim < 3:
        return values
    weights = (
        np.array([0.299, 0.587, 0.114])
        if is_colour(values)
        else np.full(values.shape[-1], 1 / values.shape[-1])
    )
    levels: np.ndarray = np.rint(values @ weights)
    return levels
