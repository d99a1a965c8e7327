"""What channels look for in series: the windows that excite them most."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator, Sequence

import numpy as np

from prunelle.drawing import curves
from prunelle.drawing.figures import new_figure
from prunelle.drawing.palette import CHANNELS, LINE, MUTED
from prunelle.drawing.plate import Plate
from prunelle.look.series import Window, exciting_windows
from prunelle.texts import Language, Note, Typography
from prunelle.views.series_look import SeriesLook
from prunelle.views.view import LeftOutError, View, left_out_for

WINDOWS = 6
"""Of each channel."""
_CHANNELS = 8  # of a layer

_UNKNOWN = Note(
    "What this network’s layers see of a series is not known.",
    "On ne sait pas ce que les couches de ce réseau voient d’une série.",
)


TEXTS = {
    "view": Note("What a channel looks for", "Ce que cherche un canal"),
    "view_text": Note(
        "The stretches of series that excite a channel most, cut at its receptive field, within their series in "
        "grey; a row a channel, the strongest first.",
        "Les morceaux de séries qui excitent le plus un canal, découpés à son champ récepteur, dans leur série en "
        "gris ; une ligne par canal, les plus forts d’abord.",
    ),
    "title": Note("Exciting windows of {name}", "Fenêtres qui excitent {name}"),
    "channel": Note("channel", "canal"),
}


class Words(Typography):
    """This view's sentences."""

    texts = TEXTS


@dataclasses.dataclass(frozen=True, eq=False)
class ChannelWindows:
    """The windows that excite one channel most.

    Attributes:
        channel: from 0.
        windows: the strongest first.
        series: ``(C, T)`` float32 each, those that the windows are of.
    """

    channel: int
    windows: tuple[Window, ...]
    series: tuple[np.ndarray, ...]


@dataclasses.dataclass(frozen=True, eq=False)
class SeriesPatches:
    """Of one layer.

    Attributes:
        layer: its name. number: from 1.
    """

    layer: str
    number: int
    channels: tuple[ChannelWindows, ...]


def compute(look: SeriesLook) -> Iterator[SeriesPatches]:
    """Layer by layer: the channel named, or the first ones."""
    if not look.windowed:
        raise LeftOutError(_UNKNOWN)
    for number, layer in enumerate(look.windowed, 1):
        channels: Sequence[int] = range(min(_CHANNELS, look.channels[layer]))
        if look.channel is not None:
            channels = [look.channel - 1]
        yield SeriesPatches(layer, number, tuple(_windows(look, layer, channel) for channel in channels))


def _windows(look: SeriesLook, layer: str, channel: int) -> ChannelWindows:
    series = look.many
    with left_out_for(_UNKNOWN):
        windows = exciting_windows(look.network, series, layer, channel, most=WINDOWS)
    shown = tuple(series[window.series].float().cpu().numpy() for window in windows)
    return ChannelWindows(channel, tuple(windows), shown)


def draw(result: SeriesPatches, language: Language) -> Iterator[Plate]:
    """A row a channel: the windows in colour, within their series in grey."""
    words = Words(language)
    figure = new_figure(8, 0.3 + 1.0 * len(result.channels))
    grid = figure.subplots(len(result.channels), WINDOWS, squeeze=False)
    for line, channel in zip(grid, result.channels, strict=True):
        line[0].set_ylabel(f"{words('channel')} {channel.channel + 1}", fontsize=7, color=MUTED)
        for axes, window, one in zip(line, channel.windows, channel.series, strict=False):
            steps = np.arange(window.start, window.stop)
            for number, values in enumerate(one):
                axes.plot(values, color=LINE, linewidth=0.8)
                colour = CHANNELS[number % len(CHANNELS)]
                axes.plot(steps, values[window.start : window.stop], color=colour, linewidth=1.5)
            axes.set_title(words.decimal(window.activation, 2), fontsize=6, color=MUTED, pad=1)
        for axes in line:
            curves.small(axes)
            axes.set(xticks=[], yticks=[])
    yield Plate(f"patches-{result.number}", words("title", name=result.layer), figure)


VIEW = View(
    name="patches",
    kind="series",
    words=Words,
    arguments=("pictures", "layers", "channel", "data", "sample"),
    result_type=SeriesPatches,
    compute=compute,
    draw=draw,
)
