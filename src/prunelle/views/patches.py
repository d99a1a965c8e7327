"""What channels look for: a picture made to excite each, and the patches that excite it most."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator, Sequence

import numpy as np

from prunelle.drawing.palette import LINE, MUTED
from prunelle.drawing.pixels import DPI, mosaic, resized, to_bytes
from prunelle.drawing.plate import Plate, file_name
from prunelle.drawing.sheet import MARGIN, TALLEST, TITLE_SPACE, WIDTH, Sheet
from prunelle.look.layers import Layer, check_channel
from prunelle.look.patches import STEPS, best_places, cut, synthesise
from prunelle.look.survey import Survey
from prunelle.networks.summary import summarise
from prunelle.texts import Language, Note, Typography
from prunelle.views.picture_look import NO_MAPS, PictureLook, spread
from prunelle.views.view import LeftOutError, View

ROWS, PATCHES = 6, 10
"""Channels of a layer, and patches of each."""
_LAYERS = 3  # unless some are named
_SYNTHESIS_OPERATIONS = 2 * 10**12
_GAP = 0.1


TEXTS = {
    "view": Note("What a channel looks for", "Ce que cherche un canal"),
    "view_text": Note(
        "First a picture synthesised to excite the channel (activation maximisation), then the patches of real "
        "pictures that excite it most, cut out at its receptive field.",
        "D’abord une image synthétisée pour exciter le canal (maximisation d’activation), puis les morceaux "
        "d’images réelles qui l’excitent le plus, découpés à son champ récepteur.",
    ),
    "title": Note("What channels of {layer} look for", "Ce que cherchent des canaux de {layer}"),
    "text": Note(
        "Left, a picture synthesised to excite the channel; then the {n} strongest patches of {field} pixels, of "
        "{pictures} pictures.",
        "À gauche, une image synthétisée pour exciter le canal ; puis les {n} morceaux de {field} pixels qui "
        "l’excitent le plus, parmi {pictures} images.",
    ),
    "synthesised": Note("synthesised", "synthétisée"),
    "not_made": Note("not made", "non faite"),
    "strongest": Note("strongest patches →", "morceaux les plus forts →"),
}


class Words(Typography):
    """This view's sentences."""

    texts = TEXTS


@dataclasses.dataclass(frozen=True, eq=False)
class ChannelPatches:
    """What one channel looks for.

    Attributes:
        channel: from 0.
        synthesised: ``(h, w, C)`` uint8, the picture synthesised to excite it; None where there was no time.
        patches: ``(h, w, C)`` uint8 each, the strongest first. values: of the channel there.
    """

    channel: int
    synthesised: np.ndarray | None
    patches: tuple[np.ndarray, ...]
    values: tuple[float, ...]


@dataclasses.dataclass(frozen=True, eq=False)
class Patches:
    """What channels of one layer look for.

    Attributes:
        layer: its name. label: the name with its kind and what follows it.
        pictures: how many the patches were chosen from.
    """

    layer: str
    label: str
    channels: tuple[ChannelPatches, ...]
    pictures: int


def compute(look: PictureLook) -> Iterator[Patches]:
    """Layer by layer: the channel named, or those whose response differs most from picture to picture."""
    sample, survey = look.surveyed
    layers = look.layers or spread(
        [layer for layer in look.anatomy.layers if layer.has_maps and not layer.pools], _LAYERS
    )
    if not layers:
        raise LeftOutError(NO_MAPS)
    for layer in layers:
        indices = [check_channel(layer, look.channel)] if look.channel is not None else _lively(survey, layer)
        made = _synthesised(look, layer, indices)
        channels = []
        for index in indices:
            peaks, where = survey.peaks[layer.name][:, index], survey.places[layer.name][:, index]
            places = best_places(peaks, where, layer, look.subject.preprocess.input_size, PATCHES)
            cuts = tuple(cut(sample.pixels[place.picture], place) for place in places)
            channels.append(
                ChannelPatches(index, made.get(index), cuts, tuple(place.value for place in places))
            )
        yield Patches(layer.name, layer.label, tuple(channels), len(sample.labels))


def _lively(survey: Survey, layer: Layer) -> list[int]:
    """The channels whose response differs most from picture to picture, for its size; in order."""
    values = survey.responses[layer.name]
    variation = values.std(axis=0) / (np.abs(values).mean(axis=0) + 1e-12)
    variation[survey.health[layer.name].dead] = -1
    return sorted(np.argsort(-variation, kind="stable")[:ROWS].tolist())


def _synthesised(look: PictureLook, layer: Layer, indices: Sequence[int]) -> dict[int, np.ndarray]:
    """As many as take no longer than a minute or so; those asked for by number always."""
    rows = summarise(look.subject.network, look.subject.preprocess.input_shape)
    names = [row.name for row in rows]
    until = names.index(layer.last) + 1 if layer.last in names else len(rows)
    cost = 3 * STEPS * sum(row.multiply_adds for row in rows[:until])
    most = len(indices) if look.channel is not None else max(1, _SYNTHESIS_OPERATIONS // max(1, cost))

    def report(done: int, total: int) -> None:
        look.listener.on_progress(
            Note(f"what {layer.name} looks for", f"ce que cherche {layer.name}"), done, total + 1
        )

    wanted = list(indices[:most])
    made = synthesise(look.subject.network, layer, wanted, look.subject.preprocess, progress=report)
    return dict(zip(wanted, made, strict=True))


def draw(result: Patches, language: Language) -> Iterator[Plate]:
    """A row a channel: the synthesised picture, then the patches with the channel's value below each."""
    words = Words(language)
    title = words("title", layer=result.label)
    sizes = [patch.shape[:2] for one in result.channels for patch in one.patches]
    height, width = max(sizes) if sizes else (1, 1)
    most = max((len(one.patches) for one in result.channels), default=0)
    text = words("text", n=most, field=f"{height}×{width}", pictures=words.integer(result.pictures))
    top, label, between = TITLE_SPACE + 0.35, 0.6, 0.3
    step = min((TALLEST - top - MARGIN) / len(result.channels), 1.35)
    down = step - 0.32
    across = min(down * width / height, (WIDTH - 2 * MARGIN - label - between) / (most + 1) - _GAP)
    down = across * height / width
    step = down + 0.32
    sheet = Sheet(title, text, top + len(result.channels) * step + MARGIN)
    sheet.text(MARGIN + label, top - 0.1, words("synthesised"), 11, weight="bold")
    start = MARGIN + label + max(across, 1.15) + between
    sheet.text(start, top - 0.1, words("strongest"), 11, weight="bold")
    for row, one in enumerate(result.channels):
        y = top + row * step
        sheet.text(MARGIN, y + down / 2 + 0.05, str(one.channel + 1), 13, weight="bold", width=label)
        if one.synthesised is not None:
            made = resized(to_bytes(one.synthesised), round(across * DPI), round(down * DPI))
            sheet.image(MARGIN + label, y, across, down, made)
        else:
            sheet.frame(MARGIN + label, y, across, down, LINE)
            x = MARGIN + label + 0.06
            sheet.text(x, y + down / 2, words("not_made"), 9, colour=MUTED, width=across - 0.1)
        if one.patches:
            tiles = [to_bytes(patch) for patch in one.patches]
            whole = mosaic(tiles, len(tiles), (across, down), (_GAP, 0))
            sheet.image(start, y, len(tiles) * (across + _GAP) - _GAP, down, whole)
        for column, value in enumerate(one.values):
            x = start + column * (across + _GAP)
            sheet.text(x, y + down + 0.15, words.number(value), 9, colour=MUTED, width=across)
    yield Plate(file_name("patches", result.layer), title, sheet.figure)


VIEW = View(
    name="patches",
    kind="pictures",
    words=Words,
    needs=("data",),
    arguments=("layers", "channel", "data", "sample"),
    result_type=Patches,
    compute=compute,
    draw=draw,
)
