"""How much of each layer works: dead, saturated and redundant channels."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator

import numpy as np

from prunelle.drawing.palette import BLUE, INK, MUTED, ORANGE, PAPER
from prunelle.drawing.pixels import pages
from prunelle.drawing.plate import Plate, paged
from prunelle.drawing.sheet import MARGIN, TITLE_SPACE, WIDTH, Sheet
from prunelle.look.survey import TWINS, Health
from prunelle.texts import Language, Note, Typography
from prunelle.views.picture_look import NO_HIDDEN, PictureLook
from prunelle.views.view import LeftOutError, View

MOST_LAYERS = 20
"""On one page."""


TEXTS = {
    "view": Note("Dead, saturated, redundant", "Morts, saturés, redondants"),
    "view_text": Note(
        "How much of each layer works: channels that none of the pictures looked at activates, values at the end "
        "of a bounded activation, channels that nearly repeat another.",
        "Quelle part de chaque couche travaille : canaux qu’aucune des images regardées n’active, valeurs en butée "
        "d’une activation bornée, canaux qui en répètent presque un autre.",
    ),
    "text": Note(
        "Share of each layer, over {n} pictures. Redundant: correlation above {twins} with an earlier channel.",
        "Part de chaque couche, sur {n} images. Redondant : corrélation de plus de {twins} avec un canal "
        "précédent.",
    ),
    "dead": Note("dead", "morts"),
    "saturated": Note("saturated", "saturés"),
    "redundant": Note("redundant", "redondants"),
    "layer": Note("layer", "couche"),
    "channels": Note("channels", "canaux"),
}


class Words(Typography):
    """This view's sentences."""

    texts = TEXTS


@dataclasses.dataclass(frozen=True, eq=False)
class LayerHealth:
    """How much of one layer works.

    Attributes:
        layer: its name. label: the name with its kind and what follows it. channels: how many there are.
        health: of each of them.
    """

    layer: str
    label: str
    channels: int
    health: Health


@dataclasses.dataclass(frozen=True, eq=False)
class NetworkHealth:
    """Layer by layer, over so many pictures."""

    layers: tuple[LayerHealth, ...]
    pictures: int


def compute(look: PictureLook) -> Iterator[NetworkHealth]:
    """Of all layers but the output, or of those named."""
    sample, survey = look.surveyed
    layers = [layer for layer in look.layers or look.anatomy.layers if layer.name != look.anatomy.dense]
    if not layers:
        raise LeftOutError(NO_HIDDEN)
    yield NetworkHealth(
        tuple(LayerHealth(one.name, one.label, one.channels, survey.health[one.name]) for one in layers),
        len(sample.labels),
    )


def draw(result: NetworkHealth, language: Language) -> Iterator[Plate]:
    """A line a layer: how much of it is dead, saturated, redundant, as bars with numbers."""
    words = Words(language)
    title = words("view")
    text = words("text", n=words.integer(result.pictures), twins=words.decimal(TWINS, 2))
    for page, (first, last) in enumerate(pages(len(result.layers), MOST_LAYERS)):
        step = 0.29
        top = TITLE_SPACE + 0.35
        sheet = Sheet(title, text, top + (last - first) * step + MARGIN)
        columns = [MARGIN + 6.2, MARGIN + 8.45, MARGIN + 10.7]
        sheet.text(MARGIN, top - 0.12, words("layer"), 11, weight="bold")
        sheet.text(MARGIN + 5.9, top - 0.12, words("channels"), 11, weight="bold", align="right")
        for x, key in zip(columns, ("dead", "saturated", "redundant"), strict=True):
            sheet.text(x, top - 0.12, words(key), 11, weight="bold")
        axes = sheet.axes(0, 0, WIDTH, sheet.height)
        axes.set(xlim=(0, WIDTH), ylim=(sheet.height, 0))
        axes.set_axis_off()
        for row, layer in enumerate(result.layers[first:last]):
            y = top + row * step
            sheet.text(MARGIN, y + 0.17, layer.label, 11, width=5.1)
            sheet.text(MARGIN + 5.9, y + 0.17, words.integer(layer.channels), 11, colour=MUTED, align="right")
            for x, share, colour in zip(columns, _shares(layer.health), (INK, BLUE, ORANGE), strict=True):
                if share is not None:
                    axes.barh(y + 0.12, 1.2, 0.17, left=x, color=PAPER)
                    axes.barh(y + 0.12, 1.2 * share, 0.17, left=x, color=colour)
                    sheet.text(x + 1.28, y + 0.17, words.percent(share), 10, colour=INK)
                else:
                    sheet.text(x, y + 0.17, words.percent(None), 10, colour=MUTED)
        yield Plate(paged("health", page=page), title, sheet.figure)


def _shares(health: Health) -> tuple[float | None, ...]:
    """Dead, saturated, redundant; None where nothing can be said."""
    if not len(health.dead):
        return None, health.saturated, None
    return float(np.mean(health.dead)), health.saturated, float(np.mean(health.redundant))


VIEW = View(
    name="health",
    kind="pictures",
    words=Words,
    needs=("data",),
    arguments=("layers", "data", "sample"),
    result_type=NetworkHealth,
    compute=compute,
    draw=draw,
)
