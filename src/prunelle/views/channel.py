"""One filter, many pictures: the maps of one channel for pictures of every class."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator

import numpy as np

from prunelle.drawing.fonts import text_width
from prunelle.drawing.pixels import mosaic, pages, to_bytes
from prunelle.drawing.plate import Plate, paged
from prunelle.drawing.sheet import MARGIN, TALLEST, TITLE_SPACE, WIDTH, Sheet
from prunelle.look.contrast import alone
from prunelle.look.layers import Layer, check_channel, outputs_of
from prunelle.look.survey import Survey
from prunelle.texts import Language, Note, Typography
from prunelle.views.picture_look import NO_MAPS, PictureLook, Sample, spread, stratified
from prunelle.views.view import LeftOutError, View

MOST_CLASSES = 40
"""Of more, those evenly between are shown."""
MOST_ROWS = 10
"""Classes on one page."""
_PER_CLASS = 8
_GAP = 0.1


TEXTS = {
    "view": Note("One filter, many pictures", "Un filtre, beaucoup d’images"),
    "view_text": Note(
        "The map of one channel for pictures of every class, all on one scale.",
        "La carte d’un canal pour des images de chaque classe, toutes à la même échelle.",
    ),
    "title": Note("Channel {channel} of {layer}", "Canal {channel} de {layer}"),
    "text": Note(
        "A picture of the class and, beside it, the channel’s map; one scale for all: black {low}, white {high}.",
        "Une image de la classe et, à côté, la carte du canal ; une seule échelle : noir {low}, blanc {high}.",
    ),
}


class Words(Typography):
    """This view's sentences."""

    texts = TEXTS


@dataclasses.dataclass(frozen=True, eq=False)
class ChannelMaps:
    """One channel's maps for pictures of every class.

    Attributes:
        layer: its name. label: the name with its kind and what follows it. channel: from 0.
        pixels: ``(n, H, W, C)`` uint8. labels: ``(n,)`` indices into ``classes``.
        maps: ``(n, h, w)`` float32.
    """

    layer: str
    label: str
    channel: int
    pixels: np.ndarray
    labels: np.ndarray
    classes: tuple[str, ...]
    maps: np.ndarray


def compute(look: PictureLook) -> Iterator[ChannelMaps]:
    """Of the channel named, or of the one of the last maps that tells classes apart best."""
    sample, survey = look.surveyed
    with_maps = [layer for layer in look.layers or look.anatomy.layers if layer.has_maps]
    if not with_maps:
        raise LeftOutError(NO_MAPS)
    kinds = spread(np.unique(sample.labels).tolist(), MOST_CLASSES)
    there = np.flatnonzero(np.isin(sample.labels, kinds))
    chosen = there[stratified(sample.labels[there], _PER_CLASS * len(kinds))]
    last = [layer for layer in with_maps if layer.last == look.anatomy.attention] or with_maps[-1:]
    for layer in with_maps if look.layers else last:
        index = _most_selective_channel(look, layer, sample, survey)
        maps = []
        for images in look.batches(sample.pixels[chosen]):
            output = outputs_of(look.subject.network, images, [layer])[layer.name]
            maps.append(output[:, index].float().cpu().numpy())
        yield ChannelMaps(
            layer=layer.name,
            label=layer.label,
            channel=index,
            pixels=sample.pixels[chosen],
            labels=sample.labels[chosen],
            classes=tuple(sample.classes),
            maps=np.concatenate(maps),
        )


def _most_selective_channel(look: PictureLook, layer: Layer, sample: Sample, survey: Survey) -> int:
    if look.channel is not None:
        return check_channel(layer, look.channel)
    responses = {layer.name: survey.responses[layer.name]}
    labels = np.unique(sample.labels)
    if len(labels) < 2:
        return int(responses[layer.name].std(axis=0).argmax())
    best = [alone(responses, sample.labels, int(label), 1)[0] for label in labels]
    return max(best, key=lambda one: one.score).channel


def draw(result: ChannelMaps, language: Language) -> Iterator[Plate]:
    """A row a class, a picture and its map beside each other, all maps on one scale."""
    words = Words(language)
    title = words("title", channel=result.channel + 1, layer=result.label)
    low, high = float(result.maps.min()), float(result.maps.max())
    text = words("text", low=words.number(low), high=words.number(high))
    rows = [(int(label), np.flatnonzero(result.labels == label)) for label in np.unique(result.labels)]
    height, width = result.pixels.shape[1:3]
    most = max(len(members) for _, members in rows)
    name_room = min(2.5, 0.3 + max(text_width(result.classes[label], 12) for label, _ in rows))
    for page, (first, last) in enumerate(pages(len(rows), MOST_ROWS)):
        top = TITLE_SPACE + 0.1
        down = (TALLEST - top - MARGIN) / (last - first) - _GAP
        across = min(down * width / height, (WIDTH - 2 * MARGIN - name_room - most * 0.2) / (2 * most), 1.3)
        down = across * height / width
        sheet = Sheet(title, text, top + (last - first) * (down + _GAP) + MARGIN)
        for row, (label, members) in enumerate(rows[first:last]):
            y = top + row * (down + _GAP)
            sheet.text(MARGIN, y + down / 2 + 0.05, result.classes[label], 12, width=name_room - 0.1)
            for column, index in enumerate(members.tolist()):
                x = MARGIN + name_room + column * (2 * across + 0.2)
                one = (result.maps[index] - low) / ((high - low) or 1.0)
                pair = [to_bytes(result.pixels[index]), to_bytes(one)]
                # A thread of white tells where a grey picture ends and its map begins.
                whole = mosaic(pair, 2, (across, down), (0.04, 0))
                sheet.image(x, y, 2 * across + 0.04, down, whole)
        name = paged("channel", result.layer, result.channel + 1, page=page)
        yield Plate(name, title, sheet.figure)


VIEW = View(
    name="channel",
    kind="pictures",
    words=Words,
    needs=("data", "classes"),
    arguments=("layers", "channel", "data", "sample"),
    result_type=ChannelMaps,
    compute=compute,
    draw=draw,
)
