"""The drawing of a network in the style of the papers: volumes in perspective, with their sizes.

A volume's height and depth stand for the maps' sides, its thickness for the channels, none of them to scale:
224 pixels beside 7, and 2,048 channels beside 3, would leave nothing to see. Each label has its own stretch of
one of two lines, poolings above and everything else below, so that no text meets another.
"""

from __future__ import annotations

import dataclasses
import itertools
import math
from collections.abc import Sequence

from matplotlib.axes import Axes
from matplotlib.colors import to_rgb
from matplotlib.figure import Figure
from matplotlib.patches import FancyArrowPatch, Polygon

from prunelle.drawing.figures import exact_figure, place
from prunelle.drawing.fonts import Font
from prunelle.drawing.palette import GREEN, INK, MUTED, ORANGE, OUTLINE, PAPER, PINK, SKY, YELLOW
from prunelle.networks.outline import Part
from prunelle.report.words import Words
from prunelle.texts import Language, Note

COLOURS = {
    "input": PAPER,
    "convolution": SKY,
    "pooling": ORANGE,
    "branches": GREEN,
    "residual": PINK,
    "dense": YELLOW,
}
LEGEND = {
    "input": Note("input", "entrée"),
    "convolution": Note("convolution", "convolution"),
    "pooling": Note("pooling", "pooling (sous-échantillonnage)"),
    "branches": Note("parallel branches, concatenated", "branches parallèles, concaténées"),
    "residual": Note("residual block (shortcut added)", "bloc résiduel (raccourci ajouté)"),
    "dense": Note("dense layer", "couche dense"),
}
COUNTED = {
    "branches": Note("{n} modules", "{n} modules"),
    "residual": Note("{n} blocks", "{n} blocs"),
}
GLOBAL = Note("of the whole maps", "sur toute la carte")
SUBTITLE = Note(
    "{parameters} parameters · {operations} multiply-adds",
    "{parameters} paramètres · {operations} multiplications-additions",
)

# Inches.
TALLEST = 2.6
GAP = 0.16
LABEL_GAP = 0.14
MARGIN = 0.3
SLABS = 4  # of one part, at most; its label tells how many there are
SKEW = (0.3, 0.22)  # of the depth, to the right and up

SHAPE_FONT, DETAIL_FONT, NAME_FONT, TITLE_FONT = Font(8, "bold"), Font(7), Font(6), Font(13, "bold")
LINE_HEIGHT = 0.16


@dataclasses.dataclass(frozen=True)
class Volume:
    """A part with its measures in inches, and the lines of its label."""

    part: Part | None
    kind: str
    height: float
    depth: float
    thickness: float
    slabs: int
    label: tuple[tuple[str, Font, str], ...]

    @property
    def width(self) -> float:
        """From the front's left edge to the back's right one."""
        return self.thickness * self.slabs + self.depth * SKEW[0]

    @property
    def label_width(self) -> float:
        return max(font.width(text) for text, font, _ in self.label)


def size_text(shape: tuple[int, ...]) -> str:
    """``(64, 224, 224)`` → ``224×224×64``, as papers write it."""
    return "×".join(str(side) for side in (*shape[1:], shape[0]))


def draw(
    name: str,
    parts: Sequence[Part],
    input_shape: tuple[int, ...],
    *,
    parameters: int,
    multiply_adds: int,
    language: Language,
) -> Figure:
    """The drawing, as wide as it needs to be, on white."""
    words = Words(language)
    volumes = _volumes(parts, input_shape, words)
    places, width = _placed(volumes)
    above, below = (
        max((len(v.label) for v in volumes if (v.kind == "pooling") is top), default=0) * LINE_HEIGHT
        for top in (True, False)
    )
    subtitle = words.note(SUBTITLE).format(
        parameters=words.integer(parameters), operations=_large(multiply_adds, words)
    )
    kinds = [kind for kind in COLOURS if any(volume.kind == kind for volume in volumes)]
    entries = [words.note(LEGEND[kind]) for kind in kinds]
    legend = sum(DETAIL_FONT.width(entry) + 0.5 for entry in entries)
    width = max(width, legend, TITLE_FONT.width(name), DETAIL_FONT.width(subtitle)) + 2 * MARGIN
    tops = [volume.height / 2 + volume.depth * SKEW[1] for volume in volumes]
    middle = 0.75 + below + max(volume.height for volume in volumes) / 2 + 0.1
    top = middle + max(tops) + (0.3 if above else 0.15)
    height = top + above + 0.75
    figure = exact_figure(width, height)
    axes = place(figure, 0, 0, width, height)
    axes.set(xlim=(0, width), ylim=(0, height))
    axes.text(MARGIN, height - 0.4, name, **TITLE_FONT.options, color=INK, parse_math=False)
    axes.text(MARGIN, height - 0.62, subtitle, **DETAIL_FONT.options, color=MUTED)
    _arrows(axes, volumes, places, middle)
    floor = middle - max(volume.height for volume in volumes) / 2 - 0.12
    for volume, x in zip(volumes, places, strict=True):
        _box(axes, volume, x, middle)
        upward = volume.kind == "pooling"
        _label(axes, volume, x, middle, top + above if upward else floor)
    x = MARGIN
    for kind, entry in zip(kinds, entries, strict=True):
        _face(axes, [(x, 0.25), (x + 0.16, 0.25), (x + 0.16, 0.41), (x, 0.41)], COLOURS[kind])
        axes.text(x + 0.24, 0.285, entry, **DETAIL_FONT.options, color=INK)
        x += DETAIL_FONT.width(entry) + 0.5
    return figure


def _volumes(parts: Sequence[Part], input_shape: tuple[int, ...], words: Words) -> list[Volume]:
    largest = max(itertools.chain(input_shape[1:], *(part.shape[1:] for part in parts)), default=1)
    units = max((part.shape[0] for part in parts if part.kind == "dense"), default=1)

    def measures(shape: tuple[int, ...]) -> tuple[float, float, float]:
        """Height, depth, thickness."""
        if len(shape) == 1:
            return 0.3 + 1.5 * (shape[0] / max(units, 100)) ** 0.35, 0.0, 0.1
        # Powers below 1, so that maps of 7×7 still show beside those of 224×224.
        sides = [max(0.12, TALLEST * (side / largest) ** 0.6) for side in shape[1:]]
        return sides[0], sides[1] if len(sides) > 1 else 0.0, 0.035 * shape[0] ** 0.38

    first = (
        (size_text(input_shape), SHAPE_FONT, INK),
        (words.note(LEGEND["input"]), DETAIL_FONT, MUTED),
    )
    volumes = [Volume(None, "input", *measures(input_shape), 1, first)]
    for part in parts:
        height, depth, thickness = measures(part.shape)
        if part.kind == "pooling":
            thickness = 0.06 if math.prod(part.shape[1:]) > 1 else thickness
        lines = [(size_text(part.shape), SHAPE_FONT, INK)]
        lines += [(line, DETAIL_FONT, INK) for line in _detail_lines(part, words)]
        lines.append((part.name, NAME_FONT, MUTED))
        slabs = min(len(part.names), SLABS)
        volumes.append(
            Volume(
                part=part,
                kind=part.kind,
                height=height,
                depth=depth,
                thickness=thickness,
                slabs=slabs,
                label=tuple(lines),
            )
        )
    return volumes


def _detail_lines(part: Part, words: Words) -> list[str]:
    """``2 × 3×3``, ``7×7, stride 2``, ``36 blocks``: what the sizes do not say."""
    if part.kind == "dense":
        return []
    if part.kind == "pooling" and math.prod(part.shape[1:]) == 1:
        return [words.note(GLOBAL)]
    if part.kind in ("branches", "residual"):
        count = len(part.names)
        return [words.note(COUNTED[part.kind]).format(n=count)] if count > 1 else []
    lines = []
    for text, run in itertools.groupby(part.details):
        count = len(list(run))
        # Padding shows in the sizes already.
        pieces = [piece for piece in text.split(", ") if piece and not piece.startswith("padding")]
        details = ", ".join(pieces)
        if words.language == "fr":
            details = details.replace("stride", "pas").replace("groups", "groupes")
        if details:
            lines.append(f"{count} × {details}" if count > 1 else details)
    return lines


def _placed(volumes: Sequence[Volume]) -> tuple[list[float], float]:
    """Each volume's left edge, and the right end of everything, leaving room for the labels of both lines."""
    places: list[float] = []
    edge = MARGIN - GAP
    label_ends = {True: MARGIN - LABEL_GAP, False: MARGIN - LABEL_GAP}
    end = MARGIN
    for volume in volumes:
        upward = volume.kind == "pooling"
        reach = volume.label_width / 2
        x = max(edge + GAP, label_ends[upward] + LABEL_GAP + reach - _anchor(volume))
        places.append(x)
        edge = x + volume.width
        label_ends[upward] = x + _anchor(volume) + reach
        end = max(end, edge, label_ends[upward])
    return places, end - MARGIN


def _anchor(volume: Volume) -> float:
    """From the left edge to where the label is centred: above, the middle of the top; below, of the front."""
    front = volume.thickness * volume.slabs / 2
    return front + volume.depth * SKEW[0] / 2 if volume.kind == "pooling" else front


def _label(axes: Axes, volume: Volume, x: float, middle: float, y: float) -> None:
    """Lines from ``y`` down, and a thin line from the volume to them."""
    centre = x + _anchor(volume)
    upward = volume.kind == "pooling"
    if upward:
        start = middle + volume.height / 2 + volume.depth * SKEW[1] / 2
        stop = y - LINE_HEIGHT * len(volume.label)
    else:
        start, stop = middle - volume.height / 2, y
    axes.plot([centre, centre], [start, stop], color=OUTLINE, linewidth=0.5, linestyle=(0, (1, 2)), zorder=0)
    for number, (text, font, colour) in enumerate(volume.label):
        axes.text(
            centre,
            y - LINE_HEIGHT * (number + 1) + 0.04,
            text,
            **font.options,
            color=colour,
            ha="center",
            parse_math=False,
        )


def _arrows(axes: Axes, volumes: Sequence[Volume], places: Sequence[float], y: float) -> None:
    for (before, left), (_, right) in itertools.pairwise(zip(volumes, places, strict=True)):
        arrow = FancyArrowPatch(
            (left + before.thickness * before.slabs, y),
            (right, y),
            arrowstyle="-|>",
            mutation_scale=6,
            shrinkA=0,
            shrinkB=0,
            color=MUTED,
            linewidth=0.8,
            zorder=1,
        )
        axes.add_patch(arrow)


def _box(axes: Axes, volume: Volume, x: float, middle: float) -> None:
    low, high = middle - volume.height / 2, middle + volume.height / 2
    dx, dy = volume.depth * SKEW[0], volume.depth * SKEW[1]
    colour = COLOURS[volume.kind]
    step = volume.thickness
    for slab in range(volume.slabs):
        left, right = x + slab * step, x + (slab + 1) * step
        _face(
            axes,
            [(right, low), (right + dx, low + dy), (right + dx, high + dy), (right, high)],
            _shade(colour, 0.78),
        )
        _face(
            axes,
            [(left, high), (right, high), (right + dx, high + dy), (left + dx, high + dy)],
            _shade(colour, 1.25),
        )
        _face(axes, [(left, low), (right, low), (right, high), (left, high)], colour)
        branches = volume.part.branches if volume.part else 1
        for band in range(1, branches):
            y = low + volume.height * band / branches
            axes.plot([left, right], [y, y], color=INK, linewidth=0.4, zorder=2)
        if volume.kind == "residual":
            # The shortcut, over each block.
            shortcut = FancyArrowPatch(
                (left + dx / 2, high + dy / 2),
                (right + dx / 2, high + dy / 2),
                connectionstyle="arc3,rad=-0.8",
                arrowstyle="-|>",
                mutation_scale=5,
                shrinkA=0,
                shrinkB=0,
                color=INK,
                linewidth=0.8,
                zorder=3,
            )
            axes.add_patch(shortcut)


def _face(axes: Axes, corners: list[tuple[float, float]], colour: str | tuple[float, ...]) -> None:
    axes.add_patch(Polygon(corners, facecolor=colour, edgecolor=INK, linewidth=0.5, zorder=2))


def _shade(colour: str, factor: float) -> tuple[float, ...]:
    """Darker below 1, towards white above."""
    if factor <= 1:
        return tuple(part * factor for part in to_rgb(colour))
    return tuple(1 - (1 - part) / factor for part in to_rgb(colour))


def _large(number: int, words: Words) -> str:
    """``15.47 G``, ``417 k``."""
    for unit, name in ((10**9, "G"), (10**6, "M"), (10**3, "k")):
        if number >= unit:
            return f"{words.decimal(number / unit, 2)} {name}"
    return str(number)
