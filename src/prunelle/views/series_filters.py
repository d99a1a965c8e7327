"""The kernels of the first convolution over time, as curves."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator

import numpy as np
from matplotlib.figure import Figure

from prunelle.drawing import curves
from prunelle.drawing.palette import CHANNELS, LINE, MUTED
from prunelle.drawing.plate import Plate
from prunelle.look.series import first_filters
from prunelle.texts import Language, Note, Typography
from prunelle.views.series_look import SeriesLook
from prunelle.views.view import View, left_out_for

MOST_FILTERS = 32

_NO_CONVOLUTION = Note(
    "The network has no one-dimensional convolution.", "Le réseau n’a pas de convolution à une dimension."
)


TEXTS = {
    "view": Note("Filters", "Filtres"),
    "view_text": Note(
        "The kernels of the first convolution, a colour a channel, all on one scale: a rising curve answers to a "
        "rise, a bump to a bump of that width.",
        "Les noyaux de la première convolution, une couleur par canal, tous à la même échelle : une courbe qui "
        "monte répond à une montée, une bosse à une bosse de cette largeur.",
    ),
    "step_of_kernel": Note("step of the kernel", "pas du noyau"),
    "filter": Note("filter {n}", "filtre {n}"),
}


class Words(Typography):
    """This view's sentences."""

    texts = TEXTS


@dataclasses.dataclass(frozen=True, eq=False)
class SeriesFilters:
    """The kernels of one convolution.

    Attributes:
        layer: its name.
        weights: ``(filters, channels, kernel)`` float32.
    """

    layer: str
    weights: np.ndarray


def compute(look: SeriesLook) -> Iterator[SeriesFilters]:
    """Of the convolution that reads the series themselves."""
    with left_out_for(_NO_CONVOLUTION):
        layer, weights = first_filters(look.network)
    yield SeriesFilters(layer, weights)


def figure_of(result: SeriesFilters, language: Language) -> Figure:
    """A curve a channel and filter, all on one scale; at most ``MOST_FILTERS``."""
    words = Words(language)
    shown = result.weights[:MOST_FILTERS]
    figure, grid = curves.grid(len(shown), columns=8, cell=(1.3, 0.95))
    limit = float(np.abs(shown).max()) * 1.08 or 1.0
    for n, (axes, kernel) in enumerate(zip(grid, shown, strict=True)):
        axes.axhline(0, color=LINE, linewidth=0.8, zorder=0)
        for channel, values in enumerate(kernel[: len(CHANNELS)]):
            axes.plot(values, color=CHANNELS[channel], linewidth=1.2, marker="o", markersize=1.8)
        axes.set_ylim(-limit, limit)
        axes.set_title(words("filter", n=n + 1), fontsize=7, color=MUTED, pad=2)
        axes.set(xticks=[], yticks=[])
    steps, count = result.weights.shape[2], len(result.weights)
    below = f"{result.layer}: {len(shown)} / {count}; {words('step_of_kernel')} 1–{steps}"
    figure.supxlabel(below, fontsize=8, color=MUTED)
    return figure


def draw(result: SeriesFilters, language: Language) -> Iterator[Plate]:
    """One figure."""
    yield Plate("filters", Words(language)("view"), figure_of(result, language))


VIEW = View(name="filters", kind="series", words=Words, result_type=SeriesFilters, compute=compute, draw=draw)
