"""The figures of what tells classes apart: two classes channel by channel, and one class against all others."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Iterator, Sequence

import numpy as np
from matplotlib.axes import Axes

from prunelle.drawing.axes import ticks
from prunelle.drawing.fonts import shortened, text_width
from prunelle.drawing.palette import BLUE, INK, MUTED, ORANGE, WHITE
from prunelle.drawing.pixels import DPI, pages, resized, to_bytes
from prunelle.drawing.plate import Plate, paged
from prunelle.drawing.sheet import MARGIN, TALLEST, TITLE_SPACE, WIDTH, Sheet
from prunelle.look.contrast import ALONE, ChannelScore
from prunelle.texts import Note, Typography

MOST_ALONE = 10
"""Channels on one page."""
_MOST_NAMED = 12
"""Classes that have their names under the bars."""


TEXTS = {
    "view": Note("What tells classes apart", "Ce qui distingue les classes"),
    "view_text": Note(
        "The response of a channel is the mean of its map. Its score for two classes is the probability that a "
        "picture of the one excites it more than a picture of the other (area under the ROC curve): 1 separates "
        "them fully, 0.5 not at all.",
        "La réponse d’un canal est la moyenne de sa carte. Son score pour deux classes est la probabilité qu’une "
        "image de l’une l’excite plus qu’une image de l’autre (aire sous la courbe ROC) : 1 les sépare "
        "entièrement, 0,5 pas du tout.",
    ),
    "pair": Note("What tells {first} from {second}", "Ce qui distingue {first} de {second}"),
    "pair_none": Note(
        "Does a channel tell {first} from {second}?", "Un canal distingue-t-il {first} de {second} ?"
    ),
    "pair_none_text": Note(
        "None for sure, as far as these pictures tell; these come closest. Score: the probability that the class "
        "excites it more.",
        "Aucun à coup sûr, d’après ces images ; voici les plus proches. Score : probabilité que la classe l’excite "
        "davantage.",
    ),
    "pair_text": Note(
        "The channels whose responses separate them best. Score: the probability that {first} (or {second}) excites "
        "the channel more.",
        "Les canaux dont les réponses les séparent le mieux. Score : probabilité que {first} (ou {second}) excite "
        "davantage le canal.",
    ),
    "channel_of": Note("{layer} · {channel}", "{layer} · {channel}"),
    "score_for": Note("{score} for {name}", "{score} pour {name}"),
    "mean_map": Note("mean map, {name}", "carte moyenne, {name}"),
    "response": Note("response", "réponse"),
    "share_of": Note("share of pictures", "part des images"),
    "alone": Note("Does a channel answer to one class alone?", "Un canal ne répond-il qu’à une classe ?"),
    "alone_text": Note(
        "Median response to each class, and its middle half. Score: against the class it is confused with most. "
        "Alone: surely above {least}; {n} of {of} here.",
        "Réponse médiane à chaque classe, et sa moitié centrale. Score : face à la classe la plus confondue. "
        "Seule : sûrement plus de {least} ; {n} sur {of} ici.",
    ),
    "score_alone": Note("{score} for {name}: alone", "{score} pour {name} : seule"),
    "score_most": Note("{score} for {name}: most of all", "{score} pour {name} : le plus"),
    "score_not_alone": Note("{score} for {name}: not alone", "{score} pour {name} : pas seule"),
}


class Words(Typography):
    """This view's sentences."""

    texts = TEXTS


@dataclasses.dataclass(frozen=True, eq=False)
class Pair:
    """The channels that separate two classes best, the best first.

    Attributes:
        names: of the classes.
        channel_scores: their scores are of the first class against the second.
        responses: for each channel, those to pictures of the first class and of the second.
        maps: for each channel, its mean map over each class; None where not all of them have maps.
    """

    names: tuple[str, str]
    channel_scores: tuple[ChannelScore, ...]
    responses: tuple[tuple[np.ndarray, np.ndarray], ...]
    maps: tuple[tuple[np.ndarray, np.ndarray], ...] | None


@dataclasses.dataclass(frozen=True, eq=False)
class Alone:
    """A channel that answers to one class more than to any other.

    Attributes:
        label: of the class. channel_score: the channel and its score. responses: ``(N,)``, to every picture looked at.
    """

    label: int
    channel_score: ChannelScore
    responses: np.ndarray


def pair_plate(pair: Pair, words: Words) -> Plate:
    """A column a channel, up to 6: its score, its mean maps, and how often it answers how much."""
    names = pair.names
    key = (
        "pair" if any(channel_score.is_significant for channel_score in pair.channel_scores) else "pair_none"
    )
    title = words(key, first=names[0], second=names[1])
    across = (WIDTH - 2 * MARGIN - 0.5 - 5 * 0.3) / 6
    top = TITLE_SPACE + 0.6
    side = across if pair.maps is not None else 0.0
    chart_top = top + (2 * (side + 0.3) if pair.maps is not None else 0) + 0.15
    sheet = Sheet(title, words(f"{key}_text", first=names[0], second=names[1]), chart_top + 1.9)
    charts: list[Axes] = []
    for column, (channel_score, values) in enumerate(zip(pair.channel_scores, pair.responses, strict=True)):
        x = MARGIN + 0.5 + column * (across + 0.3)
        winner, score = (
            (0, channel_score.score) if channel_score.score >= 0.5 else (1, 1 - channel_score.score)
        )
        head = words("channel_of", layer=channel_score.layer, channel=channel_score.channel + 1)
        sheet.text(x, top - 0.42, head, 12, weight="bold", width=across + 0.2)
        caption = words("score_for", score=words.decimal(score, 3), name=names[winner])
        sheet.text(x, top - 0.2, caption, 11, colour=(BLUE, ORANGE)[winner], width=across + 0.2)
        if pair.maps is not None:
            _mean_maps(sheet, (x, top), side, pair=pair.maps[column], names=names, words=words)
        axes = sheet.axes(x, chart_top, across, 1.2)
        _two_histograms(axes, values, words)
        charts.append(axes)
        axes.set_xlabel(words("response"))
    # One scale, so that the first chart's numbers hold for all.
    highest = max(axes.get_ylim()[1] for axes in charts)
    for axes in charts:
        axes.set_ylim(0, highest)
        axes.tick_params(labelleft=axes is charts[0])
    charts[0].set_ylabel(words("share_of"))
    return Plate("classes-pair", title, sheet.figure)


def _mean_maps(
    sheet: Sheet,
    corner: tuple[float, float],
    side: float,
    pair: tuple[np.ndarray, np.ndarray],
    names: tuple[str, str],
    words: Words,
) -> None:
    """One above the other, on one scale, in frames of the classes' colours."""
    x, y = corner
    low = min(float(one.min()) for one in pair)
    high = max(float(one.max()) for one in pair)
    for row, (one, name, colour) in enumerate(zip(pair, names, (BLUE, ORANGE), strict=True)):
        top = y + row * (side + 0.3)
        tall, wide = one.shape
        across, down = side * min(1, wide / tall), side * min(1, tall / wide)
        pixels = resized(to_bytes((one - low) / ((high - low) or 1)), round(across * DPI), round(down * DPI))
        sheet.image(x, top, across, down, pixels)
        sheet.frame(x, top, across, height=down, colour=colour, line=2)
        sheet.text(x, top + side + 0.17, words("mean_map", name=name), 10, colour=MUTED, width=side + 0.2)


def _two_histograms(axes: Axes, values: tuple[np.ndarray, np.ndarray], words: Words) -> None:
    low = min(float(one.min()) for one in values)
    high = max(float(one.max()) for one in values)
    edges = np.linspace(low, high if high > low else low + 1, 21).tolist()
    for one, colour, hatch in zip(values, (BLUE, ORANGE), ("", "////"), strict=True):
        weights = np.full(len(one), 1 / len(one))
        axes.hist(one, edges, weights=weights, color=colour, alpha=0.45, hatch=hatch, edgecolor=WHITE)
        axes.hist(one, edges, weights=weights, histtype="step", color=colour, linewidth=1.5)
    axes.tick_params(labelsize=9)
    ticks(axes.xaxis, words.number, most=3)
    ticks(axes.yaxis, lambda share: words.percent(share, digits=0), most=3)


def alone_plates(
    channels: Sequence[Alone], labels: np.ndarray, classes: Sequence[str], words: Words
) -> Iterator[Plate]:
    """The responses to every class, that of the channel's own in orange; ``MOST_ALONE`` channels on a page."""
    for page, (first, last) in enumerate(pages(len(channels), MOST_ALONE)):
        sheet = _alone_sheet(channels[first:last], labels, classes, words)
        yield Plate(paged("classes", "alone", page=page), words("alone"), sheet.figure)


def _alone_sheet(
    channels: Sequence[Alone], labels: np.ndarray, classes: Sequence[str], words: Words
) -> Sheet:
    columns = min(5, len(channels))
    rows = math.ceil(len(channels) / columns)
    across = min(3.2, (WIDTH - 2 * MARGIN - (columns - 1) * 0.6 - 0.4) / columns)
    down = min(2.2, (TALLEST - TITLE_SPACE - 0.2) / rows - 1.25)
    kinds = np.unique(labels)
    # Names under the bars where they fit; else their numbers, as in the lists of classes.
    names = [shortened(classes[kind], 9, 0.8) for kind in kinds]
    turned = max(text_width(name, 9) for name in names) > across / len(kinds) - 0.05
    below = 0.95 if turned and len(kinds) <= _MOST_NAMED else 0.45
    count = sum(alone.channel_score.is_alone for alone in channels)
    text = words("alone_text", least=words.decimal(ALONE, 2), n=count, of=len(channels))
    sheet = Sheet(words("alone"), text, TITLE_SPACE + rows * (down + 0.5 + below) + 0.2)
    for number, alone in enumerate(channels):
        x = MARGIN + 0.4 + (number % columns) * (across + 0.6)
        y = TITLE_SPACE + (number // columns) * (down + 0.5 + below)
        head = words("channel_of", layer=alone.channel_score.layer, channel=alone.channel_score.channel + 1)
        caption = words(
            _score_key(alone.channel_score),
            score=words.decimal(alone.channel_score.score, 3),
            name=classes[alone.label],
        )
        sheet.text(x - 0.4, y + 0.15, head, 11, weight="bold", width=across + 0.4)
        sheet.text(x - 0.4, y + 0.35, caption, 11, colour=ORANGE, width=across + 0.4)
        axes = sheet.axes(x, y + 0.5, across, down)
        _quartiles(axes, alone, labels, kinds, words)
        if len(kinds) <= _MOST_NAMED:
            axes.set_xticks(
                range(len(kinds)),
                names,
                color=INK,
                parse_math=False,
                rotation=90 if turned else 0,
                ha="center",
            )
        else:
            ticks(axes.xaxis, most=6, whole=True)
    return sheet


def _score_key(channel_score: ChannelScore) -> str:
    if channel_score.is_alone:
        return "score_alone"
    return "score_most" if channel_score.interval[0] > 0.5 else "score_not_alone"


def _quartiles(axes: Axes, one: Alone, labels: np.ndarray, kinds: np.ndarray, words: Words) -> None:
    """A bar a class: the median response, and its middle half as a line."""
    quartiles = np.array([np.quantile(one.responses[labels == kind], (0.25, 0.5, 0.75)) for kind in kinds])
    colours = [ORANGE if kind == one.label else BLUE for kind in kinds]
    places = np.arange(len(kinds))
    axes.bar(places, quartiles[:, 1], color=colours, width=0.7, alpha=0.8)
    axes.vlines(places, quartiles[:, 0], quartiles[:, 2], color=INK, linewidth=1.5)
    axes.tick_params(labelsize=9)
    ticks(axes.yaxis, words.number, most=4)
