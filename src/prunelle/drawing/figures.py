"""How a figure is opened, and what is put on it by the inch.

Figures are ``matplotlib.figure.Figure``, never pyplot: no window and no global figure exists, and nothing of matplotlib
is changed for the program around.
"""

from __future__ import annotations

from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle
from matplotlib.text import Text

from prunelle.drawing.axes import style
from prunelle.drawing.fonts import FAMILY, LABEL
from prunelle.drawing.palette import INK, ORANGE, WHITE


def new_figure(width: float, height: float) -> Figure:
    """White, of that size in inches; its parts make room for each other."""
    return Figure(figsize=(width, height), layout="constrained", facecolor=WHITE)


def new_chart(width: float, height: float) -> tuple[Figure, Axes]:
    """Such a figure, with one chart."""
    figure = new_figure(width, height)
    axes = figure.add_subplot()
    style(axes)
    return figure, axes


def exact_figure(width: float, height: float) -> Figure:
    """White, of that size in inches; its parts stay where they are placed."""
    return Figure(figsize=(width, height), facecolor=WHITE)


def place(figure: Figure, left: float, bottom: float, width: float, height: float) -> Axes:
    """Axes without frame, in inches from the lower left corner."""
    wide, tall = figure.get_size_inches()
    axes = figure.add_axes((left / wide, bottom / tall, width / wide, height / tall))
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
) -> Text:
    """Text at a place in inches from the lower left corner. Dollars are dollars unless ``math``."""
    wide, tall = figure.get_size_inches()
    return figure.text(
        x / wide,
        y / tall,
        text,
        fontsize=size,
        color=colour,
        fontweight="bold" if bold else "normal",
        ha=align,
        va=vertical,
        parse_math=math,
        math_fontfamily="dejavusans",
        fontfamily=FAMILY,
    )


def frame(
    axes: Axes,
    row: float,
    column: float,
    height: float,
    width: float,
    *,
    colour: str = ORANGE,
    line: float = 3,
    above: float = 5,
) -> Artist:
    """An empty rectangle in the units of ``axes``; ``row`` and ``column`` are its corner next to the origin.

    Args:
        line: its width, in points.
        above: the ``zorder``.
    """
    return axes.add_patch(
        Rectangle(
            (column, row),
            width,
            height,
            fill=False,
            edgecolor=colour,
            linewidth=line,
            clip_on=False,
            zorder=above,
        )
    )
