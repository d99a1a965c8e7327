"""What each layer makes of a series over time."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator

import numpy as np

from prunelle.drawing import curves
from prunelle.drawing.figures import new_figure
from prunelle.drawing.palette import INK, MUTED
from prunelle.drawing.plate import Plate
from prunelle.look.series import activations
from prunelle.texts import Language, Note, Typography
from prunelle.views.series_look import SeriesLook
from prunelle.views.view import LeftOutError, View

MOST_SERIES = 4

_NO_MAPS = Note("No layer gives maps over time.", "Aucune couche ne donne de cartes dans le temps.")


TEXTS = {
    "view": Note("Activations", "Activations"),
    "view_text": Note(
        "A series, and below it what each layer makes of it over time: a row a channel, dark where it is active.",
        "Une série et, dessous, ce que chaque couche en fait au cours du temps : une ligne par canal, foncée là où "
        "il est actif.",
    ),
    "title": Note("Maps over time, {number}: {name}", "Cartes dans le temps, {number} : {name}"),
    "series": Note("series", "série"),
    "time": Note("time step", "pas de temps"),
}


class Words(Typography):
    """This view's sentences."""

    texts = TEXTS


@dataclasses.dataclass(frozen=True, eq=False)
class SeriesActivations:
    """What the layers make of one series.

    Attributes:
        name: of the series. number: from 1, so that two of a class are not two pages of one.
        series: ``(C, T)`` float32, normalised, NaN beyond its end.
        layers: names of those with maps over time.
        maps: of each of them, ``(c, t)`` float32.
    """

    name: str
    number: int
    series: np.ndarray
    layers: tuple[str, ...]
    maps: tuple[np.ndarray, ...]


def compute(look: SeriesLook) -> Iterator[SeriesActivations]:
    """Series by series; at most ``MOST_SERIES``."""
    if not look.channels:
        raise LeftOutError(_NO_MAPS)
    series, names = look.shown
    for number, name in enumerate(names[:MOST_SERIES], 1):
        one = series[number - 1 : number]
        maps = activations(look.network, one)
        yield SeriesActivations(
            name=name,
            number=number,
            series=one[0].float().cpu().numpy(),
            layers=tuple(maps),
            maps=tuple(values[0] for values in maps.values()),
        )


def draw(result: SeriesActivations, language: Language) -> Iterator[Plate]:
    """The series, and below it every layer's maps: a row a channel, dark where it is active."""
    words = Words(language)
    length = result.series.shape[1]
    figure = new_figure(7.2, 1.2 + 1.0 * len(result.maps))
    ratios = [1.2, *[1] * len(result.maps)]
    all_axes = np.atleast_1d(figure.subplots(1 + len(result.maps), 1, height_ratios=ratios))
    curves.plot_series(all_axes[0], result.series)
    all_axes[0].set_xlim(0, length)
    all_axes[0].set_ylabel(words("series"), fontsize=8, color=MUTED)
    for axes, name, values in zip(all_axes[1:], result.layers, result.maps, strict=True):
        # Each channel by its own strongest answer, so that faint ones show too.
        rows = values / np.maximum(np.nanmax(np.abs(values), axis=1, keepdims=True), 1e-12)
        axes.imshow(
            rows,
            aspect="auto",
            cmap="Blues",
            vmin=0,
            vmax=1,
            extent=(0, length, len(rows), 0),
            interpolation="none",
        )
        curves.small(axes)
        axes.set(yticks=[], xticks=[])
        label = f"{name}\n{len(rows)}×{rows.shape[1]}"
        axes.set_ylabel(label, fontsize=7, color=MUTED, rotation=0, ha="right")
    all_axes[-1].set_xlabel(words("time"), fontsize=8, color=MUTED)
    all_axes[-1].set_xticks(np.linspace(0, length, 5).round().astype(int))
    figure.suptitle(result.name, fontsize=9, color=INK, parse_math=False)
    title = words("title", number=result.number, name=result.name)
    yield Plate(f"activations-{result.number}", title, figure)


VIEW = View(
    name="activations",
    kind="series",
    words=Words,
    arguments=("pictures", "data", "sample"),
    result_type=SeriesActivations,
    compute=compute,
    draw=draw,
)
