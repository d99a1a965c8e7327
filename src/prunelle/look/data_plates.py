"""Figures over labelled pictures: one filter for many, what tells classes apart, what channels look for."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Iterator, Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.ticker import FuncFormatter, MaxNLocator

from prunelle.look.contrast import ALONE, Telling
from prunelle.look.figures import (
    BLUE,
    DPI,
    INK,
    LINE,
    MARGIN,
    MUTED,
    ORANGE,
    TALLEST,
    TITLE_SPACE,
    WIDTH,
    Plate,
    Sheet,
    file_name,
    mosaic,
    pages,
    resized,
    short,
    shortened,
    text_width,
    to_bytes,
)
from prunelle.look.layers import Layer
from prunelle.look.words import Words
from prunelle.texts import Language

MOST_ROWS = 10
"""Classes on one page of one filter's maps."""
PATCH_ROWS, PATCHES = 6, 10
"""Channels on one page of patches, and patches of each."""
_GAP = 0.1


@dataclasses.dataclass(frozen=True, eq=False)
class Sample:
    """Labelled pictures to look at many of.

    Attributes:
        pixels: ``(N, H, W, C)`` uint8, as the network receives them before normalisation.
        labels: ``(N,)`` indices into ``classes``.
        classes: names.
        predicted: ``(N,)``, what the network said, as indices into ``classes``; None where its outputs are other
            classes than these.
    """

    pixels: np.ndarray
    labels: np.ndarray
    classes: Sequence[str]
    predicted: np.ndarray | None = None


def channel_plates(
    layer: Layer, channel: int, sample: Sample, chosen: np.ndarray, maps: np.ndarray, language: Language
) -> Iterator[Plate]:
    """One channel's map for pictures of every class, a row a class, all on one scale.

    Args:
        channel: index from 0.
        chosen: ``(n,)`` indices of the pictures shown.
        maps: ``(n, h, w)``, the channel's maps of those.
    """
    words = Words(language)
    title = words("channel", channel=channel + 1, layer=layer.label)
    low, high = float(maps.min()), float(maps.max())
    text = words("channel_text", low=short(low, words), high=short(high, words))
    rows = [
        (label, np.flatnonzero(sample.labels[chosen] == label)) for label in np.unique(sample.labels[chosen])
    ]
    height, width = sample.pixels.shape[1:3]
    most = max(len(found) for _, found in rows)
    name_room = min(2.5, 0.3 + max(text_width(sample.classes[label], 12) for label, _ in rows))
    for page, (first, last) in enumerate(pages(len(rows), MOST_ROWS)):
        top = TITLE_SPACE + 0.1
        down = (TALLEST - top - MARGIN) / (last - first) - _GAP
        across = min(down * width / height, (WIDTH - 2 * MARGIN - name_room - most * 0.2) / (2 * most), 1.3)
        down = across * height / width
        sheet = Sheet(title, text, top + (last - first) * (down + _GAP) + MARGIN)
        for row, (label, found) in enumerate(rows[first:last]):
            y = top + row * (down + _GAP)
            sheet.text(MARGIN, y + down / 2 + 0.05, sample.classes[label], 12, width=name_room - 0.1)
            for column, index in enumerate(found.tolist()):
                x = MARGIN + name_room + column * (2 * across + 0.2)
                one = (maps[index] - low) / ((high - low) or 1.0)
                pair = [to_bytes(sample.pixels[chosen[index]]), to_bytes(one)]
                # A thread of white tells where a grey picture ends and its map begins.
                whole = mosaic(pair, 2, (across, down), (0.04, 0))
                sheet.image(x, y, 2 * across + 0.04, down, whole)
        yield Plate(
            "channel",
            file_name("channel", layer.name, channel + 1) + (f"-p{page + 1}" if page else ""),
            title,
            sheet.figure,
        )


def pair_plate(
    tellings: Sequence[Telling],
    responses: Sequence[tuple[np.ndarray, np.ndarray]],
    maps: Sequence[tuple[np.ndarray, np.ndarray] | None],
    names: tuple[str, str],
    language: Language,
) -> Plate:
    """The channels that separate two classes best, up to 6, a column each.

    Args:
        tellings: their scores are of the first class against the second.
        responses: for each channel, those to the first class and to the second.
        maps: for each channel, its mean map over each class; None where it has none.
        names: of the classes.
    """
    words = Words(language)
    key = "pair" if any(telling.tells for telling in tellings) else "pair_none"
    title = words(key, first=names[0], second=names[1])
    with_maps = any(pair is not None for pair in maps)
    across = (WIDTH - 2 * MARGIN - 0.5 - 5 * 0.3) / 6
    top = TITLE_SPACE + 0.6
    side = across if with_maps else 0.0
    chart_top = top + (2 * (side + 0.3) if with_maps else 0) + 0.15
    sheet = Sheet(title, words(f"{key}_text", first=names[0], second=names[1]), chart_top + 1.9)
    charts: list[Axes] = []
    for column, (telling, values, pair) in enumerate(zip(tellings, responses, maps, strict=True)):
        x = MARGIN + 0.5 + column * (across + 0.3)
        winner, score = (0, telling.score) if telling.score >= 0.5 else (1, 1 - telling.score)
        head = words("channel_of", layer=telling.layer, channel=telling.channel + 1)
        sheet.text(x, top - 0.42, head, 12, weight="bold", width=across + 0.2)
        told = words("score_for", score=words.decimal(score, 3), name=names[winner])
        sheet.text(x, top - 0.2, told, 11, colour=(BLUE, ORANGE)[winner], width=across + 0.2)
        if pair is not None:
            _mean_maps(sheet, x, top, side, pair, names, words)
        axes = sheet.axes(x, chart_top, across, 1.2)
        _two_histograms(axes, values, words)
        charts.append(axes)
        axes.set_xlabel(words("response"), fontsize=10)
    # One scale, so that the first chart's numbers hold for all.
    highest = max(axes.get_ylim()[1] for axes in charts)
    for axes in charts:
        axes.set_ylim(0, highest)
        axes.tick_params(labelleft=axes is charts[0])
    charts[0].set_ylabel(words("share_of"), fontsize=10)
    return Plate("classes", "classes-pair", title, sheet.figure)


def _mean_maps(
    sheet: Sheet,
    x: float,
    y: float,
    side: float,
    pair: tuple[np.ndarray, np.ndarray],
    names: tuple[str, str],
    words: Words,
) -> None:
    """One above the other, on one scale, in frames of the classes' colours."""
    low = min(float(one.min()) for one in pair)
    high = max(float(one.max()) for one in pair)
    for row, (one, name, colour) in enumerate(zip(pair, names, (BLUE, ORANGE), strict=True)):
        top = y + row * (side + 0.3)
        tall, wide = one.shape
        across, down = side * min(1, wide / tall), side * min(1, tall / wide)
        pixels = resized(to_bytes((one - low) / ((high - low) or 1)), round(across * DPI), round(down * DPI))
        sheet.image(x, top, across, down, pixels)
        sheet.frame(x, top, across, down, colour, 2)
        sheet.text(x, top + side + 0.17, words("mean_map", name=name), 10, colour=MUTED, width=side + 0.2)


def _two_histograms(axes: Axes, values: tuple[np.ndarray, np.ndarray], words: Words) -> None:
    low = min(float(one.min()) for one in values)
    high = max(float(one.max()) for one in values)
    edges = np.linspace(low, high if high > low else low + 1, 21).tolist()
    for one, colour, hatch in zip(values, (BLUE, ORANGE), ("", "////"), strict=True):
        weights = np.full(len(one), 1 / len(one))
        axes.hist(one, edges, weights=weights, color=colour, alpha=0.45, hatch=hatch, edgecolor="white")
        axes.hist(one, edges, weights=weights, histtype="step", color=colour, linewidth=1.5)
    axes.tick_params(labelsize=9)
    axes.xaxis.set_major_locator(MaxNLocator(3))
    axes.yaxis.set_major_locator(MaxNLocator(3))
    axes.xaxis.set_major_formatter(FuncFormatter(lambda value, _: short(value, words)))
    axes.yaxis.set_major_formatter(FuncFormatter(lambda value, _: words.percent(value, digits=0)))


def alone_plate(
    found: Sequence[tuple[int, Telling, np.ndarray]], sample: Sample, language: Language, page: int = 0
) -> Plate:
    """Channels that answer to one class, up to 10: the responses to every class, that one in orange.

    Args:
        found: ``(class, channel, its (N,) responses to the sample)``.
    """
    words = Words(language)
    title = words("alone")
    columns = min(5, len(found))
    rows = math.ceil(len(found) / columns)
    across = min(3.2, (WIDTH - 2 * MARGIN - (columns - 1) * 0.6 - 0.4) / columns)
    down = min(2.2, (TALLEST - TITLE_SPACE - 0.2) / rows - 1.25)
    labels = np.unique(sample.labels)
    # Names under the bars where they fit; else their numbers, as in the lists of classes.
    names = [shortened(sample.classes[label], 9, 0.8) for label in labels]
    turned = max(text_width(name, 9) for name in names) > across / len(labels) - 0.05
    below = 0.95 if turned and len(labels) <= 12 else 0.45
    count = sum(telling.is_alone for _, telling, _ in found)
    text = words("alone_text", least=words.decimal(ALONE, 2), n=count, of=len(found))
    sheet = Sheet(title, text, TITLE_SPACE + rows * (down + 0.5 + below) + 0.2)
    for number, (label, telling, values) in enumerate(found):
        x = MARGIN + 0.4 + (number % columns) * (across + 0.6)
        y = TITLE_SPACE + (number // columns) * (down + 0.5 + below)
        head = words("channel_of", layer=telling.layer, channel=telling.channel + 1)
        key = (
            "score_alone"
            if telling.is_alone
            else "score_most"
            if telling.interval[0] > 0.5
            else "score_not_alone"
        )
        told = words(key, score=words.decimal(telling.score, 3), name=sample.classes[label])
        sheet.text(x - 0.4, y + 0.15, head, 11, weight="bold", width=across + 0.4)
        sheet.text(x - 0.4, y + 0.35, told, 11, colour=ORANGE, width=across + 0.4)
        axes = sheet.axes(x, y + 0.5, across, down)
        quartiles = np.array([np.quantile(values[sample.labels == one], (0.25, 0.5, 0.75)) for one in labels])
        colours = [ORANGE if one == label else BLUE for one in labels]
        places = np.arange(len(labels))
        axes.bar(places, quartiles[:, 1], color=colours, width=0.7, alpha=0.8)
        axes.vlines(places, quartiles[:, 0], quartiles[:, 2], color=INK, linewidth=1.5)
        axes.tick_params(labelsize=9)
        axes.yaxis.set_major_locator(MaxNLocator(4))
        axes.yaxis.set_major_formatter(FuncFormatter(lambda value, _: short(value, words)))
        if len(labels) <= 12:
            axes.set_xticks(
                places,
                names,
                color=INK,
                parse_math=False,
                rotation=90 if turned else 0,
                ha="center",
            )
        else:
            axes.xaxis.set_major_locator(MaxNLocator(6, integer=True))
    return Plate("classes", "classes-alone" + (f"-p{page + 1}" if page else ""), title, sheet.figure)


def patches_plate(
    layer: Layer,
    rows: Sequence[tuple[int, np.ndarray | None, Sequence[np.ndarray], Sequence[float]]],
    pictures: int,
    language: Language,
    page: int = 0,
) -> Plate:
    """What channels look for, up to ``PATCH_ROWS`` of them.

    Args:
        rows: ``(channel from 0, the synthesised picture if there is one, patches, the channel's value at each)``.
        pictures: how many the patches were chosen from.
    """
    words = Words(language)
    title = words("patches", layer=layer.label)
    sizes = [patch.shape[:2] for _, _, patches, _ in rows for patch in patches]
    height, width = max(sizes) if sizes else (1, 1)
    most = max((len(patches) for _, _, patches, _ in rows), default=0)
    text = words("patches_text", n=most, field=f"{height}×{width}", pictures=words.integer(pictures))
    top, label, between = TITLE_SPACE + 0.35, 0.6, 0.3
    step = min((TALLEST - top - MARGIN) / len(rows), 1.35)
    down = step - 0.32
    across = min(down * width / height, (WIDTH - 2 * MARGIN - label - between) / (most + 1) - _GAP)
    down = across * height / width
    step = down + 0.32
    sheet = Sheet(title, text, top + len(rows) * step + MARGIN)
    sheet.text(MARGIN + label, top - 0.1, words("synthesised"), 11, weight="bold")
    start = MARGIN + label + max(across, 1.15) + between
    sheet.text(start, top - 0.1, words("strongest"), 11, weight="bold")
    for row, (channel, made, patches, values) in enumerate(rows):
        y = top + row * step
        sheet.text(MARGIN, y + down / 2 + 0.05, str(channel + 1), 13, weight="bold", width=label)
        if made is not None:
            sheet.image(
                MARGIN + label,
                y,
                across,
                down,
                resized(to_bytes(made), round(across * DPI), round(down * DPI)),
            )
        else:
            sheet.frame(MARGIN + label, y, across, down, LINE)
            sheet.text(
                MARGIN + label + 0.06, y + down / 2, words("not_made"), 9, colour=MUTED, width=across - 0.1
            )
        if patches:
            tiles = [to_bytes(patch) for patch in patches]
            whole = mosaic(tiles, len(tiles), (across, down), (_GAP, 0))
            sheet.image(start, y, len(tiles) * (across + _GAP) - _GAP, down, whole)
        for column, value in enumerate(values):
            x = start + column * (across + _GAP)
            sheet.text(x, y + down + 0.15, short(value, words), 9, colour=MUTED, width=across)
    return Plate(
        "patches", file_name("patches", layer.name) + (f"-p{page + 1}" if page else ""), title, sheet.figure
    )
