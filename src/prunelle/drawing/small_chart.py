"""Curves of a few kilobytes for a card: SVG written by hand, of text that stays text, in the colours of its page.

``report.figures`` draws the same curves as figures of a page, with all that a page has room for.
"""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Callable, Sequence

from markupsafe import Markup

from prunelle.drawing.card import seen
from prunelle.drawing.palette import BLUE, ORANGE

WIDTH, HEIGHT = 320, 150
_LEFT, _RIGHT, _TOP, _BOTTOM = 46, 10, 8, 20
MOST_POINTS = 160
"""Of a curve; of more, as many evenly spread, and always the last."""


@dataclasses.dataclass(frozen=True)
class Line:
    """One curve.

    Attributes:
        name: for the legend.
        values: None and what is not finite leave a gap.
        dashed: orange and dashed, as training is everywhere; else blue.
    """

    name: str
    values: Sequence[float | None]
    dashed: bool = False


def chart(
    title: str,
    lines: Sequence[Line],
    *,
    along: str,
    written: Callable[[float], str],
    rounded: Callable[[float], str],
    last_x: int | None = None,
    most: float | None = None,
) -> Markup:
    """A chart of values at 1, 2, 3…, with its title, its legend and each curve's last value.

    Args:
        along: what is counted.
        written: a value as text; rounded: the same in fewer digits, for ticks, where that tells them apart.
        last_x: how far the axis goes; None: as far as there are values.
        most: no tick lies above.
    """
    lines = [line for line in lines if any(_known(value) for value in line.values)]
    if not lines:
        return Markup("")
    right = max(last_x or 1, *(len(line.values) for line in lines))
    known = [float(value) for line in lines for value in line.values if value is not None and _known(value)]
    low, high = min(known), max(known)
    ticks = _ticks(low, high, most)
    low, high = min(low, ticks[0]), max(high, ticks[-1])
    labels = [rounded(tick) for tick in ticks]
    if len(set(labels)) < len(labels):
        labels = [written(tick) for tick in ticks]

    def x(place: float) -> float:
        return _LEFT + (place - 1) / max(right - 1, 1) * (WIDTH - _LEFT - _RIGHT)

    def y(value: float) -> float:
        return HEIGHT - _BOTTOM - (value - low) / (high - low) * (HEIGHT - _TOP - _BOTTOM)

    parts = [
        Markup(
            '<path d="M{} {:.1f}H{}" stroke="currentColor" stroke-opacity=".18"/>'
            '<text x="{}" y="{:.1f}" text-anchor="end">{}</text> '
        ).format(_LEFT, y(tick), WIDTH - _RIGHT, _LEFT - 6, y(tick) + 4, label)
        for tick, label in zip(ticks, labels, strict=True)
    ]
    parts.append(
        Markup('<text x="{}" y="{}" text-anchor="middle">{}</text> ').format(
            (_LEFT + WIDTH - _RIGHT) / 2, HEIGHT - 5, seen(along)
        )
    )
    places = [1] if right == 1 else [1, right]
    parts += [
        Markup('<text x="{:.1f}" y="{}" text-anchor="{}">{}</text> ').format(
            x(place), HEIGHT - 5, "start" if place == 1 else "end", place
        )
        for place in places
    ]
    parts += [_curve(line, x, y) for line in lines]
    return Markup(
        '<figure class="pc-chart"><figcaption><b>{}</b>{}</figcaption><svg viewBox="0 0 {} {}" role="img" '
        'aria-label="{}" fill="none" font-size="11"><g fill="currentColor" stroke="none">{}</g></svg></figure>'
    ).format(
        seen(title),
        Markup("").join(_legend(line, written) for line in lines),
        WIDTH,
        HEIGHT,
        seen("; ".join([title, *(f"{line.name} {_ends(line, written)}" for line in lines)])),
        Markup("").join(parts),
    )


def _known(value: float | None) -> bool:
    return value is not None and math.isfinite(value)


def _legend(line: Line, written: Callable[[float], str]) -> Markup:
    last = next(value for value in reversed(line.values) if value is not None and _known(value))
    sign = "╌" if line.dashed else "─"
    return Markup(' <span class="{}">{} {} {}</span>').format(
        "pc-orange" if line.dashed else "pc-blue", sign, seen(line.name), written(last)
    )


def _ends(line: Line, written: Callable[[float], str]) -> str:
    known = [value for value in line.values if value is not None and _known(value)]
    return f"{written(known[0])} → {written(known[-1])}"


def _curve(line: Line, x: Callable[[float], float], y: Callable[[float], float]) -> Markup:
    step = math.ceil(len(line.values) / MOST_POINTS)
    chosen = [*range(0, len(line.values) - 1, step), len(line.values) - 1]
    path, alone, pen = [], [], False
    for index in chosen:
        value = line.values[index]
        if value is None or not _known(value):
            pen = False
            continue
        place = f"{x(index + 1):.1f} {y(value):.1f}"
        following = [line.values[later] for later in chosen if later > index][:1]
        if not pen and not any(_known(each) for each in following):
            alone.append(place)  # a line of one point is not seen
        path.append(f"{'L' if pen else 'M'}{place}")
        pen = True
    colour, look = (ORANGE, "pc-orange") if line.dashed else (BLUE, "pc-blue")
    dash = Markup(' stroke-dasharray="5 3"') if line.dashed else ""
    dots = (Markup('<circle cx="{}" cy="{}" r="2.5"/>').format(*place.split()) for place in alone)
    # The colour itself is for where the style was taken away.
    return Markup(
        '<g class="{}" stroke="{}" fill="{}"><path d="{}" fill="none" stroke-width="1.8"{}/>{}</g>'
    ).format(look, colour, colour, "".join(path), dash, Markup("").join(dots))


def _ticks(low: float, high: float, most: float | None) -> list[float]:
    """Three to five round values around ``low`` to ``high``."""
    if high - low < 1e-9 * max(1.0, abs(high)):
        room = max(abs(high) * 0.1, 1e-3)
        low, high = low - room, high + room
    rough = (high - low) / 3
    size = 10.0 ** math.floor(math.log10(rough))
    step = next(size * factor for factor in (1, 2, 2.5, 5, 10) if size * factor >= rough * 0.999)
    first, last = math.floor(low / step), math.ceil(high / step)
    ticks = [step * number for number in range(first, last + 1)]
    return [tick for tick in ticks if most is None or tick <= most + 1e-9] or ticks
