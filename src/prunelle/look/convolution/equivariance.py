"""Translation equivariance: what moves in the input moves in the map, by as much (divided by the stride)."""

from __future__ import annotations

import functools

import numpy as np
from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from prunelle.drawing import curves, figures, fonts, grids, palette
from prunelle.drawing.film import Animation, film
from prunelle.look.convolution import drawing as draw
from prunelle.look.convolution.journey import Journey
from prunelle.texts import Language, Note

INPUT = Note("The input moves on a larger ground…", "L’entrée se déplace sur un fond plus grand…")
MAP = Note("… and its map, without padding, with it", "… et sa carte, sans bordure ajoutée, avec elle")
MOVED = Note("moved by {amount}", "déplacée de {amount}")
CAPTION = Note(
    "Map of the moved input − moved map: largest difference {difference}.",
    "Carte de l’entrée déplacée − carte déplacée : plus grande différence : {difference}.",
)
WITH_STRIDE = Note(
    "With a stride of {stride}, the map moves {stride} times less. {caption}",
    "Avec un pas de {stride}, la carte se déplace {stride} fois moins. {caption}",
)
DOWN_RIGHT = Note("{down} down, {right} to the right", "{down} vers le bas, {right} vers la droite")


def caption(trip: Journey, language: Language) -> str:
    """The check in words."""
    # Less is the rounding of sums, and no difference.
    difference = draw.number(trip.difference if trip.difference > 1e-9 else 0.0, language, 1)
    text = draw.say(CAPTION, language, difference=difference)
    if max(trip.stride) > 1 and len(set(trip.stride)) == 1:
        return draw.say(WITH_STRIDE, language, stride=trip.stride[0], caption=text)
    return text


def _amount(shift: tuple[int, ...], language: Language) -> str:
    if len(shift) == 1:
        return str(shift[0])
    return draw.say(DOWN_RIGHT, language, down=shift[0], right=shift[1])


def _map_box(trip: Journey, shift: tuple[int, ...]) -> tuple[list[float], list[float]]:
    """Corner and size, in the map, of everything that the object touches."""
    corner, size = [], []
    for at, by, step, span, length in zip(
        trip.corner, shift, trip.stride, trip.extent, trip.object_.shape, strict=False
    ):
        # The first window that reaches the object, rounded up to a whole step; the last one, rounded down.
        first = -(-(at + by - span + 1) // step)
        last = (at + by + length - 1) // step
        corner.append(float(first))
        size.append(float(last - first + 1))
    return corner, size


def still(trip: Journey, language: Language) -> Figure:
    """Three moments, the input above and the map below."""
    figure = draw.canvas(7.2)
    moments = [0, len(trip.shifts) // 2, len(trip.shifts) - 1]
    centres = (2.35, 6.4, 10.45) if len(trip.shifts[0]) == 2 else (2.4, 6.5, 10.6)
    figures.write(figure, 0.3, 6.82, draw.say(INPUT, language), bold=True, size=fonts.TITLE, align="left")
    figures.write(figure, 0.3, 3.42, draw.say(MAP, language), bold=True, size=fonts.TITLE, align="left")
    for moment, x in zip(moments, centres, strict=True):
        shift = trip.shifts[moment]
        steps = tuple(by // step for by, step in zip(shift, trip.stride, strict=True))
        for top, values, moved, is_map in (
            (6.35, trip.fields[moment], shift, False),
            (2.95, trip.maps[moment], steps, True),
        ):
            axes = _panel(
                figure, trip, x, top - 0.05, (3.7, 2.55), values=values, is_map=is_map, language=language
            )
            _marks(axes, trip, shift, is_map)
            text = draw.say(MOVED, language, amount=_amount(moved, language))
            figures.write(figure, x, top + 0.06, text, size=fonts.SMALL + 0.5, colour=palette.MUTED)
    figures.write(figure, draw.WIDTH / 2, 0.12, caption(trip, language), size=fonts.SMALL + 0.5)
    return figure


def _panel(
    figure: Figure,
    trip: Journey,
    x: float,
    top: float,
    box: tuple[float, float],
    values: np.ndarray,
    is_map: bool,
    language: Language,
) -> Axes:
    """One moment's field or map, its top at ``top``, in a box of that width and height."""
    width, height = box
    if len(trip.shifts[0]) == 2:
        wide, high = grids.fit(values.shape[:2], box)
        axes = figures.place(figure, x - wide / 2, top - high, wide, high)
        grids.show(axes, values, grids.limits(trip.maps[0] if is_map else trip.fields[0]))
        return axes
    axes = figures.place(figure, x - width / 2 + 0.1, top - height, width - 0.2, height)
    _signal(axes, trip, values, is_map, language)
    return axes


def _signal(axes: Axes, trip: Journey, values: np.ndarray, is_map: bool, language: Language) -> None:
    """Input and map on one axis: each value of the map stands at the middle of its window."""
    first = trip.maps[0] if is_map else trip.fields[0]
    places = _map_places(trip) if is_map else np.arange(len(values)) * 1.0
    curves.stems(
        axes,
        places,
        values,
        palette.ORANGE if is_map else palette.BLUE,
        draw.written(language),
        numbered=False,
    )
    axes.set_axis_off()
    low, high = min(0.0, float(first.min())), max(0.0, float(first.max()))
    room = 0.1 * (high - low or 1.0)
    axes.set_xlim(-1, len(trip.fields[0]))
    axes.set_ylim(low - room, high + room)


def _map_places(trip: Journey) -> np.ndarray:
    """``(L',)``: the middle of each window of a signal's map, in values of the field."""
    return (trip.extent[0] - 1) / 2 + trip.stride[0] * np.arange(len(trip.maps[0]))


def _marks(axes: Axes, trip: Journey, shift: tuple[int, ...], is_map: bool) -> None:
    """A green frame (a green band for signals) around the object, or around what it touches in the map."""
    if is_map:
        corner, size = _map_box(trip, shift)
    else:
        corner = [float(at + by) for at, by in zip(trip.corner, shift, strict=True)]
        size = [float(length) for length in trip.object_.shape[: len(shift)]]
    if len(trip.shifts[0]) == 1:
        low, high = axes.get_ylim()
        if is_map:
            corner[0] = float(_map_places(trip)[0] + trip.stride[0] * corner[0])
            size[0] *= trip.stride[0]
            corner[0] -= (trip.stride[0] - 1) / 2
        grids.filled(axes, low, corner[0] - 0.5, high - low, size[0], colour=(palette.GREEN, 0.12), above=0)
    else:
        figures.frame(axes, *corner, *size, colour=palette.GREEN, line=2.6, above=6)


def moving(trip: Journey, language: Language) -> Animation:
    """One frame a move."""
    flat = len(trip.shifts[0]) == 1
    footing = 0.6
    tall = (
        max(grids.fit(one.shape[:2], (5.7, 4.7))[1] for one in (trip.fields[0], trip.maps[0]))
        if not flat
        else 4.9
    )
    figure = draw.canvas(footing + tall + 0.85)
    titles = (draw.say(INPUT, language), draw.say(MAP, language))
    figures.write(figure, draw.WIDTH / 2, 0.18, caption(trip, language), size=fonts.SMALL + 1)
    if flat:
        places = [(0.5, footing + 2.85, 11.8, 2.05), (0.5, footing, 11.8, 2.05)]
    else:
        places = []
        for x, values in ((3.3, trip.fields[0]), (9.5, trip.maps[0])):
            wide, high = grids.fit(values.shape[:2], (5.7, 4.7))
            places.append((x - wide / 2, footing + (tall - high) / 2, wide, high))
    axes = [figures.place(figure, *box) for box in places]
    for box, title in zip(places, titles, strict=True):
        x = 0.5 if flat else box[0] + box[2] / 2
        figures.write(
            figure,
            x,
            box[1] + box[3] + 0.4,
            title,
            bold=True,
            size=fonts.TITLE,
            align="left" if flat else "center",
        )

    def frame(moment: int) -> tuple[list[Artist], list[Artist]]:
        shift = trip.shifts[moment]
        steps = tuple(by // step for by, step in zip(shift, trip.stride, strict=True))
        going: list[Artist] = []
        for panel, box, every, moved, is_map in zip(
            axes, places, (trip.fields, trip.maps), (shift, steps), (False, True), strict=True
        ):
            before = set(panel.get_children())
            values = every[moment]
            if flat:
                _signal(panel, trip, values, is_map, language)
            else:
                grids.show(panel, values, grids.limits(every[0]))
            _marks(panel, trip, shift, is_map)
            going += [artist for artist in panel.get_children() if artist not in before]
            x = box[0] + box[2] if flat else box[0] + box[2] / 2
            text, align = (
                draw.say(MOVED, language, amount=_amount(moved, language)),
                "right" if flat else "center",
            )
            y = box[1] + box[3] + 0.13
            going.append(figures.write(figure, x, y, text, colour=palette.MUTED, align=align))
        return [], sorted(going, key=lambda artist: artist.get_zorder())

    return film(figure, [functools.partial(frame, moment) for moment in range(len(trip.shifts))], 0.15)
