"""The sheet on which every figure of a view is laid out, to the inch, so that nothing meets anything.

A sheet is as wide as a slide (16:9 at most) and on white. Text is measured before it is placed, and cut where it
would be too long.
"""

from __future__ import annotations

import numpy as np
from matplotlib.axes import Axes
from matplotlib.colors import Colormap

from prunelle.drawing.axes import style
from prunelle.drawing.figures import exact_figure, frame, place, write
from prunelle.drawing.fonts import shortened, text_width
from prunelle.drawing.palette import INK, LINE, MUTED
from prunelle.drawing.pixels import DPI, resized, to_bytes
from prunelle.texts import visible

WIDTH, TALLEST = 13.33, 7.5  # inches
MARGIN, TITLE_SPACE = 0.35, 1.0
MOST_TILES = 66
"""Channels on one page, at most."""


class Sheet:
    """A page of a width and height in inches; places count from its top left corner.

    Args:
        title, subtitle: at its top; cut where they are too long.
        height: of all of it.
        corner: ``(H, W, C)`` uint8, the picture it is all about, for the top right corner.
    """

    def __init__(self, title: str, subtitle: str, height: float, corner: np.ndarray | None = None) -> None:
        self.figure = exact_figure(WIDTH, height)
        self.height = height
        self.canvas = place(self.figure, 0, 0, WIDTH, height)
        self.canvas.set(xlim=(0, WIDTH), ylim=(height, 0))
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
        bold = weight == "bold"
        write(self.figure, x, self.height - y, text, size=size, colour=colour, bold=bold, align=align)

    def image(self, x: float, y: float, width: float, height: float, pixels: np.ndarray) -> None:
        """``pixels``: ``(H, W, 3)`` uint8, drawn pixel for pixel."""
        self.canvas.imshow(
            pixels, extent=(x, x + width, y + height, y), interpolation="none", aspect="auto", zorder=1
        )
        self.canvas.set(xlim=(0, WIDTH), ylim=(self.height, 0))

    def frame(self, x: float, y: float, width: float, height: float, colour: str, line: float = 1.0) -> None:
        """An empty rectangle."""
        frame(self.canvas, y, x, height, width, colour=colour, line=line, above=2)

    def axes(self, x: float, y: float, width: float, height: float) -> Axes:
        """A chart whose frame has that place; its labels are outside."""
        axes = place(self.figure, x, self.height - y - height, width, height)
        axes.set_axis_on()
        style(axes, 10)
        return axes

    def scale(self, x: float, y: float, width: float, colours: Colormap, low: str, high: str) -> None:
        """A bar of colours with a word at each end, ``width`` in all."""
        left, right = text_width(low, 10) + 0.1, text_width(high, 10) + 0.1
        bar = colours(np.linspace(0, 1, 128))[np.newaxis, :, :3]
        self.text(x, y + 0.14, low, 10, colour=MUTED)
        self.image(x + left, y, width - left - right, 0.18, to_bytes(bar))
        self.frame(x + left, y, width - left - right, height=0.18, colour=LINE, line=0.5)
        self.text(x + width, y + 0.14, high, 10, colour=MUTED, align="right")
