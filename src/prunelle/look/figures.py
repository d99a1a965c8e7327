"""The sheet on which every figure of ``look`` is laid out, to the inch, so that nothing meets anything.

A sheet is as wide as a slide (16:9 at most) and on white. Text is measured before it is placed, and cut where it
would be too long. Colours are told apart by colour-blind readers: blue and vermillion of Okabe & Ito (2008), the
sequential map is viridis (Smith & van der Walt 2015). Figures are ``matplotlib.figure.Figure``, never pyplot.
"""

from __future__ import annotations

import dataclasses
import functools
import math
import re
import warnings
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import matplotlib
import numpy as np
from matplotlib import font_manager
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.colors import Colormap, LinearSegmentedColormap
from matplotlib.figure import Figure
from matplotlib.font_manager import FontProperties
from matplotlib.patches import Rectangle
from matplotlib.text import Text
from matplotlib.textpath import text_to_path
from PIL import Image

from prunelle.texts import Typography, visible

INK, MUTED, LINE, BLUE, ORANGE = "#1f2430", "#5d6472", "#dedbd3", "#0072b2", "#d55e00"
# Of Okabe & Ito, without the yellow, which is too light on white.
CATEGORIES = (BLUE, ORANGE, "#009e73", "#cc79a7", "#56b4e9", "#e69f00", "#1f2430")
MARKERS = "osD^vP*X"
DIVERGING = LinearSegmentedColormap.from_list("blue-white-orange", [BLUE, "#ffffff", ORANGE])
SEQUENTIAL: Colormap = matplotlib.colormaps["viridis"]
GREY: Colormap = matplotlib.colormaps["grey"]

WIDTH, TALLEST = 13.33, 7.5  # inches
MARGIN, TITLE_SPACE = 0.35, 1.0
DPI = 150
MOST_TILES = 66
"""Channels on one page, at most."""

# DejaVu comes with matplotlib; these, where the machine has them, write names that it cannot.
_OTHER_FONTS = ("Noto Sans CJK SC", "Noto Sans Arabic", "PingFang SC", "Microsoft YaHei", "Arial Unicode MS")


@dataclasses.dataclass(frozen=True, eq=False)
class Plate:
    """A figure with its fixed name.

    Attributes:
        view: which of the gallery's sections it belongs to.
        name: of its files, without the ending: ``activations-1-features.0-p2``.
        title: in the reader's language; also what stands for the figure where it cannot be seen.
        figure: what to save.
    """

    view: str
    name: str
    title: str
    figure: Figure

    def save(self, folder: Path) -> tuple[Path, Path]:
        """Writes ``name.png`` and ``name.svg``; the same figure gives the same bytes."""
        png, svg = folder / f"{self.name}.png", folder / f"{self.name}.svg"
        _name_fonts(self.figure)
        with warnings.catch_warnings():
            # A script without a font here shows as boxes in the PNG; a browser has fonts.
            warnings.filterwarnings("ignore", message="Glyph .* missing from")
            canvas = FigureCanvasAgg(self.figure)
            self.figure.set_dpi(DPI)
            canvas.draw()  # type: ignore[no-untyped-call]
            drawn = np.asarray(canvas.buffer_rgba())  # type: ignore[no-untyped-call]
            _lighter(Image.fromarray(drawn[..., :3])).save(png)
            # Text stays text: small, searchable, and read aloud.
            with matplotlib.rc_context({"svg.fonttype": "none", "svg.hashsalt": "prunelle"}):
                self.figure.savefig(svg, format="svg", metadata={"Date": None})
        return png, svg


def file_name(*parts: object) -> str:
    """``activations-1-features.0``; of the names of modules, what file names may not hold becomes ``_``."""
    return "-".join(re.sub(r"[^\w.]+", "_", str(part)) for part in parts)


class Sheet:
    """A page of a width and height in inches; places count from its top left corner.

    Args:
        title, subtitle: at its top; cut where they are too long.
        height: of all of it.
        corner: ``(H, W, C)`` uint8, the picture it is all about, for the top right corner.
    """

    def __init__(self, title: str, subtitle: str, height: float, corner: np.ndarray | None = None) -> None:
        self.figure = Figure(figsize=(WIDTH, height), facecolor="white")
        self.height = height
        self.canvas = self.figure.add_axes((0, 0, 1, 1))
        self.canvas.set(xlim=(0, WIDTH), ylim=(height, 0))
        self.canvas.set_axis_off()
        room = WIDTH - 2 * MARGIN - (1.4 if corner is not None else 0)
        self.text(MARGIN, 0.5, title, 17, weight="bold", width=room)
        self.text(MARGIN, 0.82, subtitle, 12, colour=MUTED, width=room)
        if corner is not None:
            high, wide = corner.shape[:2]
            side = 0.85 / max(high, wide)
            across, down = wide * side, high * side
            pixels = resized(to_bytes(corner), round(across * DPI), round(down * DPI))
            self.image(WIDTH - MARGIN - across, 0.2, across, down, pixels)

    def text(
        self,
        x: float,
        y: float,
        text: str,
        size: float,
        *,
        colour: str = INK,
        align: str = "left",
        weight: str = "normal",
        width: float | None = None,
    ) -> None:
        """``text`` on the base line ``y``; ``width`` is the room there is."""
        text = visible(text)
        if width is not None:
            text = shortened(text, size, width, weight)
        self.canvas.text(
            x, y, text, fontsize=size, color=colour, ha=align, va="baseline", weight=weight, parse_math=False
        )

    def image(self, x: float, y: float, width: float, height: float, pixels: np.ndarray) -> None:
        """``pixels``: ``(H, W, 3)`` uint8, drawn pixel for pixel."""
        self.canvas.imshow(
            pixels, extent=(x, x + width, y + height, y), interpolation="none", aspect="auto", zorder=1
        )
        self.canvas.set(xlim=(0, WIDTH), ylim=(self.height, 0))

    def frame(self, x: float, y: float, width: float, height: float, colour: str, line: float = 1.0) -> None:
        """An empty rectangle."""
        self.canvas.add_patch(
            Rectangle((x, y), width, height, fill=False, edgecolor=colour, linewidth=line, zorder=2)
        )

    def axes(self, x: float, y: float, width: float, height: float) -> Axes:
        """A chart whose frame has that place; its labels are outside."""
        place = (x / WIDTH, 1 - (y + height) / self.height, width / WIDTH, height / self.height)
        axes = self.figure.add_axes(place)
        axes.set_axisbelow(True)
        axes.grid(axis="y", color=LINE, linewidth=0.8)
        axes.tick_params(colors=MUTED, labelsize=10, length=0)
        for side, spine in axes.spines.items():
            spine.set_visible(side == "bottom")
            spine.set_color(LINE)
        for label in (axes.xaxis.label, axes.yaxis.label):
            label.set(color=MUTED, fontsize=11)
        return axes

    def scale(self, x: float, y: float, width: float, colours: Colormap, low: str, high: str) -> None:
        """A bar of colours with a word at each end, ``width`` in all."""
        left, right = text_width(low, 10) + 0.1, text_width(high, 10) + 0.1
        bar = colours(np.linspace(0, 1, 128))[np.newaxis, :, :3]
        self.text(x, y + 0.14, low, 10, colour=MUTED)
        self.image(x + left, y, width - left - right, 0.18, to_bytes(bar))
        self.frame(x + left, y, width - left - right, 0.18, LINE, 0.5)
        self.text(x + width, y + 0.14, high, 10, colour=MUTED, align="right")


def to_bytes(values: np.ndarray) -> np.ndarray:
    """Of [0, 1] → uint8, grey repeated for three channels: ``(H, W)`` or ``(H, W, 1 or 3)`` → ``(H, W, 3)``."""
    if values.ndim == 2:
        values = values[..., np.newaxis]
    pixels = values if values.dtype == np.uint8 else (np.clip(values, 0, 1) * 255 + 0.5).astype(np.uint8)
    return np.ascontiguousarray(np.broadcast_to(pixels, (*pixels.shape[:2], 3)))


def resized(pixels: np.ndarray, width: int, height: int) -> np.ndarray:
    """``(H, W, 3)`` uint8 at another size: small ones enlarged with crisp edges, large ones averaged."""
    image = Image.fromarray(pixels)
    shrinks = width < image.width or height < image.height
    how = Image.Resampling.BOX if shrinks else Image.Resampling.NEAREST
    return np.asarray(image.resize((width, height), how))


def mosaic(
    tiles: Sequence[np.ndarray], columns: int, tile: tuple[float, float], gap: tuple[float, float]
) -> np.ndarray:
    """Tiles of ``(H, W, 3)`` uint8 in rows from the left, on white, as one picture for ``DPI``.

    One picture a page, as a figure of hundreds of pictures is slow to draw and heavy to keep.

    Args:
        tiles: all of one size, or not.
        columns: in a row.
        tile: width and height of each, in inches. gap: between them, likewise.
    """
    width, height = (round(side * DPI) for side in tile)
    rows = math.ceil(len(tiles) / columns)
    whole = np.full(
        (
            round((rows * (tile[1] + gap[1]) - gap[1]) * DPI),
            round((columns * (tile[0] + gap[0]) - gap[0]) * DPI),
            3,
        ),
        255,
        np.uint8,
    )
    for number, pixels in enumerate(tiles):
        y = round((number // columns) * (tile[1] + gap[1]) * DPI)
        x = round((number % columns) * (tile[0] + gap[0]) * DPI)
        room = whole[y : y + height, x : x + width]
        room[:] = resized(pixels, width, height)[: room.shape[0], : room.shape[1]]
    return whole


def best_grid(
    count: int, aspect: float, width: float, height: float, label: float, gap: float
) -> tuple[int, float]:
    """How many columns show ``count`` tiles large, and in rows as full as can be.

    Args:
        count: of tiles. aspect: of each, width over height.
        width, height: of the room, in inches. label: height above each tile. gap: between tiles.

    Returns:
        The number of columns, and the width of a tile, at most 2.4 inches high.
    """
    sides: dict[int, float] = {}
    for columns in range(1, count + 1):
        rows = math.ceil(count / columns)
        by_width = (width - (columns - 1) * gap) / columns
        by_height = ((height - (rows - 1) * gap) / rows - label) * aspect
        sides[columns] = min(by_width, by_height, 2.4 * aspect)
    large = [columns for columns, side in sides.items() if side >= 0.8 * max(sides.values())]
    columns = min(large, key=lambda columns: (-count % columns / columns, -sides[columns]))
    return columns, sides[columns]


def pages(count: int, most: int) -> list[tuple[int, int]]:
    """``[(0, 64), (64, 70)]``: where each page starts and ends, all but the last of them full."""
    return [(start, min(start + most, count)) for start in range(0, count, most)] or [(0, 0)]


@functools.lru_cache(maxsize=4096)
def text_width(text: str, size: float, weight: str = "normal") -> float:
    """In inches."""
    if not text:
        return 0.0
    drawable = visible(text)
    font = FontProperties(family="DejaVu Sans", size=size, weight=weight)
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", message="Glyph .* missing from")
        width, _, _ = text_to_path.get_text_width_height_descent(drawable, font, ismath=False)
        return float(width) / 72


def shortened(text: str, size: float, width: float, weight: str = "normal") -> str:
    """``text``, or as much of it as ``width`` inches hold, with ``…`` at its end."""
    text = visible(text)
    if text_width(text, size, weight) <= width:
        return text
    keep = len(text)
    while keep and text_width(text[:keep].rstrip() + "…", size, weight) > width:
        keep -= 1
    return text[:keep].rstrip() + "…"


def short(value: float, words: Typography) -> str:
    """A number in as few digits as it needs."""
    text = f"{value:.3g}".replace("-", "−")
    return text if words.language == "en" else text.replace(".", ",")


def _lighter(image: Image.Image) -> Image.Image:
    """In grey where there is no more colour than the ink has: a third of the bytes."""
    pixels = np.asarray(image)
    chroma = pixels.max(axis=2) - pixels.min(axis=2)
    return image.convert("L") if chroma.max() <= 24 else image


@functools.cache
def _fonts() -> list[str]:
    installed = set(font_manager.get_font_names())
    return ["DejaVu Sans", *(name for name in _OTHER_FONTS if name in installed)]


def _name_fonts(figure: Any) -> None:
    for text in figure.findobj(Text):
        text.set_fontfamily(_fonts())
