"""Figures of one layer: its filters, and what it makes of a picture."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from typing import Literal

import numpy as np
import torch
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter, MaxNLocator

from prunelle.look.figures import (
    BLUE,
    DIVERGING,
    INK,
    MARGIN,
    MOST_TILES,
    MUTED,
    ORANGE,
    TALLEST,
    TITLE_SPACE,
    WIDTH,
    Plate,
    Sheet,
    best_grid,
    file_name,
    mosaic,
    pages,
    short,
    to_bytes,
)
from prunelle.look.filters import Filters
from prunelle.look.layers import Layer
from prunelle.look.words import Words
from prunelle.texts import Language

Scale = Literal["channel", "shared"]

MOST_FILTERS, MOST_INPUTS = 32, 64
"""Filters, and input channels, on one page of a deeper layer."""
MOST_UNITS = 512
"""Units of a dense layer on one page, in rows of 128."""

_LABEL, _GAP = 0.2, 0.1
_ROOM = WIDTH - 2 * MARGIN


def filter_plates(
    filters: Filters, label: str, language: Language, channel: int | None = None
) -> Iterator[Plate]:
    """The kernels of a convolution: in colour over three channels, else channel by channel.

    A deeper layer of at most 64×64 kernels is shown whole, on pages of ``MOST_FILTERS``; of a larger one
    the first page, and with ``channel`` (an index from 0) that filter's kernels, all of them.
    """
    words = Words(language)
    number, inputs, height, width = filters.weights.shape
    size = f"{height}×{width}"
    title = words("filters", layer=label)
    limit = filters.limit or 1.0
    if channel is not None and inputs != 3:
        kernels = filters.weights[channel]
        for page, (first, last) in enumerate(pages(inputs, MOST_TILES)):
            text = words(
                "filter_one",
                channel=channel + 1,
                n=words.integer(number),
                size=size,
                inputs=words.integer(inputs),
                first_in=first + 1,
                last_in=last,
            )
            tiles = [
                to_bytes(DIVERGING(kernel / limit / 2 + 0.5)[..., :3])
                for kernel in kernels[first:last].numpy()
            ]
            figure = _tiles(
                title, text, tiles, [str(first + 1 + i) for i in range(last - first)], words, limit
            )
            yield Plate("filters", _paged("filters", filters.layer, channel + 1, page=page), title, figure)
    elif inputs in (1, 3):
        chosen = [channel] if channel is not None else range(number)
        drawn = filter_tiles(filters)
        for page, (first, last) in enumerate(pages(len(chosen), MOST_TILES)):
            text = words(
                "filters_colour" if inputs == 3 else "filters_grey", n=words.integer(number), size=size
            )
            tiles = [drawn[i] for i in chosen[first:last]]
            labels = [str(i + 1) for i in chosen[first:last]]
            figure = _tiles(
                title,
                _numbered(text, page, len(chosen), MOST_TILES, words),
                tiles,
                labels,
                words,
                limit if inputs == 1 else None,
            )
            yield Plate("filters", _paged("filters", filters.layer, page=page), title, figure)
    else:
        yield from _matrices(filters, title, words)


def filter_tiles(filters: Filters) -> list[np.ndarray]:
    """Each filter as ``(h, w, 3)`` uint8, all on one scale: in colour over three channels, grey being 0.

    Over other numbers of channels, their mean: orange above 0, blue below.
    """
    if filters.weights.shape[1] == 3:
        values = filters.weights.permute(0, 2, 3, 1).numpy() / (filters.limit or 1.0)
        return [to_bytes(one / 2 + 0.5) for one in values]
    means = filters.weights.mean(dim=1).numpy()
    limit = float(np.abs(means).max()) or 1.0
    return [to_bytes(DIVERGING(one / limit / 2 + 0.5)[..., :3]) for one in means]


def _matrices(filters: Filters, title: str, words: Words) -> Iterator[Plate]:
    number, inputs, height, width = filters.weights.shape
    whole = number <= 2 * MOST_FILTERS and inputs <= MOST_INPUTS
    row_pages, column_pages = pages(number, MOST_FILTERS), pages(inputs, MOST_INPUTS)
    if not whole:
        row_pages, column_pages = row_pages[:1], column_pages[:1]
    limit = filters.limit or 1.0
    page = 0
    for first, last in row_pages:
        for first_in, last_in in column_pages:
            text = words(
                "filters_deep",
                n=words.integer(number),
                size=f"{height}×{width}",
                inputs=words.integer(inputs),
                first=first + 1,
                last=last,
                first_in=first_in + 1,
                last_in=last_in,
            )
            figure = _matrix(
                filters.weights[first:last, first_in:last_in], limit, (first, first_in), title, text, words
            )
            yield Plate("filters", _paged("filters", filters.layer, page=page), title, figure)
            page += 1


def _matrix(
    kernels: torch.Tensor, limit: float, start: tuple[int, int], title: str, text: str, words: Words
) -> Figure:
    """A row a filter, a column an input channel."""
    rows, columns, height, width = kernels.shape
    left, top = MARGIN + 0.75, TITLE_SPACE + 0.75
    side = min((TALLEST - top - MARGIN) / rows, (WIDTH - left - MARGIN) / columns * height / width, 1.0)
    sheet = Sheet(title, text, top + rows * side + MARGIN)
    across = side * width / height
    tiles = [
        to_bytes(DIVERGING(kernel / limit / 2 + 0.5)[..., :3]) for kernel in kernels.flatten(0, 1).numpy()
    ]
    gap = 0.12 * side
    whole = mosaic(tiles, columns, (across - gap, side - gap), (gap, gap))
    sheet.image(left, top, columns * across - gap, rows * side - gap, whole)
    # Every number where there is room for it, else every fourth.
    every = 1 if side >= 0.2 else 4
    for column in range(columns):
        if (start[1] + column + 1) % every == 0 or column == 0:
            x = left + (column + 0.5) * across - gap / 2
            sheet.text(x, top - 0.08, str(start[1] + column + 1), 9, colour=MUTED, align="center")
    for row in range(rows):
        if (start[0] + row + 1) % every == 0 or row == 0:
            y = top + (row + 0.5) * side - gap / 2 + 0.04
            sheet.text(left - 0.1, y, str(start[0] + row + 1), 9, colour=MUTED, align="right")
    sheet.text(left, top - 0.3, words("input_axis") + " →", 10, colour=INK)
    sheet.text(MARGIN, top - 0.08, words("filter_axis") + " ↓", 10, colour=INK)
    sheet.scale(MARGIN, TITLE_SPACE, 3, DIVERGING, short(-limit, words), short(limit, words))
    return sheet.figure


def activation_plates(
    layer: Layer,
    output: torch.Tensor,
    picture: int,
    language: Language,
    *,
    scale: Scale = "channel",
    channel: int | None = None,
    classes: Sequence[str] | None = None,
    pixels: np.ndarray | None = None,
) -> Iterator[Plate]:
    """What a layer makes of one picture: a map a channel on pages of ``MOST_TILES``, bars for a dense layer.

    Args:
        layer: which.
        output: ``(C, h, w)``, or ``(units,)``.
        picture: its number, from 1, for the name of the figure.
        scale: ``channel``, each stretched from its lowest value to its highest, or ``shared``.
        channel: only this one, an index from 0.
        classes: of the output layer, to name its bars.
        pixels: ``(H, W, C)`` uint8, the picture, for the corner.
    """
    words = Words(language)
    title = words("activations", layer=layer.label)
    values = output.detach().float().cpu().numpy()
    if not layer.has_maps:
        yield from _bars(layer, values.ravel(), title, picture, words, classes, pixels)
        return
    chosen = range(len(values)) if channel is None else [channel]
    low, high = float(values.min()), float(values.max())
    if scale == "shared":
        legend = words("scale_shared", low=short(low, words), high=short(high, words))
    else:
        legend = words("scale_channel")
    size = f"{values.shape[1]}×{values.shape[2]}"
    text = f"{words('channels', n=words.integer(len(values)), size=size)}. {legend}"
    for page, (first, last) in enumerate(pages(len(chosen), MOST_TILES)):
        tiles, labels, flat = [], [], []
        for index in chosen[first:last]:
            one = values[index]
            ends = (low, high) if scale == "shared" else (float(one.min()), float(one.max()))
            span = ends[1] - ends[0]
            tiles.append(to_bytes((one - ends[0]) / span if span > 0 else np.zeros_like(one)))
            labels.append(str(index + 1))
            flat.append(one.min() == one.max())
        told = _numbered(text, page, len(chosen), MOST_TILES, words)
        figure = _tiles(title, told, tiles, labels, words, flat=flat, corner=pixels)
        yield Plate("activations", _paged("activations", picture, layer.name, page=page), title, figure)


def _tiles(
    title: str,
    text: str,
    tiles: Sequence[np.ndarray],
    labels: Sequence[str],
    words: Words,
    limit: float | None = None,
    flat: Sequence[bool] | None = None,
    corner: np.ndarray | None = None,
) -> Figure:
    """Tiles of one size with a number above each; ``limit`` adds the scale of signed weights."""
    height, width = tiles[0].shape[:2]
    aspect = width / height
    top = TITLE_SPACE + (0.35 if limit is not None or (flat is not None and any(flat)) else 0.05)
    columns, side = best_grid(len(tiles), aspect, _ROOM, TALLEST - top - MARGIN, _LABEL, _GAP)
    down = side / aspect
    rows = math.ceil(len(tiles) / columns)
    sheet = Sheet(title, text, max(top + rows * (down + _LABEL + _GAP) - _GAP + MARGIN, 3.0), corner)
    whole = mosaic(tiles, columns, (side, down), (_GAP, _LABEL + _GAP))
    sheet.image(
        MARGIN,
        top + _LABEL,
        columns * (side + _GAP) - _GAP,
        rows * (down + _LABEL + _GAP) - _GAP - _LABEL,
        whole,
    )
    for number, label in enumerate(labels):
        x = MARGIN + (number % columns) * (side + _GAP)
        y = top + _LABEL + (number // columns) * (down + _LABEL + _GAP) - 0.05
        grey = flat is not None and flat[number]
        sheet.text(x, y, label, 10, colour="#a9adb5" if grey else INK, width=side)
    if limit is not None:
        sheet.scale(MARGIN, TITLE_SPACE, 3, DIVERGING, short(-limit, words), short(limit, words))
    elif flat is not None and any(flat):
        sheet.text(MARGIN, TITLE_SPACE + 0.12, words("flat"), 11, colour=MUTED)
    return sheet.figure


def _bars(
    layer: Layer,
    values: np.ndarray,
    title: str,
    picture: int,
    words: Words,
    classes: Sequence[str] | None,
    corner: np.ndarray | None,
) -> Iterator[Plate]:
    named = classes is not None and len(classes) == len(values) <= 30
    for page, (first, last) in enumerate(pages(len(values), MOST_UNITS)):
        text = _numbered(
            words("units", n=words.integer(len(values))) + ".", page, len(values), MOST_UNITS, words
        )
        rows = pages(last - first, 128)
        each = (TALLEST - TITLE_SPACE - 0.9) / max(len(rows), 2)
        sheet = Sheet(title, text, TITLE_SPACE + len(rows) * each + 0.9 + (0.5 if named else 0), corner)
        low, high = min(0.0, float(values.min())), max(0.0, float(values.max()))
        margin = 0.05 * ((high - low) or 1.0)
        for row, (start, end) in enumerate(rows):
            axes = sheet.axes(MARGIN + 0.75, TITLE_SPACE + 0.1 + row * each, _ROOM - 0.75, each - 0.45)
            shown = values[first + start : first + end]
            numbers = np.arange(first + start + 1, first + end + 1)
            axes.bar(numbers, shown, color=[ORANGE if value > 0 else BLUE for value in shown], width=0.8)
            axes.axhline(0, color=MUTED, linewidth=0.8)
            axes.set_ylim(low - margin, high + margin)
            axes.set_xlim(numbers[0] - 0.6, numbers[0] + (128 if len(rows) > 1 else len(shown)))
            axes.yaxis.set_major_locator(MaxNLocator(4))
            axes.yaxis.set_major_formatter(FuncFormatter(lambda value, _: short(value, words)))
            axes.xaxis.set_major_locator(MaxNLocator(16, integer=True, min_n_ticks=1))
            if named and classes is not None:
                long = max(map(len, classes)) > 6
                cut = [name if len(name) <= 14 else name[:13] + "…" for name in classes]
                turned, align = (30, "right") if long else (0, "center")
                axes.set_xticks(numbers, cut, color=INK, parse_math=False, rotation=turned, ha=align)
            if row == 0:
                axes.set_ylabel(words("logit_axis" if named else "activation_axis"))
            if row == len(rows) - 1:
                axes.set_xlabel(words("class_axis" if named else "unit_axis"))
        yield Plate("activations", _paged("activations", picture, layer.name, page=page), title, sheet.figure)


def _numbered(text: str, page: int, count: int, most: int, words: Words) -> str:
    """``text``, with which page it is where there are several."""
    number = len(pages(count, most))
    return text if number == 1 else f"{text} {words('page', n=page + 1, of=number).capitalize()}."


def _paged(*parts: object, page: int) -> str:
    """The first page has the plain name, the second ``-p2``."""
    return file_name(*parts) + (f"-p{page + 1}" if page else "")
