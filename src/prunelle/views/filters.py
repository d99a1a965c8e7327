"""The kernels of each convolution."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator

import numpy as np
from matplotlib.figure import Figure

from prunelle.drawing.maps import DIVERGING
from prunelle.drawing.palette import INK, MUTED
from prunelle.drawing.pixels import mosaic, pages, to_bytes
from prunelle.drawing.plate import Plate, paged
from prunelle.drawing.sheet import MARGIN, MOST_TILES, TALLEST, TITLE_SPACE, WIDTH, Sheet
from prunelle.look.filters import filters_of
from prunelle.look.layers import check_channel
from prunelle.texts import Language, Note, Typography
from prunelle.views.picture_look import PictureLook, spread
from prunelle.views.tiles import PAGE_WORDS, numbered, tiles_figure
from prunelle.views.view import LeftOutError, View

MOST_CONVOLUTIONS = 16
"""Whose filters are shown unless layers are named."""
MOST_FILTERS, MOST_INPUTS = 32, 64
"""Filters, and input channels, on one page of a deeper layer."""

_NO_CONVOLUTION = Note("this network has no convolution.", "ce réseau n’a pas de convolution.")
_NOT_CONVOLUTIONS = Note(
    "none of the layers named is a convolution.", "aucune des couches nommées n’est une convolution."
)


TEXTS = PAGE_WORDS | {
    "view": Note("Filters", "Filtres"),
    "view_text": Note(
        "The weights of each convolution. A filter answers most where the picture resembles it.",
        "Les poids de chaque convolution. Un filtre répond le plus là où l’image lui ressemble.",
    ),
    "title": Note("Filters of {layer}", "Filtres de {layer}"),
    "colour": Note(
        "{n} filters of {size}×3, in colour; grey is 0, all on the same scale.",
        "{n} filtres de {size}×3, en couleurs ; le gris vaut 0, échelle commune à tous.",
    ),
    "grey": Note(
        "{n} filters of {size}; orange above 0, blue below, all on the same scale.",
        "{n} filtres de {size} ; orange au-dessus de 0, bleu au-dessous, échelle commune à tous.",
    ),
    "deep": Note(
        "{n} filters of {size}×{inputs}, channel by channel, on one scale: filters {first}–{last}, inputs "
        "{first_in}–{last_in}.",
        "{n} filtres de {size}×{inputs}, canal par canal, à la même échelle : filtres {first} à {last}, entrées "
        "{first_in} à {last_in}.",
    ),
    "one": Note(
        "Filter {channel} of {n}, size {size}×{inputs}: its input channels {first_in}–{last_in}.",
        "Filtre {channel} sur {n}, taille {size}×{inputs} : ses canaux d’entrée {first_in} à {last_in}.",
    ),
    "filter_axis": Note("filter", "filtre"),
    "input_axis": Note("input channel", "canal d’entrée"),
}


class Words(Typography):
    """This view's sentences."""

    texts = TEXTS


@dataclasses.dataclass(frozen=True, eq=False)
class Filters:
    """The kernels of one convolution.

    Attributes:
        layer: its name. label: the name with its kind and what follows it.
        weights: ``(filters, inputs, kernel height, kernel width)`` float32.
        channel: show this filter alone, from 0; None for all.
    """

    layer: str
    label: str
    weights: np.ndarray
    channel: int | None = None

    @property
    def limit(self) -> float:
        """The largest weight in size: the end of the scale that all kernels share."""
        return (float(np.abs(self.weights).max()) if self.weights.size else 0.0) or 1.0


def compute(look: PictureLook) -> Iterator[Filters]:
    """Convolution by convolution; of a deep network those evenly between the first and the last."""
    names = list(look.anatomy.convolutions)
    if not names:
        raise LeftOutError(_NO_CONVOLUTION)
    if look.layers is not None:
        named = {layer.name for layer in look.layers}
        names = [name for name in names if name in named]
        if not names:
            raise LeftOutError(_NOT_CONVOLUTIONS)
    labels = {layer.name: layer.label for layer in look.anatomy.layers}
    for name in spread(names, MOST_CONVOLUTIONS) if look.layers is None else names:
        weights = filters_of(look.subject.network, name).weights.numpy()
        channel = None if look.channel is None else check_channel(look.anatomy.layer(name), look.channel)
        yield Filters(name, labels.get(name, name), weights, channel)


def draw(result: Filters, language: Language) -> Iterator[Plate]:
    """In colour over three channels, else channel by channel.

    A deeper layer of at most 64×64 kernels is shown whole, on pages of ``MOST_FILTERS``; of a larger one
    the first page, and with ``channel`` that filter's kernels, all of them.
    """
    words = Words(language)
    inputs = result.weights.shape[1]
    if result.channel is not None and inputs != 3:
        figures = _one_filter(result, result.channel, words)
    elif inputs in (1, 3):
        figures = _shallow(result, words)
    else:
        figures = _matrices(result, words)
    names = (
        (result.layer, result.channel + 1) if result.channel is not None and inputs != 3 else (result.layer,)
    )
    for page, figure in enumerate(figures):
        yield Plate(paged("filters", *names, page=page), words("title", layer=result.label), figure)


def filter_tiles(weights: np.ndarray) -> list[np.ndarray]:
    """Each filter as ``(h, w, 3)`` uint8, all on one scale: in colour over three channels, grey being 0.

    Over other numbers of channels, their mean: orange above 0, blue below.

    Args:
        weights: ``(filters, inputs, h, w)``.
    """
    if weights.shape[1] == 3:
        values = weights.transpose(0, 2, 3, 1) / (float(np.abs(weights).max()) or 1.0)
        return [to_bytes(one / 2 + 0.5) for one in values]
    means = weights.mean(axis=1)
    limit = float(np.abs(means).max()) or 1.0
    return [to_bytes(DIVERGING(one / limit / 2 + 0.5)[..., :3]) for one in means]


def _one_filter(result: Filters, channel: int, words: Words) -> Iterator[Figure]:
    number, inputs, height, width = result.weights.shape
    for first, last in pages(inputs, MOST_TILES):
        text = words(
            "one",
            channel=channel + 1,
            n=words.integer(number),
            size=f"{height}×{width}",
            inputs=words.integer(inputs),
            first_in=first + 1,
            last_in=last,
        )
        tiles = [
            to_bytes(DIVERGING(kernel / result.limit / 2 + 0.5)[..., :3])
            for kernel in result.weights[channel, first:last]
        ]
        labels = [str(first + 1 + i) for i in range(last - first)]
        yield tiles_figure(words("title", layer=result.label), text, tiles, labels, words, limit=result.limit)


def _shallow(result: Filters, words: Words) -> Iterator[Figure]:
    """Over one channel or three: a tile a filter."""
    number, inputs, height, width = result.weights.shape
    chosen = [result.channel] if result.channel is not None else range(number)
    drawn = filter_tiles(result.weights)
    for page, (first, last) in enumerate(pages(len(chosen), MOST_TILES)):
        text = words("colour" if inputs == 3 else "grey", n=words.integer(number), size=f"{height}×{width}")
        yield tiles_figure(
            words("title", layer=result.label),
            numbered(text, page, len(chosen), MOST_TILES, words),
            [drawn[i] for i in chosen[first:last]],
            [str(i + 1) for i in chosen[first:last]],
            words,
            limit=result.limit if inputs == 1 else None,
        )


def _matrices(result: Filters, words: Words) -> Iterator[Figure]:
    number, inputs, height, width = result.weights.shape
    whole = number <= 2 * MOST_FILTERS and inputs <= MOST_INPUTS
    row_pages, column_pages = pages(number, MOST_FILTERS), pages(inputs, MOST_INPUTS)
    if not whole:
        row_pages, column_pages = row_pages[:1], column_pages[:1]
    for first, last in row_pages:
        for first_in, last_in in column_pages:
            text = words(
                "deep",
                n=words.integer(number),
                size=f"{height}×{width}",
                inputs=words.integer(inputs),
                first=first + 1,
                last=last,
                first_in=first_in + 1,
                last_in=last_in,
            )
            yield _matrix(result, text, (first, last), (first_in, last_in), words)


def _matrix(
    result: Filters, text: str, of_filters: tuple[int, int], of_inputs: tuple[int, int], words: Words
) -> Figure:
    """A row a filter, a column an input channel."""
    kernels = result.weights[slice(*of_filters), slice(*of_inputs)]
    rows, columns, height, width = kernels.shape
    left, top = MARGIN + 0.75, TITLE_SPACE + 0.75
    side = min((TALLEST - top - MARGIN) / rows, (WIDTH - left - MARGIN) / columns * height / width, 1.0)
    sheet = Sheet(words("title", layer=result.label), text, top + rows * side + MARGIN)
    across = side * width / height
    flat = kernels.reshape(-1, height, width)
    tiles = [to_bytes(DIVERGING(kernel / result.limit / 2 + 0.5)[..., :3]) for kernel in flat]
    gap = 0.12 * side
    whole = mosaic(tiles, columns, (across - gap, side - gap), (gap, gap))
    sheet.image(left, top, columns * across - gap, rows * side - gap, whole)
    # Every number where there is room for it, else every fourth.
    every = 1 if side >= 0.2 else 4
    for column in range(columns):
        number = of_inputs[0] + column + 1
        if number % every == 0 or column == 0:
            x = left + (column + 0.5) * across - gap / 2
            sheet.text(x, top - 0.08, str(number), 9, colour=MUTED, align="center")
    for row in range(rows):
        number = of_filters[0] + row + 1
        if number % every == 0 or row == 0:
            y = top + (row + 0.5) * side - gap / 2 + 0.04
            sheet.text(left - 0.1, y, str(number), 9, colour=MUTED, align="right")
    sheet.text(left, top - 0.3, words("input_axis") + " →", 10, colour=INK)
    sheet.text(MARGIN, top - 0.08, words("filter_axis") + " ↓", 10, colour=INK)
    sheet.scale(
        MARGIN, TITLE_SPACE, 3, DIVERGING, words.number(-result.limit), high=words.number(result.limit)
    )
    return sheet.figure


VIEW = View(
    name="filters",
    kind="pictures",
    words=Words,
    arguments=("layers", "channel"),
    result_type=Filters,
    compute=compute,
    draw=draw,
)
