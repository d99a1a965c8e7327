"""What each layer makes of each picture."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Iterator, Sequence

import numpy as np
from matplotlib.axes import Axes

from prunelle.drawing.axes import ticks
from prunelle.drawing.palette import BLUE, INK, MUTED, ORANGE
from prunelle.drawing.pixels import pages, to_bytes
from prunelle.drawing.plate import Plate, paged
from prunelle.drawing.sheet import MARGIN, MOST_TILES, TALLEST, TITLE_SPACE, Sheet
from prunelle.look.layers import Layer, check_channel, outputs_of
from prunelle.texts import Language, Note, Typography
from prunelle.views.picture_look import PictureLook, Scale, spread
from prunelle.views.tiles import PAGE_WORDS, ROOM, numbered, tiles_figure
from prunelle.views.view import View

MOST_CHANNELS = 8192
"""Channels of all layers together whose maps are shown for a picture unless layers are named."""
MOST_UNITS = 512
"""Units of a dense layer on one page, in rows of ``_A_ROW``."""
_A_ROW = 128
_MOST_NAMED = 30


TEXTS = PAGE_WORDS | {
    "view": Note("Activations", "Activations"),
    "view_text": Note(
        "What each layer makes of a picture, channel by channel, numbered from 1; white is high, black is low.",
        "Ce que chaque couche fait d’une image, canal par canal, numérotés à partir de 1 ; blanc : élevé, "
        "noir : faible.",
    ),
    "title": Note("Activations of {layer}", "Activations de {layer}"),
    "channels": Note("{n} channels of {size}", "{n} canaux de {size}"),
    "units": Note("{n} units", "{n} unités"),
    "scale_channel": Note(
        "Each channel on its own scale: black its lowest value, white its highest.",
        "Chaque canal a son échelle : noir pour sa plus petite valeur, blanc pour la plus grande.",
    ),
    "scale_shared": Note(
        "One scale for all channels: black {low}, white {high}.",
        "Une seule échelle pour tous les canaux : noir {low}, blanc {high}.",
    ),
    "unit_axis": Note("unit", "unité"),
    "class_axis": Note("class", "classe"),
    "activation_axis": Note("activation", "activation"),
    "logit_axis": Note("score (logit)", "score (logit)"),
}


class Words(Typography):
    """This view's sentences."""

    texts = TEXTS


@dataclasses.dataclass(frozen=True, eq=False)
class Activations:
    """What one layer makes of one picture.

    Attributes:
        layer: its name. label: the name with its kind and what follows it.
        values: ``(C, h, w)`` float32, or ``(units,)``.
        picture: its number, from 1.
        pixels: ``(H, W, C)`` uint8, the picture.
        scale: ``channel``, each stretched from its lowest value to its highest, or ``shared``.
        channel: show this one alone, from 0; None for all.
        classes: of the output layer.
    """

    layer: str
    label: str
    values: np.ndarray
    picture: int
    pixels: np.ndarray | None = None
    scale: Scale = "channel"
    channel: int | None = None
    classes: tuple[str, ...] | None = None

    @property
    def has_maps(self) -> bool:
        """The values have places, more than one."""
        return self.values.ndim == 3 and math.prod(self.values.shape[1:]) > 1


def compute(look: PictureLook) -> Iterator[Activations]:
    """Picture by picture, layer by layer; of a large network fewer layers."""
    layers: Sequence[Layer] = look.anatomy.layers if look.layers is None else look.layers
    while look.layers is None and sum(layer.channels for layer in layers if layer.has_maps) > MOST_CHANNELS:
        layers = spread(layers, len(layers) * 3 // 4)
    for number, answer in enumerate(look.answers, start=1):
        outputs = outputs_of(look.subject.network, look.batch(answer.pixels[np.newaxis]), layers)
        for layer in layers:
            yield Activations(
                layer=layer.name,
                label=layer.label,
                values=outputs.pop(layer.name)[0].detach().float().cpu().numpy(),
                picture=number,
                pixels=answer.pixels,
                scale=look.scale,
                channel=None if look.channel is None else check_channel(layer, look.channel),
                classes=look.subject.classes if layer.name == look.anatomy.dense else None,
            )


def draw(result: Activations, language: Language) -> Iterator[Plate]:
    """A map a channel on pages of ``MOST_TILES``; bars for a dense layer."""
    words = Words(language)
    if not result.has_maps:
        yield from _bars(result, words)
        return
    values = result.values
    chosen = range(len(values)) if result.channel is None else [result.channel]
    low, high = float(values.min()), float(values.max())
    if result.scale == "shared":
        legend = words("scale_shared", low=words.number(low), high=words.number(high))
    else:
        legend = words("scale_channel")
    size = f"{values.shape[1]}×{values.shape[2]}"
    text = f"{words('channels', n=words.integer(len(values)), size=size)}. {legend}"
    for page, (first, last) in enumerate(pages(len(chosen), MOST_TILES)):
        tiles, labels, flat = [], [], []
        for index in chosen[first:last]:
            one = values[index]
            ends = (low, high) if result.scale == "shared" else (float(one.min()), float(one.max()))
            span = ends[1] - ends[0]
            tiles.append(to_bytes((one - ends[0]) / span if span > 0 else np.zeros_like(one)))
            labels.append(str(index + 1))
            flat.append(bool(one.min() == one.max()))
        caption = numbered(text, page, len(chosen), MOST_TILES, words)
        title = words("title", layer=result.label)
        figure = tiles_figure(title, caption, tiles, labels, words, flat=flat, corner=result.pixels)
        yield Plate(_name(result, page), title, figure)


def _bars(result: Activations, words: Words) -> Iterator[Plate]:
    values = result.values.ravel()
    named = result.classes is not None and len(result.classes) == len(values) <= _MOST_NAMED
    title = words("title", layer=result.label)
    low, high = min(0.0, float(values.min())), max(0.0, float(values.max()))
    margin = 0.05 * ((high - low) or 1.0)
    for page, (first, last) in enumerate(pages(len(values), MOST_UNITS)):
        text = words("units", n=words.integer(len(values))) + "."
        text = numbered(text, page, len(values), MOST_UNITS, words)
        rows = pages(last - first, _A_ROW)
        row_height = (TALLEST - TITLE_SPACE - 0.9) / max(len(rows), 2)
        height = TITLE_SPACE + len(rows) * row_height + 0.9 + (0.5 if named else 0)
        sheet = Sheet(title, text, height, result.pixels)
        for row, (start, end) in enumerate(rows):
            axes = sheet.axes(
                MARGIN + 0.75, TITLE_SPACE + 0.1 + row * row_height, ROOM - 0.75, row_height - 0.45
            )
            shown = values[first + start : first + end]
            numbers = np.arange(first + start + 1, first + end + 1)
            axes.bar(numbers, shown, color=[ORANGE if value > 0 else BLUE for value in shown], width=0.8)
            axes.axhline(0, color=MUTED, linewidth=0.8)
            axes.set_ylim(low - margin, high + margin)
            axes.set_xlim(numbers[0] - 0.6, numbers[0] + (_A_ROW if len(rows) > 1 else len(shown)))
            ticks(axes.yaxis, words.number, most=4)
            ticks(axes.xaxis, most=16, whole=True)
            if named and result.classes is not None:
                _name_bars(axes, numbers, result.classes)
            if row == 0:
                axes.set_ylabel(words("logit_axis" if named else "activation_axis"))
            if row == len(rows) - 1:
                axes.set_xlabel(words("class_axis" if named else "unit_axis"))
        yield Plate(_name(result, page), title, sheet.figure)


def _name_bars(axes: Axes, numbers: np.ndarray, classes: Sequence[str]) -> None:
    turned, align = (30, "right") if max(map(len, classes)) > 6 else (0, "center")
    cut = [name if len(name) <= 14 else name[:13] + "…" for name in classes]
    axes.set_xticks(numbers, cut, color=INK, parse_math=False, rotation=turned, ha=align)


def _name(result: Activations, page: int) -> str:
    return paged("activations", result.picture, result.layer, page=page)


VIEW = View(
    name="activations",
    kind="pictures",
    words=Words,
    needs=("picture",),
    arguments=("pictures", "layers", "channel", "scale"),
    result_type=Activations,
    compute=compute,
    draw=draw,
)
