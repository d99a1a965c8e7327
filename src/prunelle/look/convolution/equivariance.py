"""Translation equivariance: what moves in the input moves in the map, by as much (divided by the stride).

Shown on the input surrounded by room to move in; the kernel never meets padding, so that the map of the moved
input is exactly the moved map, which is checked.
"""

from __future__ import annotations

import dataclasses
import functools

import numpy as np
from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle

from prunelle.drawing import palette
from prunelle.look.convolution import drawing as draw
from prunelle.look.convolution.animation import Animation, film
from prunelle.look.convolution.arithmetic import Convolution, slide
from prunelle.texts import Language, Note

MOVES = 16
"""Steps of the animation, about."""
OBJECT = 80
"""Pixels of a picture's longer side that move; larger pictures are reduced."""
SIGNAL = 60
"""Values of a signal that move, at most."""

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


@dataclasses.dataclass(frozen=True, eq=False)
class Journey:
    """An object on a larger field, where it goes, and what the map of each moment is.

    Attributes:
        object_: what moves.
        fields: the field at each moment.
        maps: of each field.
        shifts: how far it has moved along each axis, at each moment, in values of the field.
        corner: where it starts.
        stride, extent: of the convolution.
        difference: the largest between a moment's map and the first one moved as far.
    """

    object_: np.ndarray
    fields: list[np.ndarray]
    maps: list[np.ndarray]
    shifts: list[tuple[int, ...]]
    corner: tuple[int, ...]
    stride: tuple[int, ...]
    extent: tuple[int, ...]
    difference: float


def journey(result: Convolution) -> Journey | None:
    """None where the kernel is larger than what moves."""
    dims, thing = result.dims, _reduced(result)
    if any(span > size for span, size in zip(result.extent, thing.shape, strict=False)):
        return None
    # Room for the kernel on every side, such that the windows lie on the object as they lie on the padded input:
    # where it is padded with what surrounds it here, its output is a part of the map.
    margin = [
        before % step + -(-span // step) * step
        for span, step, (before, _) in zip(result.extent, result.stride, result.padding, strict=True)
    ]
    travel, shifts = _way(thing.shape[:dims], result.stride)
    sizes = [size + 2 * room + far for size, room, far in zip(thing.shape, margin, travel, strict=False)]
    # Per channel, where there are channels.
    ground = np.zeros(()) if dims == 1 else _ground(thing)
    fields, maps = [], []
    for shift in shifts:
        field = np.broadcast_to(ground, (*sizes, *ground.shape)).copy()
        place = tuple(
            slice(room + by, room + by + size)
            for room, by, size in zip(margin, shift, thing.shape, strict=False)
        )
        field[place] = thing
        fields.append(field)
        map_ = slide(field, result.weights, result.stride, result.dilation)
        maps.append(map_.sum(axis=-1) if thing.ndim > dims else map_)
    still = float((result.weights * ground).sum())
    differences = [
        np.abs(
            _moved(maps[0], [by // step for by, step in zip(shift, result.stride, strict=True)], still) - one
        ).max()
        for shift, one in zip(shifts, maps, strict=True)
    ]
    return Journey(
        object_=thing,
        fields=fields,
        maps=maps,
        shifts=shifts,
        corner=tuple(margin),
        stride=result.stride,
        extent=result.extent,
        difference=float(max(differences)),
    )


def _reduced(result: Convolution) -> np.ndarray:
    """The input, small enough to move: a picture by the mean of blocks, a signal by its middle."""
    if result.dims == 1:
        most = int(np.abs(result.input).argmax())
        return draw.crop(result.input, (most,), (min(SIGNAL, len(result.input)),))[0]
    values = result.input
    sides = values.shape[:2]
    # The shorter side stays twice as long as the kernel, where it was.
    room = min(size // (2 * span) for size, span in zip(sides, result.extent, strict=True))
    block = max(1, min(-(-max(sides) // OBJECT), room))
    tall, wide = (size // block for size in sides)
    blocks = values[: tall * block, : wide * block].reshape(tall, block, wide, block, *values.shape[2:])
    reduced = blocks.mean(axis=(1, 3))
    starts = [max(0, (size - OBJECT) // 2) for size in (tall, wide)]
    return np.asarray(reduced[starts[0] : starts[0] + OBJECT, starts[1] : starts[1] + OBJECT])


def _ground(thing: np.ndarray) -> np.ndarray:
    """What lies around a picture: the usual value along its edge, so that the edge shows as little as may be."""
    edge = np.concatenate([thing[0], thing[-1], thing[:, 0], thing[:, -1]])
    return np.asarray(np.median(edge, axis=0))


def _way(sizes: tuple[int, ...], stride: tuple[int, ...]) -> tuple[list[int], list[tuple[int, ...]]]:
    """How far it goes along each axis, and every shift on the way: right, then down for pictures."""
    far = []
    hops = []
    for size, step in zip(sizes, stride, strict=True):
        moves = MOVES if len(sizes) == 1 else MOVES // 2
        hop = step * max(1, round(0.7 * size / moves / step))
        count = max(2, min(moves, round(0.7 * size / hop)))
        far.append(hop * count)
        hops.append((hop, count))
    hop, count = hops[-1]
    shifts: list[tuple[int, ...]] = [(*(0,) * (len(sizes) - 1), hop * k) for k in range(count + 1)]
    if len(sizes) == 2:
        down, count_down = hops[0]
        shifts += [(down * k, far[1]) for k in range(1, count_down + 1)]
    return far, shifts


def _moved(map_: np.ndarray, by: list[int], still: float) -> np.ndarray:
    """The map moved on, what comes in from outside being what a map of nothing but ground holds."""
    moved = np.full(map_.shape, still)
    target = tuple(slice(amount, None) for amount in by)
    source = tuple(slice(None, size - amount) for amount, size in zip(by, map_.shape, strict=True))
    moved[target] = map_[source]
    return moved


def caption(trip: Journey, language: Language) -> str:
    """The check in words."""
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
    draw.write(figure, 0.3, 6.82, draw.say(INPUT, language), bold=True, size=draw.TITLE, align="left")
    draw.write(figure, 0.3, 3.42, draw.say(MAP, language), bold=True, size=draw.TITLE, align="left")
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
            draw.write(figure, x, top + 0.06, text, size=draw.SMALL + 0.5, colour=palette.MUTED)
    draw.write(figure, draw.WIDTH / 2, 0.12, caption(trip, language), size=draw.SMALL + 0.5)
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
        wide, high = draw.fit(values.shape[:2], box)
        axes = draw.place(figure, x - wide / 2, top - high, wide, high)
        draw.show(axes, values, draw.limits(trip.maps[0] if is_map else trip.fields[0]))
        return axes
    axes = draw.place(figure, x - width / 2 + 0.1, top - height, width - 0.2, height)
    _signal(axes, trip, values, is_map, language)
    return axes


def _signal(axes: Axes, trip: Journey, values: np.ndarray, is_map: bool, language: Language) -> None:
    """Input and map on one axis: each value of the map stands at the middle of its window."""
    first = trip.maps[0] if is_map else trip.fields[0]
    places = _map_places(trip) if is_map else np.arange(len(values)) * 1.0
    draw.stems(axes, places, values, palette.ORANGE if is_map else palette.BLUE, language, numbered=False)
    axes.set_axis_off()
    low, high = min(0.0, float(first.min())), max(0.0, float(first.max()))
    room = 0.1 * (high - low or 1.0)
    axes.set_xlim(-1, len(trip.fields[0]))
    axes.set_ylim(low - room, high + room)


def _map_places(trip: Journey) -> np.ndarray:
    """``(L',)``: the middle of each window of a signal's map, in values of the field."""
    return (trip.extent[0] - 1) / 2 + trip.stride[0] * np.arange(len(trip.maps[0]))


def _marks(axes: Axes, trip: Journey, shift: tuple[int, ...], is_map: bool) -> list[Artist]:
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
        return [
            axes.add_patch(
                Rectangle(
                    (corner[0] - 0.5, low), size[0], high - low, facecolor=palette.GREEN, alpha=0.12,
                    edgecolor="none", zorder=0,
                )
            )
        ]  # fmt: skip
    return [
        axes.add_patch(
            Rectangle(
                (corner[1], corner[0]), size[1], size[0], fill=False, edgecolor=palette.GREEN, linewidth=2.6,
                zorder=6, clip_on=False,
            )
        )
    ]  # fmt: skip


def moving(trip: Journey, language: Language) -> Animation:
    """One frame a move."""
    flat = len(trip.shifts[0]) == 1
    footing = 0.6
    tall = (
        max(draw.fit(one.shape[:2], (5.7, 4.7))[1] for one in (trip.fields[0], trip.maps[0]))
        if not flat
        else 4.9
    )
    figure = draw.canvas(footing + tall + 0.85)
    titles = (draw.say(INPUT, language), draw.say(MAP, language))
    draw.write(figure, draw.WIDTH / 2, 0.18, caption(trip, language), size=draw.SMALL + 1)
    if flat:
        places = [(0.5, footing + 2.85, 11.8, 2.05), (0.5, footing, 11.8, 2.05)]
    else:
        places = []
        for x, values in ((3.3, trip.fields[0]), (9.5, trip.maps[0])):
            wide, high = draw.fit(values.shape[:2], (5.7, 4.7))
            places.append((x - wide / 2, footing + (tall - high) / 2, wide, high))
    axes = [draw.place(figure, *box) for box in places]
    for box, title in zip(places, titles, strict=True):
        x = 0.5 if flat else box[0] + box[2] / 2
        draw.write(
            figure,
            x,
            box[1] + box[3] + 0.4,
            title,
            bold=True,
            size=draw.TITLE,
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
                draw.show(panel, values, draw.limits(every[0]))
            _marks(panel, trip, shift, is_map)
            going += [artist for artist in panel.get_children() if artist not in before]
            x = box[0] + box[2] if flat else box[0] + box[2] / 2
            going.append(
                figure.text(
                    x / draw.WIDTH, (box[1] + box[3] + 0.13) / figure.get_figheight(),
                    draw.say(MOVED, language, amount=_amount(moved, language)), fontsize=draw.LABEL,
                    color=palette.MUTED, ha="right" if flat else "center",
                )
            )  # fmt: skip
        return [], sorted(going, key=lambda artist: artist.get_zorder())

    return film(figure, [functools.partial(frame, moment) for moment in range(len(trip.shifts))], 0.15)
