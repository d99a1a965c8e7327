"""How every figure of a report looks, and how it becomes SVG or PNG.

Figures are drawn through ``matplotlib.figure.Figure``, never pyplot, so no window or global figure exists.
They are drawn once in the light colours; in the SVG those colours become the page's CSS variables, which is
how they follow it into the dark. Its text stays text, so any script a browser can show is shown.
"""

from __future__ import annotations

import io
import re
import warnings
from pathlib import Path

import matplotlib
import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter, LogLocator, MaxNLocator

from prunelle.drawing.fonts import name_fonts
from prunelle.drawing.palette import INK, LINE, MUTED, PAGE
from prunelle.report.words import Words
from prunelle.texts import NO_BREAK


def new_figure(width: float, height: float) -> tuple[Figure, Axes]:
    """A figure of that size in inches with one axes."""
    figure = Figure(figsize=(width, height), layout="constrained")
    axes = figure.add_subplot()
    style(axes)
    return figure, axes


def style(axes: Axes) -> None:
    axes.set_facecolor("none")
    axes.set_axisbelow(True)
    axes.grid(axis="y", color=LINE, linewidth=0.8)
    axes.tick_params(colors=MUTED, labelsize=9, length=0)
    for side, spine in axes.spines.items():
        spine.set_visible(side == "bottom")
        spine.set_color(LINE)
    for label in (axes.xaxis.label, axes.yaxis.label):
        label.set(color=MUTED, fontsize=9)


def legend(axes: Axes) -> None:
    """Above the axes, where it hides nothing."""
    axes.legend(
        loc="lower left",
        bbox_to_anchor=(0, 1),
        ncols=3,
        frameon=False,
        fontsize=9,
        labelcolor=INK,
        borderpad=0,
    )


def accuracy_axis(axes: Axes, words: Words, *, whole: bool) -> None:
    """``whole`` shows all of 0 to 100 %, else what the curves need."""
    low, high = (0.0, 1.0) if whole else axes.get_ylim()
    # At least two points, so that ticks differ; and an accuracy has no room above 100 % or below 0 %.
    low, high = min(low, high - 0.02), min(high, 1.005)
    axes.set_ylim(max(low, -0.005), high)
    digits = 1 if high - low < 0.04 else 0
    axes.yaxis.set_major_locator(MaxNLocator(5, steps=[1, 2, 5, 10]))
    axes.yaxis.set_major_formatter(
        FuncFormatter(lambda value, _: words.decimal(value * 100, digits) + NO_BREAK + "%")
    )


def loss_axis(axes: Axes, values: np.ndarray, words: Words) -> None:
    values = values[np.isfinite(values) & (values > 0)]
    if len(values) and values.max() > 1000 * values.min():
        axes.set_yscale("log")
        axes.yaxis.set_major_locator(LogLocator(numticks=6))
        axes.set_ylabel(words("log_scale", name=words("loss")))
    elif len(values):
        axes.set_ylim(0, 1.08 * values.max())
    axes.yaxis.set_major_formatter(FuncFormatter(lambda value, _: words.number(value)))


def to_svg(figure: Figure, name: str) -> str:
    """``figure`` as an ``<svg>`` element to put into a page; ``name`` keeps its ids apart from others'."""
    buffer = io.StringIO()
    with matplotlib.rc_context({"svg.fonttype": "none", "svg.hashsalt": name}):
        save(figure, buffer, format="svg", transparent=True)
    svg = buffer.getvalue()
    svg = svg[svg.index("<svg") :]
    # What is inline needs no names of XML dialects, and the style would apply to the whole page.
    svg = re.sub(r"<metadata>.*?</metadata>|<style.*?</style>", "", svg, flags=re.DOTALL)
    svg = re.sub(r' xmlns(:xlink)?="[^"]*"| version="[^"]*"', "", svg).replace("xlink:href", "href")
    # Ids of groups (axes_1…) are the same in every figure and nothing refers to them.
    svg = re.sub(r'<g id="[^"]*"', "<g", svg)
    svg = re.sub(r"font-family: [^;\"]*", "font-family: inherit", svg)
    svg = re.sub(r'(<svg[^>]*?) width="[^"]*" height="[^"]*"', r'\1 aria-hidden="true"', svg, count=1)
    for colour, variable in PAGE.items():
        svg = svg.replace(colour, f"var({variable})")
    return svg


def save(figure: Figure, target: Path | io.StringIO, **options: object) -> None:
    name_fonts(figure)
    with warnings.catch_warnings():
        # A script without a font here shows as boxes in the PNG; in the page, the browser has fonts.
        warnings.filterwarnings("ignore", message="Glyph .* missing from")
        # With a layout engine, savefig would draw twice, to lay out first.
        # A figure that was written before has been laid out.
        if (layout := figure.get_layout_engine()) is not None:
            layout.execute(figure)
            figure.set_layout_engine(None)
        figure.savefig(target, **options)  # type: ignore[arg-type]
