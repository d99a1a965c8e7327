"""What the figures on convolution share: colours, numbers as text, grids of values, maps, signals.

Everything is placed in inches on figures of one width, so that a text's place is known before it is drawn and
nothing has to be moved apart afterwards.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path

import matplotlib
import numpy as np
from matplotlib.axes import Axes
from matplotlib.colors import Normalize
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle
from matplotlib.ticker import FuncFormatter, MaxNLocator

from prunelle.drawing.maps import DIVERGING, GREYS
from prunelle.drawing.palette import EDGE, INK, MUTED, ORANGE, WHITE
from prunelle.texts import Language, Note

WIDTH = 12.8
"""Inches, of every figure: with a height of 7.2, the shape of a slide."""

TITLE, LABEL, SMALL = 15, 12.5, 10.5
"""Sizes of text, in points."""

MOST_NUMBERED = 13
"""A grid with more rows or columns than this is shown as a picture, without its numbers."""

PART = Note("{part} of {whole}", "{part} sur {whole}")

_RGB = 3


def say(note: Note, language: Language, **values: object) -> str:
    """The text in one language, filled, with the unbreakable spaces of French before ``: ; ? !``."""
    text = (note.fr if language == "fr" else note.en).format(**values)
    return re.sub(r" (?=[:;?!»])|(?<=«) ", "\N{NO-BREAK SPACE}", text) if language == "fr" else text


def label_width(values: np.ndarray, language: Language) -> float:
    """Inches that the longest of these numbers takes in small print, with a gap after it."""
    return (max(len(number(float(value), language)) for value in values) + 1) * 0.64 * SMALL / 72


def number(value: float, language: Language, digits: int = 4) -> str:
    """``12``, ``−0.25`` (French ``−0,25``): whole where it is whole, else in at most so many digits."""
    if abs(value - round(value)) < 1e-9 and abs(value) < 1e6:
        text = str(round(value))
    else:
        large = 10 ** (digits - 1) <= abs(value) < 1e6
        text = str(round(value)) if large else f"{value:.{digits}g}"
    text = text.replace("-", "\N{MINUS SIGN}")
    return text.replace(".", ",") if language == "fr" else text


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
    return Figure(figsize=(WIDTH, height), facecolor=WHITE)


def place(figure: Figure, left: float, bottom: float, width: float, height: float) -> Axes:
    """Axes without frame, in inches from the lower left corner."""
    tall = figure.get_figheight()
    axes = figure.add_axes((left / WIDTH, bottom / tall, width / WIDTH, height / tall))
    axes.set_axis_off()
    return axes


def write(
    figure: Figure,
    x: float,
    y: float,
    text: str,
    *,
    size: float = LABEL,
    colour: str = INK,
    bold: bool = False,
    align: str = "center",
    vertical: str = "baseline",
    math: bool = False,
) -> None:
    """Text at a place in inches. Dollars are dollars unless ``math``."""
    figure.text(
        x / WIDTH,
        y / figure.get_figheight(),
        text,
        fontsize=size,
        color=colour,
        fontweight="bold" if bold else "normal",
        ha=align,
        va=vertical,
        parse_math=math,
        math_fontfamily="dejavusans",
        fontfamily="DejaVu Sans",
    )


def heading(figure: Figure, x: float, y: float, title: str, below: str) -> None:
    """A panel's title with a line in grey under it, centred at ``x``; ``y`` is the top of the panel."""
    write(figure, x, y + 0.38, title, size=LABEL, bold=True)
    write(figure, x, y + 0.13, below, size=SMALL, colour=MUTED)


def limits(values: np.ndarray) -> tuple[float, float]:
    """The range to show ``values`` on: around zero where some are negative, from zero where none is.

    Of more than 1,000 values, the hundredth part that is largest is left out of account: a few bright points
    would leave all the rest pale. Levels of a picture are shown from 0 to 255.
    """
    low = float(values.min())
    sizes = np.abs(values)
    most = float(np.quantile(sizes, 0.99) if values.size > 1000 else sizes.max())
    most = most or float(sizes.max()) or 1.0
    if low < 0:
        return -most, most
    return 0.0, 255.0 if 64 < sizes.max() <= 255 else most


def colours(values: np.ndarray, span: tuple[float, float]) -> np.ndarray:
    """``(H, W)`` → RGB in [0, 1]: black low to white high, or blue and orange around zero. RGB as it is."""
    if values.ndim == _RGB:
        if is_colour(values):
            top = 255.0 if span[1] > 1 else 1.0
            return np.clip(values / top, 0, 1)
        values = values.mean(axis=-1)
    map_ = DIVERGING if span[0] < 0 else GREYS
    return np.asarray(map_(Normalize(*span)(values)))[..., :3]


def is_colour(values: np.ndarray) -> bool:
    """Whether an array is shown as a colour picture."""
    return values.ndim == _RGB and values.shape[-1] == _RGB


def fit(shape: Sequence[int], box: tuple[float, float]) -> tuple[float, float]:
    """``(width, height)`` in inches of the largest panel for ``(H, W)`` cells inside ``box`` (width, height)."""
    height, width = shape
    scale = min(box[0] / width, box[1] / height)
    return width * scale, height * scale


def show(axes: Axes, values: np.ndarray, span: tuple[float, float]) -> None:
    """A map or a colour picture, framed; small ones with hard edges between their pixels."""
    tall, wide = values.shape[:2]
    smooth = max(tall, wide) > 128
    pixels = (colours(values, span) * 255).round().astype(np.uint8)
    axes.imshow(
        pixels, interpolation="antialiased" if smooth else "none", extent=(0, wide, tall, 0), aspect="auto"
    )
    axes.set_xlim(0, wide)
    axes.set_ylim(tall, 0)
    frame(axes, 0, 0, tall, wide, colour=MUTED, width_pt=0.8)


def frame(
    axes: Axes,
    row: float,
    column: float,
    height: float,
    width: float,
    *,
    colour: str = ORANGE,
    width_pt: float = 3.0,
    style: str = "solid",
) -> None:
    """A rectangle around cells, in units of cells."""
    axes.add_patch(
        Rectangle(
            (column, row), width, height, fill=False, edgecolor=colour, linewidth=width_pt, linestyle=style,
            clip_on=False, zorder=5,
        )
    )  # fmt: skip


def cells(
    axes: Axes,
    values: np.ndarray,
    language: Language,
    *,
    span: tuple[float, float] | None = None,
    fills: np.ndarray | None = None,
    known: np.ndarray | None = None,
    bold: np.ndarray | None = None,
    size: float | None = None,
    lift: float = 0.0,
) -> None:
    """A grid of numbers, one a cell.

    Args:
        axes: one unit becomes one cell.
        values: ``(H, W)``.
        language: of decimal commas.
        span: colours the cells like a map on this range, pale enough to read on.
        fills: ``(H, W, 3)`` RGB in place of that; paper where neither.
        known: ``(H, W)`` bool; other cells stay empty.
        bold: ``(H, W)`` bool, of numbers to stress.
        size: of the numbers in points; None for what fits.
        lift: how far above the middle of their cells they stand, in cells.
    """
    tall, wide = values.shape
    if fills is None:
        fills = np.ones((tall, wide, 3))
        if span is not None:
            fills = pale(values, span)
    fills = np.array(fills)
    if known is not None:
        fills[~known] = 0.97
    axes.imshow(fills, extent=(0, wide, tall, 0), aspect="auto", interpolation="none")
    axes.set_xlim(0, wide)
    axes.set_ylim(tall, 0)
    if max(tall, wide) > MOST_NUMBERED and tall > 1:
        return
    for x in range(wide + 1):
        axes.plot([x, x], [0, tall], color=EDGE, linewidth=0.8, clip_on=False)
    for y in range(tall + 1):
        axes.plot([0, wide], [y, y], color=EDGE, linewidth=0.8, clip_on=False)
    texts = [[number(value, language) for value in row] for row in values]
    # Bold numbers are framed, and want more room.
    longest = max(len(text) for row in texts for text in row) + (bold is not None)
    size = size or number_size(axes, longest, tall, wide)
    for row in range(tall):
        for column in range(wide):
            if known is not None and not known[row, column]:
                continue
            dark = float(fills[row, column] @ (0.299, 0.587, 0.114)) < 0.5
            axes.text(
                column + 0.5, row + 0.52 - lift, texts[row][column], ha="center", va="center", fontsize=size,
                color=WHITE if dark else INK, zorder=4, fontfamily="DejaVu Sans",
                fontweight="bold" if bold is not None and bold[row, column] else "normal",
            )  # fmt: skip


def number_size(axes: Axes, longest: int, tall: int, wide: int) -> float:
    """Points at which a number of ``longest`` signs fits a cell of ``axes``."""
    figure = axes.figure
    assert isinstance(figure, Figure)
    box = axes.get_position()
    cell_wide = box.width * WIDTH / wide
    cell_tall = box.height * figure.get_figheight() / tall
    # A digit of DejaVu Sans is 0.64 of its size wide.
    return min(16.0, 72 * 0.82 * cell_wide / (0.64 * max(longest, 2)), 72 * 0.5 * cell_tall)


def pale(values: np.ndarray, span: tuple[float, float]) -> np.ndarray:
    """``(H, W)`` → RGB that dark numbers can be read on."""
    return 1 - 0.55 * (1 - colours(values, span)) if span[0] < 0 else _pale_greys(values, span)


def _pale_greys(values: np.ndarray, span: tuple[float, float]) -> np.ndarray:
    level = np.clip((values - span[0]) / (span[1] - span[0]), 0, 1)
    return np.repeat((0.62 + 0.38 * level)[..., None], 3, axis=-1)


def scale(
    figure: Figure, middle: float, bottom: float, width: float, values: np.ndarray, language: Language
) -> None:
    """The bar of colours of a map under it, with its ends; ``≥`` where values go on beyond."""
    span = limits(values)
    width = max(width, 1.9)  # or its numbers would touch
    left = middle - width / 2
    axes = place(figure, left, bottom, width, 0.11)
    axes.imshow(colours(np.linspace(*span, 256)[None], span), extent=(0, 1, 0, 1), aspect="auto")
    frame(axes, 0, 0, 1, 1, colour=MUTED, width_pt=0.6)
    low, high = number(span[0], language), number(span[1], language)
    ticks = [
        (0.0, f"≤ {low}" if values.min() < span[0] else low),
        (1.0, f"≥ {high}" if values.max() > span[1] else high),
    ]
    for at, text in [*ticks, *([(0.5, "0")] if span[0] < 0 else [])]:
        write(figure, left + at * width, bottom - 0.21, text, size=SMALL, colour=MUTED)


def stems(
    axes: Axes,
    places: np.ndarray,
    values: np.ndarray,
    colour: str,
    language: Language,
    *,
    numbered: bool,
) -> None:
    """A signal: each value a stem where there are few, a line where there are many.

    ``numbered`` writes the values beside the stems, else there is an axis.
    """
    axes.set_axis_on()
    few = len(values) <= 60
    if few:
        axes.vlines(places, 0, values, color=colour, linewidth=2.2 if len(values) <= 30 else 1.4)
        axes.plot(
            places, values, "o", color=colour, markersize=6 if len(values) <= 30 else 3.5, clip_on=False
        )
    else:
        axes.plot(places, values, color=colour, linewidth=1.6, clip_on=False)
    axes.axhline(0, color=MUTED, linewidth=0.8)
    axes.set_facecolor("none")
    for side, spine in axes.spines.items():
        spine.set_visible(side == "left" and not numbered)
        spine.set_color(EDGE)
    axes.tick_params(colors=MUTED, labelsize=SMALL, length=0)
    axes.set_xticks([])
    axes.set_yticks([])
    if not numbered:
        axes.yaxis.set_major_locator(MaxNLocator(3))
        axes.yaxis.set_major_formatter(FuncFormatter(lambda value, _: number(value, language)))
        return
    axes.margins(y=0.28)
    for at, value in zip(places, values, strict=True):
        up = value >= 0
        axes.annotate(
            number(value, language), (at, value), (0, 6 if up else -6), fontsize=SMALL, color=INK,
            textcoords="offset points", ha="center", va="bottom" if up else "top",
        )  # fmt: skip


def save(figure: Figure, folder: Path, name: str) -> list[Path]:
    """``name.png`` (1,536 pixels wide) and ``name.svg`` in ``folder``; returns both."""
    png, svg = folder / f"{name}.png", folder / f"{name}.svg"
    figure.savefig(png, dpi=120)
    with matplotlib.rc_context({"svg.fonttype": "path", "svg.hashsalt": name}):
        figure.savefig(svg, metadata={"Date": None})
    return [png, svg]


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
    if values.ndim < _RGB:
        return values
    weights = (
        np.array([0.299, 0.587, 0.114])
        if is_colour(values)
        else np.full(values.shape[-1], 1 / values.shape[-1])
    )
    levels: np.ndarray = np.rint(values @ weights)
    return levels
