"""Stills of one convolution: the operation, its two conventions, and how channels are summed."""

from __future__ import annotations

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from prunelle.look import convolve_drawing as draw
from prunelle.look.convolution import Convolution, flipped
from prunelle.look.convolution import convolve as apply
from prunelle.texts import Language, Note

INPUT = Note("Input", "Entrée")
KERNEL = Note("Kernel", "Noyau")
OUTPUT = Note("Output", "Sortie")
WITH_NAME = Note("{title}: {name}", "{title} : {name}")
CORRELATION = Note("cross-correlation", "corrélation croisée")
PROPER = Note("convolution proper, kernel turned over", "convolution au sens propre, noyau retourné")
SETTINGS = Note(
    "padding: {padding} · stride: {stride} · dilation: {dilation}",
    "bordure ajoutée : {padding} · pas : {stride} · dilatation : {dilation}",
)
NONE = Note("none", "aucune")
BORDERS = {
    "zeros": Note("{n} (zeros)", "{n} (zéros)"),
    "replicate": Note("{n} (last value repeated)", "{n} (dernière valeur répétée)"),
    "reflect": Note("{n} (mirror)", "{n} (miroir)"),
    "circular": Note("{n} (other side)", "{n} (autre bord)"),
}
SIZES = Note("Size of the output: {formulas}", "Taille de la sortie : {formulas}")
AND = Note(" and ", " et ")
FRAMED = Note("Framed: {sum}", "Encadré : {sum}")
RINGED = Note("Ringed: {sum}", "Cerclé : {sum}")
EVERY_CHANNEL = Note("the same on each channel", "le même sur chaque canal")

SLID_AS_IS = Note("Cross-correlation", "Corrélation croisée")
SLID_AS_IS_BELOW = Note("what networks\ncall convolution", "ce que les réseaux\nappellent convolution")
TURNED = Note("Convolution", "Convolution")
TURNED_BELOW = Note(
    "of mathematics and\nsignal processing: the\nkernel is turned over first",
    "des mathématiques et du\ntraitement du signal : le\nnoyau est d’abord retourné",
)
KERNEL_SLID = Note("the kernel, as it slides", "le noyau, tel qu’il glisse")
ON_A_POINT = Note("on a single 1 among zeros", "sur un seul 1 parmi des zéros")
ON_INPUT = Note("on the input", "sur l’entrée")
SAME_KERNEL = Note(
    "Turned over, this kernel stays the same: both give the same output.",
    "Retourné, ce noyau reste le même : les deux donnent la même sortie.",
)
TURNS_OVER = Note(
    "Around a single point, cross-correlation leaves the kernel turned over, convolution leaves it as it is written.",
    "Autour d’un point isolé, la corrélation laisse le noyau retourné, la convolution le noyau tel qu’il est écrit.",
)

CHANNELS = (Note("Red", "Rouge"), Note("Green", "Vert"), Note("Blue", "Bleu"))
CHANNEL = Note("Channel {n}", "Canal {n}")
SLICE = Note("slice {n} of the filter", "tranche {n} du filtre")
PART = Note("its map", "sa carte")
SUM = Note("Sum: a single map", "Somme : une seule carte")
PICTURE = Note("Picture", "Image")
AT_MARK = Note("At the ringed place: {terms} = {total}", "À l’endroit cerclé : {terms} = {total}")


def settings_text(result: Convolution, language: Language) -> str:
    """``padding: 1 (zeros) · stride: 2 · dilation: 1``."""

    def each(values: tuple[int, ...]) -> str:
        return str(values[0]) if len(set(values)) == 1 else " × ".join(map(str, values))

    sides = [str(a) if a == b else f"{a}+{b}" for a, b in result.padding]
    amount = sides[0] if len(set(sides)) == 1 else " × ".join(sides)
    empty = not any(map(any, result.padding))
    padding = draw.say(NONE, language) if empty else draw.say(BORDERS[result.border], language, n=amount)
    return draw.say(
        SETTINGS, language, padding=padding, stride=each(result.stride), dilation=each(result.dilation)
    )


def titled(title: Note, name: str, language: Language) -> str:
    """``Input: china``; the title alone without a name."""
    text = draw.say(title, language)
    return draw.say(WITH_NAME, language, title=text, name=name) if name else text


def sign(result: Convolution) -> str:
    """The operation's sign, between input and kernel."""
    return "∗" if result.flip else "⋆"


def operation(result: Convolution, language: Language) -> Figure:
    """Input, kernel and output, with shapes and the formula."""
    return _signal(result, language) if result.dims == 1 else _picture(result, language)


def numbered(values: np.ndarray) -> bool:
    """Whether a picture is shown as numbers."""
    return values.ndim == 2 and max(values.shape) <= draw.MOST_NUMBERED


def _picture(result: Convolution, language: Language) -> Figure:
    spot = strongest(result) if numbered(result.input) and numbered(result.output) else None
    foot = 1.95 if spot is None else 2.05
    box = (4.7, 4.7)
    sizes = [draw.fit(values.shape[:2], box) for values in (result.input, result.output)]
    tall = max(2.9, *(high for _, high in sizes))
    figure = draw.canvas(foot + tall + 0.8)
    middle = foot + tall / 2
    lefts = (0.4, draw.WIDTH - 0.4 - box[0])
    names = (titled(INPUT, result.input_name, language), draw.say(OUTPUT, language))
    panels = []
    for values, (wide, high), left, name in zip(
        (result.input, result.output), sizes, lefts, names, strict=True
    ):
        x, y = left + (box[0] - wide) / 2, middle - high / 2
        axes = draw.place(figure, x, y, wide, high)
        panels.append(axes)
        if numbered(values):
            draw.cells(axes, values, language, span=draw.limits(values))
        else:
            draw.show(axes, values, draw.limits(values))
            if not draw.is_colour(values):
                draw.scale(figure, x + wide / 2, y - 0.24, wide * 0.6, values, language)
        draw.heading(figure, left + box[0] / 2, y + high, name, draw.shape_text(values))
    _kernel(figure, result, middle, tall, language)
    draw.write(figure, lefts[0] + box[0] + 0.3, middle, sign(result), size=40, vertical="center")
    draw.write(figure, lefts[1] - 0.3, middle, "=", size=26, vertical="center")
    if spot is not None:
        start = [
            s * p - before for s, p, (before, _) in zip(result.stride, spot, result.padding, strict=True)
        ]
        draw.frame(panels[0], start[0], start[1], *result.extent)
        draw.frame(panels[1], spot[0], spot[1], 1, 1)
    _foot(figure, result, spot, language)
    return figure


def strongest(result: Convolution) -> tuple[int, ...] | None:
    """The output furthest from zero among those whose window holds no padding; None where each does."""
    inside = [
        [
            step * place - before >= 0 and step * place - before + span <= size
            for place in range(result.output.shape[axis])
        ]
        for axis, (step, (before, _), span, size) in enumerate(
            zip(result.stride, result.padding, result.extent, result.input.shape, strict=False)
        )
    ]
    whole = np.array(inside[0]) if result.dims == 1 else np.outer(np.array(inside[0]), np.array(inside[1]))
    if not whole.any() or result.output.ndim > result.dims:
        return None
    sizes = np.where(whole, np.abs(result.output), -1)
    return tuple(int(at) for at in np.unravel_index(int(sizes.argmax()), sizes.shape))


def sum_text(result: Convolution, place: tuple[int, ...], language: Language, per_line: int = 9) -> str:
    """``(−1)·3 + 0·5 + 1·8 = 5``, so many products a line; weights that are fractions over one divisor."""
    _, divisor = draw.fraction(result.weights)

    def factor(value: float) -> str:
        text = draw.number(value, language)
        return f"({text})" if value < 0 else text

    products = [f"{factor(weight * divisor)}·{factor(value)}" for weight, value in result.terms(*place)]
    text = draw.wrapped(products, per_line)
    if divisor > 1:
        text = f"({text}) / {divisor}"
    return f"{text} = {draw.number(float(result.output[place]), language, 6)}"


def _kernel(figure: Figure, result: Convolution, middle: float, tall: float, language: Language) -> None:
    """The kernel as it slides, in the middle of the figure; slices that differ, one above the other."""
    x, weights = draw.WIDTH / 2, result.weights
    slices = [weights] if weights.ndim == 2 else [weights[..., c] for c in range(weights.shape[-1])]
    same = all(np.array_equal(one, slices[0]) for one in slices)
    if same or len(slices) > 3:
        slices = slices[:1]
    side = 1.5 if len(slices) == 1 else min(1.0, (tall - 0.8) / 3 - 0.1)
    wide, high = draw.fit(slices[0].shape, (side, side))
    pile = len(slices) * high + (len(slices) - 1) * 0.1
    top = middle + pile / 2
    title = draw.say(KERNEL, language)
    if result.kernel_name:
        draw.write(figure, x, top + 0.64, title, bold=True)
    draw.heading(figure, x, top, result.kernel_name or title, draw.shape_text(weights))
    whole, divisor = draw.fraction(np.stack(slices))
    for place, one in enumerate(whole):
        bottom = top - high - place * (high + 0.1)
        _kernel_cells(figure, one, x - wide / 2, bottom, wide, high, float(np.abs(whole).max()), language)
    below = middle - pile / 2 - 0.28
    if divisor > 1:
        draw.write(figure, x, below, f"× 1/{divisor}")
        below -= 0.28
    if weights.ndim == 3 and same:
        draw.write(figure, x, below, draw.say(EVERY_CHANNEL, language), size=draw.SMALL, colour=draw.MUTED)


def kernel_cells(
    figure: Figure,
    weights: np.ndarray,
    left: float,
    bottom: float,
    wide: float,
    high: float,
    language: Language,
) -> None:
    """A kernel as whole numbers in coloured cells, with what divides them under it."""
    whole, divisor = draw.fraction(weights)
    _kernel_cells(figure, whole, left, bottom, wide, high, float(np.abs(whole).max()), language)
    if divisor > 1:
        draw.write(figure, left + wide / 2, bottom - 0.24, f"× 1/{divisor}", size=draw.SMALL)


def _kernel_cells(
    figure: Figure,
    whole: np.ndarray,
    left: float,
    bottom: float,
    wide: float,
    high: float,
    most: float,
    language: Language,
) -> None:
    axes = draw.place(figure, left, bottom, wide, high)
    most = most or 1.0
    draw.cells(axes, whole, language, span=(-most, most))
    draw.frame(axes, 0, 0, *whole.shape, colour=draw.INK, width_pt=1.6)


def _foot(figure: Figure, result: Convolution, spot: tuple[int, ...] | None, language: Language) -> None:
    """The formula, one worked value where there is a place for it, the sizes, the settings."""
    x = draw.WIDTH / 2
    worked = ""
    if spot is not None and result.weights.size <= 9:
        text = sum_text(result, spot, language)
        worked = draw.say(FRAMED if result.dims == 2 else RINGED, language, sum=text)
    # A longer one would not fit the figure's width.
    if len(worked) > 105:
        worked = ""
    draw.write(figure, x, 1.28 if worked else 0.98, result.formula_tex(), size=draw.TITLE + 1, math=True)
    if worked:
        draw.write(figure, x, 0.76, worked, colour=draw.ORANGE)
    formulas = draw.say(AND, language).join(result.size_formulas())
    draw.write(figure, x, 0.46, draw.say(SIZES, language, formulas=formulas))
    kind = draw.say(PROPER if result.flip else CORRELATION, language)
    draw.write(
        figure, x, 0.17, f"{kind} · {settings_text(result, language)}", size=draw.SMALL, colour=draw.MUTED
    )


def _signal(result: Convolution, language: Language) -> Figure:
    """Three rows on one axis: each output stands at the middle of the window it comes from."""
    figure = draw.canvas(7.2)
    size, weights = result.input.shape[0], result.weights
    centres = output_places(result)
    spot = strongest(result)
    start = (spot[0] if spot else 0) * result.stride[0] - result.padding[0][0]
    window = start + np.arange(len(weights), dtype=float) * result.dilation[0]
    low, high = min(0.0, centres[0], window[0]) - 0.6, max(size - 1.0, centres[-1], window[-1]) + 0.6
    whole, divisor = draw.fraction(weights)
    kernel_title = titled(KERNEL, result.kernel_name, language) + (f"  × 1/{divisor}" if divisor > 1 else "")
    inches_apart = (draw.WIDTH - 1.2) / (high - low)
    rows = (
        (
            titled(INPUT, result.input_name, language),
            result.input,
            np.arange(size) * 1.0,
            draw.BLUE,
            5.3,
            1.35,
        ),
        (kernel_title, whole, window, draw.INK, 3.75, 0.8),
        (draw.say(OUTPUT, language), result.output, centres, draw.ORANGE, 1.85, 1.25),
    )
    for title, values, places, colour, bottom, tall in rows:
        axes = draw.place(figure, 0.85, bottom, draw.WIDTH - 1.2, tall)
        apart = inches_apart * (float(places[1] - places[0]) if len(places) > 1 else 1.0)
        numbered = len(values) <= 30 and apart >= draw.label_width(values, language)
        draw.stems(axes, places, values, colour, language, numbered=numbered)
        axes.set_xlim(low, high)
        if values is not result.output:
            axes.axvspan(start - 0.45, start + result.extent[0] - 0.55, color=draw.PAPER, zorder=0)
        elif spot:
            axes.plot(
                centres[spot], values[spot], "o", markersize=12, mfc="none", mec=draw.INK, clip_on=False
            )
        draw.write(figure, 0.4, bottom + tall + 0.22, title, bold=True, align="left")
        draw.write(
            figure, draw.WIDTH - 0.35, bottom + tall + 0.22, draw.shape_text(values), size=draw.SMALL,
            colour=draw.MUTED, align="right",
        )  # fmt: skip
    _foot(figure, result, spot, language)
    return figure


def output_places(result: Convolution) -> np.ndarray:
    """``(L',)``: where the middle of each output's window lies in the input of a signal."""
    first = (result.extent[0] - 1) / 2 - result.padding[0][0]
    return first + result.stride[0] * np.arange(result.output.shape[0])


def conventions(result: Convolution, language: Language) -> Figure:
    """Cross-correlation above, convolution below: the kernel, what it leaves of a point, and of the input."""
    figure = draw.canvas(6.4)
    kernel = result.kernel if result.kernel.ndim == result.dims else result.kernel[..., 0]
    point = _point(kernel)
    titles = (KERNEL_SLID, ON_A_POINT, ON_INPUT)
    for x, title in zip((4.35, 7.2, 10.75), titles, strict=True):
        draw.write(figure, x, 6.05, draw.say(title, language), bold=True, size=draw.SMALL + 1)
    for flip, bottom, title, below in (
        (False, 3.35, SLID_AS_IS, SLID_AS_IS_BELOW),
        (True, 0.7, TURNED, TURNED_BELOW),
    ):
        name = f"{draw.say(title, language)}  {'∗' if flip else '⋆'}"
        draw.write(figure, 0.3, bottom + 1.55, name, size=draw.TITLE, bold=True, align="left")
        draw.write(
            figure, 0.3, bottom + 1.35, draw.say(below, language), size=draw.SMALL, colour=draw.MUTED,
            align="left", vertical="top",
        )  # fmt: skip
        weights = flipped(kernel, kernel.ndim) if flip else kernel
        on_point = apply(point, kernel, padding="same", flip=flip).output
        on_input = apply(result.input, result.kernel, padding="same", flip=flip, border=result.border).output
        rows = _convention_pictures if result.dims == 2 else _convention_signals
        rows(figure, bottom, weights, on_point, on_input, language)
    same = bool(np.array_equal(kernel, flipped(kernel, kernel.ndim)))
    draw.write(figure, draw.WIDTH / 2, 0.22, draw.say(SAME_KERNEL if same else TURNS_OVER, language))
    return figure


def _point(kernel: np.ndarray) -> np.ndarray:
    """Zeros with a one in the middle, a little larger than the kernel, odd."""
    point = np.zeros([size + 2 + (size + 1) % 2 for size in kernel.shape])
    point[tuple(size // 2 for size in point.shape)] = 1
    return point


def _convention_pictures(
    figure: Figure,
    bottom: float,
    weights: np.ndarray,
    on_point: np.ndarray,
    on_input: np.ndarray,
    language: Language,
) -> None:
    middle = bottom + 1.3
    wide, high = draw.fit(weights.shape, (1.6, 1.6))
    kernel_cells(figure, weights, 4.35 - wide / 2, middle - high / 2, wide, high, language)
    wide, high = draw.fit(on_point.shape, (2.35, 2.35))
    whole, divisor = draw.fraction(on_point)
    _kernel_cells(
        figure, whole, 7.2 - wide / 2, middle - high / 2, wide, high, float(np.abs(whole).max()), language
    )
    axes = figure.axes[-1]
    centre = [size // 2 for size in on_point.shape]
    draw.frame(axes, centre[0], centre[1], 1, 1, colour=draw.GREEN)
    if divisor > 1:
        draw.write(figure, 7.2 + wide / 2 + 0.06, middle, f"× 1/{divisor}", size=draw.SMALL, align="left")
    wide, high = draw.fit(on_input.shape, (3.5, 2.35))
    axes = draw.place(figure, 10.75 - wide / 2, middle - high / 2, wide, high)
    if max(on_input.shape) <= 8:
        draw.cells(axes, on_input, language, span=draw.limits(on_input))
    else:
        draw.show(axes, on_input, draw.limits(on_input))


def _convention_signals(
    figure: Figure,
    bottom: float,
    weights: np.ndarray,
    on_point: np.ndarray,
    on_input: np.ndarray,
    language: Language,
) -> None:
    for values, middle, wide, colour in (
        (weights, 4.35, 1.7, draw.INK),
        (on_point, 7.2, 2.1, draw.GREEN),
        (on_input, 10.75, 3.2, draw.ORANGE),
    ):
        axes = draw.place(figure, middle - wide / 2, bottom + 0.35, wide, 1.85)
        numbered = wide / (len(values) + 0.2) >= draw.label_width(values, language)
        draw.stems(axes, np.arange(len(values)) * 1.0, values, colour, language, numbered=numbered)
        axes.set_xlim(-0.6, len(values) - 0.4)


def channels(result: Convolution, language: Language) -> Figure:
    """A picture split into its channels, the filter's slice and the map of each, and their sum."""
    figure = draw.canvas(7.2)
    count, parts = result.input.shape[-1], result.parts
    total = parts.sum(axis=-1)
    spot = np.unravel_index(int(np.abs(total).argmax()), total.shape)
    row = 6.15 / count
    wide, high = draw.fit(result.input.shape[:2], (2.45, row - 0.42))
    out_wide, out_high = draw.fit(total.shape, (2.45, row - 0.42))
    big = draw.fit(total.shape, (2.55, 3.4))
    x_channel, x_slice, x_part, x_sum, middle = 4.15, 6.3, 8.45, 11.4, 0.8 + 3.0
    _labelled(figure, result.input, 1.4, middle, draw.say(PICTURE, language))
    for c in range(count):
        y = 0.8 + row * (count - 1 - c) + (row - 0.42) / 2
        name = draw.say(CHANNELS[c], language) if count == 3 else draw.say(CHANNEL, language, n=c + 1)
        axes = draw.place(figure, x_channel - wide / 2, y - high / 2, wide, high)
        draw.show(axes, result.input[..., c], draw.limits(result.input))
        draw.write(figure, x_channel, y + high / 2 + 0.09, name, bold=True, size=draw.SMALL + 1)
        draw.write(figure, x_channel + wide / 2 + 0.24, y, sign(result), size=32, vertical="center")
        one = result.weights[..., c]
        kernel_wide, kernel_high = draw.fit(one.shape, (1.05, min(1.05, row - 0.8)))
        left, bottom = x_slice - kernel_wide / 2, y - kernel_high / 2
        kernel_cells(figure, one, left, bottom, kernel_wide, kernel_high, language)
        text = draw.say(SLICE, language, n=c + 1)
        draw.write(figure, x_slice, y + kernel_high / 2 + 0.09, text, size=draw.SMALL)
        draw.write(figure, x_part - out_wide / 2 - 0.24, y, "=", size=20, vertical="center")
        axes = draw.place(figure, x_part - out_wide / 2, y - out_high / 2, out_wide, out_high)
        draw.show(axes, parts[..., c], draw.limits(parts))
        _ring(axes, spot, total.shape)
        draw.write(figure, x_part, y + out_high / 2 + 0.09, draw.say(PART, language), size=draw.SMALL)
        if c:
            draw.write(
                figure, x_part - out_wide / 2 - 0.24, y + row / 2, "+", size=24, bold=True, vertical="center"
            )
    draw.scale(figure, x_part, 0.8 - 0.24, out_wide * 0.7, parts, language)
    draw.write(figure, x_sum - big[0] / 2 - 0.26, middle, "=", size=24, vertical="center")
    axes = _labelled(figure, total, x_sum, middle, draw.say(SUM, language))
    _ring(axes, spot, total.shape)
    draw.scale(figure, x_sum, middle - big[1] / 2 - 0.24, big[0] * 0.7, total, language)
    terms = " + ".join(
        draw.number(v, language) if v >= 0 else f"({draw.number(v, language)})" for v in parts[spot]
    )
    worked = draw.say(AT_MARK, language, terms=terms, total=draw.number(float(total[spot]), language))
    draw.write(figure, 0.3, 0.16, worked, colour=draw.GREEN, align="left", bold=True)
    return figure


def _labelled(figure: Figure, values: np.ndarray, x: float, y: float, title: str) -> Axes:
    wide, high = draw.fit(values.shape[:2], (2.55, 3.4))
    axes = draw.place(figure, x - wide / 2, y - high / 2, wide, high)
    draw.show(axes, values, draw.limits(values))
    draw.heading(figure, x, y + high / 2, title, draw.shape_text(values))
    return axes


def _ring(axes: Axes, spot: tuple[np.intp, ...], shape: tuple[int, ...]) -> None:
    """A green ring around one place of a map."""
    axes.plot(
        spot[1] + 0.5, spot[0] + 0.5, "o", markersize=13, mfc="none", mec=draw.GREEN, mew=2.4, clip_on=False
    )
    axes.set_xlim(0, shape[1])
    axes.set_ylim(shape[0], 0)
