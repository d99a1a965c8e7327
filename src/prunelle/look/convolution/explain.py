"""Stills that explain: convolution beside cross-correlation, and a filter's slices summed over channels."""

from __future__ import annotations

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from prunelle.drawing import curves, figures, fonts, grids, palette
from prunelle.look.convolution import drawing as draw
from prunelle.look.convolution.arithmetic import Convolution, flipped, pad, same_padding, slide
from prunelle.look.convolution.operation import draw_kernel, kernel_cells, sign
from prunelle.texts import Language, Note

SLID_AS_IS = Note("Cross-correlation", "Corrélation croisée")
SLID_AS_IS_BELOW = Note("what networks\ncall convolution", "ce que les réseaux\nappellent convolution")
TURNED = Note("Convolution", "Convolution")
TURNED_BELOW = Note(
    "of mathematics and\nsignal processing: the\nkernel is turned over first",
    "des mathématiques et du\ntraitement du signal : le\nnoyau est d’abord retourné",
)
KERNEL_SLID = Note("the kernel, as it slides", "le noyau, tel qu’il glisse")
FIRST_SLID = Note("its first slice", "sa première tranche")
ON_A_POINT = Note("on a single 1 among zeros", "sur un seul 1 parmi des zéros")
ON_INPUT = Note("on the input: {shape}", "sur l’entrée : {shape}")
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


def conventions(result: Convolution, language: Language) -> Figure:
    """Cross-correlation above, convolution below: the kernel, what it leaves of a point, and of the input."""
    figure = draw.canvas(6.4)
    kernel = result.kernel if result.kernel.ndim == result.dims else result.kernel[..., 0]
    ones = (1,) * kernel.ndim
    point = _point(kernel)
    around = pad(point, same_padding(point.shape, kernel.shape, ones), "zeros")
    alike = result.kernel.ndim == result.dims or bool((result.kernel == result.kernel[..., :1]).all())
    titles = (KERNEL_SLID if alike else FIRST_SLID, ON_A_POINT, ON_INPUT)
    for x, title in zip((4.35, 7.2, 10.75), titles, strict=True):
        text = draw.say(title, language, shape=draw.shape_text(result.output))
        figures.write(figure, x, 6.05, text, bold=True, size=fonts.SMALL + 1)
    for flip, bottom, title, below in (
        (False, 3.35, SLID_AS_IS, SLID_AS_IS_BELOW),
        (True, 0.7, TURNED, TURNED_BELOW),
    ):
        name = f"{draw.say(title, language)}  {'∗' if flip else '⋆'}"
        figures.write(figure, 0.3, bottom + 1.55, name, size=fonts.TITLE, bold=True, align="left")
        figures.write(
            figure, 0.3, bottom + 1.35, draw.say(below, language), size=fonts.SMALL, colour=palette.MUTED,
            align="left", vertical="top",
        )  # fmt: skip
        weights = flipped(kernel, kernel.ndim) if flip else kernel
        on_point = slide(around, weights, ones, ones)
        on_input = result.output if flip == result.flip else result.turned_over().output
        rows = _convention_pictures if result.dims == 2 else _convention_signals
        rows(figure, bottom, weights, on_point, on_input, language=language)
    same = bool(np.array_equal(kernel, flipped(kernel, kernel.ndim)))
    figures.write(figure, draw.WIDTH / 2, 0.22, draw.say(SAME_KERNEL if same else TURNS_OVER, language))
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
    wide, high = grids.fit(weights.shape, (1.6, 1.6))
    kernel_cells(figure, weights, 4.35 - wide / 2, middle - high / 2, wide, high=high, language=language)
    wide, high = grids.fit(on_point.shape, (2.35, 2.35))
    whole, divisor = draw.fraction(on_point)
    draw_kernel(
        figure,
        whole,
        7.2 - wide / 2,
        middle - high / 2,
        wide,
        high=high,
        most=float(np.abs(whole).max()),
        language=language,
    )
    axes = figure.axes[-1]
    centre = [size // 2 for size in on_point.shape]
    figures.frame(axes, centre[0], centre[1], 1, 1, colour=palette.GREEN)
    if divisor > 1:
        figures.write(figure, 7.2 + wide / 2 + 0.06, middle, f"× 1/{divisor}", size=fonts.SMALL, align="left")
    wide, high = grids.fit(on_input.shape[:2], (3.5, 2.35))
    axes = figures.place(figure, 10.75 - wide / 2, middle - high / 2, wide, high)
    if on_input.ndim == 2 and max(on_input.shape) <= 8:
        grids.cells(
            axes, on_input, draw.written(language), fills=grids.pale(on_input, grids.limits(on_input))
        )
    else:
        grids.show(axes, on_input, grids.limits(on_input))


def _convention_signals(
    figure: Figure,
    bottom: float,
    weights: np.ndarray,
    on_point: np.ndarray,
    on_input: np.ndarray,
    language: Language,
) -> None:
    for values, middle, wide, colour in (
        (weights, 4.35, 1.7, palette.INK),
        (on_point, 7.2, 2.1, palette.GREEN),
        (on_input, 10.75, 3.2, palette.ORANGE),
    ):
        axes = figures.place(figure, middle - wide / 2, bottom + 0.35, wide, 1.85)
        numbered = wide / (len(values) + 0.2) >= draw.label_width(values, language)
        curves.stems(
            axes, np.arange(len(values)) * 1.0, values, colour, draw.written(language), numbered=numbered
        )
        axes.set_xlim(-0.6, len(values) - 0.4)


def channels(result: Convolution, language: Language) -> Figure:
    """A picture split into its channels, the filter's slice and the map of each, and their sum."""
    figure = draw.canvas(7.2)
    count, parts = result.input.shape[-1], result.parts
    total = parts.sum(axis=-1)
    spot = np.unravel_index(int(np.abs(total).argmax()), total.shape)
    row = 6.15 / count
    wide, high = grids.fit(result.input.shape[:2], (2.45, row - 0.42))
    out_wide, out_high = grids.fit(total.shape, (2.45, row - 0.42))
    big = grids.fit(total.shape, (2.55, 3.4))
    x_channel, x_slice, x_part, x_sum, middle = 4.15, 6.3, 8.45, 11.4, 0.8 + 3.0
    _labelled(figure, result.input, 1.4, middle, draw.say(PICTURE, language))
    for c in range(count):
        y = 0.8 + row * (count - 1 - c) + (row - 0.42) / 2
        name = draw.say(CHANNELS[c], language) if count == 3 else draw.say(CHANNEL, language, n=c + 1)
        axes = figures.place(figure, x_channel - wide / 2, y - high / 2, wide, high)
        grids.show(axes, result.input[..., c], grids.limits(result.input))
        figures.write(figure, x_channel, y + high / 2 + 0.09, name, bold=True, size=fonts.SMALL + 1)
        figures.write(figure, x_channel + wide / 2 + 0.24, y, sign(result), size=32, vertical="center")
        one = result.weights[..., c]
        kernel_wide, kernel_high = grids.fit(one.shape, (1.05, min(1.05, row - 0.8)))
        left, bottom = x_slice - kernel_wide / 2, y - kernel_high / 2
        kernel_cells(figure, one, left, bottom, kernel_wide, high=kernel_high, language=language)
        text = draw.say(SLICE, language, n=c + 1)
        figures.write(figure, x_slice, y + kernel_high / 2 + 0.09, text, size=fonts.SMALL)
        figures.write(figure, x_part - out_wide / 2 - 0.24, y, "=", size=20, vertical="center")
        axes = figures.place(figure, x_part - out_wide / 2, y - out_high / 2, out_wide, out_high)
        grids.show(axes, parts[..., c], grids.limits(parts))
        _ring(axes, spot, total.shape)
        figures.write(figure, x_part, y + out_high / 2 + 0.09, draw.say(PART, language), size=fonts.SMALL)
        if c:
            figures.write(
                figure, x_part - out_wide / 2 - 0.24, y + row / 2, "+", size=24, bold=True, vertical="center"
            )
    draw.scale(figure, x_part, 0.8 - 0.24, out_wide * 0.7, parts, language=language)
    figures.write(figure, x_sum - big[0] / 2 - 0.26, middle, "=", size=24, vertical="center")
    axes = _labelled(figure, total, x_sum, middle, draw.say(SUM, language))
    _ring(axes, spot, total.shape)
    draw.scale(figure, x_sum, middle - big[1] / 2 - 0.24, big[0] * 0.7, total, language=language)
    terms = " + ".join(
        draw.number(v, language) if v >= 0 else f"({draw.number(v, language)})" for v in parts[spot]
    )
    worked = draw.say(AT_MARK, language, terms=terms, total=draw.number(float(total[spot]), language))
    figures.write(figure, 0.3, 0.16, worked, colour=palette.GREEN, align="left", bold=True)
    return figure


def _labelled(figure: Figure, values: np.ndarray, x: float, y: float, title: str) -> Axes:
    wide, high = grids.fit(values.shape[:2], (2.55, 3.4))
    axes = figures.place(figure, x - wide / 2, y - high / 2, wide, high)
    grids.show(axes, values, grids.limits(values))
    draw.heading(figure, x, y + high / 2, title, draw.shape_text(values))
    return axes


def _ring(axes: Axes, spot: tuple[np.intp, ...], shape: tuple[int, ...]) -> None:
    """A green ring around one place of a map."""
    axes.plot(
        spot[1] + 0.5,
        spot[0] + 0.5,
        "o",
        markersize=13,
        mfc="none",
        mec=palette.GREEN,
        mew=2.4,
        clip_on=False,
    )
    axes.set_xlim(0, shape[1])
    axes.set_ylim(shape[0], 0)
