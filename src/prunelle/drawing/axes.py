"""How the axes of a chart look, and how numbers stand beside them."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.axis import Axis
from matplotlib.ticker import FixedLocator, FuncFormatter, LogLocator, MaxNLocator, NullLocator

from prunelle.drawing.palette import INK, LINE, MUTED

Written = Callable[[float], str]
"""A number as a person reads it."""


def style(axes: Axes, size: float = 9) -> None:
    """Of a chart: a line below, fine ones across, words and numbers in grey, of that size in points."""
    axes.set_facecolor("none")
    axes.set_axisbelow(True)
    axes.grid(axis="y", color=LINE, linewidth=0.8)
    axes.tick_params(labelsize=size)
    bare(axes)
    for label in (axes.xaxis.label, axes.yaxis.label):
        label.set(color=MUTED, fontsize=size)


def bare(axes: Axes, side: str | None = "bottom", colour: str = LINE) -> None:
    """Nothing around it but a line at one side."""
    for name, spine in axes.spines.items():
        spine.set_visible(name == side)
        spine.set_color(colour)
    axes.tick_params(colors=MUTED, length=0)


def legend(axes: Axes, handles: Sequence[Artist] | None = None, *, columns: int = 3, size: float = 9) -> None:
    """Above the axes, where it hides nothing; of what is drawn with a label, or of ``handles``."""
    shown = axes.legend(
        handles=handles,
        loc="lower left",
        bbox_to_anchor=(0, 1),
        ncols=columns,
        frameon=False,
        fontsize=size,
        labelcolor=INK,
        borderpad=0,
    )
    for text in shown.get_texts():
        # A name is not mathematics, dollars or not.
        text.set_parse_math(False)


def ticks(
    axis: Axis,
    written: Written | None = None,
    *,
    most: int | None = None,
    whole: bool = False,
    steps: Sequence[float] | None = None,
) -> None:
    """Where numbers stand along an axis, and how.

    Args:
        written: how each is written; None leaves it to matplotlib.
        most: how many there are at most; None leaves it to matplotlib.
        whole: at whole numbers alone.
        steps: which multiples of a power of ten may lie between two.
    """
    if most is not None:
        axis.set_major_locator(MaxNLocator(most, integer=whole, steps=steps, min_n_ticks=1 if whole else 2))
    if written is not None:
        axis.set_major_formatter(FuncFormatter(lambda value, _: written(value)))


def log_ticks(axis: Axis, most: int) -> None:
    """At most so many powers of ten along a logarithmic axis."""
    axis.set_major_locator(LogLocator(numticks=most))


def fixed_ticks(axis: Axis, places: Sequence[float], texts: Sequence[str]) -> None:
    """At these places alone, on a logarithmic axis too."""
    axis.set_major_locator(FixedLocator(places))
    axis.set_minor_locator(NullLocator())
    axis.set_ticklabels(texts)
