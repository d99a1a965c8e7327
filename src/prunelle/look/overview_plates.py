"""Figures of a whole network over labelled pictures: the space of its features, and how much of it works."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence

import numpy as np

from prunelle.look.data_plates import Sample
from prunelle.look.figures import (
    BLUE,
    CATEGORIES,
    DPI,
    INK,
    LINE,
    MARGIN,
    MARKERS,
    MUTED,
    ORANGE,
    TALLEST,
    TITLE_SPACE,
    WIDTH,
    Plate,
    Sheet,
    pages,
    resized,
    to_bytes,
)
from prunelle.look.layers import Layer
from prunelle.look.space import Projection
from prunelle.look.survey import TWINS, Health
from prunelle.look.words import Words
from prunelle.texts import Language

MOST_LAYERS = 20
"""Layers on one page of the health table."""
_THUMB = 0.36  # inches
_MOST_NAMED = 14


def space_plate(
    points: np.ndarray,
    share: float | None,
    dimensions: int,
    how: Projection,
    sample: Sample,
    language: Language,
) -> Plate:
    """Every picture at its place, thumbnails where there is room for one, mistakes marked.

    Args:
        points: ``(N, 2)``.
        share: of the variance that PCA keeps.
        dimensions: of the features.
    """
    words = Words(language)
    title = words(f"space_{how}")
    n = words.integer(len(points))
    text = words(f"space_{how}_text", n=n, d=words.integer(dimensions), share=words.percent(share))
    sheet = Sheet(title, text, TALLEST)
    left, top, width, height = (
        MARGIN,
        TITLE_SPACE + 0.05,
        WIDTH - 2 * MARGIN - 2.6,
        TALLEST - TITLE_SPACE - MARGIN,
    )
    sheet.frame(left, top, width, height, LINE)
    low, high = points.min(axis=0), points.max(axis=0)
    spans = np.where(high > low, high - low, 1)
    edge = _THUMB * 0.8
    room = np.array([width - 2 * edge, height - 2 * edge])
    # PCA's axes keep one scale, so that distances are what they are.
    scale = np.full(2, min(room / spans)) if how == "pca" else room / spans
    middle = (low + high) / 2
    x = left + width / 2 + (points[:, 0] - middle[0]) * scale[0]
    y = top + height / 2 - (points[:, 1] - middle[1]) * scale[1]
    wrong = np.zeros(len(points), bool) if sample.predicted is None else sample.predicted != sample.labels
    named = [int(label) for label in np.unique(sample.labels)]
    styles = {label: _style(number) for number, label in enumerate(named)}
    for label in named:
        colour, marker = styles[label]
        of = sample.labels == label
        sheet.canvas.scatter(
            x[of], y[of], 26, color=colour, marker=marker, linewidths=0.4, edgecolors="white", zorder=0.5
        )
    for index in _with_room(x, y, np.flatnonzero(wrong).tolist() + np.flatnonzero(~wrong).tolist()):
        pixels = to_bytes(sample.pixels[index])
        tall, wide = pixels.shape[:2]
        across, down = _THUMB * min(1, wide / tall), _THUMB * min(1, tall / wide)
        place = (x[index] - across / 2, y[index] - down / 2)
        sheet.image(*place, across, down, resized(pixels, round(across * DPI), round(down * DPI)))
        sheet.frame(*place, across, down, styles[int(sample.labels[index])][0], 2)
    # At a corner: neither the dot nor the thumbnail is covered.
    _badge(sheet, x[wrong] + _THUMB / 2, y[wrong] - _THUMB / 2)
    _legend(sheet, left + width + 0.2, top, sample, named, styles, int(wrong.sum()), words)
    return Plate("space", f"space-{how}", title, sheet.figure)


def _badge(sheet: Sheet, x: np.ndarray, y: np.ndarray) -> None:
    """The mark of a mistake."""
    sheet.canvas.scatter(x, y, 90, facecolors="white", edgecolors=INK, linewidths=1.2, zorder=4)
    sheet.canvas.scatter(x, y, 22, color=INK, marker="x", linewidths=1.4, zorder=5)


def _style(number: int) -> tuple[str, str]:
    """A colour and a marker for each class: of the classes beyond the colours, another marker tells them apart."""
    return CATEGORIES[number % len(CATEGORIES)], MARKERS[(number // len(CATEGORIES)) % len(MARKERS)]


def _with_room(x: np.ndarray, y: np.ndarray, order: Sequence[int]) -> Iterator[int]:
    """Indices of the thumbnails that do not cover one before."""
    taken: list[int] = []
    for index in order:
        free = all(max(abs(x[index] - x[o]), abs(y[index] - y[o])) > 1.25 * _THUMB for o in taken)
        if free:
            taken.append(index)
            yield index


def _legend(
    sheet: Sheet,
    x: float,
    y: float,
    sample: Sample,
    named: Sequence[int],
    styles: Mapping[int, tuple[str, str]],
    wrong: int,
    words: Words,
) -> None:
    shown = list(named[:_MOST_NAMED])
    for row, label in enumerate(shown):
        colour, marker = styles[label]
        sheet.canvas.scatter([x + 0.1], [y + 0.15 + row * 0.32], 60, color=colour, marker=marker)
        sheet.text(x + 0.3, y + 0.2 + row * 0.32, sample.classes[label], 12, width=2.0)
    end = y + 0.2 + len(shown) * 0.32
    if len(named) > len(shown):
        sheet.text(
            x + 0.3,
            end,
            f"… {words('other_classes')} ({len(named) - len(shown)})",
            11,
            colour=MUTED,
            width=2.1,
        )
        end += 0.32
    if wrong:
        _badge(sheet, np.array([x + 0.1]), np.array([end + 0.2]))
        told = words("one_mistake") if wrong == 1 else words("mistakes", n=words.integer(wrong))
        sheet.text(x + 0.3, end + 0.25, told, 12, width=2.1)


def health_plates(
    layers: Sequence[Layer], health: Mapping[str, Health], pictures: int, language: Language
) -> Iterator[Plate]:
    """A line a layer: how much of it is dead, saturated, redundant, as bars with numbers."""
    words = Words(language)
    title = words("health")
    text = words("health_text", n=words.integer(pictures), twins=words.decimal(TWINS, 2))
    for page, (first, last) in enumerate(pages(len(layers), MOST_LAYERS)):
        step = 0.29
        top = TITLE_SPACE + 0.35
        sheet = Sheet(title, text, top + (last - first) * step + MARGIN)
        columns = [MARGIN + 6.2, MARGIN + 8.45, MARGIN + 10.7]
        sheet.text(MARGIN, top - 0.12, words("layer"), 11, weight="bold")
        sheet.text(MARGIN + 5.9, top - 0.12, words("number_of"), 11, weight="bold", align="right")
        for x, key in zip(columns, ("dead", "saturated", "redundant"), strict=True):
            sheet.text(x, top - 0.12, words(key), 11, weight="bold")
        axes = sheet.axes(0, 0, WIDTH, sheet.height)
        axes.set(xlim=(0, WIDTH), ylim=(sheet.height, 0))
        axes.set_axis_off()
        for row, layer in enumerate(layers[first:last]):
            found = health[layer.name]
            y = top + row * step
            sheet.text(MARGIN, y + 0.17, layer.label, 11, width=5.1)
            sheet.text(MARGIN + 5.9, y + 0.17, words.integer(layer.channels), 11, colour=MUTED, align="right")
            shares = (float(found.dead.mean()), found.saturated, float(found.redundant.mean()))
            for x, share, colour in zip(columns, shares, (INK, BLUE, ORANGE), strict=True):
                if share is not None and not math.isnan(share):
                    axes.barh(y + 0.12, 1.2, 0.17, left=x, color="#eeece6")
                    axes.barh(y + 0.12, 1.2 * share, 0.17, left=x, color=colour)
                    sheet.text(x + 1.28, y + 0.17, words.percent(share), 10, colour=INK)
                else:
                    sheet.text(x, y + 0.17, words.percent(None), 10, colour=MUTED)
        yield Plate("health", "health" + (f"-p{page + 1}" if page else ""), title, sheet.figure)
