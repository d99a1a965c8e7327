"""The space of features: what the last layer receives, in two dimensions."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator, Mapping, Sequence
from typing import get_args

import numpy as np

from prunelle.drawing.palette import CATEGORIES, INK, LINE, MARKERS, MUTED, WHITE
from prunelle.drawing.pixels import DPI, resized, to_bytes
from prunelle.drawing.plate import Plate
from prunelle.drawing.sheet import MARGIN, TALLEST, TITLE_SPACE, WIDTH, Sheet
from prunelle.look.space import Projection, project
from prunelle.texts import Language, Note, Typography
from prunelle.views.picture_look import PictureLook
from prunelle.views.view import View

_THUMB = 0.36  # inches
_MOST_NAMED = 14


TEXTS = {
    "view": Note("The space of features", "L’espace des caractéristiques"),
    "view_text": Note(
        "What the last layer receives, brought to two dimensions. Pictures that the network finds alike lie close "
        "to each other; mistakes are marked.",
        "Ce que reçoit la dernière couche, ramené à deux dimensions. Les images que le réseau trouve semblables "
        "sont proches ; les erreurs sont marquées.",
    ),
    "pca": Note("The space of features: PCA", "L’espace des caractéristiques : ACP"),
    "tsne": Note("The space of features: t-SNE", "L’espace des caractéristiques : t-SNE"),
    "pca_text": Note(
        "{n} pictures by their {d} features; the two axes keep {share} of the variance.",
        "{n} images par leurs {d} caractéristiques ; les deux axes gardent {share} de la variance.",
    ),
    "tsne_text": Note(
        "{n} pictures by their {d} features. Neighbours are alike; distances between groups mean nothing.",
        "{n} images par leurs {d} caractéristiques. Les voisins se ressemblent ; les distances entre groupes ne "
        "disent rien.",
    ),
    "mistakes": Note("{n} mistakes", "{n} erreurs"),
    "one_mistake": Note("1 mistake", "1 erreur"),
    "other_classes": Note("other classes", "autres classes"),
}


class Words(Typography):
    """This view's sentences."""

    texts = TEXTS


@dataclasses.dataclass(frozen=True, eq=False)
class Space:
    """Pictures as points.

    Attributes:
        how: they were brought to two dimensions.
        points: ``(N, 2)`` float64.
        share: of the variance that PCA keeps; None for t-SNE.
        dimensions: of the features.
        thumbnails: ``(N, h, w, 3)`` uint8, as large as they are drawn.
        labels: ``(N,)`` indices into ``classes``.
        wrong: ``(N,)`` bool: the network answers another class; None where it knows other classes than these.
    """

    how: Projection
    points: np.ndarray
    share: float | None
    dimensions: int
    thumbnails: np.ndarray
    labels: np.ndarray
    wrong: np.ndarray | None
    classes: tuple[str, ...]


def compute(look: PictureLook) -> Iterator[Space]:
    """By PCA, then by t-SNE."""
    sample, survey = look.surveyed
    thumbnails = np.stack([_thumbnail(pixels) for pixels in sample.pixels])
    ways: tuple[Projection, ...] = get_args(Projection)
    for how in ways:
        points, share = project(survey.features, how)
        yield Space(
            how=how,
            points=points,
            share=share,
            dimensions=survey.features.shape[1],
            thumbnails=thumbnails,
            labels=sample.labels,
            wrong=None if sample.predicted is None else sample.predicted != sample.labels,
            classes=tuple(sample.classes),
        )


def _thumbnail(pixels: np.ndarray) -> np.ndarray:
    tall, wide = pixels.shape[:2]
    across, down = _THUMB * min(1, wide / tall), _THUMB * min(1, tall / wide)
    return resized(to_bytes(pixels), max(1, round(across * DPI)), max(1, round(down * DPI)))


def draw(result: Space, language: Language) -> Iterator[Plate]:
    """Every picture at its place, thumbnails where there is room for one, mistakes marked."""
    words = Words(language)
    title = words(result.how)
    n, d = words.integer(len(result.points)), words.integer(result.dimensions)
    sheet = Sheet(title, words(f"{result.how}_text", n=n, d=d, share=words.percent(result.share)), TALLEST)
    left, top, width = MARGIN, TITLE_SPACE + 0.05, WIDTH - 2 * MARGIN - 2.6
    x, y = _places(sheet, result, (left, top, width, TALLEST - TITLE_SPACE - MARGIN))
    wrong = np.zeros(len(result.points), bool) if result.wrong is None else result.wrong
    named = [int(label) for label in np.unique(result.labels)]
    styles = {label: _style(number) for number, label in enumerate(named)}
    for label in named:
        colour, marker = styles[label]
        of = result.labels == label
        sheet.canvas.scatter(
            x[of], y[of], 26, color=colour, marker=marker, linewidths=0.4, edgecolors=WHITE, zorder=0.5
        )
    tall, wide = result.thumbnails.shape[1:3]
    across, down = _THUMB * min(1, wide / tall), _THUMB * min(1, tall / wide)
    # Mistakes first: where thumbnails would cover each other, theirs are seen.
    for index in _with_room(x, y, np.flatnonzero(wrong).tolist() + np.flatnonzero(~wrong).tolist()):
        place = (x[index] - across / 2, y[index] - down / 2)
        sheet.image(*place, across, down, result.thumbnails[index])
        sheet.frame(*place, across, down, styles[int(result.labels[index])][0], 2)
    # At a corner: neither the dot nor the thumbnail is covered.
    _badge(sheet, x[wrong] + _THUMB / 2, y[wrong] - _THUMB / 2)
    _legend(
        sheet, (left + width + 0.2, top), result.classes, styles=styles, wrong=int(wrong.sum()), words=words
    )
    yield Plate(f"space-{result.how}", title, sheet.figure)


def _places(
    sheet: Sheet, result: Space, box: tuple[float, float, float, float]
) -> tuple[np.ndarray, np.ndarray]:
    """Where each point lies on the sheet, in a frame of that left, top, width and height."""
    left, top, width, height = box
    sheet.frame(left, top, width, height, LINE)
    low, high = result.points.min(axis=0), result.points.max(axis=0)
    spans = np.where(high > low, high - low, 1)
    edge = _THUMB * 0.8
    room = np.array([width - 2 * edge, height - 2 * edge])
    # PCA's axes keep one scale, so that distances are what they are.
    scale = np.full(2, min(room / spans)) if result.how == "pca" else room / spans
    middle = (low + high) / 2
    x = left + width / 2 + (result.points[:, 0] - middle[0]) * scale[0]
    y = top + height / 2 - (result.points[:, 1] - middle[1]) * scale[1]
    return x, y


def _badge(sheet: Sheet, x: np.ndarray, y: np.ndarray) -> None:
    """The mark of a mistake."""
    sheet.canvas.scatter(x, y, 90, facecolors=WHITE, edgecolors=INK, linewidths=1.2, zorder=4)
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
    corner: tuple[float, float],
    classes: Sequence[str],
    styles: Mapping[int, tuple[str, str]],
    wrong: int,
    words: Words,
) -> None:
    x, y = corner
    shown = list(styles.items())[:_MOST_NAMED]
    for row, (label, (colour, marker)) in enumerate(shown):
        sheet.canvas.scatter([x + 0.1], [y + 0.15 + row * 0.32], 60, color=colour, marker=marker)
        sheet.text(x + 0.3, y + 0.2 + row * 0.32, classes[label], 12, width=2.0)
    end = y + 0.2 + len(shown) * 0.32
    if len(styles) > len(shown):
        more = f"… {words('other_classes')} ({len(styles) - len(shown)})"
        sheet.text(x + 0.3, end, more, 11, colour=MUTED, width=2.1)
        end += 0.32
    if wrong:
        _badge(sheet, np.array([x + 0.1]), np.array([end + 0.2]))
        caption = words("one_mistake") if wrong == 1 else words("mistakes", n=words.integer(wrong))
        sheet.text(x + 0.3, end + 0.25, caption, 12, width=2.1)


VIEW = View(
    name="space",
    kind="pictures",
    words=Words,
    needs=("data", "classes"),
    arguments=("data", "sample"),
    result_type=Space,
    compute=compute,
    draw=draw,
)
